"""Numbers: the hub's own count, and the blocks lent to dispensers.

Rules:

* Each letter counts from 001 without gaps, up to :data:`LAST_COUNTED`; the hub itself never gives a higher one.
* 8001 to 8999 of each letter belong to the pre-printed book (:mod:`hub.domain.by_hand`), on every day.
* 9001 to 9999 of each letter are lent in blocks, for a day and a dispenser. A block holds 999 shared by the dispensers and one
  spare share (for a dispenser whose memory is gone), at most :data:`MOST`; it takes the lowest free place. What is lent stays lent for
  that day whatever the settings say later.
* A number is used once a day. One that was replaced is void and is never given again.
* The books of days to come and of the last :data:`PAST_DAYS` days are kept, so that a day that is opened twice, or a clock
  that was wrong, gives no number twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from hall.messages.common import FIRST_BY_HAND, MemberKind
from hall.messages.facts import Block
from hall.plan import HallPlan

LAST_COUNTED = FIRST_BY_HAND - 1
FIRST_LENT, LAST_LENT = 9001, 9999
MOST = 300
PAST_DAYS = 3
COMING_DAYS = 7


class Lease(msgspec.Struct):
    """One block as lent; `void` when the dispenser forgot it."""

    member: str
    letter: str
    first: int
    last: int
    void: bool = False


class Book:
    """The numbers of one day."""

    __slots__ = ("counted", "leases", "used")

    def __init__(self) -> None:
        #: last number counted by the hub, by letter
        self.counted: dict[str, int] = {}
        self.leases: list[Lease] = []
        #: numbers of lent blocks and of the pre-printed book that people hold, by letter
        self.used: dict[str, set[int]] = {}

    def next(self, letter: str) -> int | None:
        """The next number the hub counts; None when they are used up."""
        count = self.counted.get(letter, 0) + 1
        return count if count <= LAST_COUNTED else None

    def take(self, letter: str, count: int) -> None:
        """Somebody holds this number now."""
        if count > LAST_COUNTED:
            self.used.setdefault(letter, set()).add(count)
        else:
            self.counted[letter] = max(count, self.counted.get(letter, 0))

    def is_used(self, letter: str, count: int) -> bool:
        """Whether somebody holds it."""
        return count in self.used.get(letter, ())

    def is_lent(self, member: str, letter: str, count: int) -> bool:
        """Whether it lies in a block that was lent to `member`."""
        return any(
            lease.first <= count <= lease.last
            for lease in self.leases
            if lease.member == member and lease.letter == letter
        )

    def lend(self, member: str, blocks: Iterable[Block], *, fresh: bool) -> None:
        """These blocks are the member's; with `fresh` what it had before is void."""
        if fresh:
            for lease in self.leases:
                lease.void = lease.void or lease.member == member
        self.leases += [Lease(member, block.letter, block.first, block.last) for block in blocks]

    def left(self, member: str) -> list[Block]:
        """What a dispenser may still give out. It takes a block's numbers in order, so those below its highest used one are gone."""
        blocks = []
        for lease in self.leases:
            if lease.member == member and not lease.void:
                gone = max(
                    (n for n in self.used.get(lease.letter, ()) if lease.first <= n <= lease.last), default=0
                )
                first = max(lease.first, gone + 1)
                if first <= lease.last:
                    blocks.append(Block(letter=lease.letter, first=first, last=lease.last))
        return blocks

    def offer(
        self,
        member: str,
        letters: Iterable[str],
        size: int,
        *,
        fresh: bool,
        within: tuple[int, int] = (FIRST_LENT, LAST_LENT),
    ) -> list[Block]:
        """The blocks a dispenser still needs, taken from `within`: one for each letter of which it has no number left."""
        has = set() if fresh else {block.letter for block in self.left(member)}
        blocks = []
        for letter in letters:
            room = None if letter in has else self._room(letter, size, within)
            if room is not None:
                blocks.append(Block(letter=letter, first=room[0], last=room[1]))
        return blocks

    def _room(self, letter: str, size: int, within: tuple[int, int]) -> tuple[int, int] | None:
        """The lowest free numbers of a letter, at most `size` in a row."""
        start, end = within
        for lease in sorted((x for x in self.leases if x.letter == letter), key=lambda x: x.first):
            if lease.first > start:
                return start, min(start + size - 1, lease.first - 1, end)
            start = max(start, lease.last + 1)
        return (start, min(start + size - 1, end)) if start <= end else None

    # ---------------------------------------------------------------- across the night

    def kept(self) -> dict[str, Any]:
        """The book as plain JSON values; runs of used numbers as their two ends."""
        leases: dict[str, list[list[Any]]] = {}
        for x in self.leases:
            leases.setdefault(x.member, []).append([x.letter, x.first, x.last, *([1] if x.void else [])])
        return {
            "counted": dict(self.counted),
            "leases": leases,
            "used": {letter: _runs(numbers) for letter, numbers in self.used.items()},
        }

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Book:
        """The book from what :meth:`kept` gave."""
        book = cls()
        book.counted = dict(kept["counted"])
        for member, leases in kept["leases"].items():
            book.leases += [
                Lease(member, letter, first, last, bool(void)) for letter, first, last, *void in leases
            ]
        book.used = {
            letter: {n for first, last in runs for n in range(first, last + 1)}
            for letter, runs in kept["used"].items()
        }
        return book


def _runs(numbers: Iterable[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return runs


def block_size(plan: HallPlan, within: tuple[int, int] = (FIRST_LENT, LAST_LENT)) -> int:
    """How many numbers of a letter, of those in `within`, one dispenser is lent for a day."""
    dispensers = sum(member.kind is MemberKind.DISPENSER for member in plan.members.values())
    return min(MOST, (within[1] - within[0] + 1) // (dispensers + 1))


def half(day: str) -> tuple[int, int]:
    """The half of the numbers to lend that belongs to `day`; they take turns by the date."""
    middle = (FIRST_LENT + LAST_LENT) // 2
    return (FIRST_LENT, middle) if date.fromisoformat(day).toordinal() % 2 else (middle + 1, LAST_LENT)


def number(letter: str, count: int) -> str:
    """A number as people read it: ``A012``."""
    return f"{letter}{count:03d}"


def split(number: str) -> tuple[str, int]:
    """Letter and count of a number as people read it."""
    return number[0], int(number[1:])


def books_kept(days: Iterable[str], opened: str) -> set[str]:
    """Which of these days keep their books when `opened` begins."""
    known = sorted(days)
    past, coming = [d for d in known if d < opened], [d for d in known if d >= opened]
    return {*past[-PAST_DAYS:], *coming[:COMING_DAYS]}
