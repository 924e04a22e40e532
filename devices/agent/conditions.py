"""What is the matter with the machine a device runs on: from looks at it to codes of the table of troubles.

Rules:

* A trouble begins at one figure and ends at a better one, so that it does not flicker at the edge.
* Heat is a temperature, or the firmware saying that it slows down for it.
* Power that was too weak for a moment is too weak: it stays said for :data:`POWER_S`.
* A clock may take :data:`CLOCK_S` to be put right before anybody is told.
* What the machine cannot tell is no trouble.
"""

from __future__ import annotations

from typing import Final

from devices.agent.health import SLOWED, UNDERVOLTAGE, WARM, Vitals
from hall.clock import Seconds

#: °C: a Pi slows down from 80 on
HOT_C, COOL_C = 80.0, 75.0
#: megabytes on the disk that holds the card
DISK_MB, DISK_WELL_MB = 200.0, 300.0
#: megabytes that programs could still have
MEMORY_MB, MEMORY_WELL_MB = 32.0, 64.0
POWER_S: Final[Seconds] = 600.0
CLOCK_S: Final[Seconds] = 300.0

OVER_TEMPERATURE, UNDERVOLTED, DISK_LOW, MEMORY_LOW, CLOCK_UNSYNCED = CODES = (
    "over-temperature",
    "undervoltage",
    "disk-low",
    "memory-low",
    "clock-unsynced",
)


class Conditions:
    """The machine's troubles, look by look."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._standing: set[str] = set()
        #: when power was last too weak, and since when the clock is not kept
        self._weak_at: Seconds | None = None
        self._unkept_at: Seconds | None = None

    def look(self, vitals: Vitals, now: Seconds) -> frozenset[str]:
        """The codes of what is the matter at `now`."""
        bits = vitals.throttled or 0
        self._edge(
            OVER_TEMPERATURE,
            begins=_over(vitals.temperature_c, HOT_C) or bool(bits & (SLOWED | WARM)),
            ends=not _over(vitals.temperature_c, COOL_C) and not bits & (SLOWED | WARM),
        )
        self._edge(
            DISK_LOW,
            begins=_under(vitals.disk_free_mb, DISK_MB),
            ends=not _under(vitals.disk_free_mb, DISK_WELL_MB),
        )
        self._edge(
            MEMORY_LOW,
            begins=_under(vitals.memory_free_mb, MEMORY_MB),
            ends=not _under(vitals.memory_free_mb, MEMORY_WELL_MB),
        )
        if bits & UNDERVOLTAGE:
            self._weak_at = now
        weak = self._weak_at is not None and now - self._weak_at < POWER_S
        self._edge(UNDERVOLTED, begins=weak, ends=not weak)
        if vitals.clock_ok:
            self._unkept_at = None
        elif self._unkept_at is None:
            self._unkept_at = now
        unkept = self._unkept_at is not None and now - self._unkept_at >= CLOCK_S
        self._edge(CLOCK_UNSYNCED, begins=unkept, ends=not unkept)
        return frozenset(self._standing)

    def _edge(self, code: str, *, begins: bool, ends: bool) -> None:
        if begins:
            self._standing.add(code)
        elif ends:
            self._standing.discard(code)


def _over(value: float | None, limit: float) -> bool:
    return value is not None and value >= limit


def _under(value: float | None, limit: float) -> bool:
    return value is not None and value < limit
