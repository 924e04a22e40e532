"""How the store is opened: SQLite by default, tuned so that a commit that returned survives the power plug; others by URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from hall.errors import Fault
from hall.text import Text
from hub.store.tables import SCHEMA, meta, metadata

#: How long a commit waits for somebody else's lock before it fails, milliseconds.
BUSY_MS = 1000


def open_store(where: str) -> Engine:
    """The store at `where` (a path, ``:memory:`` or an SQLAlchemy URL), created or brought to today's schema; else ``Fault``."""
    url = make_url(where if "://" in where else "sqlite://" if where == ":memory:" else f"sqlite:///{where}")
    try:
        if url.get_backend_name() == "sqlite":
            if url.database:
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            # One thread, one connection: a pool would only hand it back and forth.
            engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
            event.listen(engine, "connect", _tune)
            event.listen(engine, "begin", _begin)
        else:
            engine = create_engine(url, pool_pre_ping=True)
    except (SQLAlchemyError, OSError) as error:
        raise store_fault(error) from error
    try:
        _prepare(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise store_fault(error) from error
    except Fault:
        engine.dispose()
        raise
    return engine


def store_fault(error: Exception) -> Fault:
    """Our error for whatever the database driver said, in one line."""
    said = str(getattr(error, "orig", None) or error).splitlines()[0]
    code = (
        "store-full"
        if "full" in said
        else "store-busy"
        if "locked" in said or "busy" in said
        else "store-failed"
    )
    return Fault(code, Text(zh="叫号主机的存储暂时无法写入", en=f"the hub's store does not work: {said}"))


def _tune(connection: Any, _record: object) -> None:
    # The driver's own transactions begin too late and too weak; ours are begun below.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Any) -> None:
    if connection.get_execution_options().get("reading"):
        return  # one statement is its own transaction
    connection.exec_driver_sql("BEGIN")


def _prepare(engine: Engine) -> None:
    with engine.begin() as connection:
        if not inspect(connection).has_table("meta"):
            metadata.create_all(connection)
            connection.execute(insert(meta), {"key": "schema", "value": SCHEMA})
            return
        version = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar()
    if version is None or version > SCHEMA:
        raise Fault(
            "store-unknown",
            Text(
                zh=f"存储的版本 {version} 比本程序新，请更新程序",
                en=f"the store has schema {version}, this program knows {SCHEMA}: update the program",
            ),
        )
    if version != SCHEMA:
        # Alembic takes longer to load than a hub to start: only an old store pays for it.
        from hub.store.migrate import migrate  # noqa: PLC0415

        migrate(engine)
