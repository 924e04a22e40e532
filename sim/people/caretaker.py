"""Whoever looks after a simulated hall's printers: on a busy day three rolls of paper are used, and somebody changes them.

Rules:

* They learn of it as everybody does, by the device's alert, and need a minute to walk there with a roll.
* They act on a roll that runs low. One that has run out all the same, or any other fault, is left to whoever switched it on.
"""

from __future__ import annotations

from collections.abc import Callable

from hall.clock import Scheduler, Seconds
from hall.messages import facts

LOW = "paper-low"
WALK_S: Seconds = 60.0


class Caretaker:
    """Changes rolls."""

    def __init__(self, scheduler: Scheduler, new_roll: Callable[[str], None]) -> None:
        """`new_roll(member)` puts one into that dispenser's printer."""
        self._scheduler, self._new_roll = scheduler, new_roll
        #: on the way there
        self._walking: set[str] = set()

    def on_fact(self, fact: facts.AnyFact) -> None:
        """Hear of it."""
        match fact:
            case facts.AlertRaised(code=code, member=member) if code == LOW and member not in self._walking:
                self._walking.add(member)
                self._scheduler.call_later(WALK_S, lambda: self._there(member))
            case _:
                pass

    def _there(self, member: str) -> None:
        self._walking.discard(member)
        self._new_roll(member)
