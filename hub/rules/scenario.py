"""A scenario file: a policy, a small hall, people and acts of one day.

Rules:

* All times are of one day, ``HH:MM`` or ``HH:MM:SS``. A policy key that is absent is off.
* Windows start with a clerk unless they say ``staffed: false``.
* People and what they are called by: each arrival has a name of its own, and acts name tickets by it.
* An unknown key, a name or a service nobody declared, or a value of another kind is a mistake: file, key, what was expected.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from itertools import chain
from string import ascii_uppercase
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from hall import settings
from hall.errors import BadSettings
from hall.messages.common import Count, Key, Line, WindowNumber
from hall.plan import HallPlan, HoursPlan, LanePlan, Letter, Paper, ServicePlan, SituationPlan, WindowPlan
from hall.policy import Policy
from hall.settings_plan import problems
from hall.text import Text
from hub.domain.ticket import APPOINTMENT, NORMAL
from hub.rules.acts import Act, read_act

ZONE: Final = ZoneInfo("UTC")
#: The day on which every scenario plays, a Monday.
MIDNIGHT: Final = datetime(2026, 1, 5, tzinfo=ZONE)
_A_DAY_MIN = 1440

Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$(?!\n)")]
Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base: an unknown key is a mistake."""


class SituationLine(_Part, frozen=True, kw_only=True):
    """One kind of a service."""

    name: Text | None = None
    need: tuple[Paper, ...] = ()
    again_days: Count | None = None


class ServiceLine(_Part, frozen=True, kw_only=True):
    """A service; without a letter it gets the first free one."""

    id: Key
    letter: Letter | None = None
    target_min: Annotated[int, Meta(ge=1, le=480)] = 10
    name: Text | None = None
    common: tuple[Paper, ...] = ()
    situations: dict[Key, SituationLine] = {}
    online: bool = False
    station: tuple[Paper, ...] = ()
    button: bool = True
    review: bool = False
    version: Line = ""


class WindowLine(_Part, frozen=True, kw_only=True):
    """A window and its services, in its order."""

    window: WindowNumber
    services: tuple[Key, ...]
    helps: tuple[Key, ...] = ()
    heart: bool = False
    zone: Line = ""
    staffed: bool = True


class Arrival(_Part, frozen=True, kw_only=True):
    """Somebody takes a ticket; `slot` is the time they booked."""

    at: Clock
    name: Name
    service: Key
    lane: Key = NORMAL
    slot: Clock | None = None
    situation: Key | None = None


class _File(_Part, frozen=True, kw_only=True):
    policy: dict[str, Any] = {}
    services: tuple[ServiceLine, ...]
    windows: tuple[WindowLine, ...]
    arrivals: tuple[Arrival, ...] = ()
    acts: tuple[dict[str, Any], ...] = ()


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario as it can be played."""

    plan: HallPlan
    #: windows with a clerk from the start
    staffed: tuple[int, ...]
    arrivals: tuple[Arrival, ...]
    acts: tuple[Act, ...]
    #: what the policy would be refused for; it is tried all the same
    objections: tuple[tuple[str, str], ...]


def moment(clock: str) -> datetime:
    """A time of the scenario's day."""
    return datetime.combine(MIDNIGHT.date(), time.fromisoformat(clock), ZONE)


def load(path: str) -> Scenario:
    """The scenario at `path`; raises ``BadSettings``."""
    return read(settings.parse(settings.read(path), path), path)


def read(raw: Any, file: str) -> Scenario:
    """A scenario from plain values."""
    lines = settings.convert(raw, _File, file)
    policy = policy_of(lines.policy, file, "policy")
    names = _names(lines.arrivals, file)
    services = tuple(service.id for service in lines.services)
    for i, arrival in enumerate(lines.arrivals):
        if arrival.service not in services:
            raise BadSettings(
                file, f"arrivals[{i}].service", f"a service of this scenario, found {arrival.service!r}"
            )
        if arrival.slot is not None and arrival.lane != APPOINTMENT:
            raise BadSettings(file, f"arrivals[{i}].slot", f"lane: {APPOINTMENT} beside it")
    acts = tuple(
        read_act(act, f"acts[{i}]", file, names, services, moment, policy_of)
        for i, act in enumerate(lines.acts)
    )
    plan = _plan(lines, policy, acts)
    objections = []
    for key, expected in problems(plan):
        if key == "policy.starvation_min":
            objections.append((key, expected.en))
        else:
            raise BadSettings(file, _as_written(key, lines), expected)
    return Scenario(
        plan=plan,
        staffed=tuple(window.window for window in lines.windows if window.staffed),
        arrivals=lines.arrivals,
        acts=acts,
        objections=tuple(objections),
    )


def policy_of(raw: Any, file: str, key: str) -> Policy:
    """A policy in which whatever is absent is off."""
    if not isinstance(raw, dict):
        raise BadSettings(file, key, "keys with values")
    full: dict[str, Any] = {"head_start_min": 0} | raw
    if isinstance(full.get("appointment"), dict):
        full["appointment"] = {"late_after_min": _A_DAY_MIN, "remind_before_min": 0, **full["appointment"]}
    return settings.convert_at(full, Policy, file, key)


def _names(arrivals: tuple[Arrival, ...], file: str) -> set[str]:
    """What people are called."""
    names: set[str] = set()
    for i, arrival in enumerate(arrivals):
        if arrival.name in names:
            raise BadSettings(
                file, f"arrivals[{i}].name", f"a name of its own ({arrival.name!r} stands twice)"
            )
        names.add(arrival.name)
    return names


def _plan(lines: _File, policy: Policy, acts: tuple[Act, ...]) -> HallPlan:
    lanes = dict.fromkeys(chain(_named(policy), _lanes(lines.arrivals, acts)))
    free = (letter for letter in ascii_uppercase if letter not in {s.letter for s in lines.services})
    return HallPlan(
        id="scenario",
        name=Text(zh="试行", en="Trial"),
        timezone="UTC",
        hotline="-",
        supervision="-",
        hours=HoursPlan(always=True),
        services={
            service.id: _service(service, service.letter or next(free, "Z")) for service in lines.services
        },
        windows=tuple(
            WindowPlan(window=w.window, serves=w.services, helps=w.helps, heart=w.heart, zone=w.zone)
            for w in lines.windows
        ),
        lanes={lane: LanePlan() for lane in lanes},
        policy=policy,
    )


def _service(line: ServiceLine, letter: str) -> ServicePlan:
    return ServicePlan(
        letter=letter,
        name=line.name or Text(zh="业务", en="service"),
        target_min=line.target_min,
        common=line.common,
        situations={
            key: SituationPlan(
                name=situation.name or Text(zh="情形", en="situation"),
                need=situation.need,
                again_days=situation.again_days,
            )
            for key, situation in line.situations.items()
        },
        online=line.online,
        station=line.station,
        button=line.button,
        review=line.review,
        version=line.version,
    )


def _lanes(arrivals: tuple[Arrival, ...], acts: tuple[Act, ...]) -> Iterator[str]:
    yield NORMAL
    yield from (arrival.lane for arrival in arrivals)
    for act in acts:
        policy, lane = act.fields.get("policy"), act.fields.get("lane")
        if isinstance(policy, Policy):
            yield from _named(policy)
        if isinstance(lane, str):
            yield lane


def _named(policy: Policy) -> Iterator[str]:
    """The lanes a policy speaks of."""
    yield from policy.weights
    yield from policy.heart_lanes
    if policy.appointment is not None:
        yield APPOINTMENT


def _as_written(key: str, lines: _File) -> str:
    """A key of the hall's settings as it stands in the scenario."""
    for i, service in enumerate(lines.services):
        if key.startswith(f"services.{service.id}."):
            return f"services[{i}]{key.removeprefix(f'services.{service.id}')}"
    return key.replace(".serves", ".services")
