"""What a report counts: visits, service steps, seats and pauses, as the read models tell them. Times are aware, lengths are seconds."""

from __future__ import annotations

from datetime import datetime

import msgspec

from hall.messages.common import Day


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket: one person's way through the hall, however many windows it took."""

    ticket: str
    number: str = ""
    day: Day
    service: str
    situation: str | None = None
    arrived: datetime
    waited_s: int | None = None
    #: waiting, called, serving, missed, parked, served, cancelled, left
    state: str
    #: of the last service that ended
    outcome: str | None = None
    #: at how many windows the person sat
    sat_at: int = 0
    accepted: bool = False
    prechecked: bool = False
    extended: bool = False
    #: came back with a missing-papers slip
    slip: bool = False
    #: a number of the pre-printed book
    by_hand: bool = False


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One service step: one ticket at one window with one clerk."""

    ticket: str
    number: str = ""
    step: int
    day: Day
    window: int
    clerk: str
    service: str | None = None
    situation: str | None = None
    #: the first call of this step, and the last
    first_called: datetime | None = None
    called: datetime | None = None
    started: datetime | None = None
    accepted: datetime | None = None
    finished: datetime | None = None
    #: when its window had nobody any more
    freed: datetime | None = None
    #: handling; None: it has not ended
    handled_s: int | None = None
    #: an outcome, or transferred, parked, handed-over
    outcome: str | None = None
    target_min: int | None = None
    parked_s: int = 0
    #: only the papers came
    carry: bool = False
    grade: int | None = None
    rated: datetime | None = None
    channel: str | None = None
    #: the grade on the official five
    official: int | None = None

    @property
    def worked(self) -> bool:
        """Whether it ended after work."""
        return bool(self.handled_s)

    @property
    def asked(self) -> bool:
        """Whether the pad asked for a rating: at the end of work with somebody who sat there (C2)."""
        return self.worked and not self.carry and self.outcome not in {"parked", "handed-over"}

    @property
    def walked_s(self) -> int | None:
        """From the last call to the chair; None where nobody pressed start."""
        if self.called is None or self.started is None or self.carry or self.started <= self.called:
            return None
        return round((self.started - self.called).total_seconds())


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A clerk at a window, or a pause of theirs, from `began` to `ended`; None: it goes on."""

    day: Day
    window: int
    clerk: str
    began: datetime
    ended: datetime | None = None


class DayRows(msgspec.Struct, frozen=True, kw_only=True):
    """One day. A step belongs to the day on which it was called."""

    day: Day
    visits: tuple[Visit, ...] = ()
    works: tuple[Work, ...] = ()
    seats: tuple[Seat, ...] = ()
    pauses: tuple[Seat, ...] = ()
