"""The three-minute apology: whoever was not satisfied is spoken to before they leave the hall.

Rules:

* The lowest grade for a step that ended at most ``apology_min`` ago lights the lamp at the guide desk. A vote that comes later (a
  pad that was cut off, a phone at home) does not: its person has left.
* The lamp is lit while somebody is still to be spoken to: until it was noted of everybody that they were met or had left, for at most
  ``apology_min`` after each press, and never while the hall is closed. With ``apology_min`` 0 it is never lit.
* The lamp says nothing but that: no window, no number, no grade (C3). Whom it is for stands on the duty officer's page.
* Whether the person was spoken to is noted once for each such step, as long as the hall knows it, also when the lamp is out
  already: what counts is that somebody came before the person left.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hall.messages.asks import NoteApology
from hall.messages.facts import ApologyNoted, TicketRated
from hub.domain.moments import SECOND, Micros, micros
from hub.domain.refusals import refused
from hub.domain.state import State

#: The grade for which somebody comes.
UNSATISFIED: Final = 1


def note_apology(s: State, order: NoteApology, at: datetime) -> list[ApologyNoted]:
    """Somebody went there. Refuses ``unknown-step``, ``nothing-to-apologise``, ``apology-noted``."""
    step = s.steps.get((order.ticket, order.step))
    if step is None:
        raise refused("unknown-step")
    if step.grade != UNSATISFIED:
        raise refused("nothing-to-apologise")
    if step.met:
        raise refused("apology-noted")
    return [
        ApologyNoted(
            n=s.n + 1,
            at=at,
            ticket=step.ticket,
            number=step.number,
            window=step.window,
            step=step.step,
            spoken=order.spoken,
            actor=order.actor,
        )
    ]


def lit_until(s: State, at: datetime) -> datetime | None:
    """Until when the lamp is lit if nobody comes; None: it is dark."""
    now = micros(at)
    ends = [until for until in s.unmet.values() if until > now]
    return s.moment(max(ends)) if ends and s.open else None


# ---------------------------------------------------------------- apply


def on_rated(s: State, fact: TicketRated) -> None:
    """Somebody was not satisfied, and may still be here."""
    asked_us, rated_us = s.steps[fact.ticket, fact.step].asked_us, micros(fact.at)
    stays: Micros = s.policy.apology_min * 60 * SECOND
    if fact.grade == UNSATISFIED and rated_us - asked_us <= stays:
        s.unmet[fact.ticket, fact.step] = rated_us + stays


def on_noted(s: State, fact: ApologyNoted) -> None:
    """Somebody went there."""
    step = s.steps.get((fact.ticket, fact.step))
    if step is not None:
        step.met = True
    s.unmet.pop((fact.ticket, fact.step), None)
