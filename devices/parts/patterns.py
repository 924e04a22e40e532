"""Light and sound patterns on the scheduler's timers: blinking without threads, so a simulated day blinks the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from hall.clock import Scheduler, Seconds, Timer

T = TypeVar("T")
#: what to show, and for how long
Beat = tuple[T, Seconds]


class Pattern(Generic[T]):
    """Plays steps one after the other by calling `apply`; a new pattern ends the one before."""

    def __init__(self, scheduler: Scheduler, apply: Callable[[T], None]) -> None:
        self._scheduler, self._apply = scheduler, apply
        self._timer: Timer | None = None

    def steady(self, value: T) -> None:
        """Show `value` until something else is asked for."""
        self.stop()
        self._apply(value)

    def play(self, steps: Iterable[Beat[T]], then: T, done: Callable[[], None] | None = None) -> None:
        """Show each step for its seconds, then `then`; `done` is called once it is reached."""
        self.stop()
        self._next(list(steps), 0, then, done)

    def blink(self, lit: T, dark: T, on: Seconds, off: Seconds) -> None:
        """Alternate for ever, lit first."""
        self.stop()

        def turn(showing: T, seconds: Seconds, other: T, other_seconds: Seconds) -> None:
            self._apply(showing)
            self._timer = self._scheduler.call_later(
                seconds, lambda: turn(other, other_seconds, showing, seconds)
            )

        turn(lit, on, dark, off)

    def stop(self) -> None:
        """Leave what is shown as it is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next(self, steps: Sequence[Beat[T]], at: int, then: T, done: Callable[[], None] | None) -> None:
        self._timer = None
        if at == len(steps):
            self._apply(then)
            if done is not None:
                done()
            return
        value, seconds = steps[at]
        self._apply(value)
        self._timer = self._scheduler.call_later(seconds, lambda: self._next(steps, at + 1, then, done))
