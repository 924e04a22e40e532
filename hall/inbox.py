"""The real clock and the one loop of a process.

Rules:

* One thread runs the loop and makes every call, one at a time. Other threads only put calls in, with :meth:`Inbox.call_soon`.
* Timers run on the monotonic clock: somebody setting the wall clock moves nothing.
* A call that raises is a mistake in the program. It is logged once, with its traceback, and the loop goes on: one bad message
  must not silence a window. After `patience` of them in a row nothing works any more: the loop ends with an exit code, and the
  service manager starts the program again.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import queue
import signal
import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from hall.clock import Seconds, Timer

log = logging.getLogger(__name__)

#: Exit code of a loop that gave up (sysexits: internal software error).
EX_SOFTWARE = 70


class _Timer:
    """One entry of the timer heap."""

    __slots__ = ("call", "cancelled", "order", "when")

    def __init__(self, when: Seconds, order: int, call: Callable[[], None]) -> None:
        self.when, self.order, self.call, self.cancelled = when, order, call, False

    def __lt__(self, other: _Timer) -> bool:
        return (self.when, self.order) < (other.when, other.order)

    def cancel(self) -> None:
        """See :class:`hall.clock.Timer`."""
        self.cancelled = True


class Inbox:
    """The :class:`hall.clock.Scheduler` of a real process."""

    def __init__(self, zone: ZoneInfo, *, patience: int = 20) -> None:
        """`zone` is the hall's; `patience` is how many calls in a row may raise before the loop gives up."""
        self._zone = zone
        self._patience = patience
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._timers: list[_Timer] = []
        self._order = itertools.count()
        self._running = False
        self._stopping = False
        self._failed_in_a_row = 0
        #: calls that raised since the start
        self.failures = 0

    def now(self) -> datetime:
        """See :class:`hall.clock.Scheduler`."""
        return datetime.now(self._zone)

    def mono(self) -> Seconds:
        """See :class:`hall.clock.Scheduler`."""
        return time.monotonic()

    def call_later(self, delay_s: Seconds, call: Callable[[], None]) -> Timer:
        """See :class:`hall.clock.Scheduler`; only for the loop's own thread (and before the loop runs)."""
        timer = _Timer(time.monotonic() + max(0.0, delay_s), next(self._order), call)
        heapq.heappush(self._timers, timer)
        return timer

    def call_soon(self, call: Callable[[], None]) -> None:
        """See :class:`hall.clock.Scheduler`; for any thread, and for signal handlers."""
        self._queue.put(call)

    def stop(self) -> None:
        """End :meth:`run` after the call being made now; what still waits is dropped. For any thread."""
        self._stopping = True
        self._queue.put(_nothing)

    def stop_on_signals(self) -> None:
        """Let SIGTERM, SIGINT and a closed terminal (SIGHUP, unless under nohup) end :meth:`run`; only from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._on_signal)

    def run(self) -> int:
        """Make calls until :meth:`stop`; the exit code for the process: 0, or 70 when the loop gave up. May be run again."""
        if self._running:
            raise RuntimeError("the loop runs already")
        self._running = True
        try:
            while not self._stopping:
                self._turn()
                if self._failed_in_a_row >= self._patience:
                    log.critical("giving up", extra={"failures_in_a_row": self._failed_in_a_row})
                    return EX_SOFTWARE
        finally:
            self._running = self._stopping = False
        return 0

    def _turn(self) -> None:
        """Every timer that is due, then one call; waits when there is neither."""
        wait = self._run_due()
        if self._stopping:
            return
        try:
            call = self._queue.get(block=wait is None or wait > 0, timeout=wait)
        except queue.Empty:
            return
        self._make(call)

    def _run_due(self) -> Seconds | None:
        """Make the calls due now; seconds until the next one, None when there is none."""
        timers, now = self._timers, time.monotonic()
        while timers and not self._stopping:
            if timers[0].cancelled:
                heapq.heappop(timers)
            elif timers[0].when <= now:
                self._make(heapq.heappop(timers).call)
            else:
                return max(0.0, timers[0].when - time.monotonic())
        return None

    def _make(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:
            self.failures += 1
            self._failed_in_a_row += 1
            log.exception("a call failed", extra={"failures": self.failures})
        else:
            if call is not _nothing:
                self._failed_in_a_row = 0

    def _on_signal(self, number: int, _frame: object) -> None:
        log.info("asked to stop", extra={"signal": signal.Signals(number).name})
        self.stop()


def _nothing() -> None:
    """Wakes the loop."""
