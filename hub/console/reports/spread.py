"""Lengths of time, counted by the second: exact percentiles of any number of them in little room."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import accumulate, pairwise

import msgspec

from hall.clock import Seconds

#: From when, until when.
Span = tuple[datetime, datetime]


class Lengths(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took; a percentile is the smallest length that so many of a hundred did not exceed."""

    count: int = 0
    sum_s: int = 0
    p50_s: int | None = None
    p90_s: int | None = None
    longest_s: int | None = None
    #: how many were told a target, and how many of those kept it
    judged: int = 0
    kept: int = 0


class Spread:
    """Collects lengths."""

    __slots__ = ("_judged", "_kept", "_seen")

    def __init__(self) -> None:
        """None yet."""
        self._seen: Counter[int] = Counter()
        self._judged = self._kept = 0

    def add(self, seconds: int, target_s: int | None = None) -> None:
        """One more; with a target it is judged by it."""
        self._seen[seconds] += 1
        if target_s is not None:
            self._judged += 1
            self._kept += seconds <= target_s

    def take(self, other: Spread) -> None:
        """Whatever `other` has collected is collected here too."""
        self._seen.update(other._seen)
        self._judged += other._judged
        self._kept += other._kept

    def lengths(self) -> Lengths:
        """What was collected."""
        count = self._seen.total()
        if not count:
            return Lengths()
        sorted_ = sorted(self._seen.items())
        return Lengths(
            count=count,
            sum_s=sum(seconds * times for seconds, times in sorted_),
            p50_s=_percentile(sorted_, count, 50),
            p90_s=_percentile(sorted_, count, 90),
            longest_s=sorted_[-1][0],
            judged=self._judged,
            kept=self._kept,
        )


def _percentile(sorted_: list[tuple[int, int]], count: int, percent: int) -> int:
    upto = accumulate(times for _, times in sorted_)
    return next(seconds for (seconds, _), n in zip(sorted_, upto, strict=True) if n * 100 >= count * percent)


def union(spans: list[Span]) -> list[Span]:
    """The same time without overlaps, in order; what ends before it begins is nothing."""
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def length_s(spans: list[Span]) -> Seconds:
    """How long these are together, overlaps counted once."""
    return sum((end - begin).total_seconds() for begin, end in union(spans))


def outside(spans: list[Span], taken: list[Span]) -> list[Span]:
    """What of `spans` is not taken."""
    found: list[Span] = []
    busy = union(taken)
    for begin, end in union(spans):
        inside = [(max(b, begin), min(e, end)) for b, e in busy if b < end and e > begin]
        edges = [(begin, begin), *inside, (end, end)]
        found += [(a[1], b[0]) for a, b in pairwise(edges) if a[1] < b[0]]
    return found
