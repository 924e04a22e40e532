"""Papers in line for the printer, kept on the card before the printer is touched.

Rules:

* A ticket's paper is a job on the card until the printer's barrier said that it is out. What a restart, or a printer in trouble,
  interrupted is printed later, marked 补打, because part of it may be out: paper comes at least once.
* While the printer is in trouble it is asked every `POLL_TROUBLE_S` seconds; when it is well, waiting tickets of the last
  `KEEP_S` seconds come out; older ones are forgotten, their people have been helped at the desk.
* A printer or line that says it is well and then breaks off in the middle of slip after slip is believed less and less: each
  time it is left alone twice as long, up to `LONGEST_S`. A ticket of which `MOST_COPIES` were begun is not tried again, and nobody is told twice
  that it does not come out: its number was shown and said.
* A paper that the hub ordered is printed only while the hub orders it. What a restart found of one on the card tells no more than whether
  the printer had begun: it waits for its order to be repeated, and is forgotten when the order is void. By then the hub has had it printed
  elsewhere or has told that it does not come; half an hour later nobody knows what it is.
* Lists and notices are printed once or not at all. A slip that the hub ordered is told about either way: who ordered it prints it
  elsewhere.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec

from devices.ticket_dispenser.blocks import Slip
from devices.ticket_dispenser.status import Condition, Trouble
from hall.card import Card
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault
from hall.messages.common import Count, Id, Token
from hall.messages.facts import TicketIssued
from hall.worker import Worker

log = logging.getLogger(__name__)

POLL_S: Seconds = 10.0
POLL_TROUBLE_S: Seconds = 2.0
KEEP_S: Seconds = 30 * 60.0
LONGEST_S: Seconds = 60.0
MOST_COPIES = 3
_PREFIX = "job/"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket that must be on paper; `id` is the ticket's, or the command's that asked for it."""

    id: Id
    #: order of the line, from when it joins
    n: Count = 0
    issued: TicketIssued
    token: Token | None
    #: when the person took the number
    taken: datetime
    #: above 1 it is marked 补打
    copy: Count = 1
    #: the hub ordered it
    command: bool = False
    #: how long after it came the hub's order is void
    void_s: Seconds = 0.0
    #: the printer may have got some of it
    begun: bool = False
    #: somebody was told that it does not come out
    failed: bool = False
    #: an offline number's event is in the outbox
    told: bool = True


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """A slip that the hub ordered; `id` is its command's."""

    id: Id
    slip: Slip


class PrinterHand(Protocol):
    """The printer, as used from the worker; see :class:`devices.ticket_dispenser.printer.Printer`."""

    def prepare(self, slip: Slip) -> None:
        """Draw ahead."""

    def ahead(self) -> None:
        """A slip comes in a moment: ask how it is now."""

    def print(self, slip: Slip) -> Condition:
        """Print and wait; Fault when it did not come out."""

    def condition(self) -> Condition:
        """How it is; Fault when it does not say."""


class News(Protocol):
    """Whoever is told what became of the papers."""

    def on_paper(self, job: Job) -> None:
        """This ticket is out."""

    def on_used(self, used_mm: float, *, ticket: bool) -> None:
        """A ticket, or another slip, took so much paper."""

    def on_no_paper(self, job: Job, trouble: Trouble) -> None:
        """This ticket does not come out now; told once per ticket."""

    def on_printer(self, condition: Condition) -> None:
        """The printer's condition as just seen."""

    def on_slip(self, order: Ordered, trouble: Trouble | None) -> None:
        """A slip that the hub ordered is out, or does not come out."""

    def is_void(self, job: Job | Ordered) -> bool:
        """Whether a command's paper need not come any more."""


class Printing:
    """The line before the printer."""

    def __init__(
        self,
        *,
        scheduler: Scheduler,
        card: Card,
        worker: Worker,
        printer: PrinterHand,
        news: News,
        compose: Callable[[Job], Slip],
    ) -> None:
        """`compose` makes a job's paper, at the moment it is printed."""
        self._scheduler, self._card, self._worker = scheduler, card, worker
        self._printer, self._news, self._compose = printer, news, compose
        self._line: deque[Job | Ordered | Slip] = deque()
        self._pending: dict[str, Job] = {}
        #: when each joined, by the clock that nobody sets
        self._since: dict[str, Seconds] = {}
        #: ordered papers of before a restart whose order has not come again
        self._unordered: set[str] = set()
        self._busy = False
        self._trouble: Trouble | None = None
        #: slips that broke off one after the other
        self._broken_off = 0
        self._n = 0
        self._poll: Timer | None = None
        self._closed = False
        self._restore()

    @property
    def trouble(self) -> Trouble | None:
        """Why nothing is printed now."""
        return self._trouble

    @property
    def busy(self) -> bool:
        """Whether paper is on its way; what waits for a printer that is not well waits on the card too."""
        return self._busy or (bool(self._line) and self._trouble is None)

    @property
    def waiting(self) -> tuple[Job, ...]:
        """Tickets not yet out, first first."""
        return tuple(sorted(self._pending.values(), key=lambda job: job.n))

    def open(self) -> None:
        """Begin: first a look at the printer, then what was left from before."""
        self._look()
        for job in self.waiting:
            if job.id in self._unordered:
                self._scheduler.call_later(job.void_s, partial(self._forget_void, job))
            else:
                self._line.append(job)
        self._go()

    def close(self) -> None:
        """Print no more; what is on the card stays there."""
        self._closed = True
        if self._poll is not None:
            self._poll.cancel()

    def take(self, job: Job) -> Job:
        """A ticket's paper joins the line; when this returns it is on the card (or the card is full, and it is printed all the same).

        One that the hub ordered is marked 补打 when it is done again after a restart, and does not wait for a printer in trouble.
        """
        before = self._pending.get(job.id)
        if (
            job.command and before is not None
        ):  # left by a restart, which has counted it up if the printer had begun
            job = msgspec.structs.replace(job, copy=max(job.copy, before.copy))
        self._unordered.discard(job.id)
        self._n += 1
        at_once = not self._busy and not self._line and self._trouble is None
        job = msgspec.structs.replace(job, n=self._n, begun=at_once)
        self._keep(job)
        if self._trouble is None:
            self._line.append(job)
            self._go()
        else:
            # Not before whoever ordered it has gone on: of a lent number the hub must hear first that it was given.
            self._scheduler.call_soon(lambda: self._fail_now(job.id))
        return job

    def ahead(self) -> None:
        """A ticket is being asked for: its paper comes in a moment, and need not wait for the printer's answers then."""
        if not self._busy and self._trouble is None and not self._line:
            self._worker.submit(self._printer.ahead, lambda _: None)

    def slip(self, slip: Slip) -> None:
        """A list or notice joins the line."""
        if self._trouble is None:
            self._line.append(slip)
            self._go()

    def order(self, order: Ordered) -> None:
        """A slip that the hub ordered joins the line; it does not wait for a printer in trouble."""
        if self._trouble is not None:
            self._news.on_slip(order, self._trouble)
            return
        self._line.append(order)
        self._go()

    def told(self, job_id: str) -> None:
        """The offline number's event is in the outbox."""
        if job_id in self._pending:
            self._keep(msgspec.structs.replace(self._pending[job_id], told=True))

    # -- inside ----------------------------------------------------------------------------------------------------------

    def _keep(self, job: Job) -> None:
        """Note a job, or its change, on the card."""
        self._pending[job.id] = job
        self._since.setdefault(job.id, self._scheduler.mono())
        try:
            self._card.put(_PREFIX + job.id, job)
        except Fault as error:
            log.error("job not kept", extra={"job": job.id, "code": error.code})

    def _restore(self) -> None:
        rows = self._card.rows("SELECT key, value FROM card WHERE key GLOB ?", (_PREFIX + "*",))
        for key, value in rows:
            try:
                job = msgspec.json.decode(value, type=Job)
            except msgspec.DecodeError as error:
                log.error("job unreadable, forgotten", extra={"key": key, "why": str(error)})
                self._card.delete(key)
                continue
            self._n = max(self._n, job.n)
            self._pending[job.id] = _again(job) if job.begun else job
            if job.command:
                self._unordered.add(job.id)
            waited = (self._scheduler.now() - job.taken).total_seconds()
            self._since[job.id] = self._scheduler.mono() - max(0.0, waited)
        self._forget_old()

    def _fail_now(self, job_id: str) -> None:
        job = self._pending.get(job_id)
        if job is not None and self._trouble is not None and not self._closed:
            self._fail(job, self._trouble)

    def _go(self) -> None:
        """Give the printer the next paper, if it is free and well."""
        while not self._busy and self._trouble is None and self._line and not self._closed:
            paper = self._line.popleft()
            if isinstance(paper, Slip):
                self._print(partial(_made, paper), None)
                continue
            if isinstance(paper, Ordered):
                if not self._news.is_void(paper):
                    self._print(partial(_made, paper.slip), paper)
                continue
            job = self._pending.get(paper.id)
            if job is None:
                continue
            if job.command and self._news.is_void(job):
                self._forget(job)
                continue
            if not job.begun:
                job = msgspec.structs.replace(job, begun=True)
                self._keep(job)
            self._print(partial(self._compose, job), job)

    def _print(self, make: Callable[[], Slip], job: Job | Ordered | None) -> None:
        """In the worker, the making too: a slip that cannot be made fails like one that cannot be drawn."""
        self._busy = True
        self._worker.submit(lambda: self._printer.print(make()), lambda result: self._printed(job, result))

    def _printed(self, job: Job | Ordered | None, result: Condition | BaseException) -> None:
        self._busy = False
        if self._closed:
            return
        self._broken_off = 0 if isinstance(result, Condition) else self._broken_off + 1
        if isinstance(result, Condition):
            self._news.on_used(result.used_mm, ticket=isinstance(job, Job))
        if isinstance(job, Ordered):
            self._news.on_slip(job, None if isinstance(result, Condition) else _trouble(result))
            job = None
        if isinstance(result, Condition):
            if job is not None:
                # The event first: killed in between, the ticket is printed again and marked, never forgotten.
                self._news.on_paper(self._pending.get(job.id, job))
                self._forget(job)
            self._seen(result)
        elif isinstance(result, Fault):
            trouble = _trouble(result)
            if job is not None:
                self._fail(self._pending.get(job.id, job), trouble)
            self._seen(Condition(trouble=trouble))
            self._later(min(LONGEST_S, POLL_TROUBLE_S * 2 ** (self._broken_off - 1)))
        else:
            # A mistake of ours in this one slip: trying again would stop everybody behind it.
            log.error("slip could not be made", exc_info=result)
            if job is not None:
                self._fail(self._pending.get(job.id, job), Trouble.ERROR)
                self._forget(job)
            self._later()
        self._go()

    def _fail(self, job: Job, trouble: Trouble) -> None:
        if not job.failed:
            self._news.on_no_paper(job, trouble)
        if job.command:
            self._forget(job)
        else:
            self._keep(msgspec.structs.replace(job, failed=True))

    def _forget_void(self, job: Job) -> None:
        if job.id in self._unordered and not self._closed:
            log.warning(
                "nobody orders this paper any more", extra={"number": job.issued.number, "job": job.id}
            )
            self._forget(job)

    def _forget(self, job: Job) -> None:
        self._unordered.discard(job.id)
        self._pending.pop(job.id, None)
        self._since.pop(job.id, None)
        try:
            self._card.delete(_PREFIX + job.id)
        except Fault as error:
            log.error("job not struck out", extra={"job": job.id, "code": error.code})

    def _forget_old(self) -> None:
        now = self._scheduler.mono()  # a wall clock that is set meanwhile gives nobody's paper up
        for job in self.waiting:
            if now - self._since[job.id] > KEEP_S:
                self._give_up(job)

    def _give_up(self, job: Job) -> None:
        log.warning("paper given up", extra={"number": job.issued.number, "ticket": job.issued.ticket})
        self._forget(job)

    # -- how the printer is ----------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Ask the printer how it is, unless it is at work; again later."""
        if self._closed:
            return
        if self._busy:
            self._later()
            return
        self._busy = True
        self._worker.submit(self._printer.condition, self._looked)

    def _looked(self, result: Condition | BaseException) -> None:
        self._busy = False
        if self._closed:
            return
        self._seen(result if isinstance(result, Condition) else Condition(trouble=_trouble(result)))
        self._go()

    def _later(self, wait: Seconds | None = None) -> None:
        if self._poll is not None:
            self._poll.cancel()
        if wait is None:
            wait = POLL_S if self._trouble is None else POLL_TROUBLE_S
        self._poll = self._scheduler.call_later(wait, self._look)

    def _seen(self, condition: Condition) -> None:
        was, self._trouble = self._trouble, condition.trouble
        if condition.trouble is not None:
            waiting, self._line = self._line, deque()
            for paper in waiting:
                if isinstance(paper, Ordered):
                    self._news.on_slip(paper, condition.trouble)
                elif isinstance(paper, Job) and paper.id in self._pending:
                    self._fail(self._pending[paper.id], condition.trouble)
        if was is not None and condition.trouble is None:
            log.info("printer is well again", extra={"waiting": len(self._pending)})
            self._forget_old()
            for job in self.waiting:
                if job.id in self._unordered:
                    continue
                if job.begun and job.copy >= MOST_COPIES:
                    self._give_up(job)
                    continue
                self._keep(_again(job))
                self._line.append(self._pending[job.id])
        self._later()  # whatever becomes of telling: a printer that is not looked at stays in trouble for ever
        self._news.on_printer(condition)


def _made(slip: Slip) -> Slip:
    return slip


def _again(job: Job) -> Job:
    """The same paper for another try: marked 补打, because part of the first may be out."""
    return msgspec.structs.replace(
        job, copy=job.copy + 1 if job.begun or (job.failed and job.copy == 1) else job.copy, begun=False
    )


def _trouble(error: BaseException) -> Trouble:
    try:
        return Trouble(getattr(error, "code", ""))
    except ValueError:
        return Trouble.ERROR
