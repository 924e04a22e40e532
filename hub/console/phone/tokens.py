"""Whose ticket a page's secret opens: asked of the hub's store, which is only read, in a thread of its own.

Rules:

* Every secret costs one look, known or not: how long an answer takes tells nobody whether it was close. What has not the form of one
  is looked up as one that nobody has.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import SQLAlchemyError

from hub.store import tables as t
from hub.store.engine import connect_store
from hub.store.faults import store_fault

T = TypeVar("T")

_FORM: Final = re.compile(r"[0-9a-f]{32}\Z")
_NOBODYS: Final = "0" * 31 + "-"


class OldStep(msgspec.Struct, frozen=True, kw_only=True):
    """A service step of an earlier day."""

    step: int
    window: int
    clerk: str
    grade: int | None


class OldTicket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as the read models keep it."""

    id: str
    number: str
    day: str
    service: str
    state: str
    steps: tuple[OldStep, ...]


class Tokens:
    """Tickets by the secrets of their pages."""

    def __init__(self, where: str) -> None:
        """`where` is the hub's store: a path or an SQLAlchemy URL; nothing is opened yet."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tokens")
        self._where = where
        self._engine = connect_store(where)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))

    async def look(self, look: Callable[[Connection], T]) -> T:
        """What `look` reads, in the store's own thread. Raises ``Fault``."""

        def read() -> T:
            try:
                with self._engine.connect() as connection:
                    return look(connection)
            except SQLAlchemyError as error:
                raise store_fault(error) from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, read)

    async def ticket(self, token: str) -> str | None:
        """The ticket that `token` opens. Raises ``Fault``."""
        sought = token if _FORM.match(token) else _NOBODYS
        asked = select(t.tokens.c.ticket).where(t.tokens.c.token == sought)
        return await self.look(lambda c: c.execute(asked).scalar())

    async def token(self, ticket: str) -> str | None:
        """The secret of a ticket's page. Raises ``Fault``."""
        asked = select(t.tokens.c.token).where(t.tokens.c.ticket == ticket)
        return await self.look(lambda c: c.execute(asked).scalar())

    async def old(self, ticket: str) -> OldTicket | None:
        """A ticket of any day, as it stands in the read models. Raises ``Fault``."""

        def look(c: Connection) -> OldTicket | None:
            row = c.execute(select(t.tickets).where(t.tickets.c.ticket == ticket)).mappings().one_or_none()
            if row is None:
                return None
            asked = select(t.steps).where(t.steps.c.ticket == ticket, t.steps.c.finished_at.is_not(None))
            steps = c.execute(asked.order_by(t.steps.c.step)).mappings()
            return OldTicket(
                id=row["ticket"],
                number=row["number"],
                day=row["day"],
                service=row["service"],
                state=row["state"],
                steps=tuple(
                    OldStep(step=x["step"], window=x["window"], clerk=x["clerk"], grade=x["grade"])
                    for x in steps
                ),
            )

        return await self.look(look)

    def close(self) -> None:
        """Let go of the store; may be called twice."""
        self._thread.shutdown()
        self._engine.dispose()
