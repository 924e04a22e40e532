"""A dialog as the counter pages ask something: a title, a form, confirm and back; by mouse or by keys alone.

Rules:

* The first field has the focus when it opens; what was focused before has it again afterwards. Escape goes back.
* Enter confirms wherever it does nothing else. What is still owed is said in the dialog and keeps it open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from hub.console.look.words import label


class Dialog:
    """Base: whoever derives draws the form in :attr:`card` and then calls :meth:`foot`."""

    def __init__(self, title: str) -> None:
        """`title` is a word of the console."""
        self._dialog = ui.dialog().props(f'aria-label="{label(title)}"')
        with self._dialog, ui.card().classes("dialog") as self.card:
            self.title = ui.label(label(title)).classes("title")

    def foot(self, word: str = "confirm") -> None:
        """What is owed, and the two ways out."""
        with self.card:
            self._owed = ui.label().classes("mistake").props('role="alert" data-test="owed"')
            self._owed.set_visibility(False)
            with ui.element("div").classes("line"):
                self._confirm = ui.button(label(word), on_click=self.confirm)
                self._confirm.props('no-caps data-test="confirm" aria-keyshortcuts="Enter"')
                ui.button(label("cancel"), on_click=self.close).props("no-caps flat")

    def word(self, word: str) -> None:
        """What the first way out says."""
        self._confirm.set_text(label(word))

    @property
    def is_open(self) -> bool:
        """Whether it is in front of the page."""
        return bool(self._dialog.value)

    def open(self) -> None:
        """Ask."""
        self.owe(None)
        self._dialog.open()

    def close(self) -> None:
        """Ask no more."""
        self._dialog.close()

    def owe(self, word: str | None) -> None:
        """Say what is still owed."""
        self.refuse("" if word is None else label(word))

    def refuse(self, why: str) -> None:
        """Say in the dialog why it could not be done; nothing: nothing is owed any more."""
        self._owed.set_visibility(bool(why))
        self._owed.set_text(why)

    def key(self, key: str) -> None:
        """A key that no field wanted."""

    async def confirm(self) -> None:
        """Do it."""

    def entered(self, field: ui.input, do: Callable[[], Awaitable[None]] | None = None) -> ui.input:
        """Enter in this field confirms too."""
        return field.on("keydown.enter", do or self.confirm)
