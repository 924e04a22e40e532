"""The people of a story: what citizens, clerks and the guide do in a hall, one short verb each, for tests and for trying out.

Every verb waits until the hall has answered and raises AssertionError, with what happened last, when it did not do as asked.
Works on every :class:`sim.stage.Stage`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hall.clock import Seconds
from hall.messages import asks, facts
from hall.messages.common import Outcome, Via
from hall.wire import decode_fact
from sim.stage import Stage

#: longer than the time in which the same key gives no second ticket
GUARD_S: Seconds = 5.6
PATIENCE_S: Seconds = 20.0

F = TypeVar("F", bound=facts.Fact)


class Cast:
    """Everybody in the hall."""

    def __init__(self, hall: Stage) -> None:
        """`hall` is up."""
        self.hall = hall
        self._pressed: set[str] = set()

    # --- what happened ------------------------------------------------------------------------------------------------

    def told(self, kind: type[F], **fields: Any) -> list[F]:
        """The facts of one kind (with these fields), in order."""
        return [
            fact
            for fact in self.hall.facts
            if isinstance(fact, kind) and all(getattr(fact, name) == value for name, value in fields.items())
        ]

    def wait_for(self, kind: type[F], within_s: Seconds = PATIENCE_S, count: int = 1, **fields: Any) -> F:
        """The `count`-th fact of this kind (with these fields), now or soon."""
        self.until(lambda: len(self.told(kind, **fields)) >= count, f"{kind.__name__} {fields}", within_s)
        return self.told(kind, **fields)[count - 1]

    def until(self, true: Callable[[], bool], what: str, within_s: Seconds = PATIENCE_S) -> None:
        """Let the hall go on until `true`; `what` names it when it does not become so."""
        last = self.hall.facts[-5:]
        assert self.hall.run_until(true, within_s), f"not within {within_s:g} s: {what}; before that {last}"

    # --- citizens -----------------------------------------------------------------------------------------------------

    def takes(self, service: str, dispenser: str = "dispenser-1") -> facts.TicketIssued:
        """A citizen presses a key, gets a number and its paper."""
        before = len(self.told(facts.TicketIssued))
        key = f"{dispenser} {service}"
        if key in self._pressed:
            self.hall.run_until(lambda: False, GUARD_S)
        self._pressed.add(key)
        self.hall.press(service, dispenser)
        issued = self.wait_for(facts.TicketIssued, count=before + 1)
        self.wait_for(facts.TicketPrinted, ticket=issued.ticket)
        return issued

    def rates(self, window: int, grade: int) -> None:
        """A citizen waits for the lamps and presses a face."""
        self.until(lambda: self.lit(window), f"the pad at window {window} is lit")
        self.hall.press_face(window, grade)

    def lit(self, window: int) -> bool:
        """Whether all four faces at a window are lit."""
        lamps = self.hall.lamps(f"pad-{window}")
        return all(lamps[grade] > 0 for grade in "1234")

    def dark(self, window: int) -> bool:
        """Whether no face at a window is lit."""
        lamps = self.hall.lamps(f"pad-{window}")
        return not any(lamps[grade] for grade in "1234")

    # --- clerks and the guide -------------------------------------------------------------------------------------------

    def does(self, ask: asks.AnyAsk) -> facts.AnyFact:
        """Somebody asks, and the hub agrees; the fact the ask is named for."""
        answer = self.hall.act(ask)
        assert answer.ok, f"{ask} was refused: {answer.code}"
        return decode_fact(answer.facts[0])

    def refused(self, ask: asks.AnyAsk) -> str | None:
        """Somebody asks, and the hub says no; the code."""
        answer = self.hall.act(ask)
        assert not answer.ok, f"{ask} was not refused"
        assert answer.text is not None
        assert answer.text.zh
        assert answer.text.en
        return answer.code

    def sits(self, window: int, clerk: str | None = None) -> None:
        """A clerk sits down, which opens the window."""
        self.does(asks.Sit(id=self.hall.new_id(), window=window, clerk=clerk or f"01{window}"))

    def calls(self, window: int) -> facts.TicketCalled:
        """The clerk presses Next."""
        called = self.does(asks.CallNext(id=self.hall.new_id(), window=window))
        assert isinstance(called, facts.TicketCalled)
        return called

    def starts(self, window: int) -> None:
        """The person sat down."""
        self.does(asks.Start(id=self.hall.new_id(), window=window))

    def finishes(self, window: int, outcome: Outcome = Outcome.DONE) -> facts.ServiceFinished:
        """The clerk has done what was to be done."""
        finished = self.does(asks.Finish(id=self.hall.new_id(), window=window, outcome=outcome))
        assert isinstance(finished, facts.ServiceFinished)
        return finished

    def serves(self, window: int, seconds: Seconds = 30.0) -> facts.ServiceFinished:
        """Call, start, work, finish."""
        self.calls(window)
        self.starts(window)
        self.hall.run_until(lambda: False, seconds)
        return self.finishes(window)

    def helps(self, service: str, lane: str = "priority") -> facts.TicketIssued:
        """The guide takes a ticket for somebody at the desk."""
        ask = asks.TakeTicket(id=self.hall.new_id(), service=service, lane=lane, via=Via.DESK)
        issued = self.does(ask)
        assert isinstance(issued, facts.TicketIssued)
        return issued
