"""Looks around the hall in time, so that what the clock alone makes true is told.

Rules:

* It looks at the moments the hall names, after everything that happens (at most every :data:`SOON_S`), and at least every
  :data:`LOOK_S`, because the wall clock may be set by hand or by the network.
* Nothing is handed in when nothing is due: an idle hall decides and remembers nothing. Nor twice while nothing has happened: the
  coordinator keeps what the hub wants until the store takes it.
"""

from __future__ import annotations

from collections.abc import Callable

from hall.clock import Scheduler, Seconds, Timer
from hub.domain import orders
from hub.domain.hall import Hall

LOOK_S: Seconds = 10.0
SOON_S: Seconds = 1.0


class Watch:
    """The hub's timer for :class:`hub.domain.orders.LookAround`."""

    def __init__(
        self,
        *,
        hall: Callable[[], Hall],
        order: Callable[[orders.AnyOrder], None],
        scheduler: Scheduler,
    ) -> None:
        """Not looking yet."""
        self._hall, self._order, self._scheduler = hall, order, scheduler
        self._timer: Timer | None = None
        #: number of the hall's last fact when a look was handed in
        self._handed_in: int | None = None
        #: monotonic second at which the timer rings
        self._rings: Seconds = 0.0

    def start(self) -> None:
        """Look now, and whenever it may matter."""
        self._look()

    def stop(self) -> None:
        """Look no more; may be called twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def on_facts(self) -> None:
        """The hall has changed: look soon."""
        if self._timer is not None and self._rings > self._scheduler.mono() + SOON_S:
            self._in(SOON_S)

    def _look(self) -> None:
        hall, now = self._hall(), self._scheduler.now()
        due = hall.next_look(now)
        if due is not None and due <= now:
            if hall.n != self._handed_in:
                self._handed_in = hall.n
                self._order(orders.LookAround())
            self._in(LOOK_S)
        else:
            self._in(LOOK_S if due is None else min(LOOK_S, max(SOON_S, (due - now).total_seconds())))

    def _in(self, wait_s: Seconds) -> None:
        self.stop()
        self._rings = self._scheduler.mono() + wait_s
        self._timer = self._scheduler.call_later(wait_s, self._look)
