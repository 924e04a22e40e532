"""One member's twin: everything that hangs on one device, and the faults of :mod:`sim.twin.faults`.

The same class serves the simulated day (in process, any scheduler) and the world process.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hall.clock import Scheduler, Seconds, Timer
from sim.twin import key_recording
from sim.twin.faults import FAULTS, FaultSeen, NoSuchHand, possible
from sim.twin.machine import Machine
from sim.twin.paper import PaperPrinter
from sim.twin.reader import TYPES, TypingReader
from sim.twin.recorded import Recording
from sim.twin.sound import SoundFile, SpeakerFifo
from sim.twin.spi import Max7219Chain
from sim.twin.strip import Ws2812Strip
from sim.twin.wire_board import Board
from sim.twin.world_plan import MemberPlan, PanelPlan

#: a program that listens has read a code by then
READ_S: Seconds = 0.5


class MemberTwin:
    """The hands of one member: `board`, and where the plan says so `panel`, `printer`, `speaker`, `reader`."""

    def __init__(
        self,
        plan: MemberPlan,
        scheduler: Scheduler,
        *,
        paced: bool = False,
        speaker: SoundFile | SpeakerFifo | None = None,
        reader: TypingReader | None = None,
        machine: Path | None = None,
    ) -> None:
        """`paced` makes the printer take its real time on `scheduler`; `machine` is the folder in which processes see the Pi's own faults."""
        self.plan = plan
        self.board = Board(scheduler)
        self.panel: Max7219Chain | Ws2812Strip | None = None
        self.printer: PaperPrinter | None = None
        self.speaker, self.reader = speaker, reader
        self._scheduler = scheduler
        self._forgets: Timer | None = None
        self.machine = Machine(machine)
        if plan.panel is not None:
            self.panel = _panel(plan.panel)
        if plan.printer is not None:
            self.printer = PaperPrinter(plan.printer.width_dots, scheduler=scheduler if paced else None)
            self.printer.paper_left = plan.printer.paper_mm
            self.printer.speed = plan.printer.speed_mm_s
            self.printer.near_end_sensor = plan.printer.near_end_sensor
            if plan.printer.recording:
                self.printer.recording = Recording.read(Path(plan.printer.recording))

    # -- fingers -----------------------------------------------------------------------------------------------------

    def press(self, key: str, seconds: Seconds = 0.15) -> None:
        """Press `key` for `seconds`."""
        self.board.press(self._pin(key), seconds)

    def hold(self, key: str) -> None:
        """Put a finger on `key` and leave it there."""
        self.board.close(self._pin(key))

    def release(self, key: str) -> None:
        """Take the finger off `key`."""
        self.board.open(self._pin(key))

    def free(self, key: str) -> None:
        """Make `key` sound again: neither stuck nor worn."""
        self.board.free(self._pin(key))

    def replay(self, path: Path) -> Seconds:
        """Play what real keys did (:mod:`sim.twin.key_recording`); how many seconds that takes.

        :raises NoSuchHand: when the file is no recording, or of pins without a key here.
        """
        try:
            edges = key_recording.read(path)
        except (OSError, ValueError) as error:
            raise NoSuchHand(str(error)) from error
        strange = {edge.pin for edge in edges} - set(self.plan.keys.values())
        if strange:
            raise NoSuchHand(f"{self.plan.member} has no key at GPIO {', '.join(map(str, sorted(strange)))}")
        return self.board.replay(edges)

    def scan(self, code: str) -> None:
        """Show the reader a code.

        :raises NoSuchHand: when there is no reader, it is unplugged, or it could not type that.
        """
        if self.reader is None or self.reader.unplugged:
            raise NoSuchHand(f"{self.plan.member} has no code reader that is plugged in")
        if not code or not TYPES.issuperset(code):
            raise NoSuchHand(f"a code reader types letters and digits, not {code!r}")
        self.reader.scan(code)
        if (
            self._forgets is not None
        ):  # what was shown just now is not to be forgotten with the code before it
            self._forgets.cancel()
        self._forgets = self._scheduler.call_later(READ_S, self.reader.forget)

    # -- eyes --------------------------------------------------------------------------------------------------------

    def lamps(self) -> dict[str, float]:
        """How bright each lamp is, 0 … 1."""
        return {name: self.board.value(pin) for name, pin in self.plan.lamps.items()}

    def pressed(self) -> dict[str, bool]:
        """Which keys are down."""
        return {name: self.board.is_closed(pin) for name, pin in self.plan.keys.items()}

    def on_lamp(self, observer: Callable[[str, float], None]) -> None:
        """Call `observer(lamp, value)` when a lamp changes."""
        names = {pin: name for name, pin in self.plan.lamps.items()}

        def tell(pin: int, value: float) -> None:
            if pin in names:
                observer(names[pin], value)

        self.board.on_output(tell)

    # -- faults ------------------------------------------------------------------------------------------------------

    def fault(self, name: str, where: str | None = None) -> None:
        """Switch fault `name` on; `where` is a key's name or a module's number (default: the first).

        :raises NoSuchHand: when this member cannot have that fault.
        """
        place = self._place(name, where)
        FAULTS[name].begin(self, place)

    def heal(self, name: str | None = None) -> None:
        """Repair fault `name`, or everything; a new roll is put in, keys are replaced. Healing the healthy does nothing.

        :raises NoSuchHand: when this member cannot have that fault.
        """
        if name is not None:
            self._can(name)
        for one in (name,) if name is not None else self._possible():
            for place in FAULTS[one].places(self):
                FAULTS[one].end(self, place)

    def faults(self) -> list[FaultSeen]:
        """Every fault this member can have."""
        seen = []
        for name in self._possible():
            fault = FAULTS[name]
            places = fault.places(self)
            where = places if fault.local else ()
            seen.append(FaultSeen(name=name, zh=fault.zh, en=fault.en, active=bool(places), where=where))
        return seen

    # -- inside ------------------------------------------------------------------------------------------------------

    def _pin(self, key: str) -> int:
        if key not in self.plan.keys:
            raise NoSuchHand(
                f"{self.plan.member} has no key {key!r}; it has {', '.join(self.plan.keys) or 'none'}"
            )
        return self.plan.keys[key]

    def _possible(self) -> list[str]:
        """A hall that is quiet has members with a loudspeaker in their plan and none here."""
        missing = {
            hand for hand, there in (("speaker", self.speaker), ("reader", self.reader)) if there is None
        }
        return [name for name in possible(self.plan) if FAULTS[name].hand not in missing]

    def _place(self, name: str, where: str | None) -> str:
        """The place that `where` means for a fault; the first one when it says nothing."""
        self._can(name)
        choices = FAULTS[name].choices(self.plan)
        if where is None:
            return choices[0] if choices else ""
        if where not in choices:
            there = f"it can be at {', '.join(choices)}" if choices else "it has no place"
            raise NoSuchHand(f"{self.plan.member}: {name} cannot be at {where!r}; {there}")
        return where

    def _can(self, name: str) -> None:
        if name not in self._possible():
            raise NoSuchHand(f"{self.plan.member} cannot have the fault {name!r}")


def _panel(plan: PanelPlan) -> Max7219Chain | Ws2812Strip:
    if plan.kind == "ws2812":
        return Ws2812Strip(plan.width, plan.height, plan.fold, plan.band)
    return Max7219Chain(plan.width, plan.height, plan.wiring, wired_back=plan.wired_back)
