"""What the service manager is told: that the program is ready, how it is, and (as long as that is true) that it lives.

Rules:

* The words are systemd's ``sd_notify``: one datagram to the socket in ``NOTIFY_SOCKET``. Without one nothing is said. These few lines
  are all there is to it, so no library is installed for them.
* The watchdog (``WATCHDOG_USEC``) is fed by a timer of the program's own loop, and only when every worker beside it is well: none of
  them dead, and none longer at one job than :data:`HANG_S`. A loop that stands still feeds nothing, and neither does whatever
  hangs in a worker: the service manager then ends the program and starts it anew.
* A program on asyncio's loop has a watchdog of its own (:mod:`hall.loop_watchdog`): no device's program loads asyncio, which takes a megabyte.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable, Iterable, Mapping

from hall.clock import Scheduler, Seconds, Timer
from hall.worker import ThreadWorker

log = logging.getLogger(__name__)

#: No job of a worker takes so long: a slip may take 120 s, an announcement a minute.
HANG_S: Seconds = 180.0
#: Looks at the workers where no watchdog asks for more.
LOOK_S: Seconds = 10.0


class Notifier:
    """The way to the service manager, if there is one."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment` is the process's own."""
        path = environment.get("NOTIFY_SOCKET", "")
        # a name that begins with @ is one without a file
        self._address = "\0" + path[1:] if path.startswith("@") else path
        #: how often the manager wants to hear that the program lives; None: not at all
        self.watchdog_s = _watchdog(environment)

    def say(self, *words: str) -> None:
        """Tell the manager, in its words (``READY=1``); nothing is worth failing for."""
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.settimeout(0)
            line.sendto("\n".join(words).encode(), self._address)


class Watchdog:
    """Feeds the manager's watchdog as long as loop and workers live."""

    def __init__(
        self,
        notifier: Notifier,
        scheduler: Scheduler,
        *,
        workers: Callable[[], Iterable[ThreadWorker]],
        status: Callable[[], str],
        hang_s: Seconds = HANG_S,
    ) -> None:
        """`workers` are those of this process, `status` is one line for ``systemctl status``."""
        self._notifier, self._scheduler = notifier, scheduler
        self._workers, self._status, self._hang_s = workers, status, hang_s
        every = notifier.watchdog_s
        self._every_s = LOOK_S if every is None else min(LOOK_S, every / 3)
        self._timer: Timer | None = None

    def start(self) -> None:
        """The program is ready."""
        self._notifier.say("READY=1")
        self._look()

    def stop(self) -> None:
        """It ends because it was asked to."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._notifier.say("STOPPING=1")

    def _look(self) -> None:
        self._timer = self._scheduler.call_later(self._every_s, self._look)
        hung = [worker.name for worker in self._workers() if not worker.well(self._hang_s)]
        if hung:
            log.critical("a worker hangs, the watchdog is not fed", extra={"workers": ", ".join(hung)})
            self._notifier.say(f"STATUS=hangs: {', '.join(hung)}")
        else:
            self._notifier.say("WATCHDOG=1", f"STATUS={self._status()}")


def _watchdog(environment: Mapping[str, str]) -> Seconds | None:
    """``WATCHDOG_USEC``, where it is meant for this process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    with contextlib.suppress(ValueError):
        said = int(environment.get("WATCHDOG_USEC", ""))
        return said / 1e6 if said > 0 else None
    return None
