"""What stands on the morning-meeting slip and on the day slip. Pure: the hall, and what only the console knows, in; content out.

Rules:

* The morning slip tells what is to be seen to and ordered before the doors open; what nobody knows (no cases kept, no last day) is left out.
* Festival words are for the eve of a day on which the hall is closed for a reason of its own.
* The day slip counts what happened, never more than there is; counts of ratings are the whole hall's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from types import MappingProxyType

import msgspec

from hall.messages.common import MemberState, Via
from hall.messages.hall_slips import (
    MOST,
    BadAt,
    ClosedAhead,
    DaySlip,
    MorningSlip,
    NotReady,
    PaperAt,
    Seat,
    ServiceTally,
    ShortOf,
    StopToday,
    WindowTally,
)
from hall.troubles import TROUBLES
from hall.words import say
from hub.console.look.words import WORDS
from hub.console.membership.readiness import LOOK, running_out, unwelcome
from hub.console.mirror.picture import MemberSeen
from hub.console.mirror.today import DayFigures
from hub.domain import calendar, stops
from hub.domain.hall import Hall
from hub.domain.state import State
from hub.domain.ticket import Life, counts_on_hall
from hub.trust.register import Entry

#: A closed day is told so many days before.
AHEAD_DAYS = 7
#: Bytes of a slip, so that it fits a member's message. Of a hall where everything is broken the devices' page tells the rest.
ROOM = 7_800
_READY = frozenset({MemberState.READY, MemberState.DEGRADED})
_LOW = "paper-low"


class LastDay(msgspec.Struct, frozen=True, kw_only=True):
    """The last open day, from the read models."""

    issued: int
    #: bad ratings by window
    bad: dict[int, int] = {}


class CasesNow(msgspec.Struct, frozen=True, kw_only=True):
    """Open cases: all, due today, late."""

    open: int
    due: int
    late: int


def morning(
    hall: Hall,
    at: datetime,
    *,
    members: Iterable[MemberSeen],
    standing: Mapping[str, Entry] = MappingProxyType({}),
    duty: tuple[str, ...] = (),
    cases: CasesNow | None = None,
    last: LastDay | None = None,
    short_of: tuple[ShortOf, ...] = (),
) -> MorningSlip:
    """What is read out before today's opening; `standing` is empty in a hall without certificates."""
    s = hall.state
    today = at.astimezone(s.zone).date()
    hours = calendar.posted(s.plan, s.zone, today)
    seen = list(members)
    ahead = _closed_ahead(s, at)
    eve = ahead is not None and ahead.day == (today + timedelta(days=1)).isoformat()
    slip = MorningSlip(
        day=today.isoformat(),
        duty=duty,
        opens="" if hours is None else calendar.written(hours.opens),
        closes="" if hours is None else calendar.written(hours.closes),
        seats=tuple(
            Seat(window=window, clerk=clerk, cover=s.plan.cover_of(clerk))
            for window, clerk in sorted(s.plan.roster.items())
            if hours is None or not hours.windows or window in hours.windows
        )[:MOST],
        not_ready=tuple(_troubles(seen, standing, at))[:MOST],
        low_paper=tuple(m.member for m in seen if _LOW in m.alerts)[:MOST],
        paper=tuple(
            PaperAt(member=m.member, tickets=m.paper.tickets)
            for m in seen
            if m.paper is not None and m.paper.tickets is not None
        )[:MOST],
        short_of=short_of,
        last_issued=None if last is None else last.issued,
        cases_due=None if cases is None else cases.due,
        cases_late=None if cases is None else cases.late,
        bad=()
        if last is None
        else tuple(BadAt(window=w, count=n) for w, n in sorted(last.bad.items()))[:MOST],
        stops=tuple(_stops(s, at))[:MOST],
        closed_ahead=ahead,
        greeting=say("polite.festival") if eve else None,
    )
    while slip.not_ready and len(msgspec.json.encode(slip)) > ROOM:
        slip = msgspec.structs.replace(slip, not_ready=slip.not_ready[:-1])
    return slip


def _troubles(
    members: Iterable[MemberSeen], standing: Mapping[str, Entry], at: datetime
) -> Iterable[NotReady]:
    for member in members:
        if member.kind == "console":
            continue
        entry = standing.get(member.member)
        stands = unwelcome(member, entry)
        need = stands or running_out(member, entry, at)
        if need is not None:
            yield NotReady(member=member.member, window=member.window, text=need.text, do=need.do)
        if stands is None and member.state not in _READY:
            yield NotReady(member=member.member, window=member.window, text=WORDS["lost"], do=LOOK)
        codes = member.codes or member.alerts
        for alert, code, text in zip(member.alerts, codes, member.troubles, strict=True):
            if alert != _LOW:
                do = TROUBLES[code].do if code in TROUBLES else None
                yield NotReady(member=member.member, window=member.window, text=text, do=do)


def _stops(s: State, at: datetime) -> Iterable[StopToday]:
    """Everything that stops numbers at some time of the day."""
    today = at.astimezone(s.zone).date()
    begins = datetime.combine(today, time(0, 0), s.zone)
    ends = begins + timedelta(days=1)
    for key, plan in s.plan.services.items():
        if not stops.touched(s, key, begins, ends):
            continue
        pause = stops.stopped(s, key, at) or stops.stopped(s, key, _first(s, key, begins, ends))
        if pause is not None:
            yield StopToday(service=plan.name, reason=pause.reason, ends=pause.ends)


def _first(s: State, service: str, begins: datetime, ends: datetime) -> datetime:
    """The first minute of the day on which the service is stopped."""
    minutes = (begins + timedelta(minutes=n) for n in range(0, 24 * 60, 5))
    return next((minute for minute in minutes if stops.stopped(s, service, minute) is not None), ends)


def _closed_ahead(s: State, at: datetime) -> ClosedAhead | None:
    today = at.astimezone(s.zone).date()
    for n in range(1, AHEAD_DAYS + 1):
        day = today + timedelta(days=n)
        reason = calendar.holiday(s.plan, day)
        if reason is not None:
            return ClosedAhead(day=day.isoformat(), reason=reason)
    return None


def day(
    hall: Hall,
    figures: DayFigures,
    at: datetime,
    *,
    duty: tuple[str, ...] = (),
    cases: CasesNow | None = None,
) -> DaySlip:
    """The day in figures, as far as it has gone."""
    s = hall.state
    lives = [ticket.life for ticket in s.tickets.values()]
    left = lives.count(Life.LEFT)
    if s.open:
        left = sum(counts_on_hall(ticket) for ticket in s.tickets.values())
    return DaySlip(
        day=s.day or at.astimezone(s.zone).date().isoformat(),
        duty=duty,
        issued=s.issued,
        by_hand=sum(ticket.issued.via is Via.HAND for ticket in s.tickets.values()),
        served=lives.count(Life.DONE),
        missed=lives.count(Life.MISSED),
        left=left,
        waited=figures.waited,
        kept=figures.kept,
        limit_min=figures.limit_min,
        median_min=figures.median_min,
        longest_min=figures.longest_min,
        grades=figures.grades,
        asked=max(len(s.steps), figures.rated),
        extended=figures.extended,
        cases_open=None if cases is None else cases.open,
        services=tuple(
            ServiceTally(service=key, name=s.plan.services[key].name, issued=count)
            for key, count in s.issued_of.items()
            if key in s.plan.services and count
        )[:MOST],
        windows=tuple(
            WindowTally(
                window=window,
                first=calendar.written(tally.first.astimezone(s.zone)),
                last=calendar.written(tally.last.astimezone(s.zone)),
                calls=tally.calls,
            )
            for window, tally in sorted(figures.windows.items())
        )[:MOST],
    )
