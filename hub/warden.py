"""The hub's hand on the register of members: it puts a copied name away, and looks who is.

Rules:

* The register is a file that others write too and that may be locked for moments: a thread of its own waits for it, never the hub's loop.
* What could not be written is tried again with the next look; a name that nobody holds any more needs no quarantine.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Refused
from hall.topics import HUB
from hall.worker import Worker
from hub.trust.register import Register, Standing

log = logging.getLogger(__name__)

LOOK_S: Final[Seconds] = 2.0


class RegisterWarden:
    """See :class:`hub.fleet.clones.Warden`."""

    def __init__(self, file: Path, worker: Worker, scheduler: Scheduler) -> None:
        """Nothing is opened before the first look."""
        self._file, self._worker, self._scheduler = file, worker, scheduler
        self._register: Register | None = None
        self._away: frozenset[str] = frozenset()
        #: who is to be put away, and why
        self._due: dict[str, str] = {}
        self._timer: Timer | None = None

    def open(self) -> None:
        """Look now, and every :data:`LOOK_S`."""
        self._look()

    def close(self) -> None:
        """Look no more; may be called twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._worker.close()
        if self._register is not None:
            self._register.close()

    def quarantine(self, member: str, why: str) -> None:
        """See :class:`hub.fleet.clones.Warden`."""
        self._due[member] = why
        self._away |= {member}
        self._ask()

    def quarantined(self, member: str) -> bool:
        """See :class:`hub.fleet.clones.Warden`."""
        return member in self._away or member in self._due

    def _look(self) -> None:
        self._ask()
        self._timer = self._scheduler.call_later(LOOK_S, self._look)

    def _ask(self) -> None:
        now = self._scheduler.now()
        due = dict(self._due)

        def work() -> frozenset[str]:
            register = self._opened()
            for member, why in due.items():
                try:
                    register.quarantine(member, now=now, actor=HUB, why=why)
                except Refused as no:
                    log.warning("not quarantined", extra={"member": member, "code": no.code})
            entries = register.entries()
            return frozenset(entry.name for entry in entries if entry.standing is Standing.QUARANTINED)

        def done(away: frozenset[str] | BaseException) -> None:
            if isinstance(away, BaseException):
                log.error("the register cannot be used: %s", away)
                return
            for member in due:
                self._due.pop(member, None)
            self._away = away | self._due.keys()

        self._worker.submit(work, done)

    def _opened(self) -> Register:
        if self._register is None:
            self._register = Register(self._file)
        return self._register
