"""The console's own file: created from its tables, written in short transactions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.exc import SQLAlchemyError

from hall.errors import Fault
from hall.text import Text
from hub.console.door import tables as t
from hub.store.engine import connect_store
from hub.store.faults import store_fault


class ConsoleStore:
    """People, sessions and audit. One thread at a time."""

    def __init__(self, file: Path | str) -> None:
        """`file` is created when it is not there, readable by its owner alone; ``Fault`` when it is newer than this program."""
        if isinstance(file, Path):
            file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_CLOEXEC, 0o600))
        self._engine = connect_store(str(file))
        with self.transaction() as c:
            t.metadata.create_all(c)
            found = c.execute(select(t.meta.c.value).where(t.meta.c.key == "schema")).scalar_one_or_none()
            if found is None:
                c.execute(insert(t.meta).values(key="schema", value=str(t.SCHEMA)))
            elif int(found) > t.SCHEMA:
                raise Fault(
                    "store-newer",
                    Text(
                        zh="控制台的存储由更新的程序写成，请更新本程序",
                        en="the console's store was written by a newer program; please update this one",
                    ),
                )

    def keep(self, *tables: Table) -> None:
        """A room's own tables are there from now on."""
        with self.transaction() as c:
            for table in tables:
                table.create(c, checkfirst=True)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction; the store's own errors come out as ``Fault``."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise store_fault(error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()
