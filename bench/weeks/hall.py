"""One simulated day after the other: people, clerks and the real hall; nothing else decides anything."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bench.weeks import people
from bench.weeks.people import Seconds, Visitor
from hall.errors import Refused
from hall.messages import asks, facts
from hall.messages.common import Outcome, Via
from hall.policy import Policy
from hub.domain import waits
from hub.domain.hall import Hall

#: A Monday.
FIRST = datetime(2027, 1, 4, tzinfo=ZoneInfo("Asia/Shanghai"))


class Told(NamedTuple):
    """What one person was told, and what came of it."""

    service: str
    lane: str
    min_s: int | None
    max_s: int | None
    expected_s: int | None
    naive_s: float | None
    ahead: int
    waited_s: float


class Weeks:
    """The simulated hall. Seeded: the same every time."""

    def __init__(self, policy: Policy, seed: int) -> None:
        """A hall that was never open."""
        self.hall = Hall(people.plan(policy))
        self._chance = Random(seed)
        self._ids = itertools.count(1)
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._asked: dict[str, tuple[datetime, float | None]] = {}
        self._naive: float | None = None
        #: who has booked a time of the next day, and when they will come
        self._booked: list[tuple[datetime, str]] = []
        self._came: dict[str, facts.TicketIssued] = {}
        self.told: list[Told] = []
        self.at = FIRST

    # ---------------------------------------------------------------- the clock

    def _on(self, at: datetime, call: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (max(at, self.at), next(self._order), call))

    def _in(self, seconds: Seconds, call: Callable[[], None]) -> None:
        self._on(self.at + timedelta(seconds=seconds), call)

    def _ask(self, kind: Callable[..., asks.AnyAsk], **fields: Any) -> list[facts.AnyFact]:
        try:
            told = self.hall.decide(kind(id=f"w-{next(self._ids)}", **fields), self.at, "weeks")
        except Refused:
            return []
        for fact in told:
            self.hall.apply(fact)
            if isinstance(fact, facts.TicketCalled):
                self._called(fact)
        return told

    # ---------------------------------------------------------------- days

    def day(self, number: int) -> None:
        """One working day, from nine until the last has gone."""
        midnight = FIRST + timedelta(days=number // 5 * 7 + number % 5)
        self.at = midnight + timedelta(seconds=people.OPENS)
        self._ask(asks.OpenDay)
        for window in people.SPEED:
            if self.hall.state.windows[window].clerk is None:
                self._in(self._chance.uniform(0, 240), partial(self._sit, window))
            if window not in people.LUNCH:
                noon = midnight + timedelta(hours=12)
                self._on(noon + timedelta(seconds=self._chance.uniform(0, 300)), partial(self._eat, window))
            if self._chance.random() < people.PAUSES:
                when = self._chance.choice((10.2, 10.8, 14.6, 15.3)) * 3600 + self._chance.uniform(0, 1200)
                self._on(midnight + timedelta(seconds=when), partial(self._step_away, window))
        for visitor in people.visitors(self._chance, number % 5):
            self._on(midnight + timedelta(seconds=visitor.at), partial(self._arrives, visitor))
        for comes, appointment in self._booked:
            self._on(comes, partial(self._checks_in, appointment))
        while self._agenda:
            self.at, _, call = heapq.heappop(self._agenda)
            call()
        self._ask(asks.CloseDay)
        self._asked.clear()
        self._came.clear()
        self._booked = []
        self._book(midnight + timedelta(days=3 if number % 5 == 4 else 1))

    def _book(self, midnight: datetime) -> None:
        """Some of the people of a coming day have booked."""
        quotas = self.hall.state.policy.appointment
        for service in quotas.quotas if quotas is not None else {}:
            for half in (*range(18, 24), *range(26, 33)):
                for _ in range(2 if service == "withdrawal" else 1):
                    if self._chance.random() < 0.6:
                        slot = midnight + timedelta(minutes=30 * half)
                        told = self._ask(
                            asks.Book, service=service, slot=slot, code=f"{self._chance.randrange(10**6):06d}"
                        )
                        for fact in told:
                            if isinstance(fact, facts.AppointmentBooked) and self._chance.random() < 0.9:
                                early = self._chance.gauss(-480, 420)
                                self._booked.append((slot + timedelta(seconds=early), fact.appointment))

    # ---------------------------------------------------------------- people

    def _arrives(self, v: Visitor) -> None:
        self._estimate(v.service, v.lane)
        self._issued(
            self._ask(
                asks.TakeTicket, service=v.service, lane=v.lane, situation=v.situation, via=Via.DISPENSER
            )
        )

    def _checks_in(self, appointment: str) -> None:
        self._naive = None
        self._issued(self._ask(asks.CheckIn, appointment=appointment, via=Via.DESK))

    def _estimate(self, service: str, lane: str) -> None:
        s = self.hall.state
        ahead = waits.estimate(s, service, lane, self.at).ahead
        times, windows = s.handlings.get(service), len(s.working.get(service, ()))
        mean = sum(times.recent) / len(times.recent) if times is not None and times.recent else None
        self._naive = None if mean is None or not windows else ahead * mean / windows

    def _issued(self, told: list[facts.AnyFact]) -> None:
        for fact in told:
            if isinstance(fact, facts.TicketIssued):
                self._came[fact.ticket] = fact
                self._asked[fact.ticket] = (self.at, self._naive)
        self._wake()

    def _called(self, fact: facts.TicketCalled) -> None:
        asked = self._asked.pop(fact.ticket, None)
        if asked is None:
            return
        issued, (at, naive) = self._came[fact.ticket], asked
        since = at if issued.slot is None or issued.lane != "appointment" else max(at, issued.slot)
        self.told.append(
            Told(
                issued.service,
                issued.lane,
                issued.wait_min_s,
                issued.wait_max_s,
                issued.expected_s,
                naive,
                issued.ahead,
                max(0.0, (fact.at - since).total_seconds()),
            )
        )

    # ---------------------------------------------------------------- clerks

    def _sit(self, window: int) -> None:
        self._ask(asks.Sit, window=window, clerk=f"{window:03d}")
        self._next_at(window)

    def _eat(self, window: int) -> None:
        if self.hall.state.windows[window].ticket is not None:
            self._in(60, lambda: self._eat(window))
            return
        self._ask(asks.Leave, window=window)
        self._on(self.at.replace(hour=13, minute=0), lambda: self._sit(window))

    def _step_away(self, window: int) -> None:
        if self.hall.state.windows[window].ticket is not None:
            self._in(60, lambda: self._step_away(window))
            return
        minutes = self._chance.uniform(5, 14)
        until = self.at + timedelta(minutes=round(minutes)) if self._chance.random() < 0.6 else None
        self._ask(asks.Pause, window=window, reason="x", until=until)
        self._in(minutes * 60, lambda: self._back(window))

    def _back(self, window: int) -> None:
        self._ask(asks.Resume, window=window)
        self._next_at(window)

    def _wake(self) -> None:
        """Somebody came: clerks who sit idle look up after a moment."""
        for window in self.hall.state.windows.values():
            if window.working and window.ticket is None:
                self._in(self._chance.uniform(2, 12), partial(self._next_at, window.number))

    def _next_at(self, window: int) -> None:
        w = self.hall.state.windows[window]
        if not w.working or w.ticket is not None:
            return
        called = self._ask(asks.CallNext, window=window)
        if not called:
            return
        ticket = called[0]
        assert isinstance(ticket, facts.TicketCalled)
        if self._chance.random() < people.NO_SHOW:
            self._in(self._chance.uniform(60, 150), lambda: self._no_show(window, ticket.ticket))
        else:
            self._in(self._chance.uniform(10, 60), lambda: self._starts(window, ticket))

    def _no_show(self, window: int, ticket: str) -> None:
        self._ask(asks.NoShow, window=window)
        if self._chance.random() < 0.5:
            self._in(self._chance.uniform(60, 900), lambda: self._returns(ticket))
        self._next_at(window)

    def _returns(self, ticket: str) -> None:
        self._ask(asks.ReturnTicket, ticket=ticket)
        self._wake()

    def _starts(self, window: int, called: facts.TicketCalled) -> None:
        self._ask(asks.Start, window=window)
        kind = self.hall.tickets[called.ticket].issued.situation or ""
        seconds = people.handling(self._chance, called.service, kind, window)
        self._in(seconds, lambda: self._finishes(window, called))

    def _finishes(self, window: int, called: facts.TicketCalled) -> None:
        if called.service == "loan" and self._chance.random() < people.TO_REVIEW:
            self._ask(asks.Transfer, window=window, to="review")
            self._wake()
        else:
            self._ask(asks.Finish, window=window, outcome=Outcome.DONE)
        self._in(self._chance.uniform(3, 30), lambda: self._next_at(window))


def run(policy: Policy, *, weeks: int, seed: int) -> list[Told]:
    """So many weeks under a policy."""
    hall = Weeks(policy, seed)
    for number in range(weeks * 5):
        hall.day(number)
    return hall.told
