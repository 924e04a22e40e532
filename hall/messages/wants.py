"""Desired state (``down/want/<part>``, retained): apply whatever differs, then say so on ``up/have/<part>`` with the same rev."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hall.messages.common import (
    Count,
    Day,
    Id,
    Key,
    Message,
    Moment,
    StepNumber,
    TicketNumber,
    WindowNumber,
    WindowState,
    WorkNumber,
)
from hall.messages.facts import Block
from hall.plan_ticket import TICKET_PARTS
from hall.release import Version
from hall.text import Text

Rev = Annotated[str, Meta(max_length=64)]
#: of a mirror of releases
Address = Annotated[
    str, Meta(pattern=r"^https://[A-Za-z0-9.:\[\]_-]{1,200}(/[A-Za-z0-9._-]{1,64}){0,4}$(?!\n)")
]


class Want(Message, frozen=True, kw_only=True):
    """Base of every desired state; `rev` is opaque."""

    rev: Rev


class Display(Want, frozen=True, kw_only=True):
    """What a sign shows. `mode` names the state; the sign draws it from the hall's words.

    Modes: ``idle``, ``called``, ``serving``, ``rate``, ``thanks``, ``paused``, ``lunch``, ``closed`` (hall), ``closed-window``,
    ``fault``, ``fault-long``, ``carry``, ``notice``, ``evacuate``.
    """

    mode: Key
    window: WindowNumber
    #: what is served here, in the window's order
    services: tuple[Text, ...] = ()
    clerk: WorkNumber | None = None
    heart: bool = False
    review: bool = False
    extended: bool = False
    number: TicketNumber | None = None
    round: Count = 0
    #: other windows open now for the same services (paused, fault)
    others: tuple[WindowNumber, ...] = ()
    #: clock time as written on the sign, "10:30"
    until: str | None = None
    #: next opening as written on the sign, "9:00"
    opens: str | None = None
    notice: Text | None = None
    #: festival words or the tip of the day, while nothing else is shown
    greeting: Text | None = None


class Counter(Want, frozen=True, kw_only=True):
    """What a call key shows its clerk: what the window is doing, the number in hand, and how many it could call."""

    window: WindowNumber
    state: WindowState
    number: TicketNumber | None = None
    waiting: Count = 0


class Rating(Want, frozen=True, kw_only=True):
    """Which step a pad asks about; all null: the pad is dark. `until` is when it closes by itself."""

    ticket: Id | None
    step: StepNumber | None
    until: Moment | None
    window: WindowNumber | None = None
    #: who served; shown while the pad asks
    clerk: WorkNumber | None = None


class NextNumbers(Message, frozen=True, kw_only=True):
    """The blocks for the next open day."""

    day: Day
    blocks: tuple[Block, ...]


class Numbers(Want, frozen=True, kw_only=True):
    """Number blocks lent to a dispenser for today and the next open day."""

    day: Day
    blocks: tuple[Block, ...]
    next: NextNumbers | None = None


class Situation(Message, frozen=True, kw_only=True):
    """One kind of a service and the complete list of papers it needs beyond the common ones."""

    id: Key
    name: Text
    need: tuple[str, ...] = ()
    again_days: Count | None = None
    #: recent median handling time of this situation, null when data is thin
    handling_min: Count | None = None


class Service(Message, frozen=True, kw_only=True):
    """One service as a dispenser needs it."""

    id: Key
    letter: str
    name: Text
    common: tuple[str, ...] = ()
    situations: tuple[Situation, ...] = ()
    online: bool = False
    #: papers of this kind come from the self-service station, no queue needed
    station: tuple[str, ...] = ()
    #: shown as a key on dispensers
    button: bool = True
    #: version and date of the materials list
    version: str = ""
    #: recent median handling time, null when data is thin
    handling_min: Count | None = None
    #: zone text of the windows that serve it, e.g. 一楼东区
    zone: str = ""
    #: the same for those who read English; empty: nobody wrote it
    zone_en: str = ""
    #: why its key gives no number now, and what people can do instead
    off: Text | None = None
    #: when `off` is over by the clock alone
    off_until: Moment | None = None
    #: a wait above this is told on paper; null: the hall's
    wait_limit_s: Count | None = None
    #: its steps in a sentence
    process: Text | None = None


class TicketDesign(Message, frozen=True, kw_only=True):
    """How the hall wants its tickets: which parts in which order, its picture above them, and who gets large type."""

    parts: tuple[Key, ...] = TICKET_PARTS
    #: a PNG, base64; empty: none
    logo: str = ""
    qr: bool = True
    #: every ticket in large type, or those of these lanes
    large: bool = False
    large_lanes: tuple[Key, ...] = ()


class Services(Want, frozen=True, kw_only=True):
    """The hall's catalogue for dispensers: names, letters, situations, materials with version, reminders, hours."""

    hall: Key
    name: Text
    services: tuple[Service, ...]
    lanes: tuple[Key, ...] = ("normal",)
    day: Day | None = None
    open: bool = False
    #: posted hours as written on paper, "9:00"
    opens: str = ""
    closes: str = ""
    #: the day these hours belong to, when they are not today's
    next_day: Day | None = None
    public_url: str = ""
    hotline: str = ""
    supervision: str = ""
    #: where one complains, if that is a number of its own
    complaints: str = ""
    #: what the hall's services cost
    fees: Text | None = None
    foot: Text | None = None
    #: a wait above this is told on paper and to the guide desk
    wait_limit_s: Count | None = None
    #: what papers are called in English, by their names in the lists; one that is missing is named in Chinese alone
    papers_en: dict[str, str] = msgspec.field(default_factory=dict)
    design: TicketDesign = TicketDesign()


class Config(Want, frozen=True, kw_only=True):
    """Settings of one device that may change while it runs (brightness, volume, log level …)."""

    values: dict[str, Any] = msgspec.field(default_factory=dict)


class AgentWant(Want, frozen=True, kw_only=True):
    """Which release of its program a device is to run (``want/agent``); which ones are authentic their signers say, never the hub.

    `version` null: as it is. A device installs while it has nothing in hand, and before `until` unless `now`.
    """

    version: Version | None = None
    #: where the mirror is, tried in this order: ``https://host:port/releases``
    sources: Annotated[tuple[Address, ...], Meta(max_length=8)] = ()
    #: end of the maintenance window
    until: Moment | None = None
    #: an operator insists: also while the hall is open
    now: bool = False


class Lamp(Want, frozen=True, kw_only=True):
    """Whether the lamp at the guide desk is lit, on a device that has one; for whom and why is not said. `until`: dark by itself then."""

    on: bool = False
    until: Moment | None = None


class PaperLeft(Message, frozen=True, kw_only=True):
    """What is left on a printer's roll: counted from what was printed, corrected by its sensors."""

    left_m: Count
    #: tickets of the usual length; null before the first
    tickets: Count | None = None


class Have(Message, frozen=True, kw_only=True):
    """What a member converged to (``up/have/<part>``); under ``paper`` a dispenser says what is left on its roll, unasked."""

    rev: Rev
    #: false when the want could not be applied as it stands
    ok: bool = True
    code: Key | None = None
    paper: PaperLeft | None = None


WANTS: dict[str, type[Want]] = {
    "display": Display,
    "rating": Rating,
    "counter": Counter,
    "numbers": Numbers,
    "services": Services,
    "config": Config,
    "lamp": Lamp,
    "agent": AgentWant,
}
