"""The journal: facts as the exact bytes that were told, and everything that must act only once.

Rules:

* One batch, one transaction, one ``executemany`` into the journal. When :meth:`Journal.commit` returns, the batch survives the
  power plug; when it raises, nothing of it was written.
* A fact is never changed; it is removed only with its whole day, after that day was exported. Each hangs on the one before it by a
  hash (:mod:`hub.store.chain`). An ask's id stands on its first fact, in a unique column.
* No secret is in a fact: the phone page's token has a table of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from hall.errors import Fault
from hub.memory import Batch, Known, OutboxPlace, PrintJob
from hub.store import tables as t
from hub.store.chain import START, Head, chained
from hub.store.claim import Claim
from hub.store.engine import open_store, store_file
from hub.store.faults import store_fault
from hub.store.quick import Quick
from hub.store.reserve import Reserve

#: Rows read at a time during a replay.
_PAGE = 2000

_NEW_FACT = insert(t.facts)
_NEW_EVENT = insert(t.events)
_NEW_TOKEN = insert(t.tokens)
_NEW_WITHDRAWN = insert(t.withdrawn)
_NEW_PRINT = insert(t.prints)
_NEW_OUTBOX = insert(t.outboxes)
_MOVE_OUTBOX = update(t.outboxes).where(t.outboxes.c.outbox == bindparam("of")).values(upto=bindparam("now"))
_SETTLE = update(t.prints).where(t.prints.c.id == bindparam("of")).values(settled=1)
_FORGET_PRINTS = update(t.prints).where(text("settled = 0")).values(settled=1)


def _recall(among: Callable[[Any], Any]) -> Any:
    return union_all(
        select(t.facts.c.ask, t.facts.c.member, literal_column("0")).where(among(t.facts.c.ask)),
        select(t.prints.c.ask, t.prints.c.asker, literal_column("0")).where(among(t.prints.c.ask)),
        select(t.withdrawn.c.ask, t.withdrawn.c.member, literal_column("1")).where(among(t.withdrawn.c.ask)),
    )


#: Asks that are looked up one by one: a plain comparison is found in a tenth of the time of a list.
FEW = 16
_RECALL_ONE = _recall(lambda ask: ask == bindparam("asks"))
_RECALL = _recall(lambda ask: ask.in_(bindparam("asks", expanding=True)))
# Partial indexes are used only where their condition stands in the query as it is, not as a parameter.
_IS_OPENING = text("type = 'DayOpened'")
_LAST_OPENING = select(func.max(t.facts.c.n)).where(_IS_OPENING)
_OPENING_OF = select(t.facts.c.n).where(_IS_OPENING, t.facts.c.day == bindparam("of")).limit(1)
_OF_CAUSE = (
    select(t.facts.c.body)
    .where(text("cause <> 'hub'"), t.facts.c.cause == bindparam("of"))
    .order_by(t.facts.c.n)
)
_OPEN_PRINTS = (
    select(*(t.prints.c[name] for name in PrintJob._fields))
    .where(text("settled = 0"))
    .order_by(t.prints.c.at, t.prints.c.id)
)
_AFTER = (
    select(t.facts.c.n, t.facts.c.body)
    .where(t.facts.c.n > bindparam("after"))
    .order_by(t.facts.c.n)
    .limit(bindparam("page"))
)
_META = select(t.meta.c.value).where(t.meta.c.key == bindparam("of"))
_HEAD = select(t.facts.c.n, t.facts.c.hash).order_by(t.facts.c.n.desc()).limit(1)
#: Old days that are no longer here; their last fact is what the first one here hangs on.
_BASE = (
    select(t.archives.c.last_n, t.archives.c.hash)
    .where(t.archives.c.removed_at.is_not(None))
    .order_by(t.archives.c.last_n.desc())
    .limit(1)
)
_REMOVED_DAY = (
    select(t.archives.c.day)
    .where(t.archives.c.day == bindparam("of"), t.archives.c.removed_at.is_not(None))
    .limit(1)
)


class Journal:
    """The durable memory of one hall; see :class:`hub.memory.Memory`. One thread at a time."""

    def __init__(self, where: str | Engine) -> None:
        """`where`: a path, ``:memory:``, an SQLAlchemy URL, or an engine from :func:`hub.store.engine.open_store`."""
        self.reserve = Reserve(store_file(where if isinstance(where, str) else where.url))
        self.engine = self._open(where) if isinstance(where, str) else where
        self.reserve.take()
        self._claim = Claim(self.engine)
        self._owned = False
        #: kept open: opening one costs more than what most transactions do
        self._connections: dict[bool, Connection] = {}
        self._quick: dict[bool, Quick] = {}
        self._known_outboxes: set[str] = set()
        #: where the next fact is hung on; None: not looked up
        self._head: Head | None = None

    def _open(self, where: str) -> Engine:
        try:
            return open_store(where)
        except Fault:  # SQLite needs room only to open
            if not self.reserve.release():
                raise
            return open_store(where)

    def own(self) -> None:
        """Be the one that writes this store from now on; ``Fault`` ``store-taken`` while another is."""
        self._owned = True
        try:
            self._let_go()
            self._connect(reading=False)
        except Fault:
            self._owned = False
            raise

    def close(self) -> None:
        """Let go of the store; may be called twice."""
        self._let_go()
        self._claim.release()
        self.engine.dispose()

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Connection]:
        """One transaction (single statements when `reading`); the store's own errors come out as ``Fault``."""
        try:
            connection = self._connections.get(reading) or self._connect(reading=reading)
            with connection.begin():
                yield connection
        except SQLAlchemyError as error:
            self._let_go()
            raise store_fault(error) from error

    @contextmanager
    def _quickly(self, *, reading: bool = False) -> Iterator[Quick]:
        """The same for what a ticket waits for."""
        try:
            quick = self._quick.get(reading)
            if quick is None:
                connection = self._connections.get(reading) or self._connect(reading=reading)
                quick = self._quick[reading] = Quick(connection)
            if reading:
                yield quick
            else:
                with quick.transaction():
                    yield quick
        except SQLAlchemyError as error:
            self._let_go()
            raise store_fault(error) from error

    def _connect(self, *, reading: bool) -> Connection:
        try:
            connection = self.engine.connect().execution_options(reading=reading)
            if reading and self.engine.dialect.name != "sqlite":
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        except SQLAlchemyError as error:
            raise store_fault(error) from error
        if self._owned and not reading:
            try:
                self._claim.take(connection)
            except Fault:
                connection.close()
                raise
        self._connections[reading] = connection
        return connection

    def _let_go(self) -> None:
        self._quick.clear()
        while self._connections:
            _, connection = self._connections.popitem()
            with suppress(SQLAlchemyError):
                connection.close()

    def commit(self, batch: Batch) -> None:
        """See :class:`hub.memory.Memory`. A full disk costs the reserve first."""
        before, self._head = self._head, None
        rows, head = chained(before or self.head(), batch.facts)

        def write() -> None:
            with self._quickly() as quick:
                self._write(quick, batch, rows)

        self._in_any_case(write)
        self._head = head
        self._known_outboxes.update(batch.outboxes)

    def _in_any_case(self, write: Callable[[], None]) -> None:
        try:
            write()
        except Fault as fault:
            if fault.code != "store-full" or not self.reserve.release():
                raise
            write()

    def _write(self, quick: Quick, batch: Batch, facts: list[dict[str, Any]]) -> None:
        quick.write(_NEW_FACT, facts)
        if any(row.type == "DayOpened" for row in batch.facts):
            quick.write(_FORGET_PRINTS, [{}])
        quick.write(_NEW_EVENT, [row._asdict() for row in batch.events])
        for outbox, place in batch.outboxes.items():
            if outbox in self._known_outboxes:
                quick.write(_MOVE_OUTBOX, [{"of": outbox, "now": place.upto}])
            else:
                quick.write(_NEW_OUTBOX, [{"outbox": outbox, "member": place.member, "upto": place.upto}])
        quick.write(
            _NEW_TOKEN, [{"ticket": ticket, "token": token} for ticket, token in batch.tokens.items()]
        )
        quick.write(
            _NEW_WITHDRAWN, [{"ask": ask, "member": member} for ask, member in batch.withdrawn.items()]
        )
        quick.write(
            _NEW_PRINT, [{"id": job.id} | job._asdict() | {"at": job.at.isoformat()} for job in batch.prints]
        )
        quick.write(_SETTLE, [{"of": job} for job in batch.printed])

    def head(self) -> Head:
        """The last fact and its hash."""
        with self.transaction() as connection:
            return head_in(connection)

    def replay(self) -> Iterator[bytes]:
        """See :class:`hub.memory.Memory`."""
        with self.transaction() as connection:
            first: int = connection.execute(_LAST_OPENING).scalar() or 1
        yield from self.since(first)

    def since(self, first: int, page: int = _PAGE) -> Iterator[bytes]:
        """Bytes of every fact from number `first` on, in order, read `page` rows at a time."""
        return (body for _, body in self.rows(first, page))

    def rows(self, first: int, page: int = _PAGE) -> Iterator[tuple[int, bytes]]:
        """The same with their numbers."""
        after = first - 1
        while True:
            with self.transaction() as connection:
                rows = connection.execute(_AFTER, {"after": after, "page": page}).all()
            for row in rows:
                yield row.n, row.body
            if len(rows) < page:
                return
            after = rows[-1].n

    def recall(self, asks: Collection[str]) -> dict[str, Known]:
        """See :class:`hub.memory.Memory`."""
        if not asks:
            return {}
        found: dict[str, Known] = {}
        rows: Sequence[Any] = ()
        if len(asks) <= FEW:
            with self._quickly(reading=True) as quick:
                rows = [row for ask in asks for row in quick.read(_RECALL_ONE, {"asks": ask})]
        else:
            with self.transaction(reading=True) as connection:
                rows = connection.execute(_RECALL, {"asks": list(asks)}).all()
        for ask, member, gone in rows:
            if gone:
                found[ask] = Known(member, (), withdrawn=True)
            elif ask not in found:
                found[ask] = Known(member, self.facts_of_ask(ask))
        return found

    def facts_of_ask(self, ask: str) -> tuple[bytes, ...]:
        """Bytes of the facts this ask gave, the named one first; empty when it was never accepted."""
        with self.transaction() as connection:
            return self._facts_of(connection, ask)

    def _facts_of(self, connection: Connection, ask: str) -> tuple[bytes, ...]:
        bodies = tuple(connection.execute(_OF_CAUSE, {"of": ask}).scalars())
        if not bodies:
            # An ask for a paper gives no fact of its own: its answer is the ticket's.
            bodies = tuple(
                connection.execute(select(t.prints.c.issued).where(t.prints.c.ask == ask)).scalars()
            )
        return bodies

    def outbox(self, outbox: str) -> OutboxPlace | None:
        """See :class:`hub.memory.Memory`."""
        with self.transaction() as connection:
            row = connection.execute(select(t.outboxes).where(t.outboxes.c.outbox == outbox)).first()
            if row is None:
                return None
            above = connection.execute(
                select(t.events.c.seq).where(t.events.c.outbox == outbox, t.events.c.seq > row.upto)
            ).scalars()
            self._known_outboxes.add(outbox)
            return OutboxPlace(row.member, row.upto, set(above))

    def open_prints(self) -> list[PrintJob]:
        """See :class:`hub.memory.Memory`."""
        with self.transaction() as connection:
            rows = connection.execute(_OPEN_PRINTS).all()
        return [PrintJob(*row)._replace(at=datetime.fromisoformat(row.at)) for row in rows]

    def token(self, ticket: str) -> str | None:
        """See :class:`hub.memory.Memory`."""
        with self.transaction() as connection:
            return connection.execute(select(t.tokens.c.token).where(t.tokens.c.ticket == ticket)).scalar()

    def had_day(self, day: str) -> bool:
        """See :class:`hub.memory.Memory`."""
        with self.transaction() as connection:
            return any(
                connection.execute(asked, {"of": day}).first() for asked in (_OPENING_OF, _REMOVED_DAY)
            )

    def check(self) -> None:
        """See :class:`hub.memory.Memory`."""
        self.put("checked", datetime.now().astimezone().isoformat())

    def get(self, key: str) -> str | None:
        """One of the hub's own small values."""
        with self.transaction() as connection:
            return self.get_in(connection, key)

    @staticmethod
    def get_in(connection: Connection, key: str) -> str | None:
        """The same, inside a transaction that is already begun."""
        value: str | None = connection.execute(_META, {"of": key}).scalar()
        return value

    def put(self, key: str, value: str) -> None:
        """Keep one of the hub's own small values."""

        def write() -> None:
            with self.transaction() as connection:
                keep(connection, key, value)

        self._in_any_case(write)


def head_in(connection: Connection) -> Head:
    """The last fact and its hash; of an empty journal, what its first fact will hang on."""
    row = connection.execute(_HEAD).first()
    return base_in(connection) if row is None else Head(row.n, row.hash)


def base_in(connection: Connection) -> Head:
    """What the first fact here hangs on: the last that was removed with the old days."""
    row = connection.execute(_BASE).first()
    return START if row is None else Head(row.last_n, row.hash)


def keep(connection: Connection, key: str, value: str) -> None:
    """Write a small value inside a transaction that is already begun."""
    changed = connection.execute(update(t.meta).where(t.meta.c.key == key).values(value=value))
    if changed.rowcount == 0:
        connection.execute(insert(t.meta), {"key": key, "value": value})
