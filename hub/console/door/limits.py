"""How often somebody may knock: a bucket for each address, page or token, filled again at its own pace.

Rules:

* Whoever knocks takes one drop; an empty bucket says in how many seconds there is one again. Waiting is never punished.
* At most :data:`MOST` buckets are kept; the one longest unused gives way (and is full when it comes again).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import ceil

import msgspec

MOST = 20_000


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """So many at once, and so many a second in the long run."""

    burst: int
    per_s: float


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What a knock was answered."""

    #: None: let in; else the seconds after which it is worth trying
    wait_s: int | None
    left: int
    #: seconds until the bucket is full
    full_s: int


class Limits:
    """Buckets of one kind. One thread at a time."""

    def __init__(self, rate: Rate, *, now: Callable[[], float]) -> None:
        """`now` counts seconds and never goes back."""
        self._rate, self._now = rate, now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def knock(self, whose: str) -> Room:
        """One drop of `whose` bucket, if there is one."""
        now, rate = self._now(), self._rate
        drops, since = self._buckets.pop(whose, (float(rate.burst), now))
        drops = min(float(rate.burst), drops + (now - since) * rate.per_s)
        wait_s = None if drops >= 1 else max(1, ceil((1 - drops) / rate.per_s))
        if wait_s is None:
            drops -= 1
        self._buckets[whose] = (drops, now)
        if len(self._buckets) > MOST:
            self._buckets.popitem(last=False)
        return Room(wait_s=wait_s, left=int(drops), full_s=ceil((rate.burst - drops) / rate.per_s))
