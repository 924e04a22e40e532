"""What an exported day looks like: a gzip file of JSON lines, and the list of such files beside them.

The first line says what the file is (:class:`DayFile`); every other line is one fact with its columns, its hash and, as ``body``, the very bytes
that were told, so that the chain can be walked through the file alone. The same day gives the same file, byte for byte.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hall.errors import Fault
from hall.files import write_whole
from hall.text import Text
from hub.store.chain import Link

FORMAT = "hallfleet day 1"
LIST = "archive.json"


class DayFile(msgspec.Struct, frozen=True, kw_only=True):
    """First line of a file: what it holds, and between which hashes of the chain."""

    format: str
    hall: str
    day: str
    first: int
    last: int
    before: str
    hash: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One file in the list beside them."""

    file: str
    day: str
    first: int
    last: int
    before: str
    hash: str
    sha256: str
    bytes: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One fact in a file."""

    n: int
    at: str
    day: str | None
    type: str
    cause: str
    ask: str | None
    member: str
    actor: str | None
    hash: str
    body: msgspec.Raw

    @property
    def link(self) -> Link:
        """What of it is hashed."""
        return Link(
            n=self.n,
            at=self.at,
            day=self.day,
            type=self.type,
            cause=self.cause,
            ask=self.ask,
            member=self.member,
            actor=self.actor,
            body=bytes(self.body),
        )


def day_line(link: Link, hash_: bytes) -> bytes:
    """The line of one fact."""
    n, at, day, kind, cause, ask, member, actor, body = link
    line = Line(
        n=n,
        at=at,
        day=day,
        type=kind,
        cause=cause,
        ask=ask,
        member=member,
        actor=actor,
        hash=hash_.hex(),
        body=msgspec.Raw(body),
    )
    return msgspec.json.encode(line) + b"\n"


def put_on_list(folder: Path, listed: Listed) -> None:
    """Add a file to the list beside it, or replace what the list said of it."""
    others = [other for other in list_of(folder) if other.file != listed.file]
    rows = sorted([*others, listed], key=lambda one: one.first)
    write_whole(folder / LIST, msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")


def list_of(folder: Path) -> list[Listed]:
    """The list in a folder of exported days."""
    file = folder / LIST
    if not file.exists():
        return []
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Listed])
    except msgspec.DecodeError as error:
        raise unusable(file, f"is not a list of exported days: {error}", "不是导出清单") from error


def header(file: Path) -> DayFile:
    """What a file says it is."""
    try:
        with gzip.open(file, "rb") as packed:
            head = msgspec.json.decode(packed.readline(1 << 16), type=DayFile)
    except (OSError, EOFError, msgspec.DecodeError) as error:
        raise unusable(file, f"is no exported day: {error}", "不是导出的一天") from error
    if head.format != FORMAT:
        raise unusable(file, f"has format {head.format!r}, this program reads {FORMAT!r}", "格式不同")
    return head


def facts_in(file: Path) -> Iterator[Line]:
    """Every fact of a file, checked against the chain as it is read; ``Fault`` at the first that is not what was recorded."""
    head = header(file)
    n, before = head.first - 1, bytes.fromhex(head.before)
    try:
        with gzip.open(file, "rb") as packed:
            packed.readline()
            for raw in packed:
                line = msgspec.json.decode(raw, type=Line)
                before = line.link.after(before)
                if line.n != n + 1 or line.hash != before.hex():
                    raise unusable(
                        file,
                        f"fact {line.n} is not what was recorded",
                        f"第 {line.n} 条与记录时不同",
                    )
                n = line.n
                yield line
    except (OSError, EOFError, msgspec.DecodeError) as error:
        raise unusable(file, f"cannot be read: {error}", "无法读取") from error
    if (n, before.hex()) != (head.last, head.hash):
        raise unusable(file, f"ends at fact {n}, not {head.last}", f"只到第 {n} 条，应到第 {head.last} 条")


def unusable(file: Path, en: str, zh: str) -> Fault:
    """A file that cannot be used, and why."""
    return Fault("archive-unusable", Text(zh=f"{os.fspath(file)}：{zh}", en=f"{os.fspath(file)} {en}"))
