"""Re-routing: the guide sends somebody who waits to another service, another window or another lane.

Rules:

* Only who waits in a line is re-routed: number, arrival and what was noted stay, and among those of the new line the ticket stands by
  arrival, so that nobody who came before is passed.
* What is asked for changes something, and exists: the service gives numbers now, the window has a clerk and serves the service.
* Nobody is put into the lane of appointments without one; who leaves it stands by arrival, and the booked time counts no more.
* A review is entered by transfer alone.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.asks import Reroute
from hall.messages.facts import TicketRerouted
from hub.domain import admission, lives
from hub.domain.lives import Deed
from hub.domain.refusals import refused
from hub.domain.state import State
from hub.domain.ticket import APPOINTMENT, Ticket


def reroute(s: State, order: Reroute, at: datetime) -> list[TicketRerouted]:
    """On to another line.

    Refuses ``closed``, ``unknown-ticket``, ``not-waiting``, ``ticket-closed``, ``unknown-service``, ``unknown-lane``, ``unknown-window``,
    ``not-served-there``, ``transfer-only``, ``appointment-only``, ``nothing-changes`` and what :func:`hub.domain.admission.objection` says.
    """
    if not s.open:
        raise refused("closed")
    ticket = s.ticket(order.ticket)
    lives.check(s, ticket, Deed.REROUTE)
    window = order.to if isinstance(order.to, int) else None
    service = order.to if isinstance(order.to, str) else ticket.service
    lane = order.lane or ticket.lane
    now = (ticket.service, ticket.lane, ticket.place)
    if (service, lane, window if order.to is not None else ticket.place) == now:
        raise refused("nothing-changes")
    _check_lane(s, ticket, lane)
    if window is not None:
        _check_window(s, window, service)
    elif service != ticket.service:
        _check_service(s, service, at, promised=lane == APPOINTMENT)
    if order.to is None and isinstance(ticket.place, int):
        window = ticket.place
    return [
        TicketRerouted(
            n=s.n + 1,
            at=at,
            ticket=ticket.id,
            number=ticket.number,
            service=service,
            lane=lane,
            window=window,
            note=order.note,
        )
    ]


def _check_lane(s: State, ticket: Ticket, lane: str) -> None:
    if lane not in s.plan.lanes:
        raise refused("unknown-lane")
    if lane == APPOINTMENT and ticket.lane != APPOINTMENT:
        raise refused("appointment-only")


def _check_window(s: State, number: int, service: str) -> None:
    s.window_plan(number)
    profile = s.profile(number)
    if not lives.has_clerk(s, number) or service not in {*profile.serves, *profile.helps}:
        raise refused("not-served-there")


def _check_service(s: State, service: str, at: datetime, *, promised: bool) -> None:
    plan = s.plan.services.get(service)
    if plan is None:
        raise refused("unknown-service")
    if plan.review:
        raise refused("transfer-only")
    no = admission.objection(s, service, at, promised=promised)
    if no is not None:
        raise no


def on_rerouted(s: State, fact: TicketRerouted) -> None:
    """In the other line, by arrival."""
    ticket = s.tickets[fact.ticket]
    s.take_out(ticket)
    ticket.service, ticket.lane = fact.service, fact.lane
    if fact.lane != APPOINTMENT:
        ticket.slot_us = None
    if fact.note:
        ticket.note = fact.note
    ticket.coming_back = False
    if fact.window is not None:
        s.window_for(fact.window)
    s.join(ticket, fact.window, ticket.stands)
