"""A report in a process of its own: the pages' loop goes on, and whoever asked may end it.

It reads an :class:`hub.console.reports.make.Asked` as JSON from stdin and writes lines of JSON: ``{"done": 3, "of": 365}`` as days are counted, then
``{"report": …}`` or ``{"refused": {"zh": …, "en": …}}``. The machine's other work comes first.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from hall.errors import HallError
from hub.console.reports.make import Asked, make

#: How often progress is told, seconds.
EACH_S = 0.2
#: Everybody else's work comes first.
NICENESS = 19


class _Mouth:
    """Tells how far it is, now and then."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now >= self._next or done == of:
            self._next = now + EACH_S
            _say({"done": done, "of": of})


def _say(line: Any) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def main() -> int:
    """One report; the exit code."""
    os.nice(NICENESS)
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    try:
        _say({"report": make(asked, now=datetime.now(asked.zone or UTC), tell=_Mouth())})
    except HallError as error:
        _say({"refused": error.text})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
