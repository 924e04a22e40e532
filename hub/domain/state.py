"""What the hall knows, and the few movements everything else is made of.

Rules:

* Only :meth:`hub.domain.hall.Hall.apply` changes it; deciding only looks.
* Everything is indexed the way it is asked for (lines, open windows per service, counts): nothing here walks through all tickets
  but the close of the day.
* Settings may change between two runs of the hub: whatever a fact names that the settings no longer know gets its place here
  all the same, so that a journal can always be replayed.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from hall.messages.common import AlarmCode, ConfigValue, Level, MemberState, NoticeKind
from hall.messages.facts import AlarmRung, ClerkPaged, HelpCalled, NoticeGiven, RollOutEnded
from hall.plan import HallPlan, WindowPlan
from hall.policy import Policy
from hall.text import Text
from hub.domain.ahead import ahead
from hub.domain.lines import Line
from hub.domain.moments import Micros, micros, moment
from hub.domain.numbers import Book
from hub.domain.promises import Promises
from hub.domain.refusals import refused
from hub.domain.rule import Rule
from hub.domain.tally import NOTHING, Pool, Tally
from hub.domain.ticket import DESK, UNSERVED, Life, LineKey, Place, Ticket
from hub.domain.turns import Handlings, Track, Turns

if TYPE_CHECKING:
    from hub.domain.undo import Was

#: What a figure is of: a service, or one of its situations.
Of = str | tuple[str, str]
#: The board shows so many calls.
CALLS_SHOWN = 8
_NOBODY = Line()


class Step(msgspec.Struct, kw_only=True):
    """One service step whose rating was asked for."""

    ticket: str
    number: str
    step: int
    window: int
    clerk: str
    asked_us: Micros
    #: when the pad goes dark by itself, or went dark at the next call
    until_us: Micros
    grade: int | None = None
    rated_us: Micros | None = None
    #: somebody went to the person, who was not satisfied
    met: bool = False


class Window(msgspec.Struct, kw_only=True):
    """One window as it is now."""

    number: int
    clerk: str | None = None
    #: since when nobody sits there, if somebody did today
    left_us: Micros = 0
    #: why it is paused, since when and until when; None: it is not, or nobody said
    paused: str | None = None
    paused_us: Micros = 0
    until: datetime | None = None
    #: the one open ticket
    ticket: Ticket | None = None
    #: people sent to this very window
    own: Line = msgspec.field(default_factory=Line)
    #: people of the own line called in a row while others waited
    own_streak: int = 0
    #: the step its pad asks or asked about, until the next call
    asked: Step | None = None
    #: its last person's papers are being reviewed elsewhere
    carrying: Ticket | None = None
    #: since when its open ticket costs it time, and since when it has been free
    taken_us: Micros = 0
    freed_us: Micros = 0
    #: number of the last fact about a ticket open here
    acted: int = 0

    @property
    def working(self) -> bool:
        """Whether people are called here now."""
        return self.clerk is not None and self.paused is None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a window serves today."""

    serves: tuple[str, ...]
    helps: tuple[str, ...] = ()
    heart: bool = False


_SERVES_NOTHING = Profile(serves=())


def usual(plan: WindowPlan) -> Profile:
    """What the settings say a window serves."""
    return Profile(serves=plan.serves, helps=plan.helps, heart=plan.heart)


class OpenAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A member's trouble that is not over."""

    level: Level
    code: str
    text: Text


#: Code, service, window and ticket of an open alarm.
AlarmKey = tuple[AlarmCode, str | None, int | None, str | None]


class OpenAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that stands, and what was done about it last."""

    rung: AlarmRung
    did: str | None = None


class EscortCall(msgspec.Struct, kw_only=True):
    """Somebody held the green key of a dispenser, and nobody of the desk has said that they go."""

    member: str
    at_us: Micros
    #: the hall's voice called the guide, or has no reason to
    said: bool = False
    #: it gave a number in large print: the key was held, by somebody who wants more than to be served first
    held: bool = False


class Nearing(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers that were asked last to get ready, and the call after which."""

    n: int
    at_us: Micros
    first: str
    last: str


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One of the staff who was called to a window, and what they said."""

    paged: ClerkPaged
    #: None: nothing yet
    coming: bool | None = None


class RollOutStands(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Other settings of several devices that are under way; see :mod:`hub.domain.rollouts`."""

    #: number of the fact that began it
    n: int
    members: tuple[str, ...]
    values: dict[str, ConfigValue | None]
    before: dict[str, dict[str, ConfigValue | None]]
    prove_s: int
    begun_us: Micros
    actor: str | None = None
    #: what was the matter with these devices when it began: "member alert", and who was degraded
    alerts: list[str] = []
    limped: list[str] = []
    #: when the others got the settings
    widened_us: Micros | None = None
    #: what each said of them, and when
    answers: dict[str, str] = {}
    answered_us: dict[str, Micros] = {}


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A service that gives no numbers for a while."""

    begins: datetime
    ends: datetime | None
    reason: Text
    alternative: Text | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call as the board shows it."""

    ticket: Ticket
    window: int
    at: datetime
    round: int


def _no_kinds(plan: HallPlan) -> dict[tuple[str, str | None], int]:
    """Nobody waits, for any service and situation of the settings."""
    return {(service, kind): 0 for service, x in plan.services.items() for kind in (None, *x.situations)}


class State:
    """The hall's memory. See the module's rules."""

    def __init__(self, plan: HallPlan) -> None:
        """An empty hall that was never open."""
        self.plan = plan
        self.zone = ZoneInfo(plan.timezone)
        #: the policy in force, how many were in force before it, and that of the settings which was adopted last
        self.policy: Policy = plan.policy
        self.policy_version = 0
        self.adopted: Policy = plan.policy
        #: how many versions of the settings there were since the file's; 0: it is the file's
        self.plan_version = 0
        self._plans = {window.window: window for window in plan.windows}
        self.n = 0
        self.day: str | None = None
        self.open = False
        self.extended_until: datetime | None = None
        self.books: dict[str, Book] = {}
        self.devices: dict[str, MemberState] = {}
        self.alerts: dict[tuple[str, str], OpenAlert] = {}
        self.handlings: dict[str, Handlings] = {}
        #: how long turns at windows take, by service and by service and situation; how far off forecasts were, by service and kind
        self.took: dict[Of, Turns] = {}
        self.tracks: dict[tuple[str, str], Track] = {}
        #: handling times by service and situation
        self.situations: dict[tuple[str, str], Handlings] = {}
        #: services that a manager stopped, and when a stop was lifted
        self.stops: dict[str, Stop] = {}
        self.lifted: dict[str, datetime] = {}
        #: appointments and slips; they cross every night
        self.promises = Promises()
        self.begin()

    def begin(self) -> None:
        """Empty lines, nobody seated, no ticket: a day begins."""
        self.latest_us: Micros = 0
        #: other settings of several devices under way, which crosses every night, and how the last of today ended
        self.rollout: RollOutStands | None = None
        self.rolled_out: RollOutEnded | None = None
        #: pieces of settings that are being handed in, by draft and part
        self.drafts: dict[str, dict[int, str]] = {}
        #: when the day was opened
        self.opened_us: Micros = 0
        #: alarms that stand, in the order in which they rang
        self.alarms: dict[AlarmKey, OpenAlarm] = {}
        #: who was called to a window while a line is past its limit, by work number
        self.pages: dict[str, Page] = {}
        #: who waits at a dispenser to be taken by the arm, by the number of the fact that told it, and when the guide was called aloud last
        self.escorts: dict[int, EscortCall] = {}
        self.guide_called_us: Micros = 0
        #: who was asked last to get ready, and the highest number that was, by letter
        self.nearing: Nearing | None = None
        self.asked_near: dict[str, int] = {}
        #: notices that stand, in the order in which they were given, and when each sentence was last told
        self.notices: dict[str, NoticeGiven] = {}
        self.told_us: dict[tuple[NoticeKind, str | None, int | None], Micros] = {}
        #: windows that opened or were given more to serve today, and when they last did
        self.helped_us: dict[int, Micros] = {}
        #: windows where a clerk waits for the duty officer
        self.helps: dict[int, HelpCalled] = {}
        #: number and time of the fact that last opened a window in a crowd, so that people are told
        self.crowd_said: tuple[int, Micros] = (0, 0)
        #: number of the last change of a profile, and the services the window has served since then and not before
        self.gained: tuple[int, tuple[str, ...]] = (0, ())
        #: how often tickets were sent on, by ticket; reviews and agreed returns not counted
        self.sent_on: dict[str, int] = {}
        self.tickets: dict[str, Ticket] = {}
        #: tickets of people who still count on the hall
        self.unserved = 0
        self.issued = 0
        #: numbers given out today by service, those not cancelled
        self.issued_of: dict[str, int] = {}
        #: how many stand in the lines of each service
        self.in_lines: dict[str, int] = {}
        #: the same by service and situation
        self.kinds = _no_kinds(self.plan)
        #: by service and lane
        self.lines: dict[str, dict[str, Line]] = {s: {} for s in self.plan.services}
        self.desk: dict[str, Ticket] = {}
        #: who was missed or is parked
        self.aside: dict[str, Ticket] = {}
        self.windows = {number: Window(number=number) for number in self._plans}
        #: what each window serves today
        self.profiles = {plan.window: usual(plan) for plan in self.plan.windows}
        self.seats: dict[str, int] = {}
        self.obey(self.policy)
        self.working: dict[str, tuple[int, ...]] = {}
        self.now_called: dict[str, str] = {}
        self.calls: deque[Call] = deque(maxlen=CALLS_SHOWN)
        self.steps: dict[tuple[str, int], Step] = {}
        #: people who were not satisfied and whom nobody has spoken to: until when they may still be here, by ticket and step
        self.unmet: dict[tuple[str, int], Micros] = {}
        #: by window, the last acts that can be taken back, the last one last
        self.acts: dict[int, deque[Was]] = {}

    # ---------------------------------------------------------------- looking

    def line(self, service: str, lane: str) -> Line:
        """See :class:`hub.domain.choice.Waiting`."""
        return self.lines.get(service, {}).get(lane, _NOBODY)

    def tally(self, pool: Pool) -> Tally:
        """See :class:`hub.domain.choice.Waiting`."""
        return self.tallies.get(pool, NOTHING)

    def profile(self, window: int) -> Profile:
        """What a window serves today; nothing if the settings do not know it."""
        return self.profiles.get(window, _SERVES_NOTHING)

    def pool(self, window: int) -> tuple[str, ...]:
        """The window's services in its order."""
        return self.profile(window).serves

    def turns(self, window: int) -> Pool:
        """The pool with which the window counts its calls."""
        profile = self.profile(window)
        return Pool(profile.serves, heart=profile.heart and bool(self.policy.heart_lanes))

    def alone(self, service: str) -> Pool:
        """A window that serves this service alone: a heart window if all of the service are."""
        if not self.policy.heart_lanes:
            return Pool((service,))
        hearts = [profile.heart for profile in self.profiles.values() if service in profile.serves]
        return Pool((service,), heart=bool(hearts) and all(hearts))

    def serving(self, service: str) -> tuple[WindowPlan, ...]:
        """The windows that serve a service today, in the order of the settings."""
        return tuple(plan for plan in self.plan.windows if service in self.pool(plan.window))

    def window_plan(self, window: int) -> WindowPlan:
        """What the settings say about a window. Refuses ``unknown-window``."""
        plan = self._plans.get(window)
        if plan is None:
            raise refused("unknown-window")
        return plan

    def window(self, window: int) -> Window:
        """A window of the settings. Refuses ``unknown-window``."""
        self.window_plan(window)
        return self.windows[window]

    def ticket(self, ticket: str) -> Ticket:
        """A ticket of today. Refuses ``unknown-ticket``."""
        found = self.tickets.get(ticket)
        if found is None:
            raise refused("unknown-ticket")
        return found

    def line_of(self, ticket: Ticket, place: Place) -> Line:
        """The line in which the ticket would wait at `place` (not the desk)."""
        if isinstance(place, int):
            window = self.windows.get(place)
            return _NOBODY if window is None else window.own
        return self.line(ticket.service, ticket.lane)

    def waiting(self, service: str) -> int:
        """How many wait for a service: in its lines, and sent to a window with it."""
        sent = sum(t.service == service for w in self.windows.values() for t in w.own.people)
        return self.in_lines.get(service, 0) + sent

    def waits_for(self, window: Window) -> bool:
        """Whether anybody waits whom this window could call."""
        return len(window.own) > 0 or any(self.in_lines.get(s, 0) for s in self.pool(window.number))

    def ahead_of(self, service: str, lane: str, key: LineKey, at: datetime) -> int:
        """People called before whoever stands at `key` in a lane of a service; see :mod:`hub.domain.ahead`."""
        return ahead(self, self.alone(service), lane, key, micros(at))

    def moment(self, us: Micros) -> datetime:
        """A moment in the hall's zone."""
        return moment(us, self.zone)

    def arrival_at(self, at: datetime, arrived: datetime | None, n: int) -> LineKey:
        """The place by arrival of somebody who joins with fact `n`: after everybody so far, unless they came before."""
        came = micros(at if arrived is None else arrived)
        return (came if arrived is not None and came < self.latest_us else max(came, self.latest_us + 1), n)

    # ---------------------------------------------------------------- moving (apply only)

    def obey(self, policy: Policy) -> None:
        """From now on this policy; nobody moves, and turns are counted anew."""
        self.policy = policy
        self.rule = self._rule()
        self.tallies: dict[Pool, Tally] = {}

    def settle(self, plan: HallPlan) -> None:
        """From now on these settings: who is here stays where they are, and so does what a window serves for today alone."""
        before = {number: usual(window) for number, window in self._plans.items()}
        self.plan = plan
        self._plans = {window.window: window for window in plan.windows}
        here = {number: w for number, w in self.windows.items() if w.clerk or w.ticket or w.own.people}
        known = {number: self.windows.get(number) or Window(number=number) for number in self._plans}
        self.windows = known | {number: w for number, w in here.items() if number not in known}
        profiles = self.profiles
        self.profiles = {window.window: usual(window) for window in plan.windows}
        for number, today in profiles.items():
            serves = tuple(service for service in today.serves if service in plan.services)
            if number in self.profiles and today != before.get(number) and serves:
                helps = tuple(service for service in today.helps if service in plan.services)
                self.profiles[number] = Profile(serves=serves, helps=helps, heart=today.heart)
        kinds = {kind: n for kind, n in self.kinds.items() if n}
        self.kinds = _no_kinds(plan) | kinds
        lines = {
            service: lanes for service, lanes in self.lines.items() if any(x.people for x in lanes.values())
        }
        self.lines = {service: {} for service in plan.services} | lines
        self.rule = self._rule()
        self.working = {}
        for number in self.windows:
            self.refresh_working(number)

    def _rule(self) -> Rule:
        return Rule(
            self.policy, [*self.plan.lanes, *(lane for lanes in self.lines.values() for lane in lanes)]
        )

    def window_for(self, window: int) -> Window:
        """A window that a fact names, whatever the settings say."""
        return self.windows.setdefault(window, Window(number=window))

    def arrive(self, at: datetime, arrived: datetime | None, n: int) -> LineKey:
        """A place by arrival that nobody else has."""
        key = self.arrival_at(at, arrived, n)
        self.latest_us = max(self.latest_us, key[0])
        return key

    def join(self, ticket: Ticket, place: Place, key: LineKey) -> None:
        """The ticket waits at `place`, with `key` (not used at the desk)."""
        self.live(ticket, Life.WAITING)
        ticket.place, ticket.window, ticket.clerk, ticket.round = place, None, None, 0
        if place == DESK:
            self.desk[ticket.id] = ticket
        elif isinstance(place, int):
            self.window_for(place).own.join(ticket, key)
        else:
            lines = self.lines.setdefault(ticket.service, {})
            self.in_lines[ticket.service] = self.in_lines.get(ticket.service, 0) + 1
            self.kinds[ticket.kind] = self.kinds.get(ticket.kind, 0) + 1
            lines.setdefault(ticket.lane, Line()).join(ticket, key)
            if ticket.lane not in self.rule.lanes:
                self.rule = Rule(self.policy, [*self.rule.lanes, ticket.lane])

    def take_out(self, ticket: Ticket) -> None:
        """The ticket waits no more, wherever it waited; a window where it was open is free."""
        if ticket.life is Life.WAITING:
            if ticket.place == DESK:
                del self.desk[ticket.id]
                ticket.place = None
            else:
                self.line_of(ticket, ticket.place).leave(ticket)
                if ticket.place is None:
                    self.in_lines[ticket.service] -= 1
                    self.kinds[ticket.kind] -= 1
        window = None if ticket.window is None else self.windows.get(ticket.window)
        if window is not None and window.ticket is ticket:
            window.ticket = None

    def live(self, ticket: Ticket, life: Life) -> None:
        """The ticket stands elsewhere in its life now; keeps the count of those who still count on the hall."""
        self.unserved += (life in UNSERVED) - (ticket.life in UNSERVED)
        ticket.life = life
        if life in {Life.MISSED, Life.PARKED}:
            self.aside[ticket.id] = ticket
        else:
            self.aside.pop(ticket.id, None)

    def refresh_working(self, window: int) -> None:
        """A window opened, closed, paused or resumed: see again which windows work for its services."""
        for service in self.pool(window):
            self.refresh_service(service)

    def refresh_service(self, service: str) -> None:
        """See again which windows work for a service."""
        self.working[service] = tuple(
            w.window for w in self.serving(service) if self.windows[w.window].working
        )

    def show_call(self, ticket: Ticket, window: int, at: datetime) -> None:
        """Put a call on the board; a ticket stands there once."""
        for old in [call for call in self.calls if call.ticket is ticket]:
            self.calls.remove(old)
        self.calls.appendleft(Call(ticket=ticket, window=window, at=at, round=ticket.round))
