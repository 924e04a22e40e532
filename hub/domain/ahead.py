"""How many people are called before somebody, as things stand.

Rules:

* It is exact for a window that serves the service alone (a heart window if all windows of the service are), while the clock
  stands still and nobody else comes: :mod:`hub.domain.choice` would call just so many before. People of other services,
  and those a call of whom nobody answered just now, are not counted.
* Nobody is counted one by one: a place is a binary search in each lane, turns and caps are arithmetic. Two exceptions: caps
  under *weighted* run through one period of the turns, and caps under *weight-wait* walk the line, because there every call may
  depend on the one before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from hall.policy import Order
from hub.domain.choice import Waiting, pick, preference
from hub.domain.moments import SECOND, Micros
from hub.domain.rule import ALWAYS, NEVER, Rule
from hub.domain.tally import Pool, Tally, after_call
from hub.domain.ticket import LineKey, Ticket

_FIRST = NEVER[1]
#: How somebody is preferred under weight × wait: smaller is earlier.
_Standing = tuple[bool, int, LineKey]
#: After everybody.
_NOBODY: Final[_Standing] = (True, 1, ALWAYS)


class Walkers(NamedTuple):
    """The walk-in lanes of one service, without those who had waited too long."""

    rule: Rule
    pool: Pool
    tally: Tally
    now: Micros
    #: people of a lane who stand before a key
    before: Callable[[str, LineKey], int]
    #: how many, by lane
    many: Mapping[str, int]
    #: all of a lane
    keys: Callable[[str], list[LineKey]]


def ahead(w: Waiting, pool: Pool, lane: str, key: LineKey, now: Micros) -> int:
    """How many of the pool's one service are called before whoever stands at `key` in `lane`."""
    rule, (service,) = w.rule, pool.services
    lines = {name: w.line(service, name) for name in rule.lanes}

    def offered(ticket: Ticket) -> bool:
        return rule.may_be_offered(ticket, now)

    starved_below = rule.starved_below(now)
    starved = {name: line.offered_before(starved_below, offered) for name, line in lines.items()}
    if key < starved_below:
        return sum(line.offered_before(key, offered) for line in lines.values())

    def before(name: str, below: LineKey) -> int:
        return max(0, lines[name].offered_before(below, offered) - starved[name])

    def keys(name: str) -> list[LineKey]:
        return lines[name].offered(offered)[starved[name] :]

    many = {name: before(name, ALWAYS) for name in rule.walk}
    walkers = Walkers(rule, pool, w.tally(pool), now, before, many, keys)
    gone = sum(starved.values())
    apart = next((name for name in lines if rule.is_apart(name)), None)
    due = 0 if apart is None else before(apart, rule.due_below(now))
    if lane != apart:
        return gone + due + among_walkers(walkers, lane, key)
    if key < rule.due_below(now):
        return gone + before(lane, key)
    return gone + sum(walkers.many.values()) + before(lane, key)


def among_walkers(w: Walkers, lane: str, key: LineKey) -> int:
    """How many walk-ins are called before whoever stands at `key` in `lane`."""
    plain = w.rule.cap is None and not w.pool.heart
    match w.rule.policy.order:
        case Order.STRICT:
            return _strict(w, lane, key)
        case Order.WEIGHTED:
            return _turns(w, lane, key) if plain else _periods(w, lane, key)
        case Order.WEIGHT_WAIT:
            return _scores(w, lane, key) if w.rule.cap is None else _walk(w, lane, key)


def _strict(w: Walkers, lane: str, key: LineKey) -> int:
    rank = {name: w.rule.rank(name, heart=w.pool.heart) for name in w.many}
    mine = rank[lane]
    place = sum(w.before(name, key) for name, its in rank.items() if its == mine)
    lower = sum(n for name, n in w.many.items() if rank[name] < mine)
    above = sorted({its for its in rank.values() if its > mine})
    cap, streaks = w.rule.cap, w.tally.streaks
    if cap is None:
        return place + sum(n for name, n in w.many.items() if rank[name] > mine)
    before = place + min(lower, (min(streaks.get(mine, 0), cap) + place) // cap)
    for its in above:
        there = sum(n for name, n in w.many.items() if rank[name] == its)
        before += min(there, cap - min(streaks.get(its, 0), cap) + cap * before)
    return before


def _turns(w: Walkers, lane: str, key: LineKey) -> int:
    """Weighted, without caps: whole rounds are arithmetic."""
    rule, counts = w.rule, w.tally.counts
    weight = rule.weight(lane)
    if weight == 0:
        return sum(n if rule.weight(name) else w.before(name, key) for name, n in w.many.items())
    left = {name: max(0, rule.weight(name) - counts.get(name, 0)) for name in rule.weighted}
    place = w.before(lane, key)
    # Round 0 is what is left of the present one.
    round_ = 0 if place < left[lane] else 1 + (place - left[lane]) // weight
    before, passed = place, False
    for name in rule.weighted:
        if name == lane:
            passed = True
            continue
        rounds = round_ - passed
        before += min(w.many[name], left[name] + rounds * rule.weight(name)) if rounds >= 0 else 0
    return before


def _scores(w: Walkers, lane: str, key: LineKey) -> int:
    """Weight × wait, without caps: in each lane those with more stand before a moment."""
    rule, now_s = w.rule, w.now // SECOND
    score = rule.score(lane, key, w.now)
    hearts = rule.policy.heart_lanes if w.pool.heart else ()
    before = 0
    for name, many in w.many.items():
        if (name in hearts) != (lane in hearts):
            before += many if name in hearts else 0
            continue
        waited, rest = divmod(score, rule.weight(name) + 1)
        more = w.before(name, ((now_s - waited) * SECOND, _FIRST))
        same = ((now_s - waited + 1) * SECOND, _FIRST) if waited else ALWAYS
        before += max(more, w.before(name, min(key, same))) if rest == 0 else more
    return before


def _periods(w: Walkers, lane: str, key: LineKey) -> int:
    """Weighted, with caps or heart lanes: turns repeat, and whole periods are skipped while no lane runs empty in them."""
    rule, pool, tally = w.rule, w.pool, w.tally
    lines = {name: _line_of(rule, pool, name) for name in w.many}
    mine = lines[lane]
    place = sum(w.before(name, key) for name, line in lines.items() if line == mine)
    left = dict.fromkeys(lines.values(), 0)
    for name, n in w.many.items():
        left[lines[name]] += n
    left[mine] = max(left[mine], place + 1)
    heads = dict.fromkeys(left, NEVER)
    seen: dict[tuple[frozenset[tuple[int, int]], frozenset[tuple[str, int]]], tuple[int, dict[str, int]]] = {}
    before = 0
    while True:
        state = (frozenset(tally.streaks.items()), frozenset(tally.counts.items()))
        if state in seen:
            calls, then = before - seen[state][0], seen[state][1]
            used = {name: then[name] - n for name, n in left.items() if then[name] != n}
            skip = min((place if name == mine else left[name] - 1) // n for name, n in used.items())
            before += skip * calls
            place -= skip * used.get(mine, 0)
            left = {name: n - skip * used.get(name, 0) for name, n in left.items()}
            seen.clear()
        else:
            seen[state] = before, dict(left)
        waiting = tuple(name for name, n in left.items() if n)
        called = pick(rule, pool, tally, waiting, preference(rule, heads, tally, w.now))
        if called == mine and place == 0:
            return before
        left[called] -= 1
        place -= called == mine
        before += 1
        if left[called] == 0:
            seen.clear()
        tally = after_call(rule, pool, tally, called, [name for name, n in left.items() if n])


def _line_of(rule: Rule, pool: Pool, lane: str) -> str:
    """The lane that stands for all whose people are called as one line: those without a weight, of one rank."""
    if rule.weight(lane):
        return lane
    rank = rule.rank(lane, heart=pool.heart)
    return next(
        other for other in rule.walk if not rule.weight(other) and rule.rank(other, heart=pool.heart) == rank
    )


def _walk(w: Walkers, lane: str, key: LineKey) -> int:
    """Weight × wait with caps: call after call, in one loop that knows nothing else."""
    ranks, mine = _by_rank(w, lane, key)
    me = _standing(w, lane)(key)
    cap, last = w.rule.cap or 0, len(ranks) - 1
    streaks = [w.tally.streaks.get(rank, 0) for rank in ranks]
    lines = [iter(people) for people in ranks.values()]
    heads = [next(line) for line in lines]
    before = 0
    while True:
        # The best of all heads; where its rank has had its calls in a row, the best of the ranks below it.
        best = heads.index(min(heads))
        while streaks[best] >= cap and best < last:
            below = min(heads[best + 1 :])
            if below is _NOBODY:
                break
            best = heads.index(below, best + 1)
        if best == mine and heads[best] == me:
            return before
        before += 1
        heads[best] = next(lines[best])
        streaks[:best] = [0] * best
        lower = best < last and min(heads[best + 1 :]) is not _NOBODY
        streaks[best] = streaks[best] + 1 if lower else 0


def _by_rank(w: Walkers, lane: str, key: LineKey) -> tuple[dict[int, list[_Standing]], int]:
    """Everybody by rank, the heaviest first, as they are preferred; and which rank somebody is in, who may be new."""
    rank = {name: w.rule.rank(name, heart=w.pool.heart) for name in w.many}
    ranks: dict[int, list[_Standing]] = {its: [] for its in sorted(set(rank.values()), reverse=True)}
    for name, its in rank.items():
        keys = w.keys(name)
        if name == lane and keys[w.before(name, key) :][:1] != [key]:
            keys.insert(w.before(name, key), key)
        ranks[its] += map(_standing(w, name), keys)
    for people in ranks.values():
        people.sort()
        people.append(_NOBODY)
    return ranks, list(ranks).index(rank[lane])


def _standing(w: Walkers, lane: str) -> Callable[[LineKey], _Standing]:
    """How somebody of a lane is preferred."""
    heart = w.pool.heart and lane in w.rule.policy.heart_lanes
    weight, now_s = w.rule.weight(lane) + 1, w.now // SECOND

    def standing(key: LineKey) -> _Standing:
        return not heart, min(0, key[0] // SECOND - now_s) * weight, key

    return standing
