"""The watchdog of a program on asyncio's loop: a task of that loop asks each part beside it for an answer, and feeds when all have given one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from hall.clock import Seconds
from hall.notify import LOOK_S, Notifier

log = logging.getLogger(__name__)

#: A part that has not answered after so long counts as silent, until it does.
ANSWER_S: Seconds = 5.0
#: How often it looks whether the program has started.
STARTED_S: Seconds = 0.02
#: Asks a part of a program for any answer.
Ask = Callable[[], Awaitable[object]]


class LoopWatchdog:
    """Feeds the manager's watchdog as long as asyncio's loop turns and every part beside it answers."""

    def __init__(self, notifier: Notifier, parts: Mapping[str, Ask], *, answer_s: Seconds = ANSWER_S) -> None:
        """`parts`: name → asks that part for any answer; one that raises counts as one."""
        self._notifier, self._parts, self._answer_s = notifier, dict(parts), answer_s
        every = notifier.watchdog_s
        self._every_s = LOOK_S if every is None else min(LOOK_S, every / 3)
        self._asked: dict[str, asyncio.Future[object]] = {}

    async def run(self, *, started: Callable[[], bool] = lambda: True) -> None:
        """Say that the program is ready once it has `started`, and feed until cancelled; then say that it ends."""
        while not started():  # noqa: ASYNC110 - a server only has a flag
            await asyncio.sleep(STARTED_S)
        self._notifier.say("READY=1")
        try:
            while True:
                if silent := await self._silent():
                    log.critical(
                        "a part is silent, the watchdog is not fed", extra={"parts": ", ".join(silent)}
                    )
                    self._notifier.say(f"STATUS=hangs: {', '.join(silent)}")
                else:
                    self._notifier.say("WATCHDOG=1", "STATUS=well")
                await asyncio.sleep(self._every_s)
        finally:
            self._notifier.say("STOPPING=1")

    async def _silent(self) -> list[str]:
        """Who has not answered; whoever still owes one is not asked again."""
        for name, ask in self._parts.items():
            if name not in self._asked:
                self._asked[name] = asyncio.ensure_future(ask())
        if self._asked:
            await asyncio.wait(self._asked.values(), timeout=self._answer_s)
        for name in [name for name, asked in self._asked.items() if asked.done()]:
            asked = self._asked.pop(name)
            if not asked.cancelled() and (error := asked.exception()) is not None:
                log.warning("%s answers with a mistake: %s", name, error)
        return sorted(self._asked)
