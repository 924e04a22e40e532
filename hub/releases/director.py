"""The hub's part of a rollout: tells devices what they are to run, and hears how it goes.

Rules:

* It looks at the book every :data:`LOOK_S`: a rollout that is halted is halted within that time.
* While the hall is open, devices are told nothing new unless an operator insists; the maintenance window ends :data:`BEFORE_S` before the
  hall opens next.
* Who goes first is chosen when devices may be asked, for only then the hub knows who is there.
* A device is told once per content; the same want again has the same rev.
* A canary that is away gives its place to another, and one that is silent for too long halts the rollout.
* What devices say is written into the book; a halt is logged as an error.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from hall import wire
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault
from hall.messages.events import UpdateReport
from hall.messages.wants import AgentWant
from hub.releases import rollout
from hub.releases.book import Book
from hub.releases.rollout import Rollout

log = logging.getLogger(__name__)

WANT = "down/want/agent"
LOOK_S: Seconds = 2.0
BEFORE_S: Seconds = 900.0
#: where nobody knows when the hall opens next
WINDOW_S: Seconds = 3600.0


class Director:
    """One hall's."""

    def __init__(
        self,
        book: Book,
        *,
        devices: Callable[[], Mapping[str, str]],
        there: Callable[[], AbstractSet[str]],
        is_open: Callable[[], bool],
        opens: Callable[[], datetime | None],
        scheduler: Scheduler,
        publish: Callable[[str, str, bytes], bool],
    ) -> None:
        """`devices` gives member → kind, `there` who works now, `opens` the hall's next opening.

        `publish(member, leaf, payload)` sends a want, False when that was not possible.
        """
        self._book, self._devices, self._is_open, self._opens = book, devices, is_open, opens
        self._there = there
        self._scheduler, self._publish = scheduler, publish
        self._told: dict[str, bytes] = {}
        self._up = False
        self._timer: Timer | None = None

    def on_connected(self) -> None:
        """Tell everything again."""
        self._up = True
        self._told = dict.fromkeys(self._told, b"")  # who is registered no more is among them
        self._look()

    def on_disconnected(self) -> None:
        """Nothing can be told."""
        self._up = False
        self.stop()

    def stop(self) -> None:
        """No more looks; may be called twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def on_report(self, member: str, report: UpdateReport) -> None:
        """A device says how far it is."""
        why = report.code if report.detail is None else f"{report.code} ({report.detail})"
        log.info(
            "update", extra={"member": member, "version": report.version, "phase": report.phase, "why": why}
        )
        current = self._book.current
        if current is None or current.version != report.version:
            return

        def hear(of: Rollout) -> Rollout:
            if of.version != report.version:
                return of
            return rollout.heard(of, member, report.phase, why, self._scheduler.now())

        after = self._revised(hear)
        if after is not None and after.halted and not current.halted:
            log.error("rollout halted", extra={"version": after.version, "why": after.halted})
        self._tell()

    def _look(self) -> None:
        self._timer = self._scheduler.call_later(LOOK_S, self._look)
        self._tell()

    def _tell(self) -> None:
        current = self._book.current
        if not self._up or current is None:
            return
        may = current.now or not self._is_open()
        if may and not current.canaries and current.halted is None:
            current = self._revised(lambda of: rollout.chosen(of, self._devices(), self._there())) or current
        if self._minded(current) != current:
            current = self._revised(self._minded) or current
            if current.halted is not None:
                log.error("rollout halted", extra={"version": current.version, "why": current.halted})
        sources = self._book.read().sources
        devices = self._devices()
        for member in [name for name in self._told if name not in devices]:
            # whoever is registered no more has nothing retained on the bus; a link that is full is tried again at the next look
            if self._publish(member, WANT, b""):
                del self._told[member]
        for member in devices:
            self._want(member, current, self._wanted(current, member, sources, may=may))

    def _minded(self, of: Rollout) -> Rollout:
        return rollout.minded(of, self._devices(), self._there(), self._scheduler.now())

    def _revised(self, change: Callable[[Rollout], Rollout]) -> Rollout | None:
        """The newest rollout after this; None when it could not be written: devices keep what they have, the book is only behind."""
        try:
            return self._book.revise(change)
        except Fault as fault:
            log.error("the rollout is not noted: %s", fault)
            return None

    def _wanted(self, current: Rollout, member: str, sources: tuple[str, ...], *, may: bool) -> AgentWant:
        if not may or not rollout.wanted(current, member):
            return AgentWant(rev="")
        return AgentWant(
            rev="",
            version=current.version,
            sources=sources,
            now=current.now,
            until=None if current.now else self._until(),
        )

    def _until(self) -> datetime:
        opens = self._opens()
        if opens is None:
            at = self._scheduler.now().replace(minute=0, second=0, microsecond=0)
            return at + timedelta(seconds=2 * WINDOW_S)
        return opens - timedelta(seconds=BEFORE_S)

    def _want(self, member: str, current: Rollout, want: AgentWant) -> None:
        content = wire.encode(want)
        if self._told.get(member) == content:
            return
        # the same order while the window moves: a device carries out each rev once
        rev = blake2b(f"{want.version} {current.begun.isoformat()}".encode(), digest_size=8).hexdigest()
        if self._publish(member, WANT, wire.encode(msgspec.structs.replace(want, rev=rev))):
            self._told[member] = content
