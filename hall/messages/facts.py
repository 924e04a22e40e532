"""What happened in the hall (``hub/fact/<Type>``): past tense, committed before it is told, the same bytes every time.

Ticket facts carry `ticket` and `number`, facts at a window `window`, service facts `clerk` and `step`. No fact holds a
token; only the settings themselves (``PlanChanged``) hold page addresses and lists of papers.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec

from hall.messages.common import (
    Act,
    AlarmCode,
    AlarmLevel,
    AppointmentCode,
    CaseNumber,
    Code,
    ConfigValue,
    Count,
    Day,
    DeviceOrder,
    Grade,
    Id,
    Key,
    LastFour,
    Level,
    Line,
    LogLevel,
    MemberKind,
    MemberState,
    Message,
    Moment,
    Name,
    NoticeKind,
    Official,
    Onward,
    Outcome,
    Papers,
    Remedy,
    RollOutOutcome,
    StepNumber,
    TicketNumber,
    Via,
    WindowNumber,
    WorkNumber,
)
from hall.messages.hall_slips import DaySlip, MorningSlip
from hall.policy import Policy
from hall.text import Text


class Fact(Message, tag_field="type", frozen=True, kw_only=True):
    """Base of every fact: `n` counts the hall's facts from 1 without gaps, `at` is the hub's time."""

    n: Count
    at: Moment


class TicketFact(Fact, frozen=True, kw_only=True):
    """Base of facts about one ticket."""

    ticket: Id
    number: TicketNumber


class TicketIssued(TicketFact, tag=True, frozen=True, kw_only=True):
    """Somebody has a place in line. `wait_*_s` are null when data is thin or no window is open for the service."""

    service: Key
    lane: Key
    via: Via
    ahead: Count
    wait_min_s: Count | None
    wait_max_s: Count | None
    windows: tuple[WindowNumber, ...]
    situation: Key | None = None
    #: number last called for this service
    now: TicketNumber | None = None
    #: issued by a dispenser from its lent block while the hub was away
    offline: bool = False
    #: hub number that was never printed and is void since this one replaced it (same ticket)
    replaces: TicketNumber | None = None
    #: when the person took the number, if that was before `at`
    arrived: Moment | None = None
    #: the likeliest wait within that range; null with it
    expected_s: Count | None = None
    #: the booked time of an appointment
    slot: Moment | None = None
    #: false: nobody needs a paper; the person sits already, or holds a page on the phone
    paper: bool = True
    #: seen to at the guide desk before: papers at hand, forms filled in
    papers: Papers = ()
    forms: Papers = ()
    #: what helps this person to the window
    aids: Line | None = None
    #: a paper in large print, and calls that are said slowly the second time; why is on no record
    large_print: bool = False
    #: when that time ends
    slot_until: Moment | None = None
    #: the appointment that was checked in
    appointment: Id | None = None
    #: came too late for the booked time: in the normal lane by arrival
    late: bool = False
    #: the missing-papers slip that was shown: at the front, behind those who came back before
    slip: Id | None = None
    #: with `slip`: the window whose own line takes the person; null when neither the clerk nor the cover sits today
    window: WindowNumber | None = None


class EnteredByHand(Fact, tag=True, frozen=True, kw_only=True):
    """Numbers of the pre-printed book were entered: each follows as ``TicketIssued``, `served` of them as ``ServedByHand`` too."""

    service: Key
    lane: Key
    first: TicketNumber
    last: TicketNumber
    served: Count
    actor: Line | None = None


class ServedByHand(TicketFact, tag=True, frozen=True, kw_only=True):
    """Served while the power was gone; when, where and by whom only paper knows."""


class TicketCalled(TicketFact, tag=True, frozen=True, kw_only=True):
    """A window wants this ticket; `round` grows with each recall."""

    window: WindowNumber
    round: Count
    service: Key
    clerk: WorkNumber
    step: StepNumber
    #: called by name by the clerk, outside the order
    chosen: bool = False
    #: it comes back to a window that had sent it elsewhere
    back: bool = False
    #: only the papers come; the person stays where they are
    carry: bool = False
    #: the guide brought the person: nothing is said aloud
    seated: bool = False
    #: the step before ended in the same act: its pad goes on asking until this person sits
    keeps_rating: bool = False


class TicketMissed(TicketFact, tag=True, frozen=True, kw_only=True):
    """Called and absent."""

    window: WindowNumber
    clerk: WorkNumber


class TicketReturned(TicketFact, tag=True, frozen=True, kw_only=True):
    """Back in line at `position` (1 = next) of its lane, or of the own line of `window`."""

    position: Count
    window: WindowNumber | None = None
    #: called and given back: its window paused or closed before the person sat
    given_back: bool = False
    #: the review of its papers is done; the person sits at `window` all the time
    reviewed: bool = False


class ServiceFact(TicketFact, frozen=True, kw_only=True):
    """Base of facts about one service step."""

    window: WindowNumber
    clerk: WorkNumber
    step: StepNumber


class ServiceStarted(ServiceFact, tag=True, frozen=True, kw_only=True):
    """The person sat down."""


class ServiceAccepted(ServiceFact, tag=True, frozen=True, kw_only=True):
    """The papers are complete and accepted."""


class ServiceFinished(ServiceFact, tag=True, frozen=True, kw_only=True):
    """The step is over after `seconds` of handling (parked time excluded)."""

    seconds: Count
    outcome: Outcome
    detail: Line | None = None
    #: where the person goes on, as confirmed with that office
    onward: Onward | None = None
    #: the missing-papers slip given with it
    slip: Id | None = None
    #: the situation, where one was chosen
    situation: Key | None = None
    #: the first day on which the same person may come again for this
    again_from: Day | None = None
    #: what the hall promised for the service then
    target_min: Count | None = None


class SlipIssued(TicketFact, tag=True, frozen=True, kw_only=True):
    """A missing-papers slip: with its code the person comes straight back until `valid_until` (that day included)."""

    slip: Id
    code: Code
    service: Key
    window: WindowNumber
    clerk: WorkNumber
    missing: Papers
    valid_until: Day
    situation: Key | None = None


class TicketTransferred(ServiceFact, tag=True, frozen=True, kw_only=True):
    """The same ticket goes on elsewhere; number and arrival are kept. `seconds` were worked here (0: no work, no rating)."""

    to: Key | WindowNumber
    seconds: Count
    note: Line = ""
    carry: bool = False
    back: bool = False
    #: what the hall promised for the service that was left then
    target_min: Count | None = None


class TicketParked(ServiceFact, tag=True, frozen=True, kw_only=True):
    """Laid aside by the clerk."""


class TicketResumed(ServiceFact, tag=True, frozen=True, kw_only=True):
    """Taken up again at a window."""


class ActUndone(ServiceFact, tag=True, frozen=True, kw_only=True):
    """The clerk's last act was taken back: everything is as before it, the ticket too (`life`)."""

    what: Act
    #: number of the fact that holds no more
    undone: Count
    life: Key


class DeskServed(TicketFact, tag=True, frozen=True, kw_only=True):
    """The guide desk gave a person who was sent there what they came for."""

    outcome: Outcome
    detail: Line | None = None


class TicketExtended(TicketFact, tag=True, frozen=True, kw_only=True):
    """This person is served today, also after closing."""

    reason: Line


class TicketPrechecked(TicketFact, tag=True, frozen=True, kw_only=True):
    """The guide went through the papers: those at hand, and the forms that are filled in."""

    papers: Papers = ()
    forms: Papers = ()


class TicketRerouted(TicketFact, tag=True, frozen=True, kw_only=True):
    """The guide desk sent somebody who waits on: the same ticket, by arrival, in this service and lane or at this window."""

    service: Key
    lane: Key
    window: WindowNumber | None = None
    note: Line = ""


class SlipReprinted(TicketFact, tag=True, frozen=True, kw_only=True):
    """What a visit ended with goes on paper once more; `copy` counts from 2 (the first reprint)."""

    copy: Count


class HelpCalled(Fact, tag=True, frozen=True, kw_only=True):
    """A clerk needs the duty officer at the window; it stands until ``HelpEnded`` or the end of the day."""

    window: WindowNumber
    clerk: WorkNumber
    ticket: Id | None = None
    number: TicketNumber | None = None


class HelpEnded(Fact, tag=True, frozen=True, kw_only=True):
    """The duty officer came and it is over, `seconds` after the call."""

    window: WindowNumber
    seconds: Count


class WindowPaused(Fact, tag=True, frozen=True, kw_only=True):
    """The clerk stepped away."""

    window: WindowNumber
    clerk: WorkNumber
    reason: Line
    until: Moment | None = None


class WindowResumed(Fact, tag=True, frozen=True, kw_only=True):
    """The clerk is back."""

    window: WindowNumber
    clerk: WorkNumber


class WindowOpened(Fact, tag=True, frozen=True, kw_only=True):
    """A clerk sat down; after a take-over the ticket that is open there goes on as this `step`."""

    window: WindowNumber
    clerk: WorkNumber
    ticket: Id | None = None
    number: TicketNumber | None = None
    step: StepNumber | None = None


class WindowClosed(Fact, tag=True, frozen=True, kw_only=True):
    """The clerk left."""

    window: WindowNumber
    clerk: WorkNumber


class TicketCancelled(TicketFact, tag=True, frozen=True, kw_only=True):
    """The ticket is void: the person gave up, or its paper never came out and nobody holds it (`reason`)."""

    reason: Line = ""


class AppointmentBooked(Fact, tag=True, frozen=True, kw_only=True):
    """A time is booked, from `slot` until `slot_until`; it counts in that time's quota until it is cancelled."""

    appointment: Id
    code: AppointmentCode
    service: Key
    slot: Moment
    slot_until: Moment
    situation: Key | None = None
    last4: LastFour | None = None
    #: the earlier appointment that was given up with it
    replaces: Id | None = None


class AppointmentCancelled(Fact, tag=True, frozen=True, kw_only=True):
    """A booked time is free again."""

    appointment: Id
    reason: Line = ""


class AppointmentReminded(Fact, tag=True, frozen=True, kw_only=True):
    """The booked time is near; `ticket` when the person is here already."""

    appointment: Id
    ticket: Id | None = None


class AppointmentMissed(Fact, tag=True, frozen=True, kw_only=True):
    """The day closed and nobody came."""

    appointment: Id


class DayOpened(Fact, tag=True, frozen=True, kw_only=True):
    """The hall's day begins; everything a replay needs from before stands in `carried`."""

    day: Day
    #: seats, device states, open alerts, steps still open for a rating: whatever crosses the night
    carried: dict[str, Any] = msgspec.field(default_factory=dict)


class DayCarried(Fact, tag=True, frozen=True, kw_only=True):
    """A page of what crosses the night, right after ``DayOpened``: as [kind, values], what is too much for `carried`."""

    part: Count
    items: tuple[tuple[Key, dict[str, Any]], ...]


class TicketLeft(TicketFact, tag=True, frozen=True, kw_only=True):
    """The day closed and this ticket was not served; with `kept` it waits again when the hall next opens."""

    kept: bool = False


class DayClosed(Fact, tag=True, frozen=True, kw_only=True):
    """The hall's day is over."""

    day: Day
    issued: Count
    served: Count
    missed: Count
    left: Count
    #: of `left`, those whose number holds on the next day
    kept: Count = 0


class HoursExtended(Fact, tag=True, frozen=True, kw_only=True):
    """The hall stays open for ticket holders."""

    until: Moment


class ServiceStopped(Fact, tag=True, frozen=True, kw_only=True):
    """No numbers of this service from `begins` to `ends` (null: until it is resumed)."""

    service: Key
    begins: Moment
    ends: Moment | None
    reason: Text
    alternative: Text | None = None


class ServiceResumed(Fact, tag=True, frozen=True, kw_only=True):
    """The service gives numbers again, whatever stopped it."""

    service: Key


class TicketPrinted(TicketFact, tag=True, frozen=True, kw_only=True):
    """The paper came out; `copy` 1 is the first, more are marked 补打."""

    member: Name
    copy: Count


class PrintFailed(TicketFact, tag=True, frozen=True, kw_only=True):
    """The paper did not come out."""

    member: Name
    code: Key


class TicketRated(ServiceFact, tag=True, frozen=True, kw_only=True):
    """A citizen pressed a face for one service step, or rated it on the ticket's phone page (`via` and `official`)."""

    grade: Grade
    #: where, if not at the pad
    via: Via | None = None
    #: as said on the official scale; at the pad it follows from `grade`
    official: Official | None = None


class ApologyNoted(TicketFact, tag=True, frozen=True, kw_only=True):
    """Somebody went to a person who was not satisfied: `spoken` to before they left the hall, or found gone. Names no clerk."""

    window: WindowNumber
    step: StepNumber
    spoken: bool = True
    actor: Line | None = None


class DeviceStateChanged(Fact, tag=True, frozen=True, kw_only=True):
    """A device came, went or degraded."""

    member: Name
    kind: MemberKind
    state: MemberState


class AlertRaised(Fact, tag=True, frozen=True, kw_only=True):
    """A member asks for help; `alert` is its id at that member."""

    member: Name
    alert: Key
    level: Level
    code: Key
    text: Text


class AlertCleared(Fact, tag=True, frozen=True, kw_only=True):
    """The trouble is over."""

    member: Name
    alert: Key
    code: Key


class EventRejected(Fact, tag=True, frozen=True, kw_only=True):
    """A device's event could not be used; it was receipted so that the device can go on."""

    member: Name
    outbox: Id
    seq: Count
    code: Key
    text: Text


class Block(Message, frozen=True, kw_only=True):
    """Numbers of one letter lent to a dispenser, both ends included."""

    letter: str
    first: Count = msgspec.field(name="from")
    last: Count = msgspec.field(name="to")


class NumbersLent(Fact, tag=True, frozen=True, kw_only=True):
    """A dispenser may issue these numbers by itself on that day."""

    member: Name
    day: Day
    blocks: tuple[Block, ...]
    #: the dispenser's memory is gone: what it was lent before for that day is not to be used any more
    fresh: bool = False


class PolicySource(Enum):
    """Where a policy came from."""

    #: a manager asked for it
    ASK = "ask"
    #: the hall's settings were changed
    SETTINGS = "settings"


class PolicyChanged(Fact, tag=True, frozen=True, kw_only=True):
    """From now on the hall follows this policy; `version` counts up for ever."""

    version: Count
    policy: Policy
    source: PolicySource
    reason: Line = ""


class PlanChanged(Fact, tag=True, frozen=True, kw_only=True):
    """From now on the hall has these settings: `plan` is the whole of them as ``hall.yaml`` has it, without the policy; `version` counts up for ever."""

    version: Count
    plan: dict[str, Any]
    #: ``settings``: what the file said before the first change
    source: PolicySource
    reason: Line = ""
    #: the member that asked, and whom it vouches for
    by: Name | None = None
    actor: Line | None = None


class PlanDrafted(Fact, tag=True, frozen=True, kw_only=True):
    """A piece of settings that somebody hands in."""

    draft: Id
    part: Count
    text: str


class ProfileChanged(Fact, tag=True, frozen=True, kw_only=True):
    """A window serves these services until the day ends or it is changed again."""

    window: WindowNumber
    serves: tuple[Key, ...]
    helps: tuple[Key, ...] = ()
    heart: bool = False


class Suggestion(Message, frozen=True, kw_only=True):
    """What would help, as things stand when the alarm rings."""

    what: Remedy
    window: WindowNumber
    service: Key | None = None


class AlarmFact(Fact, frozen=True, kw_only=True):
    """Base of what is told about an alarm."""

    alarm: Id
    code: AlarmCode


class AlarmRung(AlarmFact, tag=True, frozen=True, kw_only=True):
    """The hall speaks up: `text` says what is wrong and what would help; it stands until ``AlarmStopped``."""

    level: AlarmLevel
    text: Text
    window: WindowNumber | None = None
    service: Key | None = None
    ticket: Id | None = None
    number: TicketNumber | None = None
    clerk: WorkNumber | None = None
    suggest: Suggestion | None = None


class AlarmAnswered(AlarmFact, tag=True, frozen=True, kw_only=True):
    """Somebody has done something about an open alarm."""

    did: Line
    #: the member that said so, and whom it vouches for
    by: Name
    actor: Line | None = None


class ClerkPaged(AlarmFact, tag=True, frozen=True, kw_only=True):
    """One of the staff is called to a window while this alarm stands: the hall pages its reserve, a guide (`actor`) anybody who sits nowhere."""

    clerk: WorkNumber
    actor: Line | None = None


class PageAnswered(AlarmFact, tag=True, frozen=True, kw_only=True):
    """Who was paged comes, or cannot."""

    clerk: WorkNumber
    coming: bool
    actor: Line | None = None


class AlarmStopped(AlarmFact, tag=True, frozen=True, kw_only=True):
    """What an alarm rang for is over, or the day is; `seconds` is how long it stood."""

    seconds: Count


class EscortAnswered(Fact, tag=True, frozen=True, kw_only=True):
    """Somebody of the guide desk goes to who held the green key of this dispenser; `call` is the number of the fact that told it."""

    member: Name
    call: Count
    actor: Line | None = None


class GuideCalled(Fact, tag=True, frozen=True, kw_only=True):
    """Nobody of the desk answered the green key of this dispenser in time: the hall's voice calls the guide there."""

    member: Name
    call: Count


class NoticeFact(Fact, frozen=True, kw_only=True):
    """Base of what is told about a notice."""

    notice: Id
    kind: NoticeKind


class NoticeGiven(NoticeFact, tag=True, frozen=True, kw_only=True):
    """The hall is told `text`: spoken where `phrase` names a sentence of the hall's words, shown until `until` or until it is withdrawn."""

    text: Text
    phrase: Key | None = None
    until: Moment | None = None
    service: Key | None = None
    window: WindowNumber | None = None
    #: the member that said so, and whom it vouches for
    by: Name
    actor: Line | None = None


class NoticeEnded(NoticeFact, tag=True, frozen=True, kw_only=True):
    """A notice stands no more: its time is over, or somebody (`actor`) withdrew it."""

    withdrawn: bool = False
    actor: Line | None = None


class DeviceOrdered(Fact, tag=True, frozen=True, kw_only=True):
    """Somebody has a device do something for its upkeep; `n` names the order."""

    member: Name
    order: DeviceOrder
    #: with ``log-level``
    level: LogLevel | None = None
    minutes: Count | None = None
    actor: Line | None = None


class DeviceAnswered(Fact, tag=True, frozen=True, kw_only=True):
    """How the order that fact number `order` gave ended: ``done``, ``rejected``, ``expired`` or ``failed``."""

    member: Name
    order: Count
    phase: Key
    code: Key


class DeviceTested(Fact, tag=True, frozen=True, kw_only=True):
    """What a device's own test found."""

    member: Name
    results: dict[str, Any]


class BundleCame(Fact, tag=True, frozen=True, kw_only=True):
    """A device's support bundle has come whole and lies beside the hub's store."""

    member: Name
    file: Line
    size: Count


class RollOutBegun(Fact, tag=True, frozen=True, kw_only=True):
    """The first of these devices gets other settings; `n` names the roll-out, `before` is what each had of them."""

    members: tuple[Name, ...]
    values: dict[Key, ConfigValue | None]
    before: dict[Name, dict[Key, ConfigValue | None]]
    prove_s: Count
    actor: Line | None = None


class RollOutAnswered(Fact, tag=True, frozen=True, kw_only=True):
    """A device says what came of the settings: ``ok``, or why it does not have them."""

    rollout: Count
    member: Name
    code: Key


class RollOutWidened(Fact, tag=True, frozen=True, kw_only=True):
    """The first device has proved itself: the others get the settings."""

    rollout: Count


class RollOutEnded(Fact, tag=True, frozen=True, kw_only=True):
    """It is over; `member` and `code` say what halted it, `missing` names who was away and gets the settings when it is back."""

    rollout: Count
    outcome: RollOutOutcome
    member: Name | None = None
    code: Key | None = None
    missing: tuple[Name, ...] = ()
    actor: Line | None = None


class HallSlipOrdered(Fact, tag=True, frozen=True, kw_only=True):
    """A paper of the hall's own day is to come out, and what stands on it; `order` is the ask's id."""

    order: Id
    slip: MorningSlip | DaySlip
    actor: Line | None = None


class ReceiptOrdered(Fact, tag=True, frozen=True, kw_only=True):
    """A receipt of a case is to come out: its number, and by when its person is called; of the person nothing is said."""

    case: CaseNumber
    call_by: Day | None = None
    window: WindowNumber | None = None
    actor: Line | None = None


AnyFact = (
    TicketIssued
    | EnteredByHand
    | ServedByHand
    | TicketCalled
    | TicketMissed
    | TicketReturned
    | ServiceStarted
    | ServiceAccepted
    | ServiceFinished
    | SlipIssued
    | TicketTransferred
    | TicketParked
    | TicketResumed
    | ActUndone
    | DeskServed
    | TicketExtended
    | TicketPrechecked
    | TicketRerouted
    | SlipReprinted
    | HelpCalled
    | HelpEnded
    | WindowPaused
    | WindowResumed
    | WindowOpened
    | WindowClosed
    | TicketCancelled
    | AppointmentBooked
    | AppointmentCancelled
    | AppointmentReminded
    | AppointmentMissed
    | DayOpened
    | DayCarried
    | TicketLeft
    | DayClosed
    | HoursExtended
    | ServiceStopped
    | ServiceResumed
    | TicketPrinted
    | PrintFailed
    | TicketRated
    | ApologyNoted
    | DeviceStateChanged
    | AlertRaised
    | AlertCleared
    | EventRejected
    | NumbersLent
    | PolicyChanged
    | PlanChanged
    | PlanDrafted
    | ProfileChanged
    | AlarmRung
    | AlarmAnswered
    | ClerkPaged
    | PageAnswered
    | EscortAnswered
    | GuideCalled
    | AlarmStopped
    | NoticeGiven
    | NoticeEnded
    | HallSlipOrdered
    | ReceiptOrdered
    | DeviceOrdered
    | DeviceAnswered
    | DeviceTested
    | BundleCame
    | RollOutBegun
    | RollOutAnswered
    | RollOutWidened
    | RollOutEnded
)
