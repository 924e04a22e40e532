"""The terminal's list of faults: every fault that a device of the hall can have, each under a key of its own.

Rules:

* The list is :data:`sim.twin.faults.FAULTS`' for the chosen device; what is on is what the world says, whoever switched it.
* A letter switches its fault on, or repairs it. ``[`` and ``]`` choose the device, ``-`` and ``+`` the place (a key, a module) where there is one.
* ``F`` or Esc closes the list; ``q`` is never a fault's key, it ends the demo as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from rich.table import Table
from rich.text import Text as Styled

from sim.twin.faults import FAULTS, FaultSeen
from sim.twin.world_plan import MemberPlan

OPEN: Final = "F"
_CLOSE: Final = (OPEN, "\x1b")
#: more than any device has faults
LETTERS: Final = "abcdefghijklmnoprstuvwxyz"


class Switches(Protocol):
    """Where faults are switched: a world, or whoever stands for it."""

    def fault(self, member: str, fault: str, where: str | None = None) -> None:
        """Switch a fault on."""

    def heal(self, member: str, fault: str | None = None) -> None:
        """Repair it."""

    def faults(self, member: str) -> list[FaultSeen]:
        """Which the member can have, and has."""


class FaultList:
    """The list, as long as it is open."""

    def __init__(self, members: Sequence[MemberPlan], switches: Switches) -> None:
        """`members` in the order in which one goes through them. What the switches raise goes to whoever pressed the key."""
        self._members, self._switches = members, switches
        self._at = self._place = 0
        self.open = False
        self._seen: list[FaultSeen] = []

    @property
    def member(self) -> str:
        """The chosen device."""
        return self._members[self._at].member

    @property
    def active(self) -> dict[str, str]:
        """What is wrong with the chosen device now, in words, by name."""
        return {seen.name: f"{self.member}: {seen.zh} {seen.en}" for seen in self._seen if seen.active}

    def on_key(self, key: str) -> bool:
        """Whether the key was the list's."""
        if not self.open:
            if key != OPEN:
                return False
            self.open = True
        elif key in _CLOSE:
            self.open = False
            return True
        elif key in "[]":
            self._at = (self._at + (1 if key == "]" else -1)) % len(self._members)
            self._place = 0
        elif key in "-+=":
            self._place += -1 if key == "-" else 1
        elif key in LETTERS:
            self._toggle(key)
        else:
            return False
        self._seen = self._switches.faults(self.member)
        return True

    def look(self) -> None:
        """See what others have switched meanwhile."""
        if self.open:
            self._seen = self._switches.faults(self.member)

    def _toggle(self, key: str) -> None:
        found = dict(zip(LETTERS, self._switches.faults(self.member), strict=False)).get(key)
        if found is None:
            return
        if found.active:
            self._switches.heal(self.member, found.name)
        else:
            self._switches.fault(self.member, found.name, self._where(found.name))

    def _where(self, fault: str) -> str | None:
        choices = FAULTS[fault].choices(self._members[self._at])
        return choices[self._place % len(choices)] if choices else None

    def table(self) -> Table:
        """The list as one reads it, in two columns."""
        table = Table.grid(padding=(0, 3))
        rows = [self._row(letter, seen) for letter, seen in zip(LETTERS, self._seen, strict=False)]
        half = -(-len(rows) // 2)
        for n in range(half):
            table.add_row(*rows[n::half])
        return table

    def _row(self, letter: str, seen: FaultSeen) -> Styled:
        row = Styled(f" {letter} ", style="reverse", no_wrap=True)
        row.append(
            " ● " if seen.active else " ○ ", style="not reverse " + ("bold red" if seen.active else "dim")
        )
        row.append(f"{seen.zh} {seen.en}", style="not reverse" + (" bold" if seen.active else ""))
        place = ", ".join(seen.where) if seen.active else self._where(seen.name)
        return row.append(f" @ {place}", style="not reverse dim") if place else row
