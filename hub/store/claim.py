"""Who may write the store: one at a time. Two hubs on one store would each remember half of the day.

On SQLite it is a lock on a small file beside the store, on PostgreSQL an advisory lock of the session that writes. Both are gone with
the process, however it ended.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hall.errors import Fault
from hall.text import Text
from hub.store.engine import store_file
from hub.store.faults import store_fault

TAKEN = Text(
    zh="另一台叫号主机或维护命令正在使用此存储，请先停止它",
    en="another hub, or a command that changes the store, works with this store: stop it first",
)
#: Any number that is ours ("HALL"), and the schema the tables are in: one server may keep several halls.
_LOCK = "SELECT pg_advisory_lock(1212238924, hashtext(current_schema()))"
_NOT_IN_TIME = "55P03"


class Claim:
    """The right to write one store."""

    def __init__(self, engine: Engine) -> None:
        """Not taken yet."""
        store = store_file(engine.url)
        self._file: Path | None = None if store is None else store.with_name(store.name + ".lock")
        self._descriptor: int | None = None
        self._by_session = engine.dialect.name == "postgresql"

    def take(self, connection: Connection | None) -> None:
        """Take it for this process, or for this session where the server keeps count; ``Fault`` ``store-taken``. A file needs none."""
        if self._by_session:
            assert connection is not None
            self._ask_server(connection)
        elif self._file is not None and self._descriptor is None:
            self._lock(self._file)

    def release(self) -> None:
        """Give a file's lock back; a session's ends with its connection. May be called twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _lock(self, file: Path) -> None:
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise store_fault(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise Fault("store-taken", TAKEN) from error
        self._descriptor = descriptor

    @staticmethod
    def _ask_server(connection: Connection) -> None:
        """The session's ``lock_timeout`` is how long we wait: a session just closed may take a moment to be gone."""
        try:
            with connection.begin():
                connection.exec_driver_sql(_LOCK)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _NOT_IN_TIME:
                raise Fault("store-taken", TAKEN) from error
            raise store_fault(error) from error
        except SQLAlchemyError as error:
            raise store_fault(error) from error
