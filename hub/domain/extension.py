"""Extended service for one person (C4): whoever was promised it is served today, also after closing.

Rules:

* A clerk or the guide grants it, with a reason that is kept; once per ticket.
* While such a ticket is unserved the day does not end: closing is refused until :data:`LATEST` of that day. What is unserved then is
  recorded as left, as it is.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Final

from hall.messages.asks import GrantExtension
from hall.messages.facts import TicketExtended
from hub.domain import lives
from hub.domain.lives import Deed
from hub.domain.refusals import refused
from hub.domain.state import State
from hub.domain.ticket import counts_on_hall

#: The day ends now whoever waits.
LATEST: Final = time(23, 55)


def grant_extension(s: State, order: GrantExtension, at: datetime) -> list[TicketExtended]:
    """A promise. Refuses ``closed``, ``unknown-ticket``, ``ticket-closed``, ``already-extended``, ``reason-required``."""
    if not s.open:
        raise refused("closed")
    ticket = s.ticket(order.ticket)
    lives.check(s, ticket, Deed.GRANT_EXTENSION)
    if ticket.extended is not None:
        raise refused("already-extended")
    if not order.reason.strip():
        raise refused("reason-required")
    return [
        TicketExtended(n=s.n + 1, at=at, ticket=ticket.id, number=ticket.number, reason=order.reason.strip())
    ]


def stands(s: State, at: datetime) -> bool:
    """Whether somebody was promised to be served today and is not yet."""
    local = at.astimezone(s.zone)
    if local.date().isoformat() != s.day or local.time() >= LATEST:
        return False
    return any(t.extended is not None and counts_on_hall(t) for t in s.tickets.values())


# ---------------------------------------------------------------- apply


def on_granted(s: State, fact: TicketExtended) -> None:
    """The ticket is marked."""
    s.tickets[fact.ticket].extended = fact.reason
