"""Checks that nobody needs here are listed all the same, with what is there: who prepares a machine sees what it could be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devices.doctor.finding import Finding, fine, warning
from devices.doctor.machine import Machine

#: what a check is called, in Chinese and English, and where its devices are
_WIRES = {
    "pins": (("引脚", "pins"), "gpiochip*"),
    "panel-bus": (("屏的接口", "a panel's bus"), "spidev*"),
}


def look(machine: Machine, checked: Iterable[str]) -> Iterator[Finding]:
    """Whatever of wires, printer, panel and sound has no finding yet among these codes."""
    seen = tuple(checked)
    for name, (said, pattern) in _WIRES.items():
        if not _any(seen, name):
            yield from _wire(machine, name, said, machine.matching("/dev", pattern))
    if not _any(seen, "printer", "paper", "cover", "cutter"):
        found = machine.matching("/dev/usb", "lp*")
        yield from _wire(machine, "printer", ("打印机", "a printer"), [f"usb/{one}" for one in found])
    if not _any(seen, "sound"):
        cards = machine.read("/proc/asound/cards")
        names = [
            line.partition("[")[2].partition("]")[0].strip() for line in cards.splitlines() if "[" in line
        ]
        yield _there("sound", ("声卡", "a sound card"), names)
    if not _any(seen, "driver"):
        yield fine(
            "driver-unused", "没有指定设备，驱动不检查", "no device was named, so no driver was looked for"
        )


def _any(codes: tuple[str, ...], *beginnings: str) -> bool:
    return any(code.startswith(beginnings) for code in codes)


def _wire(machine: Machine, name: str, said: tuple[str, str], found: list[str]) -> Iterator[Finding]:
    closed = [one for one in found if not machine.may_use(f"/dev/{one}")]
    if closed:
        group = machine.group_of(f"/dev/{closed[0]}")
        yield warning(
            f"{name}-closed",
            (f"当前用户不能用 /dev/{closed[0]}", f"this user may not use /dev/{closed[0]}"),
            (
                f"如果设备要用，请把用户加入 {group} 组",
                f"if a device shall use it, add the user to the group {group}",
            ),
        )
    else:
        yield _there(name, said, [f"/dev/{one}" for one in found])


def _there(name: str, said: tuple[str, str], found: list[str]) -> Finding:
    zh, en = said
    if not found:
        return fine(
            f"{name}-unused", f"这里不需要{zh}，本机也没有", f"nothing here needs {en}, and there is none"
        )
    names = ", ".join(found)
    return fine(
        f"{name}-unused", f"这里不需要{zh}；本机有 {names}", f"nothing here needs {en}; found: {names}"
    )
