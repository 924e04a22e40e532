"""Below an agent's looks at its machine: what the world's files say comes in place of what the kernel says.

Chosen by environment alone (``PYTHONPATH=sim/twin/shims``, ``HALL_TWIN_MACHINE=<folder>``); Python imports this file at its start. A file
that is not there changes nothing, so the real machine speaks until somebody switches a fault on; but for the clock: a simulated Pi's is
kept until somebody says otherwise, whoever keeps that of the machine the twin runs on.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
from pathlib import Path
from typing import Any

_FOLDER = os.environ.get("HALL_TWIN_MACHINE", "")
#: the kernel's file, and the world's in its place
_FILES = {
    "/sys/class/thermal/thermal_zone0/temp": "hot",
    "/sys/devices/platform/soc/soc:firmware/get_throttled": "weak",
    "/proc/meminfo": "memory",
}
_SYNCHRONISED = "/run/systemd/timesync/synchronized"


def _wrong(name: str) -> str:
    """The world's file of that name, empty when nothing is wrong."""
    path = os.path.join(_FOLDER, name)  # noqa: PTH118 - Path's own methods are what is being replaced here
    return path if os.path.exists(path) else ""  # noqa: PTH110


class _UnkeptKernel:
    """A C library whose clock nobody keeps right."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return (lambda *_: -1) if name == "adjtimex" else getattr(self._real, name)


def _install() -> None:
    read_text, exists, disk_usage, library = Path.read_text, Path.exists, shutil.disk_usage, ctypes.CDLL

    def read(self: Path, *arguments: Any, **options: Any) -> str:
        here = _wrong(_FILES.get(str(self), "?"))
        return read_text(Path(here) if here else self, *arguments, **options)

    def there(self: Path, **options: Any) -> bool:
        return not _wrong("clock") if str(self) == _SYNCHRONISED else exists(self, **options)

    def usage(path: Any) -> Any:
        found, here = disk_usage(path), _wrong("disk")
        return found._replace(free=json.loads(read_text(Path(here)))) if here else found

    def load(name: Any, *arguments: Any, **options: Any) -> Any:
        real = library(name, *arguments, **options)
        return _UnkeptKernel(real) if name is None and _wrong("clock") else real

    Path.read_text = read  # type: ignore[method-assign]
    Path.exists = there  # type: ignore[method-assign]
    shutil.disk_usage = usage
    ctypes.CDLL = load  # type: ignore[misc, assignment]


if _FOLDER:
    _install()
