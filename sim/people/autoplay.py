"""Visitors and clerks who come by themselves while somebody watches the demo, as many and as quick as one likes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import msgspec

from hall.clock import Scheduler
from hall.messages import facts
from hall.plan import HallPlan
from sim.console import DemoConsole
from sim.people.crowd import Clerk, Crowd, Hands
from sim.people.visitors import Visitor, visitors

#: people an hour, and how many times quicker than real people they are
PER_HOUR = 400
SPEED = 30.0
#: how long one crowd lasts
SPAN = timedelta(hours=4)


class Autoplay:
    """A crowd, and clerks for the windows that nobody plays. Begun once; ended, its clerks finish nobody new."""

    def __init__(
        self,
        scheduler: Scheduler,
        console: DemoConsole,
        hands: Hands,
        plan: HallPlan,
        *,
        played: int | None,
        seed: int,
        per_hour: int = PER_HOUR,
        speed: float = SPEED,
    ) -> None:
        """`played` is the window that a person plays; `speed` 1 is real time at the windows, 30 a minute in two seconds."""
        now = scheduler.now()
        number = max(1, round(per_hour * SPAN / timedelta(hours=1)))
        source = random.Random(f"autoplay {seed}")
        people, arrives = [], now + timedelta(seconds=1)
        for visitor in visitors(plan, now, now + SPAN, number, seed):
            people.append(_quick(visitor, arrives, speed))
            arrives += timedelta(seconds=source.expovariate(per_hour / 3600))
        self._console = console
        self._crowd = Crowd(scheduler, hands, console, console.new_id, people)
        clerks = {
            window.window: Clerk(
                scheduler,
                console,
                plan,
                window.window,
                work_number(plan, window.window),
                console.new_id,
                seed,
            )
            for window in plan.windows
            if window.window != played
        }
        self._crowd.clerks = clerks
        console.on_fact.append(self._on_fact)
        self._crowd.begin()
        for clerk in clerks.values():
            clerk.begin()

    def end(self) -> None:
        """Nobody new comes and nobody is called any more."""
        self._crowd.end()
        for clerk in self._crowd.clerks.values():
            clerk.rest()
        if self._on_fact in self._console.on_fact:
            self._console.on_fact.remove(self._on_fact)

    def _on_fact(self, fact: facts.AnyFact, _body: bytes) -> None:
        self._crowd.on_fact(fact)
        for clerk in self._crowd.clerks.values():
            clerk.on_fact(fact)


def work_number(plan: HallPlan, window: int) -> str:
    """The work number that the demo seats at a window."""
    numbers = plan.work_numbers[1:] or ("011",)
    return numbers[(window - 1) % len(numbers)]


def _quick(visitor: Visitor, arrives: datetime, speed: float) -> Visitor:
    """The same person at another pace; nobody walks or decides quicker than four times."""
    brisk = min(4.0, max(1.0, speed))
    return msgspec.structs.replace(
        visitor,
        arrives=arrives,
        handling_s=max(6.0, visitor.handling_s / speed),
        review_s=None if visitor.review_s is None else max(5.0, visitor.review_s / speed),
        walk_s=visitor.walk_s / brisk,
        rates_after_s=visitor.rates_after_s / min(3.0, brisk),
    )
