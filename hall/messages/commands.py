"""What the hub tells a device to do once (``down/command``): repeated each second until a result or expiry, never retained."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hall.messages.common import (
    CaseNumber,
    Code,
    Count,
    Day,
    Id,
    Key,
    LogLevel,
    Message,
    Moment,
    Onward,
    Papers,
    TicketNumber,
    Token,
    WindowNumber,
    WorkNumber,
)
from hall.messages.facts import TicketIssued
from hall.messages.hall_slips import DaySlip, MorningSlip
from hall.text import Text


class Command(Message, tag_field="type", frozen=True, kw_only=True):
    """Base of every command: void `expires_s` seconds after it was made; `age_s` is its age when this copy was sent."""

    id: Id
    expires_s: float
    age_s: float = 0.0


class Announce(Command, tag="announce", frozen=True, kw_only=True):
    """Speak a sentence of the hall's words (`phrase` is its key, `text` its display form) `times` times after a chime."""

    phrase: Key
    text: Text
    times: Count = 2
    #: 0 evacuation, 1 call, 2 recall, 3 notice; lower is spoken first
    rank: Count = 1
    number: str | None = None
    window: WindowNumber | None = None
    #: from the so-manieth time on it is said slowly, and in the dialect where the speaker has a pack of one; 0: never
    slow_from: Count = 0


class Print(Command, tag="print", frozen=True, kw_only=True):
    """Print the ticket of somebody who took it elsewhere (desk, phone)."""

    issued: TicketIssued
    token: Token | None = None
    copy: Count = 1


class Reprint(Command, tag="reprint", frozen=True, kw_only=True):
    """Print the ticket again, marked 补打."""

    issued: TicketIssued
    token: Token | None = None
    copy: Count = 2


class Content(Message, tag_field="type", frozen=True, kw_only=True):
    """Base of what a slip says: whose visit it was, and of what."""

    number: TicketNumber
    service: Key
    situation: Key | None = None


class MissingPapers(Content, tag="missing-papers", frozen=True, kw_only=True):
    """补材料告知单: what is missing, and the code that brings straight back."""

    code: Code
    window: WindowNumber
    clerk: WorkNumber
    missing: Papers
    valid_until: Day


class GoOn(Content, tag="onward", frozen=True, kw_only=True):
    """Where the person goes on, as confirmed there."""

    onward: Onward


class ComeAgain(Content, tag="again", frozen=True, kw_only=True):
    """The first day on which the same person may come again for this."""

    again_days: Count
    again_from: Day


class CaseReceipt(Message, tag_field="type", tag="receipt", frozen=True, kw_only=True):
    """A case was taken down: its number, and by when its person is called if they are."""

    case: CaseNumber
    call_by: Day | None = None


class PrintSlip(Command, tag="print_slip", frozen=True, kw_only=True):
    """Print what an ending or a case gives the person in hand, or a paper of the hall's own day; `at` is when it was called for."""

    at: Moment
    content: MissingPapers | GoOn | ComeAgain | CaseReceipt | MorningSlip | DaySlip
    #: above 1: marked 补打
    copy: Count = 1


class Identify(Command, tag="identify", frozen=True, kw_only=True):
    """Show, print or say who you are."""


class RunSelfTest(Command, tag="self-test", frozen=True, kw_only=True):
    """Test your hands and report."""


class Restart(Command, tag="restart", frozen=True, kw_only=True):
    """End cleanly; the machine's service manager starts you again."""


class SetLogLevel(Command, tag="log-level", frozen=True, kw_only=True):
    """Log from this level up for some minutes; then, and after a restart, as in the settings again."""

    level: LogLevel
    minutes: Annotated[int, Meta(ge=1, le=1440)] = 60


class SendBundle(Command, tag="bundle", frozen=True, kw_only=True):
    """Report what a technician needs to see, in ``bundle_part`` events that name this command."""


class Wipe(Command, tag="wipe", frozen=True, kw_only=True):
    """You leave the hall: say that you heard it, then forget who you are and all you remember, and end."""


AnyCommand = (
    Announce
    | Print
    | Reprint
    | PrintSlip
    | Identify
    | RunSelfTest
    | Restart
    | SetLogLevel
    | SendBundle
    | Wipe
)


class Result(Message, frozen=True, kw_only=True):
    """A device says how a command ended (``up/result``)."""

    id: Id
    phase: Key
    code: Key = "ok"
