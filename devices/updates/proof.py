"""A release on trial proves itself: its program is up, on the bus, heard by the hub, its hands work, and it stays so for a minute.

Rules:

* In this order, each once: ``ready`` (the program has said so to the service manager), ``broker``, ``receipt`` (the hub has committed
  an event of this run), ``self-test``, ``uptime``. What is missing stands in the proof, and becomes the reason when the time is over.
* A hand that did not work under the former release either proves nothing against this one.
* The selector alone makes a release good (devices/updates/boot_select.py); this only writes down what it may read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from hall.clock import Scheduler, Seconds, Timer
from hall.files import write_whole

log = logging.getLogger(__name__)

UPTIME_S: Final[Seconds] = 60.0
LOOK_S: Final[Seconds] = 1.0
#: the hands have shown by then what is wrong with them
HANDS_S: Final[Seconds] = 10.0
_WELL = frozenset({"ok", "not-wired-back", "unknown"})


class Proof:
    """One run of a release on trial."""

    def __init__(
        self,
        *,
        version: str,
        file: Path,
        scheduler: Scheduler,
        connected: Callable[[], bool],
        receipted: Callable[[], bool],
        hands: Callable[[], Mapping[str, str]],
        self_test: Callable[[], object],
        before: Mapping[str, str],
        proved: Callable[[], None] = lambda: None,
        uptime_s: Seconds = UPTIME_S,
        hands_s: Seconds = HANDS_S,
    ) -> None:
        """`self_test` moves the hands and `hands` says how they are; `before` is what that said under the former release.

        `receipted` is whether the hub has this run's event.
        """
        self._version, self._file, self._scheduler = version, file, scheduler
        self._connected, self._receipted, self._hands, self._self_test = (
            connected,
            receipted,
            hands,
            self_test,
        )
        self._before, self._proved = before, proved
        self._uptime_s, self._hands_s = uptime_s, hands_s
        self._begun = scheduler.mono()
        self._tested = False
        self._told = b""
        self._timer: Timer | None = scheduler.call_later(0.0, self._look)

    def close(self) -> None:
        """No more looks."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        missing = self._missing()
        if isinstance(missing, _Failed):
            self._say(failed=missing.code)
            return
        if missing is None:
            if self._say(good=True):
                self._proved()
                return
        else:
            self._say(missing=missing)
        self._timer = self._scheduler.call_later(LOOK_S, self._look)

    def _missing(self) -> str | _Failed | None:
        up_s = self._scheduler.mono() - self._begun
        if not self._connected():
            return "broker"
        if not self._receipted():
            return "receipt"
        if not self._tested:
            if up_s < self._hands_s:
                return "self-test"
            self._self_test()
            worse = worse_hands(self._before, self._hands())
            if worse is not None:
                return _Failed(worse)
            self._tested = True
        return "uptime" if up_s < self._uptime_s else None

    def _say(self, **said: object) -> bool:
        """Whether it stands there, for the selector to read."""
        content = msgspec.json.encode({"version": self._version, "good": False, **said})
        if content == self._told:
            return True
        try:
            write_whole(self._file, content, mode=0o644)
        except OSError as error:
            log.error("the proof cannot be written", extra={"why": error.strerror})
            return False
        self._told = content
        return True


class _Failed(msgspec.Struct, frozen=True):
    """A hand that worked before works no more."""

    code: str


def worse_hands(before: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """What is wrong now and was not before, as a reason; None when nothing is."""
    for name, said in now.items():
        if said not in _WELL and before.get(name, "ok") in _WELL:
            return f"self-test-{name}"[:48]
    return None
