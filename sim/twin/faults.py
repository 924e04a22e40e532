"""Everything that can go wrong with a member's hands: what it is called, and what in the twin switches it.

One table. Tests (`MemberTwin.fault`), the page, the terminal, ``hall demo --fault`` and ``hall twin`` read it; whoever adds a row
to it adds a fault to all of them.

How to add a fault: give its model a switch and a way to see it, then write a row: `_flag` for one attribute of the
model, `_printer`, `_key` or `_module` for a little more, or a `FaultName` of its own with `begin(twin, place)`, `end(twin, place)` and `places(twin)`.

* Switching on what is on, or off what is off, changes nothing.
* `places` says where the fault is now: keys or modules by name, ``("",)`` when the whole hand has it, ``()`` when nothing has.
* A fault that heals by itself (a garbled module that is written again) is off as soon as it has healed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from hall.errors import Refused
from hall.text import Text
from sim.twin.paper import NEAR_END, PaperPrinter
from sim.twin.spi import Max7219Chain
from sim.twin.wire_board import Board
from sim.twin.world_plan import MemberPlan

if TYPE_CHECKING:
    from sim.twin.strip import Ws2812Strip
    from sim.twin.world_twin import MemberTwin

Hand = Literal["printer", "keys", "panel", "chain", "speaker", "reader", "machine"]

HANDS: dict[Hand, Callable[[MemberPlan], bool]] = {
    "printer": lambda plan: plan.printer is not None,
    "keys": lambda plan: bool(plan.keys),
    "panel": lambda plan: plan.panel is not None,
    "chain": lambda plan: plan.panel is not None and plan.panel.kind == "max7219",
    "speaker": lambda plan: plan.speaker,
    "reader": lambda plan: plan.reader,
    "machine": lambda _: True,
}
"""Which members have a hand."""

EVERYWHERE = ("",)
"""The fault is in the whole hand."""
SLOW_LINE = 960
"""Bytes a second of a serial printer at 9600 baud."""


class FaultName(NamedTuple):
    """A fault: its name in both languages, the hand it befalls, and what switches it; `local` if it befalls one key or module."""

    zh: str
    en: str
    hand: Hand
    begin: Callable[[MemberTwin, str], None]
    end: Callable[[MemberTwin, str], None]
    places: Callable[[MemberTwin], tuple[str, ...]]
    local: bool = False

    def choices(self, plan: MemberPlan) -> tuple[str, ...]:
        """Where a member with these hands can have it; nothing to choose when it befalls the whole hand."""
        if not self.local:
            return ()
        if self.hand == "keys":
            return tuple(plan.keys)
        assert plan.panel is not None
        return tuple(str(n) for n in range(plan.panel.width * plan.panel.height // 64))


class NoSuchHand(LookupError):
    """The member has no such key, lamp or part, or the fault is unknown."""


class FaultSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A fault this member can have, and whether (and where: key or module) it has it now."""

    name: str
    zh: str
    en: str
    active: bool
    where: tuple[str, ...] = ()


# --- what rows are made of ----------------------------------------------------------------------------------------------


def _flag(zh: str, en: str, hand: Hand, flag: str, *, wrong: bool = True, seen: str = "") -> FaultName:
    """A fault that is one attribute of the hand's model: `wrong` while it lasts; `seen` is where to see it, else there too."""

    def places(twin: MemberTwin) -> tuple[str, ...]:
        return EVERYWHERE if getattr(_model(twin, hand), seen or flag) == wrong else ()

    def begin(twin: MemberTwin, _place: str) -> None:
        if not places(twin):
            setattr(_model(twin, hand), flag, wrong)

    def end(twin: MemberTwin, _place: str) -> None:
        setattr(_model(twin, hand), flag, not wrong)

    return FaultName(zh, en, hand, begin, end, places)


def _printer(
    zh: str,
    en: str,
    begin: Callable[[PaperPrinter], None],
    end: Callable[[PaperPrinter], None],
    seen: Callable[[PaperPrinter], bool],
) -> FaultName:
    """A fault of the printer that is more than one attribute."""
    return FaultName(
        zh,
        en,
        "printer",
        lambda twin, _: begin(_printer_of(twin)),
        lambda twin, _: end(_printer_of(twin)),
        lambda twin: EVERYWHERE if seen(_printer_of(twin)) else (),
    )


def _key(
    zh: str, en: str, begin: Callable[[Board, int], None], seen: Callable[[Board, int], bool]
) -> FaultName:
    """One key; it is repaired with a new one."""
    return FaultName(
        zh,
        en,
        "keys",
        lambda twin, place: begin(twin.board, twin.plan.keys[place]),
        lambda twin, place: twin.board.free(twin.plan.keys[place]),
        lambda twin: tuple(key for key, pin in twin.plan.keys.items() if seen(twin.board, pin)),
        local=True,
    )


def _module(
    zh: str,
    en: str,
    begin: Callable[[Max7219Chain, int], None],
    end: Callable[[Max7219Chain], None],
    seen: Callable[[Max7219Chain], Iterable[int]],
) -> FaultName:
    """One module of a chain, counted from the Pi; what mends one mends all."""
    return FaultName(
        zh,
        en,
        "chain",
        lambda twin, place: begin(_chain_of(twin), int(place)),
        lambda twin, _: end(_chain_of(twin)),
        lambda twin: tuple(str(n) for n in seen(_chain_of(twin))),
        local=True,
    )


def _dead_module(zh: str, en: str) -> FaultName:
    """One module of a chain or one light of a strip; every dead one is replaced when one is."""
    return FaultName(
        zh,
        en,
        "panel",
        lambda twin, place: _panel_of(twin).kill_module(int(place)),
        lambda twin, _: _panel_of(twin).heal(),
        lambda twin: tuple(str(n) for n in _panel_of(twin).dead),
        local=True,
    )


def _machine(zh: str, en: str, what: str) -> FaultName:
    """Something about the Pi itself."""
    return FaultName(
        zh,
        en,
        "machine",
        lambda twin, _: twin.machine.break_(what),
        lambda twin, _: twin.machine.mend(what),
        lambda twin: EVERYWHERE if twin.machine.is_wrong(what) else (),
    )


def _end_of_roll(printer: PaperPrinter) -> None:
    printer.paper_left = 0


def _near_end(printer: PaperPrinter) -> None:
    printer.paper_left = NEAR_END / 2


FAULTS: dict[str, FaultName] = {
    "paper-out": _printer("打印纸用完", "out of paper", _end_of_roll, PaperPrinter.load_paper, lambda p: p.paper_out),
    "paper-low": _printer("打印纸将用完", "paper is running low", _near_end, PaperPrinter.load_paper,
                          lambda p: p.paper_low and not p.paper_out),
    "cover-open": _flag("打印机盖打开", "printer cover open", "printer", "cover_open"),
    "printer-gone": _flag("打印机断开", "printer gone", "printer", "gone"),
    "printer-slow": _printer("打印变慢", "printer slow", lambda p: p.slow(SLOW_LINE), lambda p: p.slow(None),
                             lambda p: p.bytes_per_s is not None),
    "printer-jam": _flag("切刀卡住", "paper cutter jammed", "printer", "jammed"),
    "printer-hot": _flag("打印头过热", "print head too hot", "printer", "hot"),
    "printer-error": _flag("打印机内部故障", "printer broken inside", "printer", "broken"),
    "printer-offline": _flag("打印机脱机", "printer put off line", "printer", "offline", seen="put_offline"),
    "printer-mute": _flag("打印机不应答", "printer answers nothing", "printer", "mute"),
    "printer-half": _flag("打印线路只收一半", "printer's line takes only half", "printer", "half"),
    "key-stuck": _key("按键卡住", "key stuck", Board.stick, Board.is_stuck),
    "key-bounce": _key("按键接触不良", "worn key", Board.wear, Board.is_worn),
    "module-dead": _dead_module("屏幕模块不亮", "panel module dead"),
    "module-corrupt": _module("屏幕模块乱码", "panel module garbled", lambda p, n: p.corrupt(n), lambda p: p.heal(),
                              lambda p: p.corrupted),
    "module-cut": _module("屏幕模块排线脱落", "cable pulled before a panel module", lambda p, n: p.cut_before(n),
                          lambda p: p.mend(), lambda p: () if p.cut is None else (p.cut,)),
    "panel-noise": _flag("屏幕信号干扰", "bits flip on the panel's wire", "chain", "noisy"),
    "panel-off": _flag("屏幕断电", "panel without power", "panel", "powered", wrong=False),
    "sound-unplugged": _flag("音箱断开", "loudspeaker unplugged", "speaker", "unplugged"),
    "sound-stuck": _flag("声卡无响应", "sound card takes no sound", "speaker", "stuck"),
    "reader-gone": _flag("扫码器断开", "code reader unplugged", "reader", "unplugged"),
    "machine-hot": _machine("设备过热", "Raspberry Pi too hot", "hot"),
    "power-weak": _machine("供电不足", "supply too weak", "weak"),
    "memory-low": _machine("内存不足", "little memory left", "memory"),
    "disk-low": _machine("存储卡快满", "card nearly full", "disk"),
    "clock-wrong": _machine("时钟没有同步", "clock kept by nobody", "clock"),
}  # fmt: skip
"""Every fault one can switch on."""


def possible(plan: MemberPlan) -> list[str]:
    """Names of the faults that a member with these hands can have."""
    return [name for name, fault in FAULTS.items() if HANDS[fault.hand](plan)]


# --- how they are named on a command line -------------------------------------------------------------------------------


class Named(NamedTuple):
    """A fault as somebody named it; an empty member is whoever can have it, no place the first."""

    name: str
    member: str = ""
    where: str | None = None


def named(written: str) -> Named:
    """``paper-out``, ``module-dead@sign-3`` or ``key-stuck@pad-2:4``.

    :raises Refused: ``unknown-fault``, with the names that there are.
    """
    name, _, rest = written.partition("@")
    member, _, where = rest.partition(":")
    if name not in FAULTS:
        raise unknown(written)
    return Named(name, member, where or None)


def unknown(written: str) -> Refused:
    """There is no such fault, or nobody there can have it."""
    known = ", ".join(sorted(FAULTS))
    return Refused(
        "unknown-fault",
        Text(
            zh=f"没有这种故障：{written}（可用：{known}）", en=f"no such fault: {written}; there are {known}"
        ),
    )


# --- inside -------------------------------------------------------------------------------------------------------------


def _model(twin: MemberTwin, hand: Hand) -> object:
    return {
        "printer": twin.printer,
        "keys": twin.board,
        "panel": twin.panel,
        "chain": twin.panel,
        "speaker": twin.speaker,
        "reader": twin.reader,
        "machine": twin.machine,
    }[hand]


def _printer_of(twin: MemberTwin) -> PaperPrinter:
    assert twin.printer is not None, "only members with a printer have a printer's faults"
    return twin.printer


def _panel_of(twin: MemberTwin) -> Max7219Chain | Ws2812Strip:
    assert twin.panel is not None, "only members with a panel have a panel's faults"
    return twin.panel


def _chain_of(twin: MemberTwin) -> Max7219Chain:
    chain = _panel_of(twin)
    assert isinstance(chain, Max7219Chain), "only members with a chain have a chain's faults"
    return chain
