"""The situation book as it is edited: every version is kept whole, the last one is used.

Rules:

* The file is where a hall begins; once somebody saved a version on the page, the last version counts.
* What is saved passes the very checks of a file (:func:`hub.console.book.reading.problems`), else nothing changes.
* Whoever edited another version than the last saves nothing: somebody else was quicker.
* An older version that is taken up again becomes a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, select

from hall.errors import Refused
from hall.settings_errors import explain, in_both
from hall.text import Text
from hub.console.book import tables as t
from hub.console.book.reading import Book, problems
from hub.console.door.office import Office
from hub.console.door.store import ConsoleStore


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """One saved version."""

    n: int
    at: datetime
    by: str
    reason: str
    book: Book


class Shelf:
    """Every version of one console's book."""

    def __init__(self, office: Office, file: Book, now: Callable[[], datetime]) -> None:
        """`file` is the book of the settings; `now` gives aware times. Raises ``Fault``."""
        self._office, self._file, self._now = office, file, now
        #: replaced and never changed: pages that open read it
        self.editions: tuple[Edition, ...] = office.submit(self._read).result()

    @property
    def book(self) -> Book:
        """What is said now."""
        return self.editions[-1].book if self.editions else self._file

    @property
    def n(self) -> int:
        """Number of the version in use; 0: it is the file's."""
        return self.editions[-1].n if self.editions else 0

    async def save(self, form: Mapping[str, Any], *, base: int, by: str, reason: str) -> None:
        """The whole book as plain values becomes the next version. Refuses ``bad-book``, ``book-moved``."""
        if base != self.n:
            raise Refused("book-moved", _MOVED)
        for key, expected in objections(form):
            raise Refused(
                "bad-book", Text(zh=f"{key}：应为{expected.zh}", en=f"{key}: expected {expected.en}")
            )
        at = self._now()
        book = msgspec.convert(form, Book, strict=True, str_keys=True)
        book = msgspec.structs.replace(
            book, version=f"{self._file.version}.{base + 1}", dated=at.date().isoformat()
        )
        edition = Edition(n=base + 1, at=at, by=by, reason=reason.strip()[:200], book=book)
        await self._office.run(lambda store: self._write(store, edition))

    def _write(self, store: ConsoleStore, edition: Edition) -> None:
        if edition.n != self.n + 1:
            raise Refused("book-moved", _MOVED)
        with store.transaction() as c:
            c.execute(
                insert(t.books).values(
                    version=edition.n,
                    at=edition.at.timestamp(),
                    by=edition.by[:32],
                    reason=edition.reason,
                    body=msgspec.json.encode(edition.book),
                )
            )
        self.editions = (*self.editions, edition)

    def _read(self, store: ConsoleStore) -> tuple[Edition, ...]:
        store.keep(t.books)
        zone = self._now().tzinfo
        with store.transaction() as c:
            rows = c.execute(select(t.books).order_by(t.books.c.version)).all()
        return tuple(
            Edition(
                n=row.version,
                at=datetime.fromtimestamp(row.at, zone),
                by=row.by,
                reason=row.reason,
                book=msgspec.json.decode(row.body, type=Book),
            )
            for row in rows
        )


_MOVED = Text(
    zh="对不起，别人刚改过场景手册，请重新打开再改",
    en="Sorry, somebody else has just changed the book; please open it again",
)


def objections(form: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    """What is wrong with a book as plain values, as (key, what was expected there)."""
    try:
        book = msgspec.convert(form, Book, strict=True, str_keys=True)
    except msgspec.ValidationError as error:
        key, expected = explain(error, form, Book)
        yield key, in_both(expected)
        return
    yield from problems(book)
