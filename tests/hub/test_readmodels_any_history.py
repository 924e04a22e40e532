"""Whatever happens in a hall: rows drawn live, slice by slice, are the rows drawn again from the journal, and agree with the hall."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.messages import asks
from hall.messages.common import Outcome, Span, Via
from hall.messages.facts import DayClosed
from hub.domain.ticket import Life
from hub.store import tables as t
from hub.store.readmodels import counts, project, rebuild

from .any_hall import FOUND, SERVICES, WINDOWS, AnyHall, emptied, histories

pytestmark = pytest.mark.both_stores


class Hall(AnyHall):
    """What people do there."""

    def ticket(self, n, life=None):
        """The ticket that somebody means: one that stands there in its life, if there is any."""
        tickets = self.head.hall.tickets
        mine = [id_ for id_, ticket in tickets.items() if ticket.life is life] or list(tickets)
        return mine[n % len(mine)] if mine else "nobody"

    def enter_by_hand(self, a, b):
        """Some numbers of the book; the first of them were served."""
        first, last = f"A{8001 + self.asked}", f"A{8001 + self.asked + a}"
        served = (Span(first=first, last=f"A{8000 + self.asked + b}"),) if b else ()
        self.ask(asks.EnterByHand, service=SERVICES[0], first=first, last=last, served=served)

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
            lambda _n, a, b: self.enter_by_hand(a, b),
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


def rows(journal):
    with journal.transaction() as connection:
        return [
            sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in (t.tickets, t.steps, t.seats, t.pauses)
        ]


@pytest.fixture
def tries(engine):
    """A server takes ten times as long for each."""
    usual = settings.default.max_examples
    return usual // 20 if engine == "postgresql" else usual * 2 // 5


@pytest.mark.hypothesis
def test_rows_drawn_again_are_the_rows_drawn_live_and_agree_with_the_hall(where, tries):
    @settings(max_examples=tries, phases=FOUND)
    @given(history=histories, slice_size=st.integers(1, 20))
    def holds(history, slice_size):
        journal = emptied(where, on_disk=False)
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
    for closed in (fact for fact in hall.told if isinstance(fact, DayClosed)):
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
