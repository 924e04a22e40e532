"""The journal's last hash at each day's close, noted beside the store: what was cut off the journal's end later is missed by it.

One JSON object a line. The file is worth as much as it is out of reach of whoever can write the store: copy it elsewhere, or write the
line down on paper.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path

import msgspec

from hall.errors import Fault
from hall.text import Text
from hub.store.chain import Head

log = logging.getLogger(__name__)


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """One line: at the close of `day` the journal ended with fact `n`."""

    day: str
    n: int
    hash: str
    at: datetime

    @property
    def head(self) -> Head:
        """What the journal must still say about fact `n`."""
        return Head(self.n, bytes.fromhex(self.hash))


class Heads:
    """The file of one store."""

    def __init__(self, file: Path | None) -> None:
        """None notes nothing."""
        self.file = file
        noted = self._lines()
        self._last = noted[-1].n if noted else 0

    def note(self, day: str, head: Head, at: datetime) -> None:
        """Add a line, once; durable when this returns. A disk that does not take it costs a log line, not the day."""
        if self.file is None or self._last == head.n:
            return
        line = msgspec.json.encode(Noted(day=day, n=head.n, hash=head.hash.hex(), at=at)) + b"\n"
        try:
            with self.file.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            log.error("the day's head is not noted: %s", error)
            return
        self._last = head.n
        log.info("day closed", extra={"day": day, "head": str(head)})

    def read(self) -> list[Noted]:
        """Every line, oldest first; none where there is no file. ``Fault`` when it is not what we wrote."""
        if self.file is None or not self.file.exists():
            return []
        try:
            return [_read(line) for line in self.file.read_bytes().splitlines() if line.strip()]
        except (msgspec.DecodeError, ValueError) as error:
            raise Fault(
                "heads-unreadable",
                Text(zh=f"{self.file} 无法读取", en=f"{self.file} is not a list of noted heads: {error}"),
            ) from error

    def _lines(self) -> list[Noted]:
        try:
            return self.read()
        except (Fault, OSError) as error:
            log.error("%s", error)
            return []


def _read(line: bytes) -> Noted:
    noted: Noted = msgspec.json.decode(line, type=Noted)
    bytes.fromhex(noted.hash)
    return noted


def heads_file(store: Path | None, otherwise: Path | None = None) -> Path | None:
    """Beside an SQLite store; `otherwise` for a store without a file."""
    return store.with_name(store.name + ".heads") if store is not None else otherwise
