"""Counting: days of rows become a report.

Rules:

* A visit is counted once, on the day and in the hour of its arrival, however many steps it had: the places of an axis of visits add up to the
  whole. Where it is counted for a window or a clerk, it is counted at each that called it.
* A step is counted once, where and when it was called, for the service it was called for.
* A visit's situation is what its clerk said at the end, else what was chosen with the ticket; without either it has none.
* For a window or a clerk, accepted and the endings are those of the steps there.
* A visit that ended *done* had its papers accepted, whether or not somebody said so.
* One trip (最多跑一次): served, ended done or advised, sat at one window at most, and did not come back with a missing-papers slip.
* Sent on and on (踢皮球): sent on twice or more; the way to a review, the way back to where the person was, and papers alone are not counted.
* Idle is a window with a clerk who is not away, with nobody called and nobody served.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, tzinfo

import msgspec

from hall.messages.common import Day, Key, Outcome
from hub.console.reports.figures import Axis, Figures, Group, Load, Report
from hub.console.reports.rows import DayRows, Seat, Visit, Work
from hub.console.reports.spread import Span, Spread, length_s, outside
from hub.console.reports.staffing import Staffing
from hub.domain.ratings import OFFICIAL

#: How a service can end.
OUTCOMES = frozenset(outcome.value for outcome in Outcome)
#: Endings with which a visit is complete.
COMPLETE = frozenset({"done", "advice"})
#: Sent on so often, a person was sent from one to the next.
PING_PONG = 2
#: States of tickets that have their own count; all others are still in the hall.
_STATES = ("served", "missed", "left", "cancelled")

Place = tuple[Axis, str]


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """How long people wait at most, as the hall has promised, and that nobody is sent on and on."""

    wait_min: int = 30
    #: services with a promise of their own
    waits_min: dict[Key, int] = {}
    #: services to which people are sent for a review, which is no sending on
    reviews: frozenset[Key] = frozenset()

    def wait_s(self, service: str) -> int:
        """For this service."""
        return self.waits_min.get(service, self.wait_min) * 60


class _Pile:
    """Everything that is counted for one place."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.endings: Counter[str] = Counter()
        self.grades: Counter[int] = Counter()
        self.official: Counter[int] = Counter()
        self.waits, self.handling, self.walking = Spread(), Spread(), Spread()
        self.prechecked, self.plain = Spread(), Spread()

    def take(self, other: _Pile) -> None:
        """What `other` has counted is counted here too."""
        for mine, theirs in (
            (self.outcomes, other.outcomes),
            (self.counts, other.counts),
            (self.endings, other.endings),
        ):
            mine.update(theirs)
        self.grades.update(other.grades)
        self.official.update(other.official)
        for into, spread in (
            (self.waits, other.waits),
            (self.handling, other.handling),
            (self.walking, other.walking),
            (self.prechecked, other.prechecked),
            (self.plain, other.plain),
        ):
            into.take(spread)

    def figures(self) -> Figures:
        """As it stands."""
        return Figures(
            outcomes=dict(sorted(self.outcomes.items())),
            endings=dict(sorted(self.endings.items())),
            grades=dict(sorted(self.grades.items(), reverse=True)),
            official=dict(sorted(self.official.items(), reverse=True)),
            waits=self.waits.lengths(),
            handling=self.handling.lengths(),
            walking=self.walking.lengths(),
            handling_prechecked=self.prechecked.lengths(),
            handling_plain=self.plain.lengths(),
            **{name: count for name, count in self.counts.items() if count},
        )


class Count:
    """Takes days in any order, and gives the report of them."""

    def __init__(self, promise: Promise, zone: tzinfo | None = None) -> None:
        """Hours are those of `zone`; without one, as the rows tell them."""
        self._promise, self._zone = promise, zone
        self._piles: defaultdict[Place, _Pile] = defaultdict(_Pile)
        self._load: Counter[tuple[int, int]] = Counter()
        self._weekdays: Counter[int] = Counter()
        self._staffing = Staffing()
        self._days = 0

    def add(self, rows: DayRows, now: datetime) -> None:
        """One more day; what has not ended goes on until `now`."""
        works: defaultdict[str, list[Work]] = defaultdict(list)
        for work in rows.works:
            works[work.ticket].append(work)
        visits = {visit.ticket: visit for visit in rows.visits}
        for visit in rows.visits:
            self._visit(visit, works.get(visit.ticket, []))
        for work in rows.works:
            self._work(work, visits.get(work.ticket))
        for ticket, mine in works.items():
            self._calls(mine, visits.get(ticket))
        self._windows(rows, now)
        if rows.visits:
            self._weekdays[_weekday(rows.day)] += 1
            self._staff(rows, works, now)
        self._days += bool(rows.visits or rows.works)

    def report(self, first: Day, last: Day, made_at: datetime) -> Report:
        """The report of every day that was added."""
        axes: defaultdict[Axis, list[Group]] = defaultdict(list)
        piles, total = self._whole()
        for (axis, key), pile in sorted(piles.items(), key=lambda item: _order(item[0])):
            axes[axis].append(Group(key=key, figures=pile.figures()))
        return Report(
            first=first,
            last=last,
            made_at=made_at,
            days=self._days,
            total=total.figures(),
            axes={axis.value: tuple(axes[axis]) for axis in Axis},
            load=tuple(
                Load(weekday=weekday, hour=hour, arrived=arrived, days=self._weekdays[weekday])
                for (weekday, hour), arrived in sorted(self._load.items())
            ),
            staffing=self._staffing.needs(self._promise.wait_min * 60),
            wait_target_min=self._promise.wait_min,
        )

    # ---------------------------------------------------------------- one row

    def _local(self, moment: datetime) -> datetime:
        return moment if self._zone is None else moment.astimezone(self._zone)

    def _whole(self) -> tuple[dict[Place, _Pile], _Pile]:
        """Every place and the total: services are the sum of their situations, weekdays and the total of their days."""
        piles, total = defaultdict(_Pile, self._piles), _Pile()
        for (axis, key), pile in self._piles.items():
            if axis is Axis.SITUATION:
                piles[Axis.SERVICE, key.partition("/")[0]].take(pile)
            elif axis is Axis.DAY:
                piles[Axis.WEEKDAY, str(_weekday(key))].take(pile)
                total.take(pile)
        return piles, total

    def _visit(self, visit: Visit, works: list[Work]) -> None:
        arrived, weekday = self._local(visit.arrived), _weekday(visit.day)
        self._load[weekday, arrived.hour] += 1
        places = [
            (Axis.SITUATION, f"{visit.service}/{situation_of(visit, works)}"),
            (Axis.HOUR, f"{arrived.hour:02}"),
            (Axis.DAY, visit.day),
        ]
        sent_on = sendings(works, self._promise.reviews) >= PING_PONG
        for place in places:
            pile = self._piles[place]
            self._add_visit(pile, visit)
            pile.counts["sent_on"] += sent_on
            if visit.outcome is not None:
                pile.outcomes[visit.outcome] += 1
            pile.counts["accepted"] += visit.accepted or visit.outcome == "done"
            self._add_wait(pile, visit)

    @staticmethod
    def _add_visit(pile: _Pile, visit: Visit) -> None:
        counts = pile.counts
        counts["issued"] += 1
        counts[visit.state if visit.state in _STATES else "open"] += 1
        if one_trip(visit):
            counts["one_trip"] += 1
        if visit.slip:
            counts["came_back"] += 1
        if visit.prechecked:
            counts["prechecked"] += 1
        if visit.extended:
            counts["extended"] += 1
        if visit.by_hand:
            counts["by_hand"] += 1

    def _add_wait(self, pile: _Pile, visit: Visit) -> None:
        if visit.waited_s is not None:
            pile.waits.add(visit.waited_s, self._promise.wait_s(visit.service))

    def _work(self, work: Work, visit: Visit | None) -> None:
        called = work.first_called or work.started
        places = [
            (Axis.SITUATION, _situation_place(work, visit)),
            (Axis.WINDOW, str(work.window)),
            (Axis.CLERK, work.clerk),
            (Axis.HOUR, "" if called is None else f"{self._local(called).hour:02}"),
            (Axis.DAY, work.day),
        ]
        in_vain = work.started is None and work.freed is not None
        asked, walked_s = work.asked, work.walked_s
        target_s = None if work.target_min is None else work.target_min * 60
        for place in places:
            pile = self._piles[place]
            counts = pile.counts
            counts["calls"] += 1
            if in_vain:
                counts["in_vain"] += 1
            if asked:
                counts["asked"] += 1
            if work.outcome is not None:
                pile.endings[work.outcome] += 1
            if work.grade is not None:
                pile.grades[work.grade] += 1
                pile.official[work.official or OFFICIAL[work.grade]] += 1
            if walked_s is not None:
                pile.walking.add(walked_s)
            if work.handled_s:
                counts["steps"] += 1
                pile.handling.add(work.handled_s, target_s)
                if work.step == 1 and visit is not None:
                    (pile.prechecked if visit.prechecked else pile.plain).add(work.handled_s)

    def _calls(self, works: list[Work], visit: Visit | None) -> None:
        """The visit as the windows and clerks that called it see it."""
        places: defaultdict[Place, list[Work]] = defaultdict(list)
        for work in works:
            places[Axis.WINDOW, str(work.window)].append(work)
            places[Axis.CLERK, work.clerk].append(work)
        first = min(works, key=lambda work: work.step)
        for place, mine in places.items():
            pile = self._piles[place]
            for work in mine:
                pile.counts["accepted"] += work.accepted is not None or work.outcome == "done"
                if work.outcome in OUTCOMES:
                    pile.outcomes[work.outcome] += 1
            if visit is not None:
                self._add_visit(pile, visit)
                if first in mine:
                    self._add_wait(pile, visit)

    # ---------------------------------------------------------------- windows

    def _windows(self, rows: DayRows, now: datetime) -> None:
        taken: defaultdict[int, list[Span]] = defaultdict(list)
        for work in rows.works:
            if (span := _taken(work, now)) is not None:
                taken[work.window].append(span)
        paused: defaultdict[int, list[Span]] = defaultdict(list)
        for pause in rows.pauses:
            paused[pause.window].append(_span(pause, now))
        for seat in rows.seats:
            here = [_span(seat, now)]
            seated_s = length_s(here)
            away_s = seated_s - length_s(outside(here, paused[seat.window]))
            idle_s = length_s(outside(here, paused[seat.window] + taken[seat.window]))
            for place in (
                (Axis.WINDOW, str(seat.window)),
                (Axis.CLERK, seat.clerk),
                (Axis.DAY, seat.day),
            ):
                pile = self._piles[place]
                pile.counts["seated_s"] += round(seated_s)
                pile.counts["paused_s"] += round(away_s)
                pile.counts["idle_s"] += round(idle_s)

    def _staff(self, rows: DayRows, works: Mapping[str, list[Work]], now: datetime) -> None:
        came, turns = [], []
        for visit in rows.visits:
            arrived = self._local(visit.arrived)
            minute = arrived.hour * 60 + arrived.minute
            came.append((minute, visit.service))
            mine = [work for work in works.get(visit.ticket, []) if work.freed is not None]
            spans = [span for work in mine if (span := _taken(work, now)) is not None]
            if spans:
                turns.append((minute, visit.service, round(sum(length_s([span]) for span in spans))))
        staffed = []
        for window in {seat.window for seat in rows.seats}:
            seats = [_span(seat, now) for seat in rows.seats if seat.window == window]
            away = [_span(pause, now) for pause in rows.pauses if pause.window == window]
            staffed += [(self._local(begin), self._local(end)) for begin, end in outside(seats, away)]
        self._staffing.add_day(came, turns, staffed)


def one_trip(visit: Visit) -> bool:
    """Served at one window in one trip."""
    return visit.state == "served" and visit.outcome in COMPLETE and visit.sat_at <= 1 and not visit.slip


def sendings(works: Iterable[Work], reviews: Collection[Key]) -> int:
    """How often a person was sent on."""
    times, been = 0, set[int]()
    before: Work | None = None
    for work in sorted(works, key=lambda work: work.step):
        sent = before is not None and before.outcome == "transferred" and not work.carry
        times += sent and work.window not in been and work.service not in reviews
        been.add(work.window)
        before = work
    return times


def situation_of(visit: Visit, works: Iterable[Work]) -> str:
    """What kind of its service a visit was; empty when nobody said."""
    said = [work.situation for work in works if work.situation and work.service == visit.service]
    return said[-1] if said else visit.situation or ""


def _situation_place(work: Work, visit: Visit | None) -> str:
    chosen = visit.situation if visit is not None and work.service == visit.service else None
    return f"{work.service or ''}/{work.situation or chosen or ''}"


def _taken(work: Work, now: datetime) -> Span | None:
    """When this step had its window; a ticket that was laid aside and taken up again counts as there all the while."""
    begin = work.first_called or work.started
    return None if begin is None else (begin, work.freed or now)


def _span(seat: Seat, now: datetime) -> Span:
    return seat.began, seat.ended or now


def _weekday(day: Day) -> int:
    return datetime.fromisoformat(day).weekday()


def _order(place: Place) -> tuple[str, int, str]:
    axis, key = place
    return axis.value, int(key) if axis is Axis.WINDOW else 0, key
