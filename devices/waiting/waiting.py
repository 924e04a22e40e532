"""When a plight is shown, shown again, and over."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from devices.waiting.plight import Plight, read
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault

log = logging.getLogger(__name__)

LOOK_S: Seconds = 0.5
#: a hand that did not work is tried again
AGAIN_S: Seconds = 10.0


class Face(Protocol):
    """What a kind of device says it with."""

    def show(self, plight: Plight) -> None:
        """Say this from now on, whatever was said before. May raise Fault."""

    def rest(self) -> None:
        """Dark and silent. Never raises."""

    def close(self) -> None:
        """The same, and let go of everything; may be called twice, never raises."""


class Waiting:
    """Looks at what the enrolment says, and has the face say it."""

    def __init__(self, status: Path, face: Face, scheduler: Scheduler) -> None:
        """`status` is the file that :func:`devices.enrolment.command.tell` writes."""
        self._status, self._face, self._scheduler = status, face, scheduler
        self._shown: Plight | None = None
        self._timer: Timer | None = None

    def open(self) -> None:
        """Begin to look."""
        plight, after = self._read(), LOOK_S
        if plight != self._shown:
            try:
                if plight is None:
                    self._face.rest()
                else:
                    self._face.show(plight)
                self._shown = plight
            except Fault as fault:
                log.warning(
                    "cannot be shown here", extra={"code": fault.code, "plight": plight and plight.code}
                )
                after = AGAIN_S
        self._timer = self._scheduler.call_later(after, self.open)

    def close(self) -> None:
        """Say nothing any more, and let go of the hands."""
        if self._timer is not None:
            self._timer.cancel()
        self._face.close()

    def _read(self) -> Plight | None:
        try:
            return read(self._status.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None


def repeating(
    scheduler: Scheduler, every_s: Seconds, times: int, call: Callable[[], None]
) -> Callable[[], None]:
    """Call now and then every `every_s`, `times` times altogether; what is returned ends it."""
    timer: Timer | None = None

    def turn(left: int) -> None:
        nonlocal timer
        call()
        timer = scheduler.call_later(every_s, lambda: turn(left - 1)) if left > 1 else None

    turn(times)

    def end() -> None:
        if timer is not None:
            timer.cancel()

    return end
