"""Whatever happens in a hall: rows drawn live, slice by slice, are the rows drawn again from the journal, and agree with the hall."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hall.clock import VirtualScheduler
from hall.messages import asks, events
from hall.messages.common import Outcome, Via
from hall.messages.facts import DayClosed
from hub.coordinator import Coordinator
from hub.domain.ticket import Life
from hub.store import tables as t
from hub.store.journal import Journal
from hub.store.readmodels import counts, project, rebuild
from sim.layout import demo_plan

pytestmark = pytest.mark.both_stores

START = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
WINDOWS = (1, 2)
SERVICES = ("withdrawal", "enquiry")

#: a wrong history is told as it was found: making it smaller takes minutes
FOUND = (Phase.explicit, Phase.reuse, Phase.generate)
#: which window, which of the deeds that make sense there now, and two choices within it
deeds = st.tuples(st.sampled_from(WINDOWS), st.integers(0, 99), st.integers(0, 8), st.integers(0, 8))


class Hall:
    """A hall without a bus: one deed after the other, some of them refused."""

    def __init__(self, journal):
        self.journal, self.clock = journal, VirtualScheduler(START)
        self.closed = []
        self.head = Coordinator(demo_plan(always_open=True), memory=journal, scheduler=self.clock, tell=self)
        self.head.start()
        self.asked = 0
        self.open()

    def answer(self, *_):
        pass

    receipt = sick = answer

    def facts(self, told, _prints):
        self.closed += [fact for fact, _ in told if isinstance(fact, DayClosed)]

    def open(self):
        self.ask(asks.OpenDay)
        for n in WINDOWS:
            self.ask(asks.Sit, window=n, clerk=f"00{n}")

    def ask(self, kind, **fields):
        self.asked += 1
        self.clock.run_for(self.asked % 7)
        self.head.ask("console-1", kind(id=f"a{self.asked}", **fields))
        self.clock.settle()

    def ticket(self, n, life=None):
        """The ticket that somebody means: one that stands there in its life, if there is any."""
        tickets = self.head.hall.tickets
        mine = [id_ for id_, ticket in tickets.items() if ticket.life is life] or list(tickets)
        return mine[n % len(mine)] if mine else "nobody"

    def do(self, deed):
        """Something that makes sense as the hall is now, or now and then something that does not."""
        n, which, a, b = deed
        window = self.head.hall.state.windows[n]
        if window.ticket is not None:
            here = self.with_somebody
        elif window.clerk is None:
            here = [lambda n, _a, _b: self.ask(asks.Sit, window=n, clerk=f"00{n}")]
        elif window.paused is not None:
            here = [lambda n, _a, _b: self.ask(asks.Resume, window=n)]
        else:
            here = self.with_nobody
        around = [*here, *here, *self.anywhere]
        around[which % len(around)](n, a, b)

    @property
    def with_somebody(self):
        plain = [asks.Start, asks.Accept, asks.Park, asks.NoShow, asks.Recall, asks.Pause]
        outcome, to = list(Outcome), [*SERVICES, *WINDOWS, "desk", "desk", "desk"]
        return [
            *(lambda n, _a, _b, kind=kind: self.at_window(kind, n) for kind in plain),
            lambda n, a, _b: self.ask(asks.Finish, window=n, outcome=outcome[a % 7], detail="身份证"),
            lambda n, a, _b: self.ask(asks.TakeOver, window=n, clerk=f"9{a}{n}"),
            lambda n, a, b: self.ask(asks.Transfer, window=n, to=to[a % len(to)], back=b > 6),
        ]

    @property
    def with_nobody(self):
        return [
            lambda n, _a, _b: self.ask(asks.CallNext, window=n),
            lambda n, a, _b: self.ask(asks.CallTicket, window=n, ticket=self.ticket(a, Life.WAITING)),
            lambda n, a, _b: self.ask(asks.ResumeTicket, window=n, ticket=self.ticket(a, Life.PARKED)),
            lambda n, a, _b: self.at_window(asks.Leave if a == 0 else asks.CallNext, n),
        ]

    @property
    def anywhere(self):
        return [
            lambda _n, a, _b: self.ask(
                asks.TakeTicket, service=SERVICES[a % 2], lane="normal", via=Via.DISPENSER
            ),
            lambda _n, a, _b: self.ask(
                asks.TakeTicket, service=SERVICES[a % 2], lane="normal", via=Via.DISPENSER
            ),
            lambda _n, a, _b: self.ask(asks.ReturnTicket, ticket=self.ticket(a, Life.MISSED)),
            lambda _n, a, b: self.ask(asks.Cancel, ticket=self.ticket(a)) if b == 0 else self.rate(a, b),
            lambda n, _a, _b: self.ask(asks.Undo, window=n),
            lambda _n, a, _b: self.ask(asks.ServeAtDesk, ticket=self.at_desk(a), outcome=Outcome.DONE),
            lambda _n, a, b: self.night() if b == 0 else project(self.journal, a + 1),
        ]

    def at_desk(self, n):
        sent = [id_ for id_, ticket in self.head.hall.tickets.items() if ticket.place == "desk"]
        return sent[n % len(sent)] if sent else "nobody"

    def at_window(self, kind, n):
        self.ask(kind, window=n, **({"reason": "午餐"} if kind is asks.Pause else {}))

    def night(self):
        self.ask(asks.CloseDay)
        self.clock.run_for(24 * 3600)
        self.open()

    def rate(self, a, b):
        asked = list(self.head.hall.state.steps.values())
        if asked:
            step = asked[a % len(asked)]
            self.asked += 1
            place = {"outbox": "box", "seq": self.asked, "first": self.asked, "boot": "b", "mono_ms": 1}
            fields = {"ticket": step.ticket, "step": step.step, "window": step.window, "grade": 1 + b % 4}
            rated = events.Rated(at=self.clock.now(), clock_ok=True, **place, **fields)
            self.head.event(f"pad-{step.window}", rated)
            self.clock.settle()


def rows(journal):
    with journal.transaction() as connection:
        return [
            sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in (t.tickets, t.steps, t.seats, t.pauses)
        ]


def emptied(where):
    """A store with nothing in it."""
    journal = Journal(where if "://" in where else ":memory:")
    with journal.transaction() as connection:
        for table in t.metadata.sorted_tables:
            if table is not t.meta:
                connection.execute(table.delete())
        connection.execute(t.meta.delete().where(t.meta.c.key != "schema"))
    return journal


@pytest.fixture
def tries(engine):
    """A server takes ten times as long for each."""
    usual = settings.default.max_examples
    return usual // 20 if engine == "postgresql" else usual * 2 // 5


@pytest.mark.hypothesis
def test_rows_drawn_again_are_the_rows_drawn_live_and_agree_with_the_hall(where, tries):
    @settings(max_examples=tries, phases=FOUND)
    @given(history=st.lists(deeds, min_size=20, max_size=60), slice_size=st.integers(1, 20))
    def holds(history, slice_size):
        journal = emptied(where)
        hall = Hall(journal)
        for deed in history:
            hall.do(deed)
        agrees_today(drawn(journal, slice_size), hall)
        hall.ask(asks.CloseDay)
        drawn(journal, slice_size)
        live = rows(journal)
        agrees(journal, hall)
        rebuild(journal)
        assert rows(journal) == live
        journal.close()

    holds()


def drawn(journal, slice_size):
    while project(journal, slice_size):
        pass
    with journal.transaction() as connection:
        return {row.ticket: row for row in connection.execute(t.tickets.select())}


def agrees_today(tickets, hall):
    for ticket in hall.head.hall.tickets.values():
        state = "served" if ticket.life is Life.DONE else ticket.life.value
        row = tickets[ticket.id]
        assert row.state == state
        if ticket.place != "desk":
            assert (row.finished_at is None) == (state in {"waiting", "called", "serving", "parked"})


def agrees(journal, hall):
    for closed in hall.closed:
        figures = counts(journal, closed.day)
        told = (closed.issued, closed.served, closed.missed, closed.left)
        assert (figures.issued, figures.served, figures.missed, figures.left) == told
    with journal.transaction() as connection:
        tickets = connection.execute(t.tickets.select()).all()
        steps = connection.execute(t.steps.select()).all()
    for row in tickets:
        assert row.finished_at is not None
        assert (row.first_called_at is None) == (row.waited_s is None) == (row.windows == "")
    for step in steps:
        moments = [step.first_called_at, step.started_at, step.accepted_at, step.finished_at]
        said = [moment for moment in moments if moment is not None]
        assert said == sorted(said)
        assert (step.seconds is None) == (step.finished_at is None) == (step.outcome is None)
        if step.outcome not in {None, "parked"} and step.seconds:
            worked = (at(step.finished_at) - at(step.started_at)).total_seconds() - step.parked_s
            assert abs(worked - step.seconds) <= 2


def at(moment):
    return datetime.fromisoformat(moment)
