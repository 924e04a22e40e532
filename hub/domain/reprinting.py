"""The papers of an ending once more, for who has lost them: a missing-papers slip, an onward slip, the date for the next time.

Rules:

* What is printed again is what the visit gave at its last ending, the same code and the same date, marked 补打. A slip that was used
  or has lapsed is not printed again.
* An ending that was taken back gave nothing.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.asks import ReprintSlip
from hall.messages.facts import SlipReprinted
from hub.domain import slips
from hub.domain.promises import Slip
from hub.domain.refusals import refused
from hub.domain.state import State


def reprint_slip(s: State, order: ReprintSlip, at: datetime) -> list[SlipReprinted]:
    """Once more on paper. Refuses ``unknown-ticket``, ``no-slip``, ``slip-used``, ``already-checked-in``, ``slip-expired``."""
    ticket = s.ticket(order.ticket)
    ended, slip = ticket.ended, slip_of(s, ticket.id)
    if slip is not None:
        slips.check_shown(s, slip, at)
    elif ended is None or (ended.onward is None and ended.again_from is None):
        raise refused("no-slip")
    return [SlipReprinted(n=s.n + 1, at=at, ticket=ticket.id, number=ticket.number, copy=ticket.slips + 1)]


def slip_of(s: State, ticket: str) -> Slip | None:
    """The missing-papers slip that was given to a ticket of today."""
    return next((slip for slip in s.promises.slips.values() if slip.given_to == ticket and slip.n), None)


def on_reprinted(s: State, fact: SlipReprinted) -> None:
    """One more is out."""
    s.tickets[fact.ticket].slips = fact.copy
