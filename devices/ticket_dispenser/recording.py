"""What a printer said and when, as a file: for a fault that only one printer in one hall shows.

Rules:

* Nothing of what was printed is kept: of bytes to the printer only how many there were, and the questions among them (DLE EOT, GS r,
  GS ( H). A recording names no ticket, number, link or person and may be sent to anybody.
* One JSON line for each: ``{"s": 12.034, "asked": "100401"}``, ``{"s": 12.041, "said": "12"}``, ``{"s": 13.2, "sent": 4096}``,
  ``{"s": 14.0, "failed": "ETIMEDOUT"}``, ``{"s": 15.0, "opened": true}``; `s` are seconds since the program began.
* It ends by itself at `MOST_BYTES`; a full disk costs the recording, never a ticket.

``printer.record`` in the settings names the file. The twin plays it (:mod:`sim.twin.recorded`).
"""

from __future__ import annotations

import errno
import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from devices.ticket_dispenser.printer import Port
from hall.clock import Seconds

log = logging.getLogger(__name__)

MOST_BYTES = 4_000_000
#: everything a printer answers, as far as we ask it
QUESTIONS = re.compile(rb"\x10\x04[\x01-\x04]|\x1dr[\x01\x02]|\x1d\(H\x06\x0000....", re.DOTALL)
#: only what is this short can be a question and nothing else; a picture may hold the same bytes by chance
_LONGEST_QUESTION = 11


class Recorder:
    """The file, over all lines that are opened."""

    def __init__(self, path: Path, mono: Callable[[], Seconds] = time.monotonic) -> None:
        self._path, self._mono, self._begun = path, mono, mono()
        self._left = MOST_BYTES - (path.stat().st_size if path.exists() else 0)

    def line(self, opened: Callable[[], Port]) -> Callable[[], Port]:
        """The same line, written down."""

        def open_it() -> Port:
            try:
                port = opened()
            except OSError as error:
                self.note("failed", errno.errorcode.get(error.errno or 0, "error"))
                raise
            self.note("opened", value=True)
            return _Recorded(port, self)

        return open_it

    def note(self, what: str, value: Any) -> None:
        """One thing that happened now."""
        if self._left <= 0:
            return
        row = msgspec.json.encode({"s": round(self._mono() - self._begun, 4), what: value}) + b"\n"
        self._left -= len(row)
        try:
            with self._path.open("ab") as file:
                file.write(row)
        except OSError as error:
            self._left = 0
            log.warning("recording ended", extra={"path": str(self._path), "why": str(error)})


class _Recorded:
    """A port whose answers are written down."""

    def __init__(self, port: Port, recorder: Recorder) -> None:
        self._port, self._recorder = port, recorder

    def write(self, data: bytes) -> None:
        """See :class:`Port`."""
        if len(data) <= _LONGEST_QUESTION and QUESTIONS.fullmatch(data):
            self._recorder.note("asked", data.hex())
        else:
            self._recorder.note("sent", len(data))
        try:
            self._port.write(data)
        except OSError as error:
            self._recorder.note("failed", errno.errorcode.get(error.errno or 0, "error"))
            raise

    def read(self, n: int, timeout_s: Seconds) -> bytes:
        """See :class:`Port`."""
        try:
            data = self._port.read(n, timeout_s)
        except OSError as error:
            self._recorder.note("failed", errno.errorcode.get(error.errno or 0, "error"))
            raise
        if data:
            self._recorder.note("said", data.hex())
        return data

    def close(self) -> None:
        """See :class:`Port`."""
        self._port.close()
