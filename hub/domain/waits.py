"""How long somebody will wait: an honest range, or nothing.

Rules:

* The expected wait is the moment at which the windows of the service will have called everybody who is before the person
  (:mod:`hub.domain.flow`); booked people who have not come yet and will be due before are in front too.
* The range lies around it by the spread of turns, stretched as far as forecasts of this kind were off lately, so that in the long
  run eight of ten waits fall into it. An appointment's wait counts from its time.
* Null with fewer than :data:`hub.domain.turns.THIN` turns of the service, and while no window works for it. The same facts give the
  same range.
"""

from __future__ import annotations

from datetime import datetime
from math import sqrt
from typing import Final, NamedTuple

from hub.domain.flow import Flow, Server, reached_s, turns_of
from hub.domain.moments import SECOND, micros
from hub.domain.pace import kind
from hub.domain.state import State
from hub.domain.ticket import APPOINTMENT, NORMAL, LineKey
from hub.domain.turns import Track

#: A longest wait below a minute is told as a minute.
_LEAST_S: Final = 60
#: What one forecast is off beyond the spread of turns: a share of itself, and seconds.
_DOUBT, _DOUBT_S = 0.1, 10.0
#: The spread of a line is that of so many turns at most: what is wrong with a long one is wrong with all of it.
_APART: Final = 60


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


def estimate(s: State, service: str, lane: str, at: datetime, flow: Flow | None = None) -> Estimate:
    """The wait of somebody who would take a ticket in this lane now; `flow` as :func:`newcomers` gave it for this lane and moment."""
    key = s.arrival_at(at, None, s.n + 1)
    ahead = s.ahead_of(service, lane, key, at)
    said = wait(s, service, lane, key, ahead, at, flow)
    return Estimate(said.min_s, said.max_s, ahead, said.expected_s)


def newcomers(s: State, at: datetime) -> Flow:
    """The picture for everybody who would take a ticket of the normal lane now, whatever the service."""
    return Flow(s, NORMAL, s.arrival_at(at, None, s.n + 1), at)


def wait(
    s: State,
    service: str,
    lane: str,
    key: LineKey,
    ahead: int,
    at: datetime,
    flow: Flow | None = None,
) -> Wait:
    """The wait of somebody at `key` in a lane of a service, with so many `ahead`."""
    pace = turns_of(s, service)
    if pace is None or not s.working.get(service):
        return UNKNOWN
    flow = Flow(s, lane, key, at) if flow is None else flow
    mean_s, shares = flow.mean_s(service), flow.shares(service)
    expected_s = reached_s(shares, ahead + 1, mean_s)
    coming = _coming(s, flow.together(service), at, expected_s)
    if coming:
        shares = flow.shares(service, coming)
        expected_s = reached_s(shares, ahead + coming.get(service, 0) + 1, mean_s)
    if lane == APPOINTMENT and key[0] > micros(at):
        windows = [server.services for server, _ in shares]
        expected_s = _after_the_slot(s, service, windows, key, at, mean_s)
    servers = max(0.2, sum(share for _, share in shares))
    turns_s = sqrt((min(ahead, _APART) + 1) * pace.variance) / servers
    spread = sqrt(turns_s**2 + (_DOUBT * expected_s) ** 2) + _DOUBT_S
    track = s.tracks.get((service, kind(lane, expected_s)), Track())
    low, middle, high = (expected_s + spread * end for end in (track.low, track.middle, track.high))
    least = max(0, int(low))
    most = max(_LEAST_S, least, int(high) + 1)
    return Wait(least, most, min(most, max(least, round(middle))))


def _coming(s: State, services: tuple[str, ...], at: datetime, until_s: float) -> dict[str, float]:
    """Booked people of these services who have not come yet and are due before."""
    policy = s.policy.appointment
    if policy is None:
        return {}
    now = micros(at)
    coming: dict[str, float] = {}
    for a in s.promises.between(now, now + int(until_s + policy.due_before_s) * SECOND):
        if a.awaited and a.service in services:
            coming[a.service] = coming.get(a.service, 0) + 1
    return coming


def _after_the_slot(
    s: State, service: str, windows: list[tuple[str, ...]], key: LineKey, at: datetime, mean_s: float
) -> float:
    """The wait from the booked time on: by then every window is with somebody, and those booked before come first."""
    policy = s.policy.appointment
    early_s = 0.0 if policy is None else min(policy.due_before_s, (key[0] - micros(at)) / SECOND)
    before = min(s.line(service, APPOINTMENT).place_of(key), len(windows))
    busy = [(Server(services=services, free_s=mean_s), 1.0) for services in windows]
    return max(0.0, reached_s(busy, before + 1, mean_s) - early_s)
