"""What the hall uses up beside printer paper (M35): forms, ink pads, pens; counted before opening, ordered in time.

Rules:

* The list is the hall's own: a name, how many there should be at least, how many were there at the last count, by whom and when.
* What is below its least, or was never counted, is on the order note: the morning slip prints it, for the manager to order.
* A count stays until the next one; whoever leaves it empty did not count.
* Nothing of a citizen is here, and a name fits signs and printers: :data:`LONGEST` characters that both know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Column, Integer, String, Table, delete, insert, select

from hall.errors import Refused
from hall.messages.hall_slips import MOST_SUPPLIES, ShortOf
from hall.text import Text
from hub.console.door.office import Office
from hub.console.door.store import ConsoleStore
from hub.console.door.tables import metadata

LONGEST: Final = 20
#: more than anybody counts
MOST_THERE: Final = 99_999
NAMES: Final = Text(
    zh=f"对不起，品名请用能打印的汉字或英文，最长{LONGEST}字",
    en=f"Sorry, please name it in characters that printers know, {LONGEST} at most",
)
TWICE: Final = Text(zh="对不起，同一品名请只写一行", en="Sorry, please name each thing once")
COUNTS: Final = Text(
    zh=f"对不起，数量请填0至{MOST_THERE}", en=f"Sorry, please give numbers from 0 to {MOST_THERE}"
)
TOO_MANY: Final = Text(zh=f"对不起，最多记{MOST_SUPPLIES}种", en=f"Sorry, {MOST_SUPPLIES} things at most")

_supplies = Table(
    "desk_supplies",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("least", Integer, nullable=False),
    Column("there", Integer),
    Column("who", String(64)),
    Column("at", String(40)),
)


class Supply(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the hall uses up."""

    name: str
    least: int
    #: at the last count; None: nobody has counted it yet
    count: int | None = None
    who: str | None = None
    at: datetime | None = None

    @property
    def short(self) -> bool:
        """Whether it is to be ordered, or at least to be counted."""
        return self.count is None or self.count < self.least


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wrote down; no count: it was not counted this time."""

    name: str
    least: int
    count: int | None = None


class Supplies:
    """The list as it was counted last; pages read :attr:`seen`, which is replaced and never changed."""

    def __init__(self, office: Office, timezone: str, now: Callable[[], datetime]) -> None:
        """What was counted before is read from the console's own store. Raises ``Fault``."""
        self._office, self._zone, self._now = office, ZoneInfo(timezone), now
        self.seen: tuple[Supply, ...] = ()
        office.submit(self._open).result()

    async def write(self, lines: Iterable[Counted], who: str) -> None:
        """The list is this from now on. Refuses ``supply-name``, ``supply-twice``, ``supply-count``, ``supplies-full``."""
        made = tuple(check(lines))
        await self._office.run(lambda store: self._write(store, made, who))

    def order_note(self) -> tuple[ShortOf, ...]:
        """What is to be ordered or counted, as the morning slip has it."""
        return tuple(
            ShortOf(name=one.name, count=one.count, least=one.least) for one in self.seen if one.short
        )

    # ---------------------------------------------------------------- the store's thread

    def _open(self, store: ConsoleStore) -> None:
        store.keep(_supplies)
        self._show(store)

    def _write(self, store: ConsoleStore, lines: tuple[Counted, ...], who: str) -> None:
        before = {one.name: one for one in self.seen}
        now = self._now().astimezone(self._zone)
        with store.transaction() as connection:
            connection.execute(delete(_supplies))
            for place, line in enumerate(lines):
                known = before.get(line.name, Supply(name=line.name, least=line.least))
                if line.count is not None:
                    known = msgspec.structs.replace(known, count=line.count, who=who, at=now)
                connection.execute(
                    insert(_supplies).values(
                        place=place,
                        name=line.name,
                        least=line.least,
                        there=known.count,
                        who=known.who,
                        at=None if known.at is None else known.at.isoformat(),
                    )
                )
        self._show(store)

    def _show(self, store: ConsoleStore) -> None:
        with store.transaction() as connection:
            rows = connection.execute(select(_supplies).order_by(_supplies.c.place)).all()
        self.seen = tuple(
            Supply(
                name=row.name,
                least=row.least,
                count=row.there,
                who=row.who,
                at=None if row.at is None else datetime.fromisoformat(row.at),
            )
            for row in rows
        )


def check(lines: Iterable[Counted]) -> list[Counted]:
    """The lines as they may be kept. Refuses as :meth:`Supplies.write` says."""
    made: list[Counted] = []
    for line in lines:
        name = line.name.strip()
        if not name or len(name) > LONGEST or not name.isprintable() or not _printed(name):
            raise Refused("supply-name", NAMES)
        if any(name == other.name for other in made):
            raise Refused("supply-twice", TWICE)
        if not all(0 <= count <= MOST_THERE for count in (line.least, line.count or 0)):
            raise Refused("supply-count", COUNTS)
        made.append(msgspec.structs.replace(line, name=name))
    if len(made) > MOST_SUPPLIES:
        raise Refused("supplies-full", TOO_MANY)
    return made


def _printed(name: str) -> bool:
    try:
        name.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
