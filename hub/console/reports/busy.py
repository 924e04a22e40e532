"""When the hall is busy: past days of visits become a week of hours.

Rules:

* A visit counts in the weekday and hour of its arrival, in the hall's zone; days without a visit (closed, a holiday) do not count at all.
* An hour is told when its weekday was measured on at least :data:`LEAST_DAYS` days and at least :data:`LEAST_WAITS` people of it were called:
  how many came a day, and how long nine of ten waited at most. Less than that is no measure, and nothing is said.
* A time is called the best only among at least :data:`LEAST_CHOICES` told hours still to come today, and only where its wait is at least
  :data:`WORTH_MIN` minutes shorter than the longest of them: else any time is as good.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, tzinfo
from typing import Final

import msgspec

from hall.messages.common import Day
from hub.console.reports.rows import Visit
from hub.console.reports.spread import Spread

LEAST_DAYS: Final = 3
LEAST_WAITS: Final = 5
LEAST_CHOICES: Final = 2
WORTH_MIN: Final = 5


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """One hour of one weekday, as it was measured."""

    weekday: int
    hour: int
    #: people who came, a day
    came: int
    #: nine of ten waited at most so long, full minutes
    wait_min: int


class Busy(msgspec.Struct, frozen=True, kw_only=True):
    """A week as it usually is."""

    #: of each weekday, how many days were measured
    days: dict[int, int] = {}
    first: Day | None = None
    last: Day | None = None
    hours: tuple[Hour, ...] = ()

    def best(self, at: datetime, opens: datetime, closes: datetime) -> Hour | None:
        """The hour of today after `at` in which people wait least; None where nothing true can be said."""
        begins = max(at, opens)
        left = [
            hour
            for hour in self.hours
            if hour.weekday == at.weekday()
            and hour.hour >= begins.hour + (begins.minute > 0)
            and hour.hour < closes.hour
        ]
        if at >= closes or len(left) < LEAST_CHOICES:
            return None
        best = min(left, key=lambda hour: (hour.wait_min, hour.came, hour.hour))
        longest = max(hour.wait_min for hour in left)
        return best if longest - best.wait_min >= WORTH_MIN else None


class Week:
    """Takes days in any order."""

    def __init__(self, zone: tzinfo) -> None:
        """Hours are those of `zone`."""
        self._zone = zone
        self._days: list[Day] = []
        self._came: Counter[tuple[int, int]] = Counter()
        self._waits: defaultdict[tuple[int, int], Spread] = defaultdict(Spread)

    def add(self, day: Day, visits: tuple[Visit, ...]) -> None:
        """One more day."""
        if not visits:
            return
        self._days.append(day)
        weekday = date.fromisoformat(day).weekday()
        for visit in visits:
            place = weekday, visit.arrived.astimezone(self._zone).hour
            self._came[place] += 1
            if visit.waited_s is not None:
                self._waits[place].add(visit.waited_s)

    def busy(self) -> Busy:
        """What can be told of them."""
        days = Counter(date.fromisoformat(day).weekday() for day in self._days)
        hours = []
        for (weekday, hour), came in sorted(self._came.items()):
            waits = self._waits[weekday, hour].lengths()
            if days[weekday] < LEAST_DAYS or waits.count < LEAST_WAITS or waits.p90_s is None:
                continue
            a_day = max(1, round(came / days[weekday]))
            hours.append(Hour(weekday=weekday, hour=hour, came=a_day, wait_min=-(-waits.p90_s // 60)))
        return Busy(
            days=dict(sorted(days.items())),
            first=min(self._days, default=None),
            last=max(self._days, default=None),
            hours=tuple(hours),
        )
