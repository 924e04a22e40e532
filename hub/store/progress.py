"""Long work says how far it is: to a person at a terminal, once a second; to a log, once in a while."""

from __future__ import annotations

import sys
import time


class Progress:
    """One piece of work."""

    def __init__(self, what: str) -> None:
        """`what` is being done."""
        self._what = what
        self._terminal = sys.stderr.isatty()
        self._each_s = 1.0 if self._terminal else 30.0
        self._next = time.monotonic() + self._each_s

    def __call__(self, how_far: object) -> None:
        """So far; said only when the last time is long ago."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._each_s
            said = f"{how_far:,}" if isinstance(how_far, int) else str(how_far)
            print(f"{self._what}: {said}", file=sys.stderr, flush=True)
