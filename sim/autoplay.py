"""Visitors and clerks who come by themselves while somebody watches the demo, quicker than in a real hall."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from hall.clock import Scheduler
from hall.messages import facts
from hall.plan import HallPlan
from sim.console import DemoConsole
from sim.people import Clerk, Crowd, Hands
from sim.visitors import Visitor, visitors

#: how many people come, and over how long
PEOPLE = 400
SPAN = timedelta(minutes=60)
#: a real minute at the window lasts so many seconds here
QUICKER = 1 / 30


class Autoplay:
    """A crowd, and clerks for the windows that nobody plays. Begun once; ended, its clerks finish nobody new."""

    def __init__(
        self,
        scheduler: Scheduler,
        console: DemoConsole,
        hands: Hands,
        plan: HallPlan,
        *,
        played: int,
        seed: int,
    ) -> None:
        """`played` is the window that a person at the keyboard plays."""
        now = scheduler.now()
        people = [_quick(visitor) for visitor in visitors(plan, now, now + SPAN, PEOPLE, seed)]
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
    numbers = plan.staff[1:] or ("011",)
    return numbers[(window - 1) % len(numbers)]


def _quick(visitor: Visitor) -> Visitor:
    return msgspec.structs.replace(
        visitor,
        handling_s=max(6.0, visitor.handling_s * QUICKER),
        review_s=None if visitor.review_s is None else max(5.0, visitor.review_s * QUICKER),
        walk_s=visitor.walk_s / 4,
        rates_after_s=visitor.rates_after_s / 3,
    )
