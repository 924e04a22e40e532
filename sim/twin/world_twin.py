"""One member's twin: everything that hangs on one device, and the faults people can switch on.

The same class serves the simulated day (in process, any scheduler) and the world process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec

from hall.clock import Scheduler, Seconds
from sim.twin.paper import NEAR_END, ROLL, PaperPrinter
from sim.twin.sound import SoundFile, SpeakerFifo
from sim.twin.spi import Max7219Chain
from sim.twin.wire_board import Board
from sim.twin.world_plan import MemberPlan

SLOW_LINE = 960
"""Bytes a second of a serial printer at 9600 baud."""

Hand = Literal["printer", "keys", "panel", "speaker"]


class FaultName(NamedTuple):
    """What a fault is called, and which hand it befalls."""

    zh: str
    en: str
    hand: Hand


FAULTS: dict[str, FaultName] = {
    "paper-out": FaultName("打印纸用完", "out of paper", "printer"),
    "paper-low": FaultName("打印纸将用完", "paper is running low", "printer"),
    "cover-open": FaultName("打印机盖打开", "printer cover open", "printer"),
    "printer-gone": FaultName("打印机断开", "printer gone", "printer"),
    "printer-slow": FaultName("打印变慢", "printer slow", "printer"),
    "printer-jam": FaultName("切刀卡住", "paper cutter jammed", "printer"),
    "printer-offline": FaultName("打印机脱机", "printer put off line", "printer"),
    "printer-mute": FaultName("打印机不应答", "printer answers nothing", "printer"),
    "key-stuck": FaultName("按键卡住", "key stuck", "keys"),
    "key-bounce": FaultName("按键接触不良", "worn key", "keys"),
    "module-dead": FaultName("屏幕模块不亮", "panel module dead", "panel"),
    "module-corrupt": FaultName("屏幕模块乱码", "panel module garbled", "panel"),
    "panel-off": FaultName("屏幕断电", "panel without power", "panel"),
    "sound-unplugged": FaultName("音箱断开", "loudspeaker unplugged", "speaker"),
}
"""Every fault one can switch on."""


def has_places(name: str) -> bool:
    """Whether fault `name` befalls one key or one module, not the whole hand."""
    return name.startswith(("key-", "module-"))


class FaultSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A fault this member can have, and whether (and where: key or module) it has it now."""

    name: str
    zh: str
    en: str
    active: bool
    where: tuple[str, ...] = ()


class NoSuchHand(LookupError):
    """The member has no such key, lamp or part, or the fault is unknown."""


class MemberTwin:
    """The hands of one member: `board`, and where the plan says so `panel`, `printer`, `speaker`."""

    def __init__(
        self,
        plan: MemberPlan,
        scheduler: Scheduler,
        *,
        paced: bool = False,
        speaker: SoundFile | SpeakerFifo | None = None,
    ) -> None:
        """`paced` makes the printer take its real time on `scheduler`."""
        self.plan = plan
        self.board = Board(scheduler)
        self.panel: Max7219Chain | None = None
        self.printer: PaperPrinter | None = None
        self.speaker = speaker
        if plan.panel is not None:
            self.panel = Max7219Chain(plan.panel.width, plan.panel.height, plan.panel.wiring)
        if plan.printer is not None:
            self.printer = PaperPrinter(plan.printer.width_dots, scheduler=scheduler if paced else None)
            self.printer.paper_left = plan.printer.paper_mm

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
        self._fault(name, where)
        match name:
            case "key-stuck":
                self.board.stick(self._pin(where or next(iter(self.plan.keys))))
            case "key-bounce":
                self.board.wear(self._pin(where or next(iter(self.plan.keys))))
            case "module-dead" if self.panel is not None:
                self.panel.kill_module(self._module(where))
            case "module-corrupt" if self.panel is not None:
                self.panel.corrupt(self._module(where))
            case "panel-off" if self.panel is not None:
                self.panel.powered = False
            case "sound-unplugged" if self.speaker is not None:
                self.speaker.unplugged = True
            case _:
                self._printer_fault(name, on=True)

    def heal(self, name: str | None = None) -> None:
        """Repair fault `name`, or everything; a new roll is put in, keys are replaced. Healing the healthy does nothing.

        :raises NoSuchHand: when this member cannot have that fault.
        """
        for fault in self.faults():
            if name not in {None, fault.name} or not fault.active:
                continue
            match fault.name:
                case "key-stuck" | "key-bounce":
                    for key in fault.where:
                        self.board.free(self._pin(key))
                case "module-dead" | "module-corrupt" if self.panel is not None:
                    self.panel.heal()
                case "panel-off" if self.panel is not None:
                    self.panel.powered = True
                case "sound-unplugged" if self.speaker is not None:
                    self.speaker.unplugged = False
                case _:
                    self._printer_fault(fault.name, on=False)
        if name is not None:
            self._fault(name, None)

    def faults(self) -> list[FaultSeen]:
        """Every fault this member can have."""
        has = {"printer": self.printer, "keys": self.plan.keys, "panel": self.panel, "speaker": self.speaker}
        seen = []
        for name, fault in FAULTS.items():
            if has[fault.hand]:
                where = self._where(name)
                seen.append(
                    FaultSeen(
                        name=name, zh=fault.zh, en=fault.en, active=where is not None, where=where or ()
                    )
                )
        return seen

    # -- inside ------------------------------------------------------------------------------------------------------

    def _pin(self, key: str) -> int:
        if key not in self.plan.keys:
            raise NoSuchHand(
                f"{self.plan.member} has no key {key!r}; it has {', '.join(self.plan.keys) or 'none'}"
            )
        return self.plan.keys[key]

    def _module(self, where: str | None) -> int:
        count = self.panel.modules if self.panel is not None else 0
        if where is None:
            return 0
        if not where.isdecimal() or int(where) >= count:
            raise NoSuchHand(f"{self.plan.member} has modules 0 to {count - 1}, not {where!r}")
        return int(where)

    def _fault(self, name: str, where: str | None) -> None:
        if name not in {fault.name for fault in self.faults()}:
            raise NoSuchHand(f"{self.plan.member} cannot have the fault {name!r}")
        if where is not None and not has_places(name):
            raise NoSuchHand(f"the fault {name} has no place")

    def _printer_fault(self, name: str, *, on: bool) -> None:
        printer = self.printer
        assert printer is not None
        match name:
            case "paper-out" | "paper-low" if not on:
                printer.load_paper(ROLL)
            case "paper-out":
                printer.paper_left = 0
            case "paper-low":
                printer.paper_left = NEAR_END / 2
            case "cover-open":
                printer.cover_open = on
            case "printer-gone":
                printer.gone = on
            case "printer-slow":
                printer.slow(SLOW_LINE if on else None)
            case "printer-jam":
                printer.jammed = on
            case "printer-offline":
                printer.offline = on
            case "printer-mute":
                printer.mute = on

    def _where(self, name: str) -> tuple[str, ...] | None:
        """Where the fault is now; an empty tuple is "everywhere", None is "not at all"."""
        keys, printer, panel = self.plan.keys, self.printer, self.panel
        if printer is not None and FAULTS[name].hand == "printer":
            active = {
                "paper-out": printer.paper_out,
                "paper-low": printer.paper_low and not printer.paper_out,
                "cover-open": printer.cover_open,
                "printer-gone": printer.gone,
                "printer-slow": printer.bytes_per_s is not None,
                "printer-jam": printer.jammed,
                "printer-offline": printer.put_offline,
                "printer-mute": printer.mute,
            }
            return () if active[name] else None
        places: tuple[str, ...] = ()
        match name:
            case "key-stuck":
                places = tuple(key for key, pin in keys.items() if self.board.is_stuck(pin))
            case "key-bounce":
                places = tuple(key for key, pin in keys.items() if self.board.is_worn(pin))
            case "module-dead" if panel is not None:
                places = tuple(str(n) for n in panel.dead)
            case "module-corrupt" if panel is not None:
                places = tuple(str(n) for n in panel.corrupted)
            case "panel-off" if panel is not None:
                return None if panel.powered else ()
            case "sound-unplugged" if self.speaker is not None:
                return () if self.speaker.unplugged else None
        return places or None
