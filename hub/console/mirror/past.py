"""The hub's journal as the console reads it: from the last opening on, and never writing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from sqlalchemy import event, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from hall import wire
from hall.messages.facts import Fact
from hub.store import tables as t
from hub.store.engine import connect_store
from hub.store.faults import store_fault

F = TypeVar("F", bound=Fact)
_PAGE = 2000
_LAST_OPENING = select(func.max(t.facts.c.n)).where(text("type = 'DayOpened'"))


class Past:
    """Committed facts, in order. One thread at a time."""

    def __init__(self, where: str) -> None:
        """`where` is the hub's store: a path or an SQLAlchemy URL."""
        self._engine = connect_store(where)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))

    def first(self) -> int:
        """Number of the fact at which a replay begins. Raises ``Fault``."""
        try:
            with self._engine.connect() as connection:
                return connection.execute(_LAST_OPENING).scalar() or 1
        except SQLAlchemyError as error:
            raise store_fault(error) from error

    def since(self, n: int) -> Iterator[bytes]:
        """Bytes of every fact from number `n` on. Raises ``Fault``."""
        after = n - 1
        while True:
            asked = (
                select(t.facts.c.n, t.facts.c.body)
                .where(t.facts.c.n > after)
                .order_by(t.facts.c.n)
                .limit(_PAGE)
            )
            try:
                with self._engine.connect() as connection:
                    rows = connection.execute(asked).all()
            except SQLAlchemyError as error:
                raise store_fault(error) from error
            for row in rows:
                yield row.body
            if len(rows) < _PAGE:
                return
            after = rows[-1].n

    def days(self) -> list[str]:
        """Every day that was opened, the last first. Raises ``Fault``."""
        asked = select(t.facts.c.day).where(text("type = 'DayOpened'")).order_by(t.facts.c.n.desc())
        try:
            with self._engine.connect() as connection:
                return list(dict.fromkeys(connection.execute(asked).scalars()))
        except SQLAlchemyError as error:
            raise store_fault(error) from error

    def of_type(self, kind: type[F]) -> Iterator[F]:
        """Every fact of one type that the store still has, in order. Raises ``Fault``."""
        asked = select(t.facts.c.body).where(t.facts.c.type == kind.__name__).order_by(t.facts.c.n)
        try:
            with self._engine.connect() as connection:
                bodies = connection.execute(asked).scalars().all()
        except SQLAlchemyError as error:
            raise store_fault(error) from error
        for body in bodies:
            fact: Fact = wire.decode_fact(body)
            assert isinstance(fact, kind)
            yield fact

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()
