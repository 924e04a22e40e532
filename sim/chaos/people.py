"""Quick people: citizens at the keys, a guide at the desk, a clerk at each window, who go on whatever breaks around them.

They touch the hall only where people can, and note everything they do. A clerk who got no answer waits: the console repeats the ask
until somebody answers. A citizen rates only what the pad asks: faces that lit up after the clerk's Finish.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection

from hall.clock import Scheduler, Seconds
from hall.messages import asks, facts
from hall.messages.answers import Answer
from hall.messages.common import Outcome, Via
from hall.wire import decode_fact
from sim.chaos.plan import DESK, DISPENSER
from sim.chaos.record import Record
from sim.console import DemoConsole
from sim.twin.world_client import WorldClient, WorldError
from sim.twin.world_talk import Event, LampEvent

#: longer than the time in which the same key gives no second ticket
SAME_KEY_S: Seconds = 7.5
PRESS_S: Seconds = 0.15
LIT_WITHIN_S: Seconds = 2.0
THANKED_WITHIN_S: Seconds = 1.2
LOOK_S: Seconds = 0.05
#: more waiting people than this, and nobody else comes in
FULL = 40
#: papers the guide has ordered and not seen yet
DESK_PAPERS = 6


class Asking:
    """A console whose every ask and answer is noted."""

    def __init__(self, console: DemoConsole, record: Record) -> None:
        self._console, self._record = console, record
        #: asks without an answer
        self.open: dict[str, str] = {}

    def ask(self, ask: asks.AnyAsk, then: Callable[[Answer], None] = lambda _answer: None) -> None:
        """Ask until answered."""
        kind = type(ask).__struct_config__.tag
        self._record.note("ask", id=ask.id, type=kind)
        self.open[ask.id] = str(kind)

        def answered(answer: Answer) -> None:
            self.open.pop(ask.id, None)
            told = [bytes(fact).decode() for fact in answer.facts]
            self._record.note("answer", id=answer.id, ok=answer.ok, code=answer.code, facts=told)
            then(answer)

        self._console.ask(ask, answered)

    def new_id(self) -> str:
        """An id for an ask."""
        return self._console.new_id()


class Pads:
    """What the lamps and beepers of the pads do, as one sees and hears it."""

    def __init__(self) -> None:
        self._lit: dict[str, set[str]] = {}
        #: when all four faces of a pad came on, None while one is off
        self.asks_since: dict[str, float | None] = {}
        self.beeped: dict[str, float] = {}

    def on_event(self, event: Event, now: float) -> None:
        """A lamp or beeper changed."""
        if not isinstance(event, LampEvent) or not event.member.startswith("pad-"):
            return
        if event.lamp == "beeper":
            if event.value:
                self.beeped[event.member] = now
            return
        lit = self._lit.setdefault(event.member, set())
        (lit.add if event.value else lit.discard)(event.lamp)
        if len(lit) < 4:
            self.asks_since[event.member] = None
        elif self.asks_since.get(event.member) is None:
            self.asks_since[event.member] = now


class Citizens:
    """They press keys, each when its last press is long over; some are helped at the desk."""

    def __init__(
        self,
        scheduler: Scheduler,
        asking: Asking,
        world: WorldClient,
        record: Record,
        *,
        letters: dict[str, str],
        seed: int,
        others: Collection[str] = (),
    ) -> None:
        """`letters`: service of each key to its letter; `others`: services of people who are not these."""
        self._scheduler, self._asking, self._world, self._record = scheduler, asking, world, record
        self._letters, self._others = letters, others
        self._chance = random.Random(f"citizens {seed}")
        self._pressed: dict[str, float] = {}
        self._coming = True
        self._missed: list[str] = []
        self._theirs: set[str] = set()
        self._at_the_desk = 0
        self.waiting: set[str] = set()
        self.unprinted: set[str] = set()

    def begin(self) -> None:
        """People come, until :meth:`end`."""
        if not self._coming:
            return
        self._scheduler.call_later(self._chance.uniform(0.1, 0.5), self.begin)
        if len(self.waiting) < FULL:
            self._come()

    def end(self) -> None:
        """Nobody else comes."""
        self._coming = False

    def on_fact(self, fact: facts.AnyFact) -> None:
        """What the hall tells."""
        match fact:
            case facts.TicketIssued() if fact.service in self._others:
                self._theirs.add(fact.ticket)
            case facts.TicketIssued():
                self.waiting.add(fact.ticket)
                if fact.via is Via.DESK:
                    self.unprinted.add(fact.ticket)
            case facts.TicketCalled() | facts.TicketCancelled() | facts.TicketLeft():
                self.waiting.discard(fact.ticket)
            case facts.TicketPrinted():
                self.unprinted.discard(fact.ticket)
            case facts.TicketMissed() if fact.ticket not in self._theirs:
                self._missed.append(fact.ticket)
            case _:
                pass

    def _helped(self, _answer: Answer) -> None:
        self._at_the_desk -= 1

    def _come(self) -> None:
        now = self._scheduler.mono()
        free = [key for key in self._letters if now - self._pressed.get(key, -99.0) > SAME_KEY_S]
        wish = self._chance.random()
        if wish < 0.12 and self._missed:
            ticket = self._missed.pop(0)
            self._asking.ask(asks.ReturnTicket(id=self._asking.new_id(), ticket=ticket))
        elif wish < 0.35 and len(self.unprinted) + self._at_the_desk < DESK_PAPERS:
            self._at_the_desk += 1
            lane = self._chance.choice(["normal", "priority"])
            self._asking.ask(asks.TakeTicket(id=self._asking.new_id(), service=DESK, lane=lane, via=Via.DESK))
        elif free:
            key = self._chance.choice(free)
            self._pressed[key] = now
            self._record.note("press", letter=self._letters[key])
            self._world.press(DISPENSER, key, PRESS_S)


class Clerk:
    """One window: call, serve, finish, have it rated, and the next."""

    def __init__(
        self,
        scheduler: Scheduler,
        asking: Asking,
        world: WorldClient,
        pads: Pads,
        record: Record,
        *,
        window: int,
        work_number: str,
        seed: int,
    ) -> None:
        """Not seated yet."""
        self._scheduler, self._asking, self._world = scheduler, asking, world
        self._pads, self._record = pads, record
        self.window, self._work_number = window, work_number
        self._chance = random.Random(f"clerk {window} {seed}")
        self._resting = False
        self._ticket = ""
        self.idle = False

    def begin(self) -> None:
        """Sit down, and call."""
        self.idle = False
        sit = asks.Sit(id=self._asking.new_id(), window=self.window, clerk=self._work_number)
        self._asking.ask(sit, lambda _answer: self._next())

    def rest(self) -> None:
        """Serve whoever sits here to the end, and call nobody else."""
        self._resting = True

    # ---

    def _soon(self, then: Callable[[], None], least: Seconds = 0.05, most: Seconds = 0.4) -> None:
        self._scheduler.call_later(self._chance.uniform(least, most), then)

    def _next(self) -> None:
        if self._resting:
            self.idle = True
            return
        self._asking.ask(asks.CallNext(id=self._asking.new_id(), window=self.window), self._on_call)

    def _on_call(self, answer: Answer) -> None:
        called = decode_fact(answer.facts[0]) if answer.ok else None
        if isinstance(called, facts.TicketCalled):
            self._ticket = called.ticket
            self._soon(self._meet)
        elif answer.code == "window-busy":
            self._soon(self._serve)
        elif answer.code in {"not-seated", "closed"}:
            self._soon(self.begin, 0.5, 1.0)
        elif answer.code == "window-paused":
            resume = asks.Resume(id=self._asking.new_id(), window=self.window)
            self._asking.ask(resume, lambda _answer: self._soon(self._next))
        else:
            self._soon(self._next, 0.2, 0.6)

    def _meet(self) -> None:
        wish = self._chance.random()
        if wish < 0.06:
            missed = asks.NoShow(id=self._asking.new_id(), window=self.window)
            self._asking.ask(missed, lambda _answer: self._soon(self._next))
        elif wish < 0.12:
            again = asks.Recall(id=self._asking.new_id(), window=self.window)
            self._asking.ask(again, lambda _answer: self._soon(self._serve))
        elif wish < 0.15:
            pause = asks.Pause(id=self._asking.new_id(), window=self.window, reason="生理")
            self._asking.ask(pause, lambda _answer: self._soon(self._next))
        else:
            self._serve()

    def _serve(self) -> None:
        start = asks.Start(id=self._asking.new_id(), window=self.window)
        self._asking.ask(start, lambda _answer: self._soon(self._end))

    def _end(self) -> None:
        wish = self._chance.random()
        new_id, window = self._asking.new_id, self.window
        if wish < 0.08:
            other = self._chance.choice([n for n in (1, 2, 3) if n != window])
            ask: asks.AnyAsk = asks.Transfer(id=new_id(), window=window, to=other, note="请复核")
            self._asking.ask(ask, lambda _answer: self._soon(self._next))
        elif wish < 0.12:
            self._asking.ask(asks.Park(id=new_id(), window=window), lambda _answer: self._soon(self._back))
        else:
            self._finish()

    def _back(self) -> None:
        resume = asks.ResumeTicket(id=self._asking.new_id(), ticket=self._ticket, window=self.window)
        self._asking.ask(resume, lambda _answer: self._soon(self._finish))

    def _finish(self) -> None:
        # the lamps may be on before the answer is here: what counts is that they came on after this was asked
        asked = self._scheduler.mono()
        finish = asks.Finish(id=self._asking.new_id(), window=self.window, outcome=Outcome.DONE)
        self._asking.ask(finish, lambda answer: self._finished(answer, asked))

    def _finished(self, answer: Answer, asked: Seconds) -> None:
        fact = decode_fact(answer.facts[0]) if answer.ok else None
        if isinstance(fact, facts.ServiceFinished) and self._chance.random() < 0.85:
            self._await_lamps(fact, asked, self._scheduler.mono() + LIT_WITHIN_S)
        else:
            self._soon(self._next)

    # --- the person presses a face

    def _await_lamps(self, step: facts.ServiceFinished, asked: Seconds, end: Seconds) -> None:
        since = self._pads.asks_since.get(f"pad-{self.window}")
        if since is not None and since > asked:
            self._press(step)
        elif self._scheduler.mono() > end:
            self._next()
        else:
            self._scheduler.call_later(LOOK_S, lambda: self._await_lamps(step, asked, end))

    def _press(self, step: facts.ServiceFinished) -> None:
        grade, pressed = self._chance.randint(1, 4), self._scheduler.mono()
        self._record.note(
            "face", window=self.window, grade=grade, ticket=step.ticket, step=step.step, number=step.number
        )
        try:
            self._world.press(f"pad-{self.window}", str(grade), PRESS_S)
        except WorldError as error:
            self._record.note("no-world", error=str(error))
        self._await_thanks(step, pressed)

    def _await_thanks(self, step: facts.ServiceFinished, pressed: Seconds) -> None:
        if self._pads.beeped.get(f"pad-{self.window}", 0.0) > pressed:
            self._record.note("thanks", window=self.window, ticket=step.ticket, step=step.step)
            self._soon(self._next)
        elif self._scheduler.mono() > pressed + THANKED_WITHIN_S:
            self._next()
        else:
            self._scheduler.call_later(LOOK_S, lambda: self._await_thanks(step, pressed))
