"""Whether somebody gets a number now, and if not, why and what instead.

Rules:

* Numbers are given while the day is open and within its posted hours, to the minute (C1).
* On a day with a list of services only those give numbers; an appointment is let in all the same, as it is past a quota or an early stop.
* Quotas and early stops are off unless the policy names them, with a reason and another way, and both are told (C1).
* A service that is stopped (:mod:`hub.domain.stops`) gives no number in any lane.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hall.errors import Refused
from hall.policy import Restriction
from hall.text import Text
from hub.domain import calendar, stops
from hub.domain.refusals import refused
from hub.domain.state import State

#: The lane of people who were promised their turn.
PROMISED = "appointment"


def is_issuing(s: State, at: datetime) -> bool:
    """Whether the hall gives out numbers at `at`, whatever the service."""
    if not s.open or s.plan.hours.always:
        return s.open
    today = at.astimezone(s.zone).date()
    hours = calendar.posted(s.plan, s.zone, today)
    return today.isoformat() == s.day and (hours is None or hours.opens <= at < hours.closes)


def admit(s: State, service: str, lane: str, at: datetime) -> None:
    """Refuses ``closed``, ``service-stopped``, ``not-today``, ``stopped-early``, ``quota-reached``, each with what people can do."""
    if not is_issuing(s, at):
        raise refused("closed")
    no = objection(s, service, at, promised=lane == PROMISED)
    if no is not None:
        raise no


def objection(s: State, service: str, at: datetime, *, promised: bool = False) -> Refused | None:
    """Why no number of this service is given in the open hall at `at`; None when it is."""
    pause = stops.stopped(s, service, at)
    if pause is not None:
        return Refused("service-stopped", stops.why(pause, at))
    if promised:
        return None
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    if hours is not None and hours.services and service not in hours.services:
        return refused("not-today")
    early = s.policy.early_stop
    if early is not None and hours is not None and at >= _stops_early(hours, early.before_close_min):
        return Refused("stopped-early", _why(early))
    quota = s.policy.quotas.get(service)
    if quota is not None and s.issued_of.get(service, 0) >= quota.per_day:
        return Refused("quota-reached", _why(quota))
    return None


def changes(s: State, at: datetime) -> datetime | None:
    """The next moment at which the clock alone changes who is admitted in an open hall."""
    moments = [stops.changes(s, at)]
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    if hours is not None and s.policy.early_stop is not None:
        moments.append(_stops_early(hours, s.policy.early_stop.before_close_min))
    return min((moment for moment in moments if moment is not None and moment > at), default=None)


def _stops_early(hours: calendar.Hours, before_close_min: int) -> datetime:
    return hours.closes - timedelta(minutes=before_close_min)


def _why(restriction: Restriction) -> Text:
    return Text(
        zh=f"对不起，{restriction.reason.zh}，{restriction.alternative.zh}",
        en=f"Sorry, {restriction.reason.en}; {restriction.alternative.en}",
    )
