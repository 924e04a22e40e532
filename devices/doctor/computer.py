"""The computer itself: what it is, its clock, its card, its heat, its power."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from devices.doctor.finding import Finding, fault, fine, warning
from devices.doctor.machine import Machine

#: Before this nothing of ours was made: a clock that says less has forgotten the time.
FIRST_YEAR = 2025
#: megabytes free
LITTLE_MB, TOO_LITTLE_MB = 500, 100
#: °C; a Pi slows down from 80 on
WARM_C, HOT_C = 75.0, 82.0
#: bits of ``get_throttled``: now, and since the start
UNDERVOLTAGE_NOW, UNDERVOLTAGE_BEFORE = 1 << 0, 1 << 16


def look(
    machine: Machine, state_dir: Path | None, *, clock_ok: Callable[[], bool], now: Callable[[], datetime]
) -> Iterator[Finding]:
    """Everything about the computer; `state_dir` is where the device keeps what it must not forget."""
    yield _model(machine)
    yield _clock(now(), kept=clock_ok())
    yield from _disk(state_dir or machine.root)
    yield from _heat(machine)
    yield from _power(machine)


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def _model(machine: Machine) -> Finding:
    model = machine.read("/proc/device-tree/model")
    if "Raspberry Pi" in model:
        return fine("computer", f"本机是 {model}", f"this is a {model}")
    return fine(
        "computer",
        "本机不是树莓派，接线只能用模拟",
        "this is no Raspberry Pi: there are no pins here but simulated ones",
    )


def _clock(at: datetime, *, kept: bool) -> Finding:
    if at.year < FIRST_YEAR:
        return fault(
            "clock-lost",
            (f"时钟不对：{at:%Y-%m-%d}", f"the clock is wrong: {at:%Y-%m-%d}"),
            (
                "请接通大厅网络，由主机对时，再重启",
                "connect it to the hall's network, whose hub gives the time, and restart it",
            ),
        )
    if not kept:
        return warning(
            "clock-not-kept",
            ("时钟没有同步，票上的时间会走偏", "nobody keeps the clock right: times on paper will drift"),
            ("请检查对时服务：timedatectl", "look at the time service: timedatectl"),
        )
    return fine(
        "clock", f"时钟已同步：{at:%Y-%m-%d %H:%M} UTC", f"the clock is kept right: {at:%Y-%m-%d %H:%M} UTC"
    )


def _disk(folder: Path) -> Iterator[Finding]:
    there = next((f for f in (folder, *folder.parents) if f.exists()), Path("/"))
    about = os.statvfs(there)
    free = about.f_bavail * about.f_frsize // 1_000_000
    if about.f_flag & os.ST_RDONLY:
        yield fault(
            "disk-read-only",
            (f"{folder} 只能读，设备记不住东西", f"{folder} is read-only: the device can remember nothing"),
            ("存储卡多半坏了，请换卡", "the card is most likely worn out; replace it"),
        )
    elif free < TOO_LITTLE_MB:
        yield fault(
            "disk-full",
            (f"存储卡快满了，只剩{free} MB", f"the card is almost full: {free} MB are left"),
            ("请清理日志：journalctl --vacuum-size=50M", "make room: journalctl --vacuum-size=50M"),
        )
    elif free < LITTLE_MB:
        yield warning(
            "disk-low",
            (f"存储卡剩余不多：{free} MB", f"little room is left on the card: {free} MB"),
            ("请看什么在增长：du -xh / | sort -h | tail", "see what grows: du -xh / | sort -h | tail"),
        )
    else:
        yield fine("disk", f"存储卡剩余 {free} MB", f"{free} MB are free on the card")


def _heat(machine: Machine) -> Iterator[Finding]:
    said = machine.read("/sys/class/thermal/thermal_zone0/temp")
    if not said.lstrip("-").isdigit():
        yield fine("heat-unknown", "本机测不到温度", "this machine does not tell its temperature")
        return
    celsius = int(said) / 1000
    if celsius >= HOT_C:
        yield fault(
            "hot",
            (f"温度过高：{celsius:.0f}℃", f"it is too hot: {celsius:.0f} °C"),
            ("请清通风口、装散热片，离开阳光", "clear the vents, fit a heat sink, move it out of the sun"),
        )
    elif celsius >= WARM_C:
        yield warning(
            "warm",
            (f"温度偏高：{celsius:.0f}℃", f"it is warm: {celsius:.0f} °C"),
            ("请看通风口是否堵住", "see whether its vents are free"),
        )
    else:
        yield fine("heat", f"温度 {celsius:.0f}℃", f"{celsius:.0f} °C")


def _power(machine: Machine) -> Iterator[Finding]:
    said = machine.read("/sys/devices/platform/soc/soc:firmware/get_throttled")
    try:
        bits = int(said, 16)
    except ValueError:
        yield fine("power-unknown", "本机测不到供电", "this machine does not tell its power")
        return
    if bits & UNDERVOLTAGE_NOW:
        yield fault(
            "power-low",
            ("供电不足", "the supply is too weak"),
            ("请换原装电源和短的粗线", "use the maker's own supply and a short, thick cable"),
        )
    elif bits & UNDERVOLTAGE_BEFORE:
        yield warning(
            "power-was-low",
            ("开机以来有过供电不足", "the supply was too weak at some time since the start"),
            (
                "请换原装电源；屏和打印机用自己的电源",
                "use the maker's own supply; panel and printer need one of their own",
            ),
        )
    else:
        yield fine("power", "供电正常", "the supply is strong enough")
