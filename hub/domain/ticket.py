"""A ticket: one person's place, from the number to the way out.

Rules:

* Its id, number and arrival stay what they are through every transfer.
* Its place is the service's lines (``None``), one window's own line (an integer) or the guide desk (``DESK``).
* A step begins with a call; recalls belong to it. Handling time runs from the start (or, where nobody pressed start, from the
  last call) and stands still while the ticket is parked.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal

import msgspec

from hall.messages.facts import ServiceFinished, TicketIssued
from hub.domain.moments import Micros

DESK: Final = "desk"
#: The lane of everybody who has no other, and the lane of those who booked a time.
NORMAL: Final = "normal"
APPOINTMENT: Final = "appointment"
#: Where a ticket waits: None the service's lines, an integer that window's own line, or the guide desk.
Place = int | Literal["desk"] | None
#: Order in a line: smaller is served earlier. First an arrival in microseconds, then a tie-breaker unique in the hall.
LineKey = tuple[int, int]


class Life(Enum):
    """Where a ticket stands."""

    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    PARKED = "parked"
    MISSED = "missed"
    DONE = "done"
    CANCELLED = "cancelled"
    LEFT = "left"


#: Steps stop counting where the wire does.
LAST_STEP: Final = 999

#: Lives of somebody who still counts on the hall.
UNSERVED = frozenset({Life.WAITING, Life.CALLED, Life.SERVING, Life.PARKED})


class Ticket(msgspec.Struct, kw_only=True):
    """One ticket as the hall knows it now. Changed only by applying facts."""

    id: str
    number: str
    service: str
    lane: str
    #: when the person came
    arrival: LineKey
    #: the booked time, in the lane of appointments
    slot_us: Micros | None = None
    #: what was told when it was issued
    issued: TicketIssued
    life: Life = Life.WAITING
    place: Place = None
    #: order in the line in which it waits
    key: LineKey = (0, 0)
    #: window where it is open, or which parked it
    window: int | None = None
    clerk: str | None = None
    round: int = 0
    step: int = 0
    called_us: Micros = 0
    #: it waits again after a call that nobody answered, made then
    unanswered_us: Micros | None = None
    #: when the present stretch of handling began; None: not started
    started_us: Micros | None = None
    #: handled before it was parked
    handled_us: Micros = 0
    accepted: bool = False
    #: some step was worked on
    worked: bool = False
    #: the window it goes back to after the next finish elsewhere
    back: int | None = None
    #: it is on its way back there
    coming_back: bool = False
    #: only the papers travel
    carry: bool = False
    #: the window where nobody came
    missed_at: int | None = None
    #: what the clerk who sent it on wrote for the next one
    note: str = ""
    #: number of the last fact that moved it, and when that was
    touched: int = 0
    since_us: Micros = 0
    #: highest copy that came out of a printer
    printed: int = 0
    #: how its last step ended, and the highest copy of what that gave on paper
    ended: ServiceFinished | None = None
    slips: int = 1
    #: served today whatever the hour; the reason
    extended: str | None = None
    #: its number outlives the night
    kept: bool = False
    #: seen to at the guide desk: papers at hand, forms filled in, what helps the person to the window
    papers: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    aids: str | None = None

    @property
    def stands(self) -> LineKey:
        """Its place in a line it joins without a rule that says otherwise: by arrival, or by the booked time when that is later."""
        return standing(self.arrival, self.slot_us)

    @property
    def kind(self) -> tuple[str, str | None]:
        """Service and situation for which it waits; what was chosen for another service says nothing of this one."""
        return (self.service, self.issued.situation if self.issued.service == self.service else None)

    def handled(self, now_us: Micros) -> Micros:
        """Handling time of the present step until now."""
        since = self.called_us if self.started_us is None else self.started_us
        return self.handled_us + max(0, now_us - since)


def standing(arrival: LineKey, slot_us: Micros | None) -> LineKey:
    """By arrival, or by the booked time when that is later."""
    return arrival if slot_us is None else (max(slot_us, arrival[0]), arrival[1])


def counts_on_hall(ticket: Ticket) -> bool:
    """Whether somebody must still be served."""
    return ticket.life in UNSERVED and not served_at_desk(ticket)


def served_at_desk(ticket: Ticket) -> bool:
    """Whether the person was served and only collects something at the guide desk."""
    return ticket.life is Life.WAITING and ticket.place == DESK and ticket.worked
