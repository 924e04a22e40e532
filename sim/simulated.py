"""A whole hall in one process, on a clock moved by hand: the real hub, agents and hardware classes over the wire-level twin.

Rules:

* Nothing happens unless the clock is moved (:meth:`SimulatedHall.run_for`) or due calls are made (:meth:`settle`).
* What is real: hub, store (SQLite file), agents, ``hardware.py``, gpiozero, luma, the ESC/POS bytes, ``espeak-ng`` and ``aplay``.
  What is not: the broker (:class:`hall.memory.MemoryBroker`) and what lies below the drivers (:mod:`sim.twin.world_twin`).
* Killing a program loses its memory and keeps its card, its panel and its paper, as on the wall.

``hall.console.act(ask)`` plays a clerk, ``hall.press("withdrawal")`` a citizen; look at ``hall.facts``, ``hall.slips``,
``hall.twin("sign-3").panel`` and ``hall.sounds``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import devices.call_key.__main__ as call_key_program
import devices.call_speaker.__main__ as speaker_program
import devices.rating_pad.__main__ as pad_program
import devices.ticket_dispenser.__main__ as dispenser_program
import devices.window_sign.__main__ as sign_program
from devices.agent.agent import Agent
from devices.agent.run import Parts
from devices.call_key.settings import CallKeySettings
from devices.call_speaker.hardware import AlsaSound
from devices.call_speaker.settings import SpeakerSettings
from devices.rating_pad.settings import PadSettings
from devices.ticket_dispenser.settings import GREEN, DispenserSettings
from devices.window_sign.hardware import led_panel
from devices.window_sign.settings import SignSettings
from hall.card import Card
from hall.clock import Seconds, VirtualScheduler
from hall.ids import IdMaker, seeded_ids
from hall.memory import MemoryBroker
from hall.messages import asks, facts
from hall.messages.answers import Answer
from hall.plan import HallPlan
from hall.topics import HUB, HUB_LIMIT
from hall.worker import InlineWorker
from hub.__main__ import build as build_hub
from hub.service import Hub
from hub.store.journal import Journal
from sim.console import DemoConsole
from sim.layout import Layout, demo_plan
from sim.life import Life
from sim.twin.paper_slip import Slip
from sim.twin.pins import BoardFactory
from sim.twin.sound import SoundFile
from sim.twin.spi_bus import ChainSpi
from sim.twin.world_twin import MemberTwin

#: a Monday morning
START = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
RENDERING_S: Seconds = 0.05


class SimulatedHall:
    """See the module."""

    def __init__(
        self,
        folder: Path,
        *,
        plan: HallPlan | None = None,
        start: datetime = START,
        seed: int = 0,
        quiet: bool = False,
        started: bool = True,
    ) -> None:
        """`folder` gets the hub's store and the sounds; `quiet` leaves the speakers out; ``started=False``: call :meth:`start`."""
        self.plan = plan or demo_plan(always_open=True)
        self.folder = folder
        self.layout = Layout(self.plan, folder)
        self.scheduler = VirtualScheduler(start)
        self.broker = MemoryBroker(self.scheduler)
        self.agents: dict[str, Agent] = {}
        self.hub: Hub | None = None
        #: every fact that was told, once, in order, with the bytes
        self.told: list[tuple[facts.AnyFact, bytes]] = []
        self._seed = seed
        self._lives: dict[str, int] = {}
        #: the schedulers of the programs that run now
        self._clocks: dict[str, Life] = {}
        self._cards: dict[str, Card] = {}
        self._sounds = SoundFile(folder / "sounds")
        self._twins: dict[str, MemberTwin] = {}
        #: the last paper that came out of each printer
        self._out: dict[str, Slip] = {}
        world = self.layout.world()
        self.members = [m.member for m in world.members if not (quiet and m.kind == "speaker")]
        for name in self.members:
            hands = world.member(name)
            self._twins[name] = MemberTwin(
                hands, self.scheduler, speaker=self._sounds if hands.speaker else None
            )
        self.console = self._console("console-1")
        self.console.on_fact.append(lambda fact, body: self.told.append((fact, body)))
        if started:
            self.start()

    # --- starting, killing, stopping ----------------------------------------------------------------------------

    def start(self) -> None:
        """Start hub, devices and console, and let them find each other."""
        self.console.open()
        self.start_hub()
        for member in self.members:
            self.start_member(member)
        self.run_for(6.0)

    def start_hub(self) -> None:
        """A new life of the hub on the same store."""
        self.hub = build_hub(
            self.layout.hub(),
            self.plan,
            scheduler=self._life(HUB),
            link=self.broker.link(HUB, HUB_LIMIT),
            store=Journal(str(self.folder / "hub.db")),
            ids=self.ids(HUB),
        )
        self.hub.start()

    def kill_hub(self) -> None:
        """The hub is gone between one item and the next: what was committed stays, what was not told is not told."""
        if self.hub is None:
            return
        self._clocks.pop(HUB).end()
        self.broker.kill(HUB)
        self.hub.store.close()
        self.hub = None

    def start_member(self, member: str) -> None:
        """A new life of a device on the same card and the same wall."""
        agent = self._build(member)
        self.agents[member] = agent
        agent.open()

    def kill_member(self, member: str) -> None:
        """The device's program is gone; panel, paper and card stay as they are."""
        del self.agents[member]
        self._clocks.pop(member).end()
        self.broker.kill(member)

    def stop(self) -> None:
        """Stop everything in reverse order; may be called twice."""
        self.console.close()
        for agent in reversed(self.agents.values()):
            agent.close()
        self.agents.clear()
        if self.hub is not None:
            self.hub.stop()
            self.hub = None
        self.settle()
        for card in self._cards.values():
            card.close()
        self._cards.clear()

    # --- time -----------------------------------------------------------------------------------------------------

    def run_for(self, seconds: Seconds) -> None:
        """Move the clock."""
        self.scheduler.run_for(seconds)

    def settle(self) -> None:
        """Let everything happen that is due now."""
        self.scheduler.settle()

    def run_until(self, true: Callable[[], bool], within_s: Seconds = 60.0) -> bool:
        """Move the clock in tenths of a second until `true`; False when it did not come true in time."""
        end = self.scheduler.mono() + within_s
        while not true():
            if self.scheduler.mono() >= end:
                return False
            self.scheduler.run_for(0.1)
        return True

    # --- people's verbs ---------------------------------------------------------------------------------------------

    def act(self, ask: asks.AnyAsk) -> Answer:
        """Ask as a console and wait for the answer (at most ten seconds)."""
        answers: list[Answer] = []
        self.console.act(ask, answers.append)
        if not self.run_until(lambda: bool(answers), 10.0):
            raise TimeoutError(f"no answer to {ask}")
        return answers[0]

    def new_id(self) -> str:
        """An id for an ask."""
        return self.console.new_id()

    def press(self, service: str, dispenser: str = "dispenser-1") -> None:
        """A citizen presses the service's key."""
        self.twin(dispenser).press(service)

    def press_key(self, service: str) -> None:
        """As :meth:`press`, for :class:`sim.people.crowd.Hands`."""
        self.press(service)

    def press_green(self) -> None:
        """A citizen presses the green-channel key."""
        self.press(GREEN)

    def press_face(self, window: int, grade: int) -> None:
        """A citizen presses a face at a window."""
        self.twin(f"pad-{window}").press(str(grade))

    def new_roll(self, dispenser: str) -> None:
        """Somebody puts a new roll in."""
        printer = self.twin(dispenser).printer
        if printer is not None:
            printer.load_paper()

    # --- what one sees ----------------------------------------------------------------------------------------------

    @property
    def facts(self) -> list[facts.AnyFact]:
        """Every fact that was told, once, in order."""
        return [fact for fact, _ in self.told]

    def twin(self, member: str) -> MemberTwin:
        """The wires of one device."""
        return self._twins[member]

    def slips(self, dispenser: str = "dispenser-1") -> list[Slip]:
        """The papers that came out."""
        printer = self.twin(dispenser).printer
        return printer.slips if printer is not None else []

    @property
    def sounds(self) -> list[Path]:
        """The WAV files that were played."""
        return self._sounds.sounds

    def on_sound(self, observer: Callable[[Path], None]) -> None:
        """Call `observer(wav)` for each sound that was played."""
        self._sounds.on_sound(lambda wav, _seconds: observer(wav))

    # --- the same looks and verbs as sim.stage.Stage, for stories that run on either kind of hall ------------------------

    def papers(self) -> list[Slip]:
        """Every paper that came out of any dispenser, oldest first for each."""
        return [slip for member in self.members for slip in self.slips(member)]

    def dots(self, member: str) -> list[str]:
        """The member's panel as rows of # and ., empty without one."""
        panel = self.twin(member).panel
        return panel.text().split("\n") if panel is not None else []

    def lamps(self, member: str) -> dict[str, float]:
        """How bright each of the member's lamps is, 0 … 1."""
        return self.twin(member).lamps()

    def fault(self, member: str, name: str, where: str | None = None) -> None:
        """Switch a fault of :data:`sim.twin.faults.FAULTS` on."""
        self.twin(member).fault(name, where)

    def heal(self, member: str, name: str | None = None) -> None:
        """Repair one fault, or everything."""
        self.twin(member).heal(name)

    # --- inside -----------------------------------------------------------------------------------------------------

    def ids(self, member: str) -> IdMaker:
        """Ids that depend on seed, member, which life of it this is, and the clock."""
        life = self._lives[member] = self._lives.get(member, 0) + 1
        return seeded_ids(f"{self._seed} {member} {life}", self.scheduler.now)

    def _tokens(self, member: str) -> Callable[[], str]:
        """Tokens that depend on the seed; a real dispenser draws them from the machine's random source."""
        source = random.Random(f"tokens {self._seed} {member} {self._lives[member]}")
        return lambda: f"{source.getrandbits(128):032x}"

    def _card(self, member: str) -> Card:
        if member not in self._cards:
            self._cards[member] = Card(":memory:")
        return self._cards[member]

    def wipe_card(self, member: str) -> None:
        """The memory card was replaced; the next life begins with an empty one."""
        self._cards.pop(member).close()

    def _console(self, member: str) -> DemoConsole:
        return DemoConsole(
            hall=self.plan.id,
            member=member,
            link=self.broker.link(member),
            scheduler=self.scheduler,
            card=Card(":memory:"),
            ids=self.ids(member),
        )

    def _life(self, member: str) -> Life:
        life = self._clocks[member] = Life(self.scheduler)
        return life

    def _build(self, member: str) -> Agent:
        settings, twin = self.layout.settings(member), self.twin(member)
        life = self._life(member)
        parts: dict[str, Any] = {
            "scheduler": life,
            "link": self.broker.link(member),
            "card": self._card(member),
            "worker": InlineWorker(life, lambda: self._took(twin)),
            "health": twin.machine.vitals,
            "end": lambda: None,
            "ids": self.ids(member),
        }
        pins = BoardFactory(twin.board)
        match settings:
            case DispenserSettings():
                return dispenser_program.build(
                    settings,
                    Parts(**parts),
                    pin_factory=pins,
                    line=lambda: _printer(twin).port(),
                    spi=ChainSpi(twin.panel) if twin.panel is not None else None,
                    tokens=self._tokens(member),
                )
            case SignSettings():
                assert twin.panel is not None
                panel = led_panel(settings.panel, spi=ChainSpi(twin.panel))
                return sign_program.build(settings, Parts(**parts), panel=panel, animate=False)
            case PadSettings():
                return pad_program.build(settings, Parts(**parts), pin_factory=pins)
            case CallKeySettings():
                assert twin.panel is not None
                digits = ChainSpi(twin.panel)
                return call_key_program.build(settings, Parts(**parts), pin_factory=pins, spi=digits)
            case SpeakerSettings():
                sound = AlsaSound(settings.device, environment=self._sounds.environment)
                renderer = InlineWorker(life, lambda: RENDERING_S)
                return speaker_program.build(settings, Parts(**parts), sound=sound, renderer=renderer)
            case _:
                raise ValueError(f"{member}: no program for {type(settings).__name__}")

    def _took(self, twin: MemberTwin) -> Seconds:
        """How long the hand would have been busy with its last job."""
        if twin.plan.speaker:
            return self._sounds.took()
        if twin.printer is None or not twin.printer.slips:
            return 0.0
        last = twin.printer.slips[-1]
        if self._out.get(twin.plan.member) is last:  # the job was a look at the printer, not a paper
            return 0.0
        self._out[twin.plan.member] = last
        return twin.printer.print_seconds(last)


def _printer(twin: MemberTwin) -> Any:
    assert twin.printer is not None
    return twin.printer
