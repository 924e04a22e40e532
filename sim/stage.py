"""A whole hall as people meet it, whichever way it runs.

:class:`Stage` is what a story may use, and :class:`RunningStage` plays it on real processes.
:class:`sim.simulated.SimulatedHall` is the other player; it has more verbs (clock, broker faults, wiring).

``with running_stage(folder) as hall:`` gives a hall that is up, with a console that hears everything. All of it runs in the
calling thread, and only while a verb waits: :meth:`RunningStage.act` and :meth:`RunningStage.run_until`.
"""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from devices.ticket_dispenser.settings import GREEN
from hall.card import Card
from hall.clock import Seconds
from hall.ids import new_id
from hall.inbox import Inbox
from hall.link import Packet
from hall.messages import asks
from hall.messages.answers import Answer
from hall.messages.common import MemberState
from hall.messages.facts import AnyFact
from hall.mqtt import MqttLink
from hall.plan import HallPlan
from hall.tls import context
from hall.wire import decode_fact
from sim.console import DemoConsole
from sim.layout import demo_plan, zone
from sim.running import RunningHall
from sim.twin.paper import PaperPrinter
from sim.twin.paper_slip import Slip
from sim.twin.world_client import WorldClient

if TYPE_CHECKING:
    from sim.simulated import SimulatedHall

#: how long a hall of processes may take to be up on a busy machine
START_S: Seconds = 90.0
LOOK_EVERY_S: Seconds = 0.01


class Stage(Protocol):
    """What people can do and see in a hall. `member` is a device's id, `sign-3`; times are seconds of the hall's own clock."""

    @property
    def plan(self) -> HallPlan:
        """The hall's own settings."""

    @property
    def facts(self) -> list[AnyFact]:
        """Every fact that was told, once, in order."""

    @property
    def sounds(self) -> list[Path]:
        """The WAV files that were played, oldest first."""

    def act(self, ask: asks.AnyAsk) -> Answer:
        """Ask as a console; the answer. TimeoutError when none comes in ten seconds."""

    def new_id(self) -> str:
        """An id for an ask."""

    def press(self, service: str, dispenser: str = "dispenser-1") -> None:
        """A citizen presses the service's key."""

    def press_green(self) -> None:
        """A citizen presses the green-channel key."""

    def press_face(self, window: int, grade: int) -> None:
        """A citizen presses a face at a window."""

    def run_until(self, true: Callable[[], bool], within_s: Seconds = 60.0) -> bool:
        """Let the hall go on until `true`; False when it did not come true in time."""

    def papers(self) -> list[Slip]:
        """Every paper that came out, oldest first."""

    def dots(self, member: str) -> list[str]:
        """A member's panel as rows of # and ., empty without one."""

    def lamps(self, member: str) -> dict[str, float]:
        """How bright each lamp of a member is, 0 … 1."""

    def fault(self, member: str, name: str, where: str | None = None) -> None:
        """Switch a fault of :data:`sim.twin.faults.FAULTS` on; `where` is a key's name or a module's number."""

    def heal(self, member: str, name: str | None = None) -> None:
        """Repair one fault, or everything."""


class RunningStage:
    """A :class:`Stage` on a :class:`sim.running.RunningHall`; see :func:`running_stage`."""

    def __init__(
        self, folder: Path, *, plan: HallPlan | None = None, console: str = "console-1", **hall: Any
    ) -> None:
        """Nothing is started yet. `hall`: what else :class:`sim.running.RunningHall` takes (links, store, environments)."""
        self.plan = plan or demo_plan(always_open=True)
        self.inbox = Inbox(zone(self.plan))
        self.hall = RunningHall(folder, self.inbox, plan=self.plan, **hall)
        self.folder = self.hall.folder
        self.world = WorldClient(self.hall.control)
        #: called with every packet that the broker hands round, also before the hall is up
        self.watchers: list[Callable[[Packet], None]] = []
        self.told: list[tuple[AnyFact, bytes]] = []
        where = self.hall.broker(console)
        self.console = _Ear(
            hall=self.plan.id,
            member=console,
            link=MqttLink(
                host=where.host,
                port=where.port,
                member=console,
                scheduler=self.inbox,
                tls=partial(context, where.tls, self.plan.id),
            ),
            scheduler=self.inbox,
            card=Card(":memory:"),
        )
        self.console.watch = self._watch
        self.console.on_fact.append(lambda fact, body: self.told.append((fact, body)))

    def start(self) -> None:
        """Start everybody and return when the hall is up: the hub and every device are ready.

        :raises TimeoutError: names who is missing.
        """
        self.hall.start()
        self.console.open()
        if not self.run_until(lambda: not self.missing(), START_S):
            raise TimeoutError(
                f"not up after {START_S:g} s: {', '.join(self.missing())} (see {self.folder}/logs)"
            )

    def stop(self) -> None:
        """Stop everybody in reverse order; may be called twice."""
        self.console.close()
        self.world.close()
        self.hall.stop()

    def missing(self) -> list[str]:
        """Hub and devices that do not say that they are ready."""
        states, view = self.console.view.states, self.console.view
        absent = [m for m in ("hub", *self.plan.members) if states.get(m) is not MemberState.READY]
        return absent if absent or view.board is not None else ["hub/board"]

    def run_until(self, true: Callable[[], bool], within_s: Seconds = 60.0) -> bool:
        """See :class:`Stage`."""
        found: list[bool | BaseException] = []
        end = self.inbox.mono() + within_s

        def look() -> None:
            try:
                if true():
                    found.append(True)
            except Exception as error:  # noqa: BLE001 - it is the caller's own question: raised there, below
                found.append(error)
            if found or self.inbox.mono() > end:
                self.inbox.stop()
            else:
                self.inbox.call_later(LOOK_EVERY_S, look)

        self.inbox.call_soon(look)
        self.inbox.run()
        for result in found:
            if isinstance(result, BaseException):
                raise result
        return bool(found)

    def run_for(self, seconds: Seconds) -> None:
        """Let the hall go on for so long; for what must *not* happen, never for what should."""
        self.run_until(lambda: False, seconds)

    # --- people's verbs -----------------------------------------------------------------------------------------------

    def act(self, ask: asks.AnyAsk, within_s: Seconds = 10.0) -> Answer:
        """See :class:`Stage`."""
        answers: list[Answer] = []
        self.console.act(ask, answers.append)
        if not self.run_until(lambda: bool(answers), within_s):
            raise TimeoutError(f"no answer to {ask}")
        return answers[0]

    def new_id(self) -> str:
        """See :class:`Stage`."""
        return new_id()

    def press(self, service: str, dispenser: str = "dispenser-1") -> None:
        """See :class:`Stage`."""
        self.world.press(dispenser, service)

    def press_green(self) -> None:
        """See :class:`Stage`."""
        self.press(GREEN)

    def press_face(self, window: int, grade: int) -> None:
        """See :class:`Stage`."""
        self.world.press(f"pad-{window}", str(grade))

    def fault(self, member: str, name: str, where: str | None = None) -> None:
        """See :class:`Stage`."""
        self.world.fault(member, name, where)

    def heal(self, member: str, name: str | None = None) -> None:
        """See :class:`Stage`."""
        self.world.heal(member, name)

    # --- what one sees --------------------------------------------------------------------------------------------------

    @property
    def facts(self) -> list[AnyFact]:
        """Every fact that the console heard, once, in order; what was told while it was away is missing: :meth:`committed`."""
        return [fact for fact, _ in self.told]

    @property
    def sounds(self) -> list[Path]:
        """See :class:`Stage`."""
        return sorted((self.folder / "world" / "sounds").glob("*.wav"))

    def papers(self) -> list[Slip]:
        """See :class:`Stage`. Read from the bytes each printer got, so a world that was restarted has lost none."""
        papers = []
        for photo in sorted((self.folder / "world" / "papers").glob("*.png")):
            printer = PaperPrinter()
            printer.port().write(photo.with_suffix(".escpos").read_bytes())
            papers.extend(printer.slips)
        return papers

    def dots(self, member: str) -> list[str]:
        """See :class:`Stage`."""
        return self.world.dots(member)

    def lamps(self, member: str) -> dict[str, float]:
        """See :class:`Stage`."""
        return self.world.lamps(member)

    # --- processes --------------------------------------------------------------------------------------------------------

    def pids(self) -> dict[str, int]:
        """Who lives, by name: ``broker``, ``world``, ``hub`` and the members; as ``processes.json`` says it."""
        pids: dict[str, int] = json.loads((self.folder / "processes.json").read_text(encoding="utf-8"))
        return pids

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a process of the hall; its pid. Who dies is started again."""
        pid = self.hall.supervisor.pids()[name]
        self.hall.supervisor.kill(name, how)
        return pid

    def committed(self) -> list[AnyFact]:
        """Every fact in the hub's store, in order, also what nobody heard."""
        with sqlite3.connect(f"file:{self.folder / 'hub.db'}?mode=ro", uri=True) as store:
            rows = store.execute("select body from facts order by n").fetchall()
        store.close()
        return [decode_fact(body) for (body,) in rows]

    def _watch(self, packet: Packet) -> None:
        for watch in self.watchers:
            watch(packet)


@contextmanager
def running_stage(
    folder: Path,
    *,
    plan: HallPlan | None = None,
    watch: Callable[[Packet], None] | None = None,
    **more: Any,
) -> Iterator[RunningStage]:
    """A hall of real processes that is up; stopped at the end whatever happens. `watch` sees every packet of its bus; `more` see there."""
    stage = RunningStage(folder, plan=plan, **more)
    if watch is not None:
        stage.watchers.append(watch)
    try:
        stage.start()
        yield stage
    finally:
        stage.stop()


class _Ear(DemoConsole):
    """A console that also overhears what is meant for others: the loopback broker of the demo lets it."""

    watch: Callable[[Packet], None]

    def filters(self) -> list[str]:
        """See :class:`hall.member.Member`."""
        return [f"{self.topics.root}/#"]

    def on_message(self, packet: Packet) -> None:
        """See :class:`hall.link.Listener`."""
        self.watch(packet)
        super().on_message(packet)


if TYPE_CHECKING:

    def _players(simulated: SimulatedHall, running: RunningStage) -> tuple[Stage, Stage]:
        """Both ways are a Stage; checked by the type checker alone."""
        return simulated, running
