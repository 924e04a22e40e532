"""The page of cases: the list, and beside it the case that was chosen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import quote

from nicegui import ui

from hub.console.cases.rules import ROLE
from hub.console.door.people import People, Person
from hub.console.door.rights import NAMES, CaseRight, Role, may_with_cases
from hub.console.look.frame import Actor
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import Picture
from hub.console.pages.cases.detail import Detail
from hub.console.pages.cases.forms import open_intake, open_phone_log
from hub.console.pages.cases.list import CaseList

#: How often an open page looks whether a deadline has passed, in ticks of its clock.
LOOK_TICKS = 300


class CasesPage:
    """Everything that must be followed up."""

    def __init__(
        self, actor: Actor, people: list[Person], *, chosen: str | None = None, show: str = "open"
    ) -> None:
        """`chosen` is the case to begin with, `show` what the list shows."""
        self._actor, self._serial, self._ticks = actor, -1, 0
        self._chosen = chosen if chosen in actor.cases.seen.cases else None
        names = {person.login: person.name for person in people}
        who = actor.who
        ui.add_head_html('<link rel="stylesheet" href="/console/cases.css">')
        with ui.element("main").classes("cases") as self._main:
            with ui.element("section").classes("card case-list"):
                with ui.element("div").classes("line"):
                    if who.may(CaseRight.OPEN):
                        ui.button(label("cases-new"), on_click=lambda: open_intake(actor, self._open)).props(
                            'no-caps data-test="cases-new"'
                        )
                        ui.button(label("cases-phone-log"), on_click=lambda: open_phone_log(actor)).props(
                            'outline no-caps data-test="cases-phone-log"'
                        )
                    if who.may(CaseRight.EXPORT):
                        for name, what in (("cases-export", "cases"), ("cases-export-history", "histories")):
                            ui.link(label(name), f"/cases/{what}.csv").props(f'data-test="{name}" download')
                self._list = CaseList(actor, names, self._open, show=show)
            with ui.element("section").classes("card case-side"):
                back = ui.button(label("cases-list"), icon="arrow_back", on_click=lambda: self._open(None))
                back.props('flat no-caps data-test="cases-list"').classes("back")
                self._detail = Detail(actor, takers(people), names)
        self._draw()

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`: the hall itself changes nothing here."""

    def tick(self) -> None:
        """Draw when a case is another, or when a deadline may have passed."""
        self._ticks += 1
        if self._actor.cases.seen.serial != self._serial or self._ticks % LOOK_TICKS == 0:
            self._draw()

    def _open(self, case_id: str | None) -> None:
        self._chosen = case_id
        ui.navigate.history.replace("/cases" if case_id is None else f"/cases?case={quote(case_id)}")
        self._draw()

    def _draw(self) -> None:
        seen = self._actor.cases.seen
        self._serial = seen.serial
        self._main.classes(remove="chosen", add="" if self._chosen is None else "chosen")
        self._list.choose(self._chosen)
        self._detail.show(None if self._chosen is None else seen.cases.get(self._chosen))


def takers(people: list[Person]) -> Mapping[str, str]:
    """Roles and people who may be asked to take a case."""
    roles = {ROLE + role.value: said(NAMES[role]) for role in Role if may_with_cases([role], CaseRight.WORK)}
    able = (p for p in people if not p.disabled and may_with_cases(p.roles, CaseRight.WORK))
    return roles | {person.login: person.name for person in able}


async def everybody(actor: Actor) -> list[Person]:
    """People of the console, for their names."""
    return await actor.office.run(lambda store: People(store, now=time.time).all())
