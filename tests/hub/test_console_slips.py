"""The papers of the hall's own day order themselves: once each, however many consoles look, and only where the policy says so."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from datetime import datetime, time

import msgspec
import pytest

from hall.card import Card
from hall.policy import USUAL
from hall.topics import MEMBER_LIMIT
from hub.console.cases.room import Cases
from hub.console.desk.supplies import Counted, Supplies
from hub.console.door.office import Office
from hub.console.mirror.past import Past
from hub.console.mirror.picture import draw
from hub.console.mirror.replica import Replica
from hub.console.mirror.today import DayFigures
from hub.console.rooms import Rooms
from hub.console.slips.printing import Papers

from .conftest import START

ON = msgspec.structs.replace(USUAL, morning_slip=True, day_slip=True)


class Stage:
    """A console's copy of the hall on the rig: what papers ask of the one that serves pages, without its thread."""

    duty = ("006",)

    def __init__(self, rig, folder, member):
        self.rig, self.store = rig, rig.where
        self.past = Past(rig.where)
        self.replica = Replica(
            rig.plan,
            member=member,
            link=rig.broker.link(member, MEMBER_LIMIT),
            scheduler=rig.scheduler,
            card=Card(folder / f"{member}.db"),
            past=self.past,
            on_change=lambda: None,
        )
        self.replica.open()
        rig.run_for(1)
        self.office = Office(folder / f"{member}-people.db")
        cases = Cases(
            lambda: rig.plan,
            self.office,
            lambda: Past(rig.where),
            now=rig.scheduler.now,
            broken=lambda _member, _alert: False,
        )
        self.supplies = Supplies(self.office, rig.plan.timezone, rig.scheduler.now)
        self.papers = Papers(Rooms(self, self.office, cases, None, self.supplies, None))

    @property
    def picture(self):
        return draw(self.replica, 1)

    def look(self, call):
        future = Future()
        future.set_result(call(self.replica))
        return future

    def now(self):
        return self.rig.scheduler.now()

    def figures(self):
        return DayFigures()

    def ask(self, ask):
        future = Future()
        self.replica.ask(ask, future.set_result)
        self.rig.run_for(2)
        return future

    def look_at_the_clock(self):
        asyncio.run(self.papers.look())

    def close(self):
        self.replica.close()
        self.rig.settle()
        self.office.close()
        self.past.close()


def at(clock):
    return datetime.combine(START.date(), time.fromisoformat(clock), START.tzinfo)


@pytest.fixture
def early(make_rig, tmp_path):
    """A quarter to nine in a hall with posted hours; two consoles look."""
    stages = []

    def begin(policy=ON):
        rig = make_rig(start=at("08:45"), always=False, policy=policy)
        rig.start_hub()
        stages.extend(Stage(rig, tmp_path, f"console-{n}") for n in (1, 2))
        return rig, stages

    yield begin
    for stage in stages:
        stage.close()


def ordered(rig):
    return [(fact["order"], fact["slip"]["type"]) for fact in rig.facts("HallSlipOrdered")]


def test_the_morning_slip_is_ordered_ten_minutes_before_opening_once_for_both_consoles(early):
    rig, stages = early()
    for stage in stages:
        asyncio.run(stage.supplies.write([Counted(name="印泥", least=2, count=1)], "guide"))
        stage.look_at_the_clock()
    assert ordered(rig) == [], "it is not time yet"
    rig.run_for((at("08:51") - rig.scheduler.now()).total_seconds())
    for stage in [*stages, *stages]:
        stage.look_at_the_clock()
    assert ordered(rig) == [("slip-morning-2026-11-23", "morning")]
    slip = rig.facts("HallSlipOrdered")[0]["slip"]
    assert (slip["duty"], slip["opens"]) == (["006"], "9:00")
    assert slip["short_of"] == [{"name": "印泥", "count": 1, "least": 2}]


def test_the_day_slip_is_ordered_when_the_day_is_closed(early):
    rig, stages = early()
    rig.run_for((at("17:05") - rig.scheduler.now()).total_seconds())
    for stage in [*stages, *stages]:
        stage.look_at_the_clock()
    assert ordered(rig) == [("slip-day-2026-11-23", "day")]


def test_nothing_is_ordered_where_nobody_switched_it_on(early):
    rig, stages = early(USUAL)
    rig.run_for((at("08:51") - rig.scheduler.now()).total_seconds())
    stages[0].look_at_the_clock()
    rig.run_for((at("17:05") - rig.scheduler.now()).total_seconds())
    stages[0].look_at_the_clock()
    assert ordered(rig) == []
