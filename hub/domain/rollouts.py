"""Other settings for several devices, one of them first.

Rules:

* The first device takes the settings alone. The others get them once it has said that it took them and has stood for `prove_s` seconds
  after that: there, not degraded, without a new fault.
* A roll-out **halts by itself** when a device refuses the settings, is lost, degrades or raises a fault after it got them, or when the first
  one does not answer within :data:`WAIT_S`. Every device then has what it had before.
* What was the matter before it began is not held against it. A device of the others that is away gets the settings when it is back; when
  everybody else has proved itself, the roll-out ends and names who is missing.
* One at a time, of devices of one kind. Every step is a version of the settings like any other change, and crosses the night.
* Whoever stops it has everybody as before, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from hall.errors import Refused
from hall.messages.asks import RollOut, SetPlan, StopRollOut
from hall.messages.common import DEVICE_KINDS, ConfigValue, Level, MemberState, RollOutOutcome
from hall.messages.facts import PlanChanged, RollOutAnswered, RollOutBegun, RollOutEnded, RollOutWidened
from hall.topics import HUB
from hub.domain import planning
from hub.domain.moments import SECOND, Micros, micros
from hub.domain.orders import NoteConfigured
from hub.domain.refusals import refused
from hub.domain.state import RollOutStands, State

#: So long the first device may take to answer, and the others to be waited for.
WAIT_S: Final = 600
OK: Final = "ok"
_GONE = frozenset({MemberState.LOST, MemberState.DISCONNECTED})
_THERE = frozenset({MemberState.READY, MemberState.DEGRADED})
#: an alert of a warning's level that speaks of settings
_REFUSED: Final = "config-refused"

AnyStep = RollOutBegun | RollOutWidened | RollOutEnded | PlanChanged


def roll_out(s: State, order: RollOut, at: datetime, member: str) -> list[AnyStep]:
    """The first device gets them. Refuses ``roll-out-stands``, ``unknown-device``, ``other-kinds``, ``first-away``, ``same-settings``."""
    if s.rollout is not None:
        raise refused("roll-out-stands")
    wanted = tuple(dict.fromkeys(order.members))
    kinds = {_kind(s, name) for name in wanted}
    if len(kinds) != 1:
        raise refused("other-kinds")
    before = {name: _before(s, name, order.values) for name in wanted}
    members = tuple(name for name in wanted if before[name] != order.values)
    if not members:
        raise refused("same-settings")
    if s.devices.get(members[0]) not in _THERE:
        raise refused("first-away")
    begun = RollOutBegun(
        n=s.n + 1,
        at=at,
        members=members,
        values=order.values,
        before={name: before[name] for name in members},
        prove_s=order.prove_s,
        actor=order.actor,
    )
    change = {members[0]: order.values}
    return [begun, *_planned(s, change, at, s.n + 2, actor=order.actor, by=member)]


def stop(s: State, order: StopRollOut, at: datetime) -> list[AnyStep]:
    """Everybody has what was before. Refuses ``no-roll-out``."""
    stands = s.rollout
    if stands is None or stands.n != order.rollout:
        raise refused("no-roll-out")
    return _end(s, stands, at, s.n + 1, RollOutOutcome.STOPPED, actor=order.actor)


def note_configured(s: State, order: NoteConfigured, at: datetime) -> list[RollOutAnswered]:
    """A device says what came of the settings; told once, of those that have got them."""
    stands = s.rollout
    if stands is None or order.member not in _told(stands) or order.member in stands.answers:
        return []
    return [
        RollOutAnswered(n=s.n + 1, at=at, rollout=stands.n, member=order.member, code=order.code),
    ]


# ---------------------------------------------------------------- by the clock


def due(s: State, at: datetime) -> datetime | None:
    """When something is to be told of it."""
    stands = s.rollout
    if stands is None:
        return None
    if _failing(s, stands) is not None:
        return at
    return s.moment(_proved_us(stands) or _late_us(stands))


def tell(s: State, at: datetime, n: int) -> Sequence[AnyStep]:
    """It halts, goes on to the others, or is done."""
    stands = s.rollout
    assert stands is not None
    failing = _failing(s, stands)
    if failing is not None:
        return _end(s, stands, at, n, RollOutOutcome.HALTED, *failing)
    proved = _proved_us(stands) is not None
    if stands.widened_us is not None or (proved and len(stands.members) == 1):
        return _end(s, stands, at, n, RollOutOutcome.DONE)
    if not proved:
        return _end(s, stands, at, n, RollOutOutcome.HALTED, stands.members[0], "silent")
    change = {name: stands.values for name in stands.members[1:] if name in s.plan.members}
    try:
        planned = _planned(s, change, at, n + 1, actor=stands.actor, by=HUB)
    except Refused as no:
        return _end(s, stands, at, n, RollOutOutcome.HALTED, stands.members[0], no.code)
    return [RollOutWidened(n=n, at=at, rollout=stands.n), *planned]


def _failing(s: State, stands: RollOutStands) -> tuple[str, str] | None:
    """Who shows that the settings are bad, and how."""
    for name in _told(stands):
        code = stands.answers.get(name, OK)
        if code != OK:
            return name, code
        answered = name in stands.answers
        state = s.devices.get(name)
        if state in _GONE and (answered or stands.widened_us is None):
            return name, state.value
        if state is MemberState.DEGRADED and name not in stands.limped:
            return name, state.value
        for (member, alert), found in s.alerts.items():
            new = member == name and f"{member} {alert}" not in stands.alerts
            if new and (found.level is Level.FAULT or found.code == _REFUSED):
                return name, found.code
    return None


def _told(stands: RollOutStands) -> tuple[str, ...]:
    """Who has got the settings."""
    return stands.members[:1] if stands.widened_us is None else stands.members


def _proved_us(stands: RollOutStands) -> Micros | None:
    """When everybody who got them will have proved itself; None while somebody has not answered."""
    told = _told(stands)
    if any(name not in stands.answers for name in told):
        return None
    return max(stands.answered_us[name] for name in told) + stands.prove_s * SECOND


def _late_us(stands: RollOutStands) -> Micros:
    begun = stands.begun_us if stands.widened_us is None else stands.widened_us
    return begun + WAIT_S * SECOND


def _end(
    s: State,
    stands: RollOutStands,
    at: datetime,
    n: int,
    outcome: RollOutOutcome,
    member: str | None = None,
    code: str | None = None,
    actor: str | None = None,
) -> list[AnyStep]:
    missing: tuple[str, ...] = ()
    if outcome is RollOutOutcome.DONE:
        missing = tuple(name for name in stands.members if name not in stands.answers)
    ended = RollOutEnded(
        n=n, at=at, rollout=stands.n, outcome=outcome, member=member, code=code, missing=missing, actor=actor
    )
    if outcome is RollOutOutcome.DONE:
        return [ended]
    back = {name: stands.before[name] for name in _told(stands) if name in s.plan.members}
    return [ended, *_planned(s, back, at, n + 1, actor=actor or stands.actor, by=HUB)]


def _planned(
    s: State,
    change: dict[str, dict[str, ConfigValue | None]],
    at: datetime,
    n: int,
    *,
    actor: str | None,
    by: str,
) -> list[PlanChanged]:
    """The settings with these devices' changed, as facts from `n` on. Refuses as :func:`hub.domain.planning.set_plan`."""
    members: dict[str, Any] = {}
    for name, values in change.items():
        kept = s.plan.members[name].config or {}
        config = {key: value for key, value in {**kept, **values}.items() if value is not None}
        members[name] = {"config": {**dict.fromkeys(kept.keys() - config.keys()), **config}}
    order = SetPlan(
        id="roll-out",
        actor=actor,
        base=s.plan_version,
        change={"members": members},
        reason=f"分批下发 roll-out: {', '.join(change)}"[:100],
    )
    found = planning.set_plan(s, order, at, by)
    return [msgspec.structs.replace(fact, n=n + i) for i, fact in enumerate(found)]


def _kind(s: State, name: str) -> str:
    known = s.plan.members.get(name)
    if known is None or known.kind not in DEVICE_KINDS:
        raise refused("unknown-device")
    return known.kind.value


def _before(s: State, name: str, values: dict[str, ConfigValue | None]) -> dict[str, ConfigValue | None]:
    config = s.plan.members[name].config or {}
    return {key: config.get(key) for key in values}


# ---------------------------------------------------------------- apply


def on_begun(s: State, fact: RollOutBegun) -> None:
    """What is the matter now is not held against it."""
    mine = set(fact.members)
    s.rollout = RollOutStands(
        n=fact.n,
        members=fact.members,
        values=fact.values,
        before=fact.before,
        prove_s=fact.prove_s,
        begun_us=micros(fact.at),
        actor=fact.actor,
        alerts=[f"{member} {alert}" for member, alert in s.alerts if member in mine],
        limped=[name for name in fact.members if s.devices.get(name) is MemberState.DEGRADED],
    )
    s.rolled_out = None


def on_answered(s: State, fact: RollOutAnswered) -> None:
    """One of them took the settings, or did not."""
    if s.rollout is not None:
        s.rollout.answers[fact.member] = fact.code
        s.rollout.answered_us[fact.member] = micros(fact.at)


def on_widened(s: State, fact: RollOutWidened) -> None:
    """The others get them."""
    if s.rollout is not None:
        s.rollout.widened_us = micros(fact.at)


def on_ended(s: State, fact: RollOutEnded) -> None:
    """It is over."""
    s.rollout, s.rolled_out = None, fact


# ---------------------------------------------------------------- across the night


def kept(s: State) -> Iterator[dict[str, Any]]:
    """The one that stands."""
    if s.rollout is not None:
        yield msgspec.json.decode(msgspec.json.encode(s.rollout))


def take_in(s: State, values: dict[str, Any]) -> None:
    """The one that stood when the day before ended."""
    s.rollout = msgspec.convert(values, RollOutStands)
