"""A backup becomes the store again.

Rules:

* Only while no hub works with the store, and only over an empty one; with `force` the old store is kept beside the new one.
* The backup is checked before anything is touched, and the store changes in one step: a restore that was cut off was nothing.
* Members judge the hub by its epoch, so that a restored store begins far above whatever was told since the backup.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from hall.errors import Fault
from hall.files import synced
from hall.text import Text
from hub.store import tables as t
from hub.store.backup import Described, Say, damaged, description, opened, sound
from hub.store.claim import Claim
from hub.store.engine import connect_store, open_store, store_file
from hub.store.faults import store_fault
from hub.store.files import digest, need_room
from hub.store.heads import heads_file
from hub.store.journal import Journal, head_in, keep

#: Far more starts of a hub than happen between two backups.
EPOCHS = 1000
_ROWS = 2000


def check_backup(file: Path) -> Described | None:
    """Its description, if it is what was written; None for a file without one. ``Fault`` when it is damaged or missing."""
    if not file.is_file():
        raise Fault("backup-missing", Text(zh=f"没有备份 {file}", en=f"there is no backup {file}"))
    described: Described | None = None
    if description(file).exists():
        try:
            described = msgspec.json.decode(description(file).read_bytes(), type=Described)
        except msgspec.DecodeError as error:
            raise damaged(file, f"its description cannot be read: {error}") from error
        if digest(file) != described.sha256:
            raise damaged(file, "it is not the file that was written")
    with opened(file) as connection:
        sound(connection, file)
        if not inspect(connection).has_table("facts"):
            raise damaged(file, "there is no journal in it")
    return described


def restore(file: Path, where: str, *, force: bool, say: Say = lambda _line: None) -> str | None:
    """Put the backup in the place of the store at `where`; where the old store is now, None if there was none."""
    check_backup(file)
    store = store_file(where)
    say("the backup is sound")
    try:
        if store is not None:
            return _over_file(file, store, force=force)
        return _over_server(file, where, force=force, say=say)
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise store_fault(error) from error


def _there(name: str) -> Fault:
    return Fault(
        "store-there",
        Text(
            zh=f"{name} 里已有记录；如要替换请加 --force，原有内容会保留在旁边",
            en=f"there is a store in {name} already; --force puts the backup in its place and keeps the old one beside it",
        ),
    )


def _stamp() -> str:
    return f"{datetime.now().astimezone():%Y%m%d_%H%M%S_%f}"


def _prepared(file: Path, at: Path) -> None:
    """A copy of the backup that is ready to be the store: today's schema, an epoch of its own."""
    shutil.copyfile(file, at)
    journal = Journal(open_store(str(at)))
    try:
        journal.put("epoch", str(int(journal.get("epoch") or 0) + EPOCHS))
    finally:
        journal.close()
        (at.with_name(at.name + ".lock")).unlink(missing_ok=True)
        (at.with_name(at.name + ".reserve")).unlink(missing_ok=True)
    synced(at)


def _over_file(file: Path, store: Path, *, force: bool) -> str | None:
    store.parent.mkdir(parents=True, exist_ok=True)
    need_room(store.parent, file.stat().st_size * 2)
    engine = connect_store(str(store))
    claim = Claim(engine)
    coming = store.with_name(store.name + ".restoring")
    try:
        claim.take(None)
        if store.exists():
            with engine.connect() as connection:
                holds = _holds(connection)
            engine.dispose()
            if holds and not force:
                raise _there(str(store))
        _prepared(file, coming)
        old = _keep_beside(store)
        coming.replace(store)
        synced(store.parent)
        return old
    finally:
        engine.dispose()
        claim.release()
        for name in (coming.name, coming.name + "-wal", coming.name + "-shm"):
            coming.with_name(name).unlink(missing_ok=True)


def _keep_beside(store: Path) -> str | None:
    """The old store gets a second name, so that there is a store at every moment; its noted heads go with it."""
    if not store.exists():
        return None
    with closing(sqlite3.connect(store, isolation_level=None)) as last:
        last.execute("PRAGMA journal_mode=DELETE").fetchone()
    old = store.with_name(f"{store.name}.before-{_stamp()}")
    os.link(store, old)
    heads = heads_file(store)
    if heads is not None and heads.exists():
        heads.replace(old.with_name(old.name + ".heads"))
    return str(old)


def _holds(connection: Connection) -> bool:
    """Whether somebody would miss what is here."""
    if not inspect(connection).has_table("facts"):
        return False
    return bool(connection.execute(select(func.count()).select_from(t.facts)).scalar_one())


def _over_server(file: Path, where: str, *, force: bool, say: Say) -> str | None:
    coming = file.with_name(f".{file.name}.{os.getpid()}.restoring")
    need_room(file.parent, file.stat().st_size)
    engine = connect_store(where)
    old = None
    try:
        _prepared(file, coming)
        with engine.connect() as connection, opened(coming) as copy:
            Claim(engine).take(connection)
            connection.rollback()
            with connection.begin():
                holds = _holds(connection)
                if holds and not force:
                    raise _there(engine.url.render_as_string())
                old = _move_away(connection, keep_it=holds)
                t.metadata.create_all(connection)
                for table in t.metadata.sorted_tables:
                    rows = copy.execution_options(yield_per=_ROWS).execute(select(table)).mappings()
                    for part in rows.partitions():
                        connection.execute(insert(table), [dict(row) for row in part])
                    say(f"{table.name} is back")
                keep(
                    connection,
                    "restored",
                    f"{datetime.now().astimezone().isoformat()} {head_in(connection)}"[:200],
                )
        return old
    finally:
        engine.dispose()
        for name in (coming.name, coming.name + "-wal", coming.name + "-shm"):
            coming.with_name(name).unlink(missing_ok=True)


def _move_away(connection: Connection, *, keep_it: bool) -> str | None:
    """The old tables move into a schema of their own; an empty store's are dropped."""
    here = set(inspect(connection).get_table_names()) & {*t.metadata.tables, "alembic_version"}
    if not here:
        return None
    schema = f"before_{_stamp()}"
    if keep_it:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    for table in sorted(here):
        connection.exec_driver_sql(
            f"ALTER TABLE {table} SET SCHEMA {schema}" if keep_it else f"DROP TABLE {table}"
        )
    return f"schema {schema}" if keep_it else None
