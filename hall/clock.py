"""Who owns the time: the scheduler.

Rules: agents and hub have no threads, no locks and no clock of their own. They are told things one at a time by a
:class:`Scheduler`, and ask it for the time and for a call later. In a real process that is :class:`hall.inbox.Inbox`; in a
simulated day and in tests it is :class:`VirtualScheduler`, whose time stands still until somebody moves it.
"""

from __future__ import annotations

import heapq
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

Seconds = float


class Timer(Protocol):
    """A call that will be made later, unless cancelled."""

    def cancel(self) -> None:
        """Do not call; harmless when the call was already made."""


class Scheduler(Protocol):
    """Gives the time and makes calls, one at a time, in order."""

    def now(self) -> datetime:
        """Wall-clock time, timezone aware, in the hall's zone."""

    def mono(self) -> Seconds:
        """Monotonic seconds; only differences mean anything."""

    def call_later(self, delay_s: Seconds, call: Callable[[], None]) -> Timer:
        """Make `call` after `delay_s` seconds; calls due at one time come in the order they were asked for."""

    def call_soon(self, call: Callable[[], None]) -> None:
        """Make `call` after everything already waiting; the only method that other threads may use."""


class Loop(Scheduler, Protocol):
    """The scheduler of a real process, which waits for sockets too; only for the loop's own thread, and before the loop runs."""

    def watch(self, sock: socket.socket, call: Callable[[], None], *, room: bool = False) -> None:
        """Make `call` whenever `sock` has something to read (with `room`: or takes something to write) until :meth:`unwatch`.

        The same socket again changes what is called, and when.
        """

    def unwatch(self, sock: socket.socket) -> None:
        """Before it is closed; harmless when it was never watched."""


class Due:
    """One call that falls due; a scheduler keeps it in a heap of (when, order, due), which compares without asking Python."""

    __slots__ = ("call", "cancelled")

    def __init__(self, call: Callable[[], None]) -> None:
        """`call` is made when it is due, unless cancelled."""
        self.call, self.cancelled = call, False

    def cancel(self) -> None:
        """See :class:`Timer`."""
        self.cancelled = True


class VirtualScheduler:
    """A scheduler whose clock is moved by hand: no waiting, same order every time."""

    def __init__(self, start: datetime) -> None:
        """`start` is the aware wall-clock time at which the virtual clock begins."""
        if start.tzinfo is None:
            raise ValueError("start must be timezone aware")
        self._start = start
        self._mono: Seconds = 0.0
        self._order = 0
        self._agenda: list[tuple[Seconds, int, Due]] = []

    def now(self) -> datetime:
        """See :class:`Scheduler`."""
        return self._start + timedelta(seconds=self._mono)

    def mono(self) -> Seconds:
        """See :class:`Scheduler`."""
        return self._mono

    def call_later(self, delay_s: Seconds, call: Callable[[], None]) -> Timer:
        """See :class:`Scheduler`."""
        self._order += 1
        due = Due(call)
        heapq.heappush(self._agenda, (self._mono + max(0.0, delay_s), self._order, due))
        return due

    def call_soon(self, call: Callable[[], None]) -> None:
        """See :class:`Scheduler`."""
        self.call_later(0.0, call)

    def run_for(self, seconds: Seconds) -> None:
        """Move the clock by `seconds`, making every call that falls due on the way."""
        self.run_until_mono(self._mono + seconds)

    def run_until(self, when: datetime) -> None:
        """Move the clock to the wall-clock time `when` (nothing happens if that is past)."""
        self.run_until_mono((when - self._start).total_seconds())

    def run_until_mono(self, until: Seconds) -> None:
        """Move the clock to monotonic second `until`."""
        while self._agenda and self._agenda[0][0] <= until:
            self._step()
        self._mono = max(self._mono, until)

    def settle(self) -> None:
        """Make every call that is due now, without moving the clock."""
        self.run_until_mono(self._mono)

    def _step(self) -> None:
        when, _, due = heapq.heappop(self._agenda)
        if not due.cancelled:
            self._mono = max(self._mono, when)
            due.call()
