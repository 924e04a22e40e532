"""A store with years of tickets, written in minutes: the journal's own format by bulk insert, then one real day on top."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hall.clock import VirtualScheduler
from hall.ids import new_id
from hall.messages import asks
from hall.messages.common import Via
from hall.plan import HallPlan
from hub.coordinator import Coordinator
from hub.store.chain import GENESIS, Link
from hub.store.engine import open_store
from hub.store.journal import Journal

#: tickets of one past day
A_DAY = 2000
LETTERS = {"withdrawal": "A", "loan": "B", "settlement": "C", "employer": "D", "account": "E", "enquiry": "F"}
_COLUMNS = "n, at, day, type, cause, ask, member, actor, body, hash"


#: Seconds after nine at which the so-manieth ticket of a day (its id says which) came, and the moment so much later in the offset of `at`.
_CAME_S = f"CAST(substr(ask, 7, 6) AS INTEGER) * 28800 / {A_DAY}"
_AFTER = "(day || 'T' || time(32400 + {came} + {more}, 'unixepoch') || substr(at, -6))"


def _timed(sql: str) -> str:
    """``@300`` is 300 seconds after a ticket came."""
    return re.sub(r"@(\d+)", lambda found: _AFTER.format(came=_CAME_S, more=found[1]), sql)


#: Every past ticket waited five minutes, and was served for five.
_TICKETS = _timed(
    "INSERT INTO tickets (ticket, day, number, service, lane, via, arrived_at, waited_s, state, first_called_at, finished_at, outcome, "
    "windows, sat_at) "
    "SELECT ask, day, body ->> 'number', body ->> 'service', 'normal', 'dispenser', @0, 300, 'served', @300, @620, 'done', '1', 1 "
    "FROM (SELECT ask, day, at, CAST(body AS TEXT) AS body FROM facts WHERE type = 'TicketIssued')"
)
_STEPS = _timed(
    'INSERT INTO steps (ticket, step, day, "window", clerk, called_at, first_called_at, started_at, finished_at, freed_at, seconds, outcome, '
    "service, target_min) "
    "SELECT ask, 1, day, body ->> 'window', body ->> 'clerk', @300, @300, @320, @620, @620, 300, 'done', 'withdrawal', 12 "
    "FROM (SELECT substr(cause, 3) AS ask, day, at, CAST(body AS TEXT) AS body FROM facts WHERE type = 'ServiceFinished')"
)


class _Nobody:
    """Hears everything and tells nobody."""

    def answer(self, member: str, payload: bytes) -> None:
        """See :class:`hub.work.Tell`."""

    receipt = facts = sick = answer


class _Rows:
    """Makes the journal's rows, day by day, each hung on the one before."""

    def __init__(self) -> None:
        self.day = self.at = ""
        self._n, self._before = itertools.count(1), GENESIS

    def __call__(self, kind: str, cause: str, ask: str | None, member: str, **fields: Any) -> tuple[Any, ...]:
        """One fact, `fields` as they stand in its bytes."""
        n = next(self._n)
        body = json.dumps({"type": kind, "n": n, "at": self.at, **fields}, separators=(",", ":"))
        link = Link(n, self.at, self.day, kind, cause, ask, member, None, body.encode())
        self._before = link.after(self._before)
        return (*link, self._before)


def past(tickets: int, until: datetime) -> Iterator[tuple[Any, ...]]:
    """Journal rows of so many served tickets: days that were opened and closed, four facts a ticket. `until` is the day after."""
    row = _Rows()
    days = -(-tickets // A_DAY)
    services = list(LETTERS)
    for d in range(days):
        opened = (until - timedelta(days=days - d)).replace(hour=9, minute=0, second=0, microsecond=0)
        row.day = day = f"{opened:%Y-%m-%d}"
        row.at = opened.isoformat()
        issued = min(A_DAY, tickets - d * A_DAY)
        yield row("DayOpened", "hub", None, "hub", day=day)
        for t in range(issued):
            service = services[t % len(services)]
            ticket = f"{d:06d}{t:06d}-past"
            window, step = 1 + t % 6, 1
            who = {"ticket": ticket, "number": f"{LETTERS[service]}{t // len(services) + 1:03}"}
            at_window = who | {"window": window, "clerk": f"{window:03}", "step": step}
            yield row(
                "TicketIssued", ticket, ticket, "dispenser-1", **who, service=service, lane="normal",
                via="dispenser", ahead=3, wait_min_s=180, wait_max_s=420, windows=[1, 2, 3],
            )  # fmt: skip
            calls = f"c-{ticket}"
            yield row("TicketCalled", calls, calls, "console-1", **at_window, round=1, service=service)
            ends = f"f-{ticket}"
            yield row("ServiceStarted", ends, ends, "console-1", **at_window)
            yield row("ServiceFinished", ends, None, "console-1", **at_window, seconds=300, outcome="done")
        yield row("DayClosed", "hub", None, "hub", day=day, issued=issued, served=issued, missed=0, left=0)


def write(store: Path, tickets: int, until: datetime) -> int:
    """Bulk insert the past into a fresh store, read models drawn; how many facts it has."""
    open_store(str(store)).dispose()
    db = sqlite3.connect(store, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000"):
        db.execute(f"PRAGMA {pragma}").close()
    indexes = [
        (name, sql)
        for name, sql in db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
            "AND tbl_name IN ('facts', 'tickets', 'steps')"
        )
    ]
    db.execute("BEGIN")
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}")
    db.executemany(f"INSERT INTO facts ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", past(tickets, until))  # noqa: S608
    for statement in (_TICKETS, _STEPS):
        db.execute(statement)
    for _, sql in indexes:
        db.execute(sql)
    last = int(db.execute("SELECT max(n) FROM facts").fetchone()[0] or 0)
    db.execute("INSERT INTO meta (key, value) VALUES ('projected', ?), ('day', '')", (str(last),))
    db.execute("COMMIT")
    db.close()
    return last


def today(store: Path, hall: HallPlan, waiting: int) -> None:
    """One real day on top, by the hub's own coordinator: a clerk at window 1, and so many people waiting."""
    scheduler = VirtualScheduler(datetime.now(ZoneInfo(hall.timezone)))
    journal = Journal(str(store))
    coordinator = Coordinator(hall, memory=journal, scheduler=scheduler, tell=_Nobody())  # type: ignore[arg-type]
    coordinator.start()
    coordinator.order(asks.OpenDay(id=new_id()))
    coordinator.order(asks.Sit(id=new_id(), window=1, clerk="001"))
    services = itertools.cycle(LETTERS)
    for _ in range(waiting):
        take = asks.TakeTicket(id=new_id(), service=next(services), lane="normal", via=Via.DISPENSER)
        coordinator.ask("dispenser-1", take)
    scheduler.run_for(0.0)  # a batch at a time, each asks for the next
    issued = len(coordinator.hall.tickets)
    journal.close()
    if issued != waiting:
        raise RuntimeError(f"{issued} wait, not {waiting}")
