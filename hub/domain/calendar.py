"""Posted hours.

Rules:

* A day is a date in the hall's time zone; ``always`` halls are open whatever the clock says.
* Tickets are issued from the posted opening minute up to the posted closing minute, never a minute less (C1). A day that is
  not posted and that a manager opened all the same has no posted close.
* The next opening is the first posted one after a moment, looked for over two weeks.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from hall.plan import HallPlan

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_DAYS = 15


class Hours(NamedTuple):
    """Posted opening and closing of one day."""

    opens: datetime
    closes: datetime


def posted(plan: HallPlan, zone: tzinfo, day: date) -> Hours | None:
    """The hours posted for `day`; None when none are (closed that day, or always open)."""
    hours = None if plan.hours.always else plan.hours.week.get(WEEK[day.weekday()])
    if hours is None:
        return None
    opens, closes = (datetime.combine(day, time.fromisoformat(t), zone) for t in (hours.open, hours.close))
    return Hours(opens, closes)


def next_hours(plan: HallPlan, zone: tzinfo, at: datetime) -> Hours | None:
    """The first posted hours that begin after `at`."""
    today = at.astimezone(zone).date()
    days = (posted(plan, zone, today + timedelta(days=n)) for n in range(_LOOK_DAYS))
    return next((hours for hours in days if hours is not None and hours.opens > at), None)


def written(at: datetime) -> str:
    """A time of day as written on signs and papers: ``9:00``."""
    return f"{at.hour}:{at.minute:02d}"
