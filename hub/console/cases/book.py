"""The case book: every case in the console's store, written in the store's own thread.

Rules:

* What was written is first in the store and then in the picture; a step's key opens one case whatever happens in between.
* A case's number is its day and its place in that day: ``2026-1128-003``.
* Name, number and the person's words are deleted :attr:`CaseSettings.keep_days` days after the closing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, text

from hub.console.cases import case as folded
from hub.console.cases import tables as t
from hub.console.cases.case import Case
from hub.console.cases.entries import AnyEntry, WordsDeleted
from hub.console.cases.intake import Personal
from hub.console.cases.rules import HUB
from hub.console.cases.settings import USUAL, CaseSettings
from hub.console.door.store import ConsoleStore

_decoder: msgspec.json.Decoder[AnyEntry] = msgspec.json.Decoder(AnyEntry)
_encoder = msgspec.json.Encoder()


class CallLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the telephone log."""

    at: datetime
    by: str
    rings: int | None
    greeted: bool
    about: str
    case: str | None = None


class Book:
    """Every case. One thread at a time: the store's."""

    def __init__(self, store: ConsoleStore, settings: CaseSettings = USUAL) -> None:
        """Read all of them."""
        self._keep, self.table = timedelta(days=settings.keep_days), settings.table
        store.keep(*t.ALL)
        self._store = store
        told: dict[str, list[AnyEntry]] = defaultdict(list)
        with store.transaction() as c:
            for row in c.execute(select(t.entries.c.case, t.entries.c.body).order_by(t.entries.c.id)):
                told[row.case].append(_decoder.decode(row.body))
        self.cases: dict[str, Case] = {
            name: folded.told(name, rows, self.table) for name, rows in told.items()
        }

    def find_key(self, key: str) -> Case | None:
        """The case that this key opened."""
        with self._store.transaction() as c:
            name = c.execute(select(t.keys.c.case).where(t.keys.c.key == key)).scalar_one_or_none()
        return None if name is None else self.cases[name]

    def begin(self, written: Sequence[AnyEntry], *, key: str | None, personal: Personal, day: str) -> Case:
        """A new case of the day ``2026-1128``."""
        with self._store.transaction() as c:
            mine = t.entries.c.case.like(f"{day}-%"), t.entries.c.n == 1
            place = c.execute(select(func.count()).where(*mine)).scalar_one() + 1
            name = f"{day}-{place:03d}"
            if key is not None:
                c.execute(insert(t.keys).values(key=key, case=name))
            _write(c, name, 1, written, personal)
        self.cases[name] = folded.told(name, written, self.table)
        return self.cases[name]

    def add(self, case: Case, written: Sequence[AnyEntry], personal: Personal | None = None) -> Case:
        """More entries of a case."""
        with self._store.transaction() as c:
            _write(c, case.id, len(case.entries) + 1, written, personal or Personal())
        for entry in written:
            case = folded.tell(case, entry)
        self.cases[case.id] = case
        return case

    def personal(self, case: Case) -> tuple[Personal, ...]:
        """What the person told of themselves, in order."""
        with self._store.transaction() as c:
            rows = c.execute(select(t.personal).where(t.personal.c.case == case.id).order_by(t.personal.c.id))
            return tuple(Personal(words=row.words, name=row.name, phone=row.phone) for row in rows)

    def delete_old(self, at: datetime) -> int:
        """Delete what belongs to persons whose cases were closed long ago; how many."""
        before = at - self._keep
        old = [case for case in self.cases.values() if case.closed is not None and case.closed.at < before]
        due = [case for case in old if case.has_words or case.has_name or case.has_phone]
        for case in due:
            gone = WordsDeleted(at=at, by=HUB)
            with self._store.transaction() as c:
                if c.dialect.name == "sqlite":
                    c.execute(text("PRAGMA secure_delete = ON"))
                c.execute(delete(t.personal).where(t.personal.c.case == case.id))
                _write(c, case.id, len(case.entries) + 1, [gone], Personal())
            self.cases[case.id] = folded.tell(case, gone)
        return len(due)

    # ---------------------------------------------------------------- telephone log

    def note_call(self, line: CallLine) -> None:
        """One call at the desk's telephone."""
        with self._store.transaction() as c:
            c.execute(insert(t.calls).values(**msgspec.structs.asdict(line) | {"at": line.at.timestamp()}))

    def calls(self, since: datetime, until: datetime) -> tuple[CallLine, ...]:
        """The telephone log of a time, the earliest first."""
        asked = t.calls.c.at >= since.timestamp(), t.calls.c.at < until.timestamp()
        with self._store.transaction() as c:
            rows = c.execute(select(t.calls).where(*asked).order_by(t.calls.c.id)).all()
        return tuple(
            CallLine(
                at=datetime.fromtimestamp(row.at, since.tzinfo),
                by=row.by,
                rings=row.rings,
                greeted=row.greeted,
                about=row.about,
                case=row.case,
            )
            for row in rows
        )

    # ---------------------------------------------------------------- how far the journal was heard

    def mark(self) -> int | None:
        """Number of the last fact that was heard; None: never any."""
        with self._store.transaction() as c:
            return c.execute(select(t.marks.c.value).where(t.marks.c.name == "heard")).scalar_one_or_none()

    def set_mark(self, n: int) -> None:
        """Facts up to this one were heard."""
        with self._store.transaction() as c:
            c.execute(delete(t.marks).where(t.marks.c.name == "heard"))
            c.execute(insert(t.marks).values(name="heard", value=n))


def _write(c: Connection, name: str, n: int, written: Iterable[AnyEntry], personal: Personal) -> None:
    for place, entry in enumerate(written, n):
        c.execute(
            insert(t.entries).values(
                case=name, n=place, at=entry.at.timestamp(), by=entry.by, body=_encoder.encode(entry)
            )
        )
    if personal.words or personal.name or personal.phone:
        kept: Mapping[str, str] = {"words": personal.words, "name": personal.name, "phone": personal.phone}
        c.execute(insert(t.personal).values(case=name, **kept))
