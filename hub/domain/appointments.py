"""Appointments: what may be booked, and what becomes of it.

Rules:

* A slot is ``slot_min`` long, counted from the posted opening of its day, and lies whole within the hours, outside of lunch and of
  every known stop of its service. A service with a quota can be booked, for at most so many people per slot, from now until
  ``book_days`` ahead, also while the hall is closed.
* A place is free again the moment its appointment is cancelled, or replaced by another.
* A reminder is told once, ``remind_before_min`` before the slot, while the slot is kept.
* Who has not come when the day closes is recorded as missed. Somebody whose slot the day did not reach keeps the appointment.
* An appointment that the hall cannot keep any more (hours changed, the service stopped, a day it never opened) is not lost: it is *displaced*,
  listed until it is rebooked or cancelled, lets its person in on any later day, and is given up by the hall only
  :data:`DISPLACED_DAYS` days after its time.
* Checking in is :mod:`hub.domain.checking_in`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from hall.messages.asks import Book, CancelAppointment
from hall.messages.facts import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMissed,
    AppointmentReminded,
    TicketIssued,
)
from hall.policy import AppointmentPolicy
from hub.domain import calendar, stops
from hub.domain.moments import SECOND, Micros, micros
from hub.domain.promises import Appointment
from hub.domain.refusals import refused
from hub.domain.state import State

#: So long after its time the hall gives up an appointment that it could not keep and that nobody rebooked.
DISPLACED_DAYS: Final = 30
#: Why it then is cancelled.
NEVER_KEPT: Final = "hall-closed"
_MINUTE: Final[Micros] = 60 * SECOND
_USUAL: Final = AppointmentPolicy()


class Slot(NamedTuple):
    """One time that can be booked for a service."""

    begins: datetime
    ends: datetime
    quota: int
    taken: int


def terms(s: State) -> AppointmentPolicy:
    """What holds for appointments: also those that were booked before the policy took them away."""
    return s.policy.appointment or _USUAL


def slots(s: State, service: str, day: date) -> list[Slot]:
    """The slots of a service on a day; none where it cannot be booked."""
    policy = s.policy.appointment
    quota = 0 if policy is None else policy.quotas.get(service, 0)
    if policy is None or quota == 0 or service not in s.plan.services:
        return []
    return [
        Slot(begins, ends, quota, s.promises.taken(service, micros(begins), micros(ends)))
        for begins, ends in _times(s, day, timedelta(minutes=policy.slot_min))
        if _is_served(s, service, begins, ends)
    ]


def _is_served(s: State, service: str, begins: datetime, ends: datetime) -> bool:
    """Whether the hall is there for a service in all of this time: open, not at lunch, the service not stopped."""
    hours = calendar.posted(s.plan, s.zone, begins.astimezone(s.zone).date())
    if hours is None:
        is_open = s.plan.hours.always
    else:
        lunch = hours.lunch
        at_lunch = lunch is not None and begins < lunch.ends and lunch.begins < ends
        is_open = hours.opens <= begins and ends <= hours.closes and not at_lunch
    return is_open and service in s.plan.services and not stops.touched(s, service, begins, ends)


def _times(s: State, day: date, length: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """The day in slots: from the posted opening, all day where the hall is always open."""
    hours = calendar.posted(s.plan, s.zone, day)
    if hours is None and not s.plan.hours.always:
        return
    midnight = datetime.combine(day, time(), s.zone)
    begins, closes = (
        (midnight, midnight + timedelta(days=1)) if hours is None else (hours.opens, hours.closes)
    )
    while begins + length <= closes:
        yield begins, begins + length
        begins += length


def _slot(s: State, service: str, begins: datetime) -> Slot | None:
    day = begins.astimezone(s.zone).date()
    return next((slot for slot in slots(s, service, day) if slot.begins == begins), None)


# ---------------------------------------------------------------- decide


def book(s: State, order: Book, at: datetime) -> list[AppointmentBooked]:
    """A time is booked.

    Refuses ``unknown-service``, ``unknown-situation``, ``not-bookable``, ``slot-past``, ``too-far-ahead``, ``no-such-slot``,
    ``slot-full``, ``code-taken``, ``appointment-known``, and what cancelling the replaced one refuses.
    """
    plan = s.plan.services.get(order.service)
    if plan is None:
        raise refused("unknown-service")
    if order.situation is not None and order.situation not in plan.situations:
        raise refused("unknown-situation")
    if order.id in s.promises.appointments:
        raise refused("appointment-known")
    replaced = None if order.replaces is None else _awaited(s, order.replaces)
    slot = _bookable(s, order, at, replaced)
    if order.code in s.promises.codes:
        raise refused("code-taken")
    return [
        AppointmentBooked(
            n=s.n + 1,
            at=at,
            appointment=order.id,
            code=order.code,
            service=order.service,
            situation=order.situation,
            slot=slot.begins,
            slot_until=slot.ends,
            last4=order.last4,
            replaces=order.replaces,
        )
    ]


def _bookable(s: State, order: Book, at: datetime, replaced: Appointment | None) -> Slot:
    policy = s.policy.appointment
    if policy is None or not policy.quotas.get(order.service):
        raise refused("not-bookable")
    if order.slot <= at:
        raise refused("slot-past")
    last = at.astimezone(s.zone).date() + timedelta(days=policy.book_days)
    if order.slot.astimezone(s.zone).date() > last:
        raise refused("too-far-ahead")
    slot = _slot(s, order.service, order.slot)
    if slot is None:
        raise refused("no-such-slot")
    own = replaced is not None and replaced.service == order.service
    given_up = own and micros(slot.begins) <= replaced.slot_us < micros(slot.ends) if replaced else False
    if slot.taken - given_up >= slot.quota:
        raise refused("slot-full")
    return slot


def cancel_appointment(s: State, order: CancelAppointment, at: datetime) -> list[AppointmentCancelled]:
    """The place is free. Refuses ``unknown-appointment``, ``appointment-cancelled``, ``already-checked-in``."""
    appointment = _awaited(s, order.appointment)
    return [AppointmentCancelled(n=s.n + 1, at=at, appointment=appointment.id, reason=order.reason)]


def _awaited(s: State, appointment_id: str) -> Appointment:
    appointment = s.promises.appointments.get(appointment_id)
    if appointment is None:
        raise refused("unknown-appointment")
    if appointment.cancelled:
        raise refused("appointment-cancelled")
    if appointment.ticket is not None:
        raise refused("already-checked-in")
    return appointment


# ---------------------------------------------------------------- time


def reminders(s: State, at: datetime, n: int) -> list[AppointmentReminded]:
    """Who is to be reminded now, as facts from number `n` on."""
    now, before = micros(at), terms(s).remind_before_min * _MINUTE
    if before == 0:
        return []
    due = [
        a
        for a in s.promises.between(now + 1, now + before + 1)
        if not a.reminded and (a.ticket is not None or is_kept(s, a))
    ]
    return [AppointmentReminded(n=n + i, at=at, appointment=a.id, ticket=a.ticket) for i, a in enumerate(due)]


def reminder_due(s: State, at: datetime) -> datetime | None:
    """When there is somebody to remind; None: nobody that is known."""
    now, before = micros(at), terms(s).remind_before_min * _MINUTE
    if before == 0:
        return None
    if reminders(s, at, 0):
        return at
    first = next((a.slot_us for a in s.promises.between(now + before + 1, 2**62) if not a.reminded), None)
    return None if first is None else s.moment(first - before)


def is_kept(s: State, appointment: Appointment) -> bool:
    """Whether the hall still is there for this service at the booked time."""
    return _is_served(s, appointment.service, s.moment(appointment.slot_us), s.moment(appointment.until_us))


def displaced(s: State, at: datetime) -> list[Appointment]:
    """Appointments whose people are still expected and whose time the hall does not keep, the earliest first."""
    day = s.day if s.open and s.day is not None else at.astimezone(s.zone).date().isoformat()
    awaited = (a for a in s.promises.between(0, 2**62) if a.awaited)
    return [a for a in awaited if day_of(s, a) < day or not is_kept(s, a)]


def today(s: State) -> Iterator[Appointment]:
    """The open day's appointments that were not cancelled."""
    midnight = datetime.combine(date.fromisoformat(s.day or "1970-01-01"), time(), s.zone)
    return s.promises.between(micros(midnight), micros(midnight + timedelta(days=1)))


def day_of(s: State, appointment: Appointment) -> str:
    """The day of the slot."""
    return s.moment(appointment.slot_us).date().isoformat()


def at_close(s: State, at: datetime, n: int) -> list[AppointmentMissed | AppointmentCancelled]:
    """What the close of the day makes of those who did not come, as facts from number `n` on."""
    facts: list[AppointmentMissed | AppointmentCancelled] = []
    given_up = micros(at - timedelta(days=DISPLACED_DAYS))
    for a in s.promises.between(0, micros(at) + 1):
        if not a.awaited:
            continue
        if day_of(s, a) == s.day and is_kept(s, a):
            facts.append(AppointmentMissed(n=n + len(facts), at=at, appointment=a.id))
        elif a.slot_us < given_up:
            facts.append(AppointmentCancelled(n=n + len(facts), at=at, appointment=a.id, reason=NEVER_KEPT))
    return facts


# ---------------------------------------------------------------- across the night


class _Kept(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An appointment as it stands in a page."""

    id: str
    code: str
    service: str
    slot: Micros
    until: Micros
    situation: str | None = None
    last4: str | None = None
    reminded: bool = False


def kept(s: State) -> Iterator[dict[str, Any]]:
    """Everybody who is still expected."""
    for a in s.promises.between(0, 2**62):
        if a.awaited:
            page = _Kept(
                id=a.id,
                code=a.code,
                service=a.service,
                slot=a.slot_us,
                until=a.until_us,
                situation=a.situation,
                last4=a.last4,
                reminded=a.reminded,
            )
            yield msgspec.to_builtins(page)


def take_in(s: State, values: dict[str, Any]) -> None:
    """An appointment from a page."""
    page = msgspec.convert(values, _Kept)
    s.promises.book(
        Appointment(
            id=page.id,
            code=page.code,
            service=page.service,
            situation=page.situation,
            slot_us=page.slot,
            until_us=page.until,
            last4=page.last4,
            reminded=page.reminded,
        )
    )


# ---------------------------------------------------------------- apply


def on_booked(s: State, fact: AppointmentBooked) -> None:
    """A place is taken."""
    if fact.replaces is not None:
        s.promises.free(s.promises.appointments[fact.replaces])
    s.promises.book(
        Appointment(
            id=fact.appointment,
            code=fact.code,
            service=fact.service,
            situation=fact.situation,
            slot_us=micros(fact.slot),
            until_us=micros(fact.slot_until),
            last4=fact.last4,
        )
    )


def on_cancelled(s: State, fact: AppointmentCancelled) -> None:
    """The place is free."""
    s.promises.free(s.promises.appointments[fact.appointment])


def on_reminded(s: State, fact: AppointmentReminded) -> None:
    """Once is enough."""
    s.promises.appointments[fact.appointment].reminded = True


def on_missed(s: State, fact: AppointmentMissed) -> None:
    """Nobody came."""
    s.promises.forget(s.promises.appointments[fact.appointment])


def on_checked_in(s: State, fact: TicketIssued) -> None:
    """The person is here."""
    if fact.appointment is not None and fact.appointment in s.promises.appointments:
        s.promises.appointments[fact.appointment].ticket = fact.ticket


def on_ticket_void(s: State, issued: TicketIssued) -> None:
    """The ticket was cancelled unserved: the appointment counts as before."""
    appointment = s.promises.appointments.get(issued.appointment or "")
    if appointment is not None and appointment.ticket == issued.ticket:
        appointment.ticket = None
