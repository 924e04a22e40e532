"""The hall as the console knows it: the journal replayed, then every fact as it is told.

Rules:

* The same :class:`hub.domain.hall.Hall` as the hub's, changed by the same facts in the order of `n`. A gap, or a board that is ahead,
  means read again from the journal; a fact that was heard before changes nothing.
* It decides nothing: whatever somebody wants done is asked of the hub.
* Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from hall import wire
from hall.card import Card
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault
from hall.link import Link, Packet
from hall.member import Member
from hall.messages.answers import Board
from hall.messages.common import MemberKind, MemberState
from hall.messages.facts import AnyFact
from hall.messages.presence import Alert, Beat, Description, State
from hall.messages.wants import Have, PaperLeft
from hall.plan import HallPlan
from hall.presence import Life
from hall.topics import HUB_LIMIT, Address
from hub.console.mirror.care import Nurse
from hub.console.mirror.past import Past
from hub.domain.hall import Hall

log = logging.getLogger(__name__)

#: How long a fact may be on its way before its gap is closed from the journal.
GAP_S: Seconds = 0.3
#: A store that does not answer is tried again after this.
AGAIN_S: Seconds = 1.0


class Replica(Member):
    """One console's copy of the hall, and its way to ask."""

    def __init__(
        self,
        plan: HallPlan,
        *,
        member: str,
        link: Link,
        scheduler: Scheduler,
        card: Card,
        past: Past,
        on_change: Callable[[], None],
    ) -> None:
        """`on_change` is called whenever the hall, a device or the hub is another than before."""
        super().__init__(
            hall=plan.id, member=member, kind=MemberKind.CONSOLE, link=link, scheduler=scheduler, card=card
        )
        self._file_plan = plan
        self.hall = Hall(plan)
        #: members' words about themselves
        self.lives: dict[str, Life] = {}
        self.described: dict[str, Description] = {}
        self.troubles: dict[str, dict[str, Alert]] = {}
        #: what is left on dispensers' rolls
        self.papers: dict[str, PaperLeft] = {}
        #: called with every fact once it is in the hall: first those of the journal from the day's opening on, then each as it is told;
        #: after a restart they come again
        self.on_fact: list[Callable[[AnyFact], None]] = []
        #: how devices fare, and what they were told to do
        self.nurse = Nurse(scheduler, on_change)
        self._past, self._on_change = past, on_change
        self._gap: Timer | None = None

    @property
    def plan(self) -> HallPlan:
        """The hall's settings, as they are now."""
        return self.hall.plan

    # ---------------------------------------------------------------- the bus

    def on_up(self) -> None:
        """See :class:`hall.member.Member`: whatever was told meanwhile stands in the journal."""
        self._read_again()

    def on_hub(self, ready: bool) -> None:  # noqa: FBT001 - the hook's own
        """See :class:`hall.member.Member`."""
        if ready:
            self._read_again()
        self._on_change()

    def on_down(self) -> None:
        """See :class:`hall.member.Member`."""
        self._on_change()

    def on_told(self, address: Address, packet: Packet) -> None:
        """See :class:`hall.member.Member`."""
        match address.leaf.name:
            case "fact/<type>":
                self._hear_fact(packet.payload)
            case "board" if packet.payload:
                if wire.decode(Board, packet.payload, HUB_LIMIT).n > self.hall.n:
                    self._close_gap()
            case "$state" if address.member != self.member:
                self._hear_state(address.member, packet.payload)
            case "$desc" if packet.payload:
                self.described[address.member] = wire.decode(Description, packet.payload)
            case "up/beat" if address.member in self.plan.members:
                self.nurse.on_beat(address.member, wire.decode(Beat, packet.payload))
                return
            case "$alert/<id>":
                self._hear_alert(address.member, address.part or "", packet.payload)
            case "up/have/<part>" if address.part == "paper" and packet.payload:
                left = wire.decode(Have, packet.payload).paper
                if left is None or self.papers.get(address.member) == left:
                    return
                self.papers[address.member] = left
            case _:
                return
        self._on_change()

    def _hear_fact(self, payload: bytes) -> None:
        fact = wire.decode_fact(payload)
        if fact.n == self.hall.n + 1:
            self._take(fact)
        elif fact.n > self.hall.n:
            self._close_gap()

    def _hear_state(self, member: str, payload: bytes) -> None:
        if not payload:
            self.lives.pop(member, None)
            return
        self.lives.setdefault(member, Life()).hear(wire.decode(State, payload))

    def _hear_alert(self, member: str, alert: str, payload: bytes) -> None:
        open_ones = self.troubles.setdefault(member, {})
        if payload:
            open_ones[alert] = wire.decode(Alert, payload)
        else:
            open_ones.pop(alert, None)

    # ---------------------------------------------------------------- the journal

    def _close_gap(self) -> None:
        """Facts overtake each other for moments; what is then still missing is read."""
        if self._gap is None:
            self._gap = self.scheduler.call_later(GAP_S, self._read_again)

    def _read_again(self) -> None:
        """Whatever the journal has and this hall has not."""
        if self._gap is not None:
            self._gap.cancel()
            self._gap = None
        try:
            self._read()
        except Fault as fault:
            log.warning("journal not read: %s", fault)
            self._gap = self.scheduler.call_later(AGAIN_S, self._read_again)
        self._on_change()

    def _read(self) -> None:
        first = self._past.first()
        if self.hall.n == 0 or first > self.hall.n + 1:
            self.hall = Hall(self._file_plan)
            self.hall.n = first - 1
        for body in self._past.since(self.hall.n + 1):
            self._take(wire.decode_fact(body))

    def _take(self, fact: AnyFact) -> None:
        self.hall.apply(fact)
        self.nurse.on_fact(fact)
        for follow in self.on_fact:
            follow(fact)

    def state_of(self, member: str) -> MemberState | None:
        """What a member said of itself last; None when it never spoke."""
        life = self.lives.get(member)
        return None if life is None or life.heard is None else life.heard.state
