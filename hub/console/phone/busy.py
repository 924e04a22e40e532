"""``/busy``: when the hall is busy, as it was measured; for a phone, and on paper for the hall's door.

Rules:

* It tells the last eight weeks before today, counted at most once an hour in a thread of its own, and only when somebody looks.
* What was measured too seldom is left open, and the page says so; a best time of today is told only where :mod:`hub.console.reports.busy` has one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from hall.errors import Fault
from hall.text import Text
from hub.console.door.limits import Limits
from hub.console.door.visitors import address
from hub.console.look.html import both
from hub.console.look.words import WORDS
from hub.console.mirror.backstage import Backstage
from hub.console.phone.draw import page, told
from hub.console.phone.routes import ADDRESS, answer, refuse
from hub.console.reports.busy import Busy, Week
from hub.console.reports.records import Records
from hub.domain import calendar

DAYS: Final = 56
KEPT_S: Final = 3600.0
#: From so many minutes of waiting on an hour is marked as fuller, and as the fullest.
FULL_MIN, FULLEST_MIN = 10, 20


class BusyHours:
    """The hall's usual week, kept for an hour."""

    def __init__(self, backstage: Backstage, *, now: Callable[[], float] = time.monotonic) -> None:
        """Nothing is counted before somebody looks."""
        self._backstage, self._now = backstage, now
        self._turn = asyncio.Lock()
        self._kept: tuple[date, float, Busy] | None = None

    async def week(self) -> Busy:
        """The usual week; the last one that could be counted while the store cannot be read."""
        async with self._turn:
            today, now = self._backstage.now().date(), self._now()
            if self._kept is not None and self._kept[0] == today and now - self._kept[1] < KEPT_S:
                return self._kept[2]
            try:
                busy = await asyncio.to_thread(self._count, today)
            except Fault:
                busy = Busy() if self._kept is None else self._kept[2]
            self._kept = today, now, busy
            return busy

    async def advice(self) -> Text | None:
        """The best time of today, where there is one."""
        at = self._backstage.now()
        zone = at.tzinfo
        hours = None if zone is None else calendar.posted(self._backstage.plan, zone, at.date())
        best = None if hours is None else (await self.week()).best(at, hours.opens, hours.closes)
        if best is None:
            return None
        return told("phone.busy-best", begins=best.hour, ends=best.hour + 1, minutes=best.wait_min)

    def _count(self, today: date) -> Busy:
        zone = self._backstage.now().tzinfo
        assert zone is not None
        week, records = Week(zone), Records(self._backstage.store)
        try:
            for back in range(DAYS, 0, -1):
                day = (today - timedelta(days=back)).isoformat()
                week.add(day, records.visits(day))
        finally:
            records.close()
        return week.busy()


def routes(app: FastAPI, backstage: Backstage, hours: BusyHours) -> None:
    """The page's route."""
    looking = Limits(ADDRESS, now=time.monotonic)

    @app.get("/busy")
    async def busy(request: Request) -> Response:
        wait_s = looking.knock(address(request)).wait_s
        if wait_s:
            return refuse(told("phone.busy", seconds=wait_s), 429, Retry_After=str(wait_s))
        return answer(busy_page(backstage.plan.name, await hours.week(), await hours.advice()))


def busy_page(hall: Text, busy: Busy, best: Text | None) -> str:
    """The whole week, or that it was not measured long enough."""
    return page(
        told("phone.busy-hours"),
        f"<header>{both(hall)}</header>",
        f'<h1 class="title">{both(told("phone.busy-hours"))}</h1>',
        advice(best),
        _week(busy) if busy.hours else f'<p role="status">{both(told("phone.busy-little"))}</p>',
    )


def advice(best: Text | None) -> str:
    """The best time of today as a sentence of a page; nothing where there is none."""
    return "" if best is None else f'<p class="best" data-test="best">{both(best)}</p>'


def _week(busy: Busy) -> str:
    told_hours = {(hour.weekday, hour.hour): hour for hour in busy.hours}
    weekdays = sorted({hour.weekday for hour in busy.hours})
    head = "".join(f'<th scope="col">{both(WORDS[f"phone.weekday.{day}"])}</th>' for day in weekdays)
    rows = []
    for clock in range(min(h.hour for h in busy.hours), max(h.hour for h in busy.hours) + 1):
        cells = []
        for weekday in weekdays:
            hour = told_hours.get((weekday, clock))
            if hour is None:
                cells.append("<td>-</td>")
                continue
            full = (hour.wait_min >= FULL_MIN) + (hour.wait_min >= FULLEST_MIN)
            cells.append(f'<td class="full-{full}"><b>{hour.wait_min}</b> / {hour.came}</td>')
        rows.append(f'<tr><th scope="row">{clock}-{clock + 1}</th>{"".join(cells)}</tr>')
    days = sum(busy.days.values())
    return (
        f"<p>{both(told('phone.busy-legend'))}</p>"
        f'<table class="week"><thead><tr><td></td>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        f'<p class="small">{both(told("phone.busy-measured", days=days, first=busy.first, last=busy.last))}</p>'
        f'<p class="small">{both(told("phone.busy-open"))}</p>'
    )
