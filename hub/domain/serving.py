"""Serving people: from the chair to the way out, or to the next window.

Rules:

* ``accept``, ``finish`` and ``park`` imply the start: where nobody pressed it, handling is counted from the last call. It is rounded up
  to whole seconds, is never zero once the person sat, and does not count the time a ticket is parked.
* Some endings owe the person a word, a slip or a date (C6): see :mod:`hub.domain.slips`.
* A transfer keeps number and arrival: among those of the new service, or of the window it names, the ticket stands by when the
  person came. With `back` it returns to the front of this window's own line after the next finish elsewhere.
* With `carry` only the papers travel: the person stays at this window, so the papers come back here after the review whatever the
  clerk ticked, nobody is called aloud for them, and nobody is asked for a rating where no person sat.
* A parked ticket is called by nobody. Taken up again by the same clerk at the same window it is the same step, else a new one.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.asks import Accept, Finish, Park, ResumeTicket, Start, Transfer
from hall.messages.common import Outcome
from hall.messages.facts import (
    ServiceAccepted,
    ServiceFinished,
    ServiceStarted,
    SlipIssued,
    TicketParked,
    TicketResumed,
    TicketReturned,
    TicketTransferred,
)
from hub.domain import handling, lives, pace, ratings, slips
from hub.domain.lives import Deed
from hub.domain.moments import micros, seconds
from hub.domain.refusals import refused
from hub.domain.state import State
from hub.domain.ticket import DESK, LAST_STEP, Life, Ticket
from hub.domain.windows import open_ticket, ready, seated


def start(s: State, order: Start, at: datetime) -> list[ServiceStarted]:
    """The person sat down. Refuses ``not-called``, ``already-started``."""
    window, clerk, ticket = open_ticket(s, order.window, Deed.START)
    return [
        ServiceStarted(
            n=s.n + 1,
            at=at,
            ticket=ticket.id,
            number=ticket.number,
            window=window.number,
            clerk=clerk,
            step=ticket.step,
        )
    ]


def accept(s: State, order: Accept, at: datetime) -> list[ServiceAccepted]:
    """The papers are complete. Refuses ``not-called``, ``already-accepted``."""
    window, clerk, ticket = open_ticket(s, order.window, Deed.ACCEPT)
    if ticket.accepted:
        raise refused("already-accepted")
    return [
        ServiceAccepted(
            n=s.n + 1,
            at=at,
            ticket=ticket.id,
            number=ticket.number,
            window=window.number,
            clerk=clerk,
            step=ticket.step,
        )
    ]


def finish(s: State, order: Finish, at: datetime) -> list[ServiceFinished | SlipIssued | TicketReturned]:
    """The step is over. Refuses ``not-called``, ``unknown-situation`` and what :func:`hub.domain.slips.check_ending` refuses."""
    window, clerk, ticket = open_ticket(s, order.window, Deed.FINISH)
    slips.check_ending(order.outcome, order.detail, missing=order.missing, onward=order.onward)
    service, situation = slips.situation_of(s, ticket, order.situation)
    over = ticket.back is None or ticket.back == window.number
    finished = ServiceFinished(
        n=s.n + 1,
        at=at,
        ticket=ticket.id,
        number=ticket.number,
        window=window.number,
        clerk=clerk,
        step=ticket.step,
        seconds=_handled(ticket, at),
        outcome=order.outcome,
        detail=order.detail,
        onward=order.onward if order.outcome is Outcome.ONWARD else None,
        slip=order.id if order.outcome is Outcome.MATERIAL_MISSING else None,
        situation=situation,
        again_from=slips.again_from(s, service, situation, at)
        if over and order.outcome is Outcome.DONE
        else None,
        target_min=_target_min(s, ticket.service),
    )
    slip = slips.slip_of(s, order, finished, ticket)
    facts: list[ServiceFinished | SlipIssued | TicketReturned] = [finished]
    if slip is not None:
        facts.append(slip)
    if ticket.back is None or over:
        return facts
    back = TicketReturned(
        n=facts[-1].n + 1,
        at=at,
        ticket=ticket.id,
        number=ticket.number,
        position=1,
        window=ticket.back,
        reviewed=ticket.carry,
    )
    return [*facts, back]


def _handled(ticket: Ticket, at: datetime) -> int:
    return max(1, seconds(ticket.handled(micros(at))))


def transfer(s: State, order: Transfer, at: datetime) -> list[TicketTransferred]:
    """On to a service, a window or the desk. Refuses ``not-called``, ``unknown-service``, ``unknown-window``, ``same-window``."""
    window, clerk, ticket = open_ticket(s, order.window, Deed.TRANSFER)
    if isinstance(order.to, int):
        s.window_plan(order.to)
        if order.to == window.number:
            raise refused("same-window")
    elif order.to != DESK and order.to not in s.plan.services:
        raise refused("unknown-service")
    return [
        TicketTransferred(
            n=s.n + 1,
            at=at,
            ticket=ticket.id,
            number=ticket.number,
            window=window.number,
            clerk=clerk,
            step=ticket.step,
            to=order.to,
            seconds=0 if ticket.life is Life.CALLED else _handled(ticket, at),
            note=order.note,
            carry=order.carry,
            back=(order.back or order.carry) and not ticket.carry,
            target_min=_target_min(s, ticket.service),
        )
    ]


def _target_min(s: State, service: str) -> int | None:
    plan = s.plan.services.get(service)
    return None if plan is None else plan.target_min


def park(s: State, order: Park, at: datetime) -> list[TicketParked]:
    """Laid aside. Refuses ``not-called``."""
    window, clerk, ticket = open_ticket(s, order.window, Deed.PARK)
    return [
        TicketParked(
            n=s.n + 1,
            at=at,
            ticket=ticket.id,
            number=ticket.number,
            window=window.number,
            clerk=clerk,
            step=ticket.step,
        )
    ]


def resume_ticket(s: State, order: ResumeTicket, at: datetime) -> list[TicketResumed]:
    """Taken up again, here or where it was parked. Refuses ``not-parked`` and what a call refuses."""
    ticket = s.ticket(order.ticket)
    lives.check(s, ticket, Deed.RESUME_TICKET)
    assert ticket.window is not None
    number = ticket.window if order.window is None else order.window
    ready(s, number)
    _, clerk = seated(s, number)
    same = (number, clerk) == (ticket.window, ticket.clerk)
    return [
        TicketResumed(
            n=s.n + 1,
            at=at,
            ticket=ticket.id,
            number=ticket.number,
            window=number,
            clerk=clerk,
            step=ticket.step if same else min(ticket.step + 1, LAST_STEP),
        )
    ]


# ---------------------------------------------------------------- apply


def on_started(s: State, fact: ServiceStarted) -> None:
    """The person sat down."""
    ticket = s.tickets[fact.ticket]
    s.live(ticket, Life.SERVING)
    ticket.started_us = micros(fact.at)
    ratings.close(s.window_for(fact.window), fact.at)


def on_accepted(s: State, fact: ServiceAccepted) -> None:
    """The papers are complete; the person has been sitting since the last call if nobody said otherwise."""
    ticket = s.tickets[fact.ticket]
    ticket.accepted = True
    if ticket.life is Life.CALLED:
        s.live(ticket, Life.SERVING)
        ticket.started_us = ticket.called_us


def on_finished(s: State, fact: ServiceFinished) -> None:
    """The step is over."""
    ticket = s.tickets[fact.ticket]
    handling.note(s, ticket, fact.seconds, fact.situation)
    ticket.ended, ticket.slips = fact, 1
    if not ticket.carry:
        ratings.ask_for(s, fact)
    pace.on_freed(s, s.window_for(fact.window), ticket, fact.at)
    s.take_out(ticket)
    s.live(ticket, Life.DONE)
    ticket.worked, ticket.carry, ticket.coming_back, ticket.window = True, False, False, None
    if ticket.back == fact.window:
        ticket.back = None


def on_transferred(s: State, fact: TicketTransferred) -> None:
    """On to somewhere else."""
    ticket, window = s.tickets[fact.ticket], s.window_for(fact.window)
    if fact.seconds > 0:
        handling.note(s, ticket, fact.seconds)
        if not ticket.carry:
            ratings.ask_for(s, fact)
        ticket.worked = True
    pace.on_freed(s, window, ticket, fact.at)
    s.take_out(ticket)
    if fact.carry and not ticket.carry:
        window.carrying = ticket
    ticket.carry, ticket.coming_back, ticket.note = fact.carry, False, fact.note
    if fact.back:
        ticket.back = fact.window
    if isinstance(fact.to, int):
        s.join(ticket, fact.to, ticket.stands)
    elif fact.to == DESK:
        s.join(ticket, DESK, ticket.stands)
    else:
        ticket.service = fact.to
        s.join(ticket, None, ticket.stands)


def on_parked(s: State, fact: TicketParked) -> None:
    """Laid aside: the window is free, the time stands still."""
    ticket = s.tickets[fact.ticket]
    ticket.handled_us = ticket.handled(micros(fact.at))
    pace.on_freed(s, s.window_for(fact.window), ticket, fact.at)
    s.take_out(ticket)
    s.live(ticket, Life.PARKED)


def on_resumed(s: State, fact: TicketResumed) -> None:
    """Taken up again."""
    ticket = s.tickets[fact.ticket]
    if fact.step != ticket.step:
        ticket.step, ticket.handled_us, ticket.accepted = fact.step, 0, False
    s.live(ticket, Life.SERVING)
    ticket.window, ticket.clerk, ticket.started_us = fact.window, fact.clerk, micros(fact.at)
    window = s.window_for(fact.window)
    window.ticket, window.taken_us = ticket, micros(fact.at)
