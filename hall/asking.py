"""Asking the hub: the same ask each second until it is answered.

Rules:

* An ask keeps its id through every repetition; the hub acts on it once.
* An answer is given to whoever asked exactly once. Answers to nobody, to withdrawn asks and second answers are ignored.
* Silence is told exactly once, after `wait_s`, also while the link is down. It ends nothing: whoever has another way says
  :meth:`Asker.withdraw`; otherwise the ask goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from hall import wire
from hall.card import Card
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault, HallError, Malformed
from hall.messages.answers import Answer
from hall.messages.asks import Ask
from hall.text import Text
from hall.topics import HUB_LIMIT

log = logging.getLogger(__name__)

REPEAT_S: Seconds = 1.0
#: More open asks than anybody can mean.
MOST_OPEN = 256


@dataclass(slots=True)
class _Open:
    """One ask that waits for its answer."""

    ask: Ask
    on_answer: Callable[[Answer], None]
    repeat: Timer | None = None
    silence: Timer | None = None

    def cancel(self) -> None:
        """Stop both timers."""
        for timer in (self.repeat, self.silence):
            if timer is not None:
                timer.cancel()


class Asker:
    """A member's open asks."""

    def __init__(self, scheduler: Scheduler, publish: Callable[[Ask], bool]) -> None:
        """`publish` sends one ask and is False when the link is down."""
        self._scheduler = scheduler
        self._publish = publish
        self._open: dict[str, _Open] = {}

    @property
    def open(self) -> tuple[str, ...]:
        """Ids still waiting, oldest first."""
        return tuple(self._open)

    def ask(
        self,
        ask: Ask,
        on_answer: Callable[[Answer], None],
        *,
        wait_s: Seconds | None = None,
        on_silence: Callable[[], None] | None = None,
    ) -> None:
        """Ask until answered or withdrawn; `on_silence` once after `wait_s` without an answer.

        Asking with an id that is open already changes nothing. Fault `too-many-asks` when nobody seems to answer,
        Malformed when the ask is too large to be sent.
        """
        if ask.id in self._open:
            return
        if len(self._open) >= MOST_OPEN:
            raise Fault(
                "too-many-asks",
                Text(zh="服务器没有回应，请稍候", en="too many questions wait for an answer already"),
            )
        entry = _Open(ask, on_answer)
        self._open[ask.id] = entry
        if wait_s is not None and on_silence is not None:
            entry.silence = self._scheduler.call_later(wait_s, lambda: self._silent(ask.id, on_silence))
        try:
            self._say(ask.id)
        except HallError:  # it can never be sent: better said once than every second
            self.withdraw(ask.id)
            raise

    def withdraw(self, ask_id: str) -> bool:
        """Wait no longer; a late answer will be ignored. False when nothing was open."""
        entry = self._open.pop(ask_id, None)
        if entry is not None:
            entry.cancel()
        return entry is not None

    def on_answer(self, payload: bytes) -> None:
        """A message came on ``down/answer``; Malformed when it is none."""
        answer: Answer = wire.decode(Answer, payload, HUB_LIMIT)
        if not answer.ok and (answer.code is None or answer.text is None):
            raise Malformed(
                "not-valid", Text(zh="答复缺少原因", en="an answer that says no without code or text")
            )
        entry = self._open.pop(answer.id, None)
        if entry is None:
            log.debug("answer to nobody", extra={"id": answer.id})
            return
        entry.cancel()
        entry.on_answer(answer)

    def on_connected(self) -> None:
        """The link is up: ask again at once."""
        for ask_id in tuple(self._open):
            self._say(ask_id)

    def close(self) -> None:
        """Withdraw everything."""
        for ask_id in tuple(self._open):
            self.withdraw(ask_id)

    def _say(self, ask_id: str) -> None:
        entry = self._open.get(ask_id)
        if entry is None:
            return
        if entry.repeat is not None:
            entry.repeat.cancel()
        entry.repeat = self._scheduler.call_later(REPEAT_S, lambda: self._say(ask_id))
        self._publish(entry.ask)

    def _silent(self, ask_id: str, on_silence: Callable[[], None]) -> None:
        entry = self._open.get(ask_id)
        if entry is not None:
            entry.silence = None
            on_silence()


class OpenAsks:
    """Asks that a restart must not forget: noted on the card before they are asked, struck out when they are over.

    After a restart nobody holds a paper for what still stands here: say ``ask_withdrawn`` for each, then strike it out.
    """

    _KEY = "open-asks"

    def __init__(self, card: Card) -> None:
        self._card = card

    def all(self) -> list[str]:
        """The ids noted, oldest first."""
        ids: list[str] = self._card.get(self._KEY, [])
        return ids

    def note(self, ask_id: str) -> None:
        """This ask is about to be asked."""
        ids = self.all()
        if ask_id not in ids:
            self._card.put(self._KEY, [*ids, ask_id])

    def strike(self, ask_id: str) -> None:
        """This ask is over: answered, withdrawn, or replaced by an offline number."""
        ids = self.all()
        if ask_id in ids:
            self._card.put(self._KEY, [i for i in ids if i != ask_id])
