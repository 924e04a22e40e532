"""What members ask the hub to do (``up/ask``): imperative, repeated with the same id until answered, done once."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hall.messages.common import (
    AppointmentCode,
    CaseNumber,
    Code,
    ConfigValue,
    Count,
    Day,
    DeviceOrder,
    Id,
    Key,
    LastFour,
    Line,
    LogLevel,
    Message,
    Moment,
    Name,
    NoticeKind,
    Official,
    Onward,
    Outcome,
    Papers,
    Span,
    StepNumber,
    TicketNumber,
    Token,
    Via,
    WindowNumber,
    WorkNumber,
)
from hall.messages.hall_slips import DaySlip, MorningSlip
from hall.policy import Policy
from hall.text import Text


class Ask(Message, tag_field="type", frozen=True, kw_only=True):
    """Base of every ask; `actor` is whom a console vouches for and is ignored from devices."""

    id: Id
    actor: Line | None = None


class TakeTicket(Ask, tag="take_ticket", frozen=True, kw_only=True):
    """A dispenser after a press, or a desk, asks for a ticket; the ask's id becomes the ticket's id."""

    service: Key
    lane: Key
    via: Via
    situation: Key | None = None
    token: Token | None = None
    appointment: Id | None = None
    #: the booked time of an appointment made elsewhere; only a desk says it
    slot: Moment | None = None
    #: what the guide desk saw to before (desk only): papers at hand, forms filled in
    papers: Papers = ()
    forms: Papers = ()
    #: what helps this person to the window (desk only): wheelchair, the way without steps
    aids: Line | None = None
    #: the paper in large print, and the call said slowly the second time
    large_print: bool = False


class SeatDirectly(Ask, tag="seat_directly", frozen=True, kw_only=True):
    """The guide brings somebody straight to a heart window: ticket, call and start in one act, no paper, nothing said aloud.

    The ask's id becomes the ticket's id.
    """

    window: WindowNumber
    service: Key
    lane: Key
    situation: Key | None = None
    aids: Line | None = None


class CallNext(Ask, tag="call_next", frozen=True, kw_only=True):
    """A clerk asks for the next person; with `finish` the open ticket ends first, with that outcome, in the same act."""

    window: WindowNumber
    finish: Outcome | None = None
    detail: Line | None = None


class CallTicket(Ask, tag="call_ticket", frozen=True, kw_only=True):
    """A clerk calls one waiting ticket by name; audited."""

    window: WindowNumber
    ticket: Id


class Recall(Ask, tag="recall", frozen=True, kw_only=True):
    """A clerk calls the open ticket again."""

    window: WindowNumber


class NoShow(Ask, tag="no_show", frozen=True, kw_only=True):
    """A clerk gives up waiting for the person called."""

    window: WindowNumber


class ReturnTicket(Ask, tag="return_ticket", frozen=True, kw_only=True):
    """The guide desk puts a missed ticket back in line."""

    ticket: Id


class Undo(Ask, tag="undo", frozen=True, kw_only=True):
    """A clerk takes back the last act at the window, before anything was built on it."""

    window: WindowNumber


class ServeAtDesk(Ask, tag="serve_at_desk", frozen=True, kw_only=True):
    """The guide desk has given a person who was sent there what they came for."""

    ticket: Id
    outcome: Outcome
    detail: Line | None = None


class GrantExtension(Ask, tag="grant_extension", frozen=True, kw_only=True):
    """A clerk or the guide promises one person that they are served today, also after closing."""

    ticket: Id
    reason: Line


class NotePrecheck(Ask, tag="note_precheck", frozen=True, kw_only=True):
    """The guide went through a waiting person's papers; replaces what was noted before."""

    ticket: Id
    papers: Papers = ()
    forms: Papers = ()


class Start(Ask, tag="start", frozen=True, kw_only=True):
    """The person sat down."""

    window: WindowNumber


class Accept(Ask, tag="accept", frozen=True, kw_only=True):
    """The papers are complete and accepted."""

    window: WindowNumber


class Finish(Ask, tag="finish", frozen=True, kw_only=True):
    """The step is over; implies start."""

    window: WindowNumber
    outcome: Outcome
    detail: Line | None = None
    #: with ``material-missing``: each paper that is missing
    missing: Papers = ()
    #: with ``onward``: who was asked and expects the person
    onward: Onward | None = None
    #: the situation it turned out to be, where the ticket has none or another
    situation: Key | None = None


class Transfer(Ask, tag="transfer", frozen=True, kw_only=True):
    """The person (or, with `carry`, only the papers) goes to a service, a window (integer) or the ``desk``."""

    window: WindowNumber
    to: Key | WindowNumber
    note: Line = ""
    carry: bool = False
    back: bool = False


class Park(Ask, tag="park", frozen=True, kw_only=True):
    """The open ticket is laid aside; it is never called automatically."""

    window: WindowNumber


class ResumeTicket(Ask, tag="resume_ticket", frozen=True, kw_only=True):
    """A parked ticket comes back to the window that parked it, or to `window`."""

    ticket: Id
    window: WindowNumber | None = None


class Pause(Ask, tag="pause", frozen=True, kw_only=True):
    """The clerk steps away; a person called and not yet seated goes back to the front."""

    window: WindowNumber
    reason: Line
    until: Moment | None = None


class Resume(Ask, tag="resume", frozen=True, kw_only=True):
    """The clerk is back."""

    window: WindowNumber


class Sit(Ask, tag="sit", frozen=True, kw_only=True):
    """A clerk sits down at a window, which opens it; with `move` the seat they have elsewhere is given up first."""

    window: WindowNumber
    clerk: WorkNumber
    move: bool = False


class TakeOver(Ask, tag="take_over", frozen=True, kw_only=True):
    """Another clerk takes a seat over at a change of shift; the open ticket stays, as a new step."""

    window: WindowNumber
    clerk: WorkNumber


class Leave(Ask, tag="leave", frozen=True, kw_only=True):
    """The clerk leaves, which closes the window."""

    window: WindowNumber
    clerk: WorkNumber | None = None


class Cancel(Ask, tag="cancel", frozen=True, kw_only=True):
    """The person does not want to wait any more."""

    ticket: Id


class RateService(Ask, tag="rate_service", frozen=True, kw_only=True):
    """Somebody rates a finished service step on the ticket's phone page, on the official scale; whoever asks saw that the page is theirs."""

    ticket: Id
    step: StepNumber
    official: Official


class NoteApology(Ask, tag="note_apology", frozen=True, kw_only=True):
    """Somebody went to a person who was not satisfied with a service step: they were spoken to, or (`spoken` false) had left already."""

    ticket: Id
    step: StepNumber
    spoken: bool = True


class Book(Ask, tag="book", frozen=True, kw_only=True):
    """A desk or a phone page books a time; the ask's id becomes the appointment's id, its `code` is made by the asker.

    With `replaces` an earlier appointment is given up in the same act.
    """

    service: Key
    slot: Moment
    code: AppointmentCode
    situation: Key | None = None
    last4: LastFour | None = None
    replaces: Id | None = None


class CancelAppointment(Ask, tag="cancel_appointment", frozen=True, kw_only=True):
    """The person does not want the booked time any more, or the hall cannot keep it."""

    appointment: Id
    reason: Line = ""


class CheckIn(Ask, tag="check_in", frozen=True, kw_only=True):
    """Somebody with an appointment or a missing-papers slip has come; the ask's id becomes the ticket's id.

    Exactly one of `code`, `last4` (with `service` where it fits several appointments) and `appointment` says who.
    """

    via: Via
    code: Code | None = None
    last4: LastFour | None = None
    service: Key | None = None
    appointment: Id | None = None
    token: Token | None = None


class EnterByHand(Ask, tag="enter_by_hand", frozen=True, kw_only=True):
    """The guide desk enters a service's numbers from the pre-printed book, given while the power was gone.

    They came between `began` and `ended`, null: just now. `served` says who was served meanwhile, as far as that is known.
    """

    service: Key
    first: TicketNumber
    last: TicketNumber
    lane: Key = "normal"
    served: Annotated[tuple[Span, ...], Meta(max_length=50)] = ()
    began: Moment | None = None
    ended: Moment | None = None


class OpenDay(Ask, tag="open_day", frozen=True, kw_only=True):
    """A manager, or the hub's own calendar, opens the day."""


class CloseDay(Ask, tag="close_day", frozen=True, kw_only=True):
    """A manager, or the hub's own calendar, closes the day; whoever still waits is recorded as left."""


class ExtendHours(Ask, tag="extend_hours", frozen=True, kw_only=True):
    """A manager keeps the hall open until `until` for everyone who holds a ticket."""

    until: Moment


class StopService(Ask, tag="stop_service", frozen=True, kw_only=True):
    """A manager stops a service: no numbers from `begins` (now) to `ends` (until it is resumed), for a reason people are told."""

    service: Key
    reason: Text
    begins: Moment | None = None
    ends: Moment | None = None
    #: what people can do instead
    alternative: Text | None = None


class ResumeService(Ask, tag="resume_service", frozen=True, kw_only=True):
    """A manager lets a stopped service go on, also before a planned stop is over."""

    service: Key


class Reprint(Ask, tag="reprint", frozen=True, kw_only=True):
    """The guide desk wants the paper of a ticket again, marked 补打."""

    ticket: Id


class ReprintSlip(Ask, tag="reprint_slip", frozen=True, kw_only=True):
    """The guide desk wants what a visit ended with on paper again, marked 补打: missing papers, where to go on, the next date."""

    ticket: Id


class Reroute(Ask, tag="reroute", frozen=True, kw_only=True):
    """The guide desk sends somebody who waits to another service, a window (integer) or another lane; number and arrival stay."""

    ticket: Id
    to: Key | WindowNumber | None = None
    lane: Key | None = None
    note: Line = ""


class CallHelp(Ask, tag="call_help", frozen=True, kw_only=True):
    """A clerk needs the duty officer at the window, without a word being said there."""

    window: WindowNumber


class EndHelp(Ask, tag="end_help", frozen=True, kw_only=True):
    """Somebody came, and it is over."""

    window: WindowNumber


class SetPolicy(Ask, tag="set_policy", frozen=True, kw_only=True):
    """A manager wants another policy from now on, whole; refused if somebody could wait for ever under it."""

    policy: Policy
    reason: Line = ""


class SetPlan(Ask, tag="set_plan", frozen=True, kw_only=True):
    """A manager wants other settings of the hall from now on; refused if anybody would be left behind, or if `base` is not the version in force.

    `change` is a JSON merge patch (RFC 7396) on the settings as ``hall.yaml`` has them, without the policy; or `draft` names the whole.
    """

    base: Count
    change: dict[str, Any] = msgspec.field(default_factory=dict)
    draft: Id | None = None
    reason: Line = ""


class DraftPlan(Ask, tag="draft_plan", frozen=True, kw_only=True):
    """A piece of the settings' JSON, where the whole is too long for one ask; ``set_plan`` then names the draft."""

    draft: Id
    part: Annotated[int, Meta(ge=1, le=64)]
    text: Annotated[str, Meta(min_length=1, max_length=4000)]


class SetProfile(Ask, tag="set_profile", frozen=True, kw_only=True):
    """A manager wants a window to serve something else until the day ends; `heart` null: as it is."""

    window: WindowNumber
    serves: tuple[Key, ...]
    helps: tuple[Key, ...] = ()
    heart: bool | None = None


class AnswerAlarm(Ask, tag="answer_alarm", frozen=True, kw_only=True):
    """Somebody has done something about an alarm; kept as the log of what was done."""

    alarm: Id
    did: Line


class PageClerk(Ask, tag="page_clerk", frozen=True, kw_only=True):
    """The guide desk has one of the staff called to a window while a line is past its limit."""

    alarm: Id
    clerk: WorkNumber


class AnswerPage(Ask, tag="answer_page", frozen=True, kw_only=True):
    """Somebody who was paged comes, or says that they cannot."""

    clerk: WorkNumber
    coming: bool = True


class AnswerEscort(Ask, tag="answer_escort", frozen=True, kw_only=True):
    """Somebody of the guide desk goes to who held the green key; `call` is the number of the fact that told it."""

    call: Count


class Broadcast(Ask, tag="broadcast", frozen=True, kw_only=True):
    """Somebody has the hall told a sentence, which is refused while it is not true; the ask's id becomes the notice's id."""

    kind: NoticeKind
    #: what stands on board and signs (``text`` alone)
    text: Text | None = None
    #: ``text``: how long it stands; null: until the day ends
    until: Moment | None = None
    #: ``divert``: what is served where
    service: Key | None = None
    window: WindowNumber | None = None
    #: ``evacuate``: said twice that it is meant
    confirmed: bool = False


class Configure(Ask, tag="configure", frozen=True, kw_only=True):
    """Other settings of a device while it runs: a value for each name, null for "as in its own file"; names left out stay."""

    member: Name
    values: Annotated[dict[Key, ConfigValue | None], Meta(min_length=1, max_length=40)]


class OrderDevice(Ask, tag="order_device", frozen=True, kw_only=True):
    """A technician has a device say who it is, test itself, restart, log otherwise, hand out its bundle, or forget all of it."""

    member: Name
    order: DeviceOrder
    #: with ``log-level``: from which level up, and for how long
    level: LogLevel = "debug"
    minutes: Annotated[int, Meta(ge=1, le=1440)] = 60


class RollOut(Ask, tag="roll_out", frozen=True, kw_only=True):
    """Other settings of several devices of one kind: the first named gets them, the others once it has stood them for `prove_s` seconds."""

    members: Annotated[tuple[Name, ...], Meta(max_length=100)]
    values: Annotated[dict[Key, ConfigValue | None], Meta(min_length=1, max_length=40)]
    prove_s: Annotated[int, Meta(ge=10, le=86_400)] = 60


class StopRollOut(Ask, tag="stop_roll_out", frozen=True, kw_only=True):
    """Whoever got the settings of this roll-out (the number of its fact) has again what it had before."""

    rollout: Count


class PrintSlip(Ask, tag="print_slip", frozen=True, kw_only=True):
    """A console has a paper of the hall's own day printed: before opening to be read out, after closing to be signed."""

    slip: MorningSlip | DaySlip


class PrintReceipt(Ask, tag="print_receipt", frozen=True, kw_only=True):
    """A console has a receipt printed for somebody whose case it took down: its number, and by when they are called if they are."""

    case: CaseNumber
    call_by: Day | None = None
    #: where the person stands; its own printer comes first
    window: WindowNumber | None = None


class WithdrawNotice(Ask, tag="withdraw_notice", frozen=True, kw_only=True):
    """A notice does not hold any more."""

    notice: Id


AnyAsk = (
    TakeTicket
    | CallNext
    | CallTicket
    | Recall
    | NoShow
    | ReturnTicket
    | SeatDirectly
    | ServeAtDesk
    | GrantExtension
    | NotePrecheck
    | Undo
    | Start
    | Accept
    | Finish
    | Transfer
    | Park
    | ResumeTicket
    | Pause
    | Resume
    | Sit
    | TakeOver
    | Leave
    | Cancel
    | RateService
    | NoteApology
    | Book
    | CancelAppointment
    | CheckIn
    | EnterByHand
    | OpenDay
    | CloseDay
    | ExtendHours
    | StopService
    | ResumeService
    | Reprint
    | ReprintSlip
    | Reroute
    | CallHelp
    | EndHelp
    | SetPolicy
    | SetPlan
    | DraftPlan
    | SetProfile
    | AnswerAlarm
    | PageClerk
    | AnswerPage
    | AnswerEscort
    | Broadcast
    | WithdrawNotice
    | PrintSlip
    | PrintReceipt
    | Configure
    | OrderDevice
    | RollOut
    | StopRollOut
)
