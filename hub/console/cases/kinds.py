"""Kinds of cases and what each demands: its mandatory steps, its written record, its deadlines (M5, M16-M20).

Rules:

* A kind is a row of :data:`KINDS` (a hall adds to it in :mod:`hub.console.cases.settings`): every step in it must be ticked and every section written before a case of that kind may close.
* Deadlines are working time of the hall's calendar, counted from the opening; a repair's call-back counts from the repair.
* A case that nobody was asked for belongs to a role until somebody of it accepts.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hub.console.door.rights import Role


class Kind(Enum):
    """What a case is about: it decides what must be done."""

    BAD_RATING = "bad-rating"
    #: what the person wants is not allowed or not possible
    CANNOT_BE_DONE = "cannot-be-done"
    STAFF = "staff"
    THIRD_PARTY = "third-party"
    #: 重大: the director knows from the first moment
    MAJOR = "major"
    CLERK_ERROR = "clerk-error"
    FAULT_CALLBACK = "fault-callback"
    #: whoever is asked first answers, or finds who does
    FIRST_ASKED = "first-asked"
    SUGGESTION = "suggestion"


class Source(Enum):
    """Where a case came from."""

    COUNTER = "counter"
    PAD = "pad"
    PHONE_PAGE = "phone-page"
    PHONE = "phone"
    LETTER = "letter"
    #: the book on the guide desk (意见簿)
    SUGGESTION_BOOK = "suggestion-book"
    SUGGESTION_PAGE = "suggestion-page"
    #: a ticket of the window 吐槽找茬
    COMPLAINT_WINDOW = "complaint-window"
    CLERK = "clerk"
    GUIDE_DESK = "guide-desk"
    HOTLINE = "hotline"
    MEDIA = "media"
    #: somebody who came as any other visitor, to see how one is served
    MYSTERY_CHECK = "mystery-check"


class Step(Enum):
    """Something that must have been done, and is ticked by whoever did it."""

    HEARD = "heard"
    APOLOGISED = "apologised"
    CAUSE_FOUND = "cause-found"
    ALTERNATIVE = "alternative"
    ASKED = "asked"
    FOLLOWED_UP = "followed-up"
    RECORDS_CHECKED = "records-checked"
    #: with training or a changed process where it helps
    REMEDIED = "remedied"
    SATISFIED = "satisfied"
    CONFIRMED = "confirmed"
    CONCERN = "concern"
    #: together with the third party
    INVESTIGATED = "investigated"
    THREE_WAY = "three-way"
    CORRECTED = "corrected"
    TRAINED = "trained"
    #: the device's alert is cleared; where no device is named, somebody says so
    REPAIRED = "repaired"
    ANSWERED = "answered"
    THANKED = "thanked"
    PASSED_ON = "passed-on"


class Section(Enum):
    """A part of a case's written record, dated and signed each time it is written (M18)."""

    #: who looks into it: see :class:`Channel`
    CHANNEL = "channel"
    #: preliminary finding: valid or not
    FINDING = "finding"
    RESULT = "result"
    #: opinion on the responsible person
    RESPONSIBLE = "responsible"
    #: told to the complainant
    TOLD = "told"
    #: summary and improvement
    IMPROVEMENT = "improvement"


class Channel(Enum):
    """Which way a complaint is looked into."""

    #: the person at the counter and their head
    STAFF = "staff"
    #: the department whose service it is
    DEPARTMENT = "department"
    #: audit and legal affairs
    AUDIT_LEGAL = "audit-legal"


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A span of working time: whole working days, or minutes."""

    days: Annotated[int, Meta(ge=0, le=250)] = 0
    minutes: Annotated[int, Meta(ge=0, le=480)] = 0


class Demands(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind demands."""

    steps: tuple[Step, ...]
    sections: tuple[Section, ...] = ()
    #: by when somebody has spoken to the person
    contact: Term | None = None
    #: by when it is closed; for a fault, from its repair on
    close: Term
    #: whose it is when nobody was asked
    owner: Role = Role.DUTY_OFFICER
    #: a person who left a number is called before the case closes
    call_back: bool = True


_DAY: Final = Term(days=1)
_WRITTEN: Final = (Section.CHANNEL, Section.FINDING, Section.RESULT, Section.TOLD)

KINDS: Final[dict[Kind, Demands]] = {
    Kind.BAD_RATING: Demands(
        steps=(Step.HEARD, Step.APOLOGISED, Step.CAUSE_FOUND, Step.REMEDIED, Step.SATISFIED),
        sections=(Section.RESULT,),
        contact=_DAY,
        close=Term(days=15),
    ),
    Kind.CANNOT_BE_DONE: Demands(
        steps=(Step.HEARD, Step.APOLOGISED, Step.ALTERNATIVE, Step.ASKED, Step.FOLLOWED_UP),
        contact=_DAY,
        close=Term(days=2),
    ),
    Kind.STAFF: Demands(
        steps=(Step.HEARD, Step.APOLOGISED, Step.RECORDS_CHECKED, Step.REMEDIED, Step.SATISFIED),
        sections=tuple(Section),
        contact=_DAY,
        close=Term(days=5),
    ),
    Kind.THIRD_PARTY: Demands(
        steps=(Step.HEARD, Step.CONFIRMED, Step.CONCERN, Step.INVESTIGATED, Step.THREE_WAY),
        sections=_WRITTEN,
        contact=_DAY,
        close=Term(days=15),
        owner=Role.CASE_HANDLER,
    ),
    Kind.MAJOR: Demands(
        steps=(Step.HEARD, Step.APOLOGISED, Step.RECORDS_CHECKED, Step.REMEDIED, Step.SATISFIED),
        sections=tuple(Section),
        contact=Term(minutes=120),
        close=Term(days=10),
        owner=Role.MANAGER,
    ),
    Kind.CLERK_ERROR: Demands(steps=(Step.APOLOGISED, Step.CORRECTED, Step.TRAINED), close=Term(days=3)),
    Kind.FAULT_CALLBACK: Demands(steps=(Step.REPAIRED,), close=Term(minutes=120)),
    Kind.FIRST_ASKED: Demands(steps=(Step.HEARD, Step.ANSWERED), close=Term(days=2)),
    Kind.SUGGESTION: Demands(
        steps=(Step.THANKED, Step.PASSED_ON, Step.ANSWERED),
        close=Term(days=5),
        owner=Role.CASE_HANDLER,
    ),
}
