"""How facts become rows of who sat where, and who had stepped away.

Rules:

* A seat lasts from sitting down to leaving, and a pause from stepping away to coming back, or to leaving. A change of shift ends one seat
  and begins another.
* The day ends every seat and pause. Who sits there when the next one opens begins anew with it; sitting in a hall that is closed is not
  remembered.
* Somebody who sits down at a window has left the one before.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from hall.messages import facts as f
from hub.store import tables as t

Row = dict[str, Any]

_TABLES = (t.seats, t.pauses)
_DRAWN = f.DayOpened | f.DayClosed | f.WindowOpened | f.WindowClosed | f.WindowPaused | f.WindowResumed


class Seating:
    """Draws the window facts of a slice; nothing is read before one comes."""

    def __init__(self, connection: Connection) -> None:
        """Rows are written by :meth:`write`."""
        self._connection = connection
        #: what has begun and not ended, by window; None: not read yet
        self._open: dict[Table, dict[int, Row]] | None = None
        self._rows: dict[Table, list[Row]] = {table: [] for table in _TABLES}

    def draw(self, fact: f.AnyFact, day: str) -> None:
        """One fact of `day`."""
        if not isinstance(fact, _DRAWN):
            return
        seats, pauses = (self._now(table) for table in _TABLES)
        match fact:
            case f.DayOpened():
                for table in _TABLES:
                    self._forget(table)
                for window, clerk, paused, _until in fact.carried.get("seats", []):
                    self._begin(t.seats, fact, day, window, clerk=clerk)
                    if paused is not None:
                        self._begin(t.pauses, fact, day, window, clerk=clerk, reason=paused)
            case f.DayClosed():
                for window in [*seats, *pauses]:
                    self._end(fact, window)
            case f.WindowOpened():
                for window in [w for w, row in seats.items() if row["clerk"] == fact.clerk]:
                    self._end(fact, window)
                self._end(fact, fact.window)
                self._begin(t.seats, fact, day, fact.window, clerk=fact.clerk)
            case f.WindowClosed():
                self._end(fact, fact.window)
            case f.WindowPaused():
                self._begin(t.pauses, fact, day, fact.window, clerk=fact.clerk, reason=fact.reason)
            case f.WindowResumed():
                self._end(fact, fact.window, (t.pauses,))

    def write(self) -> None:
        """Every row that was touched."""
        if self._open is None:
            return
        for table in _TABLES:
            self._connection.execute(delete(table).where(table.c.ended_at.is_(None)))
            if self._rows[table]:
                self._connection.execute(insert(table), self._rows[table])

    def _now(self, table: Table) -> dict[int, Row]:
        if self._open is None:
            self._open = {}
            for one in _TABLES:
                found = self._connection.execute(select(one).where(one.c.ended_at.is_(None))).mappings()
                self._rows[one] = [dict(row) for row in found]
                self._open[one] = {row["window"]: row for row in self._rows[one]}
        return self._open[table]

    def _begin(
        self, table: Table, fact: f.AnyFact, day: str, window: int, *, clerk: str, **more: str
    ) -> None:
        row = {
            "n": fact.n,
            "day": day,
            "window": window,
            "clerk": clerk,
            "began_at": fact.at.isoformat(),
            "ended_at": None,
            **more,
        }
        self._rows[table].append(row)
        self._now(table)[window] = row

    def _end(self, fact: f.AnyFact, window: int, tables: tuple[Table, ...] = _TABLES) -> None:
        for table in tables:
            row = self._now(table).pop(window, None)
            if row is not None:
                row["ended_at"] = fact.at.isoformat()

    def _forget(self, table: Table) -> None:
        self._rows[table] = [row for row in self._rows[table] if row["ended_at"] is not None]
        self._now(table).clear()
