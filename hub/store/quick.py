"""The store's busiest statements, run on the database's driver itself.

Rules:

* A statement is written once, in SQLAlchemy, whatever the database is; it is compiled once for each connection and then runs past
  SQLAlchemy, which does more around an execution than SQLite does in it.
* Values are what every driver takes as it is: text, numbers, bytes and None.
* The driver's errors come out as SQLAlchemy's, so that nobody else needs to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


class _Text(NamedTuple):
    """A statement as one driver takes it."""

    text: str
    #: where the driver counts values: their order
    order: Sequence[str] | None
    #: values that the statement brings itself
    own: Mapping[str, Any]

    def values(self, given: Mapping[str, Any]) -> Any:
        """What goes to the driver for these values."""
        named = {**given, **self.own} if self.own else given
        return named if self.order is None else [named[name] for name in self.order]


class Quick:
    """One connection's driver. Nobody may use the connection in between the steps of :meth:`transaction`."""

    def __init__(self, connection: Connection) -> None:
        """`connection` stays its owner's, who closes it."""
        self._dialect = connection.dialect
        driver: Any = connection.connection.dbapi_connection
        self._driver, self._cursor = driver, driver.cursor()
        # our SQLite connections begin nothing by themselves, other drivers everything
        self._begins = self._dialect.name != "sqlite"
        self._texts: dict[Any, _Text] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what runs inside, durable at the end, or nothing of it."""
        try:
            if not self._begins:
                self._call(self._cursor.execute, "BEGIN")
            yield
            self._call(self._driver.commit)
        except BaseException:
            with suppress(self._errors):
                self._driver.rollback()
            raise

    def write(self, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run `statement` for each of `rows`, which all have the same names."""
        if not rows:
            return
        ready = self._ready(statement, rows[0])
        if len(rows) == 1:
            self._call(self._cursor.execute, ready.text, ready.values(rows[0]))
        else:
            self._call(self._cursor.executemany, ready.text, [ready.values(row) for row in rows])

    def read(self, statement: Any, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a question."""
        ready = self._ready(statement, values)
        self._call(self._cursor.execute, ready.text, ready.values(values))
        found: list[tuple[Any, ...]] = self._call(self._cursor.fetchall)
        return found

    def _ready(self, statement: Any, values: Mapping[str, Any]) -> _Text:
        known = self._texts.get(statement)
        if known is None:
            compiled = statement.compile(dialect=self._dialect, column_keys=list(values))
            own = {name: value for name, value in compiled.params.items() if name not in values}
            known = self._texts[statement] = _Text(str(compiled), compiled.positiontup, own)
        return known

    @property
    def _errors(self) -> type[Exception]:
        errors: type[Exception] = self._dialect.loaded_dbapi.Error
        return errors

    def _call(self, call: Any, *values: Any) -> Any:
        try:
            return call(*values)
        except self._errors as error:
            lost = self._dialect.is_disconnect(error, self._driver, self._cursor)  # type: ignore[arg-type]
            raise DBAPIError.instance(
                None, None, error, self._errors, connection_invalidated=lost, dialect=self._dialect
            ) from error
