"""One day of a journal, as people, clerks and times: what a replay takes over from what was recorded.

Rules:

* The journal is only read.
* A person brings what happened to them: when they came, for which service, in which lane; at each call whether they were there, how
  long the window was theirs, and where they went from there; when they gave up, if they did.
* A window brings when somebody sat there, when it was paused, and how long its clerks usually took from one person to the next while
  somebody waited (the day's median).
* Who was served while the power was gone is left out: nobody knows whose time they took.
* Time on a parked ticket before and after the break counts as one stretch at one window.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import median

import msgspec
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from hall import wire
from hall.errors import Fault
from hall.messages import facts as f
from hall.messages.common import Act
from hall.policy import Policy
from hall.text import Text
from hub.domain.day import Carried
from hub.domain.issuing import WITHDRAWN
from hub.domain.ticket import APPOINTMENT
from hub.store import tables as t
from hub.store.engine import store_url
from hub.store.faults import store_fault

#: A clerk who lets people wait longer than this between two calls was doing something else.
_LONGEST_GAP_S = 300.0


class Visit(msgspec.Struct, kw_only=True):
    """One call of a person as it was recorded."""

    service: str
    #: how long the window was theirs, or (absent) how long the clerk waited
    seconds: float
    absent: bool = False
    #: seconds after being missed until they were brought back; None: never
    back_after_s: float | None = None
    #: where they were sent then; None: they were done
    to: str | int | None = None


class Person(msgspec.Struct, kw_only=True):
    """Somebody with a ticket."""

    ticket: str
    at: datetime
    service: str
    lane: str
    slot: datetime | None = None
    situation: str | None = None
    visits: list[Visit] = msgspec.field(default_factory=list)
    gave_up: datetime | None = None
    #: seated directly, or back with a missing-papers slip: served, but waited in no lane
    aside: bool = False
    first_called: datetime | None = None

    @property
    def since(self) -> datetime:
        """From when their wait counts."""
        return self.at if self.slot is None else max(self.at, self.slot)


Change = (
    f.WindowOpened | f.WindowClosed | f.WindowPaused | f.WindowResumed | f.PolicyChanged | f.ProfileChanged
)


class Recording(msgspec.Struct, kw_only=True):
    """The day."""

    day: str
    opened: datetime
    #: None: it is still open
    closed: datetime | None
    #: the policy when the day began; None in journals that do not tell
    policy: Policy | None
    people: list[Person]
    #: (window, clerk) from the day's beginning
    seats: list[tuple[int, str]]
    changes: list[Change]
    #: seconds between two people while somebody waited, by window
    gaps: dict[int, float]
    #: services seen at each window, those called most first
    served: dict[int, list[str]]
    #: letter by service
    letters: dict[str, str]


def read(where: str, day: str) -> Recording:
    """The recorded day; raises ``Fault`` when the store cannot be read or does not know it."""
    engine = create_engine(_read_only(where))
    try:
        with engine.connect() as connection:
            told = [wire.decode_fact(body) for body in _bodies(connection, day)]
    except SQLAlchemyError as error:
        raise store_fault(error) from error
    finally:
        engine.dispose()
    if not told:
        raise Fault("unknown-day", Text(zh=f"记录里没有{day}这一天", en=f"the journal knows no day {day}"))
    return recording(day, told)


def _read_only(where: str) -> URL:
    url = store_url(where)
    if url.get_backend_name() != "sqlite":
        return url.update_query_dict({"options": "-c default_transaction_read_only=on"})
    return make_url("sqlite://").set(
        database=f"file:{Path(str(url.database)).absolute()}", query={"mode": "ro", "uri": "true"}
    )


def _bodies(connection: Connection, day: str) -> Sequence[bytes]:
    """Facts from the day's first opening to the next day's."""
    c = t.facts.c
    openings = connection.execute(select(c.n, c.day).where(c.type == "DayOpened").order_by(c.n)).all()
    first = next((n for n, opened in openings if opened == day), None)
    if first is None:
        return ()
    end = next((n for n, opened in openings if n > first and opened != day), None)
    asked = select(c.body).where(c.n >= first).order_by(c.n)
    return connection.execute(asked if end is None else asked.where(c.n < end)).scalars().all()


def recording(day: str, told: Sequence[f.AnyFact]) -> Recording:
    """The day as its facts tell it, the first of them its opening."""
    opened = told[0]
    assert isinstance(opened, f.DayOpened)
    carried = msgspec.convert(opened.carried, Carried)
    scribe = _Scribe()
    for fact in told:
        scribe.hear(fact)
    return Recording(
        day=day,
        opened=opened.at,
        closed=scribe.closed,
        policy=None if carried.policy is None else carried.policy.policy,
        people=[
            person for person in scribe.people.values() if person.gave_up is None or not scribe.void(person)
        ],
        seats=[(window, clerk) for window, clerk, *_ in carried.seats],
        changes=scribe.changes,
        gaps={window: median(gaps) for window, gaps in scribe.gaps.items()},
        served={
            window: sorted(services, key=lambda service: -services[service])
            for window, services in scribe.served.items()
        },
        letters=scribe.letters,
    )


class _Scribe:
    """Hears the day's facts in order."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.changes: list[Change] = []
        self.gaps: dict[int, list[float]] = {}
        self.served: dict[int, dict[str, int]] = {}
        self.letters: dict[str, str] = {}
        self.closed: datetime | None = None
        self._withdrawn: set[str] = set()
        #: (ticket) → when its present stretch at a window began, and the seconds of those before it
        self._since: dict[str, tuple[datetime, float]] = {}
        #: (ticket) → the same before the last act that ended it
        self._was: dict[str, tuple[datetime, float]] = {}
        self._missed: dict[str, datetime] = {}
        #: since when a ticket waits where it waits now
        self._waits: dict[str, datetime] = {}
        self._free_since: dict[int, datetime] = {}

    def void(self, person: Person) -> bool:
        """Whether nobody ever held the number."""
        return person.ticket in self._withdrawn

    def hear(self, fact: f.AnyFact) -> None:
        """One fact."""
        match fact:
            case f.TicketIssued():
                self._issued(fact)
            case f.ServedByHand():
                self.people.pop(fact.ticket, None)
            case f.TicketCalled(round=1):
                self._called(fact)
            case f.TicketMissed():
                self._ends(fact, fact.window, absent=True)
                self._missed[fact.ticket] = fact.at
            case f.TicketReturned():
                self._returned(fact)
            case f.TicketParked():
                began, before = self._was[fact.ticket] = self._since.pop(fact.ticket, (fact.at, 0.0))
                self._since[fact.ticket] = (fact.at, before + _s(began, fact.at))
                self._free_since[fact.window] = fact.at
            case f.TicketResumed():
                before = self._since.get(fact.ticket, (fact.at, 0.0))[1]
                self._since[fact.ticket] = (fact.at, before)
                self._free_since.pop(fact.window, None)
            case f.ActUndone():
                self._undone(fact)
            case f.ServiceFinished():
                self._ends(fact, fact.window)
            case f.TicketTransferred():
                self._ends(fact, fact.window, to=fact.to)
            case f.TicketRerouted():
                self._rerouted(fact)
            case f.TicketCancelled():
                person = self.people.get(fact.ticket)
                if person is not None:
                    person.gave_up = fact.at
                if fact.reason == WITHDRAWN:
                    self._withdrawn.add(fact.ticket)
            case f.WindowOpened() | f.WindowClosed() | f.WindowPaused() | f.WindowResumed():
                self._free_since.pop(fact.window, None)
                self.changes.append(fact)
            case f.DayClosed():
                self.closed = fact.at
            case f.DayOpened():
                self.closed = None
            case f.PolicyChanged() | f.ProfileChanged():
                self.changes.append(fact)
            case _:
                pass

    def _issued(self, fact: f.TicketIssued) -> None:
        self.letters.setdefault(fact.service, fact.number[0])
        for window in fact.windows:
            self.served.setdefault(window, {}).setdefault(fact.service, 0)
        self._waits[fact.ticket] = fact.at
        if fact.ticket in self.people:
            return
        self.people[fact.ticket] = Person(
            ticket=fact.ticket,
            at=fact.arrived or fact.at,
            service=fact.service,
            lane=fact.lane if fact.slot is None else APPOINTMENT,
            slot=fact.slot,
            situation=fact.situation,
            aside=fact.slip is not None,
        )

    def _called(self, fact: f.TicketCalled) -> None:
        services = self.served.setdefault(fact.window, {})
        services[fact.service] = services.get(fact.service, 0) + 1
        person = self.people.get(fact.ticket)
        free = self._free_since.pop(fact.window, None)
        if person is None:
            return
        self._since[fact.ticket] = (fact.at, 0.0)
        person.first_called = person.first_called or fact.at
        person.aside = person.aside or fact.seated
        person.visits.append(Visit(service=fact.service, seconds=0.0))
        if free is not None and self._waits[fact.ticket] <= free and _s(free, fact.at) <= _LONGEST_GAP_S:
            self.gaps.setdefault(fact.window, []).append(_s(free, fact.at))

    def _ends(
        self, fact: f.TicketFact, window: int, *, absent: bool = False, to: str | int | None = None
    ) -> None:
        self._free_since[window] = self._waits[fact.ticket] = fact.at
        began, before = self._was[fact.ticket] = self._since.pop(fact.ticket, (fact.at, 0.0))
        person = self.people.get(fact.ticket)
        if person is not None and person.visits:
            visit = person.visits[-1]
            visit.seconds, visit.absent, visit.to = before + _s(began, fact.at), absent, to

    def _rerouted(self, fact: f.TicketRerouted) -> None:
        """Who was sent elsewhere before anybody served them came for that."""
        person = self.people.get(fact.ticket)
        if person is not None and not person.visits:
            if person.service != fact.service:
                person.situation = None
            person.service, person.lane = fact.service, fact.lane

    def _returned(self, fact: f.TicketReturned) -> None:
        self._waits[fact.ticket] = fact.at
        person, missed = self.people.get(fact.ticket), self._missed.pop(fact.ticket, None)
        if person is None or not person.visits:
            return
        if missed is not None:
            person.visits[-1].back_after_s = _s(missed, fact.at)
        elif fact.ticket in self._since:  # its window paused before it sat: that was no visit
            self._since.pop(fact.ticket)
            person.visits.pop()

    def _undone(self, fact: f.ActUndone) -> None:
        """A clerk's last act was taken back: a call was no visit, and what had ended goes on."""
        person = self.people.get(fact.ticket)
        if person is None or not person.visits:
            return
        if fact.what is Act.CALL:
            self._since.pop(fact.ticket, None)
            person.visits.pop()
            if not person.visits:
                person.first_called = None
        elif fact.what is not Act.START and fact.ticket in self._was:
            self._since[fact.ticket] = self._was.pop(fact.ticket)
            self._missed.pop(fact.ticket, None)
            self._free_since.pop(fact.window, None)
            person.visits[-1].absent, person.visits[-1].to = False, None


def _s(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())
