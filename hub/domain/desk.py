"""The guide desk: a place people are sent to, and the guide's own acts.

Rules:

* Who is sent to the desk stands in its list in the order they came. The desk ends their visit with an outcome, under the same
  obligations as a window (C6), and asks for no rating: there is no pad. A window that wants them back gets them at the front of its
  own line.
* The guide may seat somebody at a heart window whose clerk is free (M8): ticket, call and start are one act. There is no paper, nobody is
  called aloud, and it counts in no order.
* What the guide has looked through (M9) is noted on the ticket, at the desk when it is issued or while it waits; a later note replaces
  an earlier one.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from hall.messages.asks import NotePrecheck, SeatDirectly, ServeAtDesk, TakeTicket
from hall.messages.common import Via
from hall.messages.facts import (
    DeskServed,
    ServiceStarted,
    TicketCalled,
    TicketIssued,
    TicketPrechecked,
    TicketReturned,
)
from hub.domain import issuing, lives
from hub.domain.lives import Deed
from hub.domain.refusals import refused
from hub.domain.slips import check_ending
from hub.domain.state import State
from hub.domain.ticket import Life
from hub.domain.windows import ready


def serve_at_desk(s: State, order: ServeAtDesk, at: datetime) -> list[DeskServed | TicketReturned]:
    """They got what they came for. Refuses ``unknown-ticket``, ``not-at-desk``, ``detail-required``, ``alternative-required``."""
    ticket = s.ticket(order.ticket)
    lives.check(s, ticket, Deed.SERVE_AT_DESK)
    check_ending(order.outcome, order.detail)
    served = DeskServed(
        n=s.n + 1,
        at=at,
        ticket=ticket.id,
        number=ticket.number,
        outcome=order.outcome,
        detail=order.detail,
    )
    if ticket.back is None:
        return [served]
    back = TicketReturned(
        n=s.n + 2,
        at=at,
        ticket=ticket.id,
        number=ticket.number,
        position=1,
        window=ticket.back,
        reviewed=ticket.carry,
    )
    return [served, back]


def seat_directly(
    s: State, order: SeatDirectly, at: datetime
) -> list[TicketIssued | TicketCalled | ServiceStarted]:
    """Straight to the chair. Refuses ``not-heart-window``, what a call refuses, and what a ticket refuses."""
    window = s.window(order.window)
    if not s.profile(window.number).heart:
        raise refused("not-heart-window")
    ready(s, window.number)
    assert window.clerk is not None
    take = TakeTicket(
        id=order.id,
        service=order.service,
        lane=order.lane,
        via=Via.DESK,
        situation=order.situation,
        aids=order.aids,
    )
    (issued,) = issuing.take_ticket(s, take, at)
    called = TicketCalled(
        n=s.n + 2,
        at=at,
        ticket=issued.ticket,
        number=issued.number,
        window=window.number,
        round=1,
        service=issued.service,
        clerk=window.clerk,
        step=1,
        chosen=True,
        seated=True,
    )
    started = ServiceStarted(
        n=s.n + 3,
        at=at,
        ticket=issued.ticket,
        number=issued.number,
        window=window.number,
        clerk=window.clerk,
        step=1,
    )
    return [msgspec.structs.replace(issued, paper=False), called, started]


def note_precheck(s: State, order: NotePrecheck, at: datetime) -> list[TicketPrechecked]:
    """The guide went through the papers. Refuses ``unknown-ticket``, ``ticket-closed``."""
    ticket = s.ticket(order.ticket)
    lives.check(s, ticket, Deed.NOTE_PRECHECK)
    return [
        TicketPrechecked(
            n=s.n + 1,
            at=at,
            ticket=ticket.id,
            number=ticket.number,
            papers=order.papers,
            forms=order.forms,
        )
    ]


# ---------------------------------------------------------------- apply


def on_desk_served(s: State, fact: DeskServed) -> None:
    """The visit is over, unless a window wants them back."""
    ticket = s.tickets[fact.ticket]
    s.take_out(ticket)
    s.live(ticket, Life.DONE)
    ticket.worked, ticket.carry = True, False


def on_prechecked(s: State, fact: TicketPrechecked) -> None:
    """What the clerk will see."""
    ticket = s.tickets[fact.ticket]
    ticket.papers, ticket.forms = fact.papers, fact.forms
