"""The situation book under somebody's hands: what is said, step by step, in each situation, checked before it is saved (M13, M14)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
from nicegui import ui

from hall.errors import HallError
from hall.words import phrases
from hub.console.book.reading import Book, Kind, Machine, Moment
from hub.console.book.shelf import Edition, Shelf, objections
from hub.console.look.frame import complain
from hub.console.look.tongue import Tongue, said, tongue
from hub.console.look.words import WORDS, label
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.room import Desk
from hub.console.pages.admin.services import is_id, name_of

#: So many versions are listed.
SHOWN: Final = 30
_LANGUAGES: Final = (("zh", "admin.in-zh", "zh-CN"), ("en", "admin.in-en", "en-US"))
_BLANK: Final[dict[str, Any]] = {
    "name": {"zh": "", "en": ""},
    "kind": Kind.ROUTINE.value,
    "opening": {"zh": "", "en": ""},
    "steps": [],
    "closing": {"say": "desk.bye"},
}


def draw(desk: Desk) -> None:
    """The book's room."""
    desk.watch(None)
    edit = desk.chosen.get("book")
    if edit is None or not edit.same():
        edit = desk.chosen["book"] = Edit(desk)
    edit.draw()


def plain(book: Book) -> dict[str, Any]:
    """A book as plain values, without what says nothing."""
    raw: dict[str, Any] = msgspec.to_builtins(book)
    for situation in raw["situations"].values():
        for words in ("opening", "closing"):
            situation[words] = {key: value for key, value in situation[words].items() if value is not None}
    return raw


def pairs(zh: str, en: str) -> list[dict[str, str]]:
    """Lines in both languages; a line that one of them lacks is empty there, and said to be wrong."""
    first, second = ([line.strip() for line in text.splitlines() if line.strip()] for text in (zh, en))
    most = max(len(first), len(second))
    first, second = (lines + [""] * (most - len(lines)) for lines in (first, second))
    return [{"zh": a, "en": b} for a, b in zip(first, second, strict=True)]


class Edit:
    """One person's edit of the book."""

    def __init__(self, desk: Desk) -> None:
        """It begins at the version in use."""
        self._desk, self._shelf = desk, desk.shelf
        self._base, self._begun = self._shelf.n, plain(self._shelf.book)
        self.form = copy.deepcopy(self._begun)
        self._chosen = next(iter(self.form["situations"]))

    def same(self) -> bool:
        """Whether the edit may go on: it was changed, or nobody else saved a version."""
        return self.form != self._begun or self._base == self._shelf.n

    def draw(self) -> None:
        """Which situation, its fields, the bar and the versions."""
        situations: dict[str, Any] = self.form["situations"]
        with ui.element("div").classes("card"):
            heading("room.book")
            ui.label(label("book.help"))
            named = {
                key: label(f"kind.{x['kind']}") + f" · {name_of(x, key)}" for key, x in situations.items()
            }
            choice = ui.select(named, label=label("script-choose"), value=self._chosen, with_input=True)
            choice.props('outlined dense options-dense data-test="book-situation"').classes("wide")
            choice.on_value_change(lambda event: self._choose(event.value))
            self._new()
        with ui.element("div").classes("card").props('data-test="book-fields"'):
            self._situation(situations[self._chosen])
        with ui.element("div").classes("card"):
            self._wrong = ui.label().classes("wrong").props('role="status" data-test="book-wrong"')
            with ui.element("div").classes("line"):
                self._reason = ui.input(label("admin.reason")).props(
                    'outlined dense maxlength=200 data-test="book-reason"'
                )
                self._save = act("book.save", self._keep, test="book-save", flat=False)
                self._discard = act("admin.discard", self._forget, test="book-discard")
        with ui.element("div").classes("card"):
            heading("room.history")
            _editions(self._shelf, self._take_up)
        self._look()

    # ---------------------------------------------------------------- fields

    def _situation(self, at: dict[str, Any]) -> None:
        with ui.element("div").classes("line"):
            ui.label(self._chosen).classes("title").props("translate=no")
            act("admin.remove", self._remove, test="book-remove")
        with ui.element("div").classes("fields"):
            self._one(at, "kind", {kind.value: label(f"kind.{kind.value}") for kind in Kind})
            moments = {"": label("book.by-hand")} | {m.value: label(f"moment.{m.value}") for m in Moment}
            self._one(at, "when", moments)
            does = {machine.value: label(f"does.{machine.value}") for machine in Machine}
            self._one(at, "does", does)
        self._both(at.setdefault("name", {}), "set.name", "name")
        self._sentence(at, "opening")
        self._lines(at, "steps")
        self._sentence(at, "closing")
        self._lines(at, "never")

    def _one(self, at: dict[str, Any], key: str, options: dict[str, str]) -> None:
        usual = {"when": "", "does": Machine.NOTHING.value}.get(key)
        field = ui.select(options, label=label(f"book.{key}"), value=at.get(key) or usual)
        field.props(f'outlined dense options-dense data-test="book-{key}"')

        def write() -> None:
            at.pop(key, None) if field.value in (usual, None) else at.update({key: field.value})
            self._look()

        field.on_value_change(write)

    def _sentence(self, at: dict[str, Any], key: str) -> None:
        """A sentence of the hall's own words, by its key, or one that is written here."""
        keys = {name: f"{name} · {said(_text(name))}" for name in phrases() if name.startswith("desk.")}
        words: dict[str, Any] = at[key]
        if words.get("say") and words["say"] not in keys:
            keys[words["say"]] = words["say"]
        options = {"": label("book.written")} | keys
        field = ui.select(options, label=label(f"book.{key}"), value=words.get("say") or "")
        field.props(f'outlined dense options-dense translate=no data-test="book-{key}-say"').classes("wide")

        def choose() -> None:
            at[key] = {"say": field.value} if field.value else {"zh": "", "en": ""}
            self._desk.redraw()

        field.on_value_change(choose)
        if not words.get("say"):
            self._both(words, f"book.{key}", key)

    def _both(self, at: dict[str, Any], named: str, test: str) -> None:
        with ui.element("div").classes("both"):
            for language, wording, tag in _LANGUAGES:
                field = ui.input(label(wording, name=label(named)), value=at.get(language) or "")
                field.props(f"outlined dense debounce=250 maxlength=300 lang={tag}")
                field.props(f'data-test="book-{test}-{language}"')

                def write(field: ui.input = field, language: str = language) -> None:
                    at[language] = str(field.value or "").strip()
                    self._look()

                field.on_value_change(write)

    def _lines(self, at: dict[str, Any], key: str) -> None:
        """Several texts, one to a line, the languages side by side."""
        boxes: list[ui.textarea] = []

        def write() -> None:
            at[key] = pairs(*(str(box.value or "") for box in boxes))
            self._look()

        with ui.element("div").classes("both"):
            for language, wording, tag in _LANGUAGES:
                lines = "\n".join(entry.get(language, "") for entry in at.get(key) or ())
                box = ui.textarea(label(wording, name=label(f"book.{key}")), value=lines)
                box.props(f'outlined dense autogrow debounce=250 lang={tag} hint="{label("book.lines")}"')
                box.props(f'data-test="book-{key}-{language}"')
                box.on_value_change(write)
                boxes.append(box)

    def _new(self) -> None:
        with ui.element("div").classes("line new"):
            field = ui.input(label("admin.with-id", name=label("book.new"))).props(
                "outlined dense maxlength=40"
            )
            field.props(f'hint="{label("admin.id-help")}" data-test="book-new"')

            def add() -> None:
                key = str(field.value or "").strip()
                if not is_id(key) or key in self.form["situations"]:
                    complain(WORDS["admin.id-taken"])
                    return
                self.form["situations"][key] = copy.deepcopy(_BLANK)
                self._choose(key)

            act("admin.add", add, test="book-add")

    # ---------------------------------------------------------------- acts

    def _choose(self, key: str | None) -> None:
        if key in self.form["situations"] and key != self._chosen:
            self._chosen = key
            self._desk.redraw()

    def _remove(self) -> None:
        del self.form["situations"][self._chosen]
        self._chosen = next(iter(self.form["situations"]))
        self._desk.redraw()

    def _look(self) -> None:
        found = next(iter(objections(self.form)), None)
        changed = self.form != self._begun
        self._wrong.set_text("" if found is None else f"{_place(self.form, found[0])}：{said(found[1])}")
        self._save.set_enabled(changed and found is None)
        self._discard.set_visibility(changed)

    async def _keep(self) -> None:
        actor = self._desk.actor
        login, reason = actor.session.person.login, str(self._reason.value or "")
        code = "ok"
        try:
            await self._shelf.save(self.form, base=self._base, by=login, reason=reason)
        except HallError as no:
            code = no.code
            complain(no.text)
        await actor.office.note(actor.session, "book-saved", code, f"version={self._base + 1}")
        if code == "ok":
            ui.notify(label("book.saved"), type="positive", position="top")
            self._forget()

    def _forget(self) -> None:
        self._desk.chosen.pop("book", None)
        self._desk.redraw()

    def _take_up(self, edition: Edition) -> None:
        """An older version becomes the edit; nothing is saved yet."""
        self.form = plain(edition.book)
        self._chosen = next(iter(self.form["situations"]))
        self._desk.redraw()


def _editions(shelf: Shelf, take_up: Callable[[Edition], None]) -> None:
    if not shelf.editions:
        ui.label(label("book.from-file"))
    for edition in reversed(shelf.editions[-SHOWN:]):
        with ui.element("div").classes("entry line").props(f'data-test="edition-{edition.n}"'):
            ui.label(label("admin.version", n=edition.n)).classes("title")
            ui.label(f"{edition.at:%Y-%m-%d %H:%M}")
            ui.label(f"{edition.by} {edition.reason}".strip()).props("translate=no")
            if edition.n != shelf.n:
                act("admin.again", partial(take_up, edition), test=f"edition-again-{edition.n}")


def _text(name: str) -> Any:
    return phrases()[name]


def _place(form: dict[str, Any], key: str) -> str:
    """Where a mistake stands, as people find it: the situation's name and the field's."""
    steps = key.split(".")
    if len(steps) < 3 or steps[1] not in form["situations"]:
        return label("room.book")
    field = steps[2].partition("[")
    named = "set.name" if field[0] == "name" else f"book.{field[0]}"
    line = f" {int(field[2].rstrip(']')) + 1}" if field[2].rstrip("]").isdigit() else ""
    separator = " · " if tongue() is Tongue.EN else "·"
    where = label(named) if named in WORDS else field[0]
    return f"{name_of(form['situations'][steps[1]], steps[1])}{separator}{where}{line}"
