"""The hall's calendar: opens and closes the day by the posted hours, and has dispensers lent their numbers.

Rules:

* Which hours are posted for a date is :mod:`hub.domain.calendar`'s business: weekday, special days, holidays.
* Open from the posted minute (also when the hub starts late) until the posted minute, or the extended one; then as long as
  somebody holds a number; at :data:`~hub.domain.extension.LATEST` at the latest. Who then still waits is recorded as left.
* A hall that is always open closes and opens at midnight.
* One day at a time, and never a day that was opened before: its numbers are out. A clock that jumps back to such a day leaves
  the open one open; a manager may close it.
* A day that somebody closed by hand stays closed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault
from hall.messages import asks
from hall.messages.common import MemberKind
from hub.domain import calendar, orders
from hub.domain.extension import LATEST
from hub.domain.hall import Hall

log = logging.getLogger(__name__)

#: The wall clock is looked at this often, because it may be set by hand or by the network.
LOOK_S: Seconds = 60.0


def _at(now: datetime, when: time) -> datetime:
    return datetime.combine(now.date(), when, now.tzinfo)


class Days:
    """Keeps the day."""

    def __init__(
        self,
        *,
        hall: Callable[[], Hall],
        order: Callable[[orders.AnyOrder | asks.AnyAsk], None],
        had_day: Callable[[str], bool],
        scheduler: Scheduler,
    ) -> None:
        """`had_day` says whether a day was opened before."""
        self._hall, self._order = hall, order
        self._had_day, self._scheduler = had_day, scheduler
        self._timer: Timer | None = None
        self._said = ""

    def start(self) -> None:
        """Look now, and whenever the clock says so."""
        self.look()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def look(self) -> None:
        """Hand in whatever the clock and the hall's state call for."""
        now = self._scheduler.now()
        try:
            self._keep(now)
            self._lend(now)
        except Fault as fault:  # whether a day was there before, only the store knows
            log.error("the calendar waits: %s", fault)
        self.stop()
        self._timer = self._scheduler.call_later(self._wait(now), self.look)

    def on_facts(self) -> None:
        """The hall has changed: the last person may have left after closing time."""
        try:
            if self._hall().open and self._closes(self._scheduler.now()):
                self._order(self._close())
        except Fault as fault:
            log.error("the calendar waits: %s", fault)

    # ----------------------------------------------------------------

    def _keep(self, now: datetime) -> None:
        hall, today = self._hall(), now.date().isoformat()
        if hall.open:
            if self._closes(now):
                self._order(self._close())
                if self._opens(now):
                    self._order(self._open(now))
        elif self._opens(now):
            self._order(self._open(now))
        if hall.open and hall.day is not None and today < hall.day:
            self._say_once(f"the clock says {today}, but {hall.day} is open: it stays open")

    def _opens(self, now: datetime) -> bool:
        """Whether today has to be opened."""
        today = now.date().isoformat()
        if self._hall().plan.hours.always:
            due = True
        else:
            hours = self._posted(now)
            due = hours is not None and hours.opens <= now < hours.closes
        return due and self._hall().day != today and not self._had_day(today)

    def _closes(self, now: datetime) -> bool:
        """Whether the open day has to be closed."""
        hall, today = self._hall(), now.date().isoformat()
        if hall.day is None or today == hall.day:
            return self._over(now)
        if today > hall.day:
            return True
        return not self._had_day(today)  # the clock had run ahead

    def _over(self, now: datetime) -> bool:
        if self._hall().plan.hours.always:
            return False
        if now >= _at(now, LATEST):
            return True
        hours = self._posted(now)
        if hours is None:
            return False  # a manager opened a day that is not posted
        extended = self._hall().extended_until
        return now >= max(hours.closes, extended or hours.closes) and not self._hall().busy

    def _posted(self, now: datetime) -> calendar.Hours | None:
        return calendar.posted(self._hall().plan, self._hall().state.zone, now.date())

    def _wait(self, now: datetime) -> Seconds:
        """Seconds to the next moment that may matter."""
        moments = [_at(now, time(0, 0)) + timedelta(days=1), _at(now, LATEST)]
        hours = self._posted(now)
        if hours is not None:
            moments += [hours.opens, hours.closes]
        extended = self._hall().extended_until
        if extended is not None:
            moments.append(extended)
        return min(LOOK_S, *((m - now).total_seconds() for m in moments if m > now))

    def _lend(self, now: datetime) -> None:
        """Numbers for today and the next open day; the hall gives nothing where enough is lent."""
        day = date.fromisoformat(self._hall().day or now.date().isoformat())
        days = [day, calendar.next_open_day(self._hall().plan, self._hall().state.zone, day)]
        for member, entry in self._hall().plan.members.items():
            if entry.kind is MemberKind.DISPENSER:
                for which in days:
                    if which is not None:
                        self._order(orders.LendNumbers(member=member, day=which.isoformat()))

    @staticmethod
    def _close() -> asks.CloseDay:
        return asks.CloseDay(id="hub-close-day")

    @staticmethod
    def _open(now: datetime) -> asks.OpenDay:
        return asks.OpenDay(id=f"hub-open-{now.date().isoformat()}")

    def _say_once(self, line: str) -> None:
        if line != self._said:
            log.warning(line)
            self._said = line
