"""A member of the bus: presence, asks, alerts, and whether the hub is there. Devices and consoles are members.

A program subclasses :class:`Member` and fills in the hooks (``on_…``). Everything runs in the scheduler's loop.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from hall import wire
from hall.asking import Asker
from hall.card import Card
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault, HallError
from hall.ids import IdMaker, new_id
from hall.link import Link, Packet
from hall.messages.answers import Answer, Rebirth
from hall.messages.asks import Ask
from hall.messages.common import Level, MemberKind, MemberState
from hall.messages.presence import Alert, Description, State
from hall.messages.wants import Have, PaperLeft
from hall.presence import Life, Presence
from hall.text import Text
from hall.topics import HUB, Address, Topics

log = logging.getLogger(__name__)

#: How long the hub may be away before anybody is told: a restarted hub is back before a citizen notices.
GRACE_S: Seconds = 3.0


class Member:
    """One end of the bus."""

    def __init__(
        self,
        *,
        hall: str,
        member: str,
        kind: MemberKind,
        link: Link,
        scheduler: Scheduler,
        card: Card,
        ids: IdMaker = new_id,
        description: Description | None = None,
        grace_s: Seconds = GRACE_S,
    ) -> None:
        """`member` is its id on the bus; `card` keeps its epoch; `grace_s` is how long a missing hub is not mentioned."""
        self.topics = Topics(hall)
        self.member = member
        self.kind = kind
        self.link = link
        self.scheduler = scheduler
        self.card = card
        self.new_id = ids
        self.boot = ids()
        self.description = description or describe(kind)
        self.presence = Presence(self.topics, member, kind, card, self.boot)
        self.asker = Asker(scheduler, lambda ask: self.tell("up/ask", ask))
        #: whether the hub works; None until that is known
        self.hub: bool | None = None
        self.alerts: dict[str, Alert] = {}
        self._haves: dict[str, Have] = {}
        self._hub_life = Life()
        self._grace_s = grace_s
        self._grace: Timer | None = None
        self._closed = False

    # --- hooks

    def filters(self) -> list[str]:
        """What to subscribe to."""
        if self.kind is MemberKind.CONSOLE:
            return self.topics.console_filters(self.member)
        return self.topics.device_filters(self.member)

    def on_up(self) -> None:
        """The bus is there, and the birth was published."""

    def on_down(self) -> None:
        """The bus is gone."""

    def on_hub(self, ready: bool) -> None:  # noqa: FBT001 - a hook with one fact
        """The hub works (again), or has been away for longer than the grace."""

    def on_told(self, address: Address, packet: Packet) -> None:
        """Something that the member itself does not understand came; a HallError raised here becomes one log line."""

    # --- verbs

    def open(self) -> None:
        """Go to the bus, and stay."""
        self.link.open(self, self.filters())
        self._judge_hub()

    def close(self) -> None:
        """Say goodbye and leave; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self.asker.close()
        if self._grace is not None:
            self._grace.cancel()
        self.link.close(self.presence.goodbye())

    @property
    def state(self) -> MemberState:
        """`degraded` while a fault is open."""
        faulty = any(alert.level is Level.FAULT for alert in self.alerts.values())
        return MemberState.DEGRADED if faulty else MemberState.READY

    def tell(self, leaf: str, message: msgspec.Struct | dict[str, Any] | None) -> bool:
        """Publish under the member's own name (`leaf` with its last level filled in); None empties a retained topic.

        False when the link is down. Malformed when it is too large.
        """
        topic = self.topics.of(self.member, leaf)
        address = self.topics.parse(topic)
        if address is None:
            raise ValueError(f"no leaf of the hall: {leaf!r}")
        payload = b"" if message is None else wire.encode(message)
        return self.link.publish(Packet(topic, payload, address.leaf.qos, address.leaf.retained))

    def ask(
        self,
        ask: Ask,
        on_answer: Callable[[Answer], None],
        *,
        wait_s: Seconds | None = None,
        on_silence: Callable[[], None] | None = None,
    ) -> None:
        """See :meth:`hall.asking.Asker.ask`."""
        self.asker.ask(ask, on_answer, wait_s=wait_s, on_silence=on_silence)

    def withdraw(self, ask_id: str) -> bool:
        """See :meth:`hall.asking.Asker.withdraw`."""
        return self.asker.withdraw(ask_id)

    def alert(self, alert_id: str, level: Level, code: str, text: Text) -> None:
        """Open an alert, or change it; the same again changes nothing."""
        known = self.alerts.get(alert_id)
        if known is not None and (known.level, known.code, known.text) == (level, code, text):
            return
        since = known.since if known is not None else self.scheduler.now()
        before = self.state
        self.alerts[alert_id] = Alert(level=level, code=code, text=text, since=since)
        log.warning("alert", extra={"id": alert_id, "level": level.value, "code": code, "what": text.en})
        self._note_alerts({*self._noted_alerts(), alert_id})
        self.tell(f"$alert/{alert_id}", self.alerts[alert_id])
        self._state_changed(before)

    def clear(self, alert_id: str) -> None:
        """Close an alert; harmless when it is not open."""
        before = self.state
        if self.alerts.pop(alert_id, None) is None:
            return
        log.info("alert over", extra={"id": alert_id})
        if self.tell(f"$alert/{alert_id}", None):
            self._note_alerts({*self._noted_alerts()} - {alert_id})
        self._state_changed(before)

    def have(
        self, part: str, rev: str, *, ok: bool = True, code: str | None = None, paper: PaperLeft | None = None
    ) -> None:
        """Say what was converged to; told again at each connect."""
        self._haves[part] = Have(rev=rev, ok=ok, code=code, paper=paper)
        self.tell(f"up/have/{part}", self._haves[part])

    # --- the link's side (hall.link.Listener)

    def will(self) -> Packet:
        """See :class:`hall.link.Listener`."""
        return self.presence.will()

    def on_connected(self) -> None:
        """See :class:`hall.link.Listener`."""
        self._republish()
        self.asker.on_connected()
        self.on_up()

    def on_disconnected(self) -> None:
        """See :class:`hall.link.Listener`."""
        self._hub_life.forget()
        self._judge_hub()
        self.on_down()

    def on_message(self, packet: Packet) -> None:
        """See :class:`hall.link.Listener`."""
        address = self.topics.parse(packet.topic)
        if address is None:
            log.debug("none of ours", extra={"topic": packet.topic})
            return
        try:
            self._hear(address, packet)
        except HallError as error:
            log.warning(
                "message dropped", extra={"topic": packet.topic, "code": error.code, "why": error.text.en}
            )

    # --- inside

    def _hear(self, address: Address, packet: Packet) -> None:
        match address.leaf.name:
            case "down/answer" if address.member == self.member:
                self.asker.on_answer(packet.payload)
                return
            case "rebirth":
                wire.decode(Rebirth, packet.payload)
                self._republish()
            case "$state" if address.member == HUB:
                self._hear_hub(packet)
            case _:
                pass
        self.on_told(address, packet)

    def _hear_hub(self, packet: Packet) -> None:
        if packet.payload:
            self._hub_life.hear(wire.decode(State, packet.payload))
        else:
            self._hub_life.forget()
        self._judge_hub()

    def _judge_hub(self) -> None:
        """Compare what is known of the hub with what was said about it."""
        if self.link.connected and self._hub_life.working:
            if self._grace is not None:
                self._grace.cancel()
                self._grace = None
            if self.hub is not True:
                self.hub = True
                log.info("hub is there")
                self.on_hub(ready=True)
        elif self.hub is not False and self._grace is None and not self._closed:
            self._grace = self.scheduler.call_later(self._grace_s, self._hub_away)

    def _hub_away(self) -> None:
        self._grace = None
        self.hub = False
        log.warning("hub is away")
        self.on_hub(ready=False)

    def _republish(self) -> None:
        """Everything retained that is this member's own."""
        self.link.publish(self.presence.birth(self.state))
        self.tell("$desc", self.description)
        for part, have in self._haves.items():
            self.tell(f"up/have/{part}", have)
        noted = self._noted_alerts()
        # one that is noted but not open was solved while away
        for alert_id in sorted({*noted, *self.alerts}):
            self.tell(f"$alert/{alert_id}", self.alerts.get(alert_id))
        if set(noted) != set(self.alerts):
            self._note_alerts(set(self.alerts))

    def _state_changed(self, before: MemberState) -> None:
        if self.state is not before:
            self.link.publish(self.presence.birth(self.state))

    def _noted_alerts(self) -> list[str]:
        try:
            noted: list[str] = self.card.get("alerts", [])
        except Fault as error:  # a card that cannot be read keeps nobody off the bus
            log.error("noted alerts not read", extra={"code": error.code})
            return []
        return noted

    def _note_alerts(self, ids: set[str]) -> None:
        """Keep which alerts may still stand retained at the broker, so that a restart can empty them."""
        if sorted(ids) == self._noted_alerts():
            return
        try:
            self.card.put("alerts", sorted(ids))
        except Fault as error:
            log.error("alerts not noted", extra={"code": error.code})


def describe(kind: MemberKind) -> Description:
    """What this machine and program are, as far as they tell."""
    return Description(
        kind=kind,
        model=_machine("model") or "unknown",
        serial=_machine("serial-number") or "unknown",
        version=program_version(),
    )


def program_version() -> str:
    """This program's version."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version("hallfleet")
    return "unknown"


def _machine(what: str) -> str:
    """What a Raspberry Pi says about itself; empty elsewhere."""
    try:
        text = Path("/proc/device-tree", what).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "".join(c for c in text if c.isprintable())[:80]
