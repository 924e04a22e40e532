"""Two boxes with one name: a copied card is found by the two taking turns on the bus.

Rules:

* A run of a device's program has a boot id of its own, and comes back under it only by connecting anew, with a greater epoch. So a boot
  that connects **again after another boot was heard** under the same name lives beside it: there are two.
* A device that starts again and again has a new boot each time: however often that is, no boot ever comes back. Nor does a word that was
  late: its epoch is one that was heard.
* What was heard is forgotten after :data:`MEMORY_S`, so turns that are further apart than that are found with the next two.
* Whoever has two boxes is quarantined (nothing of the name counts until somebody says which one is right) and its alert stands until the
  quarantine is over; in a hall without certificates, until nobody has taken turns for :data:`MEMORY_S`.
"""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from hall.clock import Scheduler, Seconds, Timer
from hall.messages.common import MemberState
from hall.messages.presence import State
from hall.troubles import TROUBLES
from hub.domain.hall import Hall
from hub.domain.orders import AnyOrder, ClearAlert, RaiseAlert

log = logging.getLogger(__name__)

MEMORY_S: Final[Seconds] = 600.0
#: So many boots of one name are remembered at most.
BOOTS: Final = 32
#: How often it is looked whether a quarantine is over.
LOOK_S: Final[Seconds] = 5.0
#: The alert's id; the hub raises it about a device, which says nothing of that itself.
ALERT: Final = "clone"
_CODE: Final = "cloned"
_GONE = frozenset({MemberState.LOST, MemberState.DISCONNECTED})


class _Boot(NamedTuple):
    boot: str
    #: of its last connection
    epoch: int
    at: Seconds


class Turns:
    """Who spoke under one name, the last one last. Pure."""

    def __init__(self) -> None:
        """Nobody has."""
        self._boots: deque[_Boot] = deque(maxlen=BOOTS)

    def hear(self, boot: str, epoch: int, at: Seconds) -> bool:
        """This boot says that it is there; whether that shows two boxes."""
        while self._boots and self._boots[0].at < at - MEMORY_S:
            self._boots.popleft()
        known = next((one for one in self._boots if one.boot == boot), None)
        if known is None:
            self._boots.append(_Boot(boot, epoch, at))
            return False
        if epoch <= known.epoch:
            return False
        back = known is not self._boots[-1]
        self._boots.remove(known)
        self._boots.append(_Boot(boot, epoch, at))
        return back


class Warden(Protocol):
    """Whoever holds the register of members."""

    def quarantine(self, member: str, why: str) -> None:
        """Nothing of this name counts from now on; returns at once."""

    def quarantined(self, member: str) -> bool:
        """Whether that is so, as far as is known."""


class Clones:
    """Finds them, has them put away, and says so."""

    def __init__(
        self,
        *,
        hall: Callable[[], Hall],
        order: Callable[[AnyOrder], None],
        scheduler: Scheduler,
        warden: Warden | None,
    ) -> None:
        """`hall` gives the hall as it is now; `warden` is None in a hall without certificates: then it is only said."""
        self._hall, self._order, self._scheduler, self._warden = hall, order, scheduler, warden
        self._turns: defaultdict[str, Turns] = defaultdict(Turns)
        #: when each was last found
        self._found: dict[str, Seconds] = {}
        self._timer: Timer | None = None

    def start(self) -> None:
        """Whoever was found by the hub's former life is looked after again."""
        now = self._scheduler.mono()
        self._found = {member: now for member, alert in self._hall().alerts if alert == ALERT}
        self._watch()

    def stop(self) -> None:
        """Look no more; may be called twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def on_state(self, member: str, said: State) -> None:
        """A device says how it is."""
        now = self._scheduler.mono()
        if said.state in _GONE or not self._turns[member].hear(said.boot, said.epoch, now):
            return
        log.warning("two boxes take turns under one name", extra={"member": member})
        if self._warden is not None:
            self._warden.quarantine(member, "two boxes took turns under this name")
        trouble = TROUBLES[_CODE]
        self._order(
            RaiseAlert(member=member, alert=ALERT, level=trouble.level, code=_CODE, text=trouble.said())
        )
        self._found[member] = now
        self._watch()

    def _watch(self) -> None:
        if self._timer is None and self._found:
            self._timer = self._scheduler.call_later(LOOK_S, self._look)

    def _look(self) -> None:
        self._timer = None
        for member in [m for m, at in self._found.items() if self._over(m, at)]:
            del self._found[member]
            self._order(ClearAlert(member=member, alert=ALERT))
        self._watch()

    def _over(self, member: str, at: Seconds) -> bool:
        if member not in self._hall().plan.members:
            return True
        quiet = self._scheduler.mono() - at
        if self._warden is None:
            return quiet >= MEMORY_S
        return quiet >= LOOK_S and not self._warden.quarantined(member)
