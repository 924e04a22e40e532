"""What a code reader types, and what of it is a code. Pure: keys and moments in, codes and refusals out.

A reader is a USB keyboard: it types the characters of what it sees and then Enter. Rules:

* A code is six digits (an appointment's) or eight (a missing-papers slip's). Anything else that ends with Enter was not one, and the
  person is told so.
* Digits are places on the keyboard, not letters: a reader that is set to another country's keyboard (French ones type digits with
  shift) is read all the same. One that types with Alt and numbers, or letters, is not; the log says what to set.
* Characters of one code come within `GAP_S` of each other. What stops without an Enter is forgotten and told as unreadable once:
  half a code is nobody's.
* The same code again within `SAME_S` is the same piece of paper held too long. A key that repeats by itself types nothing.
* More than `LONGEST` characters without an Enter, or more than `MOST` unreadable ones in `MINUTE_S`, is no person: nothing is taken until
  it has been quiet for `REST_S`. How many wrong codes may be tried is the hub's to limit.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Protocol

from hall.clock import Scheduler, Seconds, Timer

log = logging.getLogger(__name__)

GAP_S: Seconds = 0.5
SAME_S: Seconds = 5.0
REST_S: Seconds = 5.0
MINUTE_S: Seconds = 60.0
MOST = 5
LONGEST = 64
CODE_LENGTHS = frozenset({6, 8})

#: Linux input codes: the row of digits and the keypad
_ROW = {2 + n: str((n + 1) % 10) for n in range(10)}
_PAD = {71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0"}
_DIGITS = _ROW | _PAD
_ENDS = frozenset({28, 96, 15})
_ALT = frozenset({56, 100})
#: shift, control, caps lock, num lock, meta: they type nothing
_SILENT = frozenset({42, 54, 29, 97, 58, 69, 125, 126}) | _ALT
#: what stands for a key that is no digit
_OTHER = "?"


class Meaning(Protocol):
    """Whoever acts on codes."""

    def on_code(self, code: str) -> None:
        """Somebody showed this code."""

    def on_no_code(self) -> None:
        """Somebody showed something else, or it was not read whole."""


class Codes:
    """Turns keys into codes."""

    def __init__(self, scheduler: Scheduler, meaning: Meaning) -> None:
        self._scheduler, self._meaning = scheduler, meaning
        self._typed = ""
        self._gap: Timer | None = None
        self._alt = False
        self._last: tuple[str, Seconds] = ("", -SAME_S)
        self._bad: deque[Seconds] = deque(maxlen=MOST + 1)
        self._deaf_until: Seconds | None = None

    def key(self, code: int, value: int) -> None:
        """A key closed (`value` 1), opened (0) or repeats (2)."""
        if code in _ALT:
            self._alt = value != 0
        if value != 1 or code in _SILENT:
            return
        now = self._scheduler.mono()
        if self._deaf_until is not None:
            if now < self._deaf_until:
                self._deaf_until = now + REST_S
                return
            self._deaf_until = None
        if code in _ENDS:
            self._end()
            return
        self._typed += _OTHER if self._alt else _DIGITS.get(code, _OTHER)
        if len(self._typed) > LONGEST:
            self._flood("types without end")
            return
        self._stop_gap()
        self._gap = self._scheduler.call_later(GAP_S, self._broke_off)

    def close(self) -> None:
        """Nothing is waited for any more."""
        self._stop_gap()

    def _end(self) -> None:
        self._stop_gap()
        typed, self._typed = self._typed, ""
        if not typed:
            return
        now = self._scheduler.mono()
        if len(typed) not in CODE_LENGTHS or _OTHER in typed:
            log.info("no code", extra={"length": len(typed), "others": typed.count(_OTHER)})
            self._unreadable()
            return
        last, at = self._last
        self._last = (typed, now)
        if typed != last or now - at > SAME_S:
            self._meaning.on_code(typed)

    def _broke_off(self) -> None:
        self._gap = None
        log.warning(
            "the reader broke off; it must end with Enter and be set to a US keyboard without Alt codes",
            extra={"length": len(self._typed)},
        )
        self._typed = ""
        self._unreadable()

    def _unreadable(self) -> None:
        now = self._scheduler.mono()
        self._bad.append(now)
        if len(self._bad) > MOST and now - self._bad[0] <= MINUTE_S:
            self._flood("reads rubbish again and again")
            return
        self._meaning.on_no_code()

    def _flood(self, why: str) -> None:
        log.warning("the reader is not listened to for a while", extra={"why": why})
        self._typed = ""
        self._stop_gap()
        self._deaf_until = self._scheduler.mono() + REST_S

    def _stop_gap(self) -> None:
        if self._gap is not None:
            self._gap.cancel()
            self._gap = None
