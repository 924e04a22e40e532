"""What the coordinator remembers with, as it sees it: batches go in whole, facts come out as the bytes that went in.

The one implementation for real halls is :class:`hub.store.journal.Journal`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec


class FactRow(NamedTuple):
    """One committed fact with everything the journal keeps beside its bytes."""

    n: int
    at: datetime
    #: the hall's open day, None before the first
    day: str | None
    type: str
    #: exactly what is told
    body: bytes
    #: id of the ask, ``outbox/seq`` of the event, or ``hub``
    cause: str
    #: the ask's id on the first fact of an ask: unique, so an ask acts once
    ask: str | None
    member: str
    actor: str | None


class EventRow(NamedTuple):
    """One device event that was dealt with; it never acts again."""

    outbox: str
    seq: int
    member: str
    #: ``ok``, or the code of the refusal
    outcome: str


class PrintJob(NamedTuple):
    """A paper that a dispenser was told to print for somebody who did not press its key."""

    ticket: str
    copy: int
    #: the dispenser that was chosen
    member: str
    at: datetime
    #: bytes of the ticket's ``TicketIssued``
    issued: bytes
    #: the ``reprint`` ask that wanted it, None for the first paper of a desk ticket
    ask: str | None
    asker: str

    @property
    def id(self) -> str:
        """Id of its command: the same after a crash, so that a repetition is harmless."""
        return f"print-{self.ticket}-{self.copy}"


class OutboxPlace(msgspec.Struct):
    """How far a device's outbox is dealt with: everything up to `upto`, and the single ones `above` it."""

    member: str
    upto: int = 0
    above: set[int] = msgspec.field(default_factory=set)

    def has(self, seq: int) -> bool:
        """Whether this event was dealt with before."""
        return seq <= self.upto or seq in self.above

    def add(self, seq: int, first: int | None) -> None:
        """Event `seq` is dealt with; the device holds nothing below `first` any more."""
        self.above.add(seq)
        if first is not None:
            self.upto = max(self.upto, min(first, seq) - 1)
        while self.upto + 1 in self.above:
            self.upto += 1
        self.above = {s for s in self.above if s > self.upto}


class Known(NamedTuple):
    """What memory knows about an ask id that comes again."""

    member: str
    #: bytes of its facts, the named one first; empty when the ask was withdrawn
    facts: tuple[bytes, ...]
    withdrawn: bool = False


class Batch:
    """What one commit writes: all of it or nothing."""

    def __init__(self) -> None:
        self.facts: list[FactRow] = []
        self.events: list[EventRow] = []
        #: outbox → its place after this batch
        self.outboxes: dict[str, OutboxPlace] = {}
        #: ticket → secret of its phone page
        self.tokens: dict[str, str] = {}
        #: ask → member that will never want it again
        self.withdrawn: dict[str, str] = {}
        self.prints: list[PrintJob] = []
        #: command ids of papers that need no more printing
        self.printed: set[str] = set()

    def __bool__(self) -> bool:
        return bool(
            self.facts
            or self.events
            or self.outboxes
            or self.tokens
            or self.withdrawn
            or self.prints
            or self.printed
        )


class Memory(Protocol):
    """Durable memory of one hall. Every method raises ``Fault`` when the store does not work, and then nothing was written."""

    def replay(self) -> Iterator[bytes]:
        """Bytes of every fact since the last ``DayOpened``, that one first, in order."""

    def commit(self, batch: Batch) -> None:
        """Write all of `batch`, durable when it returns."""

    def recall(self, asks: Collection[str]) -> dict[str, Known]:
        """Which of these asks were accepted or withdrawn before."""

    def outbox(self, outbox: str) -> OutboxPlace | None:
        """How far this outbox was dealt with; None when it was never heard of."""

    def open_prints(self) -> list[PrintJob]:
        """Papers ordered today that nobody has seen come out."""

    def token(self, ticket: str) -> str | None:
        """Secret of a ticket's phone page."""

    def had_day(self, day: str) -> bool:
        """Whether this day was opened before; its numbers may not be given again."""

    def check(self) -> None:
        """Try a small write."""
