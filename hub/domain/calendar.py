"""Posted hours.

Rules:

* A day is a date in the hall's time zone; ``always`` halls are open whatever the clock says.
* A date that is named as special has the hours named there, or none at all; every other one has those of its weekday.
* Tickets are issued from the posted opening minute up to the posted closing minute, never a minute less (C1). A day that is
  not posted and that a manager opened all the same has no posted close.
* At lunch the hall stays open: the windows named for it are staffed, the others say when they are back.
* The next opening is the first posted one after a moment, looked for over :data:`LOOK_DAYS` days: longer than any holiday.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from hall.plan import DayHours, HallPlan
from hall.text import Text

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOOK_DAYS = 45


class Lunch(NamedTuple):
    """The lunch hour of one day, and who stays."""

    begins: datetime
    ends: datetime
    windows: tuple[int, ...]


class Hours(NamedTuple):
    """Posted opening and closing of one day."""

    opens: datetime
    closes: datetime
    lunch: Lunch | None = None
    #: services for which numbers are given; none named: all
    services: tuple[str, ...] = ()
    #: windows meant to be staffed; none named: all
    windows: tuple[int, ...] = ()

    def lunch_at(self, at: datetime, window: int) -> Lunch | None:
        """The lunch hour in which this window is empty at `at`, if it is one."""
        lunch = self.lunch
        if lunch is None or not lunch.begins <= at < lunch.ends or window in lunch.windows:
            return None
        return lunch


def posted(plan: HallPlan, zone: tzinfo, day: date) -> Hours | None:
    """The hours posted for `day`; None when none are (closed that day, or always open)."""
    hours = _named(plan, day)
    if hours is None:
        return None

    def on(clock: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(clock), zone)

    lunch = None
    if hours.lunch is not None:
        lunch = Lunch(on(hours.lunch.begins), on(hours.lunch.ends), hours.lunch.windows)
    return Hours(on(hours.open), on(hours.close), lunch, hours.services, hours.windows)


def _named(plan: HallPlan, day: date) -> DayHours | None:
    if plan.hours.always:
        return None
    special = plan.hours.special.get(day.isoformat())
    return plan.hours.week.get(WEEK[day.weekday()]) if special is None else special.hours


def holiday(plan: HallPlan, day: date) -> Text | None:
    """Why the hall is closed on a day on which it would be open; None when it is not."""
    special = plan.hours.special.get(day.isoformat())
    return special.reason if special is not None and special.hours is None else None


def greeting(plan: HallPlan, day: date) -> Text | None:
    """What people are wished on a date: the festival's greeting, else the tip of the day, else nothing."""
    written = day.isoformat()
    festival = next((g.text for g in plan.greetings if g.begins <= written <= g.ends), None)
    if festival is not None:
        return festival
    return plan.tips[day.toordinal() % len(plan.tips)] if plan.tips else None


def foot(plan: HallPlan, day: date) -> Text:
    """What papers end with on a date: what people are wished, else what they usually end with."""
    return greeting(plan, day) or plan.foot


def greeting_changes(plan: HallPlan, zone: tzinfo, at: datetime) -> datetime | None:
    """When people may be wished something else: at midnight, where a hall has greetings or tips."""
    if not (plan.greetings or plan.tips):
        return None
    return datetime.combine(at.astimezone(zone).date() + timedelta(days=1), time(0, 0), zone)


def next_hours(plan: HallPlan, zone: tzinfo, at: datetime) -> Hours | None:
    """The first posted hours that begin after `at`."""
    today = at.astimezone(zone).date()
    days = (posted(plan, zone, today + timedelta(days=n)) for n in range(LOOK_DAYS))
    return next((hours for hours in days if hours is not None and hours.opens > at), None)


def next_open_day(plan: HallPlan, zone: tzinfo, after: date) -> date | None:
    """The next date after `after` on which the hall opens; None when none is in sight."""
    if plan.hours.always:
        return after + timedelta(days=1)
    days = (after + timedelta(days=n) for n in range(1, LOOK_DAYS))
    return next((day for day in days if posted(plan, zone, day) is not None), None)


def written(at: datetime) -> str:
    """A time of day as written on signs and papers: ``9:00``."""
    return f"{at.hour}:{at.minute:02d}"


def written_day(day: date) -> Text:
    """A date as written on papers: ``11月23日``, ``23 November``."""
    return Text(zh=f"{day.month}月{day.day}日", en=f"{day.day} {_MONTHS[day.month - 1]}")


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
