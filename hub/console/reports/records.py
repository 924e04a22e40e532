"""The hub's read models as a report reads them: a day at a time, in short transactions, and never writing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Table, event, func, select
from sqlalchemy.exc import SQLAlchemyError

from hall.messages.common import Day, Via
from hub.console.reports.rows import DayRows, Seat, Visit, Work
from hub.store import tables as t
from hub.store.engine import schema_of
from hub.store.faults import store_fault
from hub.store.look import connect_existing, known


class Records:
    """One store, read by one thread."""

    def __init__(self, where: str) -> None:
        """`where` is the hub's store: a path or an SQLAlchemy URL. ``Fault`` when there is none, or one of another schema."""
        self._engine = connect_existing(where)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
        try:
            known(schema_of(self._engine), where)
        except SQLAlchemyError as error:
            raise store_fault(error) from error

    def days(self, first: Day, last: Day) -> Iterator[DayRows]:
        """Every day of the calendar from `first` to `last`, with what happened on it. Raises ``Fault``."""
        day, end = date.fromisoformat(first), date.fromisoformat(last)
        while day <= end:
            yield self.day(day.isoformat())
            day += timedelta(days=1)

    def day(self, day: Day) -> DayRows:
        """One day. Raises ``Fault``."""
        try:
            with self._engine.connect() as connection:
                return DayRows(
                    day=day,
                    visits=tuple(_visits(connection, day)),
                    works=tuple(_works(connection, day)),
                    seats=tuple(_seats(connection, t.seats, day)),
                    pauses=tuple(_seats(connection, t.pauses, day)),
                )
        except SQLAlchemyError as error:
            raise store_fault(error) from error

    def visits(self, day: Day) -> tuple[Visit, ...]:
        """The visits of one day alone. Raises ``Fault``."""
        try:
            with self._engine.connect() as connection:
                return tuple(_visits(connection, day))
        except SQLAlchemyError as error:
            raise store_fault(error) from error

    def span(self) -> tuple[Day, Day] | None:
        """The first and the last day with a ticket; None when there is none."""
        try:
            with self._engine.connect() as connection:
                first, last = connection.execute(
                    select(func.min(t.tickets.c.day), func.max(t.tickets.c.day))
                ).one()
        except SQLAlchemyError as error:
            raise store_fault(error) from error
        return None if first is None else (first, last)

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()


_V, _W = t.tickets.c, t.steps.c
_VISITS = select(
    _V.ticket, _V.number, _V.day, _V.service, _V.situation, _V.arrived_at, _V.waited_s, _V.state, _V.outcome,
    _V.sat_at, _V.accepted, _V.prechecked, _V.extended, _V.slip, _V.via,
)  # fmt: skip
_WORKS = select(
    _W.ticket, _W.step, _W.day, _W.window, _W.clerk, _W.service, _W.situation, _W.first_called_at, _W.called_at,
    _W.started_at, _W.accepted_at, _W.finished_at, _W.freed_at, _W.seconds, _W.outcome, _W.target_min, _W.parked_s,
    _W.carry, _W.grade, _W.rated_at, _W.channel, _W.official, t.tickets.c.number,
).outerjoin_from(t.steps, t.tickets, t.steps.c.ticket == t.tickets.c.ticket)  # fmt: skip


def _visits(connection: Connection, day: Day) -> Iterator[Visit]:
    for row in connection.execute(_VISITS.where(_V.day == day)):
        (
            ticket, number, day_, service, situation, arrived, waited_s, state, outcome,
            sat_at, accepted, prechecked, extended, slip, via,
        ) = row  # fmt: skip
        yield Visit(
            ticket=ticket,
            number=number,
            day=day_,
            service=service,
            situation=situation,
            arrived=datetime.fromisoformat(arrived),
            waited_s=waited_s,
            state=state,
            outcome=outcome,
            sat_at=sat_at,
            accepted=bool(accepted),
            prechecked=bool(prechecked),
            extended=bool(extended),
            slip=slip is not None,
            by_hand=via == Via.HAND.value,
        )


def _works(connection: Connection, day: Day) -> Iterator[Work]:
    for row in connection.execute(_WORKS.where(_W.day == day).order_by(_W.ticket, _W.step)):
        (
            ticket, step, day_, window, clerk, service, situation, first_called, called, started, accepted,
            finished, freed, seconds, outcome, target_min, parked_s, carry, grade, rated, channel, official, number,
        ) = row  # fmt: skip
        yield Work(
            ticket=ticket,
            number=number or "",
            step=step,
            day=day_,
            window=window,
            clerk=clerk,
            service=service,
            situation=situation,
            first_called=_moment(first_called),
            called=_moment(called),
            started=_moment(started),
            accepted=_moment(accepted),
            finished=_moment(finished),
            freed=_moment(freed or finished),
            handled_s=seconds,
            outcome=outcome,
            target_min=target_min,
            parked_s=parked_s,
            carry=bool(carry),
            grade=grade,
            rated=_moment(rated),
            channel=channel,
            official=official,
        )


def _seats(connection: Connection, table: Table, day: Day) -> Iterator[Seat]:
    c = table.c
    asked = select(c.window, c.clerk, c.began_at, c.ended_at).where(c.day == day).order_by(c.n, c.window)
    for window, clerk, began, ended in connection.execute(asked):
        yield Seat(
            day=day,
            window=window,
            clerk=clerk,
            began=datetime.fromisoformat(began),
            ended=_moment(ended),
        )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
