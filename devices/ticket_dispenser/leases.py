"""Numbers lent by the hub, for when it is away.

Rules:

* A number is burnt on the card before anybody sees it: whatever is killed, it is never given twice. One that was burnt and
  not printed is lost, which harms nobody.
* Of each letter and day only numbers above the highest burnt one are given, so blocks may come again, in part or enlarged.
* Numbers are for their day. The next open day's are kept beside today's.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from hall.card import Card
from hall.messages.facts import Block
from hall.messages.wants import NextNumbers, Numbers

log = logging.getLogger(__name__)

_WANT = "numbers"
_BURNT = "numbers-burnt"


class Leases:
    """The blocks on the card."""

    def __init__(self, card: Card) -> None:
        self._card = card
        kept = card.get(_WANT)
        #: what the hub lent last, None on a fresh card
        self.want: Numbers | None = None
        if kept is not None:
            try:
                self.want = msgspec.convert(kept, Numbers)
            except msgspec.ValidationError as error:
                log.error("lent numbers on the card unreadable", extra={"why": str(error)})

    def take_in(self, want: Numbers) -> None:
        """The hub lends these; Fault when the card cannot keep them."""
        if want != self.want:
            self._card.put(_WANT, want)
            self.want = want

    def left(self, letter: str, day: str) -> int:
        """How many numbers of this letter may still be given on that day."""
        burnt = self._highest(letter, day)
        return sum(max(0, b.last - max(b.first, burnt + 1) + 1) for b in self._blocks(letter, day))

    def burn(self, letter: str, day: str) -> str | None:
        """The next number of this letter, burnt on the card; None when no lease is left. Fault when the card is full."""
        burnt = self._highest(letter, day)
        free = [max(b.first, burnt + 1) for b in self._blocks(letter, day) if b.last > burnt]
        if not free:
            return None
        number = min(free)
        all_days: dict[str, dict[str, int]] = self._card.get(_BURNT, {})
        # days gone by are forgotten; a clock that was wrong for a while must not forget the true day
        kept = dict(sorted(all_days.items())[-6:])
        kept[day] = {**all_days.get(day, {}), letter: number}
        self._card.put(_BURNT, kept)
        return f"{letter}{number:03d}"

    def _highest(self, letter: str, day: str) -> int:
        all_days: Any = self._card.get(_BURNT, {})
        return int(all_days.get(day, {}).get(letter, 0))

    def _blocks(self, letter: str, day: str) -> list[Block]:
        lent: Numbers | NextNumbers | None = self.want
        if self.want is not None and self.want.day != day:
            lent = self.want.next
        if lent is None or lent.day != day:
            return []
        return [b for b in lent.blocks if b.letter == letter and b.first >= 1]
