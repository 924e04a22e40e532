"""The roll call: which devices are there and how they fare, from births, wills, beats and alerts.

Rules:

* A device is what its latest ``$state`` says. A ``lost`` counts only if its epoch and boot are the latest birth's.
* A device that works beats every five seconds; :data:`SILENT_S` without a word from it and it is lost (a frozen program, or a
  killed broker, sends no will). It is back with its next word.
* While our own link is down nobody is late; everybody has the full time again when we are back.
* An alert the hall holds open, and that its device does not repeat when it tells its state anew, was solved meanwhile. What the hub
  itself says about a device (:mod:`hub.fleet.clones`) is no device's to raise or end. With its registration a device's alerts end.
* An epoch that does not grow with a new boot means a wiped memory: a dispenser's lent numbers may be on papers nobody told us of,
  so it is lent fresh ones.
* Only a difference to what the hall already knows becomes an order: retained messages at start make no false facts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault
from hall.messages.common import MemberKind, MemberState
from hall.messages.presence import Alert, Beat, State
from hall.presence import WORKING, Life
from hall.topics import HUB
from hub.domain import orders
from hub.domain.hall import Hall
from hub.fleet.clones import ALERT as CLONE
from hub.fleet.members import Members

log = logging.getLogger(__name__)

#: Longest silence of a device that works.
SILENT_S: Seconds = 12.5
#: After its birth a device has told its open alerts within this time.
ALERTS_S: Seconds = 5.0


class Kept(Protocol):
    """Small values that outlast the hub's process."""

    def get(self, key: str) -> str | None:
        """The value; may raise ``Fault``."""

    def put(self, key: str, value: str) -> None:
        """Keep it; may raise ``Fault``."""


_GONE = frozenset({MemberState.LOST, MemberState.DISCONNECTED})


class Roll:
    """Who is there."""

    def __init__(
        self,
        members: Members,
        *,
        hall: Callable[[], Hall],
        order: Callable[[orders.AnyOrder], None],
        scheduler: Scheduler,
        kept: Kept,
    ) -> None:
        """`hall` gives the hall as it is now, `order` hands in what has changed, `kept` remembers epochs."""
        self._members, self._hall, self._order, self._scheduler = members, hall, order, scheduler
        self._kept = kept
        self._lives: dict[str, Life] = {}
        self._heard_at: dict[str, Seconds] = {}
        self._silent: set[str] = set()
        #: who was asked to say everything again, and has not begun to
        self._asked: set[str] = set()
        #: alerts told since the device's last birth
        self._repeated: dict[str, set[str]] = {}
        self._audits: dict[str, Timer] = {}
        #: last beat of each device
        self.beats: dict[str, Beat] = {}
        self._timer: Timer | None = None
        self._up = False

    def on_connected(self) -> None:
        """Our link is up: everybody whom the hall believes at work has the full time to speak."""
        self._up = True
        self._asked = set(self._members.devices())
        now = self._scheduler.mono()
        for member in self._members.devices():
            if self._known(member) in WORKING or member in self._heard_at:
                self._heard_at[member] = now
        self._watch()

    def on_disconnected(self) -> None:
        """Our link is down: silence means nothing."""
        self._up = False
        for timer in (self._timer, *self._audits.values()):
            if timer is not None:
                timer.cancel()
        self._timer = None
        self._audits.clear()

    def on_state(self, member: str, said: State, *, retained: bool) -> None:
        """A device's ``$state``."""
        life = self._lives.setdefault(member, Life())
        before = life.heard
        if not life.hear(said):
            log.info("stale will of %s (epoch %d)", member, said.epoch)
            return
        self._silent.discard(member)
        if self._members.kind(member) is MemberKind.DISPENSER:
            self._look_at_memory(member, said)
        if said.state in _GONE:
            self._heard_at.pop(member, None)
        else:
            self._heard_at[member] = self._scheduler.mono()
            self._watch()
        if not retained and said.state not in _GONE:
            born = before is None or (before.epoch, before.boot) != (said.epoch, said.boot)
            if born or member in self._asked:  # else only its state has changed, and nothing else is repeated
                self._asked.discard(member)
                self._audit(member)
        self._note(member, said.state)

    def on_word(self, member: str) -> None:
        """Anything a device says shows that it lives."""
        if member in self._heard_at:
            self._heard_at[member] = self._scheduler.mono()
        elif member in self._silent:
            self._silent.discard(member)
            heard = self._lives[member].heard if member in self._lives else None
            if heard is not None and heard.state not in _GONE:
                self._heard_at[member] = self._scheduler.mono()
                self._watch()
                self._note(member, heard.state)

    def on_beat(self, member: str, beat: Beat) -> None:
        """A device's beat."""
        self.beats[member] = beat
        self.on_word(member)

    def on_alert(self, member: str, alert_id: str, alert: Alert | None) -> None:
        """A device's alert, or (None) its end."""
        if alert_id == CLONE:
            return
        known = self._hall().alerts.get((member, alert_id))
        if alert is None:
            if known is not None:
                self._order(orders.ClearAlert(member=member, alert=alert_id))
            return
        self._repeated.setdefault(member, set()).add(alert_id)
        if known is None or (known.level, known.code) != (alert.level, alert.code):
            self._order(
                orders.RaiseAlert(
                    member=member, alert=alert_id, level=alert.level, code=alert.code, text=alert.text
                )
            )

    def on_plan(self) -> None:
        """Other settings: whoever is registered no more says nothing any more, and has no trouble that would ever end."""
        hall = self._hall()
        for member, alert in list(hall.alerts):
            if member not in hall.plan.members and member != HUB:
                self._order(orders.ClearAlert(member=member, alert=alert))

    def _known(self, member: str) -> MemberState | None:
        """What the hall holds for true."""
        return self._hall().devices.get(member)

    def _note(self, member: str, state: MemberState) -> None:
        kind = self._members.kind(member)
        if kind is not None:
            # The hall drops what it knows already; asking it here would miss orders that still wait.
            self._order(orders.NoteDeviceState(member=member, kind=kind, state=state))

    def _look_at_memory(self, member: str, said: State) -> None:
        """Whether a dispenser still knows what it was lent."""
        now = f"{said.epoch} {said.boot}"
        try:
            before = self._kept.get(f"life {member}")
            if before == now:
                return
            self._kept.put(f"life {member}", now)
        except Fault as fault:
            log.error("life of %s not kept: %s", member, fault)
            return
        if before is None or said.state in _GONE:
            return
        epoch, boot = before.split(" ", 1)
        day = self._hall().day
        if said.epoch <= int(epoch) and said.boot != boot and day is not None:
            log.warning("%s has lost its memory: its lent numbers are void", member)
            self._order(orders.LendNumbers(member=member, day=day, fresh=True))

    def _audit(self, member: str) -> None:
        """After `ALERTS_S`, close the alerts that the device did not repeat."""
        self._repeated[member] = set()
        old = self._audits.pop(member, None)
        if old is not None:
            old.cancel()
        if any(of == member for of, _ in self._hall().alerts):
            self._audits[member] = self._scheduler.call_later(ALERTS_S, partial(self._close_alerts, member))

    def _close_alerts(self, member: str) -> None:
        self._audits.pop(member, None)
        repeated = self._repeated.get(member, set())
        for of, alert in list(self._hall().alerts):
            if of == member and alert not in repeated and alert != CLONE:
                self._order(orders.ClearAlert(member=member, alert=alert))

    def _watch(self) -> None:
        """One timer, for the first device that could be too late."""
        if self._timer is None and self._up and self._heard_at:
            wait = min(self._heard_at.values()) + SILENT_S - self._scheduler.mono()
            self._timer = self._scheduler.call_later(max(0.1, wait), self._look)

    def _look(self) -> None:
        self._timer = None
        late = self._scheduler.mono() - SILENT_S + 0.001
        for member in [m for m, heard in self._heard_at.items() if heard <= late]:
            del self._heard_at[member]
            self._silent.add(member)
            log.warning("no word from %s for %.1f s", member, SILENT_S)
            self._note(member, MemberState.LOST)
        self._watch()
