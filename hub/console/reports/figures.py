"""A report: figures of a range of days, as a whole and along each axis. It travels as JSON from the worker to the page."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import msgspec

from hall.messages.common import Day
from hub.console.reports.spread import Lengths
from hub.console.reports.staffing import Need

#: The hall's grades, best first.
GRADES = (4, 3, 2, 1)


class Axis(Enum):
    """Along what a report can be read."""

    SERVICE = "service"
    #: ``service/situation``
    SITUATION = "situation"
    WINDOW = "window"
    CLERK = "clerk"
    #: of arrival for visits, of the call for steps
    HOUR = "hour"
    #: Monday is 0
    WEEKDAY = "weekday"
    DAY = "day"


#: Axes on which every visit has exactly one place; the others count a visit wherever it was served.
OF_VISITS = (Axis.SERVICE, Axis.SITUATION, Axis.HOUR, Axis.WEEKDAY, Axis.DAY)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, of the whole or of one place on an axis."""

    # ---- visits, each counted once
    #: numbers given: the sum of the six below
    issued: int = 0
    served: int = 0
    missed: int = 0
    left: int = 0
    cancelled: int = 0
    #: still in the hall
    open: int = 0
    #: papers complete and accepted
    accepted: int = 0
    #: visits by how their last service ended
    outcomes: dict[str, int] = {}
    #: served at one window in one trip
    one_trip: int = 0
    #: sent on twice or more
    sent_on: int = 0
    #: came back with a missing-papers slip
    came_back: int = 0
    prechecked: int = 0
    extended: int = 0
    #: numbers of the pre-printed book
    by_hand: int = 0
    waits: Lengths = Lengths()

    # ---- service steps
    #: calls, however often repeated; those that nobody followed
    calls: int = 0
    in_vain: int = 0
    #: ended after work
    steps: int = 0
    #: steps by how they ended
    endings: dict[str, int] = {}
    handling: Lengths = Lengths()
    #: of first steps, with and without a pre-check by the guide
    handling_prechecked: Lengths = Lengths()
    handling_plain: Lengths = Lengths()
    walking: Lengths = Lengths()
    #: steps for which a rating was asked, and what was pressed
    asked: int = 0
    grades: dict[int, int] = {}
    #: the same on the official five
    official: dict[int, int] = {}

    # ---- windows
    seated_s: int = 0
    paused_s: int = 0
    #: seated, not away, and nobody called or served
    idle_s: int = 0

    @property
    def rated(self) -> int:
        """How many pressed a key."""
        return sum(self.grades.values())

    @property
    def returned(self) -> int:
        """Visits that ended for want of papers."""
        return self.outcomes.get("material-missing", 0)

    @property
    def refused(self) -> int:
        """Visits that ended with a no."""
        return self.outcomes.get("not-allowed", 0) + self.outcomes.get("proxy-refused", 0)


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One place on an axis."""

    key: str
    figures: Figures


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """Arrivals of one hour of one weekday, over the whole range."""

    weekday: int
    hour: int
    arrived: int
    #: days of that weekday on which anybody came
    days: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a range of days tells."""

    first: Day
    last: Day
    made_at: datetime
    #: days on which anything happened
    days: int
    total: Figures
    axes: dict[str, tuple[Group, ...]]
    load: tuple[Load, ...]
    staffing: tuple[Need, ...]
    #: what waits were judged by
    wait_target_min: int

    def groups(self, axis: Axis) -> tuple[Group, ...]:
        """The places on an axis."""
        return self.axes.get(axis.value, ())
