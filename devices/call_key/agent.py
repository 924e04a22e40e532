"""The call key of a clerk without a computer: next, recall, pause, and eight digits that say what the window is doing.

Rules:

* A key counts when it is let go within 1.5 s, alone. *Next* ends the open ticket as done and calls; *recall* calls the same person again;
  *pause* pauses, and ends the pause. *Recall* held for 1.5 s gives the person up; the other keys held do nothing (an elbow, a file).
* Two keys at once mean nothing until both are open again. A key that is closed at the start counts once it was let go.
* One ask at a time: what is pressed while an answer is awaited, and for a second after it, does not count, so that a double press skips nobody.
* Nothing is kept for later: with hub or broker away the digits say so, and a press does nothing. An ask that found no answer in 3 s
  is taken back; what became of it the hub's next word says.
* The digits show what the hub says of the window (``want/counter``), never what the key believes. A no is shown as a word for 2 s.
* A key closed for 30 s is stuck: event ``button_stuck`` and an alert until it opens; the other keys go on working.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from devices.agent.agent import Agent
from devices.call_key.face import ABSENT, ALL, AWAY, FAILED, PASSED, SENT, face, refusal, whoami
from devices.call_key.settings import CallKeyConfig
from hall.clock import Seconds, Timer
from hall.errors import Fault, HallError
from hall.member import describe
from hall.messages import asks
from hall.messages.answers import Answer
from hall.messages.common import MemberKind, Outcome, WindowNumber, WindowState
from hall.messages.events import ButtonStuck
from hall.messages.wants import Counter, Want
from hall.text import Text

log = logging.getLogger(__name__)

HOLD: Seconds = 1.5
QUIET: Seconds = 1.0
PATIENCE: Seconds = 3.0
WORD: Seconds = 2.0
STUCK: Seconds = 30.0
RETRY: Seconds = 5.0
REFRESH: Seconds = 5.0
IDENTIFY: Seconds = 8.0
#: from the left, and what is written on them
KEYS: Final = {
    "next": Text(zh="叫下一位", en="next"),
    "recall": Text(zh="重呼", en="recall"),
    "pause": Text(zh="暂停", en="pause"),
}


class Hands(Protocol):
    """What a call key needs: three named keys and eight digits. Every method but `close` may raise Fault."""

    def open(self, on_press: Callable[[str], None], on_release: Callable[[str], None]) -> None:
        """Claim the keys; may be tried again after a Fault."""

    def closed(self) -> frozenset[str]:
        """Keys that are pressed now."""

    def show(self, text: str) -> None:
        """Show this."""

    def refresh(self) -> None:
        """Write everything again."""

    def dim(self, level: int) -> None:
        """Brightness 0 … 15."""

    def close(self) -> None:
        """Dark."""


class CallKey(Agent):
    """A call key's program."""

    config_kind = CallKeyConfig

    def __init__(
        self, *, hands: Hands, window: WindowNumber, brightness: int, pause_reason: str, **member: Any
    ) -> None:
        """`window` is whose box it is; `brightness` and `pause_reason` are what its settings file says."""
        known = msgspec.structs.replace(
            describe(MemberKind.CALL_KEY), window=window, capabilities=("counter", "three-keys")
        )
        super().__init__(kind=MemberKind.CALL_KEY, description=known, **member)
        self.window = window
        self._hands = hands
        self._usual = CallKeyConfig(brightness=brightness, pause_reason=pause_reason)
        self._reason = pause_reason
        self._counter: Counter | None = None
        self._hub_there = False
        #: the ask that waits for its answer
        self._asked: str | None = None
        self._quiet_until: Seconds = 0.0
        #: the key that may count when it is let go
        self._pressed: str | None = None
        #: two keys at once: none counts before all are open again
        self._muddled = False
        #: keys that are closed, and their stuck timers
        self._closed_keys: dict[str, Timer] = {}
        #: a word that covers the state
        self._word: str | None = None
        self._hold: Timer | None = None
        self._word_over: Timer | None = None
        self._again: Timer | None = None
        self._refresh: Timer | None = None

    # --- life

    def open(self) -> None:
        """Take keys and digits, then go to the bus."""
        self._take_keys()
        self._freshen()
        super().open()

    def close(self) -> None:
        """Leave the bus, dark; may be called twice."""
        super().close()
        for timer in (
            self._hold, self._word_over, self._again, self._refresh, *self._closed_keys.values()
        ):  # fmt: skip
            if timer is not None:
                timer.cancel()
        self._closed_keys.clear()
        self._hands.close()

    def _take_keys(self) -> None:
        self._again = None
        try:
            self._hands.open(self._on_press, self._on_release)
        except Fault as error:
            self.trouble(error.code, "hands", why=error.text.en)
            self._again = self.scheduler.call_later(RETRY, self._take_keys)
            return
        self.clear("hands")
        for key in sorted(self._hands.closed()):
            self._watch(key)
            self._muddled = True

    # --- what comes

    def on_want(self, part: str, want: Want) -> None:
        """See :class:`Agent`."""
        match want:
            case Counter():
                self._counter = want
                self._draw()
                self.have(part, want.rev)
            case _:
                super().on_want(part, want)

    def on_hub(self, ready: bool) -> None:  # noqa: FBT001 - a hook with one fact
        """See :class:`Member`."""
        self._hub_there = ready
        if not ready and self._asked is not None:
            self._silent()  # said although the hub may be back at once: what was asked is not done
        self._draw()

    def configure(self, config: CallKeyConfig) -> None:
        """See :class:`Agent`."""
        self._reason = config.pause_reason or self._usual.pause_reason or ""
        level = config.brightness if config.brightness is not None else self._usual.brightness
        self._hands.dim(level or 0)

    def identify(self) -> None:
        """The window's number between strokes for some seconds."""
        self._say_word(whoami(self.window), IDENTIFY)

    def hands(self) -> dict[str, str]:
        """The digits."""
        return {"digits": "fault" if "panel" in self.alerts else "ok"}

    def self_test(self) -> dict[str, Any]:
        """Every segment for a moment, then what came of it; which keys are closed."""
        self._say_word(ALL, WORD, then=lambda: self._say_word(PASSED if self.passes else FAILED))
        return {**super().self_test(), "keys_closed": sorted(self._hands.closed())}

    # --- keys

    def _on_press(self, key: str) -> None:
        self._watch(key)
        if self._pressed not in {None, key} or self._free_keys() - {key} or self._quiet():
            self._forget()
            self._muddled = True
        elif not self._muddled and self._pressed is None:
            self._pressed = key
            self._hold = self.scheduler.call_later(HOLD, lambda: self._held(key))

    def _on_release(self, key: str) -> None:
        timer = self._closed_keys.pop(key, None)
        if timer is not None:
            timer.cancel()
        self.clear(f"key-{key}")
        counts = key == self._pressed
        if counts:
            self._forget()
        if not self._free_keys():
            self._muddled = False
        if counts:
            self._act(key)

    def _quiet(self) -> bool:
        return self._asked is not None or self.scheduler.mono() < self._quiet_until

    def _held(self, key: str) -> None:
        self._forget()
        self._muddled = True  # letting go of it is no press
        if key == "recall":
            self._ask(asks.NoShow(id=self.new_id(), window=self.window), ABSENT)

    def _forget(self) -> None:
        self._pressed = None
        if self._hold is not None:
            self._hold.cancel()
            self._hold = None

    def _watch(self, key: str) -> None:
        """Wait for a closed key to open, or to be stuck."""
        if key not in self._closed_keys:
            self._closed_keys[key] = self.scheduler.call_later(STUCK, lambda: self._is_stuck(key))

    def _is_stuck(self, key: str) -> None:
        self.say(ButtonStuck, button=f"key-{key}")
        self.trouble("key-stuck", f"key-{key}", key=KEYS[key])
        if not self._free_keys():
            self._muddled = False

    def _free_keys(self) -> set[str]:
        """Keys that are closed and not stuck."""
        return {key for key in self._closed_keys if f"key-{key}" not in self.alerts}

    # --- asking

    def _act(self, key: str) -> None:
        """A key was pressed, alone and shortly."""
        state = WindowState.CLOSED if self._counter is None else self._counter.state
        ask: asks.Ask
        match key:
            case "next":
                busy = state in {WindowState.CALLED, WindowState.SERVING}
                finish = Outcome.DONE if busy else None
                ask = asks.CallNext(id=self.new_id(), window=self.window, finish=finish)
            case "recall":
                ask = asks.Recall(id=self.new_id(), window=self.window)
            case _ if state is WindowState.PAUSED:
                ask = asks.Resume(id=self.new_id(), window=self.window)
            case _:
                ask = asks.Pause(id=self.new_id(), window=self.window, reason=self._reason)
        self._ask(ask, SENT)

    def _ask(self, ask: asks.Ask, word: str) -> None:
        if not self._hub_there or self._counter is None or not self.link.connected:
            self._say_word(AWAY)
            return
        self._asked = ask.id
        self._say_word(word, PATIENCE)
        try:
            self.ask(ask, self._answered, wait_s=PATIENCE, on_silence=self._silent)
        except HallError as error:
            log.error("not asked", extra={"ask": ask.id, "code": error.code})
            self._silent()

    def _answered(self, answer: Answer) -> None:
        self._over()
        if answer.ok:
            self._uncover()
        else:
            log.info("the hub said no", extra={"ask": answer.id, "code": answer.code})
            self._say_word(refusal(answer.code))

    def _silent(self) -> None:
        self._take_back()
        self._say_word(AWAY)

    def _take_back(self) -> None:
        if self._asked is not None:
            self.withdraw(self._asked)
            self._over()

    def _over(self) -> None:
        self._asked = None
        self._quiet_until = self.scheduler.mono() + QUIET

    # --- digits

    def _say_word(self, word: str, seconds: Seconds = WORD, then: Callable[[], None] | None = None) -> None:
        self._uncover(draw=False)
        self._word = word
        self._word_over = self.scheduler.call_later(seconds, then or self._uncover)
        self._draw()

    def _uncover(self, *, draw: bool = True) -> None:
        self._word = None
        if self._word_over is not None:
            self._word_over.cancel()
            self._word_over = None
        if draw:
            self._draw()

    def _draw(self) -> None:
        text = self._word or (face(self._counter) if self._hub_there else AWAY)
        self._on_digits(lambda: self._hands.show(text))

    def _freshen(self) -> None:
        """A module that lost its registers is right again within seconds."""
        self._refresh = self.scheduler.call_later(REFRESH, self._freshen)
        self._on_digits(self._hands.refresh)
        self._draw()

    def _on_digits(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Fault as error:
            self.trouble(error.code, "panel", why=error.text.en)
            return
        self.clear("panel")
