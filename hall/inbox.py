"""The real clock and the one loop of a process.

Rules:

* One thread runs the loop and makes every call, one at a time. Other threads only put calls in, with :meth:`Inbox.call_soon`.
* The loop waits for sockets itself (:meth:`Inbox.watch`): a thread that reads for it would hand each message over, and two
  threads of one Python that wake each other cost more than what most messages ask for. What a call asks for soon comes before
  what arrives meanwhile: sockets are looked at when no call waits, or when so many were made that others must have their turn.
* Timers run on the monotonic clock: somebody setting the wall clock moves nothing.
* A call that raises is a mistake in the program. It is logged once, with its traceback, and the loop goes on: one bad message
  must not silence a window. After `patience` of them in a row nothing works any more: the loop ends with an exit code, and the
  service manager starts the program again.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import selectors
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from hall.clock import Due, Seconds, Timer

log = logging.getLogger(__name__)

#: Exit code of a loop that gave up (sysexits: internal software error).
EX_SOFTWARE = 70
#: Most calls between two looks at the sockets.
MOST = 100


class Inbox:
    """The :class:`hall.clock.Loop` of a real process."""

    def __init__(self, zone: ZoneInfo, *, patience: int = 20) -> None:
        """`zone` is the hall's; `patience` is how many calls in a row may raise before the loop gives up."""
        self._zone = zone
        self._patience = patience
        self._calls: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[Seconds, int, Due]] = []
        self._order = itertools.count()
        #: socket → what is called when it is ready, and for what it is ready
        self._watched: dict[socket.socket, tuple[Callable[[], None], int]] = {}
        #: only while the loop runs, with the end of a pipe that wakes it
        self._selector: selectors.BaseSelector | None = None
        self._bell = -1
        #: the loop waits, or is about to: whoever puts a call in has to ring
        self._asleep = False
        self._running = False
        self._stopping = False
        self._asked: signal.Signals | None = None
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
        timer = Due(call)
        heapq.heappush(self._timers, (time.monotonic() + max(0.0, delay_s), next(self._order), timer))
        return timer

    def call_soon(self, call: Callable[[], None]) -> None:
        """See :class:`hall.clock.Scheduler`; for any thread, and for signal handlers."""
        self._calls.append(call)
        # The loop says that it sleeps before it looks whether calls wait: either it sees this one, or we see that it sleeps.
        if self._asleep:
            self._asleep = False
            with suppress(OSError):  # the loop has ended meanwhile
                os.write(self._bell, b"!")

    def stop(self) -> None:
        """End :meth:`run` after the call being made now; what still waits is dropped. For any thread."""
        self._stopping = True
        self.call_soon(_nothing)

    def watch(self, sock: socket.socket, call: Callable[[], None], *, room: bool = False) -> None:
        """See :class:`hall.clock.Loop`."""
        what = selectors.EVENT_READ | (selectors.EVENT_WRITE if room else 0)
        known = self._watched.get(sock)
        self._watched[sock] = call, what
        if self._selector is None:
            return
        if known is None:
            self._selector.register(sock, what)
        elif known[1] != what:
            self._selector.modify(sock, what)

    def unwatch(self, sock: socket.socket) -> None:
        """See :class:`hall.clock.Loop`."""
        if self._watched.pop(sock, None) is not None and self._selector is not None:
            self._selector.unregister(sock)

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
            with self._senses():
                while not self._stopping:
                    self._turn()
                    if self._failed_in_a_row >= self._patience:
                        log.critical("giving up", extra={"failures_in_a_row": self._failed_in_a_row})
                        return EX_SOFTWARE
        finally:
            self._running = self._stopping = False
        if self._asked is not None:
            log.info("asked to stop", extra={"signal": self._asked.name})
            self._asked = None
        return 0

    @contextmanager
    def _senses(self) -> Iterator[None]:
        """What the loop waits with, while it runs: the watched sockets, and a pipe for calls from elsewhere."""
        heard, self._bell = os.pipe()
        for end in (heard, self._bell):
            os.set_blocking(end, False)
        # a signal between our last look and the system's wait would be noticed only when something else happens
        main = threading.current_thread() is threading.main_thread()
        before = signal.set_wakeup_fd(self._bell, warn_on_full_buffer=False) if main else -1
        try:
            with selectors.DefaultSelector() as self._selector:
                self._selector.register(heard, selectors.EVENT_READ)
                for sock, (_, what) in self._watched.items():
                    self._selector.register(sock, what)
                yield
        finally:
            self._selector, self._asleep = None, False
            if main:
                signal.set_wakeup_fd(before)
            os.close(heard)
            os.close(self._bell)

    def _turn(self) -> None:
        """One look at the sockets, then each call that waits, with timers between them as they fall due."""
        self._look(self._run_due())
        for _ in range(MOST):
            if not self._calls or self._stopping or self._failed_in_a_row >= self._patience:
                return
            self._make(self._calls.popleft())
            self._run_due()

    def _look(self, wait: Seconds | None) -> None:
        """Wait for sockets, unless calls wait for us, and make the calls of those that are ready."""
        assert self._selector is not None
        self._asleep = True
        ready = self._selector.select(0 if self._calls or self._stopping else wait)
        self._asleep = False
        for key, _ in ready:
            if isinstance(key.fileobj, int):
                with suppress(BlockingIOError):
                    os.read(key.fileobj, 4096)
            elif key.fileobj in self._watched:  # the call before may have closed it
                self._make(self._watched[key.fileobj][0])

    def _run_due(self) -> Seconds | None:
        """Make the calls due now; seconds until the next one, None when there is none."""
        timers, now = self._timers, time.monotonic()
        while timers and not self._stopping:
            when, _, timer = timers[0]
            if timer.cancelled:
                heapq.heappop(timers)
            elif when <= now:
                heapq.heappop(timers)
                self._make(timer.call)
            else:
                return max(0.0, when - time.monotonic())
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
        # not logged here: a signal may come in the middle of a line of the log, which then takes no other and raises
        self._asked = signal.Signals(number)
        self.stop()


def _nothing() -> None:
    """Wakes the loop."""
