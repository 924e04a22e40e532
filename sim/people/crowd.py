"""The people of a simulated hall: citizens, clerks and the guide, who use the hall as people do.

Rules:

* People touch the hall only where people can: keys of the dispenser, faces of the pads, and asks of a console. They learn only
  what the hall says publicly (facts), never from the inside of a device.
* One person at a time stands at the dispenser; the ticket printed while one stands there is that person's.
* Every decision comes from the visitor's plan or a seeded source, so the same seed gives the same day.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Protocol

import msgspec

from hall.clock import Scheduler, Seconds
from hall.ids import IdMaker
from hall.messages import asks, facts
from hall.messages.answers import Answer
from hall.messages.common import Outcome, Via
from hall.plan import HallPlan
from hall.wire import decode_fact
from sim.people.visitors import Care, Visitor

#: how long one visit to the dispenser takes at most before the person goes to the guide desk
AT_THE_KEYS_S: Seconds = 20.0
#: who got no paper by then presses again; longer than the time in which the same key gives no second ticket
PRESS_AGAIN_S: Seconds = 6.5
BETWEEN_PRESSES_S: Seconds = 1.5
CALL_GAP_S: Seconds = 25.0


class Console(Protocol):
    """Where clerks and the guide type."""

    def ask(self, ask: asks.AnyAsk, on_answer: Callable[[Answer], None]) -> None:
        """Ask the hub; the answer comes once."""


class Hands(Protocol):
    """The keys and faces that citizens can reach."""

    def press_key(self, service: str) -> None:
        """Press the service's key on the dispenser."""

    def press_green(self) -> None:
        """Press the green-channel key."""

    def press_face(self, window: int, grade: int) -> None:
        """Press a face on the window's pad."""


class Crowd:
    """All citizens of the day, and the guide who helps some of them."""

    def __init__(
        self, scheduler: Scheduler, hands: Hands, guide: Console, ids: IdMaker, visitors: list[Visitor]
    ) -> None:
        """Nobody comes until :meth:`begin`."""
        self._scheduler, self._hands, self._guide, self._ids = scheduler, hands, guide, ids
        self._expected = visitors
        self._at_the_door: deque[Visitor] = deque()
        self._at_the_keys: Visitor | None = None
        self._waiting: dict[str, Visitor] = {}
        self._gone: set[str] = set()
        self._seated: set[str] = set()
        self._patience: dict[str, Seconds] = {}
        self.clerks: dict[int, Clerk] = {}
        self.turned_away = 0
        self._over = False

    def begin(self) -> None:
        """Everybody sets out; each arrives at the planned time."""
        now = self._scheduler.now()
        for visitor in self._expected:
            delay = (visitor.arrives - now).total_seconds()
            self._scheduler.call_later(delay, lambda visitor=visitor: self._arrive(visitor))  # type: ignore[misc]

    def end(self) -> None:
        """Nobody else comes; who is in the hall stays."""
        self._over = True
        self._at_the_door.clear()

    def on_fact(self, fact: facts.AnyFact) -> None:
        """What the whole hall can hear and see."""
        match fact:
            case facts.TicketIssued(via=Via.DISPENSER) if fact.ticket not in self._waiting:
                self._took(fact.ticket)
            case facts.TicketCalled():
                self._called(fact)
            case facts.TicketMissed():
                self._missed(fact.ticket)
            case facts.ServiceFinished() | facts.TicketTransferred():
                self._step_over(fact)
            case _:
                pass

    # --- taking a number ------------------------------------------------------------------------------------------

    def _arrive(self, visitor: Visitor) -> None:
        if self._over:
            return
        if visitor.care is Care.DESK:
            self._helped_at_the_desk(visitor)
            return
        self._at_the_door.append(visitor)
        self._next_at_the_keys()

    def _helped_at_the_desk(self, visitor: Visitor) -> None:
        ask = asks.TakeTicket(id=self._ids(), service=visitor.service, lane="priority", via=Via.DESK)
        self._expect(ask.id, visitor)
        self._guide.ask(ask, lambda answer: None if answer.ok else self._turn_away(ask.id))

    def _turn_away(self, ticket: str) -> None:
        self._waiting.pop(ticket, None)
        self.turned_away += 1

    def _next_at_the_keys(self) -> None:
        if self._at_the_keys is not None or not self._at_the_door:
            return
        visitor = self._at_the_keys = self._at_the_door.popleft()
        if visitor.care is Care.GREEN_KEY:
            self._hands.press_green()
            self._scheduler.call_later(BETWEEN_PRESSES_S, lambda: self._hands.press_key(visitor.service))
        else:
            self._hands.press_key(visitor.service)
        self._scheduler.call_later(PRESS_AGAIN_S, lambda: self._press_again(visitor))
        self._scheduler.call_later(AT_THE_KEYS_S, lambda: self._give_up_the_keys(visitor))

    def _press_again(self, visitor: Visitor) -> None:
        if self._at_the_keys is visitor:
            self._hands.press_key(visitor.service)
            self._scheduler.call_later(PRESS_AGAIN_S, lambda: self._press_again(visitor))

    def _give_up_the_keys(self, visitor: Visitor) -> None:
        if self._at_the_keys is visitor:
            self._at_the_keys = None
            self.turned_away += 1
            self._next_at_the_keys()

    def _took(self, ticket: str) -> None:
        visitor, self._at_the_keys = self._at_the_keys, None
        if visitor is None:
            return
        self._expect(ticket, visitor)
        for n in range(1, visitor.presses_more + 1):
            self._scheduler.call_later(n * BETWEEN_PRESSES_S, lambda: self._hands.press_key(visitor.service))
        away = (visitor.presses_more + 4) * BETWEEN_PRESSES_S  # past the guard time of the key
        self._scheduler.call_later(away, self._next_at_the_keys)

    def _expect(self, ticket: str, visitor: Visitor) -> None:
        self._waiting[ticket] = visitor
        self._scheduler.call_later(visitor.patience_s, lambda: self._lose_patience(ticket))

    def _lose_patience(self, ticket: str) -> None:
        if ticket in self._seated or ticket not in self._waiting:
            return
        self._gone.add(ticket)
        if len(self._gone) % 3 == 0:  # one in three is polite enough to say so at the desk
            self._guide.ask(asks.Cancel(id=self._ids(), ticket=ticket), _whatever)

    # --- being called ---------------------------------------------------------------------------------------------

    def _called(self, fact: facts.TicketCalled) -> None:
        visitor, clerk = self._waiting.get(fact.ticket), self.clerks.get(fact.window)
        if visitor is None or clerk is None or fact.ticket in self._gone:
            return
        first_visit = fact.step == 1
        if first_visit and not visitor.attentive:
            return
        self._seated.add(fact.ticket)
        self._scheduler.call_later(visitor.walk_s, lambda: clerk.arrived(fact.ticket, visitor, fact.step))

    def _missed(self, ticket: str) -> None:
        visitor = self._waiting.get(ticket)
        if visitor is None or ticket in self._gone or visitor.back_after_s is None:
            return
        ask = asks.ReturnTicket(id=self._ids(), ticket=ticket)
        self._scheduler.call_later(visitor.back_after_s, lambda: self._guide.ask(ask, _whatever))
        self._waiting[ticket] = msgspec.structs.replace(visitor, attentive=True)

    def _step_over(self, fact: facts.ServiceFinished | facts.TicketTransferred) -> None:
        visitor = self._waiting.get(fact.ticket)
        if visitor is None or not fact.seconds:
            return
        grade = visitor.grade if fact.step == 1 else visitor.review_grade
        if grade is not None:
            window = fact.window
            self._scheduler.call_later(visitor.rates_after_s, lambda: self._hands.press_face(window, grade))


class Clerk:
    """One clerk at one window for the day."""

    def __init__(
        self,
        scheduler: Scheduler,
        console: Console,
        plan: HallPlan,
        window: int,
        work_number: str,
        ids: IdMaker,
        seed: int,
    ) -> None:
        """Not seated yet."""
        self._scheduler, self._console, self._ids = scheduler, console, ids
        self.window, self.work_number = window, work_number
        self._review = next((key for key, service in plan.services.items() if service.review), None)
        self._source = random.Random(f"clerk {window} {seed}")
        self._round_limit = 1 + (plan.policy.recall_limit or 0)
        self._ticket: str | None = None
        self._serving = False
        self._free = False
        self._asking = False
        self._off = False
        self._breaks = sorted(self._source.uniform(3600, 7 * 3600) for _ in range(2))
        self._seated_at: Seconds = 0.0

    def begin(self) -> None:
        """Sit down and call the first person."""
        self._seated_at = self._scheduler.mono()
        sit = asks.Sit(id=self._ids(), window=self.window, clerk=self.work_number)
        self._console.ask(sit, self._on_seat)

    def _on_seat(self, answer: Answer) -> None:
        if answer.ok or answer.code == "already-seated":  # who showed the hall sat down here before
            self._breathe(2.0)

    def rest(self) -> None:
        """Call nobody any more; whoever sits here is served to the end."""
        self._off = True

    def leave(self) -> None:
        """The day is over."""
        self.rest()
        self._console.ask(asks.Leave(id=self._ids(), window=self.window, clerk=self.work_number), _whatever)

    def on_fact(self, fact: facts.AnyFact) -> None:
        """Somebody may be waiting now: a free clerk looks."""
        if (
            isinstance(fact, facts.TicketIssued | facts.TicketReturned | facts.TicketTransferred)
            and self._free
        ):
            self._scheduler.call_later(self._source.uniform(0.5, 3.0), self._call_next)

    # --- the next person --------------------------------------------------------------------------------------------

    def _breathe(self, seconds: Seconds) -> None:
        self._free = False
        self._scheduler.call_later(seconds, self._ready)

    def _ready(self) -> None:
        self._free = True
        self._call_next()

    def _call_next(self) -> None:
        if not self._free or self._asking or self._off:
            return
        if self._breaks and self._scheduler.mono() - self._seated_at > self._breaks[0]:
            self._breaks.pop(0)
            self._take_a_break()
            return
        self._asking = True
        self._console.ask(asks.CallNext(id=self._ids(), window=self.window), self._on_call)

    def _on_call(self, answer: Answer) -> None:
        self._asking = False
        if not answer.ok:
            return
        called = decode_fact(answer.facts[0])
        if isinstance(called, facts.TicketCalled):
            self._free = False
            self._ticket = called.ticket
            self._wait_for(called.ticket, 1)

    def _wait_for(self, ticket: str, round_: int) -> None:
        self._scheduler.call_later(CALL_GAP_S, lambda: self._not_here(ticket, round_))

    def _not_here(self, ticket: str, round_: int) -> None:
        if self._ticket != ticket or self._serving:
            return
        if round_ < self._round_limit:
            self._console.ask(asks.Recall(id=self._ids(), window=self.window), _whatever)
            self._wait_for(ticket, round_ + 1)
            return
        self._ticket = None
        self._console.ask(asks.NoShow(id=self._ids(), window=self.window), lambda _answer: self._breathe(3.0))

    def _take_a_break(self) -> None:
        self._free = False
        pause = asks.Pause(id=self._ids(), window=self.window, reason="生理")
        self._console.ask(pause, _whatever)
        self._scheduler.call_later(self._source.uniform(180, 600), self._come_back)

    def _come_back(self) -> None:
        resume = asks.Resume(id=self._ids(), window=self.window)
        self._console.ask(resume, lambda _answer: self._breathe(1.0))

    # --- serving ----------------------------------------------------------------------------------------------------

    def arrived(self, ticket: str, visitor: Visitor, step: int) -> None:
        """The person called stands at the window."""
        if self._ticket != ticket or self._serving:
            return
        self._serving = True
        self._console.ask(asks.Start(id=self._ids(), window=self.window), _whatever)
        seconds = visitor.handling_s if step == 1 else (visitor.review_s or 60.0)
        if not visitor.papers_missing:
            self._scheduler.call_later(seconds * 0.3, self._accept)
        self._scheduler.call_later(seconds, lambda: self._end(visitor, step))

    def _accept(self) -> None:
        self._console.ask(asks.Accept(id=self._ids(), window=self.window), _whatever)

    def _end(self, visitor: Visitor, step: int) -> None:
        ask: asks.AnyAsk
        if step == 1 and visitor.papers_missing:
            detail = "婚姻状况材料"
            ask = asks.Finish(
                id=self._ids(), window=self.window, outcome=Outcome.MATERIAL_MISSING, detail=detail
            )
        elif step == 1 and visitor.review_s is not None and self._review is not None:
            ask = asks.Transfer(id=self._ids(), window=self.window, to=self._review, note="请复核")
        else:
            ask = asks.Finish(id=self._ids(), window=self.window, outcome=Outcome.DONE)
        self._console.ask(ask, lambda _answer: self._done())

    def _done(self) -> None:
        self._ticket, self._serving = None, False
        self._breathe(self._source.uniform(8, 25))


def _whatever(_answer: Answer) -> None:
    """The person goes on whatever the hall says."""
