"""How the windows will work through the lines that stand now: what a forecast of a wait is made of.

Rules:

* Windows work at the pace of their last turns (:mod:`hub.domain.turns`). A busy one is free after what is left of its turn, given how long
  that takes already; a paused one from the time its clerk gave; one that eats from lunch on not until it is over. People sent to
  a window come first there.
* A window divides itself among its services as whoever came first would have it: shares are shifted to the service whose people wait longest,
  until all that share windows would be through together, as far as the windows allow.
* One picture serves as many services as are asked about; each line is counted, none is walked through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from hall.policy import Order
from hub.domain import calendar
from hub.domain.moments import SECOND, Micros, micros
from hub.domain.state import State, Window
from hub.domain.ticket import NORMAL, LineKey
from hub.domain.turns import THIN, Turns

#: No wait is looked for beyond this.
LONGEST_S: Final = 8 * 3600.0
#: A pause that ends later than this counts as none that ends.
_SOON_S: Final = 2 * 3600
#: A turn of a service of which nothing is known, beside those of which something is.
_USUAL_S: Final = 480.0
#: How often shares are balanced.
_ROUNDS: Final = 4
#: The services of a window.
Pool = tuple[str, ...]


class Server(msgspec.Struct):
    """A window as it will work: for what, free after so many seconds, away from and until."""

    services: Pool
    free_s: float
    gone_s: float = LONGEST_S
    back_s: float = LONGEST_S


#: How much of a window is a service's.
Shares = Sequence[tuple[Server, float]]


class Flow:
    """The windows at one moment, as somebody sees them who stands at `key` in a lane."""

    def __init__(self, s: State, lane: str, key: LineKey, at: datetime) -> None:
        """Nothing is counted yet."""
        self._s, self._lane, self._key, self._at = s, lane, key, at
        self._servers = _servers(s, at)
        self._means: dict[str, float] = {}
        self._together: dict[str, Pool] = {}
        self._divided: dict[Pool, dict[Pool, dict[str, float]]] = {}
        self._pools = Counter(server.services for server in self._servers)

    def together(self, service: str) -> Pool:
        """The services that share windows with this one, directly or through others; none if no window works for it."""
        if service not in self._together:
            found = _together(self._servers, service)
            self._together.update(dict.fromkeys(found, found))
        return self._together.get(service, ())

    def mean_s(self, service: str) -> float:
        """A turn of the people who stand in the lines of a service."""
        if service not in self._means:
            self._means[service] = _mean_s(self._s, service)
        return self._means[service]

    def shares(self, service: str, coming: Mapping[str, float] | None = None) -> Shares:
        """The windows that work for a service and how much of each is its own; with these people more in the lines."""
        names = self.together(service)
        divided = None if coming else self._divided.get(names)
        if divided is None:
            people = {x: self._before(x) + (coming or {}).get(x, 0.0) for x in names}
            work = {x: (many + 1) * self.mean_s(x) for x, many in people.items() if many}
            divided = divide(self._pools, work)
            if not coming:
                self._divided[names] = divided
        own = []
        for server in self._servers:
            if service in server.services:
                parts = divided[server.services]
                # who comes to an empty line is one beside those of the others
                own.append((server, parts.get(service, 1 / (1 + len(parts)))))
        return own

    def _before(self, service: str) -> float:
        """How many of a service are before: the last in the normal lane has all of them before them."""
        many = self._s.in_lines.get(service, 0)
        walks = self._s.policy.order is Order.WEIGHT_WAIT and self._s.policy.streak_cap is not None
        if many == 0 or self._lane == NORMAL or walks:
            return many
        return self._s.ahead_of(service, self._lane, self._key, self._at)


def turns_of(s: State, service: str, situation: str | None = None) -> Turns | None:
    """The pace of a situation where enough is known of it, else of its service."""
    if situation is not None:
        known = s.took.get((service, situation))
        if known is not None and len(known.recent) >= 2 * THIN:
            return known
    known = s.took.get(service)
    return known if known is not None and len(known.recent) >= THIN else None


def _mean_s(s: State, service: str) -> float:
    """By the situations of those who wait."""
    known = turns_of(s, service)
    usual_s = _USUAL_S if known is None else known.mean_s
    plan = s.plan.services.get(service)
    if not s.in_lines.get(service, 0) or plan is None or not plan.situations:
        return usual_s
    people = seconds = 0.0
    for situation in (None, *plan.situations):
        many = s.kinds.get((service, situation), 0)
        if many > 0:
            known = turns_of(s, service, situation)
            people += many
            seconds += many * (usual_s if known is None else known.mean_s)
    return seconds / people if people else usual_s


def _servers(s: State, at: datetime) -> list[Server]:
    """Every window that works, or will soon again."""
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    lunch = None if hours is None or hours.lunch is None or hours.lunch.ends <= at else hours.lunch
    now, found = micros(at), []
    for number, window in s.windows.items():
        if window.clerk is None:
            continue
        away_s = 0.0
        if window.paused is not None:
            away_s = 0.0 if window.until is None else (window.until - at).total_seconds()
            if not 0 < away_s < _SOON_S:
                continue
        profile = s.profile(number)
        idle = bool(profile.helps) and not any(s.in_lines.get(x, 0) for x in profile.serves)
        server = Server(
            services=(*profile.serves, *profile.helps) if idle else profile.serves,
            free_s=max(away_s, _busy_s(s, window, now)) + _own_s(s, window),
        )
        if lunch is not None and number not in lunch.windows and lunch.begins > at:
            server.gone_s = (lunch.begins - at).total_seconds()
            server.back_s = (lunch.ends - at).total_seconds()
        found.append(server)
    return found


def _busy_s(s: State, window: Window, now: Micros) -> float:
    """What is left of a window's turn."""
    ticket = window.ticket
    if ticket is None:
        return 0.0
    elapsed_s = max(0, now - window.taken_us) / SECOND
    known = turns_of(s, *ticket.kind)
    return max(60.0, _USUAL_S - elapsed_s) if known is None else known.remaining_s(elapsed_s)


def _own_s(s: State, window: Window) -> float:
    """What the people sent to a window will take it."""
    head = window.own.head
    if head is None:
        return 0.0
    known = turns_of(s, *head.kind)
    return len(window.own) * (_USUAL_S if known is None else known.mean_s)


def _together(servers: Sequence[Server], service: str) -> Pool:
    pools = dict.fromkeys(server.services for server in servers)
    found, grows = {service}, any(service in pool for pool in pools)
    if not grows:
        return ()
    while grows:
        grows = False
        for pool in pools:
            if not found.isdisjoint(pool) and not found.issuperset(pool):
                found.update(pool)
                grows = True
    return tuple(sorted(found))


def divide(pools: Mapping[Pool, int], work: Mapping[str, float]) -> dict[Pool, dict[str, float]]:
    """For so many windows of each pool: the shares of its services, so that these seconds of work end together as far as the windows allow."""
    divided = {pool: {x: 1.0 for x in pool if x in work} for pool in pools}
    shared = [shares for shares in divided.values() if len(shares) > 1]
    given = _given(pools, divided)
    for _ in range(_ROUNDS if shared else 0):
        for shares in shared:
            for x in shares:
                shares[x] *= work[x] / given[x]
        given = _given(pools, divided)
    return divided


def _given(pools: Mapping[Pool, int], divided: Mapping[Pool, dict[str, float]]) -> dict[str, float]:
    """Make the shares of each window parts of one; gives how much each service has in all."""
    given: dict[str, float] = {}
    for pool, windows in pools.items():
        shares = divided[pool]
        total = sum(shares.values())
        for x, share in shares.items():
            part = shares[x] = share / total
            given[x] = given.get(x, 0.0) + part * windows
    return given


def reached_s(shares: Shares, calls: float, mean_s: float) -> float:
    """Seconds until these windows will have called so many people of the service."""

    def called(after_s: float) -> float:
        return sum(share * _calls(server, after_s, mean_s) for server, share in shares)

    if called(0.0) >= calls:
        return 0.0
    whole = sum(share for _, share in shares)
    free_s = sum(share * server.free_s for server, share in shares) / whole
    straight_s = (calls - whole) / whole * mean_s + free_s
    if all(server.free_s <= straight_s <= server.gone_s for server, _ in shares):
        return straight_s  # every window has been free by then and none is away
    low, high = 0.0, mean_s
    while called(high) < calls and high < LONGEST_S:
        low, high = high, 2 * high
    for _ in range(10):
        middle = (low + high) / 2
        if called(middle) < calls:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _calls(server: Server, after_s: float, mean_s: float) -> float:
    """How many a window will have called after so long: a free one calls at once, a busy one the likelier the longer."""
    worked_s = after_s
    if after_s > server.gone_s:
        worked_s = server.gone_s + max(0.0, after_s - server.back_s)
    if worked_s < server.free_s:
        return worked_s / server.free_s
    return 1.0 + (worked_s - server.free_s) / mean_s
