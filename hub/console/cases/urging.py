"""督办: who is reminded of a case that is not done, and when.

Rules:

* Half of the working time to the deadline reminds the owner, four fifths the duty officer, the deadline the manager, a working day
  more the director. A major case tells the director at once.
* Each is told once, in this order; what was missed while nobody looked is made up for.
* A closed case reminds nobody; a case without a deadline (a fault that is not repaired) neither.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hub.console.cases.case import Case
from hub.console.cases.entries import Stage, Urged
from hub.console.cases.kinds import Kind, Term
from hub.console.cases.rules import HUB, Who
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


def urge(case: Case, at: datetime, hours: WorkingTime) -> list[Urged]:
    """The reminders that are due and were not given."""
    if case.closed is not None or len(case.urged) == len(Stage):
        return []
    due = moments(case, hours)
    return [
        Urged(at=at, by=HUB, stage=stage)
        for stage, moment in due.items()
        if stage not in case.urged and moment <= at
    ]


def reminds(case: Case, who: Who) -> bool:
    """Whether an open case waits for this person: it was offered to them, or they were reminded of it."""
    if case.closed is not None:
        return False
    owner = Stage.OWNER in case.urged and who.is_meant(case.owner)
    over = any(stage in case.urged and role in who.roles for stage, role in _ROLES.items())
    return owner or over or who.is_meant(case.offered)
