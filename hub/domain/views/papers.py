"""What dispensers need to know: the catalogue, and the numbers lent to them."""

from __future__ import annotations

from datetime import datetime

from hall.messages.facts import Block
from hall.messages.wants import NextNumbers, Numbers, Service, Services, Situation, TicketDesign
from hall.plan import HallPlan
from hall.plan_ticket import TicketPlan
from hall.text import Text
from hub.domain import admission, calendar, handling, stops
from hub.domain.hall import Hall
from hub.domain.state import State


def services(hall: Hall, at: datetime) -> Services:
    """The catalogue. Hours are today's until the hall closes, then those of the next day on which it opens (`next_day`)."""
    s, plan = hall.state, hall.plan
    today = at.astimezone(s.zone).date()
    hours, later = calendar.posted(plan, s.zone, today), calendar.next_hours(plan, s.zone, at)
    if hours is None or hours.closes <= at:
        hours = later
    elsewhere = hours is not None and hours.opens.date() != today
    return Services(
        rev="",
        hall=plan.id,
        name=plan.name,
        services=tuple(_service(s, service, at) for service in plan.services),
        lanes=tuple(plan.lanes),
        day=s.day,
        open=admission.is_issuing(s, at),
        opens="" if hours is None else calendar.written(hours.opens),
        closes="" if hours is None else calendar.written(hours.closes),
        next_day=hours.opens.date().isoformat() if hours is not None and elsewhere else None,
        public_url=plan.public_url,
        hotline=plan.hotline,
        supervision=plan.supervision,
        complaints=plan.complaints or "",
        fees=plan.fees,
        foot=calendar.foot(plan, today),
        wait_limit_s=None if s.policy.alarms is None else s.policy.alarms.wait.warn_min * 60,
        papers_en=_english(plan),
        design=_design(plan.ticket),
    )


def _english(plan: HallPlan) -> dict[str, str]:
    """English names of the papers that are in some list."""
    named = {paper for service in plan.services.values() for paper in (*service.common, *service.station)}
    for service in plan.services.values():
        named |= {paper for situation in service.situations.values() for paper in situation.need}
    return {paper: english for paper, english in plan.papers_en.items() if paper in named}


def _design(ticket: TicketPlan) -> TicketDesign:
    return TicketDesign(
        parts=ticket.parts,
        logo=ticket.logo,
        qr=ticket.qr,
        large=ticket.large,
        large_lanes=ticket.large_lanes,
    )


def services_change(hall: Hall, at: datetime) -> datetime | None:
    """When the catalogue changes by the clock alone: at the next posted opening or closing, when some service stops or goes on.

    At midnight too, where what papers end with is the day's own.
    """
    s = hall.state
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    later = calendar.next_hours(s.plan, s.zone, at)
    moments = [hours.closes] if hours is not None and hours.closes > at else []
    more = (
        later.opens if later is not None else None,
        admission.changes(s, at),
        calendar.greeting_changes(s.plan, s.zone, at),
    )
    return min([*moments, *(moment for moment in more if moment is not None)], default=None)


def _service(s: State, service: str, at: datetime) -> Service:
    plan = s.plan.services[service]
    zones = {w.zone: w.zone_en for w in s.serving(service) if w.zone}
    return Service(
        id=service,
        letter=plan.letter,
        name=plan.name,
        common=plan.common,
        situations=tuple(
            Situation(
                id=key,
                name=situation.name,
                need=situation.need,
                again_days=situation.again_days,
                handling_min=handling.minutes(s.situations.get((service, key))),
            )
            for key, situation in plan.situations.items()
        ),
        online=plan.online,
        station=plan.station,
        button=plan.button,
        version=" ".join(part for part in (plan.version, plan.dated) if part),
        handling_min=handling.minutes(s.handlings.get(service)),
        zone="、".join(zones),
        zone_en=", ".join(dict.fromkeys(zones.values())) if all(zones.values()) else "",
        off=_off(s, service, at),
        off_until=_off_until(s, service, at),
        wait_limit_s=_wait_limit_s(s, service),
        process=plan.process,
    )


def _wait_limit_s(s: State, service: str) -> int | None:
    """The service's own limit, if the policy has one."""
    limit = None if s.policy.alarms is None else s.policy.alarms.waits.get(service)
    return None if limit is None else limit.warn_min * 60


def _off(s: State, service: str, at: datetime) -> Text | None:
    """Why the key gives no number while the hall is open."""
    objection = admission.objection(s, service, at) if s.open else None
    return None if objection is None else objection.text


def _off_until(s: State, service: str, at: datetime) -> datetime | None:
    pause = stops.stopped(s, service, at) if s.open else None
    return None if pause is None else pause.ends


def numbers(hall: Hall, member: str) -> Numbers | None:
    """What a dispenser may give out by itself: for the open (or last) day and the next one it was lent numbers for.

    None before it was lent anything.
    """
    s = hall.state
    days: list[tuple[str, tuple[Block, ...]]] = [
        (day, tuple(book.left(member)))
        for day, book in sorted(s.books.items())
        if day >= (s.day or "") and any(lease.member == member for lease in book.leases)
    ]
    if not days:
        return None
    (day, blocks), *more = days
    following = NextNumbers(day=more[0][0], blocks=more[0][1]) if more else None
    return Numbers(rev="", day=day, blocks=blocks, next=following)
