"""The dispenser's front: what a finger on a key does, and what the lamps say.

Rules:

* A tap takes a ticket (:mod:`devices.ticket_dispenser.taking`). While it is being answered further taps are impatience.
* The same key again within `same_key_guard_s` takes no second ticket: each further tap steps on to the service's next
  situation, the lamp blinks its place in the list, and when the finger rests that situation's papers are printed.
* A long press prints the whole list and gives no number.
* The green key calls the guide, and makes the next service key within `green_s` a priority ticket; pressed again it takes that
  back. Held, that ticket is in large print and called slowly too; all lamps blink quickly then.
* A key that is stuck is reported and left out; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from devices.agent.agent import Agent
from devices.ticket_dispenser import slip
from devices.ticket_dispenser.catalogue import Catalogue
from devices.ticket_dispenser.leases import Leases
from devices.ticket_dispenser.lights import LampHand, Lights, Say
from devices.ticket_dispenser.presses import Presses
from devices.ticket_dispenser.printing import Printing
from devices.ticket_dispenser.settings import ALARM, GREEN, DispenserSettings
from devices.ticket_dispenser.slip_parts import service_of
from hall.clock import Seconds, Timer
from hall.messages.events import ButtonStuck
from hall.text import Text
from hall.words import say

#: a finger that rests so long has chosen its situation
REST_S: Seconds = 1.2
#: blinks of a key that gives no number while no paper can say so
REFUSED = 5
#: how long the guide is called by the green key
ESCORT_S: Seconds = 60.0
KeyCall = Callable[[str], None]


class FrontHand(LampHand, Protocol):
    """Keys and lamps."""

    def closed(self) -> frozenset[str]:
        """Keys that are down now."""

    def close(self) -> None:
        """Dark, and let go; may be called twice."""


class Taker(Protocol):
    """Whoever takes tickets."""

    def asking(self, service: str) -> bool:
        """Whether this service's last press still waits for its number."""

    def take(self, service: str, lane: str, *, large_print: bool = False) -> None:
        """One ticket for this press."""


class _Guard(msgspec.Struct):
    """The last press of one key."""

    at: Seconds
    number: str | None = None
    step: int = 0
    rest: Timer | None = None


class Fingers:
    """Keys and lamps of one dispenser, and what they mean."""

    def __init__(
        self,
        agent: Agent,
        settings: DispenserSettings,
        lamps: LampHand,
        *,
        catalogue: Catalogue,
        leases: Leases,
        printing: Printing,
    ) -> None:
        """Tickets are taken by :attr:`taker`, which is set once it exists."""
        self._agent = agent
        #: in force now
        self.settings = settings
        self._catalogue, self._leases, self._printing = catalogue, leases, printing
        self.taker: Taker | None = None
        self.presses = Presses(agent.scheduler, self, settings.hold_s)
        self.lights = Lights(agent.scheduler, lamps)
        self._services = tuple(key.service for key in settings.keys)
        self._guards: dict[str, _Guard] = {}
        self._armed: Timer | None = None
        #: the next ticket is in large print
        self._large = False
        self._escort: Timer | None = None

    def close(self) -> None:
        """Nothing blinks and nothing is waited for any more."""
        for timer in (self._armed, self._escort, *(guard.rest for guard in self._guards.values())):
            if timer is not None:
                timer.cancel()
        self.lights.stop()

    # -- fingers (presses.Meaning) -----------------------------------------------------------------------------------------

    def on_tap(self, key: str) -> None:
        """See :class:`devices.ticket_dispenser.presses.Meaning`."""
        if key == GREEN:
            self._green_channel()
            return
        if self._asking(key):
            return
        now = self._agent.scheduler.mono()
        guard = self._guards.get(key)
        if guard is not None and self._armed is None and now - guard.at <= self.settings.same_key_guard_s:
            guard.at = now
            self._step(key, guard)
            return
        lane, large = "normal", self._large
        if self._armed is not None:
            lane = self._catalogue.priority or lane
            self._disarm()
        self._guards[key] = _Guard(now)
        if self.taker is not None:
            self.taker.take(key, lane, large_print=large)

    def on_hold(self, key: str) -> None:
        """See :class:`devices.ticket_dispenser.presses.Meaning`."""
        if key == GREEN:
            self._green_channel(large=True)
            return
        hall, service = self._catalogue.hall, self._catalogue.service(key)
        self.lights.count(key, 1)
        if hall is None or service is None:
            self._printing.slip(slip.notice(hall, say("disp.desk"), at=self._agent.scheduler.now()))
        else:
            self._printing.slip(slip.materials(hall, service))

    def on_stuck(self, key: str) -> None:
        """See :class:`devices.ticket_dispenser.presses.Meaning`."""
        self._agent.say(ButtonStuck, button=key)
        self._agent.trouble("key-stuck", f"key-{key}", key=self._key_name(key))
        self.lamps()

    def on_free(self, key: str) -> None:
        """See :class:`devices.ticket_dispenser.presses.Meaning`."""
        self._agent.clear(f"key-{key}")
        self.lamps()

    def _step(self, key: str, guard: _Guard) -> None:
        """Another tap for a ticket that is there: on to the next situation."""
        service = self._catalogue.service(key)
        situations = service.situations if service is not None and guard.number is not None else ()
        if not situations:
            self.lights.count(key, 1)
            return
        guard.step = guard.step % len(situations) + 1
        self.lights.count(key, guard.step)
        if guard.rest is not None:
            guard.rest.cancel()
        guard.rest = self._agent.scheduler.call_later(REST_S, lambda: self._chosen(key, guard))

    def _chosen(self, key: str, guard: _Guard) -> None:
        guard.rest = None
        hall, service = self._catalogue.hall, self._catalogue.service(key)
        if hall is not None and service is not None and guard.step <= len(service.situations):
            self._printing.slip(slip.chosen(hall, service, service.situations[guard.step - 1], guard.number))

    def _green_channel(self, *, large: bool = False) -> None:
        if self._armed is not None and large <= self._large:
            self._disarm()
            return
        self._agent.trouble("escort-wanted", "escort")
        if self._escort is not None:
            self._escort.cancel()
        self._escort = self._agent.scheduler.call_later(ESCORT_S, lambda: self._agent.clear("escort"))
        if self._catalogue.priority is not None or large:
            if self._armed is not None:
                self._armed.cancel()
            self._large = large
            self._armed = self._agent.scheduler.call_later(self.settings.green_s, self._disarm)
        self.lamps()

    def _disarm(self) -> None:
        if self._armed is not None:
            self._armed.cancel()
        self._armed, self._large = None, False
        self.lamps()

    # -- what becomes of a press (taking.Front) ----------------------------------------------------------------------------

    def on_asking(self) -> None:
        """See :class:`devices.ticket_dispenser.taking.Front`."""
        self.lamps()

    def on_number(self, service: str, number: str) -> None:
        """See :class:`devices.ticket_dispenser.taking.Front`."""
        guard = self._guards.setdefault(service, _Guard(0.0))
        guard.at, guard.number = self._agent.scheduler.mono(), number

    def on_refused(self, service: str, code: str, text: Text) -> None:
        """See :class:`devices.ticket_dispenser.taking.Front`."""
        self._guards[service] = _Guard(self._agent.scheduler.mono())
        if (
            self._printing.trouble is not None
        ):  # no paper says why: the lamp says, once it is lit again, that it was understood
            self._agent.scheduler.call_soon(lambda: self.lights.count(service, REFUSED))
        hall, now = self._catalogue.hall, self._agent.scheduler.now()
        if code == "closed" and hall is not None:
            self._printing.slip(slip.closed(hall, at=now))
        else:
            self._printing.slip(slip.notice(hall, text, at=now))

    def lamps(self) -> None:
        """Every lamp says what is so now."""
        now = self._agent.scheduler.now()
        is_open, today = self._catalogue.is_open(now), f"{now:%Y-%m-%d}"
        waiting = Say.QUICK if self._large else Say.BLINK
        reachable = self._agent.link.connected and self._agent.hub is not False
        for key in self._services:
            service = self._catalogue.service(key)
            gives = is_open and service is not None and self._catalogue.off(key, now) is None
            gives = gives and (
                reachable or (service is not None and self._leases.left(service.letter, today) > 0)
            )
            if not gives or key in self.presses.stuck or self._asking(key):
                self.lights.say(key, Say.DARK)
            else:
                self.lights.say(key, waiting if self._armed else Say.LIT)
        green = is_open and GREEN not in self.presses.stuck
        self.lights.say(GREEN, Say.DARK if not green else waiting if self._armed else Say.LIT)
        self.lights.say(ALARM, Say.LIT if self._printing.trouble else Say.DARK)

    def _asking(self, key: str) -> bool:
        return self.taker is not None and self.taker.asking(key)

    def _key_name(self, key: str) -> Text:
        if key == GREEN:
            return Text(zh="绿色通道", en="green channel")
        return service_of(self._catalogue.hall or slip.unknown_hall(self._agent.topics.hall), key).name
