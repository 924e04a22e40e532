"""The hub as a program: the bus on one side, the coordinator in the middle, the fleet on the other.

Rules:

* Whatever comes from the bus is checked here: topic, size, sender, content. What cannot be used costs one log line, and a
  refusal when its id can be read; nothing else happens.
* Telling is best effort: a fact that could not be sent is kept and sent when the link is back, wants and board are drawn anew.
* While the store does not work the hub calls itself ``degraded``, so that devices go on by themselves.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hall import wire
from hall.clock import Scheduler, Timer
from hall.errors import Fault, HallError, Malformed
from hall.ids import IdMaker, new_id
from hall.link import Link, Packet
from hall.messages import answers, asks, commands, facts, presence
from hall.messages.common import Level, MemberKind, MemberState
from hall.messages.events import BundlePart, UpdateReport
from hall.messages.wants import Have
from hall.plan import HallPlan
from hall.presence import WORKING
from hall.settings_form import form_of
from hall.text import Text
from hall.topics import HUB, MEMBER_LIMIT, Address, Topics
from hub.coordinator import Coordinator
from hub.days import Days
from hub.domain import calendar, orders
from hub.domain.planning import still_told
from hub.fleet.bundles import Bundles
from hub.fleet.calls import PRINT_S, Calls
from hub.fleet.clones import Clones, Warden
from hub.fleet.commands import Commands
from hub.fleet.endings import Endings
from hub.fleet.evacuation import Evacuation
from hub.fleet.hall_slips import KEEP_S, HallSlips
from hub.fleet.members import Members
from hub.fleet.roll import Roll
from hub.fleet.upkeep import Upkeep
from hub.fleet.wants import AGAIN_S, Wants
from hub.memory import PrintJob
from hub.nights import Nights
from hub.releases.book import Book
from hub.releases.director import Director
from hub.salvage import salvage
from hub.space import Space
from hub.store.heads import Heads
from hub.store.journal import Journal
from hub.store.keeping import Retention
from hub.store.readmodels import Projector
from hub.watch import Watch
from hub.work import Told

log = logging.getLogger(__name__)

#: Facts that wait for the link; older ones are found by reading again (their `n` leaves a gap).
UNTOLD = 5000
#: Facts committed so shortly before the last one may have been killed on their way: told again at start.
DOUBTFUL = timedelta(seconds=1)

#: The part of what is wanted that is a device's settings.
CONFIG = "config"
#: Id of the hub's own alert while its store does not work.
STORE_ALERT = "store"

_ASK_TYPES = frozenset(kind.__struct_config__.tag for kind in asks.AnyAsk.__args__)
UNKNOWN_ASK = Text(zh="没有这种请求", en="there is no ask of this type")


class Hub:
    """One hall's hub."""

    def __init__(
        self,
        plan: HallPlan,
        *,
        link: Link,
        scheduler: Scheduler,
        store: Journal,
        ids: IdMaker = new_id,
        trust_console_names: bool = False,
        heads: Path | None = None,
        retention: Retention | None = None,
        archive: Path | None = None,
        bundles: Path | None = None,
        rollouts: Path | None = None,
        warden: Warden | None = None,
    ) -> None:
        """All parts are handed in; :func:`hub.__main__.build` makes the real ones.

        `heads` is the file of the days' last hashes, `archive` the folder of old days, which leave the store only with `retention`,
        `bundles` the folder of what devices hand out for technicians. `warden` holds the register, in a hall with certificates.
        """
        self.link, self.scheduler, self.store = link, scheduler, store
        self._file_plan = plan
        self.topics = Topics(plan.id)
        self._boot = ids()
        self._epoch = 0
        self._fault: Fault | None = None
        self._untold: deque[Packet] = deque(maxlen=UNTOLD)
        self._untold_timer: Timer | None = None
        self.members = Members(lambda: self.coordinator.hall, trust_console_names=trust_console_names)
        self._commands = Commands(scheduler, self._down, self._on_void)
        self.calls = Calls(
            self.members,
            self._commands,
            hall=lambda: self.coordinator.hall,
            order=lambda order: self.coordinator.order(order),  # noqa: PLW0108 - made below
            move=lambda job: self.coordinator.move(job),  # noqa: PLW0108 - made below
            token=self._token,
            scheduler=scheduler,
        )
        self.endings = Endings(
            self.members, self._commands, hall=lambda: self.coordinator.hall, scheduler=scheduler
        )
        self.hall_slips = HallSlips(
            self.members, self._commands, hall=lambda: self.coordinator.hall, scheduler=scheduler
        )
        self.evacuation = Evacuation(
            self.members, self._commands, hall=lambda: self.coordinator.hall, scheduler=scheduler
        )
        self.coordinator = Coordinator(
            plan, memory=store, scheduler=scheduler, tell=self, printer_for=self.calls.printer_for
        )
        hall, order = lambda: self.coordinator.hall, self.coordinator.order
        self.upkeep = Upkeep(self._commands, order=order, scheduler=scheduler)
        self.bundles = Bundles(bundles, order=order)
        self.clones = Clones(hall=hall, order=order, scheduler=scheduler, warden=warden)
        self.roll = Roll(self.members, hall=hall, order=order, scheduler=scheduler, kept=store)
        self.wants = Wants(
            self.members, hall=hall, scheduler=scheduler, publish=self._down, board=self._tell_board
        )
        self.director = Director(
            Book(rollouts),
            devices=lambda: {name: str(self.members.kind(name)) for name in self.members.devices()},
            there=lambda: {name for name, state in self.coordinator.hall.devices.items() if state in WORKING},
            is_open=lambda: self.coordinator.hall.open,
            opens=self._opens,
            scheduler=scheduler,
            publish=self._down,
        )
        self.days = Days(hall=hall, order=order, had_day=store.had_day, scheduler=scheduler)
        self._watch = Watch(hall=hall, order=order, scheduler=scheduler)
        self._space = Space(store.reserve, hall=hall, order=order, scheduler=scheduler)
        self._projector = Projector(store, scheduler)
        self._heads = Heads(heads)
        self._nights = Nights(
            retention or Retention(token_days=None),
            store=store,
            folder=archive or Path("archive"),
            hall=hall,
            scheduler=scheduler,
        )

    @property
    def plan(self) -> HallPlan:
        """The hall's settings, as they are now."""
        return self.coordinator.hall.plan

    # ---------------------------------------------------------------- start and stop

    def start(self) -> None:
        """Remember, look at the calendar, take up what was left lying, connect. Raises ``Fault`` when the store does not open."""
        now = self.scheduler.now()
        self.store.own()
        self._epoch = int(self.store.get("epoch") or 0)
        today = self.coordinator.start()
        log.info("replayed", extra={"facts": len(today), "n": self.coordinator.hall.n})
        self._compare_file()
        self._tell_again(today)
        self.calls.start(today, self.store.open_prints())
        self.endings.on_facts([told for told in today if (now - told.fact.at).total_seconds() < PRINT_S])
        self.hall_slips.on_facts([told for told in today if (now - told.fact.at).total_seconds() < KEEP_S])
        self.evacuation.look()
        self.upkeep.on_facts(today)
        self._projector.start()
        self.coordinator.order(orders.AdoptSettings())
        self.roll.on_plan()
        self.days.start()
        self._space.start()
        self._watch.start()
        self.clones.start()
        self._nights.start()
        self._note_head()
        self.coordinator.flush()
        self.link.open(self, self.topics.hub_filters())

    def stop(self) -> None:
        """Say goodbye and let go; may be called twice."""
        self.days.stop()
        self.director.stop()
        self._watch.stop()
        self.clones.stop()
        self.evacuation.stop()
        self.hall_slips.stop()
        self._nights.stop()
        self._space.stop()
        self._projector.stop()
        self.link.close(self._state(MemberState.DISCONNECTED))
        self.store.close()

    def _opens(self) -> datetime | None:
        """When the hall opens next."""
        now = self.scheduler.now()
        hours = calendar.next_hours(self.plan, ZoneInfo(self.plan.timezone), now)
        return None if hours is None else hours.opens

    def _compare_file(self) -> None:
        """Settings that were changed in the running hall are right, whatever the file says; whoever edits the file should know."""
        version = self.coordinator.hall.state.plan_version
        if version and form_of(still_told(self.plan, self._file_plan)) != form_of(self.plan):
            log.warning(
                "the settings file is not what is in force; `hall settings import` brings it in",
                extra={"version": version},
            )

    def _note_head(self) -> None:
        """A day that is closed has a last hash; it is noted once, also when the hub was killed before it could."""
        hall = self.coordinator.hall
        if hall.day is None or hall.open:
            return
        try:
            self._heads.note(hall.day, self.store.head(), self.scheduler.now())
        except Fault as fault:
            log.error("the day's head is not noted: %s", fault)

    def _token(self, ticket: str) -> str | None:
        """The secret of a phone page; a paper without one is better than none."""
        try:
            return self.store.token(ticket)
        except Fault as fault:
            log.error("a paper without its page: %s", fault)
            return None

    def _tell_again(self, today: Sequence[Told]) -> None:
        """What was committed last may have been killed on its way; the same bytes again do no harm."""
        if today:
            since = today[-1].fact.at - DOUBTFUL
            for fact, body in (told for told in today[-UNTOLD:] if told.fact.at >= since):
                self._untold.append(Packet(self.topics.fact(type(fact).__name__), body))

    # ---------------------------------------------------------------- the link's listener

    def will(self) -> Packet:
        """See :class:`hall.link.Listener`; a new epoch, stored first."""
        self._epoch += 1
        try:
            self.store.put("epoch", str(self._epoch))
        except Fault as fault:  # the boot id still tells this run from others
            log.error("epoch not kept: %s", fault)
        return self._state(MemberState.LOST)

    def on_connected(self) -> None:
        """See :class:`hall.link.Listener`: who we are, what the hall wants, and everybody please say who you are."""
        self._say_state()
        self._say_trouble()
        described = presence.Description(kind=MemberKind.HUB, model="hallfleet hub", serial="", version="1")
        self.link.publish(Packet(self.topics.of(HUB, "$desc"), wire.encode(described), retain=True))
        self._tell_untold()
        self.wants.on_connected()
        self._commands.on_connected()
        self.director.on_connected()
        self._say_rebirth()
        self.roll.on_connected()

    def on_disconnected(self) -> None:
        """See :class:`hall.link.Listener`."""
        self.wants.on_disconnected()
        self.director.on_disconnected()
        self.roll.on_disconnected()

    def on_message(self, packet: Packet) -> None:
        """See :class:`hall.link.Listener`: everything members say."""
        address = self.topics.parse(packet.topic)
        if address is None or not address.leaf.per_member:
            _drop(packet, "no such topic")
        elif len(packet.payload) > MEMBER_LIMIT:
            _drop(packet, f"{len(packet.payload)} bytes")
        elif address.leaf.name == "up/ask":
            self._on_ask(address.member, packet)
        elif address.member == HUB:
            self._on_own(address, packet)
        elif self.members.is_device(address.member):
            try:
                self._on_device(address, packet)
            except Malformed as error:
                _drop(packet, str(error))
        elif address.leaf.name.startswith("up/") and not address.leaf.name.startswith("up/have"):
            _drop(packet, "not a registered device")

    def _on_ask(self, member: str, packet: Packet) -> None:
        try:
            ask = wire.decode_ask(packet.payload)
        except Malformed as error:
            rest = salvage(packet.payload)
            _drop(packet, str(error))
            if rest.id is not None:
                unknown = error.code == "not-valid" and rest.type is not None and rest.type not in _ASK_TYPES
                code, text = ("unknown-ask", UNKNOWN_ASK) if unknown else (error.code, error.text)
                self.answer(member, wire.refusal(rest.id, code, text))
            return
        self.roll.on_word(member)
        try:
            self.coordinator.ask(member, self.members.check_ask(member, ask))
        except HallError as no:
            log.warning("ask refused", extra={"member": member, "ask": ask.id, "code": no.code})
            self.answer(member, wire.refusal(ask.id, no.code, no.text))

    def _on_own(self, address: Address, packet: Packet) -> None:
        """Our own ``$state`` comes back; an old will of ours that comes after our birth is put right."""
        if address.leaf.name == "$state" and packet.payload != self._state(self._life()).payload:
            self._say_state()

    def _on_device(self, address: Address, packet: Packet) -> None:
        member, payload = address.member, packet.payload
        match address.leaf.name:
            case "$state":
                if payload:
                    said: presence.State = wire.decode(presence.State, payload)
                    self.roll.on_state(member, said, retained=packet.retain)
                    self.clones.on_state(member, said)
            case "up/beat":
                self.roll.on_beat(member, wire.decode(presence.Beat, payload))
            case "up/event":
                self.roll.on_word(member)
                self._on_event(member, packet)
            case "up/result":
                result: commands.Result = wire.decode(commands.Result, payload)
                self.upkeep.on_result(member, result)
                self.calls.on_result(member, result)
                self.endings.on_result(member, result)
                self.hall_slips.on_result(member, result)
            case "$alert/<id>":
                alert = wire.decode(presence.Alert, payload) if payload else None
                self.roll.on_alert(member, address.part or "", alert)
            case "up/have/<part>":
                have: Have = wire.decode(Have, payload)
                if address.part == CONFIG and self.wants.is_told(member, CONFIG, have.rev):
                    code = "ok" if have.ok else have.code or "refused"
                    self.coordinator.order(orders.NoteConfigured(member=member, code=code))
                if not have.ok:
                    log.warning(
                        "want not applied", extra={"member": member, "part": address.part, "code": have.code}
                    )
            case "$desc":
                if payload:
                    wire.decode(presence.Description, payload)
            case _:
                _drop(packet, "not for the hub")

    def _on_event(self, member: str, packet: Packet) -> None:
        try:
            event = wire.decode_event(packet.payload)
        except Malformed as error:
            rest = salvage(packet.payload)
            _drop(packet, str(error))
            if rest.outbox is not None and rest.seq is not None:
                self.coordinator.unusable(member, rest.outbox, rest.seq, error)
            return
        objection = self.members.objection(member, event)
        if isinstance(event, BundlePart) and objection is None:
            self.bundles.on_part(member, event, self.scheduler.now())
        if isinstance(event, UpdateReport) and objection is None:
            self.director.on_report(member, event)
        self.coordinator.event(member, event, objection)

    # ---------------------------------------------------------------- telling

    def answer(self, member: str, payload: bytes) -> None:
        """See :class:`hub.work.Tell`."""
        self._down(member, "down/answer", payload)

    def receipt(self, member: str, receipt: answers.Receipt) -> None:
        """See :class:`hub.work.Tell`."""
        self.link.publish(Packet(self.topics.of(member, "down/receipt"), wire.encode(receipt), qos=0))

    def facts(self, told: Sequence[Told], prints: Sequence[PrintJob]) -> None:
        """See :class:`hub.work.Tell`."""
        happened = [fact for fact, _ in told]
        self.wants.on_facts(happened)
        self.calls.on_facts(told, prints)
        self.endings.on_facts(told)
        self.hall_slips.on_facts(told)
        self.evacuation.look()
        self.upkeep.on_facts(told)
        for fact, body in told:
            self._publish_fact(Packet(self.topics.fact(type(fact).__name__), body))
        self._projector.on_facts()
        self._watch.on_facts()
        if any(isinstance(fact, facts.PlanChanged) for fact in happened):
            self._say_rebirth()  # a device that was registered just now says who it is
            self.roll.on_plan()
        if any(
            isinstance(fact, facts.DayOpened | facts.DayClosed | facts.HoursExtended | facts.PlanChanged)
            for fact in happened
        ):
            self.scheduler.call_soon(self.days.look)
            self.scheduler.call_soon(self._note_head)
        else:
            self.days.on_facts()

    def sick(self, fault: Fault | None) -> None:
        """See :class:`hub.work.Tell`."""
        self._fault = fault
        if self.link.connected:
            self._say_state()
            self._say_trouble()
            if fault is None:
                self.wants.on_connected()

    # ----------------------------------------------------------------

    def _down(self, member: str, leaf: str, payload: bytes) -> bool:
        topic = self.topics.of(member, leaf)
        try:
            return self.link.publish(Packet(topic, payload, retain=leaf.startswith("down/want/")))
        except Malformed as error:
            log.error("not sent: %s", error, extra={"topic": topic})
            return True  # trying again would change nothing

    def _on_void(self, command_id: str) -> None:
        """What a device was to do and nobody answered for: whoever wanted it hears that."""
        self.calls.on_void(command_id)
        self.upkeep.on_void(command_id)

    def _tell_board(self, payload: bytes) -> bool:
        return self.link.publish(Packet(self.topics.board, payload, retain=True))

    def _publish_fact(self, packet: Packet) -> None:
        if self._untold or not self.link.publish(packet):
            self._untold.append(packet)
            if self.link.connected and self._untold_timer is None:
                self._untold_timer = self.scheduler.call_later(AGAIN_S, self._tell_untold)

    def _tell_untold(self) -> None:
        """Facts that found the link down or full, in their order."""
        self._untold_timer = None
        waiting, self._untold = self._untold, deque(maxlen=UNTOLD)
        for packet in waiting:
            self._publish_fact(packet)

    def _life(self) -> MemberState:
        return MemberState.READY if self._fault is None else MemberState.DEGRADED

    def _state(self, state: MemberState) -> Packet:
        said = presence.State(state=state, epoch=self._epoch, boot=self._boot, kind=MemberKind.HUB)
        return Packet(self.topics.state(HUB), wire.encode(said), retain=True)

    def _say_trouble(self) -> None:
        """What the store says, in plain words: facts cannot tell it, for they need the store."""
        payload = b""
        if self._fault is not None:
            said = presence.Alert(
                level=Level.FAULT, code=self._fault.code, text=self._fault.text, since=self.scheduler.now()
            )
            payload = wire.encode(said)
        self.link.publish(Packet(self.topics.of(HUB, f"$alert/{STORE_ALERT}"), payload, retain=True))

    def _say_rebirth(self) -> None:
        self.link.publish(Packet(self.topics.rebirth, wire.encode(answers.Rebirth(epoch=self._epoch))))

    def _say_state(self) -> None:
        self.link.publish(self._state(self._life()))


def _drop(packet: Packet, why: str) -> None:
    log.warning("dropped", extra={"topic": packet.topic[:200], "why": why})
