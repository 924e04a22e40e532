"""How long services and their situations take: what is told at the start (M12).

Rules:

* Every step that was worked on counts for the service it was worked for, and for the situation chosen with the ticket as long as
  the person is still served for that service.
* A figure is the median of the last ones; of fewer than five nothing is said.
"""

from __future__ import annotations

from typing import Any

from hub.domain.state import Of, State
from hub.domain.ticket import Ticket
from hub.domain.turns import Handlings


def of(ticket: Ticket, chosen: str | None = None) -> tuple[Of, ...]:
    """Of what the present step of a ticket tells; `chosen` is the situation that the clerk named at the end."""
    issued = ticket.issued
    situation = chosen or issued.situation
    if situation is None or issued.service != ticket.service:
        return (ticket.service,)
    return (ticket.service, (ticket.service, situation))


def note(s: State, ticket: Ticket, seconds: int, chosen: str | None = None) -> None:
    """So long was worked for this ticket (apply only)."""
    for key in of(ticket, chosen):
        _known(s, key).setdefault(key, Handlings()).add(seconds)


def recent(s: State, key: Of) -> tuple[int, ...]:
    """The last handling times, oldest first."""
    known = _known(s, key).get(key)
    return () if known is None else tuple(known.recent)


def turn_back(s: State, key: Of, before: tuple[int, ...], after: tuple[int, ...]) -> None:
    """Without the sample that made `before` into `after` (apply only); what came since stays."""
    if before == after:
        return
    now = list(recent(s, key))
    if tuple(now) == after:
        now = list(before)
    elif after[-1] in now:
        now.remove(after[-1])
    if now:
        _known(s, key)[key] = Handlings(now)
    else:  # nobody had been served for it yet
        del _known(s, key)[key]


def _known(s: State, key: Of) -> dict[Any, Handlings]:
    return s.handlings if isinstance(key, str) else s.situations


def minutes(handlings: Handlings | None) -> int | None:
    """What is told: whole minutes, at least one; None while too little is known."""
    median_s = None if handlings is None else handlings.median_s
    return None if median_s is None else max(1, round(median_s / 60))
