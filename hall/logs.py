"""One line per record on stderr: time, level, member, where, what, then ``key=value`` for what somebody will count.

Whatever stands in a record (names from the bus, a traceback, a printer's reply) stays on its line: control, direction-changing
and other unprintable characters are written as escapes, so nobody can forge a second line or paint an operator's terminal.
"""

from __future__ import annotations

import logging
import sys
from datetime import datetime
from typing import Literal, TextIO

#: From which level on records are kept.
LogLevel = Literal["debug", "info", "warning", "error"]

#: What every record has; anything else was given as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
LONGEST = 4000


def setup(member: str, level: LogLevel = "info", stream: TextIO | None = None) -> None:
    """Send this process's records to `stream` (stderr) from `level` up; called once, by the program."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter(member))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)


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
