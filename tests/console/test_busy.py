"""When the hall is busy: what past days can tell, and what they cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hall.text import Text
from hub.console.phone.busy import busy_page
from hub.console.reports.busy import Hour, Week
from hub.console.reports.rows import Visit

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
HALL = Text(zh="大厅", en="Hall")


def week(weeks=3, waits=None, each=10):
    """Mondays on which `each` people came in every hour of `waits`, and waited so many minutes."""
    count = Week(UTC)
    for n in range(weeks):
        day = MONDAY + timedelta(weeks=n)
        visits = [
            Visit(
                ticket=f"{n}-{hour}-{i}",
                day=f"{day:%Y-%m-%d}",
                service="withdrawal",
                state="served",
                arrived=day + timedelta(hours=hour, minutes=i),
                waited_s=minutes * 60,
            )
            for hour, minutes in (waits or {9: 25, 10: 12, 14: 4}).items()
            for i in range(each)
        ]
        count.add(f"{day:%Y-%m-%d}", tuple(visits))
    return count.busy()


def best(busy, hour, minute=0, day=MONDAY):
    return busy.best(
        day + timedelta(hours=hour, minutes=minute),
        day + timedelta(hours=9),
        day + timedelta(hours=17),
    )


def test_an_hour_tells_who_came_a_day_and_how_long_nine_of_ten_waited():
    assert week().hours[0] == Hour(weekday=0, hour=9, came=10, wait_min=25)


def test_two_days_of_a_weekday_or_four_waits_are_no_measure():
    assert week(weeks=2).hours == ()
    assert week(weeks=4, each=1).hours == ()


def test_days_on_which_nobody_came_do_not_make_the_others_look_empty():
    count = Week(UTC)
    count.add("2026-11-02", ())
    assert count.busy().days == {}


def test_the_best_time_is_one_that_is_still_to_come_today():
    busy = week()
    assert best(busy, 8).hour == 14
    assert best(busy, 14, 1) is None
    assert best(busy, 17) is None


def test_there_is_no_best_time_where_all_are_about_as_good_or_the_weekday_was_not_measured():
    assert best(week(waits={9: 6, 10: 5, 14: 4}), 8) is None
    assert best(week(), 8, day=MONDAY + timedelta(days=1)) is None


def test_the_page_says_from_how_many_days_it_speaks_and_when_it_cannot_speak():
    said = busy_page(HALL, week(), None)
    assert "按2026-11-02至2026-11-16之间3天的实际记录" in said
    assert "<b>25</b> / 10" in said
    assert "记录的天数太少" in busy_page(HALL, week(weeks=1), None)
