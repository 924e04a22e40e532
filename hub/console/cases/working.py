"""Working time: what counts towards a deadline.

Rules:

* Working time is the hall's posted hours without the lunch hour; a holiday has none, a working Saturday has its own. A hall that is
  always open works day and night.
* *n* working days end when the *n*-th working day after the day of the beginning closes: that day itself does not count.
* Where no working hour is in sight for :data:`LOOK_DAYS` days (a calendar nobody filled in), every day counts whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo

from hall.plan import HallPlan
from hub.console.cases.kinds import Term
from hub.domain import calendar

LOOK_DAYS = calendar.LOOK_DAYS

Piece = tuple[datetime, datetime]


class WorkingTime:
    """The working time of one hall."""

    def __init__(self, plan: HallPlan, zone: tzinfo) -> None:
        """`plan` has the posted hours; days are those of `zone`."""
        self._plan, self._zone = plan, zone

    def of(self, day: date) -> tuple[Piece, ...]:
        """The working pieces of a day, as posted."""
        if self._plan.hours.always:
            return (self._whole(day),)
        hours = calendar.posted(self._plan, self._zone, day)
        if hours is None:
            return ()
        if hours.lunch is None:
            return ((hours.opens, hours.closes),)
        halves = (hours.opens, hours.lunch.begins), (hours.lunch.ends, hours.closes)
        return tuple(piece for piece in halves if piece[0] < piece[1])

    def after(self, at: datetime, term: Term) -> datetime:
        """The end of a term that begins at `at`."""
        return self._days(at, term.days) if term.days else self._seconds(at, term.minutes * 60.0)

    def between(self, begins: datetime, ends: datetime) -> float:
        """Seconds of working time from `begins` to `ends`; none when `ends` is not later."""
        counted = 0.0
        for piece in self._pieces(begins):
            if piece[0] >= ends:
                break
            counted += max(0.0, _stamp(min(piece[1], ends)) - _stamp(max(piece[0], begins)))
        return counted

    def part(self, begins: datetime, ends: datetime, share: float) -> datetime:
        """When this share of the working time from `begins` to `ends` is over."""
        return min(ends, self._seconds(begins, self.between(begins, ends) * share))

    def _days(self, at: datetime, days: int) -> datetime:
        left, today = days, self._local(at).date()
        for piece in self._last_pieces(today + timedelta(days=1)):
            left -= 1
            if not left:
                return piece[1]
        raise AssertionError("days go on")

    def _seconds(self, at: datetime, seconds: float) -> datetime:
        left = seconds
        for begins, ends in self._pieces(at):
            begins = max(begins, self._local(at))  # noqa: PLW2901 - the piece as far as it is still to come
            length = _stamp(ends) - _stamp(begins)
            if length >= left and length > 0:
                return datetime.fromtimestamp(_stamp(begins) + left, self._zone)
            left -= max(0.0, length)
        raise AssertionError("days go on")

    def _pieces(self, at: datetime) -> Iterator[Piece]:
        """Working pieces from the day of `at` on, without an end."""
        for day in self._days_of_work(self._local(at).date()):
            yield from day

    def _last_pieces(self, day: date) -> Iterator[Piece]:
        """The last piece of each working day from `day` on."""
        for pieces in self._days_of_work(day):
            yield pieces[-1]

    def _days_of_work(self, day: date) -> Iterator[tuple[Piece, ...]]:
        empty = 0
        while True:
            pieces = self.of(day)
            empty = 0 if pieces else empty + 1
            if pieces:
                yield pieces
            elif empty > LOOK_DAYS:
                yield (self._whole(day),)
            day += timedelta(days=1)

    def _whole(self, day: date) -> Piece:
        begins = datetime.combine(day, time(), self._zone)
        return begins, datetime.combine(day + timedelta(days=1), time(), self._zone)

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self._zone)


def _stamp(at: datetime) -> float:
    """Seconds since 1970: within one zone Python's own difference forgets a change of the clocks."""
    return at.timestamp()
