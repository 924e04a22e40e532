"""The guide desk's page: numbers for those who ask here, missed people back in line, papers to hand out, any ticket found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from nicegui import ui

from hall import wire
from hall.messages import asks
from hall.messages.common import Outcome, Via
from hall.messages.facts import TicketIssued
from hall.plan import HallPlan
from hub.console.look.frame import Actor
from hub.console.look.tongue import join, said
from hub.console.look.words import WORDS, label
from hub.console.mirror.backstage import Backstage
from hub.console.mirror.picture import Picture, TicketSeen
from hub.console.pages.guide.arrivals import Arrivals
from hub.console.pages.guide.booking import Booking

Act = Callable[[TicketSeen], Coroutine[Any, Any, None]]


class GuidePage:
    """The desk at the door."""

    def __init__(self, actor: Actor) -> None:
        """Nothing is listed before the first picture."""
        self._actor, self._plan = actor, actor.backstage.plan
        with ui.element("main").classes("guide"):
            with ui.element("section").classes("card"):
                self._issue = _Issue(self._plan, self._take)
                _Seat(self._plan, self._seat_directly)
            with ui.element("section").classes("side"):
                self._arrivals = Arrivals(actor)
                Booking(actor)
                self._missed = _List("missed", {"return-ticket": self._return})
                self._desk = _List("at-desk", {"done": self._serve, "return-ticket": self._return})
                _Find(
                    actor.backstage,
                    {"reprint": self._reprint, "extension": self._extend, "cancel-ticket": self._cancel},
                )

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        self._issue.show(picture)
        self._arrivals.show(picture)
        self._missed.show(picture.missed)
        self._desk.show(picture.desk)

    # ---------------------------------------------------------------- acts

    async def _take(self, service: str, situation: str | None, lane: str) -> None:
        ask = asks.TakeTicket(
            id=self._id(), actor=self._who, service=service, lane=lane, via=Via.DESK, situation=situation
        )
        answer = await self._actor.do(ask)
        if answer is not None:
            found = self._plan.services[service].name
            issued = wire.decode_fact(answer.facts[0])
            number = issued.number if isinstance(issued, TicketIssued) else ""
            ui.notify(
                f"{number} {said(found)}",
                type="positive",
                position="top",
                timeout=8000,
                classes="issued",
            )

    async def _seat_directly(self, window: int, service: str, lane: str) -> None:
        await self._actor.do(
            asks.SeatDirectly(id=self._id(), actor=self._who, window=window, service=service, lane=lane)
        )

    async def _return(self, ticket: TicketSeen) -> None:
        await self._actor.do(asks.ReturnTicket(id=self._id(), actor=self._who, ticket=ticket.id))

    async def _serve(self, ticket: TicketSeen) -> None:
        await self._actor.do(
            asks.ServeAtDesk(id=self._id(), actor=self._who, ticket=ticket.id, outcome=Outcome.DONE)
        )

    async def _reprint(self, ticket: TicketSeen) -> None:
        await self._actor.do(asks.Reprint(id=self._id(), actor=self._who, ticket=ticket.id))

    async def _extend(self, ticket: TicketSeen) -> None:
        reason = WORDS["extension-reason"].zh
        await self._actor.do(
            asks.GrantExtension(id=self._id(), actor=self._who, ticket=ticket.id, reason=reason)
        )

    async def _cancel(self, ticket: TicketSeen) -> None:
        await self._actor.do(asks.Cancel(id=self._id(), actor=self._who, ticket=ticket.id))

    def _id(self) -> str:
        return self._actor.backstage.new_id()

    @property
    def _who(self) -> str:
        return self._actor.session.person.login


class _Issue:
    """A number for somebody at the desk: the lane, then the service."""

    def __init__(
        self, plan: HallPlan, take: Callable[[str, str | None, str], Coroutine[Any, Any, None]]
    ) -> None:
        self._plan, self._take = plan, take
        ui.label(label("issue")).classes("title")
        lanes = {lane: _lane(plan, lane) for lane in plan.lanes if lane != "appointment"}
        self._lane = ui.radio(lanes, value="normal").props('inline data-test="lane"')
        entitled = [group for lane in plan.lanes.values() for group in lane.groups]
        if entitled:
            ui.label(f"{label('entitled')} · {join(entitled)}").classes("entitled").props(
                'data-test="entitled"'
            )
        self._waiting: dict[str, ui.label] = {}
        with ui.element("div").classes("services"):
            for service, found in plan.services.items():
                with ui.element("div").classes("service"):
                    with ui.button(on_click=lambda _, s=service: self._press(s, None)).props(
                        f'no-caps data-test="issue-{service}"'
                    ):
                        ui.label(f"{found.letter} {said(found.name)}").classes("big")
                        self._waiting[service] = ui.label()
                    if found.situations:
                        names = {key: said(s.name) for key, s in found.situations.items()}
                        chosen = ui.select(names, label=label("situation"))
                        chosen.props("dense outlined options-dense").classes("wide")
                        chosen.on_value_change(
                            lambda event, s=service, box=chosen: self._choose(s, event.value, box)
                        )

    async def _press(self, service: str, situation: str | None) -> None:
        lane, _ = str(self._lane.value), self._lane.set_value("normal")
        await self._take(service, situation, lane)

    async def _choose(self, service: str, situation: str | None, box: ui.select) -> None:
        if situation is not None:
            box.set_value(None)
            await self._press(service, situation)

    def show(self, picture: Picture) -> None:
        """How many wait for each."""
        for service in picture.board.services:
            if service.id in self._waiting:
                self._waiting[service.id].set_text(label("waiting-n", n=service.waiting))


class _Seat:
    """Somebody is taken by the arm straight to a heart window (M8)."""

    def __init__(self, plan: HallPlan, seat: Callable[[int, str, str], Coroutine[Any, Any, None]]) -> None:
        self._plan, self._seat = plan, seat
        self._hearts = [w for w in plan.windows if w.heart]
        lane = next((name for name in plan.lanes if name not in {"normal", "appointment"}), "normal")
        if not self._hearts:
            return
        ui.label(label("seat-directly")).classes("title")
        with ui.element("div").classes("line"):
            for window in self._hearts:
                named = {s: said(plan.services[s].name) for s in window.serves}
                choice = ui.select(named, label=label("window-n", n=window.window))
                choice.props(f'dense outlined data-test="seat-{window.window}"').classes("seat")
                choice.on_value_change(
                    lambda event, n=window.window, box=choice: self._choose(n, event.value, lane, box)
                )

    async def _choose(self, window: int, service: str | None, lane: str, box: ui.select) -> None:
        if service is not None:
            box.set_value(None)
            await self._seat(window, service, lane)


class _List:
    """Tickets with what can be done for each."""

    def __init__(self, title: str, acts: dict[str, Act]) -> None:
        self._acts, self._name = acts, title
        self._shown: tuple[str, ...] | None = None
        with ui.element("div").classes("card"):
            ui.label(label(title)).classes("title")
            self._rows = ui.element("ul").classes("rows").props(f'data-test="{title}"')

    def show(self, tickets: Iterable[TicketSeen]) -> None:
        """Draw the list when it is another."""
        tickets = list(tickets)
        ids = tuple(ticket.id for ticket in tickets)
        if ids == self._shown:
            return
        self._shown = ids
        self._rows.clear()
        with self._rows:
            for ticket in tickets:
                with ui.element("li"):
                    ui.label(ticket.number)
                    _acts(ticket, self._acts)


class _Find:
    """Any ticket of today by its number."""

    def __init__(self, backstage: Backstage, acts: dict[str, Act]) -> None:
        self._backstage, self._acts = backstage, acts
        with ui.element("div").classes("card"):
            ui.label(label("find")).classes("title")
            box = ui.input(placeholder="A012")
            box.props('dense outlined clearable maxlength=6 debounce=300 data-test="find" aria-label="A012"')
            box.on_value_change(lambda event: self._look(str(event.value or "")))
            self._found = ui.element("div").props('data-test="found" aria-live="polite"')

    async def _look(self, typed: str) -> None:
        number = typed.strip().upper()
        ticket = await asyncio.wrap_future(self._backstage.find(number)) if number else None
        self._found.clear()
        with self._found:
            if ticket is not None:
                life = label(f"life.{ticket.life.value}")
                ui.label(f"{ticket.number} · {ticket.arrived:%H:%M} · {life}")
                _acts(ticket, self._acts)
            elif number:
                ui.label(label("not-found"))


def _acts(ticket: TicketSeen, acts: dict[str, Act]) -> None:
    with ui.element("div").classes("line"):
        for name, act in acts.items():
            ui.button(label(name), on_click=lambda _, t=ticket, do=act: do(t)).props(
                f'flat no-caps dense data-test="{name}-{ticket.number}"'
            )


def _lane(plan: HallPlan, lane: str) -> str:
    return label("lane-normal") if lane == "normal" else said(plan.lanes[lane].public)
