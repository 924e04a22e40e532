"""The day in figures as it goes: waits beside what was promised, ratings, calls of each window. Facts in, one frozen picture out.

Rules:

* A person waits from taking the number until the first call; a call that was taken back was none. Who was promised a time waits from
  then on, if that is later.
* A wait is kept when it is within the limit that was in force for its service at that call.
* A fact that was heard before changes nothing; a day's opening begins anew.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from datetime import datetime, timedelta

import msgspec

from hall.messages import facts
from hall.messages.common import Act
from hall.messages.facts import AnyFact
from hall.policy import AlarmPolicy
from hub.domain.alarm_cases import limit

#: What a hall promises that has no alarms of its own.
USUAL = AlarmPolicy()


class WindowDay(msgspec.Struct, frozen=True, kw_only=True):
    """One window's day."""

    first: datetime
    last: datetime
    calls: int


class DayFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The day so far."""

    #: first calls, and those within the promise
    waited: int = 0
    kept: int = 0
    #: minutes promised for most services
    limit_min: int = USUAL.wait.breach_min
    #: minutes, begun ones counted
    median_min: int | None = None
    longest_min: int | None = None
    #: grades 4, 3, 2, 1
    grades: tuple[int, int, int, int] = (0, 0, 0, 0)
    #: people who were promised to be served after closing
    extended: int = 0
    windows: dict[int, WindowDay] = {}

    @property
    def rated(self) -> int:
        """How many rated."""
        return sum(self.grades)

    @property
    def kept_percent(self) -> int | None:
        """Of a hundred waits so many within the promise; never rounded up to a promise that was broken."""
        return None if not self.waited else self.kept * 100 // self.waited


class _Wait(msgspec.Struct, frozen=True):
    n: int
    window: int
    seconds: int
    kept: bool


class Today:
    """Counts while facts come."""

    def __init__(self, policy: AlarmPolicy | None) -> None:
        """`policy` is the hall's as the settings have it."""
        self._policy = policy or USUAL
        self._n = 0
        self._begin()

    def _begin(self) -> None:
        self._arrived: dict[str, datetime] = {}
        self._waits: dict[str, _Wait] = {}
        self._sorted: list[int] = []
        self._kept = 0
        self._grades = [0, 0, 0, 0]
        self._extended = 0
        self._windows: dict[int, WindowDay] = {}

    def hear(self, fact: AnyFact) -> None:
        """One fact, in order of `n`."""
        if fact.n <= self._n:
            return
        self._n = fact.n
        match fact:
            case facts.DayOpened():
                self._begin()
            case facts.TicketIssued():
                came = fact.arrived or fact.at
                self._arrived[fact.ticket] = came if fact.slot is None else max(came, fact.slot)
            case facts.TicketCalled(seated=False, carry=False):
                self._called(fact)
            case facts.ActUndone(what=Act.CALL):
                self._taken_back(fact)
            case facts.TicketRated():
                self._grades[4 - fact.grade] += 1
            case facts.TicketExtended():
                self._extended += 1
            case facts.PolicyChanged():
                self._policy = fact.policy.alarms or USUAL
            case _:
                pass

    def _called(self, fact: facts.TicketCalled) -> None:
        if fact.round == 1:
            day = self._windows.get(fact.window)
            first, calls = (fact.at, 0) if day is None else (day.first, day.calls)
            self._windows[fact.window] = WindowDay(first=first, last=fact.at, calls=calls + 1)
        if fact.ticket in self._waits or fact.ticket not in self._arrived:
            return
        waited = max(0, round((fact.at - self._arrived[fact.ticket]) / timedelta(seconds=1)))
        kept = waited <= limit(self._policy, fact.service).breach_min * 60
        self._waits[fact.ticket] = _Wait(fact.n, fact.window, waited, kept)
        self._kept += kept
        insort(self._sorted, waited)

    def _taken_back(self, fact: facts.ActUndone) -> None:
        wait = self._waits.get(fact.ticket)
        if wait is None or wait.n != fact.undone:
            return
        del self._waits[fact.ticket]
        del self._sorted[bisect_left(self._sorted, wait.seconds)]
        self._kept -= wait.kept

    def figures(self) -> DayFigures:
        """The day so far."""
        waits = self._sorted
        four, three, two, one = self._grades
        return DayFigures(
            waited=len(waits),
            kept=self._kept,
            limit_min=self._policy.wait.breach_min,
            median_min=-(-waits[len(waits) // 2] // 60) if waits else None,
            longest_min=-(-waits[-1] // 60) if waits else None,
            grades=(four, three, two, one),
            extended=self._extended,
            windows=dict(self._windows),
        )
