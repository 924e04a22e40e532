"""A case as its entries tell it.

Rules:

* A case is nothing but its entries: :func:`tell` gives the case after one more of them.
* The owner changes with ``Accepted`` and with nothing else (M16).
* A call counts as a call-back when the person was reached, or after :data:`ATTEMPTS` tries; for a fault, only after the repair.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from hub.console.cases.entries import (
    Accepted,
    AlreadyLeft,
    AnyEntry,
    Called,
    Closed,
    Declined,
    Entry,
    Noted,
    Offered,
    Opened,
    PersonTold,
    Reclassified,
    Recorded,
    Reopened,
    Repaired,
    SpokenTo,
    Stage,
    Ticked,
    Unticked,
    Urged,
    WordsDeleted,
)
from hub.console.cases.kinds import KINDS, Demands, Kind, Section, Step

ATTEMPTS = 3
#: Ticking one of these is a talk with the person.
TALKS = frozenset({Step.HEARD, Step.APOLOGISED, Step.ANSWERED})


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One case now."""

    id: str
    opened: Opened
    kind: Kind
    owner: str
    offered: str | None
    contact_by: datetime | None
    due: datetime | None
    steps: dict[Step, Ticked] = {}
    sections: dict[Section, Recorded] = {}
    calls: tuple[Called, ...] = ()
    reasons: tuple[str, ...] = ()
    has_words: bool = False
    has_name: bool = False
    has_phone: bool = False
    #: spoken to in the hall, or found gone
    spoken: SpokenTo | None = None
    left: AlreadyLeft | None = None
    #: when somebody first spoke to the person
    contacted: datetime | None = None
    repaired: datetime | None = None
    urged: frozenset[Stage] = frozenset()
    closed: Closed | None = None
    entries: tuple[AnyEntry, ...] = ()
    #: what each kind demands in this hall
    table: Mapping[Kind, Demands] = msgspec.field(default_factory=lambda: KINDS)

    @property
    def demands(self) -> Demands:
        """What its kind demands."""
        return self.table[self.kind]

    @property
    def last(self) -> datetime:
        """When something was last written."""
        return self.entries[-1].at

    @property
    def called_back(self) -> bool:
        """Whether the person was called as they must be."""
        since = self.repaired if self.kind is Kind.FAULT_CALLBACK else self.opened.at
        counted = [] if since is None else [call for call in self.calls if call.at >= since]
        return any(call.reached for call in counted) or len(counted) >= ATTEMPTS

    def overdue(self, at: datetime) -> bool:
        """Whether a deadline has passed: its end, or the first talk."""
        if self.closed is not None:
            return False
        late = self.due is not None and self.due < at
        return late or (self.contacted is None and self.contact_by is not None and self.contact_by < at)

    @property
    def late(self) -> bool:
        """Whether it was closed after its deadline."""
        return self.closed is not None and self.due is not None and self.closed.at > self.due


def begin(case_id: str, opened: Opened, table: Mapping[Kind, Demands] = KINDS) -> Case:
    """The case after its first entry."""
    return Case(
        id=case_id,
        opened=opened,
        kind=opened.kind,
        owner=opened.owner,
        offered=opened.offered,
        contact_by=opened.contact_by,
        due=opened.due,
        entries=(opened,),
        table=table,
    )


def told(case_id: str, entries: Iterable[AnyEntry], table: Mapping[Kind, Demands] = KINDS) -> Case:
    """The case after all of its entries; the first is ``Opened``."""
    first, *others = entries
    assert isinstance(first, Opened)
    case = begin(case_id, first, table)
    for entry in others:
        case = tell(case, entry)
    return case


def tell(case: Case, entry: AnyEntry) -> Case:
    """The case after one more entry."""
    changed = _changes(case, entry) | {"entries": (*case.entries, entry)}
    if case.contacted is None and _is_talk(entry):
        changed["contacted"] = entry.at
    return msgspec.structs.replace(case, **changed)


def _is_talk(entry: Entry) -> bool:
    match entry:
        case Called(reached=reached):
            return reached
        case Ticked(step=step):
            return step in TALKS
        case _:
            return isinstance(entry, SpokenTo)


def _changes(case: Case, entry: AnyEntry) -> dict[str, object]:
    match entry:
        case PersonTold():
            return {
                "reasons": tuple(dict.fromkeys((*case.reasons, *entry.reasons))),
                "has_words": case.has_words or entry.has_words,
                "has_name": case.has_name or entry.has_name,
                "has_phone": case.has_phone or entry.has_phone,
            }
        case SpokenTo():
            return {"spoken": entry}
        case AlreadyLeft():
            return {"left": entry}
        case Ticked():
            return {"steps": {**case.steps, entry.step: entry}}
        case Unticked():
            return {"steps": {step: tick for step, tick in case.steps.items() if step is not entry.step}}
        case Recorded():
            return {"sections": {**case.sections, entry.section: entry}}
        case Called():
            return {"calls": (*case.calls, entry)}
        case Offered():
            return {"offered": entry.to}
        case Accepted():
            return {"owner": entry.by, "offered": None}
        case Declined():
            return {"offered": None}
        case Reclassified():
            return {"kind": entry.kind, "due": entry.due}
        case Repaired():
            tick = Ticked(at=entry.at, by=entry.by, step=Step.REPAIRED)
            return {"repaired": entry.at, "due": entry.due, "steps": {**case.steps, Step.REPAIRED: tick}}
        case Urged():
            return {"urged": case.urged | {entry.stage}}
        case Closed():
            return {"closed": entry, "offered": None}
        case Reopened():
            return {"closed": None, "urged": frozenset()}
        case WordsDeleted():
            return {"has_words": False, "has_name": False, "has_phone": False}
        case Noted() | Opened():
            return {}
