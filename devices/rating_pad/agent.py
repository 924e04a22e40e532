"""The pad on the counter: asks about one service step, takes one press, thanks everybody in the same way.

Rules:

* Four keys, from the left 4 非常满意, 3 满意, 2 一般, 1 不满意. While the hub wants a rating all four lamps are lit alike, until its `until`
  passes on this machine's monotonic clock (60 s where the wall clock is wrong and `until` makes no sense), or until the hub wants none or another.
* The first press counts, once per (ticket, step), also across a restart. It is on the card before anybody is thanked; without hub
  or broker it waits there. If it cannot be kept, nobody is thanked: the lamps blink and ask again.
* The thanks, one beep and two winks of all four lamps, are the same for every grade, and so is the dark after it: nobody at the
  counter can tell which key it was, nor the log of a vote that was kept.
* Which presses are an answer is decided in :mod:`devices.rating_pad.presses`; a press on a dark pad does nothing at all.
* The pad lights by the hub's want alone. Nothing a clerk can press, in reach of the counter or on a page, lights it.
* Whose service is rated is on the label of the pad (the window) and on the window's sign (the clerk); with a small display the pad itself
  shows window and work number while it asks.
* The hub being away changes nothing here: a lit pad stays lit until its time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

import msgspec

from devices.agent.agent import Agent
from devices.parts.patterns import Pattern
from devices.rating_pad.looks import AGAIN, ALL, DARK, FAILED, IDENTIFY, LAMP_TEST, PASSED, THANKS, Look
from devices.rating_pad.presses import Presses
from devices.rating_pad.settings import PadConfig
from hall.clock import Seconds, Timer
from hall.errors import Fault
from hall.member import describe
from hall.messages.common import MemberKind, WindowNumber
from hall.messages.events import ButtonStuck, Rated
from hall.messages.wants import Rating, Want

log = logging.getLogger(__name__)

RETRY: Seconds = 5.0
#: how long a pad asks when its own clock cannot say, and the longest it ever asks
ASKS: Seconds = 60.0
ASKS_AT_MOST: Seconds = 600.0
#: characters of the small display
DISPLAY = 8
#: how many answered steps are remembered
REMEMBERED = 50
_RATED = "rated"


class Hands(Protocol):
    """What a pad needs: keys named by their grade, lamps, a tone. Every method may raise Fault."""

    def open(self, on_press: Callable[[str], None], on_release: Callable[[str], None]) -> None:
        """Claim the pins; may be tried again after a Fault."""

    def closed(self) -> frozenset[str]:
        """Keys that are pressed now."""

    def light(self, grades: Iterable[str]) -> None:
        """Light exactly these lamps."""

    def sound(self, *, on: bool) -> None:
        """Begin or end the tone."""

    def show(self, text: str) -> None:
        """Up to eight characters on the small display, where there is one."""

    def close(self) -> None:
        """Dark and silent."""


class Step(msgspec.Struct, frozen=True):
    """What the pad asks about, and who served."""

    ticket: str
    step: int
    window: WindowNumber
    clerk: str | None = None

    @property
    def shown(self) -> str:
        """Window and clerk for the small display; a work number that does not fit beside the window stays on the sign."""
        both = f"{self.window} {self.clerk or ''}".strip()
        return both if len(both) <= DISPLAY else str(self.window)


class Pad(Agent):
    """A pad's program."""

    config_kind = PadConfig

    def __init__(self, *, hands: Hands, window: WindowNumber, **member: Any) -> None:
        """`window` is the counter it stands on."""
        known = msgspec.structs.replace(
            describe(MemberKind.PAD), window=window, capabilities=("rating", "four-keys")
        )
        super().__init__(kind=MemberKind.PAD, description=known, **member)
        self.window = window
        self._hands = hands
        self._asked: Step | None = None
        #: the last step whose time passed here, and the steps that have their vote
        self._over: Step | None = None
        self._answered: list[list[Any]] = self.card.get(_RATED, [])
        self._presses = Presses(self.scheduler, self)
        self._beeps = True
        self._until: Timer | None = None
        self._retry: Timer | None = None
        self._look: Pattern[Look] = Pattern(self.scheduler, self._apply)

    # --- life

    def open(self) -> None:
        """Take the keys and lamps, then go to the bus."""
        self._take_hands()
        super().open()

    def close(self) -> None:
        """Leave the bus, dark and silent; may be called twice."""
        self._presses.settle()
        super().close()
        self._look.stop()
        self._presses.close()
        for timer in (self._until, self._retry):
            if timer is not None:
                timer.cancel()
        self._hands.close()

    @property
    def asking(self) -> bool:
        """Whether the pad waits for a press."""
        return self._asked is not None

    def _take_hands(self) -> None:
        self._retry = None
        try:
            self._hands.open(self._presses.press, self._presses.release)
        except Fault as error:
            self.trouble(error.code, "hands", why=error.text.en)
            self._retry = self.scheduler.call_later(RETRY, self._take_hands)
            return
        self.clear("hands")
        for key in sorted(self._hands.closed()):
            self._presses.found_closed(key)
        self._rest()

    # --- what the hub wants

    def on_want(self, part: str, want: Want) -> None:
        """See :class:`Agent`."""
        if not isinstance(want, Rating):
            super().on_want(part, want)
            return
        self._presses.settle()
        match want:
            case Rating(ticket=str(ticket), step=int(step), until=datetime() as until):
                self._ask_about(Step(ticket, step, want.window or self.window, want.clerk), until)
                self.have(part, want.rev)
            case Rating(ticket=None, step=None, until=None):
                self._stop_asking()
                self.have(part, want.rev)
            case _:
                self._stop_asking()
                self.have(part, want.rev, ok=False, code="rating-incomplete")

    def _ask_about(self, step: Step, until: datetime) -> None:
        left = (until - self.scheduler.now()).total_seconds()
        if not self.clock_ok and not 0 < left <= ASKS_AT_MOST:
            if step == self._asked:  # told again: its time is running
                return
            left = 0.0 if step == self._over else ASKS
        if left <= 0 or [step.ticket, step.step] in self._answered:
            self._stop_asking()
            return
        if self._until is not None:
            self._until.cancel()
        self._until = self.scheduler.call_later(min(left, ASKS_AT_MOST), self._time_over)
        if step != self._asked:
            self._asked = step
            self._presses.begin()
            self._show(step.shown)
            self._rest()

    def _time_over(self) -> None:
        self._until = None
        self._over = self._asked
        self._presses.settle()
        self._stop_asking()

    def _stop_asking(self) -> None:
        if self._until is not None:
            self._until.cancel()
            self._until = None
        if self._asked is not None:
            self._asked = None
            self._presses.end()
            self._show("")
            self._rest()

    # --- keys

    def on_answer(self, key: str) -> None:
        """See :class:`Judge`: thanks, the same for every grade, once the vote is safe."""
        step = self._asked
        if step is None:
            return
        if not self._keep(step, int(key)):
            self._look.play(AGAIN, (ALL, False))
            return
        if self._until is not None:
            self._until.cancel()
            self._until = None
        self._asked = None
        self._presses.end()
        self._show("")
        self._look.play(THANKS, (DARK, False))
        log.info("rated", extra={"ticket": step.ticket, "step": step.step})

    def on_muddle(self) -> None:
        """See :class:`Judge`."""
        self._look.play(AGAIN, (ALL, False))

    def on_stuck(self, key: str) -> None:
        """See :class:`Judge`."""
        self.say(ButtonStuck, button=f"key-{key}")
        self.trouble("button-stuck", f"key-{key}", place="4321".index(key) + 1)

    def on_open(self, key: str) -> None:
        """See :class:`Judge`."""
        self.clear(f"key-{key}")

    def on_storm(self, *, raging: bool) -> None:
        """See :class:`Judge`."""
        if raging:
            self.trouble("pad-storm")
        else:
            self.clear("pad-storm")

    def _keep(self, step: Step, grade: int) -> bool:
        """The vote onto the card, then the fact that this step has one: a crash between them may ask twice, and loses nothing."""
        kept = self.say(Rated, ticket=step.ticket, window=step.window, step=step.step, grade=grade)
        if kept is None:
            return False
        self._answered = [*self._answered, [step.ticket, step.step]][-REMEMBERED:]
        try:
            self.card.put(_RATED, self._answered)
        except Fault as error:  # the vote is safe, and the hub takes one per step
            log.error("answered step not noted", extra={"code": error.code})
        return True

    # --- lamps and tone

    def identify(self) -> None:
        """A light runs along the lamps, with a beep at each start; the small display names the window."""
        self._show(f"-{self.window}-")
        self._look.play(IDENTIFY, self._resting, self._show_again)

    def hands(self) -> dict[str, str]:
        """What does not respond of keys, lamps and display."""
        names = {"keys": "hands", "lamps": "lamps", "display": "display"}
        return {name: "ok" if of not in self.alerts else self.alerts[of].code for name, of in names.items()}

    def self_test(self) -> dict[str, Any]:
        """Each lamp in turn, then all with a beep, every segment of the display; then what came of it: once long, or three times short.

        Also which keys are closed, and what does not respond.
        """
        self._show("8." * DISPLAY)
        self._look.play(LAMP_TEST, self._resting, self._show_result)
        return {**super().self_test(), "keys_closed": sorted(self._hands.closed())}

    def _show_result(self) -> None:
        """Light, tone and display say it: a pad has no words."""
        self._show("PASS" if self.passes else "FAIL")
        self._look.play(PASSED if self.passes else FAILED, self._resting, self._show_again)

    def configure(self, config: PadConfig) -> None:
        """See :class:`Agent`."""
        self._beeps = config.beep is not False

    @property
    def _resting(self) -> Look:
        """Lit while asking, dark otherwise."""
        return (ALL if self._asked is not None else DARK, False)

    def _rest(self) -> None:
        self._look.steady(self._resting)

    def _apply(self, look: Look) -> None:
        lit, tone = look
        try:
            self._hands.light(lit)
            self._hands.sound(on=tone and self._beeps)
        except Fault as error:
            self.trouble(error.code, "lamps", why=error.text.en)
            return
        self.clear("lamps")

    def _show_again(self) -> None:
        self._show("" if self._asked is None else self._asked.shown)

    def _show(self, text: str) -> None:
        try:
            self._hands.show(text)
        except Fault as error:
            self.trouble("display-fault", "display", why=error.text.en)
            return
        self.clear("display")
