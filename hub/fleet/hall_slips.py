"""The papers of the hall's own day on their way to a printer.

Rules:

* A paper is ordered from the fact that calls for it; each order's id is made from the fact and how often it was tried, so a hub that was
  killed goes on.
* What one printer cannot do goes to the next. When none can, it is tried again when one is well, and every :data:`RETRY_S` seconds, for
  :data:`KEEP_S`: unlike a visitor, the duty officer is still there then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from hall.clock import Scheduler, Seconds, Timer
from hall.messages import facts
from hall.messages.commands import PrintSlip, Result
from hall.messages.common import MemberKind, MemberState
from hall.messages.hall_slips import DaySlip, MorningSlip
from hub.domain.hall import Hall
from hub.fleet.commands import Commands
from hub.fleet.members import Members
from hub.work import Told

log = logging.getLogger(__name__)

KEEP_S: Seconds = 30 * 60.0
RETRY_S: Seconds = 20.0
#: A printer has so long for one try.
TRY_S: Seconds = 60.0
_THERE = (MemberState.READY, MemberState.DEGRADED)


class _Paper(msgspec.Struct, kw_only=True):
    """One paper that is not out yet."""

    n: int
    at: datetime
    slip: MorningSlip | DaySlip
    tries: int = 0
    #: printers that could not, in this round
    failed: set[str] = msgspec.field(default_factory=set)
    #: where it is being printed, and since when; None: nowhere
    member: str | None = None
    since: Seconds = 0.0

    @property
    def id(self) -> str:
        """Id of its last order."""
        return f"hall-slip-{self.n}-{self.tries}"


class HallSlips:
    """Turns ``HallSlipOrdered`` into paper."""

    def __init__(
        self, members: Members, commands: Commands, *, hall: Callable[[], Hall], scheduler: Scheduler
    ) -> None:
        """`hall` gives the hall as it is now."""
        self._members, self._commands = members, commands
        self._hall, self._scheduler = hall, scheduler
        self._papers: list[_Paper] = []
        self._timer: Timer | None = None

    def on_facts(self, told: Sequence[Told]) -> None:
        """Print what these facts call for, also those of a hub that has just started."""
        for fact, _ in told:
            match fact:
                case facts.HallSlipOrdered():
                    self._papers.append(_Paper(n=fact.n, at=fact.at, slip=fact.slip))
                    self._go()
                case facts.DeviceStateChanged(state=MemberState.READY) if self._papers:
                    self._again()
                case facts.DeviceStateChanged(state=MemberState.LOST | MemberState.DISCONNECTED):
                    for paper in [p for p in self._papers if p.member == fact.member]:
                        self._give_up_on(paper)
                    self._go()
                case _:
                    pass

    def on_result(self, member: str, result: Result) -> None:
        """A printer says how an order ended."""
        for paper in [p for p in self._papers if p.member == member and p.id == result.id]:
            if result.phase == "done":
                self._papers.remove(paper)
            else:
                self._give_up_on(paper)
                self._go()

    def stop(self) -> None:
        """Try no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up_on(self, paper: _Paper) -> None:
        if paper.member is not None:
            self._commands.drop(paper.id)
            paper.failed.add(paper.member)
            paper.member = None

    def _again(self) -> None:
        """Another round: whoever could not may be able now."""
        for paper in self._papers:
            if paper.member is not None and self._scheduler.mono() - paper.since > TRY_S:
                self._give_up_on(paper)
            paper.failed.clear()
        self._go()

    def _go(self) -> None:
        now = self._scheduler.now()
        for paper in list(self._papers):
            if (now - paper.at).total_seconds() >= KEEP_S:
                log.warning("the hall's slip did not come out", extra={"slip": paper.n})
                self._give_up_on(paper)
                self._papers.remove(paper)
            elif paper.member is None:
                self._order(paper)
        self.stop()
        if self._papers:
            self._timer = self._scheduler.call_later(RETRY_S, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._again()

    def _order(self, paper: _Paper) -> None:
        devices = self._hall().devices
        dispensers = self._members.devices(MemberKind.DISPENSER)
        there = [m for state in _THERE for m in dispensers if devices.get(m) is state]
        paper.member = next((m for m in there if m not in paper.failed), None)
        if paper.member is None:
            return
        paper.tries += 1
        paper.since = self._scheduler.mono()
        order = PrintSlip(id=paper.id, expires_s=TRY_S, at=paper.at, content=paper.slip)
        self._commands.send(paper.member, order)
