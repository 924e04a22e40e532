"""A rollout: one release comes to a hall, a canary of each kind first, and stops by itself when it does harm. Pure.

Rules:

* Waves: first one device of each kind (the canaries), then all. The second begins when every canary has proved the release.
* Canaries are chosen when devices may be asked, among those that are there then: nobody is asked before they are chosen.
* A canary that failed, or more than :data:`BAD_SHARE` of the devices of a wave, halts the rollout. Nothing resumes a halted rollout but
  a person, and whoever has the new release keeps it.
* A device that is away counts for nothing: it is not updated, and a canary that goes away keeps its wave waiting.
* Between halls the same holds: the first hall finishes before a person starts it in the next one.
* A device that has failed is not tried again by the same rollout.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum

import msgspec

#: a wave with more failed devices than this halts
BAD_SHARE = 0.02


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


def wanted(rollout: Rollout, member: str) -> bool:
    """Whether this device is to run the release now."""
    outcome = rollout.outcomes.get(member, Outcome.WAITING)
    if outcome is Outcome.GOOD:
        return True
    if rollout.halted is not None or outcome is Outcome.BAD:
        return False
    return member in rollout.canaries or _canaries_good(rollout)


def heard(rollout: Rollout, member: str, phase: str, why: str | None) -> Rollout:
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
