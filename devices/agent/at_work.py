"""Whether a device's own program runs on this machine: two programs do not talk to one printer, nor draw on one panel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hall.errors import Refused
from hall.text import Text

PROC = Path("/proc")


def at_work(settings: Path, proc: Path = PROC) -> bool:
    """Whether a program runs here as the device of this settings file, as everybody on the machine may see."""
    wanted = settings.resolve()
    for line in _command_lines(proc):
        is_device = {"device", "devices"} & set(line) and "--probe" not in line
        if is_device and any(Path(word).resolve() == wanted for word in line if word.endswith(wanted.suffix)):
            return True
    return False


def alone(settings: Path | None, proc: Path = PROC) -> None:
    """Refuses ``at-work`` when the device of this settings file has its hands in use."""
    if settings is not None and at_work(settings, proc):
        raise Refused(
            "at-work",
            Text(
                zh="设备程序正在使用它，请先停下程序：systemctl stop hall-device，看完再启动",
                en="the device's own program is using it: stop that first with systemctl stop hall-device, and start it again afterwards",
            ),
        )


def _command_lines(proc: Path) -> Iterator[list[str]]:
    for file in proc.glob("[0-9]*/cmdline"):
        try:
            yield file.read_bytes().decode(errors="replace").split("\0")[:-1]
        except OSError:  # it has ended meanwhile, or is not ours to see
            continue
