"""A report in a process of its own: the pages' loop goes on, and whoever asked may end it.

It reads a :class:`Job` as JSON from stdin and writes a :class:`Said` a line: how far it is, then what was asked for, or why not. The machine's
other work comes first.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime

import msgspec

from hall.errors import HallError
from hall.text import Text
from hub.console.reports.figures import Report
from hub.console.reports.make import Asked, make, rated
from hub.console.reports.sheet import Speech

#: How often progress is told, seconds.
EACH_S = 0.2
#: Everybody else's work comes first.
NICENESS = 19


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a worker: a report, or every rating as the province counts them."""

    asked: Asked
    ratings: bool = False
    speech: Speech = Speech.ZH
    #: the items' codes, and [ticket, step, reason codes]
    matters: dict[str, str] = {}
    reasons: tuple[tuple[str, int, tuple[str, ...]], ...] = ()


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a worker: days counted of days, or the end."""

    done: int = 0
    of: int = 0
    report: Report | None = None
    csv: str | None = None
    refused: Text | None = None


class _Mouth:
    """Tells how far it is, now and then."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now >= self._next or done == of:
            self._next = now + EACH_S
            _say(Said(done=done, of=of))


def _say(line: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def main() -> int:
    """One report; the exit code."""
    os.nice(NICENESS)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    asked, tell = job.asked, _Mouth()
    try:
        if job.ratings:
            codes = {(ticket, step): reasons for ticket, step, reasons in job.reasons}
            lines = rated(asked, job.matters, codes, job.speech, tell)
            _say(Said(csv="".join(lines)))
        else:
            _say(Said(report=make(asked, now=datetime.now(asked.zone or UTC), tell=tell)))
    except HallError as error:
        _say(Said(refused=error.text))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
