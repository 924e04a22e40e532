"""How the store is opened: an SQLite file by default, or PostgreSQL by URL; so that a commit that returned survives the power plug.

No connection is pooled: the journal keeps its own, and closing one must give back whatever it held.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from hall.errors import Fault
from hall.text import Text
from hub.store.faults import store_fault
from hub.store.tables import SCHEMA, meta, metadata

#: How long a commit waits for somebody else's lock before it fails, milliseconds.
BUSY_MS = 1000
#: How long a server may take to let us in, seconds: the hub's loop waits for it.
CONNECT_S = 3

#: What a session asks of PostgreSQL, whatever the server's own settings: durable commits, short waits, and that a hub that was cut off
#: is forgotten in seconds (else its claim on the store would keep its own next life out).
_POSTGRES = {
    "synchronous_commit": "on",
    "lock_timeout": str(BUSY_MS),
    "idle_in_transaction_session_timeout": "0",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


def store_url(where: str) -> URL:
    """`where` (a path, ``:memory:`` or an SQLAlchemy URL) as a URL; PostgreSQL goes through psycopg 3. Else ``Fault``."""
    try:
        url = make_url(
            where if "://" in where else "sqlite://" if where == ":memory:" else f"sqlite:///{where}"
        )
    except ArgumentError as error:
        raise store_fault(error) from error
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    return url


def store_file(where: str | URL) -> Path | None:
    """The file of an SQLite store; None for every other."""
    url = store_url(where) if isinstance(where, str) else where
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    return Path(str(url.database))


def open_store(where: str) -> Engine:
    """The store at `where`, created or brought to today's schema; else ``Fault``."""
    engine = connect_store(where)
    try:
        _prepare(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise store_fault(error) from error
    except Fault:
        engine.dispose()
        raise
    return engine


def connect_store(where: str) -> Engine:
    """An engine for the store at `where`, whatever is in it; its errors do not repeat what was to be written, for they are logged."""
    url = store_url(where)
    try:
        if url.get_backend_name() == "sqlite":
            file = store_file(url)
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
            # One thread, one connection: a pool would only hand it back and forth.
            engine = create_engine(
                url, hide_parameters=True, poolclass=StaticPool, connect_args={"check_same_thread": False}
            )
            event.listen(engine, "connect", _tune)
            event.listen(engine, "begin", _begin)
            return engine
        asked = " ".join(f"-c {name}={value}" for name, value in _POSTGRES.items())
        return create_engine(
            url,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={
                "connect_timeout": CONNECT_S,
                "application_name": "hallfleet",
                "options": asked,
                "tcp_user_timeout": CONNECT_S * 1000,
            },
        )
    except ModuleNotFoundError as error:
        raise Fault(
            "store-driver",
            Text(
                zh="本机未安装 PostgreSQL 驱动，请安装 hallfleet[postgres]",
                en="PostgreSQL's driver is not installed here: pip install 'hallfleet[postgres]'",
            ),
        ) from error
    except (SQLAlchemyError, NoSuchModuleError, OSError) as error:
        raise store_fault(error) from error


def _tune(connection: Any, _record: object) -> None:
    # The driver's own transactions begin too late and too weak; ours are begun below.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Any) -> None:
    if connection.get_execution_options().get("reading"):
        return  # one statement is its own transaction
    connection.exec_driver_sql("BEGIN")


def schema_of(engine: Engine) -> str | None:
    """The schema the store says it has; None when it is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("meta"):
            return None
        version = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar()
    return version or "unknown"


def _prepare(engine: Engine) -> None:
    version = schema_of(engine)
    if version is None:
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(insert(meta), {"key": "schema", "value": SCHEMA})
        return
    if version > SCHEMA:
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
