"""A copy of the whole store as it is at one moment, made while its hub works.

Rules:

* A backup is one SQLite file of today's schema, whatever the store is on, and a small description beside it. So a store can be moved from a file to a
  server and back.
* It gets its name only after it was read again: the file's own integrity, as many rows as were read, every fact of the chain.
* What was there before stays until the new one is good; then only the newest generations are kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection, create_engine, func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from hall.errors import Fault
from hall.files import rename, synced, write_whole
from hall.text import Text
from hub.store import tables as t
from hub.store.engine import store_file
from hub.store.faults import store_fault
from hub.store.files import digest, need_room
from hub.store.look import looking
from hub.store.verify import verify

#: pages copied between two looks at how far it is
_PAGES = 2000
_ROWS = 2000

Say = Callable[[str], None]


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What lies beside a backup: ``<name>.json``."""

    hall: str
    made_at: datetime
    #: of the store it was made of
    engine: str
    schema: str
    #: ``n:hash`` of the last fact in it
    head: str
    rows: dict[str, int]
    bytes: int
    sha256: str


def backup(where: str, folder: Path, *, hall: str, keep: int, say: Say = lambda _line: None) -> Path:
    """Back up the store at `where` into `folder`, keep the newest `keep` of that folder; the new file. ``Fault`` else, and nothing changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("hub-*.partial*"):
        left.unlink()
    now = datetime.now().astimezone()
    target = folder / f"hub-{now:%Y%m%dT%H%M%S-%f}.db"
    partial = target.with_name(target.name + ".partial")
    try:
        with looking(where) as connection:
            need_room(folder, _size(connection))
            rows = _counts(connection) if connection.dialect.name != "sqlite" else None
            if connection.dialect.name == "sqlite":
                _copy_file(Path(str(store_file(where))), partial, say)
            else:
                _copy_rows(connection, partial, say)
            engine = connection.dialect.name
        synced(partial)
        described = _check(partial, rows, hall=hall, engine=engine, made_at=now, say=say)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    write_whole(description(target), msgspec.json.format(msgspec.json.encode(described), indent=1) + b"\n")
    rename(partial, target)
    _forget(folder, keep)
    return target


def description(file: Path) -> Path:
    """The description of a backup."""
    return file.with_name(file.name + ".json")


def _size(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
    return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


def _counts(connection: Connection) -> dict[str, int]:
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in t.metadata.sorted_tables
    }


def _copy_file(store: Path, partial: Path, say: Say) -> None:
    """SQLite's own online backup, out of one moment's view: what the hub commits meanwhile starts it over without one."""
    try:
        with (
            closing(sqlite3.connect(store, isolation_level=None)) as source,
            closing(sqlite3.connect(partial, isolation_level=None)) as copy,
        ):
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM meta").fetchone()
            source.backup(
                copy,
                pages=_PAGES,
                progress=lambda _status, left, total: say(
                    f"copied {100 * (total - left) // max(total, 1)} %"
                ),
            )
            source.execute("ROLLBACK")
            copy.execute("PRAGMA journal_mode=DELETE").close()
    except sqlite3.Error as error:
        raise store_fault(error) from error


def _copy_rows(connection: Connection, partial: Path, say: Say) -> None:
    """Every table of a server's store into a file, out of the one moment that `connection` sees."""
    target = create_engine(f"sqlite:///{partial}", poolclass=StaticPool)
    try:
        with target.begin() as copy:
            t.metadata.create_all(copy)
            for table in t.metadata.sorted_tables:
                done = 0
                streamed = connection.execution_options(yield_per=_ROWS).execute(select(table))
                for part in streamed.mappings().partitions():
                    copy.execute(insert(table), [dict(row) for row in part])
                    done += len(part)
                    say(f"{table.name}: {done:,} rows")
    finally:
        target.dispose()


@contextmanager
def opened(file: Path) -> Iterator[Connection]:
    """A backup, read as it lies there: nothing is written, not even beside it."""
    uri = f"file:{quote(str(file.absolute()))}?immutable=1"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=StaticPool)
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise damaged(file, str(store_fault(error))) from error
    finally:
        engine.dispose()


def damaged(file: Path, why: str) -> Fault:
    """A backup that is not what was written."""
    return Fault(
        "backup-damaged", Text(zh=f"备份 {file} 已损坏，不能使用", en=f"the backup {file} is damaged: {why}")
    )


def sound(connection: Connection, file: Path) -> None:
    """``Fault`` unless SQLite finds the file whole."""
    said = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
    if said != "ok":
        raise damaged(file, str(said).splitlines()[0])


def _check(
    file: Path, rows: dict[str, int] | None, *, hall: str, engine: str, made_at: datetime, say: Say
) -> Described:
    with opened(file) as connection:
        sound(connection, file)
        found = _counts(connection)
        if rows is not None and rows != found:
            raise damaged(file, f"{found} rows, not {rows}")
        verdict = verify(connection, say=lambda n: say(f"checked {n:,} facts"))
        if verdict.wrong is not None:
            # Kept from nobody: a store that is not what it was is what one wants a copy of.
            say(f"the journal itself is not as it was recorded: {verdict.wrong.text.en}")
    return Described(
        hall=hall,
        made_at=made_at,
        engine=engine,
        schema=t.SCHEMA,
        head=verdict.head,
        rows=found,
        bytes=file.stat().st_size,
        sha256=digest(file),
    )


def _forget(folder: Path, keep: int) -> None:
    """Only the newest generations stay."""
    made = sorted(file for file in folder.glob("hub-*.db") if description(file).exists())
    for old in made[: max(0, len(made) - keep)]:
        old.unlink()
        description(old).unlink(missing_ok=True)
