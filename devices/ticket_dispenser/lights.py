"""The lamps in the keys and the alarm lamp: what each says, on the scheduler's timers.

A service's lamp is lit while its key gives numbers, dark while the press is being answered, the service
is stopped or the hall is closed, blinks slowly
while the green key waits for a service (quickly after it was held), and blinks *n* times for the service's *n*-th situation.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Protocol

from devices.parts.patterns import Pattern
from hall.clock import Scheduler, Seconds

SLOW: Seconds = 0.4
QUICK: Seconds = 0.15
TEST: Seconds = 2.0


class Say(Enum):
    """What a lamp says for as long as it is so."""

    DARK = "dark"
    LIT = "lit"
    BLINK = "blink"
    QUICK = "quick"


class LampHand(Protocol):
    """The lamps themselves."""

    def light(self, name: str, *, lit: bool) -> None:
        """One lamp on or off."""


class Lights:
    """Every lamp of the dispenser."""

    def __init__(self, scheduler: Scheduler, lamps: LampHand) -> None:
        self._scheduler, self._lamps = scheduler, lamps
        self._patterns: dict[str, Pattern[bool]] = {}
        self._said: dict[str, Say] = {}

    def say(self, name: str, what: Say) -> None:
        """This lamp says `what` from now on; the same again does not disturb it."""
        if self._said.get(name) is what:
            return
        self._said[name] = what
        pattern = self._pattern(name)
        if what is Say.BLINK:
            pattern.blink(True, False, SLOW, SLOW)  # noqa: FBT003 - lit, dark
        elif what is Say.QUICK:
            pattern.blink(True, False, QUICK, QUICK)  # noqa: FBT003 - lit, dark
        else:
            pattern.steady(what is Say.LIT)

    def count(self, name: str, times: int) -> None:
        """Blink `times` times, then go on as before."""
        steps = [(False, QUICK), (True, QUICK)] * times
        self._pattern(name).play([*steps, (False, QUICK)], then=self._said.get(name) is Say.LIT)

    def test(self, names: Iterable[str]) -> None:
        """Every one of these lamps lit for :data:`TEST`, then as before."""
        for name in names:
            self._pattern(name).play([(True, TEST)], then=self._said.get(name) is Say.LIT)

    def stop(self) -> None:
        """Change no lamp any more."""
        for pattern in self._patterns.values():
            pattern.stop()

    def _pattern(self, name: str) -> Pattern[bool]:
        if name not in self._patterns:
            self._patterns[name] = Pattern(self._scheduler, lambda lit: self._lamps.light(name, lit=lit))
        return self._patterns[name]
