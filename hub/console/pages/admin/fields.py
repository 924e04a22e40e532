"""Fields that write into an edit of the settings and say what is wrong at themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from hall.settings_errors import dotted
from hall.text import Text
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.plans.editing import Draft, Path, concerns

F = TypeVar("F", bound=ValidationElement[Any])
#: A field looks at what was typed after this pause.
PAUSE_MS = 250


class Fields:
    """The fields that are on the page now."""

    def __init__(self, draft: Draft, changed: Callable[[], None]) -> None:
        """`changed` is called after each change of the draft."""
        self.draft, self._changed = draft, changed
        self._shown: list[tuple[str, ValidationElement[Any]]] = []

    def forget(self) -> None:
        """Other fields will be drawn."""
        self._shown.clear()

    def show(self, problems: dict[str, Text]) -> None:
        """Each field says what is wrong there."""
        for key, field in self._shown:
            text = next((text for where, text in problems.items() if concerns(where, key)), None)
            error = None if text is None else said(text)
            if field.error != error:
                field.error = error

    def at(self, path: Path, field: ValidationElement[Any]) -> None:
        """A field that writes by itself: what is wrong at `path` is said there."""
        field.without_auto_validation()
        self._shown.append((dotted(path), field))

    # ---------------------------------------------------------------- kinds

    def text(self, path: Path, named: str, *, optional: bool = False, hint: str = "") -> ui.input:
        """One line; with `optional` an empty one is none."""
        field = ui.input(named, value=str(self.draft.get(path, "") or ""))
        field.props(f'outlined dense debounce={PAUSE_MS} maxlength=400 data-test="{dotted(path)}"')
        if hint:
            field.props(f'hint="{hint}"')
        return self._keep(path, field, lambda value: str(value or "").strip(), optional=optional)

    def both(self, path: Path, named: str, *, optional: bool = False) -> None:
        """A text in both languages; with `optional` one that is empty in both is none."""
        with ui.element("div").classes("both"):
            for language, tag, asked in (("zh", "zh-CN", "admin.in-zh"), ("en", "en-US", "admin.in-en")):
                field = self.text((*path, language), label(asked, name=named)).props(f"lang={tag}")
                if optional:
                    field.on_value_change(partial(self._whole_or_none, path))

    def _whole_or_none(self, path: Path, _: object) -> None:
        """What is empty in both languages is not there; what is not has both keys, so that the missing one is named."""
        said = {language: self.draft.get((*path, language), "") for language in ("zh", "en")}
        if any(said.values()):
            self.draft.put(path, said)
        else:
            self.draft.drop(path)
        self._changed()

    def number(self, path: Path, named: str, *, optional: bool = False) -> ui.number:
        """A whole number."""
        field = ui.number(named, value=self.draft.get(path), min=0, precision=0)
        field.props(f'outlined dense debounce={PAUSE_MS} data-test="{dotted(path)}"').classes("short")
        return self._keep(path, field, _whole, optional=optional)

    def switch(self, path: Path, named: str, *, usual: bool = False) -> None:
        """Yes or no; what is usual is not written down."""
        field = ui.checkbox(named, value=bool(self.draft.get(path, usual)))
        field.props(f'data-test="{dotted(path)}"')

        def write() -> None:
            value = bool(field.value)
            self.draft.drop(path) if value == usual else self.draft.put(path, value)
            self._changed()

        field.on_value_change(write)

    def lines(self, path: Path, named: str) -> ui.textarea:
        """A list, one entry on each line."""
        field = ui.textarea(named, value="\n".join(map(str, self.draft.get(path, ()))))
        field.props(f'outlined dense autogrow debounce={PAUSE_MS} hint="{label("admin.one-per-line")}"')
        field.props(f'data-test="{dotted(path)}" translate=no').classes("wide")
        return self._keep(path, field, _entries, optional=True)

    def several(
        self,
        path: Path,
        named: str,
        options: dict[Any, str],
        *,
        optional: bool = False,
        usual: Iterable[Any] = (),
    ) -> ui.select:
        """Several of what is offered, in the order in which they were chosen; `usual` is what holds while nothing is written."""
        chosen = [value for value in self.draft.get(path, tuple(usual)) if value in options]
        field = ui.select(options, label=named, value=chosen, multiple=True)
        field.props(f'outlined dense use-chips data-test="{dotted(path)}"').classes("wide")
        return self._keep(path, field, lambda value: list(value or ()), optional=optional)

    def one(self, path: Path, named: str, options: dict[Any, str]) -> ui.select:
        """One of what is offered."""
        field = ui.select(options, label=named, value=self.draft.get(path))
        field.props(f'outlined dense data-test="{dotted(path)}"')
        return self._keep(path, field, lambda value: value, optional=False)

    def moment(self, path: Path, named: str, kind: str) -> ui.input:
        """A time, a date or both, as the browser's own field for it; `kind` is time, date or datetime-local."""
        value = str(self.draft.get(path, "") or "").replace(" ", "T")
        field = ui.input(named, value=value)
        field.props(f'outlined dense type={kind} stack-label data-test="{dotted(path)}"')
        return self._keep(path, field, lambda said: str(said or "").replace("T", " ")[:16], optional=False)

    # ----------------------------------------------------------------

    def _keep(self, path: Path, field: F, read: Callable[[Any], Any], *, optional: bool) -> F:
        def write() -> None:
            value = read(field.value)
            if optional and value in (None, "", []):
                self.draft.drop(path)
            else:
                self.draft.put(path, value)
            self._changed()

        field.on_value_change(write)
        self.at(path, field)
        return field


def _whole(value: Any) -> Any:
    return None if value is None else int(value)


def _entries(value: Any) -> list[str]:
    return [line.strip() for line in str(value or "").splitlines() if line.strip()]


def act(key: str, do: Callable[[], Any], *, test: str = "", flat: bool = True) -> ui.button:
    """A button."""
    button = ui.button(label(key), on_click=do).props("no-caps dense flat" if flat else "no-caps")
    return button.props(f'data-test="{test}"') if test else button


def heading(key: str) -> None:
    """A heading within a room."""
    with ui.element("h2"):
        ui.label(label(key))


def options_of(names: Iterable[tuple[str, Text]]) -> dict[str, str]:
    """Choices by key, as they are named in the reader's language."""
    return {key: said(text) for key, text in names}
