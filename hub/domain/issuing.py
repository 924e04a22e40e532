"""Giving out tickets, taking them back, and their papers.

Rules:

* Who gets a number is :mod:`hub.domain.admission`'s business, which number :mod:`hub.domain.numbers`'.
* *Ahead* counts the people of the same service's lines who are called before this one by the rule as things stand
  (:mod:`hub.domain.ahead`); nobody who was called, served or sent to a window is counted.
* A number a dispenser gave out by itself stands, whatever the clock says: the person holds the paper. If the hub had issued the
  same ticket meanwhile and nobody printed it, the paper's number replaces the hub's, which is void.
* Who asked for large print has it on the ticket for as long as it lives, whatever becomes of it; why somebody asked is not known here.
* A number taken by phone needs no paper: its page is one.
* Who withdraws an ask holds no paper: the ticket is cancelled if it still waits and was never printed.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.asks import Cancel, Reprint, TakeTicket
from hall.messages.common import Via
from hall.messages.facts import PrintFailed, TicketCancelled, TicketIssued, TicketPrinted
from hub.domain import admission, appointments, lives, numbers, slips, waits
from hub.domain.lives import Deed
from hub.domain.moments import Micros, micros
from hub.domain.orders import NoteIssuedOffline, NotePrinted, NotePrintFailed, WithdrawTicket
from hub.domain.refusals import refused
from hub.domain.state import State
from hub.domain.ticket import APPOINTMENT, DESK, Life, Ticket, standing

WITHDRAWN = "withdrawn"


def take_ticket(s: State, order: TakeTicket, at: datetime) -> list[TicketIssued]:
    """A place in line. Refuses ``unknown-*``, ``desk-only``, ``ticket-known``, ``numbers-used-up`` and what :func:`admission.admit` refuses."""
    letter_of(s, order.service, order.situation, order.lane)
    check_desk(order)
    admission.admit(s, order.service, order.lane, at)
    return [new_ticket(s, order, at)]


def check_desk(order: TakeTicket) -> None:
    """What the guide desk alone may note. Refuses ``desk-only``."""
    if order.via is not Via.DESK and (order.papers or order.forms or order.aids):
        raise refused("desk-only")


def new_ticket(s: State, order: TakeTicket, at: datetime) -> TicketIssued:
    """A place in line for somebody who is let in. Refuses ``unknown-*``, ``not-by-hand``, ``ticket-known``, ``numbers-used-up``."""
    if order.via is Via.HAND:  # the book's numbers are entered, and never counted
        raise refused("not-by-hand")
    letter = letter_of(s, order.service, order.situation, order.lane)
    if order.id in s.tickets:
        raise refused("ticket-known")
    count = s.books[s.day or ""].next(letter)
    if count is None:
        raise refused("numbers-used-up")
    lane = s.rule.lane_for(order.lane, order.slot, at)
    slot_us = _slot_us(order.slot, lane)
    key = standing(s.arrival_at(at, None, s.n + 1), slot_us)
    ahead = s.ahead_of(order.service, lane, key, at)
    wait = waits.wait(s, order.service, lane, key, ahead, at)
    return TicketIssued(
        n=s.n + 1,
        at=at,
        ticket=order.id,
        number=numbers.number(letter, count),
        service=order.service,
        lane=lane,
        via=order.via,
        ahead=ahead,
        wait_min_s=wait.min_s,
        wait_max_s=wait.max_s,
        expected_s=wait.expected_s,
        windows=s.working.get(order.service, ()),
        situation=order.situation,
        now=s.now_called.get(order.service),
        slot=order.slot,
        papers=order.papers,
        forms=order.forms,
        aids=order.aids,
        paper=order.via is not Via.PHONE,
        large_print=order.large_print,
    )


def _slot_us(slot: datetime | None, lane: str) -> Micros | None:
    """The booked time that counts in a lane: a late appointment stands by arrival."""
    return None if slot is None or lane != APPOINTMENT else micros(slot)


def letter_of(s: State, service: str, situation: str | None, lane: str) -> str:
    """The letter of a service's numbers. Refuses ``unknown-*``."""
    plan = s.plan.services.get(service)
    if plan is None:
        raise refused("unknown-service")
    if situation is not None and situation not in plan.situations:
        raise refused("unknown-situation")
    if lane not in s.plan.lanes:
        raise refused("unknown-lane")
    return plan.letter


def note_issued_offline(s: State, order: NoteIssuedOffline, at: datetime, member: str) -> list[TicketIssued]:
    """A dispenser gave out a number of its block. Refuses ``wrong-day``, ``not-lent``, ``number-taken``, ``ticket-known``."""
    if not s.open or order.day != s.day:
        raise refused("wrong-day")
    letter, book = letter_of(s, order.service, order.situation, order.lane), s.books[order.day]
    said, count = numbers.split(order.number)
    if (
        said != letter
        or order.number != numbers.number(letter, count)
        or not book.is_lent(member, letter, count)
    ):
        raise refused("not-lent")
    known = s.tickets.get(order.ticket)
    if known is not None and known.number == order.number:
        return []
    if book.is_used(letter, count):
        raise refused("number-taken")
    if known is not None and (known.printed or known.issued.offline):
        raise refused("ticket-known")
    arrived = _arrived(s, order, at)
    service, lane = (order.service, order.lane) if known is None else (known.service, known.lane)
    if known is None:
        key = s.arrival_at(at, arrived, s.n + 1)
        ahead = s.ahead_of(service, lane, key, at)
    else:
        key, ahead = known.key, people_ahead(s, known, at) or 0
    wait = waits.wait(s, service, lane, key, ahead, at)
    return [
        TicketIssued(
            n=s.n + 1,
            at=at,
            ticket=order.ticket,
            number=order.number,
            service=service,
            lane=lane,
            via=Via.DISPENSER,
            ahead=ahead,
            wait_min_s=wait.min_s,
            wait_max_s=wait.max_s,
            expected_s=wait.expected_s,
            windows=s.working.get(service, ()),
            situation=order.situation,
            now=s.now_called.get(service),
            offline=True,
            replaces=None if known is None else known.number,
            arrived=arrived,
            large_print=order.large_print,
        )
    ]


def _arrived(s: State, order: NoteIssuedOffline, at: datetime) -> datetime | None:
    """When the person came, if the dispenser's word for it is credible."""
    came = order.arrived
    if came is None or came > at or came.astimezone(s.zone).date().isoformat() != order.day:
        return None
    return came


def people_ahead(s: State, ticket: Ticket, at: datetime) -> int | None:
    """How many are called before this ticket; None when it does not wait in a line."""
    if ticket.life is not Life.WAITING or ticket.place == DESK:
        return None
    if isinstance(ticket.place, int):
        return s.line_of(ticket, ticket.place).place_of(ticket.key)
    return s.ahead_of(ticket.service, ticket.lane, ticket.key, at)


def withdraw_ticket(s: State, order: WithdrawTicket, at: datetime) -> list[TicketCancelled]:
    """Nobody holds a paper. Nothing happens where the ticket is unknown, printed, or waits no more."""
    ticket = s.tickets.get(order.ticket)
    if ticket is None or ticket.printed or ticket.life is not Life.WAITING:
        return []
    return [TicketCancelled(n=s.n + 1, at=at, ticket=ticket.id, number=ticket.number, reason=WITHDRAWN)]


def cancel(s: State, order: Cancel, at: datetime) -> list[TicketCancelled]:
    """The person does not want to wait. Refuses ``closed``, ``unknown-ticket``, ``already-started``, ``ticket-closed``."""
    if not s.open:
        raise refused("closed")
    ticket = s.ticket(order.ticket)
    lives.check(s, ticket, Deed.CANCEL)
    return [TicketCancelled(n=s.n + 1, at=at, ticket=ticket.id, number=ticket.number)]


def reprint(s: State, order: Reprint) -> list[TicketIssued]:
    """Nothing happens in the hall; refuses ``unknown-ticket``, ``ticket-closed`` (a void ticket)."""
    if s.ticket(order.ticket).life is Life.CANCELLED:
        raise refused("ticket-closed")
    return []


def note_printed(s: State, order: NotePrinted, at: datetime) -> list[TicketPrinted]:
    """A paper came out. Refuses ``unknown-ticket``; a copy that was told before is nothing new."""
    ticket = s.ticket(order.ticket)
    if order.copy <= ticket.printed:
        return []
    return [
        TicketPrinted(
            n=s.n + 1, at=at, ticket=ticket.id, number=ticket.number, member=order.member, copy=order.copy
        )
    ]


def note_print_failed(s: State, order: NotePrintFailed, at: datetime) -> list[PrintFailed]:
    """A paper did not come out. Refuses ``unknown-ticket``."""
    ticket = s.ticket(order.ticket)
    return [
        PrintFailed(
            n=s.n + 1, at=at, ticket=ticket.id, number=ticket.number, member=order.member, code=order.code
        )
    ]


# ---------------------------------------------------------------- apply


def on_issued(s: State, fact: TicketIssued) -> None:
    """A new ticket, or another number for one that nobody printed."""
    s.books[s.day or ""].take(*numbers.split(fact.number))
    ticket = s.tickets.get(fact.ticket)
    if ticket is None:
        ticket = Ticket(
            id=fact.ticket,
            number=fact.number,
            service=fact.service,
            lane=fact.lane,
            arrival=s.arrive(fact.at, fact.arrived, fact.n),
            slot_us=_slot_us(fact.slot, fact.lane),
            issued=fact,
            life=Life.LEFT,
            papers=fact.papers,
            forms=fact.forms,
            aids=fact.aids,
        )
        s.tickets[ticket.id] = ticket
        s.issued += 1
        s.issued_of[fact.service] = s.issued_of.get(fact.service, 0) + 1
        appointments.on_checked_in(s, fact)
        slips.on_shown(s, fact)
        if fact.slip is None:
            s.join(ticket, None, ticket.stands)
        else:
            slips.to_front(s, ticket)
        return
    ticket.number, ticket.issued = fact.number, fact
    if ticket.life is Life.CANCELLED:
        s.issued_of[fact.service] = s.issued_of.get(fact.service, 0) + 1
    if ticket.life in {Life.CANCELLED, Life.MISSED}:  # called or cancelled under a number nobody held
        s.join(ticket, None, ticket.stands)


def on_cancelled(s: State, fact: TicketCancelled) -> None:
    """The ticket is void, and its place under a quota free."""
    ticket = s.tickets[fact.ticket]
    # a number that was kept overnight took none of today's places
    if ticket.issued.at.astimezone(s.zone).date().isoformat() == s.day:
        s.issued_of[ticket.issued.service] = s.issued_of.get(ticket.issued.service, 1) - 1
    s.take_out(ticket)
    s.live(ticket, Life.CANCELLED)
    appointments.on_ticket_void(s, ticket.issued)
    slips.on_ticket_void(s, ticket.issued)


def on_printed(s: State, fact: TicketPrinted) -> None:
    """A paper came out."""
    ticket = s.tickets[fact.ticket]
    ticket.printed = max(ticket.printed, fact.copy)
