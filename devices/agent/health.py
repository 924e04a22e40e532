"""How this machine is: what a beat carries."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hall.timekeeping import clock_ok

_THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")
_STATM = Path("/proc/self/statm")
_MEMINFO = Path("/proc/meminfo")
#: what the Pi's firmware says of power and heat, as a hexadecimal number
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
#: its bits for now; the same ones 16 higher are "at some time since the start"
UNDERVOLTAGE, CAPPED, SLOWED, WARM = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


@dataclass(frozen=True)
class Vitals:
    """One look at the machine; None is what it cannot tell."""

    temperature_c: float | None = None
    rss_mb: float | None = None
    disk_free_mb: float | None = None
    clock_ok: bool = True
    #: what programs could still have, of the whole machine
    memory_free_mb: float | None = None
    #: bits of :data:`THROTTLED`; None where there is no such firmware
    throttled: int | None = None


Health = Callable[[], Vitals]


def machine(state_dir: Path) -> Health:
    """Looks at this machine; the disk is the one that holds `state_dir`."""

    def look() -> Vitals:
        return Vitals(
            temperature_c=_temperature(),
            rss_mb=_rss(),
            disk_free_mb=_disk_free(state_dir),
            clock_ok=clock_ok(),
            memory_free_mb=_memory_free(),
            throttled=throttled(),
        )

    return look


def _temperature() -> float | None:
    with contextlib.suppress(OSError, ValueError):
        return int(_THERMAL.read_text()) / 1000
    return None


def throttled(file: Path = THROTTLED) -> int | None:
    """What the firmware says of power and heat; None where there is none."""
    with contextlib.suppress(OSError, ValueError):
        return int(file.read_text(), 16)
    return None


def _memory_free() -> float | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return round(int(line.split()[1]) / 1000, 1)
    return None


def _rss() -> float | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return round(int(_STATM.read_text().split()[1]) * _PAGE_MB, 1)
    return None


def _disk_free(folder: Path) -> float | None:
    with contextlib.suppress(OSError):
        return round(shutil.disk_usage(folder).free / 1e6, 1)
    return None
