"""How long it takes: handling times lately, and from them an honest range for a wait.

Rules:

* A service remembers its last :data:`KEPT` handling times; they cross the night. Fewer than :data:`THIN` are too thin to say
  anything.
* The range goes from the lower quartile for those ahead beyond the windows that are free, to the upper quartile with the
  person's own turn of the window counted; a begun minute at least. Windows count by the share of their services that has
  people waiting. With no window open there is no range.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hub.domain.state import State

KEPT = 24
THIN = 5


class Range(NamedTuple):
    """A wait in seconds; both null when nothing honest can be said."""

    min_s: int | None
    max_s: int | None


UNKNOWN = Range(None, None)


class Estimate(NamedTuple):
    """What somebody is told who would take a ticket now; the range is null when nothing honest can be said."""

    wait_min_s: int | None
    wait_max_s: int | None
    ahead: int


def estimate(s: State, service: str, lane: str, at: datetime) -> Estimate:
    """The wait of somebody who would take a ticket in this lane now."""
    ahead = s.ahead_of_newcomer(service, lane, at)
    return Estimate(*s.wait(service, ahead), ahead)


class Handlings:
    """The last handling times of one service, in seconds."""

    __slots__ = ("_sorted", "recent")

    def __init__(self, recent: Iterable[int] = ()) -> None:
        #: oldest first
        self.recent: list[int] = list(recent)[-KEPT:]
        self._sorted = sorted(self.recent)

    def add(self, seconds: int) -> None:
        """One more was handled."""
        self.recent.append(seconds)
        insort(self._sorted, seconds)
        if len(self.recent) > KEPT:
            self._sorted.remove(self.recent.pop(0))

    @property
    def median_s(self) -> int | None:
        """The middle one; None while there are too few."""
        return self._at(2)

    def _at(self, quarter: int) -> int | None:
        known = len(self._sorted)
        return None if known < THIN else self._sorted[known * quarter // 4]

    def range(self, ahead: int, *, free: int, windows: float) -> Range:
        """The wait of somebody with so many `ahead`, while `free` windows stand idle and so many `windows` work for this service."""
        low, high = self._at(1), self._at(3)
        if low is None or high is None or windows <= 0:
            return UNKNOWN
        turns = ahead + 1 - free
        return Range(int(max(0, turns - 1) * low / windows), max(60, int(max(0, turns) * high / windows)))
