"""The last open day as the read models have it: one short look that never writes."""

from __future__ import annotations

from sqlalchemy import func, select

from hub.console.slips.content import LastDay
from hub.store import tables as t
from hub.store.look import looking

BAD = 1


def last_day(store: str, before: str) -> LastDay | None:
    """The last day before `before` on which numbers were given out; None when there is none. Raises ``Fault``."""
    with looking(store) as connection:
        day = connection.execute(select(func.max(t.tickets.c.day)).where(t.tickets.c.day < before)).scalar()
        if day is None:
            return None
        issued = connection.execute(select(func.count()).where(t.tickets.c.day == day)).scalar() or 0
        bad = connection.execute(
            select(t.steps.c.window, func.count())
            .where(t.steps.c.day == day, t.steps.c.grade == BAD)
            .group_by(t.steps.c.window)
        ).all()
    return LastDay(issued=int(issued), bad={int(window): int(count) for window, count in bad})
