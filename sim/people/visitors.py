"""A seeded day of visitors: who comes, when, for what, how long they wait before they give up, how they rate.

Pure: the same seed, number, services and hours give the same list. What the people then do in the hall (press keys, walk to
windows, press faces) is in :mod:`sim.people.crowd`.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from enum import Enum

import msgspec

from hall.clock import Seconds
from hall.plan import HallPlan


class Care(Enum):
    """How a person gets a place in line."""

    NONE = "none"
    GREEN_KEY = "green-key"
    DESK = "desk"


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """One person's plan for the visit."""

    arrives: datetime
    service: str
    #: situations asked for by pressing the key again (0: none)
    presses_more: int
    care: Care
    #: gives up after this long in line
    patience_s: Seconds
    #: comes when called
    attentive: bool
    #: walking time from seat to window
    walk_s: Seconds
    #: comes back to the guide desk this long after a missed call; None: never
    back_after_s: Seconds | None
    #: time at the first window
    handling_s: Seconds
    #: sent to the review window afterwards, and time there
    review_s: Seconds | None
    #: papers were missing
    papers_missing: bool
    #: grade pressed, None: no press
    grade: int | None
    #: grade pressed after the review step
    review_grade: int | None
    #: how long the finger takes
    rates_after_s: Seconds


#: how often people come for a service, relative to others; services not named count 1
POPULARITY = {"withdrawal": 6, "loan": 2, "settlement": 2, "employer": 2, "account": 3, "enquiry": 4}
SPECIAL_CARE = 0.08
INATTENTIVE = 0.06
WANTS_LISTS = 0.25
REVIEWED = 0.2
PRESSES = 0.62
GRADES = {4: 0.66, 3: 0.25, 2: 0.06, 1: 0.03}


def visitors(plan: HallPlan, opens: datetime, closes: datetime, number: int, seed: int) -> list[Visitor]:
    """`number` visitors of one day in order of arrival: a morning and an afternoon peak between `opens` and `closes`."""
    source = random.Random(f"visitors {seed}")
    offered = [key for key, service in plan.services.items() if service.button]
    return sorted(
        (_visitor(plan, source, offered, opens, closes) for _ in range(number)),
        key=lambda visitor: visitor.arrives,
    )


def _visitor(
    plan: HallPlan, source: random.Random, offered: list[str], opens: datetime, closes: datetime
) -> Visitor:
    service = source.choices(offered, [POPULARITY.get(key, 1) for key in offered])[0]
    target_s = plan.services[service].target_min * 60
    care = Care.NONE
    if source.random() < SPECIAL_CARE:
        care = source.choice([Care.GREEN_KEY, Care.DESK])
    situations = len(plan.services[service].situations)
    reviewed = (
        service == "withdrawal"
        and any(s.review for s in plan.services.values())
        and source.random() < REVIEWED
    )
    return Visitor(
        arrives=_arrival(source, opens, closes),
        service=service,
        presses_more=source.randint(1, situations) if situations and source.random() < WANTS_LISTS else 0,
        care=care,
        patience_s=source.uniform(25 * 60, 120 * 60),
        attentive=source.random() >= INATTENTIVE,
        walk_s=source.uniform(6, 25),
        back_after_s=source.uniform(120, 900) if source.random() < 0.5 else None,
        handling_s=max(40.0, source.lognormvariate(0.0, 0.45) * target_s * 0.45),
        review_s=source.uniform(60, 240) if reviewed else None,
        papers_missing=source.random() < 0.07,
        grade=_grade(source),
        review_grade=_grade(source),
        rates_after_s=source.uniform(2, 15),
    )


def _arrival(source: random.Random, opens: datetime, closes: datetime) -> datetime:
    """Two peaks (40 min after opening, five hours after it) over a low plateau; nobody in the last ten minutes."""
    span = (closes - opens).total_seconds() - 600
    while True:
        kind = source.random()
        if kind < 0.42:
            at = source.gauss(span * 0.13, span * 0.09)
        elif kind < 0.75:
            at = source.gauss(span * 0.66, span * 0.10)
        else:
            at = source.uniform(0, span)
        if 0 <= at < span:
            return opens + timedelta(seconds=round(at, 3))


def _grade(source: random.Random) -> int | None:
    if source.random() >= PRESSES:
        return None
    return source.choices(list(GRADES), list(GRADES.values()))[0]
