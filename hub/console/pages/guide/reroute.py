"""Somebody who waits is sent to another service, window or lane; number and arrival stay."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui import ui

from hall.plan import HallPlan
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import Picture, TicketSeen
from hub.console.pages.dialog import Dialog
from hub.console.pages.guide.issue import lane_name

Send = Callable[[TicketSeen, str | int | None, str | None, str], Coroutine[Any, Any, bool]]


class RerouteDialog(Dialog):
    """Where to, in which lane, and a word for the clerk."""

    def __init__(self, plan: HallPlan, send: Send) -> None:
        """`send(ticket, to, lane, note)` does it and says whether it was done; None: as it is."""
        super().__init__("reroute")
        self._plan, self._send = plan, send
        self._ticket: TicketSeen | None = None
        with self.card:
            self._about = ui.label().classes("situation").props("translate=no")
            self._to = ui.select({}, label=label("to")).props('outlined dense data-test="reroute-to"')
            self._to.classes("wide")
            lanes = {lane: lane_name(plan, lane) for lane in plan.lanes if lane != "appointment"}
            self._lane = ui.radio(lanes).props('inline data-test="reroute-lane"')
            self._note = ui.input(label("note")).props(
                'outlined dense maxlength=300 data-test="reroute-note"'
            )
            self.entered(self._note.classes("wide"))
            ui.label(label("reroute-help")).classes("time")
        self.foot("reroute")

    def ask(self, ticket: TicketSeen, picture: Picture) -> None:
        """Ask, with the services and the windows that could take this one now."""
        self._ticket = ticket
        self._about.set_text(ticket.number)
        places = {"": label("stays")}
        waiting = {service.id: service.waiting for service in picture.board.services}
        for service, plan in self._plan.services.items():
            if not plan.review:
                places[service] = f"{said(plan.name)} · {label('waiting-n', n=waiting.get(service, 0))}"
        for window in picture.windows.values():
            if window.clerk is not None and ticket.service in {*window.services, *window.helps}:
                places[str(window.window)] = label("window-n", n=window.window)
        self._to.set_options(places, value="")
        self._lane.set_value(ticket.lane if ticket.lane in self._lane.options else None)
        self._note.set_value("")
        self.open()

    async def confirm(self) -> None:
        """See :class:`Dialog`."""
        ticket, chosen = self._ticket, str(self._to.value or "")
        if not self.is_open or ticket is None:
            return
        to = int(chosen) if chosen.isdigit() else chosen or None
        lane = None if self._lane.value in {None, ticket.lane} else str(self._lane.value)
        if await self._send(ticket, to, lane, str(self._note.value or "").strip()):
            self.close()
