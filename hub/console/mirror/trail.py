"""What became of each ticket of today, in the order in which it happened: for the desk that is asked about it.

Rules:

* Nothing of ratings is in it (C3), and nothing that a person wrote but the reason of a cancelled ticket.
* A fact that was heard before changes nothing; a day's opening begins anew.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from hall.messages import facts
from hall.messages.facts import AnyFact

#: Facts that are a stage of a visit, and the word for each.
STAGES: dict[type[AnyFact], str] = {
    facts.TicketIssued: "issued",
    facts.TicketPrinted: "printed",
    facts.TicketCalled: "called",
    facts.TicketMissed: "missed",
    facts.TicketReturned: "returned",
    facts.TicketRerouted: "rerouted",
    facts.ServiceStarted: "started",
    facts.ServiceAccepted: "accepted",
    facts.ServiceFinished: "finished",
    facts.TicketTransferred: "transferred",
    facts.TicketParked: "parked",
    facts.TicketResumed: "resumed",
    facts.ActUndone: "undone",
    facts.DeskServed: "desk-served",
    facts.ServedByHand: "served-by-hand",
    facts.TicketExtended: "extended",
    facts.TicketPrechecked: "prechecked",
    facts.SlipIssued: "slip",
    facts.SlipReprinted: "slip-again",
    facts.TicketCancelled: "cancelled",
    facts.TicketLeft: "left",
}


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened with a ticket."""

    at: datetime
    what: str
    window: int | None = None
    clerk: str | None = None


class Trails:
    """Every ticket's way through the day."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._n = 0
        self._of: dict[str, list[Stage]] = {}

    def of(self, ticket: str) -> tuple[Stage, ...]:
        """What became of a ticket so far."""
        return tuple(self._of.get(ticket, ()))

    def hear(self, fact: AnyFact) -> None:
        """One fact, in order of `n`."""
        if fact.n <= self._n:
            return
        self._n = fact.n
        if isinstance(fact, facts.DayOpened):
            self._of.clear()
        what = STAGES.get(type(fact))
        if what is None or not isinstance(fact, facts.TicketFact):
            return
        stage = Stage(
            at=fact.at, what=what, window=getattr(fact, "window", None), clerk=getattr(fact, "clerk", None)
        )
        self._of.setdefault(fact.ticket, []).append(stage)
