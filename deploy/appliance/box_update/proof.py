"""A release of the hall box on trial proves itself, judged by its own code on what its hub has made of the store.

Rules, in this order:

* every service of the hall runs;
* the hub's journal is of the release's schema, and its chain is whole up to the heads that were noted;
* the broker lets a member in, and the hub answers its ask;
* the pages answer, and have the hall;
* all of this again after :data:`UPTIME_S`, with no service started anew in between.

What is missing when the time is over is the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from hall.clock import Seconds
from hall.errors import Fault, HallError
from hall.text import Text

UPTIME_S: Final[Seconds] = 60.0
#: A Pi starts all of it in a minute, and a hub that replays a long day in another.
PATIENCE_S: Final[Seconds] = 180.0
LOOK_S: Final[Seconds] = 1.0


@dataclass(frozen=True)
class Proof:
    """One run of it."""

    #: name of each service → something that changes when it is started anew; None: it does not run
    services: Callable[[], Mapping[str, str | None]]
    #: ``HallError`` when the journal is not whole
    journal: Callable[[], object]
    #: a member's ask is answered; ``HallError`` when not
    ask: Callable[[], object]
    #: the pages answer; ``HallError`` when not
    pages: Callable[[], object]
    uptime_s: Seconds = UPTIME_S
    patience_s: Seconds = PATIENCE_S
    mono: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep

    def prove(self) -> None:
        """``Fault`` with the reason when the release does not work."""
        self._until("no-services", self._all_run)
        begun = dict(self.services())
        self._until("no-journal", self.journal)
        self._until("no-answer", self.ask)
        self._until("no-pages", self.pages)
        until = self.mono() + self.uptime_s
        while self.mono() < until:
            self._as_begun(begun)
            self.sleep(min(LOOK_S, max(until - self.mono(), 0.0)))
        for code, check in (("no-answer", self.ask), ("no-pages", self.pages)):
            self._until(code, check)
        self._as_begun(begun)

    def _all_run(self) -> None:
        for name, run in self.services().items():
            if run is None:
                raise Fault("not-running", Text(zh=f"{name} 没有运行", en=f"{name} does not run"))

    def _as_begun(self, begun: Mapping[str, str | None]) -> None:
        now = self.services()
        for name, run in begun.items():
            if now.get(name) != run:
                raise Fault(
                    "no-uptime",
                    Text(zh=f"{name} 未能持续运行", en=f"{name} did not stay up for a minute"),
                )

    def _until(self, code: str, check: Callable[[], object]) -> None:
        """Until it holds; when it does not in time, why not."""
        until = self.mono() + self.patience_s
        while True:
            try:
                check()
            except HallError as no:
                if self.mono() > until:
                    raise Fault(code, no.text) from no
                self.sleep(LOOK_S)
            else:
                return
