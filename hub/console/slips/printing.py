"""Orders the papers of the hall's own day: by the clock where the policy says so, and at the press of a button.

Rules:

* The morning slip is due from :data:`BEFORE` the posted opening until it; the day slip once the day that was open today is closed. Each
  is ordered with an id made from its day: whoever asks again, here or at another console, asks for the same paper.
* A button prints what is true at that moment, as often as it is pressed.
* The hall is read in the loop's thread; what the stores know is read before, in a worker thread.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import date, datetime, timedelta

from hall.errors import Fault
from hall.messages.asks import PrintSlip
from hall.messages.hall_slips import DaySlip, MorningSlip
from hub.console.cases.room import Cases
from hub.console.rooms import Rooms
from hub.console.slips import content
from hub.console.slips.content import CasesNow, LastDay
from hub.console.slips.last_day import last_day
from hub.domain import calendar
from hub.domain.hall import Hall

log = logging.getLogger(__name__)

BEFORE = timedelta(minutes=10)
#: How often the clock is looked at, seconds.
LOOK_S = 15.0


class Papers:
    """The console's side of the two slips."""

    def __init__(self, rooms: Rooms) -> None:
        """Nothing is ordered yet."""
        self._backstage, self._office, self._cases = rooms.backstage, rooms.office, rooms.cases
        self._supplies, self._membership = rooms.supplies, rooms.membership
        self._ordered: set[str] = set()

    async def morning(self) -> MorningSlip:
        """The morning slip as it is now."""
        now = self._backstage.now()
        last = await asyncio.to_thread(self._last, now)
        cases = cases_now(self._cases, now)
        duty, short_of = self._backstage.duty, self._supplies.order_note()

        def write(hall: Hall) -> MorningSlip:
            picture = self._backstage.picture
            members = () if picture is None else picture.members
            standing = {} if self._membership is None else self._membership.seen
            return content.morning(
                hall,
                now,
                members=members,
                standing=standing,
                duty=duty,
                cases=cases,
                last=last,
                short_of=short_of,
            )

        return await asyncio.wrap_future(self._backstage.look(lambda replica: write(replica.hall)))

    async def day(self) -> DaySlip:
        """The day slip as it is now."""
        now = self._backstage.now()
        cases = cases_now(self._cases, now)
        duty, figures = self._backstage.duty, self._backstage.figures

        def write(hall: Hall) -> DaySlip:
            return content.day(hall, figures(), now, duty=duty, cases=cases)

        return await asyncio.wrap_future(self._backstage.look(lambda replica: write(replica.hall)))

    async def look(self) -> None:
        """Order what is due by the clock."""
        picture = self._backstage.picture
        if picture is None or picture.hub is not True:
            return
        now = self._backstage.now()
        due: tuple[str | None, str | None] = await asyncio.wrap_future(
            self._backstage.look(lambda replica: due_now(replica.hall, now))
        )
        for kind, which, write in (("morning", due[0], self.morning), ("day", due[1], self.day)):
            order = None if which is None else f"slip-{kind}-{which}"
            if order is not None and order not in self._ordered:
                await self._order(PrintSlip(id=order, slip=await write()))

    async def _order(self, ask: PrintSlip) -> None:
        try:
            answer = await asyncio.wrap_future(self._backstage.ask(ask))
        except TimeoutError:
            return
        self._ordered.add(ask.id)
        if not answer.ok:
            log.warning("a slip was refused", extra={"slip": ask.id, "code": answer.code})

    def _last(self, now: datetime) -> LastDay | None:
        try:
            return last_day(self._backstage.store, now.date().isoformat())
        except Fault as fault:
            log.warning("the last day is not known: %s", fault)
            return None


def due_now(hall: Hall, now: datetime) -> tuple[str | None, str | None]:
    """The days whose morning slip and day slip are due."""
    s = hall.state
    today = now.astimezone(s.zone).date()
    hours = calendar.posted(s.plan, s.zone, today)
    morning = s.policy.morning_slip and hours is not None and hours.opens - BEFORE <= now < hours.opens
    closed = s.policy.day_slip and not s.open and s.day == today.isoformat()
    return (today.isoformat() if morning else None, today.isoformat() if closed else None)


def cases_now(cases: Cases, now: datetime) -> CasesNow:
    """Open cases at this moment."""
    today: date = cases.now().date()
    open_ones = [case for case in cases.seen.cases.values() if case.closed is None]
    dues = [case.due for case in open_ones if case.due is not None]
    late = sum(due < now for due in dues)
    due = sum(due >= now and due.astimezone(cases.now().tzinfo).date() == today for due in dues)
    return CasesNow(open=len(open_ones), due=due, late=late)
