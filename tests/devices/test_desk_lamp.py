"""The lamp at the guide desk goes out by itself, whatever becomes of the hub and of this machine's clock."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from devices.parts.desk_lamp import LIT_S, DeskLamp
from hall.clock import VirtualScheduler
from hall.messages.wants import Lamp

MORNING = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def scheduler():
    return VirtualScheduler(start=MORNING)


@pytest.fixture
def looks(scheduler):
    return []


@pytest.fixture
def lamp(scheduler, looks):
    return DeskLamp(scheduler, looks.append)


def wanted(seconds, rev="r-1"):
    return Lamp(rev=rev, on=True, until=MORNING + timedelta(seconds=seconds))


def test_it_is_lit_until_its_time_and_dark_afterwards_without_another_word(scheduler, lamp, looks):
    lamp.want(wanted(180), clock_ok=True)
    scheduler.run_for(179)
    assert looks == [True]
    scheduler.run_for(2)
    assert looks == [True, False]


def test_it_goes_out_at_the_hubs_word(scheduler, lamp, looks):
    lamp.want(wanted(180), clock_ok=True)
    lamp.want(Lamp(rev="r-2"), clock_ok=True)
    scheduler.run_for(300)
    assert looks == [True, False]


def test_somebody_else_keeps_it_lit(scheduler, lamp, looks):
    lamp.want(wanted(60), clock_ok=True)
    lamp.want(wanted(120, rev="r-2"), clock_ok=True)
    scheduler.run_for(100)
    assert looks[-1] is True
    scheduler.run_for(21)
    assert looks[-1] is False


def test_what_is_told_again_after_its_time_does_not_light_it(scheduler, lamp, looks):
    lamp.want(wanted(60), clock_ok=True)
    scheduler.run_for(61)
    lamp.want(wanted(60), clock_ok=True)
    assert looks == [True, False]


def test_a_word_from_before_the_restart_is_obeyed_for_the_time_that_is_left(scheduler, lamp, looks):
    lamp.want(wanted(-1), clock_ok=True)
    assert looks == [False]


def test_where_the_clock_is_wrong_it_burns_for_its_own_time(scheduler, lamp, looks):
    lamp.want(wanted(-86_400), clock_ok=False)
    scheduler.run_for(LIT_S - 1)
    assert looks == [True]
    scheduler.run_for(2)
    assert looks == [True, False]
