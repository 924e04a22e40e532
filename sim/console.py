"""A console of the demo: whoever plays clerk, guide or onlooker, as a member of the bus like any other."""

from __future__ import annotations

import logging
from collections.abc import Callable

from hall.card import Card
from hall.clock import Scheduler
from hall.ids import IdMaker, new_id
from hall.link import Link, Packet
from hall.member import Member
from hall.messages import asks, facts
from hall.messages.answers import Answer
from hall.messages.common import MemberKind
from hall.topics import Address
from sim.hall_view import HallView

log = logging.getLogger(__name__)


class DemoConsole(Member):
    """Sees everything, may ask everything."""

    def __init__(
        self, *, hall: str, member: str, link: Link, scheduler: Scheduler, card: Card, ids: IdMaker = new_id
    ) -> None:
        """Not connected before :meth:`open`."""
        super().__init__(
            hall=hall,
            member=member,
            kind=MemberKind.CONSOLE,
            link=link,
            scheduler=scheduler,
            card=card,
            ids=ids,
        )
        self.view = HallView(hall)
        #: called with each new fact, and with the bytes it was told in
        self.on_fact: list[Callable[[facts.AnyFact, bytes], None]] = []

    def on_told(self, address: Address, packet: Packet) -> None:  # noqa: ARG002 - the view reads the topic itself
        """See :class:`Member`."""
        fact = self.view.on_packet(packet)
        if fact is not None:
            for listener in self.on_fact:
                listener(fact, packet.payload)

    def act(self, ask: asks.AnyAsk, on_answer: Callable[[Answer], None] | None = None) -> None:
        """Ask; without `on_answer` a refusal is only logged."""
        self.ask(ask, on_answer or self._log_refusal)

    @staticmethod
    def _log_refusal(answer: Answer) -> None:
        if not answer.ok:
            log.info("refused", extra={"code": answer.code})
