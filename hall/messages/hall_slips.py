"""What stands on the two papers of the hall's own day: the one that is read out before opening, the one that is signed after closing."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hall.messages.common import Count, Day, Key, Line, Message, Moment, Name, WindowNumber, WorkNumber
from hall.text import Text

#: So many lines of one kind are printed at most.
MOST = 40
#: So many things that are used up are counted.
MOST_SUPPLIES = 20


class HallSlip(Message, tag_field="type", frozen=True, kw_only=True):
    """Base of both: which day, and who is on duty as far as that is known."""

    day: Day
    duty: tuple[WorkNumber, ...] = ()


class Seat(Message, frozen=True, kw_only=True):
    """Who sits at a window today, and who stands in."""

    window: WindowNumber
    clerk: WorkNumber
    cover: WorkNumber | None = None


class NotReady(Message, frozen=True, kw_only=True):
    """A device that does not work as it should."""

    member: Name
    window: WindowNumber | None = None
    text: Text
    #: what to do about it
    do: Text | None = None


class PaperAt(Message, frozen=True, kw_only=True):
    """How many tickets a dispenser's roll still gives."""

    member: Name
    tickets: Count


class ShortOf(Message, frozen=True, kw_only=True):
    """Something the hall uses up that is to be ordered: how many are there and should be at least; null: nobody has counted."""

    name: Line
    count: Count | None = None
    least: Count


class StopToday(Message, frozen=True, kw_only=True):
    """A service that gives no numbers for some of today; null: all day, or nobody knows until when."""

    service: Text
    reason: Text
    begins: Moment | None = None
    ends: Moment | None = None


class BadAt(Message, frozen=True, kw_only=True):
    """How many bad ratings a window had on the last day."""

    window: WindowNumber
    count: Count


class ClosedAhead(Message, frozen=True, kw_only=True):
    """A day on which the hall is closed soon, and why."""

    day: Day
    reason: Text


class MorningSlip(HallSlip, tag="morning", frozen=True, kw_only=True):
    """班前会单: what the duty officer reads out ten minutes before opening."""

    opens: Line = ""
    closes: Line = ""
    seats: Annotated[tuple[Seat, ...], Meta(max_length=MOST)] = ()
    not_ready: Annotated[tuple[NotReady, ...], Meta(max_length=MOST)] = ()
    #: dispensers whose paper is nearly used up
    low_paper: Annotated[tuple[Name, ...], Meta(max_length=MOST)] = ()
    #: what the rolls still give, as far as it is known
    paper: Annotated[tuple[PaperAt, ...], Meta(max_length=MOST)] = ()
    #: forms, ink pads and the like that are to be ordered
    short_of: Annotated[tuple[ShortOf, ...], Meta(max_length=MOST_SUPPLIES)] = ()
    #: numbers given out on the last open day, for what to expect
    last_issued: Count | None = None
    #: null: nobody keeps cases here
    cases_due: Count | None = None
    cases_late: Count | None = None
    bad: Annotated[tuple[BadAt, ...], Meta(max_length=MOST)] = ()
    stops: Annotated[tuple[StopToday, ...], Meta(max_length=MOST)] = ()
    closed_ahead: ClosedAhead | None = None
    #: festival words, on the eve of one
    greeting: Text | None = None


class WindowTally(Message, frozen=True, kw_only=True):
    """A window's first and last call, as written on paper."""

    window: WindowNumber
    first: Line
    last: Line
    calls: Count


class ServiceTally(Message, frozen=True, kw_only=True):
    """Numbers of one service."""

    service: Key
    name: Text
    issued: Count


class DaySlip(HallSlip, tag="day", frozen=True, kw_only=True):
    """日清单: the day in figures, to be signed and kept."""

    issued: Count = 0
    #: of them from the pre-printed book
    by_hand: Count = 0
    served: Count = 0
    missed: Count = 0
    left: Count = 0
    #: first calls, those within the promise, and the promise in minutes
    waited: Count = 0
    kept: Count = 0
    limit_min: Count = 0
    median_min: Count | None = None
    longest_min: Count | None = None
    #: grades 4, 3, 2, 1, and how often was asked
    grades: tuple[Count, Count, Count, Count] = (0, 0, 0, 0)
    asked: Count = 0
    extended: Count = 0
    cases_open: Count | None = None
    services: Annotated[tuple[ServiceTally, ...], Meta(max_length=MOST)] = ()
    windows: Annotated[tuple[WindowTally, ...], Meta(max_length=MOST)] = ()
