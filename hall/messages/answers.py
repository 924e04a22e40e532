"""What the hub says back: answers, receipts, the board."""

from __future__ import annotations

import msgspec

from hall.messages.common import (
    Act,
    AlarmCode,
    AlarmLevel,
    Count,
    Day,
    Id,
    Key,
    Line,
    Message,
    Moment,
    TicketNumber,
    WindowNumber,
    WindowState,
    WorkNumber,
)
from hall.messages.facts import Suggestion
from hall.text import Text


class Done(Message, frozen=True, kw_only=True):
    """``down/answer`` to an ask that was done; the fact the ask is named for comes first. Facts are their exact bytes."""

    id: Id
    ok: bool = msgspec.field()
    facts: tuple[msgspec.Raw, ...]


class No(Message, frozen=True, kw_only=True):
    """``down/answer`` to an ask that was refused, with a stable code and a sentence."""

    id: Id
    ok: bool
    code: Key
    text: Text


class Answer(Message, frozen=True, kw_only=True):
    """Either answer, as an asker reads it."""

    id: Id
    ok: bool
    facts: tuple[msgspec.Raw, ...] = ()
    code: Key | None = None
    text: Text | None = None


class Receipt(Message, frozen=True, kw_only=True):
    """``down/receipt``: everything of this outbox up to `upto` is committed."""

    outbox: Id
    upto: Count


class BoardService(Message, frozen=True, kw_only=True):
    """One service's line."""

    id: Key
    letter: str
    name: Text
    waiting: Count
    wait_min_s: Count | None
    wait_max_s: Count | None


class BoardTicket(Message, frozen=True, kw_only=True):
    """What a clerk needs to know of the ticket that is open at the window."""

    service: Key
    lane: Key
    step: Count
    #: called or seated since
    since: Moment
    #: handling target, minutes; null when the settings no longer know the service
    target_min: Count | None
    situation: Key | None = None
    #: from the clerk who sent it here
    note: str = ""
    #: seen to at the guide desk before
    papers: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    aids: str | None = None
    accepted: bool = False
    #: only the papers are here
    carry: bool = False
    #: promised to be served today, also after closing
    extended: bool = False


class BoardPause(Message, frozen=True, kw_only=True):
    """A pause: why, since when, and when it is over its time."""

    reason: str
    since: Moment
    ends: Moment | None = None
    overrun: bool = False


class BoardReview(Message, frozen=True, kw_only=True):
    """Papers of the person who sits at this window: under review elsewhere, or `done` and on their way back."""

    ticket: Id
    number: TicketNumber
    done: bool = False


class BoardUndo(Message, frozen=True, kw_only=True):
    """What the clerk may take back now, and until when."""

    what: Act
    number: TicketNumber
    until: Moment


class BoardWindow(Message, frozen=True, kw_only=True):
    """One window."""

    window: WindowNumber
    state: WindowState
    services: tuple[Key, ...]
    clerk: WorkNumber | None
    ticket: Id | None
    number: TicketNumber | None
    open: BoardTicket | None = None
    pause: BoardPause | None = None
    review: BoardReview | None = None
    undo: BoardUndo | None = None


class BoardAside(Message, frozen=True, kw_only=True):
    """Somebody who is in no line from which anybody is called: where they stand and since when."""

    ticket: Id
    number: TicketNumber
    service: Key
    #: ``missed``, ``parked``, ``at the desk``, or ``stranded`` (sent to a window that has no clerk any more)
    stands: Key
    since: Moment
    #: where it was missed or parked, or for which window it waits
    window: WindowNumber | None = None
    note: str = ""
    #: the window that wants it back
    back: WindowNumber | None = None
    extended: bool = False


class BoardCall(Message, frozen=True, kw_only=True):
    """One call, as shown on the hall board."""

    number: TicketNumber
    window: WindowNumber
    at: Moment
    round: Count


class BoardAlarm(Message, frozen=True, kw_only=True):
    """One alarm that stands, as ``AlarmRung`` told it; `did` is what was answered to it last."""

    alarm: Id
    at: Moment
    code: AlarmCode
    level: AlarmLevel
    text: Text
    window: WindowNumber | None = None
    service: Key | None = None
    ticket: Id | None = None
    number: TicketNumber | None = None
    clerk: WorkNumber | None = None
    suggest: Suggestion | None = None
    did: Line | None = None


class Board(Message, frozen=True, kw_only=True):
    """``hub/board``, retained: enough to draw the hall from nothing; `calls` has the last first."""

    n: Count
    at: Moment
    hall: Key
    day: Day | None
    open: bool
    services: tuple[BoardService, ...]
    windows: tuple[BoardWindow, ...]
    calls: tuple[BoardCall, ...]
    notices: tuple[Text, ...]
    #: the latest of those who were missed, parked, sent to the guide desk or stranded, longest first
    aside: tuple[BoardAside, ...] = ()
    #: alarms that stand, for consoles
    alarms: tuple[BoardAlarm, ...] = ()
    #: version of the hall's settings; 0: never changed since its file
    plan: Count = 0


class Rebirth(Message, frozen=True, kw_only=True):
    """``hub/rebirth``: everyone republishes ``$state``, ``$desc``, ``up/have/*`` and open alerts."""

    epoch: Count = 0
