"""Counts of days, from the read models."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, func, select

from hub.console.api.shapes import Counts, Day, Days
from hub.store import tables as t

_ENDED = {"served", "missed", "cancelled", "left"}


def days(c: Connection, first: str, last: str, limit: int) -> Days:
    """At most `limit` days from `first` to `last`, both ends included."""
    of = t.tickets.c
    there = select(of.day).distinct().where(of.day >= first, of.day <= last).order_by(of.day).limit(limit + 1)
    found = list(c.execute(there).scalars())
    page, rest = found[:limit], found[limit:]
    rows: dict[str, dict[str, list[tuple[Any, ...]]]] = {day: defaultdict(list) for day in page}
    if page:
        asked = (
            select(
                of.day,
                of.service,
                of.state,
                func.count(),
                func.coalesce(func.sum(of.waited_s), 0),
                func.count(of.waited_s),
            )
            .where(of.day.in_(page))
            .group_by(of.day, of.service, of.state)
        )
        for row in c.execute(asked):
            rows[row[0]][row[1]].append(tuple(row))
    return Days(
        days=[
            Day(
                day=day,
                total=_counts([row for lines in services.values() for row in lines]),
                services={service: _counts(lines) for service, lines in sorted(services.items())},
            )
            for day, services in rows.items()
        ],
        next=rest[0] if rest else None,
    )


def _counts(rows: list[tuple[Any, ...]]) -> Counts:
    by_state: dict[str, int] = defaultdict(int)
    waited_s, called = 0, 0
    for _, _, state, count, seconds, with_wait in rows:
        by_state[state if state in _ENDED else "open"] += count
        waited_s, called = waited_s + int(seconds), called + with_wait
    return Counts(
        issued=sum(by_state.values()),
        **{state: by_state[state] for state in (*sorted(_ENDED), "open")},
        waited_s=round(waited_s / called) if called else None,
    )
