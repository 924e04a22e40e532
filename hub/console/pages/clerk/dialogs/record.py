"""What a clerk hands to somebody who follows it up, and what one person is promised after closing."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui import ui

from hall.errors import Refused
from hub.console.cases import intake
from hub.console.cases.intake import Intake
from hub.console.cases.kinds import Kind
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import WindowSeen
from hub.console.pages.dialog import Dialog

Done = Coroutine[Any, Any, bool]
#: what a clerk may write down, in the order of its keys
WHAT = ("upset", "cannot", "first-asked", "clerk-error", "complaint")


class RecordDialog(Dialog):
    """An upset person, a question left open, an own mistake, a complaint: each begins a case."""

    def __init__(self, login: str, work_number: str | None, begin: Callable[[Intake], Done]) -> None:
        """`begin(intake)` opens the case and says whether it did."""
        super().__init__("record")
        self._login, self._clerk, self._begin = login, work_number, begin
        self._at: WindowSeen | None = None
        with self.card:
            named = {what: f"{i} {label(f'record.{what}')}" for i, what in enumerate(WHAT, start=1)}
            self._what = ui.radio(named, value=WHAT[0]).props('data-test="record-what"')
            self._what.on_value_change(self._changed)
            self._steps = ui.label(label("record.steps")).classes("spoken")
            self._about = ui.input(label("record.about")).props(
                'outlined dense maxlength=200 autofocus data-test="record-about"'
            )
            self.entered(self._about.classes("wide"))
            with ui.element("div").classes("line") as self._person:
                self._name = ui.input(label("person-name")).props("outlined dense maxlength=40")
                self._phone = ui.input(label("phone")).props(
                    'outlined dense maxlength=20 inputmode=tel data-test="record-phone"'
                )
                self.entered(self._phone)
            self._sorry = ui.checkbox(label("apologised")).props('data-test="apologised"')
        self.foot("record")

    def ask(self, at: WindowSeen) -> None:
        """Ask, about whoever is at this window."""
        self._at = at
        self._what.set_value(WHAT[0])
        for field in (self._about, self._name, self._phone):
            field.set_value("")
        self._sorry.set_value(value=False)
        self._changed()
        self.open()

    def key(self, key: str) -> None:
        """See :class:`Dialog`: a digit chooses what it is."""
        if key.isdigit() and 1 <= int(key) <= len(WHAT):
            self._what.set_value(WHAT[int(key) - 1])

    def _changed(self) -> None:
        error = self._what.value == "clerk-error"
        self._person.set_visibility(not error)
        self._sorry.set_visibility(error)
        self._steps.set_visibility(self._what.value == "upset")

    async def confirm(self) -> None:
        """See :class:`Dialog`."""
        if not self.is_open or self._at is None:
            return
        try:
            case = self._case(self._at)
        except Refused as no:
            self._owed.set_visibility(True)
            self._owed.set_text(said(no.text))
            return
        if await self._begin(case):
            self.close()

    def _case(self, at: WindowSeen) -> Intake:
        about, number = str(self._about.value or ""), None if at.ticket is None else at.ticket.number
        ticket = None if at.ticket is None else at.ticket.id
        name, phone = str(self._name.value or ""), str(self._phone.value or "")
        match self._what.value:
            case "clerk-error":
                return intake.clerk_error(
                    about,
                    by=self._login,
                    apologised=bool(self._sorry.value),
                    window=at.window,
                    number=number,
                    ticket=ticket,
                    clerk=self._clerk,
                )
            case "first-asked":
                return intake.first_asked(
                    about, by=self._login, window=at.window, number=number, name=name, phone=phone
                )
            case what:
                kinds = {"upset": Kind.STAFF, "cannot": Kind.CANNOT_BE_DONE, "complaint": Kind.SUGGESTION}
                return intake.upset(
                    about,
                    kind=kinds[str(what)],
                    by=self._login,
                    window=at.window,
                    number=number,
                    ticket=ticket,
                    clerk=self._clerk,
                    name=name,
                    phone=phone,
                )


class ExtensionDialog(Dialog):
    """One person is served today, also after closing (C4)."""

    def __init__(self, grant: Callable[[str], Done]) -> None:
        """`grant(reason)` does it and says whether it was done."""
        super().__init__("extension")
        self._grant = grant
        with self.card:
            self._reason = ui.input(label("reason")).props(
                'outlined autofocus maxlength=100 data-test="extension-reason"'
            )
            self.entered(self._reason.classes("wide"))
        self.foot("extension")

    def ask(self) -> None:
        """Ask."""
        self._reason.set_value("")
        self.open()

    async def confirm(self) -> None:
        """See :class:`Dialog`."""
        reason = str(self._reason.value or "").strip()
        if not reason:
            self.owe("owes.reason")
        elif self.is_open and await self._grant(reason):
            self.close()
