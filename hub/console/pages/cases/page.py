"""The page of cases: the list, and beside it the case that was chosen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from urllib.parse import quote

from nicegui import events, ui

from hub.console.cases.rules import ROLE, sees
from hub.console.door.people import People, Person
from hub.console.door.rights import NAMES, CaseRight, Role, may_with_cases
from hub.console.look.frame import Actor, Part
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.pages.cases import forms
from hub.console.pages.cases.detail import Detail
from hub.console.pages.cases.list import CaseList

#: Who sits at windows.
CLERKS = frozenset({Role.CLERK, Role.REVIEWER})


class CasesPage(Part):
    """Everything that must be followed up."""

    def __init__(
        self, actor: Actor, people: list[Person], *, chosen: str | None = None, show: str = "open"
    ) -> None:
        """`chosen` is the case to begin with, `show` what the list shows."""
        self._actor, self._serial, self._chosen = actor, -1, chosen
        names = {person.login: person.name for person in people}
        who = actor.who
        ui.add_head_html('<link rel="stylesheet" href="/console/cases.css">')
        with ui.element("main").classes("cases") as self._main:
            with ui.element("section").classes("card case-list"):
                with ui.element("div").classes("line"):
                    for name, form in self._forms().items():
                        ui.button(label(name), on_click=form).props(f'outline no-caps data-test="{name}"')
                    if who.may(CaseRight.EXPORT):
                        for name, what in (("cases-export", "cases"), ("cases-export-history", "histories")):
                            ui.link(label(name), f"/cases/{what}.csv").props(f'data-test="{name}" download')
                self._list = CaseList(actor, names, self._open, show=show)
            with ui.element("section").classes("card case-side"):
                back = ui.button(label("cases-list"), icon="arrow_back", on_click=lambda: self._open(None))
                back.props('flat no-caps data-test="cases-list"').classes("back")
                self._detail = Detail(actor, takers(people), names)
            ui.label(label("cases-keys")).classes("keys")
        ui.keyboard(self._key, ignore=["input", "select", "textarea"])  # a row is a button
        self._draw()

    def _key(self, event: events.KeyEventArguments) -> None:
        modifiers = event.modifiers
        if not event.action.keydown or modifiers.ctrl or modifiers.alt or modifiers.meta:
            return
        match str(event.key).lower():
            case "j" | "k" as key:
                if (case := self._list.beside(1 if key == "j" else -1)) is not None:
                    self._open(case)
            case "/":
                self._list.search()
            case _:
                pass

    def _forms(self) -> dict[str, Callable[[], object]]:
        """What this person may begin."""
        actor, who = self._actor, self._actor.who
        found: dict[str, Callable[[], object]] = {}
        if who.may(CaseRight.OPEN) and who.roles & CLERKS:
            found["case-error"] = lambda: forms.open_error(actor, window=actor.seat)
            found["case-upset"] = lambda: forms.open_upset(actor, window=actor.seat)
            found["case-first-asked"] = lambda: forms.open_first_asked(actor, window=actor.seat)
        elif who.may(CaseRight.OPEN):
            found["cases-new"] = lambda: forms.open_intake(actor, self._open)
            found["cases-phone-log"] = lambda: forms.open_phone_log(actor)
        if who.may(CaseRight.OPEN):
            found["case-fault"] = lambda: forms.open_fault(actor)
        return found

    def tick(self) -> None:
        """Draw when a case is another, or late."""
        if self._actor.cases.seen.serial != self._serial:
            self._draw()

    def _open(self, case_id: str | None) -> None:
        self._chosen = case_id
        ui.navigate.history.replace("/cases" if case_id is None else f"/cases?case={quote(case_id)}")
        self._draw()

    def _draw(self) -> None:
        seen = self._actor.cases.seen
        case = seen.cases.get(self._chosen or "")
        if case is not None and not sees(case, self._actor.who):
            case = None
        self._main.classes(remove="chosen", add="" if case is None else "chosen")
        self._list.choose(None if case is None else case.id)
        self._detail.show(case)
        self._serial = seen.serial


def takers(people: list[Person]) -> Mapping[str, str]:
    """Roles and people who may be asked to take a case."""
    roles = {ROLE + role.value: said(NAMES[role]) for role in Role if may_with_cases([role], CaseRight.WORK)}
    able = (p for p in people if not p.disabled and may_with_cases(p.roles, CaseRight.WORK))
    return roles | {person.login: person.name for person in able}


async def everybody(actor: Actor) -> list[Person]:
    """People of the console, for their names."""
    return await actor.office.run(lambda store: People(store, now=time.time).all())
