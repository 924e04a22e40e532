"""What windows with the same services in the same order (a *pool*) remember of their last calls.

Rules:

* Only calls of walk-in lanes by the order count; not a call by name, a due appointment, somebody who had waited too long, or one
  of a window's own line.
* *Streaks*, where the policy caps them: calls in a row per rank, made while somebody of a lower rank waited. A call of a
  rank ends the streaks of the ranks above it.
* *Counts*, where the order is weighted: calls per lane since they were last set to nothing, which happens when every lane in which
  somebody waits has had its turns (the fallback), or when only lanes without a weight are left.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import msgspec

from hall.policy import Order
from hub.domain.rule import Rule


class Pool(NamedTuple):
    """The services of a window in its order, and whether it is a heart window."""

    services: tuple[str, ...]
    heart: bool = False


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """One pool's memory."""

    #: calls in a row, by rank
    streaks: dict[int, int] = {}
    #: calls since the last reset, by lane
    counts: dict[str, int] = {}


NOTHING = Tally()


def after_call(rule: Rule, pool: Pool, tally: Tally, lane: str, waiting: Collection[str]) -> Tally:
    """The tally after a call of `lane`, when people of the lanes `waiting` could be called next."""
    return Tally(
        streaks={} if rule.cap is None else _streaks(rule, pool, tally, lane, waiting),
        counts=_counts(rule, tally, lane, waiting) if rule.policy.order is Order.WEIGHTED else {},
    )


def _streaks(rule: Rule, pool: Pool, tally: Tally, lane: str, waiting: Collection[str]) -> dict[int, int]:
    rank = rule.rank(lane, heart=pool.heart)
    kept = {other: count for other, count in tally.streaks.items() if other < rank}
    if any(rule.rank(other, heart=pool.heart) < rank for other in waiting):
        kept[rank] = tally.streaks.get(rank, 0) + 1
    return kept


def _counts(rule: Rule, tally: Tally, lane: str, waiting: Collection[str]) -> dict[str, int]:
    weight, count = rule.weight(lane), tally.counts.get(lane, 0)
    if weight == 0:
        return tally.counts if any(rule.weight(other) > 0 for other in waiting) else {}
    return {**tally.counts, lane: count + 1} if count < weight else {lane: 1}
