"""A hall without a bus in which anything may happen: what the histories of read models and of reports have in common."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import Phase
from hypothesis import strategies as st

from hall.clock import VirtualScheduler
from hall.messages import asks, events
from hub.coordinator import Coordinator
from hub.store import tables as t
from hub.store.journal import Journal
from sim.layout import demo_plan

START = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
WINDOWS, SERVICES = (1, 2), ("withdrawal", "enquiry")
#: a wrong history is told as it was found: making it smaller takes minutes
FOUND = (Phase.explicit, Phase.reuse, Phase.generate)
#: which window, which of the deeds that make sense there now, and two choices within it
deeds = st.tuples(st.sampled_from(WINDOWS), st.integers(0, 99), st.integers(0, 8), st.integers(0, 8))
histories = st.lists(deeds, min_size=20, max_size=60)


class AnyHall:
    """One deed after the other, some of them refused; `told` has every fact."""

    #: seconds between two deeds, at the least
    apart_s = 0

    def __init__(self, journal):
        self.journal, self.clock = journal, VirtualScheduler(START)
        self.told = []
        self.head = Coordinator(demo_plan(always_open=True), memory=journal, scheduler=self.clock, tell=self)
        self.head.start()
        self.asked = 0
        self.open()

    def answer(self, *_):
        pass

    receipt = sick = answer

    def facts(self, told, _prints):
        self.told += [fact for fact, _ in told]

    def open(self):
        self.ask(asks.OpenDay)
        for n in WINDOWS:
            self.ask(asks.Sit, window=n, clerk=f"00{n}")

    def ask(self, kind, **fields):
        self.asked += 1
        self.clock.run_for(self.apart_s + self.asked % 7)
        self.head.ask("console-1", kind(id=f"a{self.asked}", **fields))
        self.clock.settle()

    def night(self):
        self.ask(asks.CloseDay)
        self.clock.run_for(24 * 3600)
        self.open()

    def rate(self, a, b):
        asked = list(self.head.hall.state.steps.values())
        if asked:
            step = asked[a % len(asked)]
            self.asked += 1
            place = {
                "outbox": f"box-{step.window}",
                "seq": self.asked,
                "first": self.asked,
                "boot": "b",
                "mono_ms": 1,
            }
            fields = {"ticket": step.ticket, "step": step.step, "window": step.window, "grade": 1 + b % 4}
            rated = events.Rated(at=self.clock.now(), clock_ok=True, **place, **fields)
            self.head.event(f"pad-{step.window}", rated)
            self.clock.settle()


def emptied(where, *, on_disk):
    """A store with nothing in it; of an SQLite file only the form is used unless it must be on the disk."""
    journal = Journal(where if on_disk or "://" in where else ":memory:")
    with journal.transaction() as connection:
        for table in t.metadata.sorted_tables:
            if table is not t.meta:
                connection.execute(table.delete())
        connection.execute(t.meta.delete().where(t.meta.c.key != "schema"))
    return journal
