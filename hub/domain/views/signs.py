"""What a window's sign shows and what its pad asks.

Rules, the first that holds wins:

* people are told to leave → ``evacuate``;
* hall closed → ``closed``, with the next posted opening;
* paused → ``paused`` (``fault`` or ``lunch`` when its reason means that, :mod:`hub.domain.pauses`; ``fault-long`` once a fault takes more than :data:`SHORT_FAULT_US`, or
  at once when the clerk says that it will), with up to two other windows that work for one of its
  services, those that share most of them first; where there is none the sign names the guide desk by itself;
* a ticket is open → ``called`` with its round or ``serving``; ``carry`` while only its papers are here; *extended* after closing also
  where only this person was promised it;
* the last person's papers are being reviewed elsewhere → ``carry``: they sit here still, also while the pad asks about the work so far;
* its last step is being rated → ``rate``; for 5 s after a rating, or after the time for it → ``thanks``;
* no clerk → ``lunch`` in the posted lunch hour, else ``closed-window``; else ``idle``;
  where one of these two would stand and a notice does, it is ``notice``, which shows both;
* an idle window also wishes what the calendar says of the day: a festival's words, else the tip of the day.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.wants import Display, Rating
from hub.domain import calendar, notices, pauses
from hub.domain.hall import Hall
from hub.domain.moments import SECOND, Micros, micros
from hub.domain.state import State, Step, Window
from hub.domain.ticket import UNSERVED, Life

THANKS_US: Micros = 5 * SECOND
OTHERS_SHOWN = 2
#: A fault that is mended within this is *one moment, please*; a longer one is an apology, and people are led on.
SHORT_FAULT_US: Micros = 15 * 60 * SECOND


def display(hall: Hall, window: int, at: datetime) -> tuple[Display, datetime | None]:
    """What the sign shows, and when that changes by itself. Refuses ``unknown-window``."""
    s = hall.state
    w, profile = s.window(window), s.profile(window)
    extended, extended_changes = _extended(s, w, at)
    mode, mode_changes = _mode(s, w, at)
    notice = notices.shown(s) if mode in {"idle", "closed-window"} else None
    idle = mode == "idle" and notice is None
    shows_number = mode in {"called", "serving"} or (mode == "carry" and w.ticket is not None)
    paused = s.open and w.paused is not None
    # what a window was given for today the settings file may have forgotten since
    serves = [s.plan.services[service] for service in profile.serves if service in s.plan.services]
    want = Display(
        rev="",
        mode=mode if notice is None else "notice",
        window=window,
        services=tuple(service.name for service in serves),
        clerk=w.clerk,
        heart=profile.heart,
        review=any(first.review for first in serves[:1]),
        extended=extended,
        number=w.ticket.number if shows_number and w.ticket is not None else None,
        round=w.ticket.round if mode == "called" and w.ticket is not None else 0,
        others=_others(s, w) if paused else (),
        until=_until(s, w, at) if paused or mode == "lunch" else None,
        opens=_opens(s, at) if mode == "closed" else None,
        notice=notice,
        greeting=calendar.greeting(s.plan, at.astimezone(s.zone).date()) if idle else None,
    )
    day_changes = calendar.greeting_changes(s.plan, s.zone, at) if idle else None
    return want, min(
        (t for t in (extended_changes, mode_changes, day_changes) if t is not None), default=None
    )


def _mode(s: State, w: Window, at: datetime) -> tuple[str, datetime | None]:
    if notices.evacuation(s) is not None:
        return "evacuate", None
    if not s.open:
        hours = calendar.next_hours(s.plan, s.zone, at)
        return "closed", None if hours is None else hours.opens
    if w.paused is not None:
        if pauses.is_fault(w.paused):
            return _fault(s, w, at)
        return "lunch" if pauses.is_meal(w.paused) else "paused", None
    if w.ticket is not None:
        if w.ticket.carry:
            return "carry", None
        return ("called" if w.ticket.life is Life.CALLED else "serving"), None
    if w.clerk is not None and w.carrying is not None and w.carrying.carry and w.carrying.life in UNSERVED:
        return "carry", None
    if w.asked is not None:
        now = micros(at)
        if _is_asking(w.asked, now):
            return "rate", s.moment(w.asked.until_us)
        dark = w.asked.until_us if w.asked.rated_us is None else min(w.asked.rated_us, w.asked.until_us)
        if now < dark + THANKS_US:
            return "thanks", s.moment(dark + THANKS_US)
    if w.clerk is None:
        lunch = _lunch(s, w.number, at)
        return ("closed-window", _lunch_begins(s, w.number, at)) if lunch is None else ("lunch", lunch.ends)
    return "idle", None


def _fault(s: State, w: Window, at: datetime) -> tuple[str, datetime | None]:
    """A fault in its two stages."""
    long_us = w.paused_us + SHORT_FAULT_US
    if micros(at) >= long_us or (w.until is not None and micros(w.until) > long_us):
        return "fault-long", None
    return "fault", s.moment(long_us)


def _lunch(s: State, window: int, at: datetime) -> calendar.Lunch | None:
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    return None if hours is None else hours.lunch_at(at, window)


def _lunch_begins(s: State, window: int, at: datetime) -> datetime | None:
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    lunch = None if hours is None else hours.lunch
    return lunch.begins if lunch is not None and at < lunch.begins and window not in lunch.windows else None


def _until(s: State, w: Window, at: datetime) -> str | None:
    """When the clerk is back, as written on the sign."""
    lunch = _lunch(s, w.number, at) if w.clerk is None else None
    until = w.until if lunch is None else lunch.ends
    return None if until is None else calendar.written(until.astimezone(s.zone))


def _is_asking(step: Step, now: Micros) -> bool:
    return step.grade is None and now < step.until_us


def _others(s: State, w: Window) -> tuple[int, ...]:
    """Windows that work now for one of this window's services, those that share most of them first."""
    mine = set(s.pool(w.number))
    shared = {
        plan.window: len(mine & set(s.pool(plan.window)))
        for plan in s.plan.windows
        if plan.window != w.number and s.windows[plan.window].working
    }
    found = sorted((number for number, count in shared.items() if count), key=lambda n: (-shared[n], n))
    return tuple(sorted(found[:OTHERS_SHOWN]))


def _opens(s: State, at: datetime) -> str | None:
    hours = calendar.next_hours(s.plan, s.zone, at)
    return None if hours is None else calendar.written(hours.opens)


def _extended(s: State, w: Window, at: datetime) -> tuple[bool, datetime | None]:
    """Whether these are extended hours, for all or for the person who is served, and when that changes."""
    until = s.extended_until
    for_all = until is not None and at < until
    for_one = w.ticket is not None and w.ticket.extended is not None
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    if not for_all and not for_one:
        return False, None
    if hours is not None and at < hours.closes:
        return False, hours.closes
    return True, None if for_one else until


def rating(hall: Hall, window: int, at: datetime) -> tuple[Rating, datetime | None]:
    """Which step the pad asks about, and until when. Refuses ``unknown-window``."""
    s = hall.state
    asked = s.window(window).asked
    if asked is None or not _is_asking(asked, micros(at)):
        return Rating(rev="", ticket=None, step=None, until=None), None
    until = s.moment(asked.until_us)
    return Rating(
        rev="", ticket=asked.ticket, step=asked.step, until=until, window=window, clerk=asked.clerk
    ), until
