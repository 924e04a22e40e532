"""Read models: a row per ticket, service step, seat and pause, so that counts and waits need no replay.

Rules: they are drawn from the journal alone, after telling, a slice at a time; `projected` says how far. Throwing them away and
drawing them again gives the same rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from sqlalchemy import case, delete, func, select

from hall import wire
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault, Malformed
from hall.messages.facts import AnyFact
from hub.store import tables as t
from hub.store.journal import Journal, base_in, keep
from hub.store.pencil import Pencil

log = logging.getLogger(__name__)

#: Facts of one slice: a few milliseconds of the hub's loop.
SLICE = 200
#: Pause after telling before the next slice.
LAG_S: Seconds = 1.0
#: Facts between two lines of the log while drawing is far behind, as after an update.
SAY_EACH = 100_000


class Counts(NamedTuple):
    """One day in figures."""

    issued: int
    served: int
    missed: int
    left: int
    #: seconds from arrival to the first call, shortest first
    waits_s: list[int]


def counts(journal: Journal, day: str) -> Counts:
    """The figures of `day` as far as they are projected."""
    c = t.tickets.c
    with journal.transaction() as connection:
        sums = [func.sum(case((c.state == state, 1), else_=0)) for state in ("served", "missed", "left")]
        row = connection.execute(select(func.count(), *sums).where(c.day == day)).one()
        waits = connection.execute(
            select(c.waited_s).where(c.day == day, c.waited_s.is_not(None)).order_by(c.waited_s)
        ).scalars()
        issued, served, missed, left = (int(figure or 0) for figure in row)
        return Counts(issued, served, missed, left, [int(wait) for wait in waits])


def project(journal: Journal, slice_size: int = SLICE) -> int:
    """Draw the next slice; how many facts it had (0: everything is drawn)."""
    done = int(journal.get("projected") or 0)
    rows = list(islice(journal.rows(done + 1, page=slice_size), slice_size))
    if rows:
        drawn = [fact for n, body in rows if (fact := _known(n, body)) is not None]
        with journal.transaction() as connection:
            opened = journal.get_in(connection, "opened") or None
            pencil = Pencil(connection, journal.get_in(connection, "day") or "", opened)
            pencil.draw(drawn)
            keep(connection, "day", pencil.day)
            keep(connection, "opened", pencil.opened or "")
            keep(connection, "projected", str(rows[-1][0]))
    return len(rows)


def _known(n: int, body: bytes) -> AnyFact | None:
    """The fact, if this program knows its kind; a newer one may have written others."""
    try:
        return wire.decode_fact(body)
    except Malformed as error:
        log.info("fact %s draws nothing: %s", n, error)
        return None


def rebuild(journal: Journal, say: Callable[[int], None] = lambda _n: None) -> None:
    """Throw the read models away and draw them again; rows of days that left the journal stay. `say` hears how far it is."""
    with journal.transaction() as connection:
        gone = select(t.archives.c.day).where(t.archives.c.removed_at.is_not(None))
        for table in (t.tickets, t.steps, t.seats, t.pauses):
            connection.execute(delete(table).where(table.c.day.not_in(gone)))
        keep(connection, "projected", str(base_in(connection).n))
        keep(connection, "day", "")
        keep(connection, "opened", "")
    while project(journal, slice_size=2000):
        say(int(journal.get("projected") or 0))


class Projector:
    """Draws the read models while the hub runs."""

    def __init__(self, journal: Journal, scheduler: Scheduler) -> None:
        self._journal, self._scheduler = journal, scheduler
        self._timer: Timer | None = None
        self._behind = 0

    def start(self) -> None:
        """Catch up with whatever was committed before."""
        self.on_facts()

    def stop(self) -> None:
        """Draw no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def on_facts(self) -> None:
        """Something was committed; it is drawn a little later."""
        if self._timer is None:
            self._timer = self._scheduler.call_later(LAG_S, self._draw)

    def _draw(self) -> None:
        self._timer = None
        try:
            drawn = project(self._journal)
        except Fault as fault:
            log.error("read models wait: %s", fault)
            drawn = 1
        self._behind = self._behind + drawn if drawn == SLICE else 0
        if self._behind and self._behind % SAY_EACH == 0:
            log.warning("read models are drawn again", extra={"facts": self._behind})
        if drawn:
            self._timer = self._scheduler.call_later(LAG_S if drawn < SLICE else 0.05, self._draw)
