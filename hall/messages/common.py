r"""Kinds of values that every message shares, with the limits that decoding enforces.

``$(?!\n)`` closes every pattern: Python's ``$`` alone would let a trailing newline pass.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

#: Unique id of an ask, event, command or ticket.
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}$(?!\n)", description="unique id, ours are UUIDv7")]
#: A hall's or a member's name on the bus.
Name = Annotated[
    str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$(?!\n)", description="hall or member id")
]
#: A service, lane, situation or other key of the hall's settings.
Key = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f/+#\u2028\u2029\u202a-\u202e\u2066-\u2069]{1,48}$(?!\n)")]
_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$(?!\n)"
#: One line of text from a person: no control or direction-changing characters.
Line = Annotated[str, Meta(max_length=400, pattern=_LINE)]
#: A few words that must be said: a paper, an office, a person, a purpose.
Words = Annotated[str, Meta(min_length=1, max_length=80, pattern=_LINE)]
#: Names of papers or forms, as the lists of a service have them.
Papers = Annotated[tuple[Words, ...], Meta(max_length=30)]
#: What a person shows or types to check in: six digits an appointment's, eight a slip's.
Code = Annotated[str, Meta(pattern=r"^([0-9]{6}|[0-9]{8})$(?!\n)")]
#: An appointment's code.
AppointmentCode = Annotated[str, Meta(pattern=r"^[0-9]{6}$(?!\n)")]
#: A case's number, as its person is told it.
CaseNumber = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{1,32}$(?!\n)")]
#: A phone number's last four digits.
LastFour = Annotated[str, Meta(pattern=r"^[0-9]{4}$(?!\n)")]
#: A clerk's work number as shown to the public: a string, never a number.
WorkNumber = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{1,8}$(?!\n)")]
#: A ticket's number as people read it: the service letter and at least three digits.
TicketNumber = Annotated[str, Meta(pattern=r"^[A-Z][0-9]{3,4}$(?!\n)")]
#: A window's number.
WindowNumber = Annotated[int, Meta(ge=1, le=999)]
#: A 128-bit secret for the phone page, as 32 hex digits.
Token = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
#: A date of the hall's calendar, ``2026-11-22``.
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)")]
#: A moment with its offset.
Moment = Annotated[datetime, Meta(tz=True)]
#: The numbers of each letter that belong to the pre-printed book, on every day: no machine gives them.
FIRST_BY_HAND, LAST_BY_HAND = 8001, 8999
#: A count or sequence number that fits everywhere.
Count = Annotated[int, Meta(ge=0, le=2**53)]
#: 4 非常满意, 3 满意, 2 一般, 1 不满意.
Grade = Annotated[int, Meta(ge=1, le=4)]
#: The official five: 5 非常满意, 4 满意, 3 基本满意, 2 不满意, 1 非常不满意; see :mod:`hub.domain.ratings`.
Official = Annotated[int, Meta(ge=1, le=5)]
#: Service step of a visit: 1 for the first window that serves the ticket.
StepNumber = Annotated[int, Meta(ge=1, le=999)]


#: From which level on a program's records are kept.
LogLevel = Literal["debug", "info", "warning", "error"]


class Via(Enum):
    """How a ticket was taken."""

    DISPENSER = "dispenser"
    DESK = "desk"
    PHONE = "phone"
    #: from the pre-printed book, while the power was gone
    HAND = "hand"


class Outcome(Enum):
    """How a service step ended."""

    DONE = "done"
    ADVICE = "advice"
    MATERIAL_MISSING = "material-missing"
    NOT_ALLOWED = "not-allowed"
    PROXY_REFUSED = "proxy-refused"
    ONWARD = "onward"
    WITHDRAWN = "withdrawn"


#: A value of a device's settings that may change while it runs.
ConfigValue = bool | int | float | Annotated[str, Meta(max_length=200, pattern=_LINE)]


class DeviceOrder(Enum):
    """What somebody has a device do that serves its upkeep."""

    #: show, print or say which one it is
    IDENTIFY = "identify"
    #: test its hands and report
    SELF_TEST = "self-test"
    #: end, and be started anew
    RESTART = "restart"
    #: log more, or less, for a while
    LOG_LEVEL = "log-level"
    #: hand out what a technician needs to see
    BUNDLE = "bundle"
    #: forget who it is and all it remembers: it leaves the hall
    WIPE = "wipe"


class RollOutOutcome(Enum):
    """How other settings of several devices ended."""

    #: everybody who is there has them
    DONE = "done"
    #: a device showed that they are bad: everybody has what was before
    HALTED = "halted"
    #: somebody stopped it: everybody has what was before
    STOPPED = "stopped"


class Act(Enum):
    """What a clerk did last at a window and may take back."""

    CALL = "call"
    START = "start"
    NO_SHOW = "no-show"
    PARK = "park"
    TRANSFER = "transfer"
    FINISH = "finish"


class MemberKind(Enum):
    """What a member is; the hub takes it from registration, never from a payload."""

    DISPENSER = "dispenser"
    SIGN = "sign"
    PAD = "pad"
    SPEAKER = "speaker"
    CALL_KEY = "call-key"
    CONSOLE = "console"
    HUB = "hub"


DEVICE_KINDS = frozenset(MemberKind) - {MemberKind.CONSOLE, MemberKind.HUB}


class MemberState(Enum):
    """A member's life on the bus."""

    READY = "ready"
    DEGRADED = "degraded"
    UPDATING = "updating"
    DISCONNECTED = "disconnected"
    LOST = "lost"


class Level(Enum):
    """How bad an alert is."""

    WARNING = "warning"
    FAULT = "fault"


class AlarmCode(Enum):
    """What the hall speaks up about by itself."""

    #: a service's wait has reached the limit that is worth a word, or the one that was promised
    WAIT_WARN = "wait-warn"
    WAIT_BREACH = "wait-breach"
    #: too many people per open window of a service, or in the whole hall
    LINE_LONG = "line-long"
    CROWD = "crowd"
    #: nobody sits where the roster says so, or where lunch is covered
    WINDOW_UNSTAFFED = "window-unstaffed"
    LUNCH_UNCOVERED = "lunch-uncovered"
    PAUSE_OVERRUN = "pause-overrun"
    #: one ticket was sent on too often
    PING_PONG = "ping-pong"
    #: somebody is served longer than the service's target: they are told how it goes
    TARGET_PASSED = "target-passed"
    FINISH_FORGOTTEN = "finish-forgotten"
    #: a clerk called for help without a word
    HELP_CALLED = "help-called"


class AlarmLevel(Enum):
    """How loud an alarm is."""

    #: for the clerk
    NOTICE = "notice"
    #: for the guide desk
    WARNING = "warning"
    #: for the duty officer too
    URGENT = "urgent"


class Remedy(Enum):
    """What would help against an alarm."""

    #: seat somebody at this window
    OPEN_WINDOW = "open-window"
    #: let this window help with the service
    HELPER = "helper"
    #: send people of the service to this window
    REROUTE = "reroute"


class NoticeKind(Enum):
    """A sentence that somebody of the staff has the hall told: exact words of the hall, or their own (`text`)."""

    #: so many minutes to closing; who holds a number is served
    CLOSING_SOON = "closing-soon"
    EXTENDED = "extended"
    #: many wait, and windows are being opened
    CROWD = "crowd"
    #: a service is served at another window too
    DIVERT = "divert"
    #: something cannot be done for a while: people register at the guide desk
    FAULT_LONG = "fault-long"
    FOUND = "found"
    CHILD = "child"
    EVACUATE = "evacuate"
    #: for board and signs alone
    TEXT = "text"


class WindowState(Enum):
    """What a window is doing, as the board shows it."""

    CLOSED = "closed"
    IDLE = "idle"
    CALLED = "called"
    SERVING = "serving"
    PAUSED = "paused"


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Anything that travels: unknown fields are ignored, fields at their default are not sent."""


class Span(Message, frozen=True, kw_only=True):
    """A run of numbers of one letter, both ends included."""

    first: TicketNumber
    last: TicketNumber


class Onward(Message, frozen=True, kw_only=True):
    """Where somebody goes on outside the hall's queue; `confirmed`: that office was asked first and expects the person."""

    office: Words
    room: Words
    person: Words
    purpose: Words
    confirmed: bool = False
