"""The calendar: posted hours to the minute, one day at a time, no number twice whatever the clock does."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hall.plan import DayHours, HoursPlan, SpecialDay
from hall.text import Text

ZONE = ZoneInfo("Asia/Shanghai")


def days(rig):
    return [(f["type"], f["day"]) for f in rig.facts() if f["type"] in {"DayOpened", "DayClosed"}]


def at(hour, minute=0, day=23):
    """A moment of that week; 23 November 2026 is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def hall_from(make_rig, start):
    rig = make_rig(always=False, start=start)
    rig.start_hub()
    return rig


def set_clock(rig, when):
    """Somebody sets the wall clock; the monotonic one goes on."""
    rig.scheduler._start = when - timedelta(seconds=rig.scheduler.mono())


def test_the_hall_opens_at_the_posted_minute(make_rig):
    rig = hall_from(make_rig, at(8, 30))
    rig.scheduler.run_until(at(8, 59))
    assert days(rig) == []
    rig.scheduler.run_until(at(9, 0) + timedelta(seconds=1))
    assert days(rig) == [("DayOpened", "2026-11-23")]


def test_a_hub_that_starts_late_opens_at_once(make_rig):
    assert days(hall_from(make_rig, at(10, 17))) == [("DayOpened", "2026-11-23")]


def test_a_hub_that_starts_after_closing_or_on_a_free_day_opens_nothing(make_rig):
    assert days(hall_from(make_rig, at(17, 0))) == []
    assert days(hall_from(make_rig, at(10, 0, day=22))) == []


def test_a_holiday_opens_nothing_and_a_working_sunday_does(make_rig):
    reason = Text(zh="调休", en="day moved")
    week = {"mon": DayHours(open="09:00", close="17:00")}
    special = {
        "2026-11-23": SpecialDay(reason=reason),
        "2026-11-22": SpecialDay(reason=reason, hours=DayHours(open="10:00", close="12:00")),
    }
    rig = make_rig(start=at(8, 0, day=22), hours=HoursPlan(week=week, special=special))
    rig.start_hub()
    rig.scheduler.run_until(at(8, 0, day=24))
    assert days(rig) == [("DayOpened", "2026-11-22"), ("DayClosed", "2026-11-22")]
    lent = {f["day"] for f in rig.facts() if f["type"] == "NumbersLent"}
    assert lent == {"2026-11-22", "2026-11-30"}


def test_the_day_closes_at_the_posted_minute_when_nobody_waits(make_rig):
    rig = hall_from(make_rig, at(16, 59))
    rig.scheduler.run_until(at(16, 59) + timedelta(seconds=59))
    assert len(days(rig)) == 1
    rig.scheduler.run_until(at(17, 0) + timedelta(seconds=1))
    assert days(rig)[-1] == ("DayClosed", "2026-11-23")


def test_whoever_holds_a_number_is_served_after_closing_and_then_the_day_closes(make_rig):
    rig = hall_from(make_rig, at(16, 50))
    console = rig.member("console-1")
    dispenser = rig.member("dispenser-1")
    console.ask("sit", window=1, clerk="011")
    dispenser.take(id_="t1")
    rig.scheduler.run_until(at(17, 30))
    assert rig.hall.open
    assert console.ask("call_next", window=1)["ok"]
    assert console.ask("finish", window=1, outcome="done")["ok"]
    rig.run_for(1)
    assert days(rig)[-1] == ("DayClosed", "2026-11-23")
    assert rig.facts("TicketLeft") == []


def test_extended_hours_keep_the_day_open(make_rig):
    rig = hall_from(make_rig, at(16, 50))
    rig.member("console-1").ask("extend_hours", until=at(18, 0).isoformat())
    rig.scheduler.run_until(at(17, 59))
    assert rig.hall.open
    rig.scheduler.run_until(at(18, 1))
    assert not rig.hall.open


def test_at_the_latest_the_day_closes_before_midnight_and_names_who_is_left(make_rig):
    rig = hall_from(make_rig, at(16, 50))
    rig.member("dispenser-1").take(id_="t1")
    rig.scheduler.run_until(at(23, 56))
    assert days(rig)[-1] == ("DayClosed", "2026-11-23")
    assert [f["ticket"] for f in rig.facts("TicketLeft")] == ["t1"]


def test_a_day_closed_by_hand_stays_closed_and_the_next_opens(make_rig):
    rig = hall_from(make_rig, at(9, 30))
    answer = rig.member("console-1").ask("close_day")
    assert answer["facts"][0]["type"] == "DayClosed"
    rig.scheduler.run_until(at(16, 0))
    assert not rig.hall.open
    rig.scheduler.run_until(at(9, 1, day=24))
    assert days(rig)[-1] == ("DayOpened", "2026-11-24")


def test_a_restart_in_the_evening_opens_nothing_again(make_rig):
    rig = hall_from(make_rig, at(16, 59))
    rig.scheduler.run_until(at(17, 5))
    rig.kill_hub()
    rig.start_hub()
    rig.run_for(120)
    assert [kind for kind, _ in days(rig)] == ["DayOpened", "DayClosed"]


def test_a_hub_that_slept_over_night_closes_the_old_day_first(make_rig):
    rig = hall_from(make_rig, at(16, 0))
    rig.kill_hub()
    rig.scheduler.run_until(at(10, 0, day=24))
    rig.start_hub()
    assert days(rig) == [
        ("DayOpened", "2026-11-23"),
        ("DayClosed", "2026-11-23"),
        ("DayOpened", "2026-11-24"),
    ]


def test_a_hall_that_is_always_open_turns_the_day_at_midnight(make_rig):
    rig = make_rig(start=at(23, 59))
    rig.start_hub()
    dispenser = rig.member("dispenser-1")
    assert dispenser.take()["facts"][0]["number"] == "A001"
    rig.scheduler.run_until(at(0, 0, day=24) + timedelta(seconds=1))
    assert days(rig) == [
        ("DayOpened", "2026-11-23"),
        ("DayClosed", "2026-11-23"),
        ("DayOpened", "2026-11-24"),
    ]
    assert dispenser.take()["facts"][0]["number"] == "A001"


def test_a_clock_that_jumps_back_gives_no_number_twice(make_rig):
    rig = make_rig(start=at(23, 59))
    rig.start_hub()
    dispenser = rig.member("dispenser-1")
    dispenser.take()
    rig.scheduler.run_until(at(0, 5, day=24))
    set_clock(rig, at(12, 0, day=23))
    rig.run_for(180)
    assert rig.hall.day == "2026-11-24"
    assert dispenser.take()["facts"][0]["number"] == "A001"
    assert len([d for d in days(rig) if d[0] == "DayOpened"]) == 2


def test_a_clock_that_had_run_ahead_comes_back_to_a_day_that_was_not_opened(make_rig):
    rig = make_rig(start=datetime(2036, 11, 22, 9, 0, tzinfo=ZONE))
    rig.start_hub()
    set_clock(rig, at(9, 0))
    rig.run_for(120)
    assert (rig.hall.open, rig.hall.day) == (True, "2026-11-23")


def test_a_clock_that_jumps_ahead_opens_one_day_only(make_rig):
    rig = make_rig(start=at(9, 0))
    rig.start_hub()
    set_clock(rig, datetime(2036, 11, 22, 9, 0, tzinfo=ZONE))
    rig.run_for(120)
    assert [d for d in days(rig) if d[0] == "DayOpened"] == [
        ("DayOpened", "2026-11-23"),
        ("DayOpened", "2036-11-22"),
    ]


def test_dispensers_are_lent_numbers_for_today_and_the_next_open_day(make_rig):
    rig = hall_from(make_rig, at(10, 0, day=27))
    numbers = rig.wants("dispenser-1", "numbers")
    assert numbers["day"] == "2026-11-27"
    assert numbers["next"]["day"] == "2026-11-30"
    lent = [(b["letter"], b["from"]) for b in numbers["blocks"]]
    other = [(b["letter"], b["from"]) for b in rig.wants("dispenser-2", "numbers")["blocks"]]
    assert set(lent).isdisjoint(other)


def test_lending_is_done_once(make_rig):
    rig = make_rig()
    rig.start_hub()
    rig.run_for(600)
    lent = [(f["member"], f["day"]) for f in rig.facts("NumbersLent")]
    assert len(lent) == len(set(lent)) == 4
