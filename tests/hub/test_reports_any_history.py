"""Whatever happens in a hall: what a report counts from the read models is what a naive count over the facts says."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings

from hall.messages import asks
from hall.messages import facts as f
from hall.messages.common import Act, Outcome, Via
from hub.console.reports.count import Count, Promise
from hub.console.reports.figures import OF_VISITS, Axis
from hub.console.reports.records import Records
from hub.domain.ticket import Life
from hub.store.readmodels import project

from .any_hall import FOUND, SERVICES, AnyHall, emptied, histories

pytestmark = pytest.mark.both_stores

LAST = "2027-01-31"


class Hall(AnyHall):
    """What people do there."""

    apart_s = 1

    def somebody(self, n, life):
        mine = [id_ for id_, ticket in self.head.hall.tickets.items() if ticket.life is life]
        return mine[n % len(mine)] if mine else "nobody"

    def take(self, _n, a, _b):
        self.ask(asks.TakeTicket, service=SERVICES[a % 2], lane="normal", via=Via.DISPENSER)

    def do(self, deed):
        n, which, a, b = deed
        window = self.head.hall.state.windows[n]
        here = self.with_nobody if window.ticket is None else self.with_somebody
        around = [*here, *here, *self.anywhere]
        around[which % len(around)](n, a, b)

    @property
    def with_somebody(self):
        plain = [asks.Start, asks.Accept, asks.Park, asks.NoShow, asks.Recall]
        outcome, to = list(Outcome), [*SERVICES, "desk"]
        return [
            *(lambda n, _a, _b, kind=kind: self.ask(kind, window=n) for kind in plain),
            lambda n, a, _b: self.ask(asks.Finish, window=n, outcome=outcome[a % 7], detail="身份证"),
            lambda n, a, _b: self.ask(asks.Finish, window=n, outcome=outcome[a % 2]),
            lambda n, a, b: self.ask(asks.Transfer, window=n, to=to[a % len(to)], carry=b > 6),
        ]

    @property
    def with_nobody(self):
        return [
            lambda n, _a, _b: self.ask(asks.CallNext, window=n),
            lambda n, a, _b: self.ask(asks.CallTicket, window=n, ticket=self.somebody(a, Life.WAITING)),
            lambda _n, a, _b: self.ask(asks.ResumeTicket, ticket=self.somebody(a, Life.PARKED)),
        ]

    @property
    def anywhere(self):
        return [
            self.take,
            self.take,
            lambda _n, a, _b: self.ask(asks.ReturnTicket, ticket=self.somebody(a, Life.MISSED)),
            lambda _n, a, b: (
                self.ask(asks.Cancel, ticket=self.somebody(a, Life.WAITING)) if b < 2 else self.rate(a, b)
            ),
            lambda n, _a, _b: self.ask(asks.Undo, window=n),
            lambda _n, _a, b: self.night() if b == 0 else self.clock.run_for(60 * b),
        ]


class Naive:
    """Counts facts as somebody would with pencil and paper."""

    def __init__(self, told):
        self.service, self.arrived, self.life = {}, {}, {}
        self.calls, self.ends, self.grades = {}, {}, {}
        for fact in told:
            self.hear(fact)

    def hear(self, fact):
        match fact:
            case f.TicketIssued():
                self.service[fact.ticket], self.arrived[fact.ticket] = fact.service, fact.arrived or fact.at
                self.life[fact.ticket] = "open"
            case f.TicketCalled():
                self.calls.setdefault((fact.ticket, fact.step), (fact.window, fact.at))
                self.life[fact.ticket] = "open"
            case f.ServiceFinished():
                self.ends[fact.ticket, fact.step] = fact
                self.life[fact.ticket] = "served"
            case f.TicketTransferred():
                self.ends[fact.ticket, fact.step] = fact
                self.life[fact.ticket] = "desk" if fact.to == "desk" else "open"
            case f.DeskServed():
                self.life[fact.ticket] = "served"
            case f.TicketMissed():
                self.life[fact.ticket] = "missed"
            case f.TicketReturned() | f.TicketResumed() | f.TicketParked():
                self.life[fact.ticket] = "open"
            case f.TicketCancelled():
                self.life[fact.ticket] = "cancelled"
            case f.TicketLeft():
                self.life[fact.ticket] = "left"
            case f.TicketRated():
                self.grades[fact.ticket, fact.step] = fact.grade
            case f.ActUndone():
                self.life[fact.ticket] = "open"
                if fact.what is Act.CALL:
                    del self.calls[fact.ticket, fact.step]
                if fact.what in {Act.FINISH, Act.TRANSFER}:
                    del self.ends[fact.ticket, fact.step]
            case f.DayClosed():
                for ticket, life in self.life.items():
                    if life == "desk":
                        self.life[ticket] = "served"

    @property
    def worked(self):
        return {key: fact for key, fact in self.ends.items() if fact.seconds}

    @property
    def waits(self):
        first = {}
        for (ticket, _), (_, at) in sorted(self.calls.items(), key=lambda call: call[1][1]):
            first.setdefault(ticket, at)
        return [round((at - self.arrived[ticket]).total_seconds()) for ticket, at in first.items()]


def agrees(report, naive):
    total, lives = report.total, Counter(naive.life.values())
    assert total.issued == len(naive.service)
    assert (total.served, total.missed, total.left, total.cancelled) == tuple(
        lives[life] for life in ("served", "missed", "left", "cancelled")
    )
    assert total.open == lives["open"] + lives["desk"]
    assert total.calls == len(naive.calls)
    assert (total.steps, total.handling.sum_s) == (
        len(naive.worked),
        sum(fact.seconds for fact in naive.worked.values()),
    )
    assert total.grades == Counter(naive.grades.values())
    assert (total.waits.count, total.waits.sum_s) == (len(naive.waits), sum(naive.waits))
    assert total.endings.get("done", 0) == sum(
        isinstance(fact, f.ServiceFinished) and fact.outcome is Outcome.DONE for fact in naive.ends.values()
    )
    for service, issued in Counter(naive.service.values()).items():
        assert of(report, Axis.SERVICE, service).issued == issued
    for window, calls in Counter(window for window, _ in naive.calls.values()).items():
        assert of(report, Axis.WINDOW, str(window)).calls == calls
    for axis in OF_VISITS:
        assert sum(group.figures.issued for group in report.groups(axis)) == total.issued
    for axis in Axis:
        assert sum(group.figures.handling.sum_s for group in report.groups(axis)) == total.handling.sum_s
        assert sum(group.figures.rated for group in report.groups(axis)) == total.rated


def of(report, axis, key):
    return next(group.figures for group in report.groups(axis) if group.key == key)


@pytest.fixture
def tries(engine):
    """A store on a disk or a server takes its time."""
    return settings.default.max_examples // (20 if engine == "postgresql" else 4)


@pytest.mark.hypothesis
def test_a_report_says_what_a_naive_count_over_the_facts_says(where, tries):
    @settings(max_examples=tries, phases=FOUND)
    @given(history=histories)
    def holds(history):
        journal = emptied(where, on_disk=True)
        hall = Hall(journal)
        for deed in history:
            hall.do(deed)
        while project(journal):
            pass
        records, count = Records(where), Count(Promise())
        for day in records.days("2026-11-23", LAST):
            count.add(day, hall.clock.now())
        agrees(count.report("2026-11-23", LAST, hall.clock.now()), Naive(hall.told))
        records.close()
        journal.close()

    holds()
