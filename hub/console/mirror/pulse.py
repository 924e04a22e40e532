"""When open pages look again: at once when there is something new, and with every tick.

Rules:

* One task calls all of them in turn. A timer for each would wake the console seven hundred times a second for seventy pages, while
  nothing happens.
* When there is something new, what one page drew is on its way before the next one draws.
* A page that cannot be drawn keeps no other waiting, and is tried again with every tick; that it cannot is said once, until it was drawn.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from hall.clock import Seconds

log = logging.getLogger(__name__)

#: How often open pages look at their clocks.
TICK_S: Seconds = 0.1


class Pulse:
    """Calls whoever watches. It lives in the loop of those who do; only :meth:`beat` may be called from another thread."""

    def __init__(self) -> None:
        """Nobody watches yet, and nothing runs."""
        self._watching: list[Callable[[], bool]] = []
        #: those that could not be drawn when they were asked last
        self._failing: set[Callable[[], bool]] = set()
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def watch(self, look: Callable[[], bool], *, first: bool = False) -> None:
        """Call `look` from the next tick on, until it says that it is over (False); with `first` before all others."""
        self._watching.insert(0 if first else len(self._watching), look)
        if self._task is None or self._task.done():
            self._loop = asyncio.get_running_loop()
            self._task = self._loop.create_task(self._run())

    def beat(self) -> None:
        """There is something new."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the pages have been closed for good
                self._loop.call_soon_threadsafe(self._news.set)

    async def _run(self) -> None:
        while self._watching:
            news = self._news.is_set()
            self._news.clear()
            for look in tuple(self._watching):
                if not self._ask(look):
                    self._watching.remove(look)
                if news:
                    await asyncio.sleep(0)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), TICK_S)

    def _ask(self, look: Callable[[], bool]) -> bool:
        try:
            more = look()
        except Exception:
            if look not in self._failing:
                self._failing.add(look)
                log.exception("an open page was not drawn")
            return True
        self._failing.discard(look)
        return more
