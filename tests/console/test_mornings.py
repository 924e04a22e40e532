"""Who had no page open before the opening is told afterwards what is missing still, once, and sees a number until it was seen to."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from hall.messages.common import MemberState
from hall.plan import HallPlan
from hall.settings import load
from hub.console.membership.mornings import Mornings
from hub.console.mirror.picture import MemberSeen

ZONE = ZoneInfo("Asia/Shanghai")
#: a Monday, in the example hall's posted hours
OPENS = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)


@pytest.fixture(scope="module")
def plan():
    return load("deploy/hall.example.yaml", HallPlan)


@pytest.fixture
def mornings(plan):
    return Mornings(lambda: plan, ZONE, dict)


def picture(*lost, at=OPENS, hub=True):
    members = tuple(
        MemberSeen(
            member=name,
            kind="sign",
            window=None,
            state=MemberState.LOST if name in lost else MemberState.READY,
            troubles=(),
            codes=(),
        )
        for name in ("sign-1", "sign-2", "sign-3")
    )
    return SimpleNamespace(members=members, at=at, hub=hub, hours=SimpleNamespace(opens=None))


def left(mornings, *lost):
    return [need.member for need in mornings.left(mornings.now(picture(*lost)))]


def test_what_was_missing_before_the_opening_and_is_missing_still_is_told_afterwards(mornings):
    mornings.look(picture("sign-1", "sign-2"), OPENS - timedelta(minutes=9))
    assert left(mornings, "sign-2") == ["sign-2"]
    assert left(mornings) == []


def test_what_broke_later_is_no_business_of_the_morning(mornings):
    mornings.look(picture("sign-1"), OPENS - timedelta(minutes=5))
    assert left(mornings, "sign-1", "sign-3") == ["sign-1"]


@pytest.mark.parametrize("minutes", [-11, -60 * 8, 60 * 14])
def test_before_its_time_and_after_the_hall_has_closed_no_report_is_taken(mornings, minutes):
    mornings.look(picture("sign-1"), OPENS + timedelta(minutes=minutes))
    assert left(mornings, "sign-1") == []


def test_a_console_that_started_late_takes_it_then(mornings):
    mornings.look(picture("sign-1"), OPENS + timedelta(hours=1))
    assert left(mornings, "sign-1") == ["sign-1"]


def test_it_is_taken_once_a_day_and_by_the_halls_own_clock(mornings):
    mornings.look(picture("sign-1"), (OPENS - timedelta(minutes=10)).astimezone(UTC))
    mornings.look(picture("sign-1", "sign-2"), OPENS + timedelta(hours=1))
    assert left(mornings, "sign-1", "sign-2") == ["sign-1"]
    mornings.look(picture("sign-2"), OPENS + timedelta(days=1))
    assert left(mornings, "sign-1", "sign-2") == ["sign-2"]


def test_a_hub_that_is_away_says_nothing_of_anybody(mornings):
    mornings.look(picture("sign-1", hub=False), OPENS)
    mornings.look(None, OPENS)
    assert left(mornings, "sign-1") == []


def test_on_a_day_on_which_the_hall_is_closed_there_is_no_morning(mornings):
    sunday = OPENS - timedelta(days=1)
    mornings.look(picture("sign-1"), sunday)
    assert left(mornings, "sign-1") == []


def test_each_reads_it_for_themselves_and_tomorrows_anew(mornings):
    mornings.look(picture("sign-1"), OPENS)
    mornings.read("technician")
    assert not mornings.unread("technician")
    assert mornings.unread("manager")
    mornings.look(picture("sign-1"), OPENS + timedelta(days=1))
    assert mornings.unread("technician")
