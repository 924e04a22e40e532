"""What all devices share: a member that reports durably, does commands once, converges to what is wanted, and beats.

A device's program subclasses :class:`Agent` and fills in the hooks:

``on_want(part, want)``
    Apply whatever differs, then :meth:`Member.have` with the want's rev. The same rev may come again (reconnect, rebirth).
``on_command(command)``
    Do it, then :meth:`finish`. End the match with ``case _: super().on_command(command)``, which knows identify, self-test and
    restart (see :meth:`identify`, :meth:`self_test`) and refuses the rest.
``again(command)``
    Whether a command that a restart interrupted is done again (paper), or has failed.
``config_kind``, ``configure(config)``
    A frozen struct of what may change while the device runs, and how it is applied (:mod:`devices.agent.config`).
``on_hub(ready)``, ``on_up()``, ``on_down()``
    The hub works or is away; the bus is there or gone. Overriders of the last two call ``super()``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any, ClassVar

import msgspec

from devices.agent.conditions import CODES, Conditions
from devices.agent.config import AgentConfig, LiveConfig
from devices.agent.health import Health, Vitals
from devices.updates.follow import Follow, Office
from hall import wire
from hall.card import Card
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault, HallError, Malformed
from hall.ids import IdMaker, new_id
from hall.link import Link, Packet
from hall.member import GRACE_S, Member, program_version
from hall.messages.answers import Receipt
from hall.messages.commands import AnyCommand, Identify, Restart, RunSelfTest, SendBundle, SetLogLevel, Wipe
from hall.messages.common import LogLevel, MemberKind
from hall.messages.events import BundlePart, Event, SelfTest, UpdateReport
from hall.messages.presence import Beat, Description
from hall.messages.wants import WANTS, AgentWant, Config, Rev, Want
from hall.once import Once
from hall.outbox import Outbox
from hall.topics import HUB_LIMIT, Address
from hall.troubles import TROUBLES, Field

log = logging.getLogger(__name__)

BEAT_S: Seconds = 5.0
#: Time for a restart's result to leave.
RESTART_S: Seconds = 0.3
#: What a hand is when nothing is wrong with it, as far as anybody can tell.
FINE = frozenset({"ok", "not-wired-back"})
#: Alerts of keys that do not open, which a self-test does not pass.
STUCK = frozenset({"key-stuck", "button-stuck"})
#: Gathers, and hands over when it has.
Support = Callable[[Callable[[dict[str, Any]], None]], None]


class Agent(Member):
    """A device's program without its hands."""

    #: what may change of it while it runs
    config_kind: ClassVar[type[AgentConfig]] = AgentConfig

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
        health: Health = Vitals,
        end: Callable[[], None] | None = None,
        set_log_level: Callable[[LogLevel | None], None] | None = None,
        support: Support | None = None,
        wipe: Callable[[], None] | None = None,
        office: Office | None = None,
    ) -> None:
        """`health` looks at the machine; `end` ends the program so that the service manager starts it again.

        `set_log_level` changes the process's log; None there is as in the settings file, None here for a program that shares its process.
        `support` gathers what the process adds to a bundle: its log, its settings, what the doctor finds.
        `wipe` ends the program and has it forget who it is.
        `office` is where another release of the program is asked for; None where nobody could install one.
        """
        super().__init__(
            hall=hall,
            member=member,
            kind=kind,
            link=link,
            scheduler=scheduler,
            card=card,
            ids=ids,
            description=description,
            grace_s=grace_s,
        )
        self._health = health
        self._end = end
        self._set_log_level = set_log_level
        self._log_timer: Timer | None = None
        self._support = support
        self._wipe = wipe
        self._conditions = Conditions()
        self._vitals = health()
        self._begun = scheduler.mono()
        self._beat_timer: Timer | None = None
        self.outbox = Outbox(
            card,
            scheduler,
            self.boot,
            lambda event: self.tell("up/event", event),
            clock_ok=lambda: self._vitals.clock_ok,
            ids=ids,
        )
        self.once = Once(
            card,
            scheduler,
            lambda result: self.tell("up/result", result),
            again=self.again,
        )
        self._follow = None if office is None else self._follower(office)
        self._live = LiveConfig(
            card=card, scheduler=scheduler, kind=self.config_kind, apply=self._apply_config
        )

    # --- hooks

    def on_want(self, part: str, want: Want) -> None:
        """The hub wants this; see the module."""
        self.have(part, want.rev, ok=False, code="unsupported")

    def on_command(self, command: AnyCommand) -> None:
        """Do this once; see the module."""
        match command:
            case Identify():
                self.identify()
                self.finish(command.id, "done")
            case RunSelfTest():
                self.introduce()
                self.finish(command.id, "done")
            case Restart():
                self.finish(command.id, "done")
                log.info("restart was asked for")
                if self._end is not None:
                    self.scheduler.call_later(RESTART_S, self._end)
            case Wipe() if self._wipe is not None:
                self.finish(command.id, "done")
                log.warning("leaving the hall: everything is forgotten")
                self.scheduler.call_later(RESTART_S, self._wipe)
            case SetLogLevel() if self._set_log_level is not None:
                self._log_from(command)
                self.finish(command.id, "done")
            case SendBundle() if self._support is not None:
                self._support(partial(self._send_bundle, command))
            case SendBundle():
                self._send_bundle(command, {})
            case _:
                self.finish(command.id, "rejected", "unsupported")

    def configure(self, config: Any) -> None:
        """Bring the device to this `config_kind`; a HallError refuses it, and then the one before is applied again."""

    def again(self, command: AnyCommand) -> bool:
        """Whether to do a command again that was begun before a restart; see the module."""
        return isinstance(command, Identify | RunSelfTest)

    def busy(self) -> bool:
        """Whether something is in the device's hands that a restart would spoil."""
        return False

    def identify(self) -> None:
        """Show, print or say who you are."""
        log.info("identify", extra={"kind": self.kind.value})

    def hands(self) -> dict[str, str]:
        """Each hand as last seen, ``ok`` or what is wrong with it; none of them moves."""
        return {}

    @property
    def passes(self) -> bool:
        """Whether every hand is as it should be and no key is stuck: what a self-test shows, prints or sounds at its end."""
        stuck = any(alert.code in STUCK for alert in self.alerts.values())
        return not stuck and all(found in FINE for found in self.hands().values())

    def introduce(self) -> None:
        """Paper, sign, lamps and sound say who this is and how it is, and the hub hears what came of it."""
        self.say(SelfTest, results=self.self_test())

    def self_test(self) -> dict[str, Any]:
        """Test the hands; what was found, small enough for one message."""
        vitals = self._health()
        return {
            "alerts": sorted(self.alerts),
            "clock_ok": vitals.clock_ok,
            "disk_free_mb": vitals.disk_free_mb,
            "machine": self._machine_now(vitals),
            **self.hands(),
        }

    def about_itself(self) -> dict[str, Any]:
        """What a technician far away needs to know of the running program."""
        return {
            "member": self.member,
            "made": self.scheduler.now().isoformat(),
            "description": msgspec.to_builtins(self.description),
            "uptime_s": int(self.scheduler.mono() - self._begun),
            "state": self.state.value,
            "hub": self.hub,
            "health": asdict(self._health()),
            "alerts": msgspec.to_builtins(self.alerts),
            "config": msgspec.to_builtins(self._live.now),
        }

    # --- verbs

    def open(self) -> None:
        """See :meth:`Member.open`; beats begin with the first connection."""
        self._look_at_card()
        if not self._live.begin():
            self.trouble("config-refused", "config")
        super().open()
        if self._follow is not None:
            self._follow.open()
        if self._beat_timer is None:
            self._beat_timer = self.scheduler.call_later(BEAT_S, self._beat)

    def close(self) -> None:
        """See :meth:`Member.close`."""
        if self._beat_timer is not None:
            self._beat_timer.cancel()
        if self._log_timer is not None:
            self._log_timer.cancel()
        if self._follow is not None:
            self._follow.close()
        self._live.close()
        self.outbox.close()
        super().close()

    def trouble(self, code: str, alert_id: str | None = None, *, why: str = "", **fields: Field) -> None:
        """Raise the alert of this code in the table of troubles; `alert_id` (the code itself) ends it again with :meth:`clear`.

        `why` is what the machine said, for the log; `fields` fill the sentence.
        """
        trouble, of = TROUBLES[code], alert_id or code
        known = self.alerts.get(of)
        if why and (known is None or known.code != code):
            log.warning("trouble", extra={"code": code, "why": why})
        self.alert(of, trouble.level, code, trouble.said(**fields))

    def say(self, kind: type[Event], **fields: Any) -> int | None:
        """Report an event; its seq. None when it could not be kept: then an alert is open until the next one can."""
        try:
            seq = self.outbox.add(kind, **fields)
        except Fault as error:
            log.error(
                "event not kept", extra={"kind": kind.__name__, "code": error.code, "what": _loggable(fields)}
            )
            self.trouble(error.code, "card", why=error.text.en)
            return None
        self.clear("card")
        return seq

    def finish(self, command_id: str, phase: str, code: str = "ok") -> None:
        """A command ended: ``done``, ``rejected``, ``expired`` or ``failed``."""
        self.once.finish(command_id, phase, code)

    def expired(self, command_id: str) -> bool:
        """Whether a command in hand has become void meanwhile."""
        return self.once.expired(command_id)

    @property
    def clock_ok(self) -> bool:
        """Whether the wall clock was right at the last look."""
        return self._vitals.clock_ok

    # --- what comes

    def on_up(self) -> None:
        """See :class:`Member`."""
        self.outbox.on_connected()
        self._tell_beat()

    def on_down(self) -> None:
        """See :class:`Member`."""
        self.outbox.on_disconnected()

    def on_told(self, address: Address, packet: Packet) -> None:
        """See :class:`Member`."""
        if address.member != self.member:
            return
        match address.leaf.name:
            case "down/receipt":
                self.outbox.on_receipt(wire.decode(Receipt, packet.payload))
            case "down/command":
                command = self.once.receive(packet)
                if command is not None:
                    self._do(command)
            case "down/want/<part>":
                self._want(address.part or "", packet)
            case _:
                log.debug("not for devices", extra={"topic": packet.topic})

    # --- inside

    def _look_at_card(self) -> None:
        """Say what the card's opening found."""
        if self.card.trouble is not None:
            self.trouble(self.card.trouble.code, "card-file", why=self.card.trouble.text.en)
        elif self.card.quarantined is not None:
            self.trouble("card-replaced", "card-file", why=str(self.card.quarantined))

    def _do(self, command: AnyCommand) -> None:
        try:
            self.on_command(command)
        except Exception as error:
            code = error.code if isinstance(error, HallError) else "error"
            self.finish(command.id, "failed", code)
            if not isinstance(error, HallError):
                raise
            log.error("command failed", extra={"id": command.id, "code": code, "why": error.text.en})

    def _want(self, part: str, packet: Packet) -> None:
        """Decode strictly; what cannot be used leaves the state as it is, and is said."""
        if not packet.payload:  # the hub wants nothing any more
            return
        kind = WANTS.get(part)
        try:
            if kind is None:
                raise Malformed("unsupported")
            want: Want = wire.decode(kind, packet.payload, HUB_LIMIT)
            if isinstance(want, Config):
                self._take_config(want)
            elif isinstance(want, AgentWant):
                no = "no-installer" if self._follow is None else self._follow.on_want(want)
                self.have(part, want.rev, ok=no is None, code=no)
            else:
                self.on_want(part, want)
        except Exception as error:
            code = error.code if isinstance(error, HallError) else "error"
            self._have_not(part, packet.payload, code)
            if not isinstance(error, HallError):
                raise
            log.warning("want not applied", extra={"part": part, "code": code, "why": error.text.en})

    def _follower(self, office: Office) -> Follow:
        def tell(version: str, phase: str, code: str | None, detail: str | None) -> int | None:
            return self.say(UpdateReport, version=version, phase=phase, code=code, detail=detail)

        return Follow(
            office=office,
            version=program_version(),
            card=self.card,
            scheduler=self.scheduler,
            busy=self.busy,
            end=lambda: self._end() if self._end is not None else None,
            tell=tell,
            receipted=self.outbox.settled,
            connected=lambda: self.link.connected,
            hands=self.hands,
            self_test=self.self_test,
            clock_ok=lambda: self.clock_ok,
        )

    def _take_config(self, want: Config) -> None:
        try:
            self._live.take(want)
        except HallError as error:
            self.trouble("config-refused", "config", why=error.text.en)
            raise
        self.clear("config")
        self.have("config", want.rev)

    def _apply_config(self, config: AgentConfig) -> None:
        self.configure(config)
        if self._set_log_level is not None:
            self._set_log_level(config.log_level)

    def _have_not(self, part: str, payload: bytes, code: str) -> None:
        try:
            rev = wire.decode(_Rev, payload, HUB_LIMIT).rev
        except Malformed:
            rev = ""
        try:
            self.have(part, rev, ok=False, code=code)
        except Malformed as error:  # a part whose name cannot be a topic of ours
            log.warning("have not told", extra={"part": part, "code": error.code})

    def _beat(self) -> None:
        self._beat_timer = self.scheduler.call_later(BEAT_S, self._beat)
        self._tell_beat()

    def _log_from(self, command: SetLogLevel) -> None:
        """Another log level for a while."""
        assert self._set_log_level is not None
        self._set_log_level(command.level)
        if self._log_timer is not None:
            self._log_timer.cancel()
        self._log_timer = self.scheduler.call_later(command.minutes * 60.0, self._log_as_set)

    def _log_as_set(self) -> None:
        self._log_timer = None
        if self._set_log_level is not None:
            self._set_log_level(self._live.now.log_level)

    def _send_bundle(self, command: SendBundle, gathered: dict[str, Any]) -> None:
        """Without secrets, in pieces; see :mod:`devices.agent.bundle`."""
        from devices.agent import bundle  # noqa: PLC0415 - its packers take memory that a device needs when it is asked

        content = self.about_itself() | bundle.of_device(self.card) | gathered
        parts = list(bundle.pieces(bundle.written(content)))
        for part, data in enumerate(parts, 1):
            if self.say(BundlePart, bundle=command.id, part=part, parts=len(parts), data=data) is None:
                self.finish(command.id, "failed", "card-full")
                return
        self.finish(command.id, "done")

    def _machine_now(self, vitals: Vitals) -> str:
        """The worst of the machine's troubles, or ok; their alerts come and go here."""
        standing = self._conditions.look(vitals, self.scheduler.mono())
        for code in CODES:
            if code in standing:
                self.trouble(code)
            else:
                self.clear(code)
        return next((code for code in CODES if code in standing), "ok")

    def _tell_beat(self) -> None:
        self._vitals = self._health()
        self._machine_now(self._vitals)
        if not self.link.connected:
            return
        beat = Beat(
            epoch=self.presence.epoch,
            outbox=self.outbox.depth,
            uptime_s=int(self.scheduler.mono() - self._begun),
            temperature_c=self._vitals.temperature_c,
            rss_mb=self._vitals.rss_mb,
            disk_free_mb=self._vitals.disk_free_mb,
            clock_ok=self._vitals.clock_ok,
            memory_free_mb=self._vitals.memory_free_mb,
            throttled=self._vitals.throttled,
        )
        self.tell("up/beat", beat)


def _loggable(fields: dict[str, Any]) -> str:
    """An event's fields without the secret of a ticket's page, and without what is only bytes."""
    return str({name: value for name, value in fields.items() if name not in {"token", "data"}})


class _Rev(msgspec.Struct):
    """What can still be told about a want that does not decode."""

    rev: Rev = ""
