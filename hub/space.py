"""Says when the store lives on its reserve, so that somebody makes room in time; and when that is over."""

from __future__ import annotations

from collections.abc import Callable

from hall.clock import Scheduler, Seconds, Timer
from hall.topics import HUB
from hall.troubles import TROUBLES
from hub.domain.hall import Hall
from hub.domain.orders import AnyOrder, ClearAlert, RaiseAlert
from hub.store.reserve import Reserve

LOOK_S: Seconds = 2.0
ALERT = "store-full"


class Space:
    """Looks at the reserve every two seconds."""

    def __init__(
        self,
        reserve: Reserve,
        *,
        hall: Callable[[], Hall],
        order: Callable[[AnyOrder], None],
        scheduler: Scheduler,
    ) -> None:
        """Not looking yet."""
        self._reserve, self._hall, self._order, self._scheduler = reserve, hall, order, scheduler
        self._timer: Timer | None = None

    def start(self) -> None:
        """Look, and go on looking."""
        self._timer = self._scheduler.call_later(LOOK_S, self.start)
        known, well = (HUB, ALERT) in self._hall().alerts, self._reserve.take()
        if well and known:
            self._order(ClearAlert(member=HUB, alert=ALERT))
        elif not well and not known:
            full = TROUBLES[ALERT]
            self._order(RaiseAlert(member=HUB, alert=ALERT, level=full.level, code=full.code, text=full.text))

    def stop(self) -> None:
        """Look no more; may be called twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
