"""The Pi itself, as far as programs look at it: heat, supply, memory, disk, clock.

In a simulated day an agent is given :meth:`Machine.vitals`. In the world the same stands as small files in a folder, and
``sim/twin/shims/sitecustomize.py`` lets an agent's process read them where a Pi's kernel would speak; without a file the real machine speaks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from devices.agent.health import UNDERVOLTAGE, Vitals

#: what a look at it finds while each of these is wrong
HOT_C: Final = 84.0
MEMORY_KB: Final = 20_000
DISK_BYTES: Final = 100_000_000
#: the files, by what is wrong: content as the kernel would give it
FILES: Final[dict[str, str]] = {
    "hot": f"{HOT_C * 1000:.0f}\n",
    "weak": f"{UNDERVOLTAGE:x}\n",
    "memory": f"MemTotal: 500000 kB\nMemAvailable: {MEMORY_KB} kB\n",
    "disk": json.dumps(DISK_BYTES),
    "clock": "not kept\n",
}


class Machine:
    """A Raspberry Pi with nothing wrong; with a `folder` other processes see what is."""

    def __init__(self, folder: Path | None = None) -> None:
        """Whatever an earlier world left in `folder` is put right."""
        self._folder = folder
        self._wrong: set[str] = set()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for name in FILES:
                (folder / name).unlink(missing_ok=True)

    def is_wrong(self, name: str) -> bool:
        """Whether ``hot``, ``weak`` (supply), ``memory``, ``disk`` or ``clock`` is wrong."""
        return name in self._wrong

    def break_(self, name: str) -> None:
        """From the next look on it is wrong."""
        self._wrong.add(name)
        if self._folder is not None:
            new = self._folder / f"{name}.new"
            new.write_text(FILES[name], encoding="utf-8")
            new.replace(self._folder / name)

    def mend(self, name: str) -> None:
        """From the next look on it is right."""
        self._wrong.discard(name)
        if self._folder is not None:
            (self._folder / name).unlink(missing_ok=True)

    def vitals(self) -> Vitals:
        """One look at it; what is not wrong is not looked at."""
        return Vitals(
            temperature_c=HOT_C if "hot" in self._wrong else None,
            throttled=UNDERVOLTAGE if "weak" in self._wrong else None,
            memory_free_mb=MEMORY_KB / 1000 if "memory" in self._wrong else None,
            disk_free_mb=DISK_BYTES / 1e6 if "disk" in self._wrong else None,
            clock_ok="clock" not in self._wrong,
        )
