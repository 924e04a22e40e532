"""One line per record on stderr: time, level, member, where, what, then ``key=value`` for what somebody will count.

Whatever stands in a record (names from the bus, a traceback, a printer's reply) stays on its line: control, direction-changing
and other unprintable characters are written as escapes, so nobody can forge a second line or paint an operator's terminal.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from contextlib import nullcontext
from datetime import datetime
from typing import TextIO

from hall.messages.common import LogLevel

#: What every record has; anything else was given as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
LONGEST = 4000
#: What a ring holds of the log.
RING_BYTES = 128 * 1024


def setup(member: str, level: LogLevel = "info", stream: TextIO | None = None) -> Ring:
    """Send this process's records to `stream` (stderr) from `level` up, and keep the last ones; called once, by the program."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter(member))
    root = logging.getLogger()
    ring = Ring(LineFormatter(member))
    root.handlers[:] = [handler, ring]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    return ring


class Ring(logging.Handler):
    """The last lines of this process's log, at most so many bytes of them, for whoever asks later."""

    def __init__(self, formatter: logging.Formatter, most_bytes: int = RING_BYTES) -> None:
        """Empty."""
        super().__init__()
        self.setFormatter(formatter)
        self._lines: deque[str] = deque()
        self._room = most_bytes

    def emit(self, record: logging.LogRecord) -> None:
        """See :class:`logging.Handler`."""
        line = self.format(record)
        self._lines.append(line)
        self._room -= len(line)
        while self._room < 0:
            self._room += len(self._lines.popleft())

    def lines(self) -> list[str]:
        """What it holds, oldest first."""
        with self.lock or nullcontext():
            return list(self._lines)


def set_level(level: LogLevel) -> None:
    """Keep this process's records from `level` up."""
    logging.getLogger().setLevel(level.upper())


class LineFormatter(logging.Formatter):
    """A record as one line."""

    def __init__(self, member: str) -> None:
        """`member` is whose log it is."""
        super().__init__()
        self._member = member

    def format(self, record: logging.LogRecord) -> str:
        """The whole line, without its newline."""
        when = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")
        parts = [when, record.levelname, self._member, record.name, _shown(record.getMessage())]
        parts += [f"{key}={_value(value)}" for key, value in vars(record).items() if key not in _OWN]
        if record.exc_info:
            parts.append(f"traceback={_value(self.formatException(record.exc_info))}")
        line = " ".join(parts)
        return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _value(value: object) -> str:
    text = _shown(str(value))
    return f'"{text}"' if not text or any(c in text for c in ' "=') else text


def _shown(text: str) -> str:
    """The text with everything unprintable escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
