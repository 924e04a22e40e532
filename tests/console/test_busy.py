"""When the hall is busy: what past days can tell, and what they cannot."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hall.plan import HallPlan
from hall.settings import load
from hall.text import Text
from hall.tls import BrokerSettings
from hub.console.mirror.backstage import Backstage
from hub.console.phone.busy import KEPT_S, BusyHours, busy_page
from hub.console.reports.busy import Hour, Week
from hub.console.reports.rows import Visit
from hub.store import tables as t
from hub.store.engine import open_store

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


def test_the_store_is_counted_once_an_hour_however_many_look(tmp_path):
    store = str(tmp_path / "hub.db")
    plan = load(Path("deploy/hall.example.yaml"), HallPlan)
    backstage = Backstage(
        plan,
        member="console-web",
        broker=BrokerSettings(port=1),
        store=store,
        card=tmp_path / "card.db",
    )
    engine, today, clock = open_store(store), backstage.now().replace(hour=10), [0.0]

    def came(n):
        with engine.begin() as connection:
            for weeks in (1, 2, 3):
                at = today - timedelta(weeks=weeks)
                row = {"day": f"{at:%Y-%m-%d}", "number": "A001", "service": "withdrawal", "lane": "normal"}
                row |= {"via": "key", "arrived_at": at.isoformat(), "waited_s": 400, "state": "served"}
                rows = [row | {"ticket": f"{n}-{weeks}-{i}"} for i in range(n)]
                connection.execute(t.tickets.insert(), rows)

    async def look():
        hours = BusyHours(backstage, now=lambda: clock[0])
        came(2)
        first = await hours.week()
        came(4)
        again = await hours.week()
        clock[0] = KEPT_S
        return first, again, await hours.week()

    first, again, later = asyncio.run(look())
    assert first is again
    hour = Hour(weekday=today.weekday(), hour=10, came=2, wait_min=7)
    assert first.hours == (hour,)
    assert later.hours == (Hour(weekday=hour.weekday, hour=10, came=6, wait_min=7),)
    engine.dispose()
