"""Looking into a store without changing it, also while its hub runs: one moment's view, for as long as it is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from hall.errors import Fault
from hall.text import Text
from hub.store.engine import connect_store, schema_of, store_file
from hub.store.faults import store_fault
from hub.store.tables import SCHEMA


@contextmanager
def looking(where: str) -> Iterator[Connection]:
    """A connection that sees the store as it is now and may not write. ``Fault``: nothing there, or not of today's schema."""
    engine = connect_existing(where)
    try:
        known(schema_of(engine), where)
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only=ON")
                connection.commit()
            else:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection
    except SQLAlchemyError as error:
        raise store_fault(error) from error
    finally:
        engine.dispose()


def connect_existing(where: str) -> Engine:
    """An engine for a store that is there; nothing is made. Else ``Fault``."""
    file = store_file(where)
    if file is not None and not file.is_file():
        raise Fault("store-missing", Text(zh=f"没有存储 {file}", en=f"there is no store {file}"))
    return connect_store(where)


def known(schema: str | None, where: str) -> None:
    """Whether this program can read a store of this schema; else ``Fault``."""
    if schema is None:
        raise Fault("store-missing", Text(zh="这里没有存储", en=f"there is no store in {where}"))
    if schema > SCHEMA:
        raise Fault(
            "store-unknown",
            Text(
                zh=f"存储的版本 {schema} 比本程序新，请更新程序",
                en=f"the store has schema {schema}, this program knows {SCHEMA}: update the program",
            ),
        )
    if schema != SCHEMA:
        raise Fault(
            "store-old",
            Text(
                zh=f"存储的版本是 {schema}，请先启动一次叫号主机，它会更新到 {SCHEMA}",
                en=f"the store has schema {schema}: start its hub once, that brings it to {SCHEMA}",
            ),
        )
