"""What a console knows of how devices fare and what technicians had them do: last beats, orders, answers, tests, bundles.

Rules:

* Beats come every five seconds from every device; what is shown of them is rounded, and told on at most every :data:`BEATS_S`.
* Orders and what came of them are facts, so they stand here again after a restart, for as long as the day lasts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from hall.clock import Scheduler, Seconds
from hall.messages.facts import (
    AlertCleared,
    AlertRaised,
    AnyFact,
    BundleCame,
    DayOpened,
    DeviceAnswered,
    DeviceOrdered,
    DeviceStateChanged,
    DeviceTested,
)
from hall.messages.presence import Beat
from hub.fleet import clones

BEATS_S: Final[Seconds] = 10.0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """A beat as people read it; None is what the machine cannot tell."""

    celsius: int | None
    #: megabytes
    disk: int | None
    memory: int | None
    clock_ok: bool
    #: power is too weak now, and was at some time since the start
    weak: bool
    was_weak: bool
    #: it slows down for heat
    slow: bool
    #: reports that wait for the hub
    outbox: int


class Care(msgspec.Struct, frozen=True, kw_only=True):
    """One device."""

    health: Health | None = None
    ordered: DeviceOrdered | None = None
    #: to that order
    answered: DeviceAnswered | None = None
    tested: DeviceTested | None = None
    bundle: BundleCame | None = None
    #: since when the hub has found two boxes under this name
    cloned: datetime | None = None


class Nurse:
    """Keeps them."""

    def __init__(self, scheduler: Scheduler, on_change: Callable[[], None]) -> None:
        """`on_change` is called when beats show something else, not for facts."""
        self._scheduler, self._on_change = scheduler, on_change
        self._of: dict[str, Care] = {}
        self._heard: dict[str, datetime] = {}
        self._waiting = False

    def of(self, member: str) -> Care:
        """What is known of one."""
        return self._of.get(member, Care())

    def heard(self, member: str) -> datetime | None:
        """When it was last heard, as far as is known."""
        return self._heard.get(member)

    def on_beat(self, member: str, beat: Beat) -> None:
        """A device says how its machine is."""
        self._heard[member] = self._scheduler.now()
        health, known = seen(beat), self.of(member)
        if health == known.health:
            return
        self._of[member] = msgspec.structs.replace(known, health=health)
        if not self._waiting:
            self._waiting = True
            self._scheduler.call_later(BEATS_S, self._tell)

    def on_fact(self, fact: AnyFact) -> None:
        """A fact is in the hall."""
        match fact:
            case DeviceOrdered():
                self._put(fact.member, ordered=fact, answered=None)
            case DeviceAnswered() if (ordered := self.of(fact.member).ordered) and ordered.n == fact.order:
                self._put(fact.member, answered=fact)
            case DeviceTested():
                self._put(fact.member, tested=fact)
            case BundleCame():
                self._put(fact.member, bundle=fact)
            case DeviceStateChanged():
                self._heard[fact.member] = max(fact.at, self._heard.get(fact.member, fact.at))
            case AlertRaised(alert=clones.ALERT):
                self._put(fact.member, cloned=fact.at)
            case AlertCleared(alert=clones.ALERT):
                self._put(fact.member, cloned=None)
            case DayOpened():
                for member in _carried(fact):
                    self._put(member, cloned=self.of(member).cloned or fact.at)
            case _:
                pass

    def _put(self, member: str, **changes: object) -> None:
        self._of[member] = msgspec.structs.replace(self.of(member), **changes)

    def _tell(self) -> None:
        self._waiting = False
        self._on_change()


def _carried(fact: DayOpened) -> Iterator[str]:
    """Members whose clones were found on a day before."""
    for member, alert, *_ in fact.carried.get("alerts", ()):
        if alert == clones.ALERT:
            yield member


def seen(beat: Beat) -> Health:
    """A beat, rounded so that it does not change with every look."""
    bits = beat.throttled or 0
    return Health(
        celsius=_rounded(beat.temperature_c, 5),
        disk=_rounded(beat.disk_free_mb, 100),
        memory=_rounded(beat.memory_free_mb, 50),
        clock_ok=beat.clock_ok,
        weak=bool(bits & 0x1),
        was_weak=bool(bits & 0x10000),
        slow=bool(bits & 0xC),
        outbox=beat.outbox,
    )


def _rounded(value: float | None, to: int) -> int | None:
    return None if value is None else round(value / to) * to
