"""What is written down about a case: one row each, with its time and who wrote it; none is ever changed.

Names, phone numbers and the person's own words are not in here: they are kept apart (:mod:`hub.console.cases.tables`) and deleted after
their time; an entry only says that they were given.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from hall.messages.common import Moment
from hub.console.cases.kinds import Channel, Kind, Section, Source, Step


class Stage(Enum):
    """Who is reminded of a case that is not done (督办)."""

    #: half of its time is over: its owner
    OWNER = "owner"
    #: four fifths
    DUTY_OFFICER = "duty-officer"
    #: all of it
    MANAGER = "manager"
    #: a working day more
    DIRECTOR = "director"


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all entries: when, and who (a login; ``hub`` and ``public`` for what nobody here did)."""

    at: Moment
    by: str


class Opened(Entry, tag=True, frozen=True, kw_only=True, omit_defaults=True):
    """A case began."""

    kind: Kind
    source: Source
    #: a login, or a role as ``@duty-officer``
    owner: str
    #: who is asked to take it
    offered: str | None = None
    #: by when somebody has spoken to the person, and by when it is closed
    contact_by: Moment | None = None
    due: Moment | None = None
    #: one line about it, written by the staff
    about: str = ""
    #: the service step that it is about
    ticket: str | None = None
    step: int | None = None
    number: str | None = None
    window: int | None = None
    clerk: str | None = None
    service: str | None = None
    #: the device that failed, and its alert
    member: str | None = None
    alert: str | None = None


class PersonTold(Entry, tag=True, frozen=True, kw_only=True, omit_defaults=True):
    """The person told more: reason codes, words of their own, a name, a number to call."""

    reasons: tuple[str, ...] = ()
    has_words: bool = False
    has_name: bool = False
    has_phone: bool = False


class SpokenTo(Entry, tag=True, frozen=True, kw_only=True):
    """Somebody spoke to the person before they left the hall."""


class AlreadyLeft(Entry, tag=True, frozen=True, kw_only=True):
    """The person had left when somebody came."""


class Ticked(Entry, tag=True, frozen=True, kw_only=True, omit_defaults=True):
    """A step was done."""

    step: Step
    note: str = ""


class Unticked(Entry, tag=True, frozen=True, kw_only=True):
    """A step was not done after all."""

    step: Step
    why: str


class Noted(Entry, tag=True, frozen=True, kw_only=True):
    """A note of the staff."""

    text: str


class Recorded(Entry, tag=True, frozen=True, kw_only=True, omit_defaults=True):
    """A section of the record was written; the latest one counts."""

    section: Section
    text: str
    #: of a finding: whether the complaint is valid
    valid: bool | None = None
    channel: Channel | None = None


class Called(Entry, tag=True, frozen=True, kw_only=True, omit_defaults=True):
    """The person was called."""

    reached: bool
    satisfied: bool | None = None
    note: str = ""


class Offered(Entry, tag=True, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody else was asked to take the case; its owner stays until they accept."""

    to: str
    note: str = ""


class Accepted(Entry, tag=True, frozen=True, kw_only=True):
    """The case has a new owner: whoever wrote this."""


class Declined(Entry, tag=True, frozen=True, kw_only=True):
    """Whoever was asked does not take it."""

    why: str


class Reclassified(Entry, tag=True, frozen=True, kw_only=True, omit_defaults=True):
    """It is of another kind; its deadline comes nearer or stays."""

    kind: Kind
    why: str
    due: Moment | None = None


class Repaired(Entry, tag=True, frozen=True, kw_only=True, omit_defaults=True):
    """The fault is over; from now on a call is due."""

    due: Moment


class Urged(Entry, tag=True, frozen=True, kw_only=True):
    """Somebody was reminded."""

    stage: Stage


class Closed(Entry, tag=True, frozen=True, kw_only=True):
    """The case is done."""

    #: what was said at the end
    words: str


class Reopened(Entry, tag=True, frozen=True, kw_only=True):
    """It was not done after all."""

    why: str


class WordsDeleted(Entry, tag=True, frozen=True, kw_only=True):
    """Name, number and the person's words were deleted: their time is over."""


AnyEntry = (
    Opened
    | PersonTold
    | SpokenTo
    | AlreadyLeft
    | Ticked
    | Unticked
    | Noted
    | Recorded
    | Called
    | Offered
    | Accepted
    | Declined
    | Reclassified
    | Repaired
    | Urged
    | Closed
    | Reopened
    | WordsDeleted
)
