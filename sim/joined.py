"""A device's start in the closed demo: ``python -m sim.joined CARD FOLDER KIND SETTINGS``: becomes a member, and then is the device's program.

What a Pi's units do one after the other (``hall-enrol``, ``hall-waiting``, ``hall-device``), as one process that the supervisor keeps.

Rules:

* A desk that refuses is not asked again: nothing changes by asking. The device says so itself, as a Pi does, and waits until its card is
  another one. A decommissioned device waits so: its card's token was used, and its certificate is gone.
* While it waits there are this process and the one that says so, and neither ends: the supervisor has nobody to start anew.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devices.enrolment.command import STATUS, enrol
from hall.clock import Seconds
from hall.errors import HallError
from sim.supervisor import dies_with_us

log = logging.getLogger(__name__)

#: where the enrolment says for people how far it is
_TOLD = "RUNTIME_DIRECTORY"
LOOK_S: Seconds = 0.5


def run(card: Path, folder: Path, kind: str, settings: Path) -> None:
    """Comes back never: this process becomes the device's program."""
    told = folder.with_name(f"{folder.name}.told")
    told.mkdir(parents=True, exist_ok=True)
    os.environ[_TOLD] = str(told)
    while (refused := _refused(card, folder)) is not None:
        log.warning("no member of the hall: waits for another card in %s", card)
        with _said(kind, settings, told / STATUS):
            while _content(card) == refused:
                time.sleep(LOOK_S)
    del os.environ[_TOLD]
    hall = str(Path(sys.prefix) / "bin" / "hall")
    os.execv(sys.executable, [sys.executable, hall, "device", kind, "--settings", str(settings)])  # noqa: S606 - our own program


def _refused(card: Path, folder: Path) -> bytes | None:
    """What is on the card that makes it no member; None when it is one."""
    before = _content(card)
    try:
        enrol(card=card, folder=folder)
    except HallError as error:
        log.error("%s (%s)", error.text.en, error.code)
        return before
    return None


def _content(card: Path) -> bytes:
    try:
        return card.read_bytes()
    except OSError:
        return b""


@contextmanager
def _said(kind: str, settings: Path, status: Path) -> Iterator[None]:
    """By the device's own hands."""
    command = [sys.executable, "-m", "devices.waiting", kind, str(settings), str(status)]
    with subprocess.Popen(dies_with_us(command), stdin=subprocess.DEVNULL) as saying:
        try:
            yield
        finally:
            saying.terminate()


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
