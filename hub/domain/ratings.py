"""Ratings (C2).

Rules:

* A rating belongs to one service step (ticket, window, clerk). It is asked for at ``finish``, and at a ``transfer`` after work
  was done. No press is unrated, never satisfied.
* The pad asks until somebody presses, until the next call there, or for ``rating_s`` seconds. Where the step ended with that very
  call (one press of *Next*), it asks until the next person sits.
* A vote counts if it was cast in that time, however late it arrives: the whole day, and over one night for each window's last
  :data:`ACROSS_NIGHT` unrated steps. A pad whose clock cannot be trusted is believed, and what comes in that time was cast in it,
  whatever the pad's clock says: it is the hub's own that may be wrong. One rating per step.
* The phone page rates a step that has ended and that nobody rated, for :data:`PHONE_S` seconds after it ended and as long as the hall
  knows it. It uses the official five (:data:`GRADES`), of which only the page has the lowest; a press at the pad counts as
  :data:`OFFICIAL` says.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hall.messages.asks import RateService
from hall.messages.common import Via
from hall.messages.facts import ServiceFinished, TicketRated, TicketTransferred
from hub.domain.moments import SECOND, micros
from hub.domain.orders import RateStep
from hub.domain.refusals import refused
from hub.domain.state import State, Step, Window

ACROSS_NIGHT = 8
#: So long after the end of a step its phone page may rate it.
PHONE_S: Final = 24 * 3600
#: The pad's grade on the official scale, and the other way round: declared, never counted out.
OFFICIAL: Final = {4: 5, 3: 4, 2: 3, 1: 2}
GRADES: Final = {5: 4, 4: 3, 3: 2, 2: 1, 1: 1}


def rate(s: State, order: RateStep, at: datetime) -> list[TicketRated]:
    """A vote. Refuses ``unknown-step``, ``already-rated``, ``rating-closed``."""
    step = s.steps.get((order.ticket, order.step))
    if step is None or step.window != order.window:
        raise refused("unknown-step")
    if step.grade is not None:
        raise refused("already-rated")
    if order.cast_at is not None and min(micros(order.cast_at), micros(at)) > step.until_us:
        raise refused("rating-closed")
    return [_rated(s, step, order.grade, at)]


def rate_by_phone(s: State, order: RateService, at: datetime) -> list[TicketRated]:
    """What the phone page says. Refuses ``unknown-step``, ``already-rated``, ``rating-closed``."""
    step = s.steps.get((order.ticket, order.step))
    if step is None:
        raise refused("unknown-step")
    if step.grade is not None:
        raise refused("already-rated")
    if micros(at) - step.asked_us > PHONE_S * SECOND:
        raise refused("rating-closed")
    return [_rated(s, step, GRADES[order.official], at, official=order.official)]


def _rated(s: State, step: Step, grade: int, at: datetime, *, official: int | None = None) -> TicketRated:
    ticket = s.tickets.get(step.ticket)
    return TicketRated(
        n=s.n + 1,
        at=at,
        ticket=step.ticket,
        number=step.number if ticket is None else ticket.number,
        window=step.window,
        clerk=step.clerk,
        step=step.step,
        grade=grade,
        via=None if official is None else Via.PHONE,
        official=official,
    )


# ---------------------------------------------------------------- apply


def ask_for(s: State, fact: ServiceFinished | TicketTransferred) -> None:
    """The pad at this window asks about the step that is over."""
    window = s.window_for(fact.window)
    close(window, fact.at)
    rated = s.steps.get((fact.ticket, fact.step))
    if rated is not None and rated.grade is not None:
        return  # rated, then the end was taken back: one press per step
    asked_us = micros(fact.at)
    step = Step(
        ticket=fact.ticket,
        number=fact.number,
        step=fact.step,
        window=fact.window,
        clerk=fact.clerk,
        asked_us=asked_us,
        until_us=asked_us + s.policy.rating_s * SECOND,
    )
    s.steps[fact.ticket, fact.step] = step
    window.asked = step


def close(window: Window, at: datetime) -> None:
    """The next person is called, or sits: the pad asks no more."""
    if window.asked is not None:
        window.asked.until_us = min(window.asked.until_us, micros(at))
        window.asked = None


def on_rated(s: State, fact: TicketRated) -> None:
    """A face was pressed."""
    step = s.steps[fact.ticket, fact.step]
    step.grade, step.rated_us = fact.grade, micros(fact.at)
