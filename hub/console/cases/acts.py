"""What people ask to be done with a case."""

from __future__ import annotations

import msgspec

from hub.console.cases.kinds import Channel, Kind, Section, Step


class _Act(msgspec.Struct, frozen=True, kw_only=True):
    """Base."""


class Tick(_Act, frozen=True, kw_only=True):
    """A step was done."""

    step: Step
    note: str = ""


class Untick(_Act, frozen=True, kw_only=True):
    """A step was not done after all."""

    step: Step
    why: str


class Note(_Act, frozen=True, kw_only=True):
    """Write a note."""

    text: str


class Record(_Act, frozen=True, kw_only=True):
    """Write a section of the record; a finding also says whether the complaint is valid, a channel which."""

    section: Section
    text: str
    valid: bool | None = None
    channel: Channel | None = None


class Call(_Act, frozen=True, kw_only=True):
    """The person was called."""

    reached: bool
    satisfied: bool | None = None
    note: str = ""


class SpeakTo(_Act, frozen=True, kw_only=True):
    """Spoken to before leaving."""


class FindGone(_Act, frozen=True, kw_only=True):
    """The person had left."""


class Offer(_Act, frozen=True, kw_only=True):
    """Ask a person (login) or a role (``@case-handler``) to take the case."""

    to: str
    note: str = ""


class Accept(_Act, frozen=True, kw_only=True):
    """Take the case."""


class Decline(_Act, frozen=True, kw_only=True):
    """Do not take it, and say why."""

    why: str


class Reclassify(_Act, frozen=True, kw_only=True):
    """It is of another kind."""

    kind: Kind
    why: str


class Repair(_Act, frozen=True, kw_only=True):
    """The fault is over."""


class Close(_Act, frozen=True, kw_only=True):
    """It is done; the closing words."""

    words: str


class Reopen(_Act, frozen=True, kw_only=True):
    """It was not done after all."""

    why: str


AnyAct = (
    Tick
    | Untick
    | Note
    | Record
    | Call
    | SpeakTo
    | FindGone
    | Offer
    | Accept
    | Decline
    | Reclassify
    | Repair
    | Close
    | Reopen
)
