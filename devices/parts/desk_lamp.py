"""The discreet lamp at the guide desk, on whichever device bears it: lit while the hub wants it lit.

Rules:

* Lit steadily, never blinking: it calls the staff and nobody else. It goes dark at the hub's word or at `until`, also when the hub is
  gone meanwhile; where this machine's clock is wrong, :data:`LIT_S` after it heard of it.
* The same word again disturbs nothing: a lamp whose time has passed stays dark.
"""

from __future__ import annotations

from collections.abc import Callable

from hall.clock import Scheduler, Seconds, Timer
from hall.messages.wants import Lamp

#: how long it is lit where its own clock cannot say, and the longest it ever is
LIT_S: Seconds = 180.0
LIT_AT_MOST_S: Seconds = 1800.0


class DeskLamp:
    """One lamp."""

    def __init__(self, scheduler: Scheduler, light: Callable[[bool], None]) -> None:
        """`light` lights it or puts it out."""
        self._scheduler, self._light = scheduler, light
        self._rev: str | None = None
        self._timer: Timer | None = None

    def want(self, want: Lamp, *, clock_ok: bool) -> None:
        """What the hub wants from now on."""
        if want.rev == self._rev:
            return
        self.close()
        self._rev = want.rev
        left = LIT_S
        if want.until is not None:
            said = (want.until - self._scheduler.now()).total_seconds()
            left = said if clock_ok or 0 < said <= LIT_AT_MOST_S else LIT_S
        lit = want.on and left > 0
        self._light(lit)
        if lit:
            self._timer = self._scheduler.call_later(min(left, LIT_AT_MOST_S), lambda: self._light(False))  # noqa: FBT003 - dark

    def close(self) -> None:
        """No more changes by the clock; may be called twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
