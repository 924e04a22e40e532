"""What an alarm rings for, and when.

Rules:

* *Wait*: how long the longest waiting has waited for this service, or what somebody who came now would wait at least. Who was served
  elsewhere, or was called and absent, waits since they came back into line; who kept a number overnight, since the hall opened.
* *Line and crowd*: people waiting, those sent to a window counted.
* *Unstaffed*: a window of the roster without its clerk so long after the day began, after the last one left or after lunch; within
  the posted hours and only where the day means the window to be staffed. *Lunch*: the same for a window that covers lunch, also paused.
* *Ping-pong*: the ticket was sent on so often; not counted: on to a review, back to the window that wants it back, and papers alone.
* *Help*: a clerk called for it and nobody has said that it is over; in every hall, whatever its policy says of alarms.
* Nothing flaps: what rang goes on until it is clearly over (:data:`WAIT_STAYS`, :data:`COUNT_STAYS`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from hall.messages.common import AlarmCode
from hall.policy import AlarmPolicy, WaitLimit
from hub.domain import calendar, waits, windows
from hub.domain.flow import Flow
from hub.domain.moments import SECOND, Micros, micros
from hub.domain.state import AlarmKey, State, Window
from hub.domain.ticket import NORMAL, UNSERVED, Life, Ticket

#: A wait's alarm goes on down to this part of its limit, a count's to this part.
WAIT_STAYS: Final = 0.8
COUNT_STAYS: Final = 0.75
_MINUTE: Final[Micros] = 60 * SECOND


class Case(NamedTuple):
    """One thing that may be wrong."""

    code: AlarmCode
    #: when it is wrong, if nothing else happens
    wrong_us: Micros
    #: whether an alarm that rang for it goes on
    goes_on: bool
    fields: Mapping[str, str | int] = {}
    window: int | None = None
    service: str | None = None
    ticket: Ticket | None = None
    clerk: str | None = None

    @property
    def key(self) -> AlarmKey:
        """What it is about: the name under which its alarm is open."""
        return (self.code, self.service, self.window, None if self.ticket is None else self.ticket.id)


def cases(s: State, at: datetime) -> Iterator[Case]:
    """Everything that may be wrong in an open hall, with what its policy says of alarms."""
    if not s.open:
        return
    for called in s.helps.values():
        yield Case(
            AlarmCode.HELP_CALLED,
            micros(called.at),
            goes_on=True,
            fields={"clerk": called.clerk},
            window=called.window,
            clerk=called.clerk,
        )
    policy = s.policy.alarms
    if policy is None:
        return
    now = micros(at)
    flow = waits.newcomers(s, at)
    for service in s.plan.services:
        yield from _wait(s, policy, service, at, flow)
    yield from _lengths(s, policy, now)
    yield from _seats(s, policy, at)
    for window in s.windows.values():
        yield from _pause(s, window, now)
        yield from _long(s, policy, window, now)
    yield from _sent_on(s, policy, now)


# ---------------------------------------------------------------- lines


def limit(policy: AlarmPolicy, service: str) -> WaitLimit:
    """The waits of a service that are worth a word."""
    return policy.waits.get(service, policy.wait)


def waits_since(ticket: Ticket) -> Micros:
    """Since when somebody in a line has waited."""
    if ticket.worked or ticket.unanswered_us is not None:
        return ticket.since_us
    return ticket.stands[0]


def _wait(s: State, policy: AlarmPolicy, service: str, at: datetime, flow: Flow) -> Iterator[Case]:
    heads = [line.head for line in s.lines.get(service, {}).values()]
    since = [max(waits_since(head), s.opened_us) for head in heads if head is not None]
    if not since:
        return
    now, first = micros(at), min(since)
    least_s = waits.estimate(s, service, NORMAL, at, flow).wait_min_s or 0
    waited = max(now - first, least_s * SECOND)
    limits = limit(policy, service)
    for code, minutes in ((AlarmCode.WAIT_WARN, limits.warn_min), (AlarmCode.WAIT_BREACH, limits.breach_min)):
        reached = minutes * _MINUTE
        wrong = now if waited >= reached else first + reached
        fields = {"minutes": minutes}
        yield Case(code, wrong, waited >= reached * WAIT_STAYS, fields, service=service)


def _lengths(s: State, policy: AlarmPolicy, now: Micros) -> Iterator[Case]:
    waiting = {service: s.waiting(service) for service in s.plan.services}
    most = policy.waiting_per_window
    for service, people in waiting.items():
        open_here = len(s.working.get(service, ()))
        if most is not None and people >= most * max(1, open_here) * COUNT_STAYS:
            wrong = now if people >= most * max(1, open_here) else NEVER
            fields = {"waiting": people, "windows": open_here}
            yield Case(AlarmCode.LINE_LONG, wrong, goes_on=True, fields=fields, service=service)
    people = sum(waiting.values())
    if policy.waiting_in_hall is not None and people >= policy.waiting_in_hall * COUNT_STAYS:
        wrong = now if people >= policy.waiting_in_hall else NEVER
        yield Case(AlarmCode.CROWD, wrong, goes_on=True, fields={"waiting": people})


#: Not by the clock alone.
NEVER: Final[Micros] = 2**62


# ---------------------------------------------------------------- windows


def _seats(s: State, policy: AlarmPolicy, at: datetime) -> Iterator[Case]:
    grace = policy.unstaffed_min
    if grace is None:
        return
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    if hours is not None and not at < hours.closes:
        return
    for number, clerk in s.plan.roster.items():
        window = s.windows.get(number)
        if window is None or window.clerk is not None or not _is_meant(hours, number):
            continue
        wrong = _empty_since(s, window, hours, number) + grace * _MINUTE
        fields: dict[str, str | int] = {"minutes": grace, "clerk": clerk}
        cover = s.plan.cover_of(clerk)
        if cover is not None:
            fields["cover"] = cover
        now = micros(at)
        yield Case(AlarmCode.WINDOW_UNSTAFFED, wrong, wrong <= now, fields, window=number, clerk=clerk)
    lunch = None if hours is None else hours.lunch
    if lunch is None or at >= lunch.ends:
        return
    for number in lunch.windows:
        window = s.windows.get(number)
        if window is not None and not window.working:
            since = max(micros(lunch.begins), window.left_us, window.paused_us)
            goes_on = lunch.begins <= at
            yield Case(AlarmCode.LUNCH_UNCOVERED, since + grace * _MINUTE, goes_on, window=number)


def _is_meant(hours: calendar.Hours | None, window: int) -> bool:
    return hours is None or not hours.windows or window in hours.windows


def _empty_since(s: State, window: Window, hours: calendar.Hours | None, number: int) -> Micros:
    """Since when somebody should have sat there: an empty seat at lunch is none."""
    since = max(s.opened_us, window.left_us, 0 if hours is None else micros(hours.opens))
    lunch = None if hours is None else hours.lunch
    if lunch is None or number in lunch.windows or since >= micros(lunch.ends):
        return since
    grace = timedelta(minutes=(s.policy.alarms.unstaffed_min or 0) if s.policy.alarms else 0)
    return since if s.moment(since) + grace <= lunch.begins else micros(lunch.ends)


def _pause(s: State, window: Window, now: Micros) -> Iterator[Case]:
    ends = windows.pause_ends(s, window)
    if ends is not None and window.clerk is not None:
        wrong = micros(ends)
        yield Case(
            AlarmCode.PAUSE_OVERRUN,
            wrong,
            wrong <= now,
            {"clerk": window.clerk},
            window=window.number,
            clerk=window.clerk,
        )


def _long(s: State, policy: AlarmPolicy, window: Window, now: Micros) -> Iterator[Case]:
    ticket = window.ticket
    service = None if ticket is None else s.plan.services.get(ticket.service)
    if ticket is None or service is None or ticket.life is not Life.SERVING:
        return
    limits = [(AlarmCode.TARGET_PASSED, service.target_min)]
    if policy.forgotten_factor is not None:
        limits.append((AlarmCode.FINISH_FORGOTTEN, service.target_min * policy.forgotten_factor))
    # counted from when it began, not back from now: a clock that was set back promises nothing that it does not keep
    began = (ticket.called_us if ticket.started_us is None else ticket.started_us) - ticket.handled_us
    for code, minutes in limits:
        wrong = began + minutes * _MINUTE
        yield Case(
            code,
            wrong,
            wrong <= now,
            {"minutes": minutes},
            window.number,
            ticket.service,
            ticket,
            window.clerk,
        )


def _sent_on(s: State, policy: AlarmPolicy, now: Micros) -> Iterator[Case]:
    for ticket_id, times in s.sent_on.items():
        ticket = s.tickets[ticket_id]
        if policy.transfers is not None and times >= policy.transfers and ticket.life in UNSERVED:
            yield Case(
                AlarmCode.PING_PONG,
                now,
                goes_on=True,
                fields={"times": times},
                service=ticket.service,
                ticket=ticket,
            )
