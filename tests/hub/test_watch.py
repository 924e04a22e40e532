"""The hub looks around in time, and hands in nothing when nothing is due."""

from datetime import timedelta

import pytest

from hub.domain import orders
from hub.watch import LOOK_S, SOON_S, Watch


class Clockwork:
    """A hall of which only the time at which something is due is known."""

    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.n = 1
        self.due = None

    def next_look(self, at):
        return None if self.due is None else max(self.due, at)


@pytest.fixture
def clockwork(rig):
    """A watch that runs beside the rig's clock, and the moments at which it handed a look in."""
    hall, handed = Clockwork(rig.scheduler), []

    def order(what):
        assert isinstance(what, orders.LookAround)
        handed.append(rig.scheduler.now())

    hall.watch = Watch(hall=lambda: hall, order=order, scheduler=rig.scheduler)
    hall.handed = handed
    hall.watch.start()
    yield hall
    hall.watch.stop()


def test_a_hall_in_which_nothing_is_due_is_left_in_peace(rig, clockwork):
    rig.scheduler.run_for(3600)
    assert clockwork.handed == []


def test_a_look_is_handed_in_at_the_moment_the_hall_names(rig, clockwork):
    clockwork.due = rig.scheduler.now() + timedelta(seconds=23)
    rig.scheduler.run_for(60)
    assert clockwork.handed == [clockwork.due]


def test_what_became_due_by_something_that_happened_is_looked_at_within_a_second(rig, clockwork):
    rig.scheduler.run_for(0.5)
    happened = clockwork.due = rig.scheduler.now()
    clockwork.watch.on_facts()
    rig.scheduler.run_for(LOOK_S)
    assert [(at - happened).total_seconds() for at in clockwork.handed] == [SOON_S]


def test_a_wall_clock_that_jumps_is_noticed_within_ten_seconds(rig, clockwork):
    clockwork.due = rig.scheduler.now() + timedelta(days=1)
    rig.scheduler.run_for(1)
    clockwork.due = rig.scheduler.now()
    rig.scheduler.run_for(LOOK_S)
    assert len(clockwork.handed) == 1


def test_a_look_that_the_store_has_not_taken_yet_is_not_handed_in_again(rig, clockwork):
    clockwork.due = rig.scheduler.now()
    clockwork.watch.on_facts()
    rig.scheduler.run_for(600)
    assert len(clockwork.handed) == 1
    clockwork.n += 1
    rig.scheduler.run_for(LOOK_S)
    assert len(clockwork.handed) == 2
