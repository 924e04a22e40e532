"""What committed facts make devices say and print: announcements for the speakers, papers for people who pressed no key.

Rules:

* A paper is ordered for :data:`PRINT_S`. Each one ends: it came out, its ticket is void, or ``PrintFailed`` is told, which sends its person
  to the guide desk. A dispenser that does not print tells so itself; what nobody answered, or refused, the hub tells.
* After a restart of the hub the same holds for the papers that it finds open and has told nothing of.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from hall import wire
from hall.clock import Scheduler, Seconds
from hall.messages import facts
from hall.messages.commands import Announce, Print, Reprint, Result
from hall.messages.common import MemberKind, MemberState
from hall.presence import WORKING
from hall.words import say
from hub.domain import voice
from hub.domain.hall import Hall
from hub.domain.orders import NotePrintFailed
from hub.domain.ticket import Life
from hub.fleet import hearing
from hub.fleet.commands import Commands
from hub.fleet.members import Members
from hub.memory import PrintJob
from hub.work import Told

log = logging.getLogger(__name__)

#: A call older than this is not announced any more, also after a restart.
CALL_S: Seconds = 20.0
#: How long a dispenser may take to print for the desk.
PRINT_S: Seconds = 120.0
#: How a paper's order ends without a paper and without a word of the dispenser about its ticket.
_NOT_TRIED = frozenset({"expired", "rejected"})
#: Who has such a ticket waits for no paper.
_VOID = frozenset({Life.CANCELLED, Life.LEFT})
_NEVER = datetime.min.replace(tzinfo=UTC)


class Calls:
    """Turns facts into commands."""

    def __init__(
        self,
        members: Members,
        commands: Commands,
        *,
        hall: Callable[[], Hall],
        order: Callable[[NotePrintFailed], None],
        move: Callable[[PrintJob], None],
        token: Callable[[str], str | None],
        scheduler: Scheduler,
    ) -> None:
        """`token` gives the secret of a ticket's phone page; `move` has a paper printed elsewhere; `order` tells of one that does not come."""
        self._members, self._commands, self._hall = members, commands, hall
        self._order = order
        self._move_paper, self._token, self._scheduler = move, token, scheduler
        self._printing: dict[str, PrintJob] = {}
        #: number of the fact that gave each notice that stands
        self._notices: dict[str, int] = {}

    def printer_for(self, hall: Hall) -> str | None:
        """The first dispenser that works, else the first there is; None in a hall without."""
        dispensers = self._members.devices(MemberKind.DISPENSER)
        for state in (MemberState.READY, MemberState.DEGRADED):
            for member in dispensers:
                if hall.devices.get(member) is state:
                    return member
        return next(iter(dispensers), None)

    def start(self, today: Sequence[Told], prints: Sequence[PrintJob]) -> None:
        """After a restart: calls that are still fresh are announced, papers that never came out are printed, or told."""
        now = self._scheduler.now()
        failed = {(f.ticket, f.member): f.at for f, _ in today if isinstance(f, facts.PrintFailed)}
        untold = [job for job in prints if failed.get((job.ticket, job.member), _NEVER) < job.at]
        self.on_facts([told for told in today[-500:] if _age(told.fact.at, now) < CALL_S], untold)

    def on_facts(self, told: Sequence[Told], prints: Sequence[PrintJob]) -> None:
        """Say and print what these facts call for."""
        now = self._scheduler.now()
        for fact, _ in told:
            age_s = _age(fact.at, now)
            if age_s < CALL_S:
                for nth, said in enumerate(voice.announcements(self._hall(), fact)):
                    command = _announce(fact.n, nth, said)
                    for speaker in hearing.speakers(self._hall(), said):
                        self._commands.send(speaker, command, age_s=age_s)
        for job in prints:
            self._print(job, now)
        for fact, _ in told:
            self._settle(fact)

    def on_result(self, member: str, result: Result) -> None:
        """A device says how a command ended."""
        self._commands.on_result(member, result)
        job = self._printing.get(result.id)
        if job is not None and job.member == member:
            del self._printing[result.id]
            if result.phase in _NOT_TRIED:
                self._note_failed(job, result.code)

    def on_void(self, command_id: str) -> None:
        """Nobody answered this command in time."""
        job = self._printing.pop(command_id, None)
        if job is not None:
            self._note_failed(job, "no-answer")

    def _note_failed(self, job: PrintJob, code: str) -> None:
        """Have it told that this paper does not come, if somebody still needs it."""
        ticket = self._hall().tickets.get(job.ticket)
        if ticket is not None and ticket.printed < job.copy and ticket.life not in _VOID:
            self._order(NotePrintFailed(ticket=job.ticket, code=code, member=job.member))

    def _print(self, job: PrintJob, now: datetime) -> None:
        issued = wire.decode_fact(job.issued)
        assert isinstance(issued, facts.TicketIssued)
        kind = Print if job.copy == 1 else Reprint
        self._printing[job.id] = job
        self._commands.send(
            job.member,
            kind(id=job.id, expires_s=PRINT_S, issued=issued, token=self._token(job.ticket), copy=job.copy),
            age_s=_age(job.at, now),
        )

    def _settle(self, fact: facts.AnyFact) -> None:
        match fact:
            case facts.TicketPrinted():
                self._forget(f"print-{fact.ticket}-{fact.copy}")
            case facts.TicketCancelled() | facts.TicketLeft():
                for job in [j for j in self._printing.values() if j.ticket == fact.ticket]:
                    self._forget(job.id)
            case facts.ActUndone():
                self._commands.drop(f"announce-{fact.undone}")
            case facts.NoticeGiven():
                self._notices[fact.notice] = fact.n
            case facts.NoticeEnded():
                self._commands.drop(f"announce-{self._notices.pop(fact.notice, 0)}")
            case facts.DeviceStateChanged(state=MemberState.LOST | MemberState.DISCONNECTED):
                self._move(fact.member)
            case facts.DeviceStateChanged(state=MemberState.READY, kind=MemberKind.DISPENSER):
                # what was ordered while nobody was there
                for member in {job.member for job in self._printing.values()} - {fact.member}:
                    if self._hall().devices.get(member) not in WORKING:
                        self._move(member)
            case _:
                pass

    def _forget(self, job_id: str) -> None:
        self._printing.pop(job_id, None)
        self._commands.drop(job_id)

    def _move(self, lost: str) -> None:
        """Papers of a dispenser that is gone are printed elsewhere: marked 补打, for nobody knows whether the first came out."""
        elsewhere = self.printer_for(self._hall())
        if elsewhere in {None, lost}:
            return
        for job in [j for j in self._printing.values() if j.member == lost]:
            self._forget(job.id)
            self._move_paper(job)


def _age(at: datetime, now: datetime) -> Seconds:
    return max(0.0, (now - at).total_seconds())


def _announce(n: int, nth: int, said: voice.Announcement) -> Announce:
    """The command for one sentence of fact `n`; the same id every time."""
    return Announce(
        id=f"announce-{n}-{nth}" if nth else f"announce-{n}",
        expires_s=said.expires_s,
        phrase=said.phrase,
        text=said.text or say(said.phrase, **said.fields),
        times=said.times,
        rank=said.rank,
        number=said.number,
        window=said.window,
        slow_from=said.slow_from,
    )
