"""Read models: a row per ticket and per service step, so that counts and waits need no replay.

Rules: they are drawn from the journal alone, after telling, a slice at a time; `projected` says how far. Throwing them away and
drawing them again gives the same rows.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select

from hall import wire
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault
from hall.messages import facts as f
from hub.store import tables as t
from hub.store.journal import Journal, keep

log = logging.getLogger(__name__)

#: Facts of one slice: a few milliseconds of the hub's loop.
SLICE = 200
#: Pause after telling before the next slice.
LAG_S: Seconds = 1.0

_OF: Any = bindparam("of", expanding=True)
_TICKETS = select(t.tickets).where(t.tickets.c.ticket.in_(_OF))
_STEPS = select(t.steps).where(t.steps.c.ticket.in_(_OF))


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
    bodies = list(islice(journal.since(done + 1, page=slice_size), slice_size))
    if bodies:
        drawn = [wire.decode_fact(body) for body in bodies]
        with journal.transaction() as connection:
            _Pencil(connection, journal.get_in(connection, "day") or "").draw(drawn)
            keep(connection, "projected", str(drawn[-1].n))
    return len(bodies)


def rebuild(journal: Journal) -> None:
    """Throw the read models away and draw them again."""
    with journal.transaction() as connection:
        connection.execute(delete(t.tickets))
        connection.execute(delete(t.steps))
        keep(connection, "projected", "0")
        keep(connection, "day", "")
    while project(journal, slice_size=2000):
        pass


class _Pencil:
    """Draws a slice of facts: reads the rows it touches, changes them in memory, and writes each of them once."""

    def __init__(self, connection: Connection, day: str) -> None:
        self._connection, self._day = connection, day
        self._tickets: dict[str, dict[str, Any]] = {}
        self._steps: dict[tuple[str, int], dict[str, Any]] = {}

    def draw(self, drawn: Sequence[f.AnyFact]) -> None:
        """Every fact in order."""
        touched = list({fact.ticket for fact in drawn if isinstance(fact, f.TicketFact)})
        for row in self._connection.execute(_TICKETS, {"of": touched}).mappings():
            self._tickets[row["ticket"]] = dict(row)
        for row in self._connection.execute(_STEPS, {"of": touched}).mappings():
            self._steps[row["ticket"], row["step"]] = dict(row)
        for fact in drawn:
            self._draw(fact)
        for table, rows in ((t.tickets, self._tickets), (t.steps, self._steps)):
            self._connection.execute(delete(table).where(table.c.ticket.in_(touched)))
            if rows:
                self._connection.execute(insert(table), list(rows.values()))
        keep(self._connection, "day", self._day)

    def _draw(self, fact: f.AnyFact) -> None:
        match fact:
            case f.DayOpened():
                self._day = fact.day
            case f.TicketIssued():
                self._issue(fact)
            case f.TicketCalled():
                self._call(fact)
            case f.TicketMissed():
                self._state(fact, "missed")
            case f.TicketReturned():
                self._state(fact, "waiting")
            case f.ServiceStarted() | f.TicketResumed():
                self._state(fact, "serving")
            case f.ServiceFinished():
                self._state(fact, "served")
                self._step(fact, seconds=fact.seconds, outcome=fact.outcome.value)
            case f.TicketTransferred():
                self._state(fact, "waiting")
                self._step(fact, seconds=fact.seconds, outcome="transferred")
            case f.TicketParked():
                self._state(fact, "parked")
            case f.TicketCancelled():
                self._state(fact, "cancelled")
            case f.TicketLeft():
                self._state(fact, "left")
            case f.TicketRated():
                self._step(fact, grade=fact.grade)
            case _:
                pass

    def _issue(self, fact: f.TicketIssued) -> None:
        # A number from a lent block replaces the hub's own of the same ticket.
        self._tickets[fact.ticket] = {
            "ticket": fact.ticket,
            "day": self._day,
            "number": fact.number,
            "service": fact.service,
            "lane": fact.lane,
            "via": fact.via.value,
            "arrived_at": (fact.arrived or fact.at).isoformat(),
            "waited_s": None,
            "state": "waiting",
        }

    def _call(self, fact: f.TicketCalled) -> None:
        self._state(fact, "called")
        row = self._tickets.get(fact.ticket)
        if row is not None and row["waited_s"] is None:
            waited = (fact.at - datetime.fromisoformat(row["arrived_at"])).total_seconds()
            row["waited_s"] = max(0, round(waited))
        self._step(fact, called_at=fact.at.isoformat())

    def _state(self, fact: f.TicketFact, state: str) -> None:
        if fact.ticket in self._tickets:
            self._tickets[fact.ticket]["state"] = state

    def _step(self, fact: f.TicketCalled | f.ServiceFact, **values: Any) -> None:
        row = self._steps.setdefault(
            (fact.ticket, fact.step),
            dict.fromkeys(t.steps.c.keys())
            | {
                "ticket": fact.ticket,
                "step": fact.step,
                "day": self._day,
                "window": fact.window,
                "clerk": fact.clerk,
            },
        )
        row.update(values)


class Projector:
    """Draws the read models while the hub runs."""

    def __init__(self, journal: Journal, scheduler: Scheduler) -> None:
        self._journal, self._scheduler = journal, scheduler
        self._timer: Timer | None = None

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
        if drawn:
            self._timer = self._scheduler.call_later(LAG_S if drawn < SLICE else 0.05, self._draw)
