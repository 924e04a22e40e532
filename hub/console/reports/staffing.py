"""How many windows would have kept the promise: Erlang C, half hour by half hour.

Rules:

* For each half hour of the day: so many people came (on the usual day the median of the days, on a busy day what nine of ten days did not
  exceed), and windows were taken by one of them for so long on average, from each call until the window was free, all steps together.
* Needed are the fewest windows with which nine of ten people would wait no longer than the promise: M/M/c, the smallest `c` with
  P(wait > promise) ≤ 0.1. It is told twice: as if every window served everything (at least so many), and as if every window served one service
  alone (at most so many). A real hall with shared windows lies between the two.
* What the method does not see: people left over from the half hour before, lanes and appointments, handling times that are anything but
  exponential. It is a figure to plan with, not a promise.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec

#: length of a slot
SLOT_MIN = 30
#: so many may wait longer
MAY_WAIT = 0.1
#: nobody has more windows
MOST = 500


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """One half hour of the day."""

    #: minutes after midnight
    begins_min: int
    #: people a day in this half hour, usual and busy
    usual: int
    busy: int
    #: a window was taken so long by one person, on average
    turn_s: int
    #: windows that had a clerk, on average, pauses taken out
    open_windows: float
    #: fewest windows for the usual and the busy day, if each served everything; and if each served one service alone
    needed: int
    needed_busy: int
    apart: int
    apart_busy: int


def waits_longer(arrivals_h: float, turn_s: float, windows: int, promise_s: float) -> float:
    """The share of people who wait longer than the promise (Erlang C)."""
    load = arrivals_h * turn_s / 3600
    if load <= 0:
        return 0.0
    if windows <= load:
        return 1.0
    # Erlang B by its recursion, which no factorial can overflow
    blocked = 1.0
    for n in range(1, windows + 1):
        blocked = load * blocked / (n + load * blocked)
    waits = blocked / (1 - load / windows * (1 - blocked))
    return waits * math.exp(-(windows - load) * promise_s / turn_s)


def needed(arrivals_h: float, turn_s: float, promise_s: float) -> int:
    """The fewest windows that keep the promise for nine of ten."""
    if arrivals_h <= 0 or turn_s <= 0:
        return 0
    return next(
        (c for c in range(1, MOST) if waits_longer(arrivals_h, turn_s, c, promise_s) <= MAY_WAIT), MOST
    )


class Staffing:
    """Collects what the estimate needs, a day at a time."""

    def __init__(self) -> None:
        """No day yet."""
        #: people by day, of each slot and service
        self._came: defaultdict[tuple[int, str], Counter[int]] = defaultdict(Counter)
        self._turns: defaultdict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
        self._staffed_s: Counter[int] = Counter()
        self._days = 0

    def add_day(
        self,
        came: Iterable[tuple[int, str]],
        turns: Iterable[tuple[int, str, int]],
        staffed: Iterable[tuple[datetime, datetime]],
    ) -> None:
        """A day on which anybody came: arrivals (minute, service), turns (minute, service, seconds), and when windows had a clerk."""
        self._days += 1
        for minute, service in came:
            self._came[_slot(minute), service][self._days] += 1
        for minute, service, took_s in turns:
            seen = self._turns[_slot(minute), service]
            seen[0] += 1
            seen[1] += took_s
        for begin, end in staffed:
            _spread(self._staffed_s, begin, end)

    def needs(self, promise_s: int) -> tuple[Need, ...]:
        """Every half hour in which anybody came on the usual or on a busy day."""
        services: defaultdict[int, list[str]] = defaultdict(list)
        for slot, service in self._came:
            services[slot].append(service)
        found = (self._need(slot, services[slot], promise_s) for slot in sorted(services))
        return tuple(need for need in found if need.busy)

    def _need(self, slot: int, services: list[str], promise_s: int) -> Need:
        turns = [self._turns[slot, service] for service in services]
        count, sum_s = sum(n for n, _ in turns), sum(s for _, s in turns)
        turn_s = sum_s / count if count else 0.0
        each = {service: self._came[slot, service] for service in services}
        everybody = sum(each.values(), Counter[int]())
        usual, busy = self._at(everybody, 0.5), self._at(everybody, 0.9)
        hourly = 60 / SLOT_MIN

        def apart(share: float) -> int:
            return sum(
                needed(self._at(days, share) * hourly, self._turn_s(slot, service, turn_s), promise_s)
                for service, days in each.items()
            )

        return Need(
            begins_min=slot * SLOT_MIN,
            usual=usual,
            busy=busy,
            turn_s=round(turn_s),
            open_windows=round(self._staffed_s[slot] / (SLOT_MIN * 60) / max(1, self._days), 1),
            needed=needed(usual * hourly, turn_s, promise_s),
            needed_busy=needed(busy * hourly, turn_s, promise_s),
            apart=apart(0.5),
            apart_busy=apart(0.9),
        )

    def _turn_s(self, slot: int, service: str, usual_s: float) -> float:
        count, sum_s = self._turns[slot, service]
        return sum_s / count if count else usual_s

    def _at(self, people: Counter[int], share: float) -> int:
        """What so many of the days did not exceed; nobody came on the days that are not named."""
        place = max(0, math.ceil(self._days * share) - 1) - (self._days - len(people))
        return sorted(people.values())[place] if place >= 0 else 0


def _slot(minute: int) -> int:
    return minute // SLOT_MIN


def _spread(into: Counter[int], begin: datetime, end: datetime) -> None:
    """So many seconds in each slot of the day on which it began; what goes past midnight is not the day's."""
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    first_s, last_s = (begin - midnight).total_seconds(), (end - midnight).total_seconds()
    last_s = min(last_s, 86400.0)
    slot = int(first_s // (SLOT_MIN * 60))
    while first_s < last_s:
        until_s = min(last_s, (slot + 1) * SLOT_MIN * 60)
        into[slot] += round(until_s - first_s)
        first_s, slot = until_s, slot + 1
