"""A clerk's own day: how many were served, how long it took, and what was pressed, never by whom.

Rules:

* It is drawn from the facts as they are told, and begins anew when a day is opened. A fact that comes twice counts once.
* A service step that was worked on counts, whether it was finished or sent on; one that was taken back does not. A rating stands even
  then: one press per step.
* Nobody learns what one person pressed: there are no counts below :data:`FEWEST` ratings, and from there on they move on by that
  many at a time.
* Each clerk's day is replaced and never changed: it may be read in any thread.
"""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import Final

import msgspec

from hall.messages.common import Act
from hall.messages.facts import (
    ActUndone,
    AnyFact,
    DayOpened,
    ServiceFact,
    ServiceFinished,
    TicketRated,
    TicketTransferred,
)

#: ratings of which a clerk learns the counts, and by which the counts move on
FEWEST: Final = 5


class MyDay(msgspec.Struct, frozen=True, kw_only=True):
    """One clerk's day so far."""

    #: service steps that were worked on
    served: int = 0
    handling_median_s: int | None = None
    #: presses per grade, 4 to 1; None below :data:`FEWEST` ratings
    grades: dict[int, int] | None = None


class MyDays:
    """Everybody's day so far."""

    def __init__(self) -> None:
        """Nobody has done anything yet."""
        self._heard = 0
        self._begin()

    def _begin(self) -> None:
        #: seconds of each step that was worked on, by clerk
        self._handled: dict[str, dict[tuple[str, int], int]] = {}
        #: grades in the order of their coming, by clerk
        self._grades: dict[str, list[int]] = {}
        self._days: dict[str, MyDay] = {}

    def my_day(self, clerk: str) -> MyDay:
        """The day so far of whoever has this work number."""
        return self._days.get(clerk, _NOTHING)

    def hear(self, fact: AnyFact) -> None:
        """Something happened in the hall."""
        if fact.n <= self._heard:
            return
        self._heard = fact.n
        match fact:
            case DayOpened():
                self._begin()
            case ServiceFinished() | TicketTransferred() if fact.seconds > 0:
                self._handled.setdefault(fact.clerk, {})[fact.ticket, fact.step] = fact.seconds
                self._draw(fact)
            case ActUndone() if fact.what in {Act.FINISH, Act.TRANSFER}:
                self._handled.get(fact.clerk, {}).pop((fact.ticket, fact.step), None)
                self._draw(fact)
            case TicketRated():
                self._grades.setdefault(fact.clerk, []).append(fact.grade)
                self._draw(fact)
            case _:
                pass

    def _draw(self, fact: ServiceFact) -> None:
        handled = self._handled.get(fact.clerk, {})
        self._days[fact.clerk] = MyDay(
            served=len(handled),
            handling_median_s=round(median(handled.values())) if handled else None,
            grades=_shown(self._grades.get(fact.clerk, [])),
        )


def _shown(grades: list[int]) -> dict[int, int] | None:
    shown = len(grades) // FEWEST * FEWEST
    if shown == 0:
        return None
    counted = Counter(grades[:shown])
    return {grade: counted[grade] for grade in (4, 3, 2, 1)}


_NOTHING: Final = MyDay()
