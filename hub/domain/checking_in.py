"""Checking in: somebody with an appointment, or with a missing-papers slip, is here and gets a number.

Rules:

* It is said by a code (six digits an appointment's, eight a slip's), by a phone's last four digits among today's appointments (with
  the service where that fits several), or by the appointment's id. Numbers are given while tickets are issued.
* Early and in time: the lane of appointments, with the booked time; it is due later by the order's own rule.
* Later than ``late_after_min`` after the booked time: the normal lane by arrival, and the ticket says so. Whom the hall itself kept
  from coming at that time is never late.
* An appointment or slip brings one ticket. A ticket that was cancelled unserved gives it back.
* How often a member may try codes that nobody holds is limited at the hub's edge (:mod:`hub.guesses`): a refusal changes nothing in
  here, and is no fact.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from hall.messages.asks import CheckIn, TakeTicket
from hall.messages.facts import TicketIssued
from hub.domain import admission, appointments, issuing, slips
from hub.domain.promises import Appointment, Slip
from hub.domain.refusals import refused
from hub.domain.state import State
from hub.domain.ticket import APPOINTMENT, NORMAL


def check_in(s: State, order: CheckIn, at: datetime) -> list[TicketIssued]:
    """A number for whoever was promised one.

    Refuses ``closed``, ``code-required``, ``unknown-code``, ``ambiguous-code``, ``wrong-day``, ``already-checked-in``,
    ``appointment-cancelled``, ``slip-used``, ``slip-expired``, and what taking a ticket refuses.
    """
    if not admission.is_issuing(s, at):
        raise refused("closed")
    promise = _promise(s, order)
    if isinstance(promise, Slip):
        return [_with_slip(s, promise, order, at)]
    return [_with_appointment(s, promise, order, at)]


def take_ticket(s: State, order: TakeTicket, at: datetime) -> list[TicketIssued]:
    """A ticket that is asked for with an appointment's id is a check-in; what else was asked for stands on it. Refuses also ``desk-only``."""
    issuing.check_desk(order)
    ask = CheckIn(id=order.id, via=order.via, appointment=order.appointment, token=order.token)
    (issued,) = check_in(s, ask, at)
    return [
        msgspec.structs.replace(
            issued, papers=order.papers, forms=order.forms, aids=order.aids, large_print=order.large_print
        )
    ]


def _promise(s: State, order: CheckIn) -> Appointment | Slip:
    said = [word for word in (order.code, order.last4, order.appointment) if word is not None]
    if len(said) != 1:
        raise refused("code-required")
    if order.code is not None:
        found: Appointment | Slip | None = s.promises.by_code(order.code)
    elif order.appointment is not None:
        found = s.promises.appointments.get(order.appointment)
    else:
        found = _by_phone(s, order)
    if found is None:
        raise refused("unknown-code")
    return found


def _by_phone(s: State, order: CheckIn) -> Appointment | None:
    """Today's appointment with these last digits; those still expected first."""
    found = [
        a for a in appointments.today(s) if a.last4 == order.last4 and order.service in {None, a.service}
    ]
    awaited = [a for a in found if a.awaited]
    if len(awaited or found) > 1:
        raise refused("ambiguous-code")
    return next(iter(awaited or found), None)


def _with_appointment(s: State, appointment: Appointment, order: CheckIn, at: datetime) -> TicketIssued:
    if appointment.cancelled:
        raise refused("appointment-cancelled")
    if appointment.ticket is not None:
        raise refused("already-checked-in")
    day = appointments.day_of(s, appointment)
    if day > (s.day or ""):
        raise refused("wrong-day")
    slot = s.moment(appointment.slot_us)
    tolerance = timedelta(minutes=appointments.terms(s).late_after_min)
    late = day == s.day and at > slot + tolerance and appointments.is_kept(s, appointment)
    lane = NORMAL if late or APPOINTMENT not in s.plan.lanes else APPOINTMENT
    # a time that is over, and of which nobody can be said to be late, counts from now
    counts = slot if lane == APPOINTMENT and at <= slot + tolerance else None
    issued = _issue(s, order, appointment, lane, at, slot=counts)
    return msgspec.structs.replace(
        issued,
        slot=slot,
        slot_until=s.moment(appointment.until_us),
        appointment=appointment.id,
        late=late,
    )


def _with_slip(s: State, slip: Slip, order: CheckIn, at: datetime) -> TicketIssued:
    slips.check_shown(s, slip, at)
    issued = _issue(s, order, slip, NORMAL, at)
    window = slips.window_for(s, slip)
    if window is None:
        ahead = min(issued.ahead, slips.came_back_before(s.line(slip.service, NORMAL)))
        return msgspec.structs.replace(issued, slip=slip.id, ahead=ahead)
    ahead = slips.came_back_before(s.windows[window].own)
    return msgspec.structs.replace(
        issued,
        slip=slip.id,
        window=window,
        ahead=ahead,
        windows=(window,),
        wait_min_s=None,
        wait_max_s=None,
        expected_s=None,
    )


def _issue(
    s: State,
    order: CheckIn,
    promise: Appointment | Slip,
    lane: str,
    at: datetime,
    *,
    slot: datetime | None = None,
) -> TicketIssued:
    """A ticket past quotas and early stops; a situation that the settings no longer know is left out."""
    service, plan = promise.service, s.plan.services.get(promise.service)
    known = promise.situation if plan is not None and promise.situation in plan.situations else None
    admission.admit(s, service, admission.PROMISED, at)
    ask = TakeTicket(id=order.id, service=service, lane=lane, via=order.via, situation=known, slot=slot)
    return issuing.new_ticket(s, ask, at)
