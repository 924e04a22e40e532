"""What passes through the coordinator: things handed in, one batch under way, and whoever is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from hall import wire
from hall.errors import Fault, HallError
from hall.messages import answers, asks, events, facts
from hall.topics import HUB_LIMIT
from hub.domain import orders
from hub.memory import Batch, Known, PrintJob

#: Bytes of facts that fit into one answer.
_ROOM = HUB_LIMIT - 256
#: The only fact that is named first and happens last.
_DAY_CLOSED = b'{"type":"DayClosed"'


class Told(NamedTuple):
    """A committed fact and the bytes in which it is told, always the same."""

    fact: facts.AnyFact
    body: bytes


class Tell(Protocol):
    """Whoever carries out what was committed. Called after the commit only."""

    def answer(self, member: str, payload: bytes) -> None:
        """Answer an ask."""

    def receipt(self, member: str, receipt: answers.Receipt) -> None:
        """Tell a device how far its outbox is dealt with."""

    def facts(self, told: Sequence[Told], prints: Sequence[PrintJob]) -> None:
        """Tell the facts of one commit, in order, and start the papers that were ordered with them."""

    def sick(self, fault: Fault | None) -> None:
        """The store stopped working, or (None) works again."""


class AskItem(NamedTuple):
    """An ask of a member that may ask this."""

    member: str
    ask: asks.AnyAsk


class EventItem(NamedTuple):
    """A device's event, or the reason why it cannot be used."""

    member: str
    outbox: str
    seq: int
    first: int | None
    #: what happened, or why it cannot be used
    event: events.AnyEvent | HallError


class OrderItem(NamedTuple):
    """Something the hub itself wants."""

    order: orders.AnyOrder | asks.AnyAsk


class MoveItem(NamedTuple):
    """A paper that its dispenser will not print any more: another one shall."""

    job: PrintJob

    @property
    def ask(self) -> asks.Reprint:
        """The hub's own ask for it; the same id every time, so that one paper moves once."""
        return asks.Reprint(id=f"hub-move-{self.job.ticket[:40]}-{self.job.copy}", ticket=self.job.ticket)


#: What nobody would repeat if the hub forgot it.
OWN = (OrderItem, MoveItem)
#: Anything handed in.
Item = AskItem | EventItem | OrderItem | MoveItem


class Broken(Exception):
    """An apply went wrong halfway: memory is not to be trusted."""

    def __init__(self, order: orders.AnyOrder | asks.AnyAsk) -> None:
        super().__init__(type(order).__name__)
        self.order = order


class Run:
    """One batch under way: what will be committed and what will be told after."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.batch = Batch()
        self.told: list[Told] = []
        self.replies: list[tuple[str, bytes]] = []
        self.receipts: dict[str, str] = {}
        self.done: dict[str, tuple[str, bytes]] = {}
        self.refused: dict[tuple[str, str], bytes] = {}
        self.known: dict[str, Known] = {}


def yes(ask_id: str, bodies: Sequence[bytes]) -> bytes:
    """An answer that says done, with the facts as the bytes that are told, the named one first.

    A close of day with very many people left names as many of them as one message holds.
    """
    if len(bodies) > 1 and bodies[-1].startswith(_DAY_CLOSED):
        bodies = [bodies[-1], *bodies[:-1]]
    while sum(map(len, bodies)) + len(bodies) > _ROOM:
        bodies = bodies[:-1]
    return wire.encode(answers.Done(id=ask_id, ok=True, facts=tuple(msgspec.Raw(body) for body in bodies)))
