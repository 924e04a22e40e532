"""Who is called next at a window. One function, so that another policy can take its place.

Rules:

* People sent to this very window come first, but at most :data:`OWN_CAP` of them in a row while somebody waits in the lines of
  the window's services.
* Then the lane decides, across all services of the window: the highest rank in which somebody waits. After ``streak_cap`` calls
  of a rank in a row, made while somebody of a lower rank waited, one person of a lower rank is taken. Windows with the same
  services in the same order (a *pool*) share the count.
* Within a rank the order of arrival decides, weighted by the window's order of services: each place further down that order
  counts as if the person had come :data:`HEAD_START_US` later. So the window's first service goes first among people who came
  at about the same time, and nobody is passed by those who came much later.
* A ticket called by name is outside all of this.

The bound. Let x wait in rank t of a service that a pool serves, and let `caps` be the caps of the ranks above t. Until x is
called, the pool's calls from these lines that take rank t take only people who stand before x in weighted order; call their
number E. Then x is called at the latest with the pool's call number

    (E + 1) · 2 · Π (cap + 1 for cap in caps)

from these lines (the 2 is a lower rank's turn before each call of rank t; without it in the lowest rank), and each window of the
pool calls at most OWN_CAP people of its own line before each of them. No number of later arrivals changes that: nobody starves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from hub.domain.lines import Line
from hub.domain.moments import SECOND, Micros
from hub.domain.ticket import LineKey, Ticket

#: A later service of the window's order counts as if its people had come so much later, per place.
HEAD_START_US: Final[Micros] = 300 * SECOND
#: So many of a window's own line in a row while others wait.
OWN_CAP: Final = 2

#: The services of a window, in its order.
Pool = tuple[str, ...]
#: Calls in a row per rank, made while a lower rank waited.
Streak = Mapping[int, int]


class Waiting(Protocol):
    """What a choice needs to see of the hall."""

    @property
    def caps(self) -> Mapping[int, int]:
        """Streak cap by rank, highest rank first."""

    def line(self, service: str, rank: int) -> Line:
        """The line of one rank of a service."""


def next_ticket(waiting: Waiting, *, pool: Pool, streak: Streak, own: Line, own_streak: int) -> Ticket | None:
    """The ticket to call at a window that serves `pool` and has the line `own`; None when nobody waits for it."""
    chosen = _from_services(waiting, pool, streak)
    if own.head is not None and (chosen is None or own_streak < OWN_CAP):
        return own.head
    return chosen


def _from_services(waiting: Waiting, pool: Pool, streak: Streak) -> Ticket | None:
    chosen: Ticket | None = None
    for rank, cap in waiting.caps.items():
        head = _first(waiting, pool, rank)
        if head is not None:
            chosen = head
            if streak.get(rank, 0) < cap:
                break
    return chosen


def _first(waiting: Waiting, pool: Pool, rank: int) -> Ticket | None:
    """Whoever stands first in weighted order in this rank of the pool's services."""
    best: Ticket | None = None
    best_key: LineKey = (0, 0)
    for place, service in enumerate(pool):
        head = waiting.line(service, rank).head
        if head is not None:
            key = weighted(head.key, place)
            if best is None or key < best_key:
                best, best_key = head, key
    return best


def weighted(key: LineKey, place: int) -> LineKey:
    """A place in line as a window sees it whose order names the service at `place` (0 first)."""
    return (key[0] + place * HEAD_START_US, key[1])


def after_call(waiting: Waiting, pool: Pool, streak: Streak, rank: int) -> dict[int, int]:
    """The pool's streak after somebody of `rank` was called from its services (and has left the line)."""
    lower = any(len(waiting.line(s, below)) for below in waiting.caps if below < rank for s in pool)
    kept = {other: count for other, count in streak.items() if other < rank}
    return {**kept, rank: streak.get(rank, 0) + 1} if lower else kept


def ahead(waiting: Waiting, service: str, rank: int, place: int, streak: Streak) -> int:
    """How many of this service's people are called before whoever stands at `place` (0 first) of the line of `rank`.

    Exact by the rules above for a window that serves this service alone, as things stand now and if nobody else comes.
    """
    caps = waiting.caps
    count = {r: len(waiting.line(service, r)) for r in caps}
    cap = caps[rank]
    lower = sum(n for r, n in count.items() if r < rank)
    before = place + min(lower, (min(streak.get(rank, 0), cap) + place) // cap)
    for above in sorted(r for r in caps if r > rank):
        cap = caps[above]
        before += min(count[above], cap - min(streak.get(above, 0), cap) + cap * before)
    return before
