"""Beside the person at the window: who waits, who stands aside, and the clerk's own day."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui import ui

from hall.plan import HallPlan
from hub.console.look.sheet import Sheet, button, tag, text
from hub.console.look.tongue import Tongue, said, tongue
from hub.console.look.words import label
from hub.console.mirror.picture import TicketSeen, WindowSeen
from hub.console.reports.my_day import MyDay
from hub.domain.ticket import Life

Act = Callable[[TicketSeen], Coroutine[Any, Any, None]]


class Line:
    """Who waits for this window; each can be called out of turn."""

    def __init__(self, plan: HallPlan, call: Act) -> None:
        """`call(ticket)` calls one."""
        self._plan, self._call = plan, call
        self._tickets: dict[str, TicketSeen] = {}
        self._shown: tuple[object, ...] | None = None
        with ui.element("section").classes("card"):
            self._title = ui.label().classes("title").props('data-test="waiting"')
            self._rows = Sheet("ol", classes="rows", props='data-test="line"', on_press=self._pressed)

    def show(self, at: WindowSeen) -> None:
        """Draw the line when it is another."""
        shown = (at.waiting, at.ticket is None, *at.line)
        if shown == self._shown:
            return
        self._shown = shown
        self._title.set_text(label("waiting-n", n=at.waiting))
        self._tickets = {ticket.id: ticket for ticket in at.line}
        self._rows.show(_WRITTEN.rows(at.line, self._plan, callable_now=at.ticket is None))

    async def _pressed(self, ticket_id: str) -> None:
        ticket = self._tickets.get(ticket_id)
        if ticket is not None:  # whoever left the line meanwhile is called by nobody
            await self._call(ticket)


class _Written:
    """Lines as HTML, each written once: sixty open pages show few different ones."""

    def __init__(self) -> None:
        """Nothing is written yet."""
        self._lately: dict[tuple[int, bool, Tongue], tuple[tuple[TicketSeen, ...], HallPlan, str]] = {}

    def rows(self, line: tuple[TicketSeen, ...], plan: HallPlan, *, callable_now: bool) -> str:
        """A row for each ticket of `line`, in the reader's language."""
        key = id(line), callable_now, tongue()
        known = self._lately.get(key)
        if known is not None and known[0] is line and known[1] is plan:
            return known[2]
        html = "".join(_row(ticket, plan, callable_now=callable_now) for ticket in line)
        if len(self._lately) >= _LATELY:
            self._lately.clear()
        self._lately[key] = line, plan, html
        return html


_LATELY = 200
_WRITTEN = _Written()


def _row(ticket: TicketSeen, plan: HallPlan, *, callable_now: bool) -> str:
    spoken = f"{label('call')} {ticket.number}"
    call = button(label("call"), ticket.id, aria_label=spoken, data_test=f"call-{ticket.number}")
    return tag(
        "li",
        tag("span", text(ticket.number), cls="no"),
        tag("span", text(_about(ticket, plan)), cls="about"),
        tag("span", f"{ticket.arrived:%H:%M}", cls="time"),
        call if callable_now else "",
    )


def _about(ticket: TicketSeen, plan: HallPlan) -> str:
    service, lane = plan.services.get(ticket.service), plan.lanes.get(ticket.lane)
    names = [] if service is None else [said(service.name)]
    if lane is not None and ticket.lane != "normal":
        names.append(said(lane.public))
    names += [label("returned")] if ticket.returned else []
    names += [label("prechecked")] if ticket.papers else []
    return " · ".join(names)


class Aside:
    """Parked here, and missed by this clerk."""

    def __init__(self, take_up: Act) -> None:
        """`take_up(ticket)` goes on with a parked one."""
        self._take_up = take_up
        with ui.element("section").classes("card") as self._card:
            ui.label(label("aside")).classes("title")
            self._rows = ui.element("ul").classes("rows").props('data-test="aside"')
        self._shown: tuple[object, ...] | None = None

    def show(self, at: WindowSeen) -> None:
        """Draw the list when it is another."""
        shown = (at.ticket is None, *((ticket.id, ticket.life) for ticket in at.aside))
        if shown == self._shown:
            return
        self._shown = shown
        self._card.set_visibility(bool(at.aside))
        self._rows.clear()
        with self._rows:
            for ticket in at.aside:
                with ui.element("li"):
                    ui.label(ticket.number).classes("no")
                    if ticket.life is not Life.PARKED:
                        ui.label(label("missed-to-desk")).classes("time")
                        continue
                    ui.label(label("life.parked")).classes("time")
                    if at.ticket is None:
                        ui.button(
                            label("resume-ticket"), on_click=lambda _, t=ticket: self._take_up(t)
                        ).props(f'flat no-caps dense data-test="take-up-{ticket.number}"')


class Day:
    """What this clerk has done today; ratings as counts, from five on (C3)."""

    def __init__(self) -> None:
        """Nothing yet."""
        with ui.element("section").classes("card my-day").props('data-test="my-day"'):
            ui.label(label("my-day")).classes("title")
            self._figures = ui.element("dl")
        self._shown: MyDay | None = None

    def show(self, day: MyDay) -> None:
        """Draw the figures when they are others."""
        if day == self._shown:
            return
        self._shown = day
        median = (
            "—" if day.handling_median_s is None else label("minutes-n", n=_minutes(day.handling_median_s))
        )
        rows = [("day.served", str(day.served)), ("day.median", median)]
        grades = {4: "grade.4", 3: "grade.3", 2: "grade.2", 1: "grade.1"}
        if day.grades is None:
            rows.append(("day.ratings", label("day.from-five")))
        else:
            rows += [(word, str(day.grades[grade])) for grade, word in grades.items()]
        self._figures.clear()
        with self._figures:
            for word, figure in rows:
                with ui.element("div"):
                    with ui.element("dt"):
                        ui.label(label(word))
                    with ui.element("dd"):
                        ui.label(figure)


def _minutes(seconds: int) -> int:
    return max(1, round(seconds / 60))
