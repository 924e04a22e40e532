"""Between the page and the hall: blocking clients in threads of their own, their news in one frozen picture.

Rules:

* The loop, in its own thread, owns everything: bus, notebook, crowd. :class:`sim.page.senses.Senses` only puts calls into it. The page's own thread reads :attr:`Bridge.seen` and gets a future for whatever it asks.
* Nothing here matters: killed, it learns all again from the retained bus and from the world.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
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
from hall.tls import context
from sim.console import DemoConsole
from sim.layout import zone
from sim.page.notebook import Notebook
from sim.page.processes import Processes
from sim.page.seen import Seen, VisitorsSeen
from sim.page.senses import Senses
from sim.people.autoplay import Autoplay
from sim.secure import broker
from sim.twin.links import SWITCHES, LinksPlan
from sim.twin.world_plan import read_plan

log = logging.getLogger(__name__)

MEMBER = "console-page"
PICTURE_S: Seconds = 0.08
MACHINE_S: Seconds = 0.5
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
        self._senses = Senses(self.world_plan, self.links_plan, self._inbox, self._notebook)
        self._loop = threading.Thread(target=self._run, name="page-loop", daemon=True)
        where = broker(folder, mqtt_port, MEMBER)
        self.console = _PageConsole(
            hall=self.plan.id,
            member=MEMBER,
            link=MqttLink(
                host=where.host,
                port=where.port,
                member=MEMBER,
                scheduler=self._inbox,
                tls=partial(context, where.tls, self.plan.id),
            ),
            scheduler=self._inbox,
            card=_card(folder),
        )
        self.console.heard = self._on_packet

    def open(self) -> None:
        """Connect and stay connected; returns at once."""
        self._inbox.call_soon(self.console.open)
        self._inbox.call_soon(self._draw)
        self._inbox.call_soon(self._look_at_machine)
        self._loop.start()
        self._senses.open()

    def close(self) -> None:
        """Say goodbye; may be called twice."""
        self._senses.close()
        self._inbox.call_soon(self.console.close)
        self._inbox.call_soon(self._inbox.stop)
        self._loop.join(1.5)

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
        self._senses.do(lambda world: world.press(member, key))

    def scan(self, member: str, code: str) -> None:
        """A code is held before the member's reader."""
        if member not in self.members or not self.members[member].reader:
            raise LookupError(f"{member!r} has no code reader")
        self._senses.do(lambda world: world.scan(member, code))

    def fault(self, member: str, fault: str, *, on: bool, where: str | None = None) -> None:
        """Break something, or repair it."""
        if member not in self.members:
            raise LookupError(f"no member {member!r}")
        if on:
            self._senses.do(lambda world: world.fault(member, fault, where))
        else:
            self._senses.do(lambda world: world.heal(member, fault))
        self._senses.look_again(member)

    def cable(self, member: str, name: str) -> None:
        """Break a member's cable in a way that :data:`sim.twin.links.SWITCHES` names; an empty name mends it."""
        if self.links_plan is None or member not in self.links_plan.ports or name not in {"", *SWITCHES}:
            raise LookupError(f"no cable {member!r} to break like {name!r}")
        self._senses.cable(member, name)

    def heal_all(self) -> None:
        """Repair everything, thaw everybody."""
        for member, wrong in self.seen.cables.items():
            if wrong:
                self.cable(member, "")
        for member in self.members:
            self._senses.do(lambda world, member=member: world.heal(member))  # type: ignore[misc]
            self._senses.look_again(member)
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

    def _hold(self, member: str, key: str) -> None:
        self._pressed[member, key] = self._inbox.mono()
        self._senses.do(lambda world: world.hold(member, key))

    def _release(self, member: str, key: str) -> None:
        since = self._pressed.pop((member, key), None)
        if since is None:
            return
        rest = SHORTEST_PRESS_S - (self._inbox.mono() - since)
        self._inbox.call_later(rest, lambda: self._senses.do(lambda world: world.release(member, key)))

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

    # the crowd's fingers (sim.people.crowd.Hands)

    def press_key(self, service: str) -> None:
        """See :class:`sim.people.crowd.Hands`."""
        self.press(self._dispenser(), service)

    def press_green(self) -> None:
        """See :class:`sim.people.crowd.Hands`."""
        self.press(self._dispenser(), "green-channel")

    def press_face(self, window: int, grade: int) -> None:
        """See :class:`sim.people.crowd.Hands`."""
        for name, member in self.plan.members.items():
            if member.window == window and name in self.members and self.members[name].kind == "pad":
                self.press(name, str(grade))

    def _dispenser(self) -> str:
        return next(name for name, member in self.members.items() if member.kind == "dispenser")

    def _check(self, member: str, key: str) -> None:
        if member not in self.members or key not in self.members[member].keys:
            raise LookupError(f"no key {key!r} at {member!r}")


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
