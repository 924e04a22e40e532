"""What the hub says back: answers, receipts, the board."""

from __future__ import annotations

import msgspec

from hall.messages.common import (
    Count,
    Day,
    Id,
    Key,
    Message,
    Moment,
    TicketNumber,
    WindowNumber,
    WindowState,
    WorkNumber,
)
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


class BoardWindow(Message, frozen=True, kw_only=True):
    """One window."""

    window: WindowNumber
    state: WindowState
    services: tuple[Key, ...]
    clerk: WorkNumber | None
    ticket: Id | None
    number: TicketNumber | None


class BoardCall(Message, frozen=True, kw_only=True):
    """One call, as shown on the hall board."""

    number: TicketNumber
    window: WindowNumber
    at: Moment
    round: Count


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


class Rebirth(Message, frozen=True, kw_only=True):
    """``hub/rebirth``: everyone republishes ``$state``, ``$desc``, ``up/have/*`` and open alerts."""

    epoch: Count = 0
