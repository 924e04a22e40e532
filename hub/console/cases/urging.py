"""督办: who is reminded of a case that is not done, and when.

Rules:

* Half of the working time to the deadline reminds the owner, four fifths the duty officer, the deadline the manager, a working day
  more the director. A major case tells the director at once.
* Each is told once, in this order; what was missed while nobody looked is made up for.
* A closed case reminds nobody; a case without a deadline (a fault that is not repaired) neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from hub.console.cases.case import Case
from hub.console.cases.entries import Stage, Urged
from hub.console.cases.kinds import Kind, Term
from hub.console.cases.rules import HUB, ROLE, Who
from hub.console.cases.working import WorkingTime
from hub.console.door.rights import Role

_SHARES: Final = {Stage.OWNER: 0.5, Stage.DUTY_OFFICER: 0.8, Stage.MANAGER: 1.0}
_DAY_MORE: Final = Term(days=1)
_ROLES: Final = {
    Stage.DUTY_OFFICER: Role.DUTY_OFFICER,
    Stage.MANAGER: Role.MANAGER,
    Stage.DIRECTOR: Role.DIRECTOR,
}


def moments(case: Case, hours: WorkingTime) -> dict[Stage, datetime]:
    """When each is reminded; nobody without a deadline."""
    if case.due is None:
        return {}
    begins = case.repaired or case.opened.at
    found = {stage: hours.part(begins, case.due, share) for stage, share in _SHARES.items()}
    major = case.kind is Kind.MAJOR
    return found | {Stage.DIRECTOR: case.opened.at if major else hours.after(case.due, _DAY_MORE)}


def urge(case: Case, at: datetime, due: Mapping[Stage, datetime]) -> list[Urged]:
    """The reminders that are due and were not given; `due` are the case's :func:`moments`."""
    if case.closed is not None:
        return []
    return [
        Urged(at=at, by=HUB, stage=stage)
        for stage, moment in due.items()
        if stage not in case.urged and moment <= at
    ]


def waits_for(case: Case) -> frozenset[str]:
    """For whom an open case waits, by login or role: whoever it was offered to, and those who were reminded of it."""
    if case.closed is not None:
        return frozenset()
    reminded = {ROLE + role.value for stage, role in _ROLES.items() if stage in case.urged}
    if Stage.OWNER in case.urged:
        reminded.add(case.owner)
    return frozenset(reminded if case.offered is None else {*reminded, case.offered})


def reminds(case: Case, who: Who) -> bool:
    """Whether an open case waits for this person."""
    return any(who.is_meant(name) for name in waits_for(case))
