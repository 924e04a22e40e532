"""How a device's program follows ``want/agent``: when it asks for another release, when it makes way, and what it tells the hub.

Rules:

* It asks root's installer once per want, and only in the maintenance window or when an operator insists; what it waits for is told.
* When the release is ready, the window is open and nothing is in its hands (no paper on its way), the program says that it makes way and
  ends itself: the next start is the trial, and no start without that word is.
* A release that is ready when the window has closed is told as waiting, and has its turn in the next one. One that has not had it for
  :data:`READY_S` is given up and told as failed: it stays on the disk, and no start tries it.
* Whatever comes of it is told as an event, once, by whichever release runs then; so is a release that came back.
* A release is told as good when the selector has it so, not when it has proved itself: a plug that is pulled between the two costs another
  start of the trial, and one that is pulled between the selector's word and ours has it told after the next start.
* Where no installer is (a demo, a test bench: no ``report.json`` can come) the want is acknowledged and refused: ``no-installer``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from devices.updates import boot_select, orders
from devices.updates.boot_select import Place
from devices.updates.orders import Order, Report
from devices.updates.proof import Proof
from hall.card import Card
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault
from hall.files import write_whole
from hall.messages.wants import AgentWant

log = logging.getLogger(__name__)

LOOK_S: Final[Seconds] = 5.0
#: how often it is looked whether the selector has taken a proof
TAKEN_LOOK_S: Final[Seconds] = 1.0
#: longest that a release waits here for its turn: a device that never comes to a window must be looked at
READY_S: Final[Seconds] = 7 * 86_400.0
_KEY: Final = "update"


class _Kept(msgspec.Struct, kw_only=True):
    """What a device remembers of its updates, on its card."""

    #: rev of the want that an order was written for
    ordered: str = ""
    #: rev of the want whose release is ready, and since when
    ready: str = ""
    ready_at: datetime | None = None
    #: what was told last of a want, and of a trial: phase and rev, or that it has begun or how it ended, and which it was
    told: str = ""
    trial: str = ""
    #: the hands before the update
    hands: dict[str, str] = msgspec.field(default_factory=dict)


@dataclass
class Office:
    """Where the two files and the selector's state are."""

    place: Place
    state_dir: Path

    @property
    def order(self) -> Path:
        """What the program asks for."""
        return self.state_dir / orders.ORDER

    @property
    def report(self) -> Path:
        """What the installer says."""
        return self.place.boot / orders.REPORT


@dataclass
class Follow:
    """One device's."""

    office: Office
    version: str
    card: Card
    scheduler: Scheduler
    #: whether something is in its hands
    busy: Callable[[], bool]
    #: ends the program; systemd starts it again
    end: Callable[[], None]
    #: tells the hub (version, phase, code, detail); the event's seq, None when it could not be kept
    tell: Callable[[str, str, str | None, str | None], int | None]
    #: whether the hub has committed the event of this seq
    receipted: Callable[[int], bool]
    connected: Callable[[], bool]
    #: how its hands are, without moving them
    hands: Callable[[], Mapping[str, str]]
    #: moves them
    self_test: Callable[[], object]
    clock_ok: Callable[[], bool]
    _want: AgentWant | None = None
    _timer: Timer | None = None
    _proof: Proof | None = None
    _taken: Timer | None = None
    _probe: int | None = None
    _kept: _Kept = field(default_factory=_Kept)

    def open(self) -> None:
        """Tell what became of a trial, or prove this one."""
        self._kept = self._read()
        state = boot_select.read(self.office.place)
        begun = f"begun {state.trials} {self.version}"
        if state.trial == self.version and boot_select.current(self.office.place) == self.version:
            self._probe = self.tell(self.version, "trial", None, None)
            self._kept.trial = begun
            self._write()
            self._proof = Proof(
                version=self.version,
                file=self.office.place.proof,
                scheduler=self.scheduler,
                connected=self.connected,
                receipted=lambda: self._probe is not None and self.receipted(self._probe),
                hands=self.hands,
                self_test=self.self_test,
                before=self._kept.hands,
                proved=self._look_whether_taken,
            )
        elif self._kept.trial == begun and state.good == self.version:
            self._look_whether_taken()
        elif state.bad is not None:
            self._over(f"bad {state.trials}", state.bad, "rolled-back", state.reason)

    def close(self) -> None:
        """No more looks."""
        if self._proof is not None:
            self._proof.close()
        for timer in (self._timer, self._taken):
            if timer is not None:
                timer.cancel()
        self._timer = self._taken = self._proof = None

    def on_want(self, want: AgentWant) -> str | None:
        """What the hub wants now; None when it is so already or will be, else why not."""
        self._want = want
        if want.version is None or want.version == self.version:
            self._want = None
            return None
        if not want.sources:
            return "no-source"
        if not self.office.place.boot.is_dir():
            return "no-installer"
        state = boot_select.read(self.office.place)
        if state.bad == want.version and self._kept.ordered == want.rev:
            return "rolled-back"
        if self._timer is None:
            self._timer = self.scheduler.call_later(0.0, self._look)
        return None

    def _look(self) -> None:
        self._timer = None
        want = self._want
        if want is None or want.version is None:
            return
        if self._kept.ordered != want.rev:
            if not self._may(want):
                self._once(f"waiting {want.rev}", want.version, "waiting")
            elif not self.busy():
                self._order(want)
        elif not self._went_on(want):
            return
        self._timer = self.scheduler.call_later(LOOK_S, self._look)

    def _may(self, want: AgentWant) -> bool:
        if want.now:
            return True
        return want.until is not None and self.clock_ok() and self.scheduler.now() < want.until

    def _order(self, want: AgentWant) -> None:
        assert want.version is not None
        try:  # before it is noted: the installer takes an order that comes twice once, and one that never came not at all
            orders.write(self.office.order, Order(rev=want.rev, version=want.version, sources=want.sources))
        except OSError as error:
            log.error("the order cannot be written", extra={"why": error.strerror})
            return
        self._kept.hands = dict(self.hands())
        self._kept.ordered = want.rev
        self._write()
        self._once(f"installing {want.rev}", want.version, "installing")

    def _went_on(self, want: AgentWant) -> bool:
        """Look at the installer's report; False when there is nothing more to wait for."""
        assert want.version is not None
        said = orders.read(self.office.report, Report)
        if said is None or said.rev != want.rev or said.phase == "installing":
            return True
        if said.phase in {"refused", "failed"}:
            self._once(f"{said.phase} {want.rev}", want.version, said.phase, said.code, said.detail)
            return False
        if self._missed(want.rev):
            self._once(f"missed {want.rev}", want.version, "failed", "window-missed")
            return False
        if not self._may(want):
            self._once(f"ready {want.rev}", want.version, "waiting", "window-closed")
        elif not self.busy() and boot_select.read(self.office.place).trial == want.version:
            return not self._make_way(want.version)
        return True

    def _missed(self, rev: str) -> bool:
        """Whether this order's release has been ready for longer than it may wait; by a clock that somebody keeps."""
        if not self.clock_ok():
            return False
        now = self.scheduler.now()
        if self._kept.ready != rev or self._kept.ready_at is None:
            self._kept.ready, self._kept.ready_at = rev, now
            self._write()
        return (now - self._kept.ready_at).total_seconds() > READY_S

    def _make_way(self, version: str) -> bool:
        """The next start is the trial; False when that cannot be said."""
        word = msgspec.json.encode({"version": version, "way": True})
        try:
            write_whole(self.office.place.proof, word, mode=0o644)
        except OSError as error:
            log.error("cannot make way for another release", extra={"why": error.strerror})
            return False
        log.info("making way for another release", extra={"version": version})
        self.end()
        return True

    def _once(
        self, mark: str, version: str, phase: str, code: str | None = None, detail: str | None = None
    ) -> None:
        if self._kept.told != mark and self.tell(version, phase, code, detail) is not None:
            self._kept.told = mark
            self._write()

    def _look_whether_taken(self) -> None:
        """The proof is written; now it is the selector's turn."""
        self._taken = None
        state = boot_select.read(self.office.place)
        if state.good == self.version and state.trial != self.version:
            self._over(f"good {state.trials}", self.version, "good")
        else:
            self._taken = self.scheduler.call_later(TAKEN_LOOK_S, self._look_whether_taken)

    def _over(self, mark: str, version: str, phase: str, code: str | None = None) -> None:
        """How a trial ended; told once, whatever was wanted since."""
        if self._kept.trial != mark and self.tell(version, phase, code, None) is not None:
            self._kept.trial = mark
            self._write()

    def _read(self) -> _Kept:
        try:
            return msgspec.convert(self.card.get(_KEY, {}), _Kept)
        except (Fault, msgspec.MsgspecError):
            return _Kept()

    def _write(self) -> None:
        try:
            self.card.put(_KEY, self._kept)
        except Fault as error:
            log.error("the update is not noted", extra={"code": error.code})
