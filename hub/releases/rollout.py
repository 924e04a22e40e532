"""A rollout: one release comes to a hall, a canary of each kind first, and stops by itself when it does harm. Pure.

Rules:

* Waves: first one device of each kind (the canaries), then all. The second begins when every canary has proved the release.
* Canaries are chosen when devices may be asked, among those that are there then: nobody is asked before they are chosen.
* A canary that failed, or more than :data:`BAD_SHARE` of the devices of a wave, halts the rollout. Nothing resumes a halted rollout but
  a person, and whoever has the new release keeps it.
* A device that is away counts for nothing: it is not updated. A canary that is away before it has begun gives its place to another of its
  kind that is there.
* No wave waits for ever. A canary that has begun and says nothing for :data:`SILENT` halts the rollout, and so do canaries that have not all
  proved the release :data:`LONGEST` after it was sent.
* Between halls the same holds: the first hall finishes before a person starts it in the next one.
* A device that has failed is not tried again by the same rollout.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

#: a wave with more failed devices than this halts
BAD_SHARE = 0.02
#: an installation has three quarters of an hour, a trial minutes: whoever is silent for longer does not come back by itself
SILENT = timedelta(hours=2)
#: longer than any holiday in which a hall is switched off
LONGEST = timedelta(days=14)


class Outcome(StrEnum):
    """Where one device stands in a rollout."""

    #: not asked yet, or asked and not begun
    WAITING = "waiting"
    #: it says that it is at it
    WORKING = "working"
    GOOD = "good"
    #: refused, failed or rolled back
    BAD = "bad"


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """One release on its way through the hall."""

    version: str
    begun: datetime
    actor: str
    #: also while the hall is open
    now: bool = False
    #: why it was halted; None: it goes on
    halted: str | None = None
    #: none: not chosen yet
    canaries: tuple[str, ...] = ()
    outcomes: dict[str, Outcome] = {}
    #: what devices said last, for people
    said: dict[str, str] = {}
    #: when they said it
    said_at: dict[str, datetime] = {}


def chosen(rollout: Rollout, kinds: Mapping[str, str], there: AbstractSet[str]) -> Rollout:
    """The rollout with its canaries; `kinds` is member → kind. They are devices that are there, if there are any of their kind."""
    if rollout.canaries:
        return rollout
    canaries: dict[str, str] = {}
    for member in sorted(kinds, key=lambda name: (name not in there, name)):
        canaries.setdefault(kinds[member], member)
    return msgspec.structs.replace(
        rollout,
        canaries=tuple(sorted(canaries.values())),
        outcomes={member: rollout.outcomes.get(member, Outcome.WAITING) for member in sorted(kinds)},
    )


def minded(rollout: Rollout, kinds: Mapping[str, str], there: AbstractSet[str], now: datetime) -> Rollout:
    """The rollout after a look at its canaries: who is away gives its place, and a wave that comes to no end halts."""
    if rollout.halted is not None or not rollout.canaries or _canaries_good(rollout):
        return rollout
    late = _late(rollout, now)
    if late is not None:
        return halted(rollout, late)
    canaries = {_stands_in(rollout, each, kinds, there) for each in rollout.canaries}
    return msgspec.structs.replace(rollout, canaries=tuple(sorted(canaries)))


def _stands_in(rollout: Rollout, canary: str, kinds: Mapping[str, str], there: AbstractSet[str]) -> str:
    """Who is the canary of its kind now: itself, unless it is away and has not begun, and another is there."""
    if canary in there or rollout.outcomes.get(canary, Outcome.WAITING) is not Outcome.WAITING:
        return canary
    others = (each for each in sorted(there) if each in kinds and kinds[each] == kinds.get(canary))
    return next((each for each in others if rollout.outcomes.get(each) is not Outcome.BAD), canary)


def _late(rollout: Rollout, now: datetime) -> str | None:
    """Which canary the rollout has waited for long enough, in words."""
    for each in rollout.canaries:
        outcome, since = rollout.outcomes.get(each), rollout.said_at.get(each, rollout.begun)
        if outcome is Outcome.WORKING and now - since > SILENT:
            hours = SILENT // timedelta(hours=1)
            return f"canary {each} has said nothing for {hours} h since: {rollout.said.get(each, '-')}"
        if outcome is not Outcome.GOOD and now - rollout.begun > LONGEST:
            return f"canary {each} has not proved it within {LONGEST.days} days"
    return None


def wanted(rollout: Rollout, member: str) -> bool:
    """Whether this device is to run the release now."""
    outcome = rollout.outcomes.get(member, Outcome.WAITING)
    if outcome is Outcome.GOOD:
        return True
    if rollout.halted is not None or outcome is Outcome.BAD:
        return False
    return member in rollout.canaries or _canaries_good(rollout)


def heard(rollout: Rollout, member: str, phase: str, why: str | None, at: datetime | None = None) -> Rollout:
    """The rollout after what this device says."""
    outcome = {
        "good": Outcome.GOOD,
        "refused": Outcome.BAD,
        "failed": Outcome.BAD,
        "rolled-back": Outcome.BAD,
        "waiting": Outcome.WAITING,
    }.get(phase, Outcome.WORKING)
    if rollout.outcomes.get(member) is Outcome.BAD and outcome is not Outcome.GOOD:
        return rollout
    changed = msgspec.structs.replace(
        rollout,
        outcomes={**rollout.outcomes, member: outcome},
        said={**rollout.said, member: phase if why is None else f"{phase}: {why}"},
        said_at=rollout.said_at if at is None else {**rollout.said_at, member: at},
    )
    return msgspec.structs.replace(changed, halted=changed.halted or _harm(changed))


def halted(rollout: Rollout, why: str) -> Rollout:
    """The rollout, stopped; the first reason stays."""
    return msgspec.structs.replace(rollout, halted=rollout.halted or why)


def done(rollout: Rollout) -> bool:
    """Whether every device has it."""
    return bool(rollout.canaries) and all(outcome is Outcome.GOOD for outcome in rollout.outcomes.values())


def _canaries_good(rollout: Rollout) -> bool:
    return bool(rollout.canaries) and all(
        rollout.outcomes.get(each) is Outcome.GOOD for each in rollout.canaries
    )


def _harm(rollout: Rollout) -> str | None:
    """Why it must stop, if it must."""
    bad = sorted(member for member, outcome in rollout.outcomes.items() if outcome is Outcome.BAD)
    first = next((member for member in bad if member in rollout.canaries), None)
    if first is not None:
        return f"canary {first} {rollout.said.get(first, 'failed')}"
    rest = len(rollout.outcomes) - len(rollout.canaries)
    if bad and len(bad) > BAD_SHARE * rest:
        return f"{len(bad)} of {rest} failed, {bad[0]} {rollout.said.get(bad[0], '')}".rstrip()
    return None
