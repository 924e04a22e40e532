"""The desk's second pair of eyes: a thread that looks at the register and at requests, whatever devices ask meanwhile."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from hall.clock import Seconds
from hall.notify import HANG_S

log = logging.getLogger(__name__)

#: Whoever is out is out within five seconds: it looks so often.
LOOK_S: Seconds = 0.3
#: how often somebody who asks whether it is well looks
ASKED_S: Seconds = 0.1


class Watch:
    """Looks every :data:`LOOK_S`, and goes on whatever a look meets."""

    def __init__(self, look: Callable[[], object], *, hang_s: Seconds = HANG_S) -> None:
        """`look` is called in the watch's own thread; longer than `hang_s` at one look is hanging."""
        self._look, self._hang_s = look, hang_s
        self._ended = threading.Event()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="gate", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._began = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Look no more; waits for the look that is on its way."""
        self._ended.set()
        self._thread.join(5)

    @property
    def well(self) -> bool:
        """Whether it lives, and looked not long ago."""
        return self._thread.is_alive() and time.monotonic() - self._began <= self._hang_s

    async def answer(self) -> None:
        """Return once it is well."""
        while not self.well:  # noqa: ASYNC110 - the other is a thread
            await asyncio.sleep(ASKED_S)

    def _run(self) -> None:
        while not self._ended.wait(LOOK_S):
            self._began = time.monotonic()
            try:
                self._look()
            except Exception:
                log.exception("the broker's files could not be kept; trying again")
