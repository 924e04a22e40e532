"""How long somebody will wait: an honest range, or nothing.

Rules:

* The expected wait is the moment at which the windows of the service will have called everybody who is before the person. Windows work
  at the pace of their last turns (:mod:`hub.domain.turns`); a busy one is free after what is left of its turn, given how long that
  takes already; a paused one from the time its clerk gave; one that eats from lunch on not until it is over.
* A window divides itself among its services as whoever came first would have it: more to the service whose people wait longer
  (:func:`_shares`). People of other services, people sent to a window, and booked people who have not come yet and will be due
  before, are in front too.
* The range lies around it by the spread of turns, stretched as far as forecasts of this service were off lately, so that in the long
  run eight of ten waits fall into it. An appointment's wait counts from its time.
* Null with fewer than :data:`hub.domain.turns.THIN` turns of the service, and while no window works for it. The same facts give the
  same range; nothing here walks through a line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import sqrt
from typing import Final, NamedTuple

import msgspec

from hall.policy import Order
from hub.domain import calendar
from hub.domain.moments import SECOND, Micros, micros
from hub.domain.pace import kind
from hub.domain.state import State, Window
from hub.domain.ticket import APPOINTMENT, LineKey, Ticket
from hub.domain.turns import THIN, Track, Turns

#: A pause that ends later than this counts as none that ends.
_SOON_S: Final = 2 * 3600
#: No wait is looked for beyond this.
_LONGEST_S: Final = 8 * 3600.0
#: A longest wait below a minute is told as a minute.
_LEAST_S: Final = 60
#: What one forecast is off beyond the spread of turns: a share of itself, and seconds.
_DOUBT, _DOUBT_S = 0.1, 10.0
#: How often shares are balanced.
_ROUNDS: Final = 5


class Wait(NamedTuple):
    """A wait in seconds; all null when nothing honest can be said."""

    min_s: int | None
    max_s: int | None
    expected_s: int | None


UNKNOWN = Wait(None, None, None)


class Estimate(NamedTuple):
    """What somebody is told who would take a ticket now; null when nothing honest can be said."""

    wait_min_s: int | None
    wait_max_s: int | None
    ahead: int
    expected_s: int | None = None


def estimate(s: State, service: str, lane: str, at: datetime) -> Estimate:
    """The wait of somebody who would take a ticket in this lane now."""
    key = s.arrival_at(at, None, s.n + 1)
    ahead = s.ahead_of(service, lane, key, at)
    said = wait(s, service, lane, key, ahead, at)
    return Estimate(said.min_s, said.max_s, ahead, said.expected_s)


def wait(s: State, service: str, lane: str, key: LineKey, ahead: int, at: datetime) -> Wait:
    """The wait of somebody at `key` in a lane of a service, with so many `ahead`."""
    pace = _turns(s, service)
    if pace is None or not s.working.get(service):
        return UNKNOWN
    view = _View(s, service, lane, key, at, pace)
    if not view.windows:
        return UNKNOWN
    now = micros(at)
    booked_us = max(0, key[0] - now) if lane == APPOINTMENT else 0
    expected_s, servers = view.expected(ahead)
    if booked_us:
        expected_s = _after_the_slot(s, view, key, booked_us / SECOND)
    count = min(ahead, 60) + 1
    spread = sqrt(count * pace.variance) / servers
    spread = sqrt(spread**2 + (_DOUBT * expected_s) ** 2) + _DOUBT_S
    track = s.tracks.get((service, kind(lane, expected_s)), Track())
    low, middle, high = (expected_s + spread * end for end in (track.low, track.middle, track.high))
    least = max(0, int(low))
    most = max(_LEAST_S, least, int(high) + 1)
    return Wait(least, most, min(most, max(least, round(middle))))


def _turns(s: State, service: str, situation: str | None = None) -> Turns | None:
    """The pace of a situation where enough is known of it, else of its service."""
    if situation is not None:
        known = s.took.get((service, situation))
        if known is not None and len(known.recent) >= 2 * THIN:
            return known
    known = s.took.get(service)
    return known if known is not None and len(known.recent) >= THIN else None


def _mean_s(s: State, service: str, usual_s: float) -> float:
    """A turn of the people who stand in the lines of a service, by their situations."""
    plan = s.plan.services.get(service)
    people = seconds = 0.0
    for situation in (None, *(() if plan is None else plan.situations)):
        many = s.kinds.get((service, situation), 0)
        if many > 0:
            known = _turns(s, service, situation)
            people += many
            seconds += many * (usual_s if known is None else known.mean_s)
    return seconds / people if people else usual_s


class _Server(msgspec.Struct):
    """A window as it will work: how much of it for the service, free after so many seconds, away from and until."""

    services: tuple[str, ...]
    free_s: float
    gone_s: float = _LONGEST_S
    back_s: float = _LONGEST_S
    share: float = 1.0


class _View:
    """The windows that work for a service, and for what else they work."""

    def __init__(self, s: State, service: str, lane: str, key: LineKey, at: datetime, pace: Turns) -> None:
        self._s, self.service, self._lane, self._key, self._at = s, service, lane, key, at
        self._now = micros(at)
        self.pace = pace
        self._mean_s = _mean_s(s, service, pace.mean_s)
        self._servers = _servers(s, at, self._now, pace)
        self.services = _together(self._servers, service)
        self.windows = [server for server in self._servers if service in server.services]

    def expected(self, ahead: int) -> tuple[float, float]:
        """Seconds until the call of somebody with so many ahead, and how many windows work for them."""
        people: dict[str, float] = {self.service: ahead}
        for other in self.services:
            if other != self.service:
                people[other] = _before(self._s, other, self._lane, self._key, self._at)
        found_s, servers = self._solve(people)
        coming = self._coming(found_s)
        if coming:
            for other, many in coming.items():
                people[other] = people.get(other, 0) + many
            found_s, servers = self._solve(people)
        return found_s, servers

    def alone(self, ahead: float, *, free_s: float) -> float:
        """The same for somebody before all others, when each window is free after so long."""
        servers = [_Server(services=x.services, free_s=free_s) for x in self.windows]
        return _reached(servers, ahead + 1, self._mean_s)

    def _solve(self, people: Mapping[str, float]) -> tuple[float, float]:
        means = {
            x: self._mean_s if x == self.service else _mean_s(self._s, x, self._usual(x)) for x in people
        }
        work = {x: (many + (x == self.service)) * means[x] for x, many in people.items()}
        _shares(self._servers, work, self.service)
        servers = max(0.2, sum(x.share for x in self.windows))
        return _reached(self.windows, people[self.service] + 1, self._mean_s), servers

    def _usual(self, service: str) -> float:
        known = _turns(self._s, service)
        return self.pace.mean_s if known is None else known.mean_s

    def _coming(self, until_s: float) -> dict[str, float]:
        """Booked people who have not come yet and are due before."""
        policy = self._s.policy.appointment
        if policy is None:
            return {}
        until = self._now + int(until_s + policy.due_before_s) * SECOND
        coming: dict[str, float] = {}
        for a in self._s.promises.between(self._now, until):
            if a.awaited and a.service in self.services:
                coming[a.service] = coming.get(a.service, 0) + 1
        return coming


def _servers(s: State, at: datetime, now: Micros, pace: Turns) -> list[_Server]:
    """Every window that works, or will soon again."""
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    lunch = None if hours is None or hours.lunch is None or hours.lunch.ends <= at else hours.lunch
    found = []
    for number, window in s.windows.items():
        if window.clerk is None:
            continue
        away_s = 0.0
        if window.paused is not None:
            away_s = 0.0 if window.until is None else (window.until - at).total_seconds()
            if not 0 < away_s < _SOON_S:
                continue
        profile = s.profile(number)
        idle = not any(s.in_lines.get(x, 0) for x in profile.serves)
        server = _Server(
            services=(*profile.serves, *profile.helps) if idle else profile.serves,
            free_s=max(away_s, _busy_s(s, window, now, pace)) + len(window.own) * pace.mean_s,
        )
        if lunch is not None and number not in lunch.windows and lunch.begins > at:
            server.gone_s = (lunch.begins - at).total_seconds()
            server.back_s = (lunch.ends - at).total_seconds()
        found.append(server)
    return found


def _busy_s(s: State, window: Window, now: Micros, pace: Turns) -> float:
    """What is left of a window's turn."""
    ticket: Ticket | None = window.ticket
    if ticket is None:
        return 0.0
    known = _turns(s, *ticket.kind) or pace
    return known.remaining_s(max(0, now - window.taken_us) / SECOND)


def _together(servers: Sequence[_Server], service: str) -> tuple[str, ...]:
    """The services that share windows with this one, directly or through others."""
    found, new = {service: None}, [service]
    while new:
        name = new.pop()
        for server in servers:
            if name in server.services:
                fresh = [x for x in server.services if x not in found]
                found.update(dict.fromkeys(fresh))
                new += fresh
    return tuple(found)


def _before(s: State, service: str, lane: str, key: LineKey, at: datetime) -> int:
    """How many of another service are before somebody; where that would mean walking the line, all who wait for it."""
    walks = s.policy.order is Order.WEIGHT_WAIT and s.policy.streak_cap is not None
    if walks or not s.in_lines.get(service, 0):
        return s.in_lines.get(service, 0)
    return s.ahead_of(service, lane, key, at)


def _shares(servers: Sequence[_Server], work: Mapping[str, float], service: str) -> None:
    """Divide each window so that the services finish together as far as the windows allow: whoever is behind gets more."""
    divided = [(server, {x: 1.0 for x in server.services if work.get(x, 0.0) > 0}) for server in servers]
    for _ in range(_ROUNDS):
        given = dict.fromkeys(work, 0.0)
        for _, shares in divided:
            total = sum(shares.values())
            for x in shares:
                shares[x] /= total
                given[x] += shares[x]
        for _, shares in divided:
            for x in shares:
                shares[x] *= work[x] / given[x]
    for server, shares in divided:
        total = sum(shares.values())
        server.share = shares.get(service, 0.0) / total if total else 1.0


def _reached(servers: Sequence[_Server], calls: float, mean_s: float) -> float:
    """Seconds until these windows will have called so many people of the service."""

    def called(after_s: float) -> float:
        return sum(x.share * _calls(x, after_s, mean_s) for x in servers)

    if called(0.0) >= calls:
        return 0.0
    whole = sum(x.share for x in servers)
    straight_s = (calls - whole) / whole * mean_s + sum(x.share * x.free_s for x in servers) / whole
    if all(
        x.free_s <= straight_s <= x.gone_s for x in servers
    ):  # every window has been free and none is away
        return straight_s
    low, high = 0.0, mean_s
    while called(high) < calls and high < _LONGEST_S:
        low, high = high, 2 * high
    for _ in range(12):
        middle = (low + high) / 2
        if called(middle) < calls:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _calls(server: _Server, after_s: float, mean_s: float) -> float:
    """How many a window will have called after so long: a free one calls at once, a busy one the likelier the longer."""
    worked_s = after_s
    if after_s > server.gone_s:
        worked_s = server.gone_s + max(0.0, after_s - server.back_s)
    if worked_s < server.free_s:
        return worked_s / server.free_s
    return 1.0 + (worked_s - server.free_s) / mean_s


def _after_the_slot(s: State, view: _View, key: LineKey, until_slot_s: float) -> float:
    """The wait from the booked time on: by then every window is with somebody, and those booked before come first."""
    policy = s.policy.appointment
    early_s = 0 if policy is None else policy.due_before_s
    line = s.line(view.service, APPOINTMENT)
    before = min(line.place_of(key), len(view.windows))
    called_s = view.alone(before, free_s=view.pace.mean_s)
    return max(0.0, called_s - min(early_s, until_slot_s))
