"""The clerk without a computer: three keys, eight digits, and the patience of a person who looks before the next press."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count

from hall.clock import Scheduler, Seconds
from hall.messages import asks
from sim.chaos.people import PRESS_S, Asking
from sim.chaos.plan import CALL_KEY, KEY_WINDOW
from sim.chaos.record import Record
from sim.twin.segments import text
from sim.twin.world_client import WorldClient, WorldError

#: which key is pressed, and for how long
FINGERS: dict[str, tuple[str, Seconds]] = {
    "next": ("next", PRESS_S),
    "recall": ("recall", PRESS_S),
    "absent": ("recall", 1.8),
    "pause": ("pause", PRESS_S),
}
LOOK_S: Seconds = 0.1
#: how long one looks at least and at most for what a press did; the key gives up an ask after 3 s
LOOKS_S: tuple[Seconds, Seconds] = (0.6, 6.0)
#: a second after an answer nothing counts yet, so that a double press skips nobody
BETWEEN_S: tuple[Seconds, Seconds] = (1.2, 1.8)
SENT = "____"


class KeyClerk:
    """Presses a key, looks what the digits say, and presses the next. Somebody with a console opens the window."""

    def __init__(
        self,
        scheduler: Scheduler,
        asking: Asking,
        world: WorldClient,
        record: Record,
        *,
        dots: Callable[[str], list[str]],
        seed: int,
    ) -> None:
        """Not seated yet; `dots` shows a member's panel."""
        self._scheduler, self._asking, self._world, self._record = scheduler, asking, world, record
        self._dots, self._chance, self._presses = dots, random.Random(f"key clerk {seed}"), count(1)
        self._resting = False
        self.idle = False

    def begin(self) -> None:
        """Sit down, and call."""
        sit = asks.Sit(id=self._asking.new_id(), window=KEY_WINDOW, clerk=f"01{KEY_WINDOW}")
        self._asking.ask(sit, lambda _answer: self._soon(self._turn))

    def rest(self) -> None:
        """Press nothing more."""
        self._resting = True

    def digits(self) -> str:
        """What stands there now."""
        try:
            return text(self._dots(CALL_KEY))
        except (WorldError, IndexError):  # nothing was ever shown
            return ""

    def press(self, finger: str, then: Callable[[], None] = lambda: None) -> None:
        """Press, and look until the digits say something else than that it is on its way."""
        key, seconds = FINGERS[finger]
        number, stood = next(self._presses), self.digits()
        self._record.note("key", member=CALL_KEY, press=number, key=finger, stood=stood)
        try:
            self._world.press(CALL_KEY, key, seconds)
        except WorldError as error:
            self._record.note("no-world", error=str(error))
        began, seen = self._scheduler.mono() + seconds, list[str]()

        def look() -> None:
            looked, now = self._scheduler.mono() - began, self.digits()
            if now not in seen:
                seen.append(now)
            told = {said for said in seen if said != SENT} - {stood}
            if looked < LOOKS_S[0] or (looked < LOOKS_S[1] and not told):
                self._scheduler.call_later(LOOK_S, look)
                return
            self._record.note("key-said", press=number, texts=seen)
            then()

        look()

    # ---

    def _soon(self, then: Callable[[], None]) -> None:
        self._scheduler.call_later(self._chance.uniform(*BETWEEN_S), then)

    def _turn(self) -> None:
        if self._resting:
            self.idle = True
            return
        said = self.digits()
        if said.startswith("CL"):
            self.begin()
        else:
            self.press(self._finger(said), lambda: self._soon(self._turn))

    def _finger(self, said: str) -> str:
        wish = self._chance.random()
        if said.startswith("PAU") or wish < 0.06:
            return "pause"
        if "." in said and wish < 0.22:
            return "recall" if wish < 0.16 else "absent"
        return "next"
