"""Ratings as the province counts them, for a program that collects them whenever it is on line (好差评).

Rules:

* Whoever collects says until when they have them (`since`) and gets what was rated after that, the earliest first: what was given while they
  were away is still there, and a line's `id` is the same each time.
* A page ends between two moments and never within one, so that nothing falls between two pages.
* The lines are those of the file (:mod:`hub.console.reports.official`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from hub.console.api.shapes import Rating, Ratings
from hub.console.reports import official
from hub.console.reports.rows import Work
from hub.store import tables as t

#: A step may be rated so long after its day began.
_LATER = timedelta(days=3)
#: Rated within one moment, at most.
_AT_ONCE = 50


def rated(
    c: Connection,
    since: datetime,
    limit: int,
    zone: ZoneInfo,
    matters: Mapping[str, str],
    reasons: official.Reasons,
) -> Ratings:
    """At most about `limit` ratings that were given after `since`."""
    s, after = t.steps.c, since.astimezone(zone)
    asked = (
        select(
            s.ticket, s.step, s.day, s.window, s.clerk, s.service, s.situation, s.started_at, s.accepted_at,
            s.finished_at, s.grade, s.rated_at, s.channel, s.official, t.tickets.c.number,
        )
        .outerjoin_from(t.steps, t.tickets, s.ticket == t.tickets.c.ticket)
        .where(s.grade.is_not(None), s.rated_at > after.isoformat(), s.day >= (after - _LATER).date().isoformat())
        .order_by(s.rated_at, s.ticket, s.step)
        .limit(limit + _AT_ONCE)
    )  # fmt: skip
    found = [
        Work(
            ticket=row.ticket,
            number=row.number or "",
            step=row.step,
            day=row.day,
            window=row.window,
            clerk=row.clerk,
            service=row.service,
            situation=row.situation,
            started=_moment(row.started_at),
            accepted=_moment(row.accepted_at),
            finished=_moment(row.finished_at),
            grade=row.grade,
            rated=_moment(row.rated_at),
            channel=row.channel,
            official=row.official,
        )
        for row in c.execute(asked)
    ]
    page = [work for n, work in enumerate(found) if n < limit or work.rated == found[limit - 1].rated]
    lines = zip(page, official.lines(page, matters, reasons), strict=True)
    return Ratings(
        ratings=[_line(work, cells) for work, cells in lines],
        next=page[-1].rated if len(found) > len(page) else None,
    )


def _line(work: Work, cells: tuple[object, ...]) -> Rating:
    said = dict(zip((column.key for column in official.COLUMNS), cells, strict=True))
    return Rating(
        id=f"{work.ticket}-{work.step}",
        work_number=work.clerk,
        matter=str(said["matter"]),
        number=work.number,
        accepted=work.accepted or work.started,
        finished=work.finished,
        rated=work.rated,
        channel=str(said["channel"]),
        official=int(str(said["official"])),
        grade=int(str(said["grade"])),
        reasons=str(said["reasons"]).split(),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
