"""Who is called next at a window. One function; every policy is a branch of it.

Rules, the first that finds somebody wins:

1. People sent to this very window, but at most :data:`OWN_CAP` of them in a row while somebody else could be called.
2. Whoever has waited ``starvation_min``, whatever the lane; the longest wait first.
3. Appointments that are due, by their time.
4. The walk-in lanes, by the policy's order:

   * *strict*: the heaviest rank, by arrival;
   * *weighted*: the heaviest lane that has not yet had as many calls as it weighs (ties as listed); when all have, the counts begin
     anew. A lane that weighs nothing is called only when no other has anybody;
   * *weight-wait*: the most of (weight + 1) × seconds waited; ties by arrival.

   At a heart window the ``heart_lanes`` come before all other lanes. After ``streak_cap`` calls of a rank in a row, made while
   somebody of a lower rank waited, the best of the lower ranks is called.
5. Appointments that are not due yet.
6. The services the window only helps with, by rules 2 to 5 among them.

Within a lane the order of arrival decides across the window's services, each place further down the window's order counting as if
the person had come ``head_start_min`` later (not in rule 2). A ticket whose call nobody answered is passed over for
``offer_again_after_s``. A ticket called by name is outside of all this.

The bounds. Let x wait in a lane of weight w of a service that a pool serves (:class:`hub.domain.tally.Pool`). Until x is called, the
pool's calls from its lines that take x's own lane (strict: x's rank) take only people who stand before x as the pool's windows see
it; no later arrival changes that number E, because a head start is finite and the same for all of a service. Calls of due appointments
(D of them, as many as were booked) and of people who had waited too long come on top, and each window of the pool calls at most OWN_CAP
people of its own line before each call from the lines. Then x is called at the latest with this call of the pool that is neither:

* *strict*, ``streak_cap`` c, r ranks above x's: number (E + 1) · 2 · (c + 1)^r (without the 2 in the lowest rank). By induction: between
  two calls from the ranks at or below the k-th there are at most c of the k-th rank's in a row, since the streak only ends by such a
  call; the 2 is a lower rank's turn before each call of x's.
* *weighted*, no cap, w > 0, all weights together W: number (⌈(E + 1) / w⌉ + 1) · W. Between two resets no lane has more calls than it
  weighs, so they are at most W calls apart, and none happens while x's lane has somebody and had fewer than w calls.
* *weight-wait*, and any order with ``starvation_min`` s: once x has waited s, only those are called before who stand before x's key in
  any lane of the pool, and nobody who comes later does. Without ``starvation_min``, a cap bounds every order alone: each c + 1 calls
  of a rank above x's hold one for the ranks below, so that the first bound holds with E counting x's rank and those below it.

:func:`hall.policy.problems` refuses a policy that none of these bounds covers. At a heart window the heart lanes count as ranks above.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from hall.policy import Order
from hub.domain.lines import Line
from hub.domain.moments import Micros
from hub.domain.rule import Rule
from hub.domain.tally import Pool, Tally
from hub.domain.ticket import LineKey, Ticket

#: So many of a window's own line in a row while others wait.
OWN_CAP: Final = 2


class Waiting(Protocol):
    """What a choice needs to see of the hall."""

    @property
    def rule(self) -> Rule:
        """The order in force."""

    def line(self, service: str, lane: str) -> Line:
        """One lane of a service."""

    def tally(self, pool: Pool) -> Tally:
        """What a pool remembers of its last calls."""


class Head(NamedTuple):
    """The first of one lane of one service."""

    lane: str
    #: as the window sees it
    key: LineKey
    ticket: Ticket


def next_ticket(
    w: Waiting, pool: Pool, helps: Pool, *, own: Line, own_streak: int, now: Micros
) -> Ticket | None:
    """The ticket to call at a window with the line `own`, which serves `pool` and helps with `helps`; None: nobody."""
    chosen = _from_lines(w, pool, now)
    mine = own.first(lambda ticket: w.rule.may_be_offered(ticket, now))
    if mine is not None and (chosen is None or own_streak < OWN_CAP):
        return mine
    return chosen or _from_lines(w, helps, now)


def could_be_called(w: Waiting, pool: Pool, now: Micros) -> frozenset[str]:
    """The lanes of the pool in which somebody waits who may be offered."""
    return frozenset(head.lane for head in _heads(w, pool, now))


def _heads(w: Waiting, pool: Pool, now: Micros) -> Iterator[Head]:
    rule = w.rule
    for place, service in enumerate(pool.services):
        for lane in rule.lanes:
            ticket = w.line(service, lane).first(lambda ticket: rule.may_be_offered(ticket, now))
            if ticket is not None:
                yield Head(lane, rule.seen_from(ticket.key, place), ticket)


def _from_lines(w: Waiting, pool: Pool, now: Micros) -> Ticket | None:
    rule = w.rule
    apart: list[Head] = []
    best: dict[str, Head] = {}
    starved_below, due_below = rule.starved_below(now), rule.due_below(now)
    starved: Ticket | None = None
    for head in _heads(w, pool, now):
        key = head.ticket.key
        if key < starved_below and (starved is None or key < starved.key):
            starved = head.ticket
        if rule.is_apart(head.lane):
            apart.append(head)
        elif head.lane not in best or head.key < best[head.lane].key:
            best[head.lane] = head
    if starved is not None:
        return starved
    appointment = min(apart, key=_key, default=None)
    due = min((head for head in apart if head.ticket.key < due_below), key=_key, default=None)
    if due is not None:
        return due.ticket
    if best:
        prefer = preference(rule, {lane: head.key for lane, head in best.items()}, w.tally(pool), now)
        return best[pick(rule, pool, w.tally(pool), tuple(best), prefer)].ticket
    return None if appointment is None else appointment.ticket


def _key(head: Head) -> LineKey:
    return head.key


#: Which of these lanes comes first by the order alone.
Prefer = Callable[[Sequence[str]], str]


def pick(rule: Rule, pool: Pool, tally: Tally, waiting: Sequence[str], prefer: Prefer) -> str:
    """Of which of the lanes `waiting` somebody is called: the order's choice within heart lanes and streak caps."""
    while True:
        lane = prefer(hearts_first(rule, pool, waiting))
        rank = rule.rank(lane, heart=pool.heart)
        if rule.cap is None or tally.streaks.get(rank, 0) < rule.cap:
            return lane
        lower = [other for other in waiting if rule.rank(other, heart=pool.heart) < rank]
        if not lower:
            return lane
        waiting = lower


def hearts_first(rule: Rule, pool: Pool, lanes: Sequence[str]) -> Sequence[str]:
    """The heart lanes among these, if the window is a heart window and there are any."""
    hearts = [lane for lane in lanes if lane in rule.policy.heart_lanes] if pool.heart else []
    return hearts or lanes


def preference(rule: Rule, heads: Mapping[str, LineKey], tally: Tally, now: Micros) -> Prefer:
    """The order's own choice among lanes with these heads, as a window sees them."""
    match rule.policy.order:
        case Order.STRICT:
            return lambda lanes: min(lanes, key=lambda lane: (-rule.weight(lane), heads[lane]))
        case Order.WEIGHTED:
            return lambda lanes: turn(rule, heads, tally.counts, lanes)
        case Order.WEIGHT_WAIT:
            return lambda lanes: min(
                lanes, key=lambda lane: (-rule.score(lane, heads[lane], now), heads[lane])
            )


def turn(rule: Rule, heads: Mapping[str, LineKey], counts: Mapping[str, int], lanes: Collection[str]) -> str:
    """Whose turn it is among `lanes`."""
    weighted = [lane for lane in rule.weighted if lane in lanes]
    for lane in weighted:
        if counts.get(lane, 0) < rule.weight(lane):
            return lane
    return weighted[0] if weighted else min(lanes, key=lambda lane: heads[lane])
