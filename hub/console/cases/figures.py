"""What is counted of cases, for their page and for reports.

Rules:

* A case belongs to the day on which it was opened, and is counted as it stands now.
* Called back: reached, or tried as often as the rule asks; spoken to: in the hall, before the person left. Both count among bad ratings.
* Overdue counts what is open; late what was closed after its deadline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

import msgspec

from hall.messages.common import Day
from hub.console.cases.book import CallLine
from hub.console.cases.case import Case
from hub.console.cases.kinds import Kind
from hub.console.cases.working import WorkingTime
from hub.console.reports.cases import CaseFigures

#: Telephones are answered within so many rings (M22).
RINGS = 3
#: The page counts bad ratings of so long.
BACK = timedelta(days=30)


def of_days(cases: Iterable[Case], first: Day, last: Day) -> list[Case]:
    """Cases opened on these days, both included."""
    return [case for case in cases if first <= case.opened.at.date().isoformat() <= last]


def figures(cases: Iterable[Case], at: datetime, hours: WorkingTime) -> CaseFigures:
    """Figures of some cases."""
    cases = list(cases)
    closed = [case for case in cases if case.closed is not None]
    bad = [case for case in cases if case.opened.kind is Kind.BAD_RATING]
    spans = [hours.between(case.opened.at, case.closed.at) for case in closed if case.closed is not None]
    return CaseFigures(
        opened=dict(Counter(case.kind.value for case in cases)),
        closed=len(closed),
        open=len(cases) - len(closed),
        overdue=sum(case.overdue(at) for case in cases),
        late=sum(case.late for case in cases),
        bad_ratings=len(bad),
        called_back=sum(case.called_back for case in bad),
        spoken_to=sum(case.spoken is not None for case in bad),
        median_closing_s=round(median(spans)) if spans else None,
    )


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of cases shows above its list."""

    open: int = 0
    overdue: int = 0
    #: bad ratings of the last :data:`BACK`, those whose people were called back, and spoken to before they left
    bad: int = 0
    called: int = 0
    spoken: int = 0


def counts(cases: Iterable[Case], at: datetime) -> Counts:
    """Counted with every change, so without anything that takes long."""
    cases = list(cases)
    recent = [c for c in cases if c.opened.kind is Kind.BAD_RATING and c.opened.at >= at - BACK]
    return Counts(
        open=sum(case.closed is None for case in cases),
        overdue=sum(case.overdue(at) for case in cases),
        bad=len(recent),
        called=sum(case.called_back for case in recent),
        spoken=sum(case.spoken is not None for case in recent),
    )


class CallFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of the telephone log."""

    calls: int
    in_time: int
    missed: int


def call_figures(lines: Iterable[CallLine]) -> CallFigures:
    """How quickly the telephone was answered."""
    rings = [line.rings for line in lines]
    return CallFigures(
        calls=len(rings),
        in_time=sum(n is not None and n <= RINGS for n in rings),
        missed=sum(n is None for n in rings),
    )
