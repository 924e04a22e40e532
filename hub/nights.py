"""Tidies the store while the hall is closed, a small piece at a time; a hall that never closes has it done in the small hours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault
from hub.domain.hall import Hall
from hub.store.journal import Journal
from hub.store.keeping import Retention

log = logging.getLogger(__name__)

#: How often it is looked whether there is something to do, and the pause between two pieces.
LOOK_S: Seconds = 600.0
PAUSE_S: Seconds = 0.2
#: The hour in which a hall that is always open is tidied.
SMALL_HOUR = 3


class Nights:
    """Once a day; what was not finished goes on the next night."""

    def __init__(
        self,
        rules: Retention,
        *,
        store: Journal,
        folder: Path,
        hall: Callable[[], Hall],
        scheduler: Scheduler,
    ) -> None:
        """Not looking yet."""
        self._rules, self._store, self._folder = rules, store, folder
        self._hall, self._scheduler = hall, scheduler
        self._timer: Timer | None = None
        self._work: Iterator[str] | None = None
        self._done: date | None = None

    def start(self) -> None:
        """Look now and then."""
        self._timer = self._scheduler.call_later(LOOK_S, self._look)

    def stop(self) -> None:
        """Look no more; what is half done was nothing. May be called twice."""
        self._work = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        now = self._scheduler.now()
        if self._work is None and self._done != now.date() and self._quiet(now):
            # What a hub needs once a night does not hold up its start.
            from hub.store.retention import tidy  # noqa: PLC0415

            plan = self._hall().plan
            self._work = tidy(self._store, self._rules, self._folder, plan.id, now.date())
        self._piece(now)

    def _quiet(self, now: datetime) -> bool:
        hall = self._hall()
        return not hall.open or (hall.plan.hours.always and now.hour == SMALL_HOUR)

    def _piece(self, now: datetime) -> None:
        if self._work is not None and not self._quiet(now):
            self._work = None
        if self._work is not None:
            try:
                if next(self._work, None) is None:
                    self._work, self._done = None, now.date()
            except (Fault, OSError) as error:
                log.error("old days stay where they are: %s", error)
                self._work, self._done = None, now.date()
        self._timer = self._scheduler.call_later(LOOK_S if self._work is None else PAUSE_S, self._look)
