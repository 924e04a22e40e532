"""Old days as files: one ``<day>.<first>-<last>.jsonl.gz`` a day, a list of them with their hashes beside it, and the way back.

Rules:

* Only days that are over are exported, and only the oldest day in the journal is removed, after its file was read again and its read models were
  drawn. The journal keeps where it hangs on: :mod:`hub.store.verify` walks over the gap.
* A day comes back only where it joins what is there: before the first fact, or after the last.
"""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from hall.errors import Fault
from hall.files import rename, synced
from hall.text import Text
from hub.store import tables as t
from hub.store.chain import Head, Link
from hub.store.dayfile import FORMAT, DayFile, Listed, day_line, facts_in, header, put_on_list, unusable
from hub.store.files import digest
from hub.store.journal import Journal, base_in, head_in

_PAGE = 1000
# Put in order below: asked for in the order of n, SQLite walks through all facts instead of the openings' own index.
_OPENINGS = select(t.facts.c.n, t.facts.c.day).where(text("type = 'DayOpened'"))
_ROWS = (
    select(*(t.facts.c[name] for name in Link._fields), t.facts.c.hash)
    .where(t.facts.c.n >= bindparam("first"), t.facts.c.n <= bindparam("last"))
    .order_by(t.facts.c.n)
    .limit(_PAGE)
)


class Span(NamedTuple):
    """A day's facts in the journal, both ends included."""

    day: str
    first: int
    last: int

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.day}.{self.first}-{self.last}.jsonl.gz"


def days_over(connection: Connection) -> list[Span]:
    """The days in the journal that are over, oldest first; facts from before the first opening belong to its day."""
    openings = sorted(connection.execute(_OPENINGS).all())
    spans: list[Span] = []
    first = base_in(connection).n + 1
    for this, following in itertools.pairwise(openings):
        if this.day == following.day:
            continue  # opened twice on one date: one day
        spans.append(Span(this.day, first, following.n - 1))
        first = following.n
    return spans


def export(journal: Journal, span: Span, folder: Path, hall: str) -> Generator[int, None, Listed]:
    """Write a day's file, read it again, and put it down in both lists. A piece at a time: gives how many facts are written."""
    folder.mkdir(parents=True, exist_ok=True)
    target, partial = folder / span.file, folder / (span.file + ".partial")
    with journal.transaction() as connection:
        before = _before(connection, span)
        end = connection.execute(select(t.facts.c.hash).where(t.facts.c.n == span.last)).scalar_one()
    head = DayFile(
        format=FORMAT,
        hall=hall,
        day=span.day,
        first=span.first,
        last=span.last,
        before=before.hash.hex(),
        hash=end.hex(),
    )
    # No name and no time in it: the same day is the same file.
    with partial.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
        packed.write(msgspec.json.encode(head) + b"\n")
        n = span.first
        while n <= span.last:
            with journal.transaction() as connection:
                rows = connection.execute(_ROWS, {"first": n, "last": span.last}).all()
            if not rows:
                break
            packed.writelines(day_line(Link(*row[:-1]), row.hash) for row in rows)
            n = rows[-1].n + 1
            yield n - span.first
    synced(partial)
    for _ in facts_in(partial):
        pass
    listed = Listed(
        file=span.file,
        **{name: getattr(head, name) for name in ("day", "first", "last", "before", "hash")},
        sha256=digest(partial),
        bytes=partial.stat().st_size,
    )
    rename(partial, target)
    put_on_list(folder, listed)
    with journal.transaction() as connection:
        _put_down(connection, listed)
    return listed


def _before(connection: Connection, span: Span) -> Head:
    row = connection.execute(select(t.facts.c.hash).where(t.facts.c.n == span.first - 1)).scalar()
    return base_in(connection) if row is None else Head(span.first - 1, row)


def _put_down(connection: Connection, listed: Listed, removed_at: str | None = None) -> None:
    connection.execute(delete(t.archives).where(t.archives.c.first_n == listed.first))
    connection.execute(
        insert(t.archives),
        {
            "first_n": listed.first,
            "last_n": listed.last,
            "day": listed.day,
            "before": bytes.fromhex(listed.before),
            "hash": bytes.fromhex(listed.hash),
            "file": listed.file,
            "sha256": listed.sha256,
            "exported_at": datetime.now().astimezone().isoformat(),
            "removed_at": removed_at,
        },
    )


def remove(journal: Journal, span: Span) -> None:
    """Take an exported day out of the journal; its rows in the read models stay. ``Fault`` when that would lose something."""
    with journal.transaction() as connection:
        row = connection.execute(select(t.archives).where(t.archives.c.first_n == span.first)).first()
        drawn = int(Journal.get_in(connection, "projected") or 0)
        if row is None or row.last_n != span.last:
            raise _refuse(span, "尚未导出", "was not exported")
        if base_in(connection).n + 1 != span.first or span not in days_over(connection):
            raise _refuse(
                span, "不是最早的一天，或尚未结束", "is not the oldest day in the journal, or not over"
            )
        if drawn < span.last:
            raise _refuse(
                span,
                "统计尚未更新到这一天，请等叫号主机更新，或运行 hall journal rebuild",
                "is not drawn into the read models yet (the hub does that, or `hall journal rebuild`)",
            )
        mine = select(t.tickets.c.ticket).where(t.tickets.c.day == span.day)
        connection.execute(delete(t.prints).where(t.prints.c.ticket.in_(mine), text("settled = 1")))
        connection.execute(delete(t.facts).where(t.facts.c.n <= span.last))
        connection.execute(
            update(t.archives)
            .where(t.archives.c.first_n == span.first)
            .values(removed_at=datetime.now().astimezone().isoformat())
        )


def bring_back(journal: Journal, file: Path) -> DayFile:
    """Put a day back where it joins; all of it or nothing."""
    head = header(file)
    with journal.transaction() as connection:
        known = connection.execute(select(t.archives).where(t.archives.c.first_n == head.first)).first()
        if known is not None and known.sha256 and known.sha256 != digest(file):
            raise unusable(file, "is not the file that was written for this day", "不是当时导出的文件")
        facts = connection.execute(select(func.count()).select_from(t.facts)).scalar_one()
        first, last = base_in(connection), head_in(connection)
        before, end = (
            Head(head.first - 1, bytes.fromhex(head.before)),
            Head(head.last, bytes.fromhex(head.hash)),
        )
        if not facts and known is None:
            _begin_after(connection, before)
        elif first == end:
            connection.execute(delete(t.archives).where(t.archives.c.last_n == end.n))
            if known is None:
                _begin_after(connection, before)
        elif last != before:
            raise unusable(
                file,
                f"does not join: it holds facts {head.first} to {head.last}, here are {first.n + 1} to {last.n}",
                f"与现有记录不相连：文件为第 {head.first} 至 {head.last} 条，现有第 {first.n + 1} 至 {last.n} 条",
            )
        rows = [{**line.link._asdict(), "hash": bytes.fromhex(line.hash)} for line in facts_in(file)]
        connection.execute(insert(t.facts), rows)
        listed = Listed(
            file=file.name,
            sha256=digest(file),
            bytes=file.stat().st_size,
            **{name: getattr(head, name) for name in ("day", "first", "last", "before", "hash")},
        )
        _put_down(connection, listed)
    return head


def _begin_after(connection: Connection, before: Head) -> None:
    """What stands before the first fact here is elsewhere."""
    if before.n:
        elsewhere = Listed(
            file="",
            day="",
            first=1,
            last=before.n,
            before="00" * 32,
            hash=before.hash.hex(),
            sha256="",
            bytes=0,
        )
        _put_down(connection, elsewhere, removed_at=datetime.now().astimezone().isoformat())


def _refuse(span: Span, zh: str, en: str) -> Fault:
    return Fault("archive-refused", Text(zh=f"{span.day} {zh}，保留不动", en=f"{span.day} {en}: it stays"))
