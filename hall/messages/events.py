"""What devices report (``up/event``): from a durable outbox, resent until receipted, acting once per (outbox, seq)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hall.messages.common import (
    Count,
    Day,
    Grade,
    Id,
    Key,
    Line,
    Message,
    Moment,
    StepNumber,
    TicketNumber,
    Token,
    WindowNumber,
)
from hall.release import Version


class Event(Message, tag_field="type", frozen=True, kw_only=True):
    """Base of every event. `at` is advice (trusted only with `clock_ok`); `mono_ms` orders a boot's own events.

    `first` is the lowest seq the device still holds: everything below it is settled.
    """

    outbox: Id
    seq: Count
    boot: Id
    mono_ms: Count
    at: Moment
    clock_ok: bool
    first: Count | None = None


class Rated(Event, tag="rated", frozen=True, kw_only=True):
    """A pad: a face was pressed for this step."""

    ticket: Id
    window: WindowNumber
    step: StepNumber
    grade: Grade


class Printed(Event, tag="printed", frozen=True, kw_only=True):
    """A dispenser: the paper is out, seen at the printer's own barrier."""

    ticket: Id
    copy: Count


class PrintFailed(Event, tag="print_failed", frozen=True, kw_only=True):
    """A dispenser: the paper did not come out."""

    ticket: Id
    code: Key


class IssuedOffline(Event, tag="issued_offline", frozen=True, kw_only=True):
    """A dispenser: no answer in time, so a number of its lent block was given for this ticket id."""

    ticket: Id
    number: TicketNumber
    service: Key
    lane: Key
    day: Day
    token: Token
    situation: Key | None = None
    large_print: bool = False


class AskWithdrawn(Event, tag="ask_withdrawn", frozen=True, kw_only=True):
    """A member restarted before this ask was answered; nobody holds a paper for it.

    The ask's own id travels as ``id``.
    """

    ask: Id = msgspec.field(name="id")


class ButtonStuck(Event, tag="button_stuck", frozen=True, kw_only=True):
    """A key has been closed for longer than anybody presses."""

    button: Key


class SelfTest(Event, tag="self_test", frozen=True, kw_only=True):
    """What the device's own test found."""

    results: dict[str, Any]


class BundlePart(Event, tag="bundle_part", frozen=True, kw_only=True):
    """A piece of a support bundle: the pieces in their order, out of base64, are one gzip file."""

    #: id of the command that asked for it
    bundle: Id
    #: 1 to `parts`
    part: Annotated[int, Meta(ge=1, le=64)]
    parts: Annotated[int, Meta(ge=1, le=64)]
    data: Annotated[str, Meta(max_length=6100)]


class UpdateReport(Event, tag="update", frozen=True, kw_only=True):
    """How far a device is with another release of its program, and what became of it."""

    version: Version
    phase: Literal["waiting", "installing", "trial", "good", "refused", "failed", "rolled-back"]
    #: why, for the last three
    code: Key | None = None
    detail: Line | None = None


AnyEvent = (
    Rated
    | Printed
    | PrintFailed
    | IssuedOffline
    | AskWithdrawn
    | ButtonStuck
    | SelfTest
    | BundlePart
    | UpdateReport
)
