"""Services that stop for a while: known long before (settings), or since this morning (a manager).

Rules:

* A stop has a reason that people are told, and a return date where one is known (C1). While it lasts no number of the service is given;
  who holds one is served.
* ``stop_service`` adds a stop or takes the place of the one a manager made before. ``resume_service`` ends whatever stops the service
  now, the settings' stops included; those that are still to come stay.
* Stops cross the night.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from hall.messages.asks import ResumeService, StopService
from hall.messages.facts import ServiceResumed, ServiceStopped
from hall.text import Text
from hub.domain import calendar
from hub.domain.refusals import refused
from hub.domain.state import State, Stop


class Pause(NamedTuple):
    """A stop as it is in force."""

    reason: Text
    alternative: Text | None
    #: when numbers are given again; None: nobody knows
    ends: datetime | None


def stop_service(s: State, order: StopService, at: datetime) -> list[ServiceStopped]:
    """A service stops. Refuses ``unknown-service``, ``time-past``."""
    if order.service not in s.plan.services:
        raise refused("unknown-service")
    begins = at if order.begins is None else order.begins
    if order.ends is not None and order.ends <= max(at, begins):
        raise refused("time-past")
    return [
        ServiceStopped(
            n=s.n + 1,
            at=at,
            service=order.service,
            begins=max(at, begins),
            ends=order.ends,
            reason=order.reason,
            alternative=order.alternative,
        )
    ]


def resume_service(s: State, order: ResumeService, at: datetime) -> list[ServiceResumed]:
    """A service goes on. Refuses ``unknown-service``, ``not-stopped``."""
    if order.service not in s.plan.services:
        raise refused("unknown-service")
    if order.service not in s.stops and stopped(s, order.service, at) is None:
        raise refused("not-stopped")
    return [ServiceResumed(n=s.n + 1, at=at, service=order.service)]


def stopped(s: State, service: str, at: datetime) -> Pause | None:
    """What stops a service at `at`, the one that lasts longest; None when nothing does."""
    found = [
        (stop, ends)
        for stop, begins, ends in _all(s, service)
        if begins <= at and (ends is None or at < ends)
    ]
    if not found:
        return None
    stop, ends = max(found, key=lambda pair: (pair[1] is None, pair[1] or at))
    return Pause(stop.reason, stop.alternative, ends)


def touched(s: State, service: str, begins: datetime, ends: datetime) -> bool:
    """Whether a known stop of a service takes any of the time from `begins` to `ends`."""
    return any(since < ends and (until is None or begins < until) for _, since, until in _all(s, service))


def changes(s: State, at: datetime) -> datetime | None:
    """The next moment at which some stop begins or ends by the clock."""
    moments = [
        moment
        for service in s.plan.services
        for _, begins, ends in _all(s, service)
        for moment in (begins, ends)
        if moment is not None and moment > at
    ]
    return min(moments, default=None)


def _all(s: State, service: str) -> Iterator[tuple[Stop, datetime, datetime | None]]:
    """Every stop of a service that is not lifted: what, from when, until when."""
    own = s.stops.get(service)
    if own is not None:
        yield own, own.begins, own.ends
    lifted = s.lifted.get(service)
    for planned in s.plan.hours.stops:
        if planned.services and service not in planned.services:
            continue
        begins, ends = (
            datetime.fromisoformat(said).replace(tzinfo=s.zone) for said in (planned.begins, planned.ends)
        )
        if lifted is None or begins > lifted:
            yield (
                Stop(begins=begins, ends=ends, reason=planned.reason, alternative=planned.alternative),
                begins,
                ends,
            )


def why(pause: Pause, at: datetime) -> Text:
    """What people are told instead of a number: sorry, why, until when, and what they can do."""
    zh, en = f"对不起，这项业务暂停：{pause.reason.zh}", f"Sorry, not available now: {pause.reason.en}"
    if pause.ends is not None:
        back = _back(pause.ends, at)
        zh, en = f"{zh}，{back.zh}恢复", f"{en}, back {back.en}"
    other = pause.alternative
    return Text(
        zh=f"{zh}，{other.zh if other else '引导台可以帮您'}",
        en=f"{en}; {other.en if other else 'the guide desk can help you'}",
    )


def _back(ends: datetime, at: datetime) -> Text:
    day, clock = calendar.written_day(ends.date()), calendar.written(ends)
    if ends.date() == at.astimezone(ends.tzinfo).date():
        return Text(zh=clock, en=f"at {clock}")
    return Text(zh=f"{day.zh}{clock}", en=f"on {day.en}, {clock}")


# ---------------------------------------------------------------- apply


def on_stopped(s: State, fact: ServiceStopped) -> None:
    """A service stops."""
    stop = Stop(begins=fact.begins, ends=fact.ends, reason=fact.reason, alternative=fact.alternative)
    s.stops[fact.service] = local(stop, s)


def on_resumed(s: State, fact: ServiceResumed) -> None:
    """A service goes on."""
    s.stops.pop(fact.service, None)
    s.lifted[fact.service] = fact.at


def local(stop: Stop, s: State) -> Stop:
    """The stop in the hall's own time, as people are told it."""
    ends = None if stop.ends is None else stop.ends.astimezone(s.zone)
    return msgspec.structs.replace(stop, begins=stop.begins.astimezone(s.zone), ends=ends)


def kept(s: State, at: datetime) -> tuple[dict[str, Stop], dict[str, datetime]]:
    """What crosses the night: stops that are not over, and what was lifted while planned stops may still be running."""
    last = max((stop.ends for stop in s.plan.hours.stops), default="")
    still = at.astimezone(s.zone).strftime("%Y-%m-%d %H:%M") < last
    stops = {service: stop for service, stop in s.stops.items() if stop.ends is None or stop.ends > at}
    return stops, dict(s.lifted) if still else {}
