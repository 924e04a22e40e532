"""The hall as pages draw it: one frozen picture, drawn in the loop's thread and read by every page.

A picture holds nothing of ratings and no secret. Times are aware; pages count the seconds since themselves.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from heapq import nsmallest
from itertools import islice
from typing import NotRequired, TypedDict

import msgspec

from hall.messages.answers import Board
from hall.messages.asks import Broadcast
from hall.messages.common import ConfigValue, MemberState, NoticeKind, WindowState
from hall.messages.facts import NoticeGiven
from hall.messages.presence import Alert
from hall.messages.wants import PaperLeft
from hall.text import Text
from hub.console.mirror.care import Care
from hub.console.mirror.procedure import Breach
from hub.console.mirror.replica import Replica
from hub.console.mirror.today import DayFigures
from hub.domain import appointments, calendar, handling, notices, paging, stops, views
from hub.domain.alarm_cases import limit, waits_since
from hub.domain.moments import SECOND
from hub.domain.promises import Appointment
from hub.domain.state import Page, State, Stop, Window
from hub.domain.ticket import DESK, Life, Ticket
from hub.domain.views.board import window_state
from hub.fleet import clones

#: So many of a window's line are shown by name.
LINE_SHOWN = 30
_THERE = frozenset({MemberState.READY, MemberState.DEGRADED, MemberState.UPDATING})
#: So many free times are offered.
FREE_SHOWN = 60


class TicketSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket."""

    id: str
    number: str
    service: str
    situation: str | None
    lane: str
    arrived: datetime
    life: Life
    round: int
    step: int
    called: datetime | None
    #: when handling began
    started: datetime | None
    accepted: bool
    window: int | None
    #: what the guide desk saw to before: papers at hand, forms filled in, what helps the person to the window
    papers: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    aids: str | None = None
    #: from whoever sent it on
    note: str = ""
    #: only the papers are here
    carry: bool = False
    #: served today whatever the hour
    extended: bool = False
    #: came with a missing-papers slip; what it says is missing
    returned: bool = False
    missing: tuple[str, ...] = ()
    #: it was given something on paper that can be printed again
    slip: bool = False
    #: handled before it was parked, seconds
    handled_s: int = 0


class WindowSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One window and its line."""

    window: int
    state: WindowState
    services: tuple[str, ...]
    #: with which it helps while nobody waits for those
    helps: tuple[str, ...]
    clerk: str | None
    heart: bool
    paused: str | None
    until: datetime | None
    ticket: TicketSeen | None
    #: whom it could call, first in line first; at most :data:`LINE_SHOWN`
    line: tuple[TicketSeen, ...]
    waiting: int
    #: parked here, missed here
    aside: tuple[TicketSeen, ...]
    served: int
    #: how long its open ticket's situation usually takes, minutes; None while too little is known
    minutes: int | None = None
    #: from when on the open call may be made again, and the person be missed; how often it may still be made
    recall_at: datetime | None = None
    miss_at: datetime | None = None
    recalls: int | None = None
    #: since when its clerk waits for the duty officer
    help: datetime | None = None


class MemberSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One device."""

    member: str
    kind: str
    window: int | None
    state: MemberState | None
    troubles: tuple[Text, ...]
    #: their ids at that member, in the same order
    alerts: tuple[str, ...] = ()
    #: what they are in the table of troubles
    codes: tuple[str, ...] = ()
    #: since when each of them is there
    since: tuple[datetime, ...] = ()
    #: its make and program, as it said itself; empty before it spoke
    model: str = ""
    version: str = ""
    #: what is left on a dispenser's roll
    paper: PaperLeft | None = None
    #: when one that is not there was last heard; None for one that is, or that nobody heard
    heard: datetime | None = None
    #: how it fares, and what it was told to do
    care: Care = Care()
    #: its settings that the hall has changed
    config: tuple[tuple[str, ConfigValue], ...] = ()


class RollOutSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Other settings of several devices: the roll-out that stands, or how the last of today ended."""

    #: number of the fact that began it
    n: int
    #: who gets them and how far each is: ``waits``, ``told``, ``ok``, or why it does not have them; empty once it is over
    members: tuple[tuple[str, str], ...] = ()
    values: dict[str, ConfigValue | None] = {}
    prove_s: int = 0
    #: the first has proved itself
    widened: bool = False
    #: None while it stands
    outcome: str | None = None
    #: what halted it
    member: str | None = None
    code: str | None = None
    #: who was away when it was done
    missing: tuple[str, ...] = ()


class LineSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The line of one service."""

    service: str
    #: since when the longest waiting has waited
    since: datetime | None
    #: a wait that is worth a word, and the one that was promised, minutes
    warn_min: int | None
    limit_min: int | None
    #: why it gives no numbers now
    stopped: Text | None
    #: a manager stopped it, or will
    stop: Stop | None


class ClosedSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The posted hours around now."""

    #: today's posted close
    closes: datetime | None
    #: the next posted opening, if there is one
    opens: datetime | None


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who booked a time and has not come."""

    id: str
    slot: datetime
    service: str
    last4: str | None


class PageSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is called to a window."""

    clerk: str
    at: datetime
    #: None: nothing said yet
    coming: bool | None
    #: why, and what would help
    text: Text


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The whole hall at one moment; `serial` grows with every picture."""

    serial: int
    at: datetime
    #: whether the hub works; None until that is known
    hub: bool | None
    board: Board
    windows: dict[int, WindowSeen]
    #: missed and called nobody by now, everywhere
    missed: tuple[TicketSeen, ...]
    desk: tuple[TicketSeen, ...]
    #: today's appointments whose people are still expected
    expected: tuple[Expected, ...]
    members: tuple[MemberSeen, ...]
    extended_until: datetime | None
    lines: tuple[LineSeen, ...]
    #: what the hall is told, the first told first
    notices: tuple[NoticeGiven, ...]
    #: sentences that would be true now
    true: frozenset[NoticeKind]
    hours: ClosedSeen
    today: DayFigures
    #: how often a pad asked today
    asked: int
    #: the crowd procedure of today, the last breach first
    breaches: tuple[Breach, ...]
    #: who is called to a window now, the first called first
    pages: tuple[PageSeen, ...] = ()
    #: other settings of several devices; None: none today
    rollout: RollOutSeen | None = None


def draw(
    replica: Replica, serial: int, *, today: DayFigures | None = None, breaches: tuple[Breach, ...] = ()
) -> Picture:
    """The hall now."""
    hall, at = replica.hall, replica.scheduler.now()
    s = hall.state
    sketch = _Sketch(s)
    return Picture(
        serial=serial,
        at=at,
        hub=replica.hub,
        board=views.board(hall, at),
        windows={plan.window: sketch.window(s.windows[plan.window]) for plan in s.plan.windows},
        missed=tuple(map(sketch.ticket, sketch.missed)),
        desk=tuple(map(sketch.ticket, s.desk.values())),
        expected=tuple(_expected(s, a) for a in appointments.today(s) if a.awaited),
        members=tuple(_member(replica, name) for name in replica.plan.members),
        extended_until=hall.extended_until,
        lines=tuple(_line(s, service, at) for service in s.plan.services),
        notices=tuple(s.notices.values()),
        true=frozenset(kind for kind in NoticeKind if _is_true(s, kind, at)),
        hours=_hours(s, at),
        today=today or DayFigures(),
        asked=len(s.steps),
        breaches=breaches,
        pages=tuple(_page(s, page) for page in s.pages.values()),
        rollout=_roll_out(s),
    )


def _roll_out(s: State) -> RollOutSeen | None:
    stands, over = s.rollout, s.rolled_out
    if stands is not None:
        told = stands.members if stands.widened_us is not None else stands.members[:1]
        return RollOutSeen(
            n=stands.n,
            members=tuple(
                (name, stands.answers.get(name, "told" if name in told else "waits"))
                for name in stands.members
            ),
            values=stands.values,
            prove_s=stands.prove_s,
            widened=stands.widened_us is not None,
        )
    if over is None:
        return None
    return RollOutSeen(
        n=over.rollout,
        outcome=over.outcome.value,
        member=over.member,
        code=over.code,
        missing=over.missing,
    )


def _page(s: State, page: Page) -> PageSeen:
    paged = page.paged
    text = next((x.rung.text for x in s.alarms.values() if x.rung.alarm == paged.alarm), None)
    if text is None:  # the alarm it was for is over, and another stands
        text = next(x.rung.text for x in s.alarms.values() if x.rung.code in paging.CROWDED)
    return PageSeen(clerk=paged.clerk, at=paged.at, coming=page.coming, text=text)


def _line(s: State, service: str, at: datetime) -> LineSeen:
    heads = [line.head for line in s.lines.get(service, {}).values()]
    since = min((waits_since(head) for head in heads if head is not None), default=None)
    limits = None if s.policy.alarms is None else limit(s.policy.alarms, service)
    pause = stops.stopped(s, service, at)
    return LineSeen(
        service=service,
        since=None if since is None else s.moment(since),
        warn_min=None if limits is None else limits.warn_min,
        limit_min=None if limits is None else limits.breach_min,
        stopped=None if pause is None else pause.reason,
        stop=s.stops.get(service),
    )


def _is_true(s: State, kind: NoticeKind, at: datetime) -> bool:
    """Whether the hall would be told this sentence now; one that needs a place or words is offered at any time."""
    if kind in {NoticeKind.DIVERT, NoticeKind.TEXT}:
        return s.open or kind is NoticeKind.TEXT
    return notices.true_now(s, Broadcast(id="offer", kind=kind, confirmed=True), at)


def _hours(s: State, at: datetime) -> ClosedSeen:
    posted = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    later = calendar.next_hours(s.plan, s.zone, at)
    return ClosedSeen(
        closes=None if posted is None else posted.closes, opens=None if later is None else later.opens
    )


def find(replica: Replica, number: str) -> TicketSeen | None:
    """The ticket of today that has this number."""
    s = replica.hall.state
    return next((_ticket(s, t) for t in s.tickets.values() if t.number == number), None)


def displaced(replica: Replica) -> tuple[Expected, ...]:
    """Who has to be moved: the hall is not there at the booked time."""
    s = replica.hall.state
    return tuple(_expected(s, a) for a in appointments.displaced(s, replica.scheduler.now()))


def free(replica: Replica, service: str) -> tuple[appointments.Slot, ...]:
    """The next times that can be booked for a service; at most :data:`FREE_SHOWN`."""
    s, at = replica.hall.state, replica.scheduler.now()
    today = at.astimezone(s.zone).date()
    days = (today + timedelta(days=n) for n in range(appointments.terms(s).book_days + 1))
    found = (slot for day in days for slot in appointments.slots(s, service, day))
    return tuple(islice((x for x in found if x.begins > at and x.taken < x.quota), FREE_SHOWN))


def _expected(s: State, a: Appointment) -> Expected:
    return Expected(id=a.id, slot=s.moment(a.slot_us), service=a.service, last4=a.last4)


class _Sketch:
    """What several windows of one picture show, found once: sixty windows have few different lines, and look at one and the same day."""

    def __init__(self, s: State) -> None:
        """Look through the day's tickets and steps."""
        self._s = s
        self.missed = [t for t in s.tickets.values() if t.life is Life.MISSED]
        self._parked: dict[int, list[Ticket]] = {}
        for t in s.tickets.values():
            if t.life is Life.PARKED and t.window is not None:
                self._parked.setdefault(t.window, []).append(t)
        self._served = Counter((step.window, step.clerk) for step in s.steps.values())
        self._tickets: dict[str, TicketSeen] = {}
        self._lines: dict[tuple[str, ...], tuple[tuple[TicketSeen, ...], int]] = {}

    def ticket(self, t: Ticket) -> TicketSeen:
        """One ticket as it is seen."""
        seen = self._tickets.get(t.id)
        if seen is None:
            seen = self._tickets[t.id] = _ticket(self._s, t)
        return seen

    def window(self, w: Window) -> WindowSeen:
        """One window and its line."""
        s = self._s
        profile = s.profile(w.number)
        line, waiting = self._line(w, (*profile.serves, *profile.helps))
        own = self._parked.get(w.number, [])
        mine = [t for t in self.missed if t.clerk == w.clerk and w.clerk is not None]
        return WindowSeen(
            window=w.number,
            state=window_state(s, w),
            services=profile.serves,
            helps=profile.helps,
            clerk=w.clerk,
            heart=profile.heart,
            paused=w.paused,
            until=w.until,
            ticket=None if w.ticket is None else self.ticket(w.ticket),
            line=line,
            waiting=waiting,
            aside=tuple(map(self.ticket, [*own, *mine])),
            served=0 if w.clerk is None else self._served[w.number, w.clerk],
            minutes=None if w.ticket is None else _minutes(s, w.ticket),
            **_call(s, w),
            help=s.helps[w.number].at if w.number in s.helps else None,
        )

    def _line(self, w: Window, services: tuple[str, ...]) -> tuple[tuple[TicketSeen, ...], int]:
        """Whom the window could call, as far as they are shown, and how many they are."""
        if w.own.people:
            return self._cut([*w.own.people, *self._people(services)])
        found = self._lines.get(services)
        if found is None:
            found = self._lines[services] = self._cut(self._people(services))
        return found

    def _people(self, services: tuple[str, ...]) -> list[Ticket]:
        s = self._s
        return [t for service in services for lane in s.plan.lanes for t in s.line(service, lane).people]

    def _cut(self, line: list[Ticket]) -> tuple[tuple[TicketSeen, ...], int]:
        first = nsmallest(LINE_SHOWN, line, key=lambda t: t.key)
        return tuple(map(self.ticket, first)), len(line)


class _Call(TypedDict):
    """What may be done about a call that nobody has answered yet, and when."""

    recall_at: NotRequired[datetime]
    miss_at: NotRequired[datetime]
    recalls: NotRequired[int | None]


def _call(s: State, w: Window) -> _Call:
    ticket = w.ticket
    if ticket is None or ticket.life is not Life.CALLED:
        return {}
    called, limit = s.moment(ticket.called_us), s.policy.recall_limit
    return {
        "recall_at": called + timedelta(seconds=s.policy.recall_lock_s),
        "miss_at": called + timedelta(seconds=s.policy.no_show_after_s),
        "recalls": None if limit is None else max(0, limit + 1 - ticket.round),
    }


def _minutes(s: State, t: Ticket) -> int | None:
    """What is told at the start (M12): of the situation, else of the service."""
    service, situation = t.kind
    own = None if situation is None else s.situations.get((service, situation))
    return handling.minutes(own) or handling.minutes(s.handlings.get(service))


def _ticket(s: State, t: Ticket) -> TicketSeen:
    shown = s.promises.slips.get(t.issued.slip or "")
    return TicketSeen(
        id=t.id,
        number=t.number,
        service=t.service,
        situation=t.issued.situation,
        lane=t.lane,
        arrived=t.issued.arrived or t.issued.at,
        life=t.life,
        round=t.round,
        step=t.step,
        called=s.moment(t.called_us) if t.called_us else None,
        started=None if t.started_us is None else s.moment(t.started_us),
        accepted=t.accepted,
        window=t.window if t.place != DESK else None,
        papers=t.papers,
        forms=t.forms,
        aids=t.aids,
        note=t.note,
        carry=t.carry,
        extended=t.extended is not None,
        returned=t.issued.slip is not None,
        missing=() if shown is None else shown.missing,
        slip=_gave_paper(s, t),
        handled_s=t.handled_us // SECOND,
    )


def _gave_paper(s: State, t: Ticket) -> bool:
    ended = t.ended
    if ended is None:
        return False
    return ended.onward is not None or ended.again_from is not None or ended.slip in s.promises.slips


def _member(replica: Replica, name: str) -> MemberSeen:
    plan, told = replica.plan.members[name], replica.described.get(name)
    state = replica.state_of(name)
    alerts = dict(replica.troubles.get(name, {}))
    care, cloned = replica.nurse.of(name), replica.hall.alerts.get((name, clones.ALERT))
    if cloned is not None:  # no device says that of itself
        since = care.cloned or replica.scheduler.now()
        alerts[clones.ALERT] = Alert(level=cloned.level, code=cloned.code, text=cloned.text, since=since)
    return MemberSeen(
        member=name,
        kind=plan.kind.value,
        window=plan.window,
        state=state,
        troubles=tuple(alert.text for alert in alerts.values()),
        alerts=tuple(alerts),
        codes=tuple(alert.code for alert in alerts.values()),
        since=tuple(alert.since for alert in alerts.values()),
        model="" if told is None else told.model,
        version="" if told is None else told.version,
        paper=replica.papers.get(name),
        heard=None if state in _THERE else replica.nurse.heard(name),
        care=care,
        config=tuple((plan.config or {}).items()),
    )
