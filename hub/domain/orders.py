"""What the hub itself tells the hall, beside the asks of members: devices' reports, lent numbers, alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from hall.messages.asks import AnyAsk
from hall.messages.common import Level, MemberKind, MemberState
from hall.text import Text


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every order."""


class RateStep(Order, frozen=True, kw_only=True):
    """A face was pressed at a pad; `cast_at` is None when the pad's clock cannot be trusted."""

    ticket: str
    window: int
    step: int
    grade: int
    cast_at: datetime | None


class NotePrinted(Order, frozen=True, kw_only=True):
    """A paper came out at `member`."""

    ticket: str
    copy: int
    member: str


class NotePrintFailed(Order, frozen=True, kw_only=True):
    """A paper did not come out at `member`."""

    ticket: str
    code: str
    member: str


class NoteIssuedOffline(Order, frozen=True, kw_only=True):
    """The deciding member gave out a number of its lent block; `arrived` is None when its clock cannot be trusted."""

    ticket: str
    number: str
    service: str
    situation: str | None
    lane: str
    day: str
    arrived: datetime | None
    large_print: bool = False


class WithdrawTicket(Order, frozen=True, kw_only=True):
    """Whoever asked for this ticket restarted before the answer: nobody holds a paper for it."""

    ticket: str


class NoteDeviceState(Order, frozen=True, kw_only=True):
    """A device came, went or degraded."""

    member: str
    kind: MemberKind
    state: MemberState


class RaiseAlert(Order, frozen=True, kw_only=True):
    """A member asks for help."""

    member: str
    alert: str
    level: Level
    code: str
    text: Text


class ClearAlert(Order, frozen=True, kw_only=True):
    """A member's trouble is over."""

    member: str
    alert: str


class NoteAnswer(Order, frozen=True, kw_only=True):
    """A device says how an order for its upkeep ended; `order` is the number of the fact that gave it."""

    member: str
    order: int
    phase: str
    code: str


class NoteTest(Order, frozen=True, kw_only=True):
    """A device has tested itself."""

    member: str
    results: dict[str, Any]


class NoteBundle(Order, frozen=True, kw_only=True):
    """A device's bundle has come whole."""

    member: str
    file: str
    size: int


class NoteConfigured(Order, frozen=True, kw_only=True):
    """A device says of the settings that it was told last: ``ok``, or why it does not have them."""

    member: str
    code: str


class RejectEvent(Order, frozen=True, kw_only=True):
    """A device's event could not be used and is put on record."""

    member: str
    outbox: str
    seq: int
    code: str
    text: Text


class LendNumbers(Order, frozen=True, kw_only=True):
    """A dispenser needs numbers for `day`; with `fresh` its memory of earlier blocks is gone and they are not to be used any more."""

    member: str
    day: str
    fresh: bool = False


class AdoptSettings(Order, frozen=True, kw_only=True):
    """The hub has read its settings: their policy counts if it is new."""


class LookAround(Order, frozen=True, kw_only=True):
    """Time has passed: whatever the clock alone has made true is told, each thing once."""


OwnOrder = (
    RateStep
    | NotePrinted
    | NotePrintFailed
    | NoteIssuedOffline
    | WithdrawTicket
    | NoteDeviceState
    | NoteAnswer
    | NoteTest
    | NoteBundle
    | NoteConfigured
    | RaiseAlert
    | ClearAlert
    | RejectEvent
    | LendNumbers
    | AdoptSettings
    | LookAround
)
#: Everything the hall decides on.
AnyOrder = AnyAsk | OwnOrder
