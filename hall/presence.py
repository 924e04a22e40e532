"""Who is there: births, wills and goodbyes.

Rules:

* `epoch` counts a member's connects. It grows and is stored *before* each attempt, and is the same in the will and in the birth.
* `boot` names one run of the program.
* A ``lost`` counts only if its epoch and boot are the latest birth's: the will of an old connection may arrive after the birth
  of a new one, and says nothing about it.
* ``disconnected`` is published before a clean goodbye; a broker sends no will for those.
"""

from __future__ import annotations

import logging

from hall import wire
from hall.card import Card
from hall.errors import Fault
from hall.link import Packet
from hall.messages.common import MemberKind, MemberState
from hall.messages.presence import State
from hall.topics import Topics

log = logging.getLogger(__name__)

#: States in which a member does its work.
WORKING = frozenset({MemberState.READY, MemberState.DEGRADED})


class Presence:
    """A member's own ``$state``."""

    def __init__(self, topics: Topics, member: str, kind: MemberKind, card: Card, boot: str) -> None:
        """`boot` is a fresh id per run of the program."""
        self._topic = topics.state(member)
        self._kind = kind
        self._card = card
        self.boot = boot
        self.epoch: int = card.get("epoch", 0)

    def will(self) -> Packet:
        """The last will for a connection about to be made; begins a new epoch."""
        self.epoch += 1
        try:
            self._card.put("epoch", self.epoch)
        except (
            Fault
        ) as error:  # a full card keeps nobody off the bus: the boot id still tells this run from others
            log.error("epoch not kept", extra={"epoch": self.epoch, "code": error.code})
        return self._packet(MemberState.LOST)

    def birth(self, state: MemberState) -> Packet:
        """What is published when connected, and whenever the state changes."""
        return self._packet(state)

    def goodbye(self) -> Packet:
        """What is published before a clean end."""
        return self._packet(MemberState.DISCONNECTED)

    def _packet(self, state: MemberState) -> Packet:
        said = State(state=state, epoch=self.epoch, boot=self.boot, kind=self._kind)
        return Packet(self._topic, wire.encode(said), qos=1, retain=True)


class Life:
    """Another member's life, as heard on its ``$state``."""

    def __init__(self) -> None:
        #: the last that counted; None while nothing was heard
        self.heard: State | None = None

    @property
    def working(self) -> bool:
        """Whether the member was last heard doing its work."""
        return self.heard is not None and self.heard.state in WORKING

    def hear(self, said: State) -> bool:
        """Take in what was said; False when it does not count (a stale will)."""
        last = self.heard
        if (
            said.state is MemberState.LOST
            and last is not None
            and (said.epoch, said.boot) != (last.epoch, last.boot)
        ):
            return False
        self.heard = said
        return True

    def forget(self) -> None:
        """Nothing is known any more (the link to the broker is down)."""
        self.heard = None
