"""How much paper is left on the roll: counted from what was printed, corrected by what the printer's sensors say.

Rules:

* Every slip takes its length and the feed to the blade off the roll. A new roll is as long as the settings say.
* Out of paper is nothing left, whatever was counted. The near-end sensor is right too: once it sees the end no more than `near_end_m` is
  left, and as long as it does not see it at least that much is.
* A new roll was put in when paper is there again after it was out; when the near-end sensor saw the end and does not see it at two
  looks in a row (a sensor at its edge flickers); and, on a printer without that sensor, when the cover was opened and closed while less
  than a quarter was left. An opened cover alone means nothing: somebody cleared a jam.
* It is an estimate. What it is for: to know before the doors open whether the paper lasts the day.
"""

from __future__ import annotations

import logging

import msgspec

from devices.ticket_dispenser.status import Condition, Trouble
from hall.card import Card
from hall.errors import Fault

log = logging.getLogger(__name__)

_KEY = "roll"
#: a quarter of a roll: below it an opened cover is taken for a change of rolls
LAST_PART = 0.25
#: how much the newest ticket counts in the usual length of one
SHARE = 0.1
#: no slip is shorter; what says less has measured nothing
SHORTEST_MM = 1.0
#: metres that are never printed on: the core's end, and what hangs out
WASTE_M = 0.3


class _Kept(msgspec.Struct, kw_only=True):
    """What stands on the card."""

    left_m: float
    #: usual length of a ticket, metres; None before the first
    ticket_m: float | None = None
    was_out: bool = False
    was_near: bool = False
    #: looks in a row at which a near end was not seen any more
    clear: int = 0
    was_open: bool = False


class Roll:
    """The roll in the printer."""

    def __init__(self, card: Card, *, roll_m: float, near_end_m: float, sensor: bool) -> None:
        """`sensor`: the printer has one for the near end. A card that knows nothing is taken for a new roll."""
        self._card, self._roll_m, self._near_end_m, self._sensor = card, roll_m, near_end_m, sensor
        self._is = _Kept(left_m=roll_m)
        kept = card.get(_KEY)
        if kept is not None:
            try:
                self._is = msgspec.convert(kept, _Kept)
            except msgspec.ValidationError as error:
                log.error("roll on the card unreadable", extra={"why": str(error)})

    @property
    def left_m(self) -> float:
        """Metres left."""
        return self._is.left_m

    @property
    def low(self) -> bool:
        """Whether the end is near on a printer that cannot say so itself."""
        return not self._sensor and self._is.left_m < self._near_end_m

    @property
    def tickets_left(self) -> int | None:
        """How many tickets of the usual length still come out; None before the first."""
        if self._is.ticket_m is None:
            return None
        return max(0, int((self._is.left_m - WASTE_M) / self._is.ticket_m))

    def printed(self, used_mm: float, *, ticket: bool) -> None:
        """A slip came out; of `ticket`s the usual length is learned."""
        if used_mm < SHORTEST_MM:
            return
        used_m = used_mm / 1000
        now = self._is
        now.left_m = max(0.0, now.left_m - used_m)
        if ticket:
            now.ticket_m = used_m if now.ticket_m is None else now.ticket_m + SHARE * (used_m - now.ticket_m)
        self._keep()

    def seen(self, condition: Condition) -> bool:
        """The printer said how it is; whether a new roll is in."""
        before = msgspec.to_builtins(self._is)
        new = self._judge(condition)
        if new:
            self._is = _Kept(left_m=self._roll_m, ticket_m=self._is.ticket_m)
            log.info("a new roll", extra={"roll_m": self._roll_m})
        if msgspec.to_builtins(self._is) != before:
            self._keep()
        return new

    def _judge(self, condition: Condition) -> bool:
        now, trouble = self._is, condition.trouble
        if trouble is Trouble.PAPER_OUT:
            now.was_out, now.left_m = True, 0.0
            return False
        if trouble is Trouble.COVER_OPEN:
            now.was_open = True
            return False
        if trouble is not None:  # offline or silent: its sensors say nothing
            return False
        was_open, now.was_open = now.was_open, False
        if now.was_out:
            return True
        if not self._sensor:
            return was_open and now.left_m < LAST_PART * self._roll_m
        if condition.paper_low:
            now.was_near, now.clear = True, 0
            now.left_m = min(now.left_m, self._near_end_m)
            return False
        if now.was_near:
            now.clear += 1
            return now.clear > 1
        now.left_m = max(now.left_m, self._near_end_m)
        return False

    def _keep(self) -> None:
        try:
            self._card.put(_KEY, self._is)
        except Fault as error:
            log.error("roll not kept", extra={"code": error.code})
