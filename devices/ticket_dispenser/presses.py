"""What fingers mean: a tap, a long press, a key that is stuck. Decided from key edges with the scheduler's timers.

Rules:

* A key counts when it is let go; one that is held for `hold_s` counts as a long press at that moment, and not again when let go.
* Two keys that close within `TOGETHER_S` of each other are one hand: the first counts, the other is ignored. Later than that
  they are two people.
* A key closed for `STUCK_S`, or at the start, is stuck: it is reported once and ignored until it opens. The others go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hall.clock import Scheduler, Seconds, Timer

TOGETHER_S: Seconds = 0.05
STUCK_S: Seconds = 30.0


class Meaning(Protocol):
    """Whoever acts on fingers."""

    def on_tap(self, key: str) -> None:
        """A key was pressed and let go."""

    def on_hold(self, key: str) -> None:
        """A key is being held."""

    def on_stuck(self, key: str) -> None:
        """A key does not open."""

    def on_free(self, key: str) -> None:
        """A stuck key opened."""


@dataclass(slots=True)
class _Down:
    """A key that is closed."""

    since: Seconds
    hold: Timer | None = None
    stuck_timer: Timer | None = None
    #: its meaning has been told, or it has none
    over: bool = False
    stuck: bool = False


class Presses:
    """Turns edges into meanings."""

    def __init__(self, scheduler: Scheduler, meaning: Meaning, hold_s: Seconds) -> None:
        """`hold_s` is how long a long press is."""
        self._scheduler, self._meaning, self._hold_s = scheduler, meaning, hold_s
        self._down: dict[str, _Down] = {}

    @property
    def stuck(self) -> frozenset[str]:
        """Keys that do not open."""
        return frozenset(name for name, down in self._down.items() if down.stuck)

    def closed_at_start(self, key: str) -> None:
        """This key was closed when the program began: nobody presses then."""
        self._down[key] = _Down(self._scheduler.mono(), over=True)
        self._is_stuck(key)

    def down(self, key: str) -> None:
        """The key closed."""
        if key in self._down:
            return
        now = self._scheduler.mono()
        same_hand = any(not d.stuck and now - d.since <= TOGETHER_S for d in self._down.values())
        down = self._down[key] = _Down(now, over=same_hand)
        if not same_hand:
            down.hold = self._scheduler.call_later(self._hold_s, lambda: self._held(key))
        down.stuck_timer = self._scheduler.call_later(STUCK_S, lambda: self._is_stuck(key))

    def up(self, key: str) -> None:
        """The key opened."""
        down = self._down.pop(key, None)
        if down is None:
            return
        for timer in (down.hold, down.stuck_timer):
            if timer is not None:
                timer.cancel()
        if down.stuck:
            self._meaning.on_free(key)
        elif not down.over:
            self._meaning.on_tap(key)

    def _held(self, key: str) -> None:
        down = self._down[key]
        down.hold, down.over = None, True
        self._meaning.on_hold(key)

    def _is_stuck(self, key: str) -> None:
        down = self._down[key]
        down.stuck_timer, down.over, down.stuck = None, True, True
        self._meaning.on_stuck(key)
