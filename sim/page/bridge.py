"""Between the page and the hall: blocking clients in threads of their own, their news in one frozen picture.

Rules:

* ``loop`` owns everything: bus, notebook, crowd. ``fingers`` and ``eyes`` each have a connection to the world and only put calls
  into the loop. The page's own thread reads :attr:`Bridge.seen` and gets a future for whatever it asks.
* Nothing here matters: killed, it learns all again from the retained bus and from the world.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import msgspec

from hall.card import Card
from hall.clock import Seconds
from hall.errors import Fault
from hall.inbox import Inbox
from hall.link import Packet
from hall.messages import asks
from hall.messages.answers import Answer
from hall.mqtt import MqttLink
from hall.plan import HallPlan
from hall.settings import load
from hall.text import Text
from sim.autoplay import Autoplay
from sim.console import DemoConsole
from sim.layout import zone
from sim.links import SOUND, SWITCHES, LinkFaults, LinksClient, LinksError, LinksPlan
from sim.page.notebook import Notebook
from sim.page.processes import Processes
from sim.page.seen import Seen, VisitorsSeen
from sim.world_client import WorldClient, WorldError
from sim.world_plan import read_plan
from sim.world_talk import Event, FaultEvent, LampEvent, Look, PanelEvent, SlipEvent, SoundEvent
from sim.world_twin import FaultSeen

log = logging.getLogger(__name__)

MEMBER = "console-page"
PICTURE_S: Seconds = 0.08
MACHINE_S: Seconds = 0.5
EYES_S: Seconds = 0.08
#: everything is looked at again, whether or not somebody said that it changed
ALL_S: Seconds = 2.0
#: a finger is no quicker than that
SHORTEST_PRESS_S: Seconds = 0.12
#: how long an ask may stay unanswered before the page says so
PATIENCE_S: Seconds = 8.0


class Bridge:
    """One hall as the page reaches it."""

    def __init__(self, folder: Path, mqtt_port: int) -> None:
        """`folder` is the running hall's; nothing is connected yet."""
        self.folder = folder
        self.plan = load(folder / "settings" / "hall.yaml", HallPlan)
        self.world_plan = read_plan(folder / "world.json")
        self.members = {member.member: member for member in self.world_plan.members}
        self.processes = Processes(folder)
        #: the cables that can be broken; None in a hall without such cables
        self.links_plan = _links(folder, mqtt_port)
        #: the present picture; replaced, never changed
        self.seen = Seen()
        self._inbox = Inbox(zone(self.plan))
        self._notebook = Notebook(self.plan)
        self._auto: Autoplay | None = None
        self._pressed: dict[tuple[str, str], Seconds] = {}
        self._jobs: queue.SimpleQueue[Callable[[WorldClient], None] | None] = queue.SimpleQueue()
        self._cables: queue.SimpleQueue[tuple[str, LinkFaults] | None] = queue.SimpleQueue()
        self._stale: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        #: whose faults are to be looked at next
        self._faulty: frozenset[str] = frozenset()
        self._stop_listening: Callable[[], None] = lambda: None
        self._threads: list[threading.Thread] = []
        self.console = _PageConsole(
            hall=self.plan.id,
            member=MEMBER,
            link=MqttLink(host="127.0.0.1", port=mqtt_port, member=MEMBER, scheduler=self._inbox),
            scheduler=self._inbox,
            card=_card(folder),
        )
        self.console.heard = self._on_packet

    def open(self) -> None:
        """Connect and stay connected; returns at once."""
        self._inbox.call_soon(self.console.open)
        self._inbox.call_soon(self._draw)
        self._inbox.call_soon(self._look_at_machine)
        for name, work in (
            ("loop", self._run),
            ("fingers", self._press),
            ("eyes", self._watch),
            ("ears", self._listen),
            ("cables", self._mend),
        ):
            thread = threading.Thread(target=work, name=f"page-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Say goodbye; may be called twice."""
        self._stop_listening()
        self._jobs.put(None)
        self._cables.put(None)
        self._stale.put(None)
        self._inbox.call_soon(self.console.close)
        self._inbox.call_soon(self._inbox.stop)
        for thread in self._threads:
            thread.join(1.5)

    # --- what a person does (any thread) --------------------------------------------------------------------------------

    def ask(self, ask: asks.AnyAsk) -> Future[Answer]:
        """Ask the hub; the answer, or TimeoutError when the hub stays silent."""
        future: Future[Answer] = Future()

        def silent() -> None:
            future.set_exception(TimeoutError("the hub does not answer"))

        self._inbox.call_soon(
            lambda: self.console.ask(ask, future.set_result, wait_s=PATIENCE_S, on_silence=silent)
        )
        return future

    def new_id(self) -> str:
        """An id for an ask."""
        return self.console.new_id()

    def hold(self, member: str, key: str) -> None:
        """A finger goes down on a key."""
        self._check(member, key)
        self._inbox.call_soon(lambda: self._hold(member, key))

    def release(self, member: str, key: str) -> None:
        """The finger leaves it; harmless when there was none."""
        self._check(member, key)
        self._inbox.call_soon(lambda: self._release(member, key))

    def press(self, member: str, key: str) -> None:
        """A short press."""
        self._check(member, key)
        self._jobs.put(lambda world: world.press(member, key))

    def fault(self, member: str, fault: str, *, on: bool, where: str | None = None) -> None:
        """Break something, or repair it."""
        if member not in self.members:
            raise LookupError(f"no member {member!r}")
        if on:
            self._jobs.put(lambda world: world.fault(member, fault, where))
        else:
            self._jobs.put(lambda world: world.heal(member, fault))
        self._stale.put(member)

    def cable(self, member: str, name: str) -> None:
        """Break a member's cable in a way that :data:`sim.links.SWITCHES` names; an empty name mends it."""
        if self.links_plan is None or member not in self.links_plan.ports or name not in {"", *SWITCHES}:
            raise LookupError(f"no cable {member!r} to break like {name!r}")
        self._cables.put((member, SWITCHES[name]() if name else SOUND))

    def heal_all(self) -> None:
        """Repair everything, thaw everybody."""
        for member, wrong in self.seen.cables.items():
            if wrong:
                self.cable(member, "")
        for member in self.members:
            self._jobs.put(lambda world, member=member: world.heal(member))  # type: ignore[misc]
            self._stale.put(member)
        for name, process in self.seen.processes.items():
            if process.frozen:
                self.processes.signal(name, "thaw")

    def signal(self, name: str, action: str) -> None:
        """Kill, freeze or thaw a process. LookupError when it cannot be."""
        self.processes.signal(name, action)
        self._inbox.call_soon(self._look_at_processes)

    def visitors(self, wanted: VisitorsSeen | None) -> None:
        """Let visitors come like that, or nobody any more."""
        self._inbox.call_soon(lambda: self._visitors(wanted))

    def log_tail(self, name: str, size: int = 3000) -> str:
        """The last lines of a process's log; empty when there is none."""
        if name not in self.seen.processes:
            return ""
        try:
            with (self.folder / "logs" / f"{name}.log").open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - size))
                return file.read(size).decode("utf-8", "replace").partition("\n")[2]
        except OSError:
            return ""

    # --- the loop -------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._inbox.run()

    def _on_packet(self, packet: Packet) -> None:
        self._notebook.on_packet(packet, self._inbox.now())

    def _draw(self) -> None:
        self._notebook.on_bus(there=self.console.link.connected)
        self.seen = self._notebook.look()
        self._inbox.call_later(PICTURE_S, self._draw)

    def _look_at_machine(self) -> None:
        self._look_at_processes()
        self._inbox.call_later(MACHINE_S, self._look_at_machine)

    def _look_at_processes(self) -> None:
        self._notebook.on_processes(self.processes.look())

    def _on_world(self, event: Event) -> None:
        match event:
            case SlipEvent():
                self._notebook.on_slip(event)
            case SoundEvent():
                self._notebook.on_sound(event)
            case _:
                pass

    def _hold(self, member: str, key: str) -> None:
        self._pressed[member, key] = self._inbox.mono()
        self._jobs.put(lambda world: world.hold(member, key))

    def _release(self, member: str, key: str) -> None:
        since = self._pressed.pop((member, key), None)
        if since is None:
            return
        rest = SHORTEST_PRESS_S - (self._inbox.mono() - since)
        self._inbox.call_later(rest, lambda: self._jobs.put(lambda world: world.release(member, key)))

    def _visitors(self, wanted: VisitorsSeen | None) -> None:
        if self._auto is not None:
            self._auto.end()
            self._auto = None
        if wanted is not None:
            self._auto = Autoplay(
                self._inbox,
                self.console,
                self,
                self.plan,
                played=wanted.played,
                seed=self._inbox.now().microsecond,
                per_hour=wanted.per_hour,
                speed=wanted.speed,
            )
        self._notebook.on_visitors(wanted)

    # the crowd's fingers (sim.people.Hands)

    def press_key(self, service: str) -> None:
        """See :class:`sim.people.Hands`."""
        self.press(self._dispenser(), service)

    def press_green(self) -> None:
        """See :class:`sim.people.Hands`."""
        self.press(self._dispenser(), "green-channel")

    def press_face(self, window: int, grade: int) -> None:
        """See :class:`sim.people.Hands`."""
        for name, member in self.plan.members.items():
            if member.window == window and name in self.members and self.members[name].kind == "pad":
                self.press(name, str(grade))

    def _dispenser(self) -> str:
        return next(name for name, member in self.members.items() if member.kind == "dispenser")

    def _check(self, member: str, key: str) -> None:
        if member not in self.members or key not in self.members[member].keys:
            raise LookupError(f"no key {key!r} at {member!r}")

    # --- fingers, eyes and ears, each in its own thread -----------------------------------------------------------------

    def _press(self) -> None:
        with WorldClient(self.world_plan.control, timeout_s=3.0) as world:
            while (job := self._jobs.get()) is not None:
                try:
                    job(world)
                except (WorldError, OSError) as error:
                    log.info("the world did not take it", extra={"why": str(error)})

    def _mend(self) -> None:
        """Hold the cables: break and mend them, and look at them now and then."""
        if self.links_plan is None:
            return
        names = {fault(): name for name, fault in SWITCHES.items()}
        with LinksClient(self.links_plan.control, timeout_s=1.0) as links:
            while True:
                try:
                    job = self._cables.get(timeout=ALL_S / 2)
                    if job is None:
                        return
                    links.set(*job)
                except queue.Empty:
                    pass
                except LinksError as error:
                    log.info("the cables did not take it", extra={"why": str(error)})
                try:
                    wrong = {member: names.get(seen.faults, "") for member, seen in links.look().items()}
                except LinksError:
                    continue  # their process is being started again
                self._inbox.call_soon(lambda wrong=wrong: self._notebook.on_cables(wrong))  # type: ignore[misc]

    def _watch(self) -> None:
        """Look at whoever changed, a dozen times a second at most, and at everybody now and then."""
        with WorldClient(self.world_plan.control, timeout_s=1.0) as world:
            stale: set[str] = set()
            next_look = everybody_at = 0.0
            while True:
                wait = (next_look if stale else everybody_at) - self._inbox.mono()
                try:
                    name = self._stale.get(timeout=max(0.001, wait))
                    if name is None:
                        return
                    stale.add(name)
                except queue.Empty:
                    pass
                now = self._inbox.mono()
                everybody = now >= everybody_at
                if everybody:
                    stale, everybody_at = set(self.members), now + ALL_S
                if stale and now >= next_look:
                    next_look = now + EYES_S
                    if self._look(world, stale, faults=everybody):
                        stale = set()

    def _look(self, world: WorldClient, members: set[str], *, faults: bool) -> bool:
        looks: dict[str, Look] = {}
        found: dict[str, tuple[FaultSeen, ...]] = {}
        try:
            for member in sorted(members):
                looks[member] = world.look(member)
                if faults or member in self._faulty:
                    found[member] = tuple(world.faults(member))
        except (WorldError, OSError):
            self._inbox.call_soon(lambda: self._notebook.on_world(there=False))
            return False
        self._faulty -= found.keys()
        self._inbox.call_soon(lambda: self._looked(looks, found))
        return True

    def _looked(self, looks: dict[str, Look], faults: dict[str, tuple[FaultSeen, ...]]) -> None:
        self._notebook.on_world(there=True)
        self._notebook.on_looks(looks, faults)

    def _listen(self) -> None:
        with WorldClient(self.world_plan.control, timeout_s=30.0) as world:
            self._stop_listening = world.listen(self._hear)

    def _hear(self, event: Event) -> None:
        match event:
            case PanelEvent() | LampEvent():
                self._stale.put(event.member)
            case FaultEvent():
                self._faulty = self._faulty | {event.member}
                self._stale.put(event.member)
            case _:
                self._stale.put(event.member)
                self._inbox.call_soon(lambda: self._on_world(event))


class _PageConsole(DemoConsole):
    """A console that also overhears what is meant for others: the demo's own broker on loopback lets it."""

    heard: Callable[[Packet], None]

    def filters(self) -> list[str]:
        """See :class:`hall.member.Member`."""
        return [f"{self.topics.root}/#"]

    def on_message(self, packet: Packet) -> None:
        """See :class:`hall.link.Listener`."""
        self.heard(packet)
        super().on_message(packet)


def _card(folder: Path) -> Card:
    try:
        return Card(folder / "cards" / f"{MEMBER}.card")
    except Fault:  # a full or read-only disk: the page needs no memory
        return Card(":memory:")


def _links(folder: Path, mqtt_port: int) -> LinksPlan | None:
    """The plan of the hall's cables, if it has some."""
    try:
        plan = msgspec.json.decode((folder / "links.json").read_bytes(), type=LinksPlan)
    except (OSError, msgspec.MsgspecError):
        return None
    return plan if plan.broker_port == mqtt_port else None  # else it is an earlier hall's


def refusal(answer: Answer) -> Text | None:
    """Why the hub refused, or None when it did not."""
    if answer.ok:
        return None
    return answer.text or Text(zh="对不起，没有办成", en="Sorry, that was refused")
