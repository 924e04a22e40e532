"""The room where cases are kept: it opens them from the hall's facts and from people, and lets the staff work on them.

Rules:

* Cases are written in the office's own thread, one after the other; pages read :attr:`Cases.seen`, which is replaced and never changed.
* A bad rating opens one case, by its service step: told twice, replayed after a restart, or rated again on the phone page, it stays one.
  What was told while nobody listened is read from the hub's journal.
* That somebody went to an unsatisfied person is heard from the hall as well, whichever console noted it.
* A fault's case hears from its device's alert that the fault is over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from hall import wire
from hall.errors import Fault
from hall.messages.common import Day
from hall.messages.facts import AlertCleared, AnyFact, ApologyNoted, DayClosed, DayOpened, TicketRated
from hall.plan import HallPlan
from hub.console.cases import acts, entries, figures, rules, urging
from hub.console.cases.book import Book, CallLine
from hub.console.cases.case import Case
from hub.console.cases.entries import AnyEntry
from hub.console.cases.intake import Intake, Personal, checked, from_rating, rating_key
from hub.console.cases.kinds import Kind, Step
from hub.console.cases.refusals import refused
from hub.console.cases.rules import HUB, PUBLIC, ROLE, Who
from hub.console.cases.settings import USUAL, CaseSettings
from hub.console.cases.working import WorkingTime
from hub.console.door.office import Office
from hub.console.door.rights import CaseRight
from hub.console.mirror.past import Past
from hub.console.reports.cases import CaseFigures

log = logging.getLogger(__name__)
T = TypeVar("T")

#: How often reminders and deletions are looked for, seconds.
LOOK_S = 30.0
#: For so long after a bad rating its person may still be in the hall.
STILL_THERE = timedelta(minutes=30)
#: The public may add to one case so often.
MOST_TOLD = 5
#: The pad's grade that opens a case.
BAD = 1


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """All cases at one moment; `serial` grows with every change."""

    serial: int = 0
    cases: dict[str, Case] = {}
    #: bad ratings whose people may still be in the hall and to whom nobody has spoken
    alerts: tuple[Case, ...] = ()
    counts: figures.Counts = figures.Counts()
    #: open cases that wait for somebody, by login or role
    waiting: dict[str, frozenset[str]] = {}

    def waits(self, who: Who) -> int:
        """How many wait for this person."""
        names = who.login, *(ROLE + role.value for role in who.roles)
        return len(frozenset[str]().union(*(self.waiting.get(name, ()) for name in names)))


class Cases:
    """Every case of one hall."""

    def __init__(
        self,
        plan: Callable[[], HallPlan],
        office: Office,
        past: Callable[[], Past],
        *,
        now: Callable[[], datetime],
        broken: Callable[[str, str], bool] = lambda _member, _alert: True,
        settings: CaseSettings = USUAL,
    ) -> None:
        """`plan` gives the hall's settings as they are now, `past` opens the hub's journal for reading, `now` gives aware times, `broken` says whether a device's alert is up.

        Raises ``Fault``.
        """
        self._broken = broken
        self._office, self._past, self._now = office, past, now
        self._plan, self._zone = plan, ZoneInfo(plan().timezone)
        #: when each case reminds whom, with the deadline from which that was reckoned; the store's thread
        self._moments: dict[str, tuple[datetime | None, Mapping[entries.Stage, datetime]]] = {}
        self.seen = Seen()
        #: what failed and is tried again; the store's thread
        self._again: list[Callable[[], object]] = []
        self._book = office.submit(lambda store: Book(store, settings)).result()
        #: number of the last fact heard; the loop's thread
        self._heard = office.submit(lambda _: self._book.mark()).result()
        office.submit(lambda _: self._show()).result()

    # ---------------------------------------------------------------- the hall's facts, in the loop's thread

    def hear(self, fact: AnyFact) -> None:
        """One fact of the hall; see :meth:`hub.console.mirror.backstage.Backstage.follow`."""
        if self._heard is not None and fact.n > self._heard + 1:
            first, last = self._heard + 1, fact.n
            self._soon(lambda: self._catch_up(first, last))
        self._heard = max(self._heard or 0, fact.n)
        if isinstance(fact, TicketRated | ApologyNoted | AlertCleared | DayOpened | DayClosed):
            self._soon(lambda: self._hear(fact))

    def _soon(self, call: Callable[[], object]) -> None:
        self._office.submit(lambda _: self._try(call)).add_done_callback(_tell_failure)

    def _try(self, call: Callable[[], object]) -> None:
        """Do it now, or when the store or the journal works again."""
        try:
            call()
        except Fault as fault:
            log.warning("a fact of the hall does not reach the cases yet: %s", fault)
            self._again.append(call)

    def _catch_up(self, first: int, last: int) -> None:
        """Facts between two numbers, from the journal."""
        past = self._past()
        try:
            for body in past.since(first):
                fact = wire.decode_fact(body)
                if fact.n >= last:
                    break
                self._hear(fact)
        finally:
            past.close()

    def _hear(self, fact: AnyFact) -> None:
        match fact:
            case TicketRated(grade=grade) if grade == BAD:
                self._begin(from_rating(fact), HUB, fact.at)
            case ApologyNoted():
                self._met(fact)
            case AlertCleared():
                self._device_works(fact)
            case _:
                pass
        if not self._again and fact.n > (self._book.mark() or 0):
            self._book.set_mark(fact.n)  # what was not written yet is read again after a restart

    def _met(self, fact: ApologyNoted) -> None:
        """Somebody went to the person, here or at another console."""
        case = self._book.find_key(rating_key(fact.ticket, fact.step))
        if case is None or any(e is not None for e in (case.closed, case.spoken, case.left)):
            return
        met = entries.SpokenTo if fact.spoken else entries.AlreadyLeft
        self._add(case, [met(at=fact.at.astimezone(self._zone), by=fact.actor or HUB)])

    def _device_works(self, fact: AlertCleared) -> None:
        for case in list(self._book.cases.values()):
            fault = case.opened.member == fact.member and case.opened.alert == fact.alert
            if fault and case.closed is None and case.repaired is None and case.opened.at <= fact.at:
                self._add(case, [rules.repaired(case, HUB, fact.at, self.hours)])

    # ---------------------------------------------------------------- opening, from any page

    async def open(self, intake: Intake, by: str = PUBLIC) -> str:
        """Begin a case; its number, which the person gets as a reference. `by` is the login of whoever writes it."""
        personal = checked(intake.personal)
        intake = msgspec.structs.replace(intake, personal=personal)
        return (await self._do(lambda: self._begin(intake, by, self._now()))).id

    async def tell(self, case_id: str, personal: Personal, by: str = PUBLIC) -> None:
        """The person told more: reasons, words, name, number."""
        personal = checked(personal)
        await self._do(lambda: self._tell(self._found(case_id), personal, by))

    async def note_call(self, line: CallLine) -> None:
        """One line of the telephone log."""
        await self._do(lambda: self._book.note_call(line))

    async def calls(self, since: datetime, until: datetime) -> tuple[CallLine, ...]:
        """The telephone log of a time."""
        return await self._do(lambda: self._book.calls(since, until))

    @property
    def hours(self) -> WorkingTime:
        """The hall's working time as posted now; a deadline that was given stays."""
        return WorkingTime(self._plan(), self._zone)

    def now(self) -> datetime:
        """The time by which cases are dated."""
        return self._now().astimezone(self._zone)

    # ---------------------------------------------------------------- working on them

    async def act(self, case_id: str, act: acts.AnyAct, who: Who) -> Case:
        """Do something with a case. Raises ``Refused`` with a code of :mod:`hub.console.cases.refusals`."""

        def do() -> Case:
            case = self._found(case_id)
            return self._add(case, rules.decide(case, act, who, self.now(), self.hours))

        return await self._do(do)

    async def personal(self, case_id: str, who: Who) -> Personal:
        """What the person told: the words for who may read cases or owns this one, name and number only for who works on it."""
        case = self.seen.cases.get(case_id)
        if case is None:
            raise refused("no-case")
        mine = case.owner == who.login
        if not rules.sees(case, who):
            raise refused("not-your-role")
        told = await self._do(lambda: self._book.personal(case))
        words = "\n".join(one.words for one in told if one.words)
        if not (mine or who.may(CaseRight.CONTACT)):
            return Personal(reasons=case.reasons, words=words)
        name = next((one.name for one in reversed(told) if one.name), "")
        phone = next((one.phone for one in reversed(told) if one.phone), "")
        return Personal(reasons=case.reasons, words=words, name=name, phone=phone)

    async def look(self) -> None:
        """Give the reminders that are due, delete what was kept long enough."""
        await self._do(self._look)

    # ---------------------------------------------------------------- for reports, any thread

    def figures(self, first: Day, last: Day) -> CaseFigures:
        """See :class:`hub.console.reports.cases.CaseBook`."""
        return figures.figures(figures.of_days(self.seen.cases.values(), first, last), self.now(), self.hours)

    def reasons(self, first: Day, last: Day) -> Mapping[tuple[str, int], tuple[str, ...]]:
        """See :class:`hub.console.reports.cases.CaseBook`."""
        found = figures.of_days(self.seen.cases.values(), first, last)
        return {
            (case.opened.ticket, case.opened.step): case.reasons
            for case in found
            if case.opened.ticket is not None and case.opened.step is not None and case.reasons
        }

    # ---------------------------------------------------------------- the store's thread

    async def _do(self, call: Callable[[], T]) -> T:
        return await self._office.run(lambda _: call())

    def _found(self, case_id: str) -> Case:
        case = self._book.cases.get(case_id)
        if case is None:
            raise refused("no-case")
        return case

    def _begin(self, intake: Intake, by: str, at: datetime) -> Case:
        if intake.key is not None and (known := self._book.find_key(intake.key)) is not None:
            return self._tell(known, intake.personal, by)
        at = at.astimezone(self._zone)
        written: list[AnyEntry] = [rules.opening(intake, at, by, self.hours, self._book.table)]
        if (told := rules.told(intake, at, by)) is not None:
            written.append(told)
        if intake.apologised:
            written.append(entries.Ticked(at=at, by=by, step=Step.APOLOGISED))
        case = self._book.begin(written, key=intake.key, personal=intake.personal, day=f"{at:%Y-%m%d}")
        over = intake.member and intake.alert and not self._broken(intake.member, intake.alert)
        if over:  # it was repaired while the form was filled in
            case = self._book.add(case, [rules.repaired(case, HUB, at, self.hours)])
        self._show()
        return case

    def _tell(self, case: Case, personal: Personal, by: str) -> Case:
        at = self.now()
        told = rules.told(Intake(kind=case.kind, source=case.opened.source, personal=personal), at, by)
        if told is None:
            return case
        if by == PUBLIC and sum(isinstance(e, entries.PersonTold) for e in case.entries) >= MOST_TOLD:
            raise refused("already-done")
        written: list[AnyEntry] = [told]
        if case.closed is not None and by == PUBLIC:  # else nobody would read it
            written.append(entries.Reopened(at=at, by=by, why=rules.TOLD_AFTERWARDS))
        return self._add(case, written, personal)

    def _add(self, case: Case, written: list[AnyEntry], personal: Personal | None = None) -> Case:
        case = self._book.add(case, written, personal)
        self._show()
        return case

    def _look(self) -> None:
        at = self.now()
        again, self._again = self._again, []
        for call in again:
            self._try(call)
        for case in list(self._book.cases.values()):
            if case.closed is None and (due := urging.urge(case, at, self._reminders(case))):
                self._book.add(case, list(due))
        self._book.delete_old(at)
        self._show()

    def _reminders(self, case: Case) -> Mapping[entries.Stage, datetime]:
        known = self._moments.get(case.id)
        if known is None or known[0] != case.due:
            known = self._moments[case.id] = case.due, urging.moments(case, self.hours)
        return known[1]

    def _show(self) -> None:
        at, cases = self.now(), dict(self._book.cases)
        since, counts = at - STILL_THERE, figures.counts(cases.values(), at)
        alerts = tuple(case for case in cases.values() if _still_there(case, since))
        waiting: dict[str, frozenset[str]] = {}
        for case in cases.values():
            for name in urging.waits_for(case):
                waiting[name] = waiting.get(name, frozenset()) | {case.id}
        seen = Seen(serial=self.seen.serial + 1, cases=cases, alerts=alerts, counts=counts, waiting=waiting)
        if msgspec.structs.replace(seen, serial=self.seen.serial) != self.seen:
            self.seen = seen


def _still_there(case: Case, since: datetime) -> bool:
    """Whether somebody should go to the person now."""
    met = case.spoken is not None or case.left is not None or case.closed is not None
    return case.opened.kind is Kind.BAD_RATING and not met and case.opened.at >= since


def _tell_failure(done: Future[None]) -> None:
    """What failed where nobody waits for it."""
    if error := done.exception():
        log.error("a fact of the hall did not reach the cases", exc_info=error)
