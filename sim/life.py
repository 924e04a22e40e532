"""One life of a program in a simulated hall: its scheduler, which falls silent when the program is killed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hall.clock import Scheduler, Seconds, Timer


class Life:
    """A :class:`hall.clock.Scheduler` for one life of one program.

    After :meth:`end` none of the calls asked for is made any more, neither timers nor what a finger on a key asks for:
    a killed program does nothing.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        """Begins on `scheduler`, the hall's."""
        self._scheduler = scheduler
        self._over = False

    def end(self) -> None:
        """The program is gone; may be called twice."""
        self._over = True

    def now(self) -> datetime:
        """See :class:`hall.clock.Scheduler`."""
        return self._scheduler.now()

    def mono(self) -> Seconds:
        """See :class:`hall.clock.Scheduler`."""
        return self._scheduler.mono()

    def call_later(self, delay_s: Seconds, call: Callable[[], None]) -> Timer:
        """See :class:`hall.clock.Scheduler`."""
        return self._scheduler.call_later(delay_s, lambda: self._make(call))

    def call_soon(self, call: Callable[[], None]) -> None:
        """See :class:`hall.clock.Scheduler`."""
        self._scheduler.call_soon(lambda: self._make(call))

    def _make(self, call: Callable[[], None]) -> None:
        if not self._over:
            call()
