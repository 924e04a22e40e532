"""One face for each kind of device, on the hands that its program has later."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from devices.parts.keys import Lamps
from devices.parts.patterns import Pattern
from devices.waiting.plight import Plight
from devices.waiting.waiting import repeating
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault
from hall.words import say
from hall.worker import Worker

log = logging.getLogger(__name__)

ON_S: Seconds = 0.25
OFF_S: Seconds = 0.35
#: between two groups of blinks: long enough that nobody counts over it
REST_S: Seconds = 2.0
#: a sentence is said so often, and so far apart
TIMES, EVERY_S = 3, 60.0
PAPER_AGAIN_S: Seconds = 10.0


class Digits(Protocol):
    """Some characters on a small display."""

    def show(self, text: str) -> None:
        """Up to eight characters; may raise Fault."""

    def close(self) -> None:
        """Dark."""


class Blinking:
    """All lamps of a device at once, so many times and a rest, over and over."""

    def __init__(self, pins: Iterable[int], scheduler: Scheduler, *, pin_factory: Any = None) -> None:
        """Nothing is opened before it blinks."""
        self._pins, self._factory = tuple(pins), pin_factory
        self._lamps: Lamps | None = None
        self._pattern: Pattern[bool] = Pattern(scheduler, self._light)

    def blink(self, times: int) -> None:
        """From now on. Raises Fault."""
        if not self._pins:
            return
        if self._lamps is None:
            self._lamps = Lamps({str(pin): pin for pin in self._pins}, pin_factory=self._factory)
        steps = [(True, ON_S), (False, OFF_S)] * times
        steps.append((False, REST_S))
        self._pattern.play(steps, then=False, done=lambda: self.blink(times))

    def close(self) -> None:
        """Dark, and let go of the pins."""
        self._pattern.stop()
        if self._lamps is not None:
            self._lamps.close()
            self._lamps = None

    def _light(self, lit: bool) -> None:  # noqa: FBT001 - what a Pattern calls
        if self._lamps is not None:
            self._lamps.light(self._lamps.names if lit else ())


class LampFace:
    """A pad or a call key: lamps that blink, digits that say ``Err 4``, and whatever it has of both."""

    def __init__(self, blinking: Blinking | None, digits: Digits | None) -> None:
        """None: it has none."""
        self._blinking, self._digits = blinking, digits

    def show(self, plight: Plight) -> None:
        """See :class:`Face`."""
        blinking, digits, times = self._blinking, self._digits, plight.kind.blinks
        _each(
            None if blinking is None else lambda: blinking.blink(times),
            None if digits is None else lambda: digits.show(f"Err {times}"),
        )

    def rest(self) -> None:
        """See :class:`Face`."""
        self.close()

    def close(self) -> None:
        """See :class:`Face`."""
        for part in (self._blinking, self._digits):
            if part is not None:
                part.close()


class SignFace:
    """A sign: the short words of the plight, Chinese and English in turn."""

    def __init__(self, screen: Callable[[], Any], pages: Callable[[tuple[str, ...]], Any]) -> None:
        """`screen` makes a :class:`devices.window_sign.screen.Screen`, `pages` what it shows of some lines."""
        self._make, self._pages = screen, pages
        self._screen: Any = None

    def show(self, plight: Plight) -> None:
        """See :class:`Face`."""
        words = say(plight.kind.word)
        if self._screen is None:
            self._screen = self._make()
            self._screen.open()
        self._screen.start(self._pages((words.zh, words.en)))

    def rest(self) -> None:
        """See :class:`Face`."""
        self.close()

    def close(self) -> None:
        """See :class:`Face`."""
        if self._screen is not None:
            self._screen.close()
            self._screen = None


class PaperFace:
    """A dispenser: one slip for each plight, its number in blinks, its short word on the small display."""

    def __init__(
        self,
        blinking: Blinking,
        display: Digits | None,
        print_slip: Callable[[Plight], object],
        scheduler: Scheduler,
        worker: Worker,
        hang_up: Callable[[], object],
    ) -> None:
        """`print_slip` prints and may raise Fault; it runs on the `worker`."""
        self._blinking, self._display = blinking, display
        self._print, self._hang_up = print_slip, hang_up
        self._scheduler, self._worker = scheduler, worker
        self._timer: Timer | None = None
        self._wanted: Plight | None = None
        self._printed: set[str] = set()

    def show(self, plight: Plight) -> None:
        """See :class:`Face`. Paper first: it has a sentence."""
        if plight != self._wanted:
            self._stop_paper()
            self._wanted = plight
            if plight.code not in self._printed:
                after = plight.kind.paper_after_s
                self._timer = self._scheduler.call_later(after, lambda: self._paper(plight))
        display = self._display
        _each(
            lambda: self._blinking.blink(plight.kind.blinks),
            None if display is None else lambda: display.show(say(plight.kind.word).zh),
        )

    def rest(self) -> None:
        """See :class:`Face`."""
        self._stop_paper()
        self._blinking.close()
        if self._display is not None:
            self._display.close()

    def close(self) -> None:
        """See :class:`Face`."""
        self.rest()
        self._hang_up()

    def _stop_paper(self) -> None:
        self._wanted = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _paper(self, plight: Plight) -> None:
        self._timer = None
        self._worker.submit(lambda: self._print(plight), lambda found: self._out(plight, found))

    def _out(self, plight: Plight, found: object) -> None:
        if not isinstance(found, BaseException):
            self._printed.add(plight.code)
            return
        log.warning("the slip did not come out", extra={"why": str(found)})
        if self._wanted == plight:
            self._timer = self._scheduler.call_later(PAPER_AGAIN_S, lambda: self._paper(plight))


class VoiceFace:
    """A speaker: the plight's sentence, some times and then no more."""

    def __init__(
        self, speak: Callable[[str], object], scheduler: Scheduler, worker: Worker, stop: Callable[[], object]
    ) -> None:
        """`speak` says a Chinese sentence and may raise Fault; it runs on the `worker`. `stop` ends the sound."""
        self._speak, self._scheduler, self._worker, self._stop = speak, scheduler, worker, stop
        self._end: Callable[[], None] | None = None

    def show(self, plight: Plight) -> None:
        """See :class:`Face`."""
        self.rest()
        sentence = plight.sentence.zh.replace("；", "，")  # a voice breathes at a comma
        self._end = repeating(
            self._scheduler, EVERY_S, TIMES, lambda: self._worker.submit(lambda: self._speak(sentence), _said)
        )

    def rest(self) -> None:
        """See :class:`Face`."""
        if self._end is not None:
            self._end()
            self._end = None

    def close(self) -> None:
        """See :class:`Face`."""
        self.rest()
        self._stop()


def _each(*hands: Callable[[], None] | None) -> None:
    """Every hand that there is, and then the first Fault: a broken lamp keeps no display back, nor the other way round."""
    faults = []
    for hand in hands:
        try:
            if hand is not None:
                hand()
        except Fault as error:
            faults.append(error)
    if faults:
        raise faults[0]


def _said(found: object) -> None:
    if isinstance(found, Fault):
        log.warning("not said", extra={"code": found.code, "why": found.text.en})
    elif isinstance(found, BaseException):
        log.error("not said", exc_info=found)
