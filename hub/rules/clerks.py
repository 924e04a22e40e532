"""A recorded day under a policy: the hall's own rules, with clerks who do what was recorded.

Rules:

* People come, give up and bring their handling times as recorded; where none was recorded, the service's median of the day.
* A clerk calls as soon as the window is free and its usual gap is over, sits where and while somebody sat, pauses when it was paused,
  never calls by name; who has to leave finishes the person first.
* Quotas, early stops, pause rules and waits before a no-show of the policy do not count: what was done was done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from statistics import median

import msgspec

from hall.errors import Refused
from hall.messages import asks, facts
from hall.messages.common import Outcome, Via
from hall.plan import HallPlan, HoursPlan
from hall.policy import PausePolicy, Policy
from hub.domain.hall import Hall
from hub.rules.recorded import Change, Person, Recording, Visit

#: Handling of a service of which nothing was recorded.
_UNKNOWN_S = 600.0


def first_calls(
    recording: Recording, plan: HallPlan, policy: Policy, *, changes: bool
) -> dict[str, datetime]:
    """When each ticket was first called under `policy` (with the day's own changes of policy, or not)."""
    return _Day(recording, plan, policy, changes=changes).play()


class _Day:
    def __init__(self, recording: Recording, plan: HallPlan, policy: Policy, *, changes: bool) -> None:
        self._recording, self._changes = recording, changes
        self._hall = Hall(
            msgspec.structs.replace(plan, policy=order_only(policy), hours=HoursPlan(always=True))
        )
        self._now = recording.opened
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self._count = count()
        self._people = {person.ticket: person for person in recording.people}
        self._visits = {person.ticket: list(person.visits) for person in recording.people}
        self._usual = _usual(recording)
        self._free_at: dict[int, datetime] = {}
        self._leaving: set[int] = set()
        self._called: dict[str, datetime] = {}

    def play(self) -> dict[str, datetime]:
        """Let the day happen."""
        self._ask(asks.OpenDay)
        for window, clerk in self._recording.seats:
            self._ask(asks.Sit, window=window, clerk=clerk)
        for person in self._recording.people:
            self._on(person.at, partial(self._come, person))
            if person.gave_up is not None:
                self._on(person.gave_up, partial(self._ask, asks.Cancel, ticket=person.ticket))
        for change in self._recording.changes:
            self._on(change.at, partial(self._change, change))
        closed = self._recording.closed
        while self._events and (closed is None or self._events[0][0] <= closed):
            self._now = self._events[0][0]
            while self._events and self._events[0][0] <= self._now:
                heappop(self._events)[2]()
            self._call_everywhere()
        return self._called

    # ----------------------------------------------------------------

    def _on(self, at: datetime, act: Callable[[], object]) -> None:
        heappush(self._events, (max(at, self._now), next(self._count), act))

    def _after(self, seconds: float, act: Callable[[], object]) -> None:
        self._on(self._now + timedelta(seconds=seconds), act)

    def _ask(self, kind: Callable[..., asks.AnyAsk], **fields: object) -> list[facts.AnyFact]:
        """What came of it; nothing when the hall refused."""
        try:
            told = self._hall.decide(kind(**({"id": "replay"} | fields)), self._now, "replay")
        except Refused:
            return []
        for fact in told:
            self._hall.apply(fact)
        return told

    def _come(self, person: Person) -> None:
        self._ask(
            asks.TakeTicket,
            id=person.ticket,
            service=person.service,
            lane=person.lane,
            via=Via.DESK,
            slot=person.slot,
        )

    def _change(self, change: Change) -> None:
        match change:
            case facts.WindowOpened():
                self._leaving.discard(change.window)
                self._ask(asks.Sit, window=change.window, clerk=change.clerk)
            case facts.WindowClosed():
                if not self._ask(asks.Leave, window=change.window):
                    self._leaving.add(change.window)
            case facts.WindowPaused():
                self._ask(asks.Pause, window=change.window, reason=change.reason)
            case facts.WindowResumed():
                self._ask(asks.Resume, window=change.window)
            case facts.ProfileChanged():
                self._ask(
                    asks.SetProfile,
                    window=change.window,
                    serves=change.serves,
                    helps=change.helps,
                    heart=change.heart,
                )
            case facts.PolicyChanged():
                if self._changes:
                    self._ask(asks.SetPolicy, policy=order_only(change.policy))

    # ---------------------------------------------------------------- clerks

    def _call_everywhere(self) -> None:
        for window in self._hall.plan.windows:
            if self._free_at.get(window.window, self._now) <= self._now:
                told = self._ask(asks.CallNext, window=window.window)
                if told:
                    self._serve(window.window, told[0])

    def _serve(self, window: int, call: facts.AnyFact) -> None:
        assert isinstance(call, facts.TicketCalled)
        ticket = call.ticket
        self._called.setdefault(ticket, self._now)
        left = self._visits[ticket]
        visit = left.pop(0) if left else None
        if visit is None:
            visit = Visit(service=call.service, seconds=self._usual.get(call.service, _UNKNOWN_S))
        if visit.absent:
            self._after(visit.seconds, partial(self._miss, window, ticket, visit))
        else:
            self._ask(asks.Start, window=window)
            self._after(visit.seconds, partial(self._end, window, visit))

    def _miss(self, window: int, ticket: str, visit: Visit) -> None:
        if self._ask(asks.NoShow, window=window):
            self._rest(window)
            if visit.back_after_s is not None:
                self._after(visit.back_after_s, partial(self._ask, asks.ReturnTicket, ticket=ticket))

    def _end(self, window: int, visit: Visit) -> None:
        sent = visit.to is not None and self._ask(asks.Transfer, window=window, to=visit.to)
        if not sent:
            self._ask(asks.Finish, window=window, outcome=Outcome.DONE)
        if window in self._leaving:
            self._leaving.discard(window)
            self._ask(asks.Leave, window=window)
        self._rest(window)

    def _rest(self, window: int) -> None:
        gap = self._recording.gaps.get(window, 0.0)
        self._free_at[window] = self._now + timedelta(seconds=gap)
        self._after(gap, lambda: None)


def order_only(policy: Policy) -> Policy:
    """The policy without what was settled when the day was recorded."""
    return msgspec.structs.replace(
        policy, pause=PausePolicy(), quotas={}, early_stop=None, no_show_after_s=0, alarms=None
    )


def _usual(recording: Recording) -> dict[str, float]:
    times: dict[str, list[float]] = {}
    for person in recording.people:
        for visit in person.visits:
            if not visit.absent and visit.seconds > 0:
                times.setdefault(visit.service, []).append(visit.seconds)
    return {service: median(some) for service, some in times.items()}
