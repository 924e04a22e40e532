"""Keep a store of today's schema for ever, on both engines, as SQL text: tests bring every one of them to the newest schema.

Run once when a schema is released: ``.venv/bin/python scripts/freeze_schema.py`` writes ``tests/hub/schemas/<schema>.<engine>.sql``.
The history in it is small and has something of everything: two days, an offline number, a paper ordered again, a withdrawn ask.
"""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hall.clock import VirtualScheduler
from hall.messages import asks, events
from hall.messages.common import Outcome, Via
from hub.coordinator import Coordinator
from hub.store.journal import Journal
from hub.store.readmodels import project
from hub.store.tables import SCHEMA
from sim.layout import demo_plan
from sim.postgres import PostgresServer

HERE = Path(__file__).parents[1] / "tests/hub/schemas"
FIRST = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


class _Nobody:
    """Hears everything and tells nobody."""

    def answer(self, *_: object) -> None:
        """See :class:`hub.work.Tell`."""

    receipt = facts = sick = answer


class _Day:
    """A coordinator and its clock: what a test's history is written with."""

    def __init__(self, journal: Journal) -> None:
        self.clock = VirtualScheduler(FIRST)
        self.head = Coordinator(
            demo_plan(always_open=True),
            memory=journal,
            scheduler=self.clock,
            tell=_Nobody(),  # type: ignore[arg-type]
            printer_for=lambda _hall: "dispenser-1",
        )
        self.head.start()

    def ask(
        self, kind: type, id_: str, *, member: str = "console-1", after: float = 7.0, **fields: object
    ) -> None:
        """One ask, `after` seconds later."""
        self.clock.run_for(after)
        self.head.ask(member, kind(id=id_, **fields))
        self.clock.settle()

    def event(self, kind: type, seq: int, *, member: str, **fields: object) -> None:
        """One event of a device."""
        self.clock.run_for(3.0)
        place = {"outbox": f"box-{member}", "seq": seq, "boot": "b1", "mono_ms": 1, "clock_ok": True}
        self.head.event(member, kind(at=self.clock.now(), **place, **fields))
        self.clock.settle()


def write(journal: Journal) -> None:
    """The history."""
    day = _Day(journal)
    take = {"lane": "normal", "via": Via.DISPENSER, "member": "dispenser-1"}
    day.ask(asks.OpenDay, "d1-open")
    day.ask(asks.Sit, "d1-sit-1", window=1, clerk="018")
    day.ask(asks.Sit, "d1-sit-2", window=2, clerk="023", actor="王芳")
    for n, service in enumerate(("withdrawal", "withdrawal", "loan", "enquiry", "account"), 1):
        day.ask(asks.TakeTicket, f"d1-t{n}", service=service, token=f"{n:032x}", **take)
    day.ask(asks.TakeTicket, "d1-desk", service="enquiry", lane="priority", via=Via.DESK)
    day.ask(asks.Reprint, "d1-again", ticket="d1-desk")
    day.event(events.Printed, 1, member="dispenser-1", ticket="d1-t1", copy=1)
    day.ask(asks.CallTicket, "d1-c1", window=1, ticket="d1-t1", after=60)
    day.ask(asks.Start, "d1-s1", window=1, after=20)
    day.ask(asks.Park, "d1-p1", window=1, after=50)
    day.ask(asks.ResumeTicket, "d1-r1", ticket="d1-t1", after=40)
    day.ask(asks.Accept, "d1-a1", window=1, after=30)
    day.ask(asks.Finish, "d1-f1", window=1, outcome=Outcome.DONE, after=120)
    day.event(events.Rated, 1, member="pad-1", ticket="d1-t1", step=1, grade=4, window=1)
    day.ask(asks.CallTicket, "d1-c2", window=2, ticket="d1-t2")
    day.ask(asks.NoShow, "d1-n2", window=2, after=60)
    day.ask(asks.CallTicket, "d1-c4", window=2, ticket="d1-t4")
    day.ask(asks.Start, "d1-s4", window=2)
    day.ask(asks.Transfer, "d1-x4", window=2, to=1, note="", after=30)
    day.ask(asks.CallNext, "d1-c5", window=1)
    day.ask(asks.Finish, "d1-f5", window=1, outcome=Outcome.MATERIAL_MISSING, detail="身份证", after=90)
    day.ask(asks.Cancel, "d1-k3", ticket="d1-t3")
    day.event(events.AskWithdrawn, 2, member="dispenser-1", ask="d1-never")
    day.ask(asks.CloseDay, "d1-close", after=3600)
    day.ask(asks.OpenDay, "d2-open", after=24 * 3600)
    for n in range(1, 4):
        day.ask(asks.TakeTicket, f"d2-t{n}", service="withdrawal", token=f"2{n:031x}", **take)
    day.ask(asks.CallNext, "d2-c1", window=1)
    while project(journal):
        pass


def sqlite_text() -> str:
    """The store as SQL text, from an SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(f"{folder}/hub.db")
        write(journal)
        journal.close()
        with closing(sqlite3.connect(f"{folder}/hub.db")) as db:
            return "\n".join(db.iterdump()) + "\n"


def postgresql_text() -> str:
    """The same from a PostgreSQL database; only what SQL itself understands, no words for psql."""
    with PostgresServer() as server:
        journal = Journal(server.url("postgres"))
        write(journal)
        journal.close()
        said = subprocess.run(
            [
                server.bin / "pg_dump",
                "-h",
                server.folder,
                "-U",
                "postgres",
                "--inserts",
                "--no-owner",
                "postgres",
            ],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
        ).stdout
    kept = [
        line for line in said.splitlines() if line and not re.match(r"--|\\|SET |SELECT pg_catalog", line)
    ]
    return "\n".join(kept) + "\n"


def main() -> int:
    """Both files; a schema that is kept already stays as it is."""
    HERE.mkdir(exist_ok=True)
    for engine, text in (("sqlite", sqlite_text), ("postgresql", postgresql_text)):
        file = HERE / f"{SCHEMA}.{engine}.sql"
        if file.exists():
            print(f"{file.name} is kept already: a released schema never changes")
            continue
        file.write_text(text(), encoding="utf-8")
        print(f"{file}: {file.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
