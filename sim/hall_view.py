"""What a person standing in the hall knows: the board, the facts as they happen, and who is in trouble.

A small replica that any page or terminal can draw from; it learns only from the bus, like every other console.
"""

from __future__ import annotations

from collections import deque

from hall.errors import Malformed
from hall.link import Packet
from hall.messages import facts
from hall.messages.answers import Board
from hall.messages.common import MemberState
from hall.messages.presence import Alert, State
from hall.topics import HUB, HUB_LIMIT, Topics
from hall.wire import decode

REMEMBERED = 200


class HallView:
    """A replica of the hall's public state."""

    def __init__(self, hall: str) -> None:
        """Knows nothing yet."""
        self._topics = Topics(hall)
        self.board: Board | None = None
        self.facts: deque[facts.AnyFact] = deque(maxlen=REMEMBERED)
        self.states: dict[str, MemberState] = {}
        self.alerts: dict[tuple[str, str], Alert] = {}
        self.counts = {"issued": 0, "served": 0, "missed": 0, "rated": 0}

    @property
    def fresh(self) -> bool:
        """Whether the board can be believed: the hub is there."""
        return self.board is not None and self.states.get(HUB) is MemberState.READY

    def on_packet(self, packet: Packet) -> facts.AnyFact | None:
        """Take in one message; the fact if it was one. What cannot be read changes nothing."""
        address = self._topics.parse(packet.topic)
        if address is None:
            return None
        try:
            return self._take(address.member, address.leaf.name, address.part or "", packet.payload)
        except Malformed:
            return None

    def _take(self, member: str, leaf: str, part: str, payload: bytes) -> facts.AnyFact | None:
        match leaf:
            case "board":
                self.board = decode(Board, payload, HUB_LIMIT)
            case "$state" if payload:
                self.states[member] = decode(State, payload).state
            case "$alert/<id>" if payload:
                self.alerts[member, part] = decode(Alert, payload)
            case "$alert/<id>":
                self.alerts.pop((member, part), None)
            case "fact/<type>":
                fact: facts.AnyFact = decode(facts.AnyFact, payload, HUB_LIMIT)
                if self.facts and fact.n <= self.facts[-1].n:
                    return None  # told again
                self._count(fact)
                self.facts.append(fact)
                return fact
            case _:
                pass
        return None

    def _count(self, fact: facts.AnyFact) -> None:
        match fact:
            case facts.TicketIssued(replaces=None):
                self.counts["issued"] += 1
            case facts.ServiceFinished():
                self.counts["served"] += 1
            case facts.TicketMissed():
                self.counts["missed"] += 1
            case facts.TicketRated():
                self.counts["rated"] += 1
            case _:
                pass
