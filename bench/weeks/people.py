"""Who comes to the simulated hall, when, with what; how long they take; and what clerks do besides."""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from hall.plan import DayHours, HallPlan, HoursPlan, LanePlan, Lunch, ServicePlan, SituationPlan, WindowPlan
from hall.policy import AppointmentPolicy, Order, Policy
from hall.text import Text

Seconds = float

#: Median handling minutes by service and situation, and the share of each situation.
HANDLING: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "withdrawal": {"rent": (5.0, 0.5), "purchase": (11.0, 0.3), "retirement": (8.0, 0.2)},
    "loan": {"new": (24.0, 0.6), "early": (10.0, 0.4)},
    "enquiry": {"any": (3.5, 1.0)},
    "review": {"any": (4.0, 1.0)},
}
#: Spread of handling times (sigma of the logarithm).
SPREAD: Final = 0.55
#: People per hour of an ordinary day at the hall's mean load, by service.
RATE: Final = {"withdrawal": 15.0, "loan": 3.8, "enquiry": 7.0}
#: The day's load by half-hour from nine, and the week's by day.
DAY: Final = (1.2, 1.6, 1.7, 1.5, 1.2, 0.8, 0.5, 0.5, 0.6, 1.0, 1.3, 1.3, 1.1, 0.8, 0.5, 0.3)
WEEK: Final = (1.2, 1.0, 0.85, 0.95, 1.1)
#: How quick the clerk at each window is.
SPEED: Final = {1: 1.0, 2: 1.25, 3: 0.85, 4: 1.0, 5: 1.1, 6: 0.9}
LUNCH: Final = (1, 3, 5)
NO_SHOW, PRIORITY, BOOKED, TO_REVIEW, PAUSES = 0.06, 0.08, 0.08, 0.12, 0.7
OPENS, CLOSES = 9 * 3600.0, 17 * 3600.0

_PART: Final = {"priority": 3, "appointment": 1, "normal": 1}
POLICIES: Final[dict[str, Policy]] = {
    "strict, capped": Policy(weights={"priority": 10}, streak_cap=2, return_after=3),
    "in turns": Policy(order=Order.WEIGHTED, weights=_PART, return_after=3),
    "by weight and wait": Policy(
        order=Order.WEIGHT_WAIT, weights={"priority": 3}, starvation_min=60, return_after=3
    ),
    "appointments first": Policy(
        weights={"priority": 10},
        streak_cap=2,
        return_after=3,
        appointment=AppointmentPolicy(due_before_s=300, quotas={"withdrawal": 3, "loan": 1}),
    ),
}


def plan(policy: Policy) -> HallPlan:
    """The simulated hall."""

    def named(zh: str) -> Text:
        return Text(zh=zh, en=zh)

    letters = {"withdrawal": "A", "loan": "B", "enquiry": "C", "review": "G"}
    day = DayHours(open="09:00", close="17:00", lunch=Lunch(begins="12:00", ends="13:00", windows=LUNCH))
    serves = {
        1: ("enquiry", "withdrawal"),
        2: ("withdrawal",),
        3: ("withdrawal", "loan"),
        4: ("loan",),
        5: ("review", "loan"),
        6: ("withdrawal", "enquiry"),
    }
    return HallPlan(
        id="weeks",
        name=named("示例"),
        timezone="Asia/Shanghai",
        hotline="12329",
        supervision="0",
        hours=HoursPlan(week=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), day)),
        services={
            service: ServicePlan(
                letter=letter,
                name=named("业务"),
                target_min=20,
                situations={x: SituationPlan(name=named("情形")) for x in HANDLING[service]},
                review=service == "review",
            )
            for service, letter in letters.items()
        },
        windows=tuple(WindowPlan(window=window, serves=services) for window, services in serves.items()),
        lanes={lane: LanePlan() for lane in ("normal", "priority", "appointment")},
        policy=policy,
    )


class Visitor(NamedTuple):
    """One person at the door."""

    at: Seconds
    service: str
    situation: str
    lane: str


def visitors(chance: Random, weekday: int) -> Iterator[Visitor]:
    """A day's people in the order in which they come; some days are busier than others for no reason."""
    load = WEEK[weekday] * chance.lognormvariate(0.0, 0.12)
    top = max(DAY)
    at = OPENS
    total = sum(RATE.values())
    while True:
        at += chance.expovariate(total * load * top / 3600)
        if at >= CLOSES - 900:
            return
        if chance.random() < DAY[int((at - OPENS) // 1800)] / top:
            service = chance.choices(list(RATE), list(RATE.values()))[0]
            lane = "priority" if chance.random() < PRIORITY else "normal"
            yield Visitor(at, service, situation(chance, service), lane)


def situation(chance: Random, service: str) -> str:
    """What kind of a service somebody comes for."""
    kinds = HANDLING[service]
    return chance.choices(list(kinds), [share for _, share in kinds.values()])[0]


def handling(chance: Random, service: str, kind: str, window: int) -> Seconds:
    """How long somebody is served."""
    kinds = HANDLING[service]
    minutes = kinds.get(kind, next(iter(kinds.values())))[0]
    return max(20.0, minutes * 60 * math.exp(chance.gauss(0.0, SPREAD)) / SPEED[window])
