"""What the hall has learned of its own pace: how long turns at windows take, and how far off its forecasts were.

Rules:

* A *turn* is what one call costs a window: from when it was free (or from the call, if nobody waited before) until it is free again,
  with the way from the chair, an absent person's minutes and a parked ticket's; :data:`KEPT` of them are remembered per
  service, and per situation.
* A *track* is how forecasts of one service did lately: three numbers (low, middle, high) by which its expected wait is stretched into a
  range. After each call each of them moves a little: up when the wait was above what it had made of the forecast, down when it was
  below, in steps that balance where :data:`BELOW` of all waits are below. Whatever the distribution of waits, and however wrong
  the forecast's own spread, in the long run that many are.
* Both are values: nothing in them changes, so that a clerk's act can be taken back whole.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

import msgspec

KEPT: Final = 48
#: So many handling times of a service are remembered, for what is told at the start.
TIMES_KEPT: Final = 24
#: Fewer turns say nothing.
THIN: Final = 5
#: The shares of waits below the low, the middle and the high end.
BELOW: Final = (0.1, 0.5, 0.9)
#: How far a number moves at first, and at least.
FIRST_STEP, STEP = 0.3, 0.05
#: No end leaves this many spreads.
MOST: Final = 5.0


class Handlings:
    """The last handling times of one service, in seconds."""

    __slots__ = ("_sorted", "recent")

    def __init__(self, recent: Iterable[int] = ()) -> None:
        #: oldest first
        self.recent: list[int] = list(recent)[-TIMES_KEPT:]
        self._sorted = sorted(self.recent)

    def add(self, seconds: int) -> None:
        """One more was handled."""
        self.recent.append(seconds)
        insort(self._sorted, seconds)
        if len(self.recent) > TIMES_KEPT:
            self._sorted.remove(self.recent.pop(0))

    @property
    def median_s(self) -> int | None:
        """The middle one; None while there are too few."""
        return self._at(2)

    def _at(self, quarter: int) -> int | None:
        known = len(self._sorted)
        return None if known < THIN else self._sorted[known * quarter // 4]


class Turns(msgspec.Struct, frozen=True, kw_only=True):
    """The last turns of a service or a situation, in seconds."""

    #: oldest first
    recent: tuple[int, ...]
    ordered: tuple[int, ...]
    #: of the ordered ones: the sum of this one and all longer ones
    tails: tuple[int, ...]
    mean_s: float
    variance: float

    def remaining_s(self, elapsed_s: float) -> float:
        """How much longer a turn takes that has taken so long: the mean of those that were longer."""
        longer = bisect_right(self.ordered, elapsed_s)
        count = len(self.ordered) - longer
        if count < 2:
            return max(60.0, 0.3 * self.mean_s)
        return self.tails[longer] / count - elapsed_s


def turns(recent: Sequence[int]) -> Turns:
    """Of these, oldest first."""
    kept = tuple(recent[-KEPT:])
    ordered = tuple(sorted(kept))
    mean_s = sum(kept) / len(kept)
    return Turns(
        recent=kept,
        ordered=ordered,
        tails=tuple(accumulate(reversed(ordered)))[::-1],
        mean_s=mean_s,
        variance=sum((x - mean_s) ** 2 for x in kept) / len(kept),
    )


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """How forecasts did lately: by how many spreads low, middle and high end lie from the expected wait."""

    low: float = -1.0
    middle: float = 0.0
    high: float = 1.2
    seen: int = 0

    def after(self, *, below_low: bool, below_middle: bool, below_high: bool) -> Track:
        """Moved by one more wait."""
        step = max(STEP, FIRST_STEP / (1 + self.seen / 4))
        ends = (self.low, self.middle, self.high)
        below = (below_low, below_middle, below_high)
        low, middle, high = (
            min(MOST, max(-MOST, end + step * (share - was)))
            for end, share, was in zip(ends, BELOW, below, strict=True)
        )
        return Track(
            low=low, middle=max(low, middle), high=max(low, middle, high), seen=min(1000, self.seen + 1)
        )
