"""Papers that people get in hand: what is missing, where to go on, when to come again, under which number their case is.

Rules:

* A paper is ordered from the fact that calls for it, with an id made from that fact: after a restart the same order goes out again,
  and the printer that has done it says so.
* The window's own printer comes first (a dispenser registered at that window), then those that are ready, then the others that are there.
* What one printer cannot do goes to the next. When none can, the first that is ready again prints it, for :data:`PRINT_S`: so long
  the person may still stand there.
* An ending that was taken back has no paper.
* A paper says what was decided with the ending: settings that have changed since take nothing from it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

import msgspec

from hall.clock import Scheduler, Seconds
from hall.errors import Refused
from hall.messages import facts
from hall.messages.commands import CaseReceipt, ComeAgain, GoOn, MissingPapers, PrintSlip, Result
from hall.messages.common import MemberKind, MemberState
from hub.domain import reprinting, slips
from hub.domain.hall import Hall
from hub.fleet.commands import Commands
from hub.fleet.members import Members
from hub.work import Told

log = logging.getLogger(__name__)

PRINT_S: Seconds = 120.0
#: no window: any printer that is ready
DESK = 0
_THERE = frozenset({MemberState.READY, MemberState.DEGRADED})


class _Paper(msgspec.Struct, kw_only=True):
    """One paper that is not out yet."""

    #: number of the fact that calls for it
    n: int
    at: datetime
    window: int
    #: whose ending it tells of; None: a case's receipt
    ticket: str | None
    content: MissingPapers | GoOn | ComeAgain | CaseReceipt
    copy: int = 1
    #: orders given for it so far
    orders: int = 0
    #: printers that could not
    failed: set[str] = msgspec.field(default_factory=set)
    #: where it is being printed; None: nowhere
    member: str | None = None

    @property
    def id(self) -> str:
        """Id of its last order."""
        return f"slip-{self.n}" if self.orders <= 1 else f"slip-{self.n}-{self.orders}"


class Endings:
    """Turns endings into papers."""

    def __init__(
        self, members: Members, commands: Commands, *, hall: Callable[[], Hall], scheduler: Scheduler
    ) -> None:
        """`hall` gives the hall as it is now."""
        self._members, self._commands = members, commands
        self._hall, self._scheduler = hall, scheduler
        self._papers: list[_Paper] = []

    def on_facts(self, told: Sequence[Told]) -> None:
        """Print what these facts call for, also those of a hub that has just started."""
        for fact, _ in told:
            for content in contents(self._hall(), fact):
                paper = _Paper(
                    n=fact.n,
                    at=fact.at,
                    window=getattr(fact, "window", DESK) or DESK,
                    ticket=getattr(fact, "ticket", None),
                    content=content,
                )
                if isinstance(fact, facts.SlipReprinted):
                    paper.copy = fact.copy
                self._papers.append(paper)
                self._order(paper)
            self._follow(fact)

    def on_result(self, member: str, result: Result) -> None:
        """A printer says how an order ended."""
        for paper in [p for p in self._papers if p.member == member and p.id == result.id]:
            if result.phase == "done":
                self._papers.remove(paper)
            else:
                self._elsewhere(paper, member)

    def _follow(self, fact: facts.AnyFact) -> None:
        match fact:
            case facts.ActUndone():
                gone = [p for p in self._papers if p.ticket == fact.ticket and p.n >= fact.undone]
                for paper in gone:
                    self._commands.drop(paper.id)
                    self._papers.remove(paper)
            case facts.DeviceStateChanged(state=MemberState.LOST | MemberState.DISCONNECTED):
                for paper in [p for p in self._papers if p.member == fact.member]:
                    self._commands.drop(paper.id)
                    self._elsewhere(paper, fact.member)
            case facts.DeviceStateChanged(state=MemberState.READY):
                for paper in [p for p in self._papers if p.member is None]:
                    paper.failed.clear()
                    self._order(paper)
            case _:
                pass

    def _elsewhere(self, paper: _Paper, member: str) -> None:
        paper.failed.add(member)
        paper.member = None
        self._order(paper)

    def _order(self, paper: _Paper) -> None:
        age_s = max(0.0, (self._scheduler.now() - paper.at).total_seconds())
        if age_s >= PRINT_S:
            self._papers.remove(paper)
            return
        paper.member = next((m for m in self._printers(paper.window) if m not in paper.failed), None)
        if paper.member is None:
            log.warning("no printer for %s", paper.id)
            return
        paper.orders += 1
        order = PrintSlip(id=paper.id, expires_s=PRINT_S, at=paper.at, content=paper.content, copy=paper.copy)
        self._commands.send(paper.member, order, age_s=age_s)

    def _printers(self, window: int) -> list[str]:
        """Those that are there, the best first."""
        devices = self._hall().devices
        there = [m for m in self._members.devices(MemberKind.DISPENSER) if devices.get(m) in _THERE]

        def rank(member: str) -> tuple[bool, bool]:
            return self._members.window(member) != window, devices[member] is not MemberState.READY

        return sorted(there, key=rank)


def contents(hall: Hall, fact: facts.AnyFact) -> Iterator[MissingPapers | GoOn | ComeAgain | CaseReceipt]:
    """What a fact puts on paper."""
    match fact:
        case facts.SlipIssued():
            yield MissingPapers(
                number=fact.number,
                service=fact.service,
                situation=fact.situation,
                code=fact.code,
                window=fact.window,
                clerk=fact.clerk,
                missing=fact.missing,
                valid_until=fact.valid_until,
            )
        case facts.ServiceFinished(onward=onward) if onward is not None:
            service, situation = _visit(hall, fact)
            yield GoOn(number=fact.number, service=service, situation=situation, onward=onward)
        case facts.ServiceFinished(again_from=str() as again_from):
            service, situation = _visit(hall, fact)
            ended = fact.at.astimezone(hall.state.zone).date()
            yield ComeAgain(
                number=fact.number,
                service=service,
                situation=situation,
                again_days=(date.fromisoformat(again_from) - ended).days,
                again_from=again_from,
            )
        case facts.SlipReprinted():
            yield from _again(hall, fact)
        case facts.ReceiptOrdered():
            yield CaseReceipt(case=fact.case, call_by=fact.call_by)
        case _:
            pass


def _again(hall: Hall, fact: facts.SlipReprinted) -> Iterator[MissingPapers | GoOn | ComeAgain | CaseReceipt]:
    """What the visit gave, from what the hall still knows of it."""
    slip = reprinting.slip_of(hall.state, fact.ticket)
    if slip is not None:
        yield MissingPapers(
            number=fact.number,
            service=slip.service,
            situation=slip.situation,
            code=slip.code,
            window=slip.window,
            clerk=slip.clerk,
            missing=slip.missing,
            valid_until=slip.valid_until,
        )
    ended = hall.tickets[fact.ticket].ended
    if ended is not None:
        yield from contents(hall, ended)


def _visit(hall: Hall, fact: facts.ServiceFinished) -> tuple[str, str | None]:
    """The service and situation that a visit was for; also where the settings do not know them any more."""
    ticket = hall.tickets[fact.ticket]
    try:
        return slips.situation_of(hall.state, ticket, fact.situation)
    except Refused:
        return ticket.issued.service, fact.situation
