"""Escorts (M8): somebody held the green key of a dispenser; who of the desk goes, and how it ended.

Rules:

* A call begins with the dispenser's alert, and is one however long the key is held: the alert is told once while it stands.
* One person takes a call; whoever takes it, or says how it ended, is kept with the time. What was said stays said after a restart.
* Only today's calls are shown, those that nobody has ended first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Column, Integer, String, Table, insert, select, update

from hall.errors import Refused
from hall.messages.facts import AlertRaised, AnyFact
from hall.text import Text
from hub.console.door.office import Office
from hub.console.door.store import ConsoleStore
from hub.console.door.tables import metadata

#: The alert of a dispenser whose green key was held.
WANTED = "escort-wanted"
TAKEN = Text(zh="对不起，同事已经过去了", en="Sorry, a colleague is on the way already")
GONE = Text(zh="对不起，这次呼叫已经结束", en="Sorry, this call is over already")

_escorts = Table(
    "desk_escorts",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("day", String(10), nullable=False, index=True),
    Column("member", String(32), nullable=False),
    Column("at", String(40), nullable=False),
    Column("who", String(64)),
    Column("taken_at", String(40)),
    Column("ended_at", String(40)),
)


class Escort(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the green key; `n` is the number of the fact that told it."""

    n: int
    member: str
    at: datetime
    #: who goes, and when they said so
    who: str | None = None
    taken_at: datetime | None = None
    ended_at: datetime | None = None


class Escorts:
    """Today's calls; pages read :attr:`seen`, which is replaced and never changed."""

    def __init__(self, office: Office, timezone: str, now: Callable[[], datetime]) -> None:
        """What was said before is read from the console's own store. Raises ``Fault``."""
        self._office, self._zone, self._now = office, ZoneInfo(timezone), now
        self.seen: tuple[Escort, ...] = ()
        office.submit(self._open).result()

    def _open(self, store: ConsoleStore) -> None:
        store.keep(_escorts)
        self._show(store)

    def hear(self, fact: AnyFact) -> None:
        """One fact of the hall, in the loop's thread."""
        if isinstance(fact, AlertRaised) and fact.code == WANTED:
            self._office.submit(lambda store: self._wanted(store, fact))

    async def take(self, n: int, who: str) -> None:
        """`who` goes. Refuses ``taken``, ``over``."""
        await self._office.run(lambda store: self._take(store, n, who))

    async def end(self, n: int, who: str) -> None:
        """The person is where they wanted to be. Refuses ``over``."""
        await self._office.run(lambda store: self._end(store, n, who))

    # ---------------------------------------------------------------- the store's thread

    def _wanted(self, store: ConsoleStore, fact: AlertRaised) -> None:
        at = fact.at.astimezone(self._zone)
        with store.transaction() as connection:
            known = connection.execute(select(_escorts.c.n).where(_escorts.c.n == fact.n)).first()
            if known is None:
                connection.execute(
                    insert(_escorts).values(
                        n=fact.n, day=f"{at:%Y-%m-%d}", member=fact.member, at=at.isoformat()
                    )
                )
        self._show(store)

    def _take(self, store: ConsoleStore, n: int, who: str) -> None:
        call = self._open_call(n)
        if call.who is not None and call.who != who:
            raise Refused("taken", TAKEN)
        self._write(store, n, who=who, taken_at=self._at())

    def _end(self, store: ConsoleStore, n: int, who: str) -> None:
        call = self._open_call(n)
        self._write(store, n, who=call.who or who, ended_at=self._at())

    def _open_call(self, n: int) -> Escort:
        call = next((call for call in self.seen if call.n == n), None)
        if call is None or call.ended_at is not None:
            raise Refused("over", GONE)
        return call

    def _at(self) -> str:
        return self._now().astimezone(self._zone).isoformat()

    def _write(self, store: ConsoleStore, n: int, **values: str) -> None:
        with store.transaction() as connection:
            connection.execute(update(_escorts).where(_escorts.c.n == n).values(**values))
        self._show(store)

    def _show(self, store: ConsoleStore) -> None:
        today = f"{self._now().astimezone(self._zone):%Y-%m-%d}"
        asked = select(_escorts).where(_escorts.c.day == today).order_by(_escorts.c.n.desc())
        with store.transaction() as connection:
            rows = connection.execute(asked).all()
        calls = [
            Escort(
                n=row.n,
                member=row.member,
                at=datetime.fromisoformat(row.at),
                who=row.who,
                taken_at=_moment(row.taken_at),
                ended_at=_moment(row.ended_at),
            )
            for row in rows
        ]
        self.seen = tuple(sorted(calls, key=lambda call: call.ended_at is not None))


def _moment(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept)
