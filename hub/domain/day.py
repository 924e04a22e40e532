"""The day: opening, closing, and what crosses the night.

Rules:

* One day at a time; it is the date in the hall's time zone at which it was opened, and stays that until it is closed.
* ``DayOpened`` carries everything the new day needs from before, and applying it forgets everything else: replaying from the last one
  alone gives the hall as it was. What is carried is bounded, so that the fact always fits a message; the rest follows in pages
  (:mod:`hub.domain.carried`).
* Closing records everybody who still counted on the hall as left, and who was booked for this day and did not come as missed. Who was missed stays
  missed; who was served and sent to the guide desk was served. Whose number holds on the next day is :mod:`hub.domain.overnight`'s business.
* A day that was closed may be opened once more on the same date: its numbers go on where they stopped, and its quotas with them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from hall.messages.asks import ExtendHours
from hall.messages.common import Level, MemberState
from hall.messages.facts import (
    AlarmStopped,
    AppointmentCancelled,
    AppointmentMissed,
    DayCarried,
    DayClosed,
    DayOpened,
    HoursExtended,
    NoticeEnded,
    TicketLeft,
)
from hall.text import Text
from hub.domain import alarms, appointments, extension, governing, notices, overnight, pace, slips, stops
from hub.domain.carried import pages
from hub.domain.moments import Micros, micros
from hub.domain.numbers import Book, books_kept
from hub.domain.promises import Promises
from hub.domain.ratings import ACROSS_NIGHT
from hub.domain.refusals import refused
from hub.domain.state import OpenAlert, Profile, State, Step, Stop
from hub.domain.ticket import Life, counts_on_hall
from hub.domain.turns import Handlings

#: At most so many alerts cross the night, with so many characters of their text.
ALERTS_KEPT, ALERT_CHARS = 50, 120
#: So many handling times of each situation cross the night.
SITUATION_KEPT = 9


class Carried(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What crosses the night; plain values only, as they stand in ``DayOpened.carried``."""

    #: [window, clerk, pause reason or null, until or null]
    seats: list[tuple[int, str, str | None, datetime | None]] = []
    devices: dict[str, MemberState] = {}
    #: [member, alert, level, code, zh, en]
    alerts: list[tuple[str, str, Level, str, str, str]] = []
    #: [ticket, number, step, window, clerk, asked, until]
    steps: list[tuple[str, str, int, int, str, Micros, Micros]] = []
    #: by day
    books: dict[str, dict[str, Any]] = {}
    #: seconds, by service
    handlings: dict[str, list[int]] = {}
    policy: governing.PolicyKept | None = None
    #: of a day that is opened once more: what windows serve, and numbers given out by service
    profiles: dict[str, Profile] = {}
    issued_of: dict[str, int] = {}
    stops: dict[str, Stop] = {}
    lifted: dict[str, datetime] = {}
    #: the last few seconds of each situation, by service and situation
    situations: dict[str, dict[str, list[int]]] = {}
    #: see :mod:`hub.domain.pace`
    turns: list[tuple[str, str | None, list[int]]] = []
    tracks: list[tuple[str, str, float, float, float, int]] = []


def open_day(s: State, at: datetime) -> list[DayOpened | DayCarried]:
    """The day begins, with pages of what is too much for the fact. Refuses ``already-open``."""
    if s.open:
        raise refused("already-open")
    day = at.astimezone(s.zone).date().isoformat()
    carried: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(_carried(s, day, at)))
    opened = DayOpened(n=s.n + 1, at=at, day=day, carried=carried)
    return [opened, *pages(s, day, at, s.n + 2)]


def _carried(s: State, day: str, at: datetime) -> Carried:
    stopped, lifted = stops.kept(s, at)
    asked: dict[int, list[Step]] = {}
    for step in s.steps.values():
        if step.grade is None:
            asked.setdefault(step.window, []).append(step)
    kept = books_kept(s.books, day)
    return Carried(
        seats=[
            (number, w.clerk, w.paused, w.until)
            for number, w in s.windows.items()
            if w.clerk is not None and number in {plan.window for plan in s.plan.windows}
        ],
        devices=s.devices,
        alerts=[
            (member, alert, a.level, a.code, a.text.zh[:ALERT_CHARS], a.text.en[:ALERT_CHARS])
            for (member, alert), a in list(s.alerts.items())[-ALERTS_KEPT:]
        ],
        steps=[
            (x.ticket, x.number, x.step, x.window, x.clerk, x.asked_us, x.until_us)
            for window in asked.values()
            for x in window[-ACROSS_NIGHT:]
        ],
        books={d: book.kept() for d, book in s.books.items() if d in kept},
        handlings={service: handlings.recent for service, handlings in s.handlings.items()},
        policy=governing.kept(s),
        profiles={str(w): p for w, p in governing.changed_profiles(s).items()} if day == s.day else {},
        issued_of=s.issued_of if day == s.day else {},
        stops=stopped,
        lifted=lifted,
        situations=_situations(s),
        turns=pace.kept_turns(s),
        tracks=pace.kept_tracks(s),
    )


def _situations(s: State) -> dict[str, dict[str, list[int]]]:
    kept: dict[str, dict[str, list[int]]] = {}
    for (service, situation), handlings in s.situations.items():
        kept.setdefault(service, {})[situation] = handlings.recent[-SITUATION_KEPT:]
    return kept


def close_day(
    s: State, at: datetime
) -> list[AlarmStopped | NoticeEnded | TicketLeft | AppointmentMissed | AppointmentCancelled | DayClosed]:
    """The day is over: open alarms stop, notices end, everybody unserved has left, who was booked and did not come is missed, then ``DayClosed``.

    Refuses ``closed``, ``extension-stands``.
    """
    if not s.open or s.day is None:
        raise refused("closed")
    if extension.stands(s, at):
        raise refused("extension-stands")
    left = [t for t in s.tickets.values() if counts_on_hall(t)]
    stopped = alarms.at_close(s, at, s.n + 1)
    ended = notices.at_close(s, at, s.n + 1 + len(stopped))
    n = s.n + 1 + len(stopped) + len(ended)
    gone = [
        TicketLeft(n=n + i, at=at, ticket=t.id, number=t.number, kept=overnight.keeps(s, t))
        for i, t in enumerate(left)
    ]
    missed = appointments.at_close(s, at, n + len(left))
    lives = [t.life for t in s.tickets.values()]
    closed = DayClosed(
        n=n + len(left) + len(missed),
        at=at,
        day=s.day,
        issued=s.issued,
        served=lives.count(Life.DONE) + s.unserved - len(left),
        missed=lives.count(Life.MISSED),
        left=len(left),
        kept=sum(fact.kept for fact in gone),
    )
    return [*stopped, *ended, *gone, *missed, closed]


def extend_hours(s: State, order: ExtendHours, at: datetime) -> list[HoursExtended]:
    """Longer for everybody who holds a ticket. Refuses ``closed``, ``time-past``."""
    if not s.open:
        raise refused("closed")
    if order.until <= at:
        raise refused("time-past")
    return [HoursExtended(n=s.n + 1, at=at, until=order.until)]


# ---------------------------------------------------------------- apply


def on_day_opened(s: State, fact: DayOpened) -> None:
    """The day begins with what is carried, and with nothing else."""
    carried = msgspec.convert(fact.carried, Carried)
    s.day, s.open, s.extended_until = fact.day, True, None
    s.books = {day: Book.read(kept) for day, kept in carried.books.items()}
    s.books.setdefault(fact.day, Book())
    s.devices = dict(carried.devices)
    s.alerts = {
        (member, alert): OpenAlert(level=level, code=code, text=Text(zh=zh, en=en))
        for member, alert, level, code, zh, en in carried.alerts
    }
    s.handlings = {service: Handlings(recent) for service, recent in carried.handlings.items()}
    s.stops = {service: stops.local(stop, s) for service, stop in carried.stops.items()}
    s.lifted = dict(carried.lifted)
    if carried.policy is not None:
        governing.take_over(s, carried.policy)
    s.situations = {
        (service, situation): Handlings(recent)
        for service, by_situation in carried.situations.items()
        for situation, recent in by_situation.items()
    }
    pace.take_in(s, carried.turns, carried.tracks)
    s.promises = Promises()
    s.begin()
    s.opened_us, s.issued_of = micros(fact.at), dict(carried.issued_of)
    for number, clerk, paused, until in carried.seats:
        window = s.window_for(number)
        window.clerk, window.paused, window.until = clerk, paused, until
        window.paused_us = 0 if paused is None else micros(fact.at)
        s.seats[clerk] = number
    for number in s.windows:
        s.refresh_working(number)
    governing.serve_again(s, {int(window): profile for window, profile in carried.profiles.items()})
    for ticket, said, step, number, clerk, asked_us, until_us in carried.steps:
        s.steps[ticket, step] = Step(
            ticket=ticket,
            number=said,
            step=step,
            window=number,
            clerk=clerk,
            asked_us=asked_us,
            until_us=until_us,
        )


def on_left(s: State, fact: TicketLeft) -> None:
    """The day closed on this ticket; one that is kept remembers where it stood."""
    ticket = s.tickets[fact.ticket]
    place = ticket.place
    s.take_out(ticket)
    s.live(ticket, Life.LEFT)
    ticket.kept = fact.kept
    if fact.kept:
        ticket.place = place
    else:
        slips.on_ticket_void(s, ticket.issued)


def on_day_closed(s: State) -> None:
    """The day is over; who collected something at the desk was served."""
    s.open, s.extended_until = False, None
    s.escorts.clear()
    for ticket in list(s.desk.values()):
        s.take_out(ticket)
        s.live(ticket, Life.DONE)


def on_extended(s: State, fact: HoursExtended) -> None:
    """Longer for everybody who holds a ticket."""
    s.extended_until = fact.until
