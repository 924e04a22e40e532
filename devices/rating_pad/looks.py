"""What lamps and beeper do: thanks that are the same for every grade, asking again, the technician's looks."""

from __future__ import annotations

from hall.clock import Seconds

ALL: frozenset[str] = frozenset({"4", "3", "2", "1"})
DARK: frozenset[str] = frozenset()

#: what lamps and beeper do: lit lamps, tone
Look = tuple[frozenset[str], bool]
THANKS: tuple[tuple[Look, Seconds], ...] = (
    ((DARK, True), 0.12),
    ((ALL, False), 0.18),
    ((DARK, False), 0.12),
    ((ALL, False), 0.18),
)
AGAIN: tuple[tuple[Look, Seconds], ...] = (((DARK, False), 0.15), ((ALL, False), 0.15)) * 3
IDENTIFY: tuple[tuple[Look, Seconds], ...] = tuple(
    ((frozenset({key}), key == "4"), 0.25) for _ in range(5) for key in "4321"
)
LAMP_TEST: tuple[tuple[Look, Seconds], ...] = (
    *(((frozenset({key}), False), 0.4) for key in "4321"),
    ((ALL, True), 0.2),
)
#: behind the lamp test: one long tone and light for "passed", three short ones for "not"
PASSED: tuple[tuple[Look, Seconds], ...] = (((DARK, False), 0.3), ((ALL, True), 1.0))
FAILED: tuple[tuple[Look, Seconds], ...] = (((DARK, False), 0.3), ((ALL, True), 0.15)) * 3
