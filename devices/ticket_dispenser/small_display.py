"""The small display beside the printer, if one is fitted: the number that does not come out, and what came of a self-test.

Rules:

* A person's number does not wait for what a technician reads; that the number is gone does, until the result has been read.
* A display that does not respond is an alert, and keeps nobody from a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from devices.agent.agent import Agent
from hall.clock import Seconds, Timer
from hall.errors import Fault

#: the result of a self-test
TEST_SHOWN_S: Seconds = 8.0


class DisplayHand(Protocol):
    """The panel itself."""

    def show(self, number: str | None) -> None:
        """This number, or nothing; Fault."""

    def refresh(self) -> None:
        """Write the picture again; Fault."""

    def close(self) -> None:
        """Dark, and let go; may be called twice."""


class SmallDisplay:
    """What stands on it."""

    def __init__(self, agent: Agent, hand: DisplayHand | None) -> None:
        """`agent` has the alert; without a `hand` nothing is shown."""
        self._agent, self._hand = agent, hand
        #: the number, and when it stands there again after a self-test
        self._number: str | None = None
        self._result_timer: Timer | None = None

    def number(self, number: str | None) -> None:
        """Somebody's number from now on, or none."""
        self._number = number
        if number is not None or self._result_timer is None:
            self._act(lambda hand: hand.show(number))

    def result(self, word: str) -> None:
        """What came of a self-test, for some seconds."""
        self._act(lambda hand: hand.show(word))
        if self._result_timer is not None:
            self._result_timer.cancel()
        self._result_timer = self._agent.scheduler.call_later(TEST_SHOWN_S, self._result_read)

    def refresh(self) -> None:
        """Write it again: a panel that lost its registers is healed."""
        self._act(lambda hand: hand.refresh())

    def close(self) -> None:
        """Dark, and let go; may be called twice."""
        if self._result_timer is not None:
            self._result_timer.cancel()
        if self._hand is not None:
            self._hand.close()

    def _result_read(self) -> None:
        self._result_timer = None
        self.number(self._number)

    def _act(self, act: Callable[[DisplayHand], None]) -> None:
        if self._hand is None:
            return
        try:
            act(self._hand)
        except Fault as error:
            self._agent.trouble("display-fault", "display", why=error.text.en)
        else:
            self._agent.clear("display")
