"""One visit as its own page shows it: frozen, looked up in the loop's thread, drawn anywhere.

Rules:

* Nothing of anybody else is in it but what hangs on the hall's wall: the number called last, the windows that are open.
* A lane is 优先 or 预约, never a reason. A wait is told only where the hall can say one honestly.
* A step can be rated here while the hub would take it (:mod:`hub.domain.ratings`).
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from hall.plan import HallPlan, ServicePlan
from hall.text import Text
from hub.console.phone.tokens import OldTicket
from hub.domain import admission, calendar, handling, waits
from hub.domain.hall import Hall
from hub.domain.issuing import people_ahead
from hub.domain.lives import Standing, standing
from hub.domain.moments import SECOND, micros
from hub.domain.ratings import PHONE_S
from hub.domain.state import State
from hub.domain.ticket import APPOINTMENT, NORMAL, Life, Ticket

#: So few ahead: time to come back to the hall.
NEAR = 3


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """How long it takes, in minutes."""

    low: int
    high: int


class Papers(msgspec.Struct, frozen=True, kw_only=True):
    """What to bring: the papers of every situation, of one when it was chosen, and those the guide has seen."""

    common: tuple[str, ...]
    situations: tuple[tuple[Text, tuple[str, ...]], ...]
    seen: tuple[str, ...]
    version: str
    #: English names, where the hall has them
    english: dict[str, str]


class StepSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A finished service step."""

    step: int
    window: int
    #: for whoever follows up; never shown
    clerk: str
    #: nobody rated it, and the hub would still take a rating
    open: bool
    #: it was rated 不满意
    bad: bool


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """From when the same may be done again."""

    days: int
    day: date


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket."""

    ticket: str
    number: str
    service: Text
    stands: Standing
    situation: Text | None = None
    #: 优先 or 预约; None in the normal lane
    lane: Text | None = None
    slot: datetime | None = None
    slot_until: datetime | None = None
    late: bool = False
    extended: bool = False
    #: None: it waits in no line
    ahead: int | None = None
    wait: Wait | None = None
    #: the wait is past the hall's limit
    long: bool = False
    #: windows open for the service now
    windows: tuple[int, ...] = ()
    #: the number called last for the service
    now: str | None = None
    #: where it is called, served, or parked
    window: int | None = None
    #: only the papers are on their way; the person sits
    carry: bool = False
    handling_min: int | None = None
    papers: Papers | None = None
    #: the steps of its service
    process: Text | None = None
    steps: tuple[StepSeen, ...] = ()
    #: the first day on which the same person may come again, and after how many days that is
    again: Again | None = None
    #: not today's: the day it was for
    day: str | None = None


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What hangs on the hall's wall (M11)."""

    hall: Text
    opens: str | None
    closes: str | None
    hotline: str
    supervision: str
    complaints: str | None
    fees: Text | None
    foot: Text
    #: 等候不超过30分钟 is this hall's own limit
    promises_thirty: bool
    #: numbers are given now
    issuing: bool


def posted(hall: Hall, at: datetime) -> Posted:
    """The hall's hours of today (or of the next open day), its numbers and promises."""
    s, plan = hall.state, hall.plan
    today = at.astimezone(s.zone).date()
    hours = calendar.posted(plan, s.zone, today) or calendar.next_hours(plan, s.zone, at)
    return Posted(
        hall=plan.name,
        opens=None if hours is None else calendar.written(hours.opens),
        closes=None if hours is None else calendar.written(hours.closes),
        hotline=plan.hotline,
        supervision=plan.supervision,
        complaints=plan.complaints,
        fees=plan.fees,
        foot=calendar.foot(plan, today),
        promises_thirty=s.policy.alarms is not None and s.policy.alarms.wait.breach_min == 30,
        issuing=admission.is_issuing(s, at),
    )


def visit(hall: Hall, ticket: str, at: datetime) -> Visit | None:
    """A ticket of today; None when the hall does not know it (any more)."""
    s = hall.state
    t = s.tickets.get(ticket)
    if t is None:
        return None
    ahead = people_ahead(s, t, at)
    wait = _wait(s, t, ahead, at)
    plan = s.plan.services.get(t.service)
    issued = t.issued
    return Visit(
        ticket=t.id,
        number=t.number,
        service=_name(s.plan, t.service),
        stands=standing(s, t),
        situation=_situation(plan, t),
        lane=_lane(s.plan, t),
        slot=issued.slot,
        slot_until=issued.slot_until,
        late=issued.late,
        extended=t.extended is not None,
        ahead=ahead,
        wait=wait,
        long=wait is not None and _is_long(s, t.service, wait),
        windows=s.working.get(t.service, ()),
        now=s.now_called.get(t.service),
        window=t.place if isinstance(t.place, int) else t.window,
        carry=t.carry,
        handling_min=_handling(s, t),
        papers=None if plan is None else _papers(s.plan, plan, t),
        process=None if plan is None else plan.process,
        steps=tuple(_steps(s, t.id, range(1, t.step + 1), at)),
        again=_again(s, t),
    )


def old_visit(hall: Hall, old: OldTicket, at: datetime) -> Visit:
    """A ticket of an earlier day: how it ended, and the steps that may still be rated."""
    s = hall.state
    kept = {x.step: x for x in _steps(s, old.id, [x.step for x in old.steps], at)}
    steps = (
        kept.get(x.step)
        or StepSeen(step=x.step, window=x.window, clerk=x.clerk, open=False, bad=x.grade == 1)
        for x in old.steps
    )
    return Visit(
        ticket=old.id,
        number=old.number,
        service=_name(s.plan, old.service),
        stands=_ENDED.get(old.state, Standing.LEFT),
        steps=tuple(steps),
        day=old.day,
    )


_ENDED = {"served": Standing.DONE, "cancelled": Standing.CANCELLED, "missed": Standing.MISSED}


def _steps(s: State, ticket: str, steps: range | list[int], at: datetime) -> list[StepSeen]:
    found = (s.steps.get((ticket, step)) for step in steps)
    return [
        StepSeen(
            step=x.step,
            window=x.window,
            clerk=x.clerk,
            open=x.grade is None and micros(at) - x.asked_us <= PHONE_S * SECOND,
            bad=x.grade == 1,
        )
        for x in found
        if x is not None
    ]


def _wait(s: State, t: Ticket, ahead: int | None, at: datetime) -> Wait | None:
    if ahead is None or t.place is not None:
        return None
    said = waits.wait(s, t.service, t.lane, t.key, ahead, at)
    if said.min_s is None or said.max_s is None:
        return None
    low, high = said.min_s // 60, -(-said.max_s // 60)
    return Wait(low=low, high=max(high, low + 1))


def _is_long(s: State, service: str, wait: Wait) -> bool:
    if s.policy.alarms is None:
        return False
    return wait.low >= s.policy.alarms.waits.get(service, s.policy.alarms.wait).warn_min


def _handling(s: State, t: Ticket) -> int | None:
    service, situation = t.kind
    own = None if situation is None else handling.minutes(s.situations.get((service, situation)))
    return own or handling.minutes(s.handlings.get(service))


def _papers(hall: HallPlan, plan: ServicePlan, t: Ticket) -> Papers:
    chosen = plan.situations.get(t.issued.situation or "") if t.life is not Life.DONE else None
    of = plan.situations.values() if chosen is None else [chosen]
    return Papers(
        common=plan.common,
        situations=tuple((x.name, x.need) for x in of if x.need),
        seen=t.papers,
        version=" ".join(part for part in (plan.version, plan.dated) if part),
        english=hall.papers_en,
    )


def _again(s: State, t: Ticket) -> Again | None:
    """As it was told at the end: settings that have changed since take nothing from it."""
    if t.ended is None or t.ended.again_from is None:
        return None
    day = date.fromisoformat(t.ended.again_from)
    return Again(days=(day - t.ended.at.astimezone(s.zone).date()).days, day=day)


def _situation(plan: ServicePlan | None, t: Ticket) -> Text | None:
    kind = t.kind[1]
    found = None if plan is None or kind is None else plan.situations.get(kind)
    return None if found is None else found.name


def _lane(plan: HallPlan, t: Ticket) -> Text | None:
    if t.lane in {NORMAL, APPOINTMENT}:
        return None
    lane = plan.lanes.get(t.lane)
    return None if lane is None else lane.public


def _name(plan: HallPlan, service: str) -> Text:
    known = plan.services.get(service)
    return Text(zh=service, en=service) if known is None else known.name
