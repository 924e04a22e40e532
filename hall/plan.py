"""The hall's own settings (``hall.yaml``) as frozen structs: who the hall is, its hours, services, windows, members, policy.

Loaded once by :func:`hall.settings.load`; every time of day and every work number is a string there. The hub's domain reads
these structs and nothing else.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hall.messages.common import (
    ConfigValue,
    Day,
    Key,
    Line,
    MemberKind,
    Name,
    WindowNumber,
    Words,
    WorkNumber,
)
from hall.plan_ticket import TicketPlan
from hall.policy import USUAL, Policy
from hall.text import Text

#: Time of day, "09:00".
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
#: A minute of the hall's own calendar, "2027-06-30 17:00".
LocalMoment = Annotated[
    str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2} ([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")
]
Letter = Annotated[str, Meta(pattern=r"^[A-Z]$(?!\n)")]
Paper = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]


class _Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base: an unknown key in a settings file is a mistake, never ignored."""


class SituationPlan(_Settings, frozen=True, kw_only=True):
    """One kind of a service."""

    name: Text
    #: papers beyond the service's common ones
    need: tuple[Paper, ...] = ()
    #: days until the same person may come again
    again_days: Annotated[int, Meta(ge=1, le=3660)] | None = None
    #: the item's code in the province's list (事项编码), where it has one of its own
    matter: Line = ""


class ServicePlan(_Settings, frozen=True, kw_only=True):
    """What a citizen comes for; the key in ``services`` is its id."""

    letter: Letter
    name: Text
    #: handling target, minutes
    target_min: Annotated[int, Meta(ge=1, le=480)]
    common: tuple[Paper, ...] = ()
    situations: dict[Key, SituationPlan] = {}
    online: bool = False
    #: certificates the self-service station prints without a queue
    station: tuple[Paper, ...] = ()
    #: false: no dispenser key (entered by transfer or at the desk)
    button: bool = True
    #: a review service: its windows are review windows, its call says so
    review: bool = False
    #: version, date and owner of the materials lists, one each for the service (C5)
    version: Line = ""
    dated: Day | None = None
    owner: Line = ""
    #: the item's code in the province's list (事项编码), for the export of ratings
    matter: Line = ""
    #: its steps in a sentence (办事流程), for ticket and phone page; none: nothing is said of them
    process: Text | None = None


class WindowPlan(_Settings, frozen=True, kw_only=True):
    """A counter."""

    window: WindowNumber
    #: services in the order this window prefers them
    serves: tuple[Key, ...]
    #: services it helps with while nobody waits for those and nobody was sent here
    helps: tuple[Key, ...] = ()
    zone: Line = ""
    #: the same for those who read English
    zone_en: Line = ""
    heart: bool = False


class MemberPlan(_Settings, frozen=True, kw_only=True):
    """A registered device: its kind comes from here and never from a payload."""

    kind: MemberKind
    window: WindowNumber | None = None
    #: settings that the hall changes while it runs; none: as in the device's own file, and never told
    config: dict[Key, ConfigValue] | None = None
    #: a speaker: the zones whose windows it calls for; with none and no window it calls for the whole hall
    zones: tuple[Line, ...] = ()


class StaffPlan(_Settings, frozen=True, kw_only=True):
    """One of the staff, where more than the work number is to be said."""

    work_no: WorkNumber
    #: B cover: who stands in when this clerk is away
    b: WorkNumber | None = None


class LanePlan(_Settings, frozen=True, kw_only=True):
    """A lane; what it weighs is the policy's."""

    #: all that anybody but the staff ever sees of it (C8)
    public: Text = Text(zh="优先", en="Priority")
    #: who is entitled to it, for the guide desk to know; nobody's reason is asked for, told or kept
    groups: tuple[Text, ...] = ()


class Lunch(_Settings, frozen=True, kw_only=True):
    """The hour in which most clerks eat; the hall stays open, covered by `windows`."""

    begins: ClockTime = msgspec.field(name="from")
    ends: ClockTime = msgspec.field(name="to")
    #: windows that stay staffed meanwhile
    windows: tuple[WindowNumber, ...]


class DayHours(_Settings, frozen=True, kw_only=True):
    """Posted hours of one kind of day."""

    open: ClockTime
    close: ClockTime
    lunch: Lunch | None = None
    #: numbers are given for these alone (appointments always); none named: for every service
    services: tuple[Key, ...] = ()
    #: windows meant to be staffed; none named: every window
    windows: tuple[WindowNumber, ...] = ()


class SpecialDay(_Settings, frozen=True, kw_only=True):
    """A date with hours of its own: a holiday (no hours), or a working Saturday."""

    reason: Text
    hours: DayHours | None = None


class PlannedStop(_Settings, frozen=True, kw_only=True):
    """Some services stop for a known time, for a reason that people are told days before (C1)."""

    #: none named: every service
    services: tuple[Key, ...] = ()
    begins: LocalMoment = msgspec.field(name="from")
    ends: LocalMoment = msgspec.field(name="to")
    reason: Text
    #: what people can do instead
    alternative: Text | None = None


class Greeting(_Settings, frozen=True, kw_only=True):
    """What people are wished on a festival, from its first day to its last."""

    begins: Day = msgspec.field(name="from")
    ends: Day = msgspec.field(name="to")
    text: Text


class HoursPlan(_Settings, frozen=True, kw_only=True):
    """When the hall is open. `always` keeps it open whatever the clock says (the demo)."""

    always: bool = False
    #: "mon" … "sun" to hours; a missing day is closed
    week: dict[str, DayHours] = {}
    #: dates that differ from their weekday
    special: dict[Day, SpecialDay] = {}
    stops: tuple[PlannedStop, ...] = ()


#: what a ticket ends with, where the hall says nothing else
FOOT = Text(zh="谢谢，祝您办事顺利", en="Thank you, we wish you a smooth visit")


class HallPlan(_Settings, frozen=True, kw_only=True):
    """A whole hall."""

    id: Name
    name: Text
    timezone: str
    hotline: Annotated[str, Meta(min_length=1)]
    supervision: Annotated[str, Meta(min_length=1)]
    #: where one complains, if that is a number of its own; none: nothing is posted
    complaints: Annotated[str, Meta(min_length=1)] | None = None
    #: what the hall's services cost, posted on ticket, board and phone page
    fees: Text | None = None
    #: base address of the phone page; empty: the QR holds plain text
    public_url: str = ""
    hours: HoursPlan
    services: dict[Key, ServicePlan]
    #: what the papers of those lists are called in English, by the name that stands there; one without is named in Chinese alone
    papers_en: dict[Paper, Words] = {}
    windows: tuple[WindowPlan, ...]
    lanes: dict[Key, LanePlan] = msgspec.field(default_factory=lambda: {"normal": LanePlan()})
    #: a work number, or a work number with more about it
    staff: tuple[WorkNumber | StaffPlan, ...] = ()
    #: who sits where, by window; a window that is not named may be empty
    roster: dict[WindowNumber, WorkNumber] = {}
    #: who is paged, in this order, when a line is past its limit and they sit nowhere
    reserve: tuple[WorkNumber, ...] = ()
    #: registered devices by member id
    members: dict[Name, MemberPlan] = {}
    #: the rules this hall has chosen; changed live by `set_policy`
    policy: Policy = USUAL
    foot: Text = FOOT
    #: in place of the foot: on festivals, else a tip of the day, taken in turn
    greetings: tuple[Greeting, ...] = ()
    tips: tuple[Text, ...] = ()
    #: what tickets look like
    ticket: TicketPlan = TicketPlan()

    @property
    def work_numbers(self) -> tuple[str, ...]:
        """Everybody's work number."""
        return tuple(entry.work_no if isinstance(entry, StaffPlan) else entry for entry in self.staff)

    def cover_of(self, clerk: str) -> str | None:
        """Who stands in for `clerk`, if the settings say so."""
        covers = (x.b for x in self.staff if isinstance(x, StaffPlan) and x.work_no == clerk)
        return next(covers, None)
