"""A member's small durable memory: one SQLite file on its memory card.

Rules:

* What a method has done is on the disk when it returns (WAL, synchronous=FULL).
* A file that cannot be read is moved aside and a new one is begun: a device with a broken card serves, it does not loop.
* A full or read-only disk raises :class:`Fault` with a sentence; nothing was changed, and reading goes on.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from hall.errors import Fault
from hall.troubles import fault

log = logging.getLogger(__name__)

MEMORY: Literal[":memory:"] = ":memory:"
_FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS card (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, event BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS commands (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, phase TEXT, code TEXT);
"""


class Card:
    """Keys to small JSON values, and the tables that outbox and commands keep here."""

    def __init__(self, path: Path | Literal[":memory:"]) -> None:
        """Open or begin the file at `path`; Fault `card-unusable` when neither it nor a new one can be used."""
        self._path = None if path == MEMORY else Path(path)
        #: where an unreadable file was moved, None when all was well
        self.quarantined: Path | None = None
        #: why this card is only in memory although a file was asked for (see :meth:`best`)
        self.trouble: Fault | None = None
        self._depth = 0
        try:
            self._db = self._open()
        except sqlite3.DatabaseError as error:
            if not _broken(error) or self._path is None:
                raise _fault(error) from error
            self.quarantined = self._set_aside(self._path)
            log.error("card unreadable, begun anew", extra={"why": str(error), "kept": str(self.quarantined)})
            try:
                self._db = self._open()
            except (sqlite3.Error, OSError) as again:
                raise _fault(again) from again
        except OSError as error:
            raise _fault(error) from error

    @classmethod
    def best(cls, path: Path) -> Card:
        """The card at `path`, or, when that place cannot be used, one in memory whose :attr:`trouble` says why.

        A device without a card still serves; what it reports in the meantime does not survive a restart.
        """
        try:
            return cls(path)
        except Fault as error:
            log.critical("card unusable, going on in memory", extra={"path": str(path), "why": error.text.en})
            card = cls(MEMORY)
            card.trouble = error
            return card

    def get(self, key: str, default: Any = None) -> Any:
        """The value kept under `key`, or `default`."""
        row = self.row("SELECT value FROM card WHERE key = ?", (key,))
        return default if row is None else msgspec.json.decode(row[0])

    def put(self, key: str, value: Any) -> None:
        """Keep a JSON value (numbers, strings, lists, dicts, None, message structs) under `key`."""
        data = msgspec.json.encode(value)
        self.write(
            "INSERT INTO card VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, data),
        )

    def delete(self, key: str) -> None:
        """Forget `key`; harmless when it is not there."""
        self.write("DELETE FROM card WHERE key = ?", (key,))

    @contextlib.contextmanager
    def transaction(self) -> Generator[None]:
        """Everything written inside is kept together, or (when the block raises) not at all; may be nested."""
        if self._depth:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        with _translated():
            self._db.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
            with _translated():
                self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
            raise
        finally:
            self._depth = 0

    def write(self, sql: str, values: Iterable[Any] = ()) -> int:
        """Run one changing statement, for what is kept beside the keys; gives the number of rows changed."""
        with _translated():
            return self._db.execute(sql, tuple(values)).rowcount

    def row(self, sql: str, values: Iterable[Any] = ()) -> tuple[Any, ...] | None:
        """First row of a question."""
        with _translated():
            found: tuple[Any, ...] | None = self._db.execute(sql, tuple(values)).fetchone()
        return found

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a question."""
        with _translated():
            return self._db.execute(sql, tuple(values)).fetchall()

    def close(self) -> None:
        """Give the file back; may be called twice."""
        self._db.close()

    def _open(self) -> sqlite3.Connection:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        # autocommit, so that BEGIN and COMMIT are ours; the loop is the only user, whichever thread runs it
        db = sqlite3.connect(self._path or MEMORY, timeout=2.0, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            # a short log: few megabytes on a small card, and a quick start
            db.execute("PRAGMA wal_autocheckpoint = 200")
            db.execute("PRAGMA journal_size_limit = 1048576")
            found = db.execute("PRAGMA quick_check(1)").fetchone()
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if found != ("ok",) or version > _FORMAT:
                raise sqlite3.DatabaseError(f"malformed: {found[0]}, format {version}")
            db.executescript(_TABLES)
            if version != _FORMAT:
                db.execute(f"PRAGMA user_version = {_FORMAT}")
        except BaseException:
            db.close()
            raise
        return db

    @staticmethod
    def _set_aside(path: Path) -> Path:
        """Move the file and its companions away; the new name of the file."""
        n = 1
        while (aside := path.with_name(f"{path.name}.broken-{n}")).exists():
            n += 1
        try:
            path.rename(aside)
            for tail in ("-wal", "-shm", "-journal"):
                companion = path.with_name(path.name + tail)
                if companion.exists():
                    companion.rename(aside.with_name(aside.name + tail))
        except OSError as error:
            raise _fault(error) from error
        return aside


def _broken(error: sqlite3.DatabaseError) -> bool:
    """Whether the file's content is the trouble, and not the disk or its rights."""
    if isinstance(error, sqlite3.OperationalError):
        return False
    text = str(error)
    return "malformed" in text or "not a database" in text or "encrypted" in text


@contextlib.contextmanager
def _translated() -> Generator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _fault(error) from error


def _fault(error: Exception) -> Fault:
    text = str(error)
    if "full" in text:
        return fault("card-full", text)
    if "malformed" in text or "not a database" in text:
        return fault("card-broken", text)
    return fault("card-unusable", text)
