"""How facts become rows of the read models.

Rules:

* A row depends on the facts alone, in their order: drawn live or years later, in whatever slices, it is the same row.
* A fact this program does not know draws nothing, and so does one about a ticket that was never issued here.
* A call and its recalls are one step: ``first_called_at`` is the first of them, ``called_at`` the last. Where nobody pressed start, work began
  with the last call. ``parked_s`` is not in ``seconds``. A parked ticket taken up elsewhere begins a new step; the old one ended when it was
  laid aside.
* An act that was taken back leaves the row as if it had not been. At a change of shift the open step ends as handed over and the next
  clerk's begins.
* Whose number was kept overnight has waited, at the first call, since the hall opened: nobody waits in a hall that is closed.
* Who was served while the power was gone has neither step nor outcome: nobody knows them.
* Who collects something at the guide desk after a service was served, when the day closes at the latest.
* What the guide goes through after the person first sat is no pre-check. A person sat where work was begun and more than the papers came.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select

from hall.messages import facts as f
from hall.messages.common import Act
from hub.domain.ratings import OFFICIAL
from hub.store import tables as t
from hub.store.seating import Seating

Row = dict[str, Any]

_OF: Any = bindparam("of", expanding=True)
_TICKETS = select(t.tickets).where(t.tickets.c.ticket.in_(_OF))
_STEPS = select(t.steps).where(t.steps.c.ticket.in_(_OF))
#: Whoever still waits: with a number of the day, or with one that was kept overnight and some step of this day.
_WAITING = select(t.tickets.c.ticket).where(
    t.tickets.c.state == "waiting",
    or_(
        t.tickets.c.day == bindparam("day"),
        t.tickets.c.ticket.in_(select(t.steps.c.ticket).where(t.steps.c.day == bindparam("day"))),
    ),
)
#: Ends of a step after which the visit goes on.
_ON_THE_WAY = {None, "transferred", "parked", "handed-over"}
_BLANK_TICKET: Row = dict.fromkeys(t.tickets.c.keys()) | {
    "state": "waiting",
    "windows": "",
    **dict.fromkeys(("sat_at", "accepted", "prechecked", "extended"), 0),
}
_BLANK_STEP: Row = dict.fromkeys(t.steps.c.keys()) | {"parked_s": 0, "carry": 0}


class Pencil:
    """Draws a slice of facts: reads the rows it touches, changes them in memory, and writes each of them once."""

    def __init__(self, connection: Connection, day: str, opened: str | None = None) -> None:
        """`day` is the one open before the slice, `opened` when it was opened."""
        self.day, self.opened = day, opened
        self._connection = connection
        self._seating = Seating(connection)
        self._tickets: dict[str, Row] = {}
        self._steps: dict[str, dict[int, Row]] = {}

    def draw(self, drawn: Sequence[f.AnyFact]) -> None:
        """Every fact in order."""
        touched = {fact.ticket for fact in drawn if isinstance(fact, f.TicketFact)}
        touched.update(
            fact.ticket for fact in drawn if isinstance(fact, f.WindowOpened) and fact.ticket is not None
        )
        for fact in drawn:
            if isinstance(fact, f.DayClosed):
                touched.update(self._connection.execute(_WAITING, {"day": fact.day}).scalars())
        of = sorted(touched)
        for row in self._connection.execute(_TICKETS, {"of": of}).mappings():
            self._tickets[row["ticket"]] = dict(row)
        for row in self._connection.execute(_STEPS, {"of": of}).mappings():
            self._steps.setdefault(row["ticket"], {})[row["step"]] = dict(row)
        for fact in drawn:
            self._draw(fact)
            self._seating.draw(fact, self.day)
        self._seating.write()
        for id_, ticket in self._tickets.items():
            mine = self._steps.get(id_, {}).values()
            ticket["sat_at"] = len({x["window"] for x in mine if x["started_at"] and not x["carry"]})
            ticket["accepted"] = int(any(x["accepted_at"] for x in mine))
        steps = [row for steps in self._steps.values() for row in steps.values()]
        for table, rows in ((t.tickets, list(self._tickets.values())), (t.steps, steps)):
            self._connection.execute(delete(table).where(table.c.ticket.in_(of)))
            if rows:
                self._connection.execute(insert(table), rows)

    def _draw(self, fact: f.AnyFact) -> None:
        match fact:
            case f.DayOpened():
                self.day, self.opened = fact.day, fact.at.isoformat()
            case f.DayClosed():
                self._close(fact)
            case f.TicketIssued():
                self._issue(fact)
            case f.WindowOpened() if fact.ticket in self._tickets:
                self._hand_over(fact, self._tickets[fact.ticket])
            case f.TicketFact() if fact.ticket in self._tickets:
                self._move(fact, self._tickets[fact.ticket])
            case f.TicketRated():
                self._rate(fact)
            case _:
                pass

    def _move(self, fact: f.TicketFact, ticket: Row) -> None:
        at = fact.at.isoformat()
        match fact:
            case f.TicketCalled():
                self._call(fact, ticket)
            case f.TicketMissed():
                ticket.update(state="missed", finished_at=at)
                self._last(fact)["freed_at"] = at
            case f.TicketReturned():
                ticket.update(state="waiting", finished_at=None)
                if fact.given_back:
                    self._last(fact)["freed_at"] = at
            case f.TicketCancelled():
                ticket.update(state="cancelled", finished_at=at)
            case f.TicketLeft():
                ticket.update(state="left", finished_at=at)
            case f.ServiceStarted():
                ticket.update(state="serving")
                self._step(fact)["started_at"] = at
            case f.ServiceAccepted():
                ticket.update(state="serving")
                self._began(fact)["accepted_at"] = at
            case f.TicketParked():
                ticket.update(state="parked")
                self._began(fact).update(parked_at=at, freed_at=at)
            case f.TicketResumed():
                self._resume(fact, ticket)
            case f.ServiceFinished():
                ticket.update(state="served", finished_at=at, outcome=fact.outcome.value)
                self._end(self._began(fact), fact, fact.outcome.value)
                self._step(fact)["situation"] = fact.situation
            case f.TicketTransferred():
                self._end(self._began(fact) if fact.seconds else self._step(fact), fact, "transferred")
                # Who was served and only collects something at the desk has nothing more to wait for.
                worked = any(step["seconds"] for step in self._steps[fact.ticket].values())
                done = fact.to == "desk" and worked
                ticket.update(state="waiting", finished_at=at if done else None)
            case f.TicketRated():
                self._rate(fact)
            case f.TicketPrechecked() if not any(x["started_at"] for x in self._of(fact)):
                ticket["prechecked"] = len(fact.papers) + len(fact.forms)
            case f.TicketExtended():
                ticket["extended"] = 1
            case f.ServedByHand():
                ticket.update(state="served", finished_at=at)
            case f.DeskServed():
                ticket.update(state="served", finished_at=at, outcome=fact.outcome.value)
            case f.ActUndone():
                self._undo(fact, ticket)
            case _:
                pass

    def _undo(self, fact: f.ActUndone, ticket: Row) -> None:
        steps, step = self._steps[fact.ticket], self._step(fact)
        if fact.what is Act.CALL:
            del steps[fact.step]
            ticket["windows"] = ",".join(dict.fromkeys(str(row["window"]) for row in steps.values()))
            if not steps:
                ticket.update(waited_s=None, first_called_at=None)
        elif fact.what in {Act.FINISH, Act.TRANSFER}:
            step.update(dict.fromkeys(("seconds", "outcome", "finished_at", "target_min", "situation")))
        elif fact.what is Act.PARK:
            step["parked_at"] = None
        if fact.what is not Act.CALL:
            step["freed_at"] = None
        if fact.life == "called":
            step["started_at"] = None
        ended = [row["outcome"] for row in steps.values() if row["outcome"] not in _ON_THE_WAY]
        ticket.update(state=fact.life, finished_at=None, outcome=ended[-1] if ended else None)

    def _hand_over(self, fact: f.WindowOpened, ticket: Row) -> None:
        assert fact.ticket is not None
        assert fact.step is not None
        steps, at = self._steps.setdefault(fact.ticket, {}), fact.at.isoformat()
        serving = ticket["state"] == "serving"
        old = steps.get(fact.step - 1)
        if old is not None:
            worked = _seconds(old["started_at"], fact.at) - old["parked_s"] if serving else 0
            old.update(seconds=max(0, worked), outcome="handed-over", finished_at=at, freed_at=at)
        steps[fact.step] = _BLANK_STEP | {
            "ticket": fact.ticket,
            "step": fact.step,
            "day": self.day,
            "window": fact.window,
            "clerk": fact.clerk,
            "service": ticket["service"] if old is None else old["service"],
            # Whoever was called and has not sat down is still on the way: that call counts.
            "called_at": at if serving or old is None else old["called_at"],
            "first_called_at": at if serving or old is None else old["first_called_at"],
            "started_at": at if serving else None,
        }

    def _issue(self, fact: f.TicketIssued) -> None:
        # A number from a lent block replaces the hub's own of the same ticket.
        self._tickets[fact.ticket] = _BLANK_TICKET | {
            "ticket": fact.ticket,
            "day": self.day,
            "number": fact.number,
            "service": fact.service,
            "lane": fact.lane,
            "via": fact.via.value,
            "arrived_at": (fact.arrived or fact.at).isoformat(),
            "situation": fact.situation,
            "slot": None if fact.slot is None else fact.slot.isoformat(),
            "prechecked": len(fact.papers) + len(fact.forms),
            "slip": fact.slip,
        }

    def _call(self, fact: f.TicketCalled, ticket: Row) -> None:
        at = fact.at.isoformat()
        if ticket["waited_s"] is None:
            overnight = ticket["day"] != self.day and self.opened is not None
            since = self.opened if overnight else ticket["arrived_at"]
            ticket.update(waited_s=_seconds(since, fact.at), first_called_at=at)
        ticket.update(state="called", finished_at=None)
        _visit(ticket, fact.window)
        step = self._step(fact)
        step.update(called_at=at, service=fact.service, carry=int(fact.carry), freed_at=None)
        step["first_called_at"] = step["first_called_at"] or at

    def _resume(self, fact: f.TicketResumed, ticket: Row) -> None:
        for old in self._steps.get(fact.ticket, {}).values():
            if old["parked_at"] is None:
                continue
            if old["step"] == fact.step:
                old["parked_s"] += _seconds(old["parked_at"], fact.at)
            else:
                worked = (
                    _seconds(old["started_at"], datetime.fromisoformat(old["parked_at"])) - old["parked_s"]
                )
                old.update(finished_at=old["parked_at"], outcome="parked", seconds=max(0, worked))
            old["parked_at"] = None
        ticket.update(state="serving")
        _visit(ticket, fact.window)
        step = self._step(fact)
        step.update(service=step["service"] or ticket["service"], freed_at=None)
        step["started_at"] = step["started_at"] or fact.at.isoformat()

    def _rate(self, fact: f.TicketRated) -> None:
        """A vote may come a day later, when nobody knows the ticket any more; its step stays."""
        self._step(fact).update(
            grade=fact.grade,
            rated_at=fact.at.isoformat(),
            channel="pad" if fact.via is None else fact.via.value,
            official=fact.official or OFFICIAL[fact.grade],
        )

    def _close(self, fact: f.DayClosed) -> None:
        for ticket in self._tickets.values():
            if ticket["state"] == "waiting":
                ticket.update(state="served", finished_at=ticket["finished_at"] or fact.at.isoformat())

    def _step(self, fact: f.TicketCalled | f.ServiceFact) -> Row:
        steps = self._steps.setdefault(fact.ticket, {})
        if fact.step not in steps:
            steps[fact.step] = _BLANK_STEP | {
                "ticket": fact.ticket,
                "step": fact.step,
                "day": self.day,
                "window": fact.window,
                "clerk": fact.clerk,
            }
        return steps[fact.step]

    def _of(self, fact: f.TicketFact) -> Collection[Row]:
        return self._steps.get(fact.ticket, {}).values()

    def _last(self, fact: f.TicketFact) -> Row:
        """The step of a fact that names none: nobody is missed or given back who was not called."""
        return max(self._of(fact), key=lambda step: step["step"], default={})

    def _began(self, fact: f.ServiceFact) -> Row:
        """The step of a fact that means work was begun."""
        step = self._step(fact)
        step["started_at"] = step["started_at"] or step["called_at"] or fact.at.isoformat()
        return step

    @staticmethod
    def _end(step: Row, fact: f.ServiceFinished | f.TicketTransferred, outcome: str) -> None:
        step.update(seconds=fact.seconds, outcome=outcome, finished_at=fact.at.isoformat())
        step.update(target_min=fact.target_min, freed_at=step["finished_at"])


def _visit(ticket: Row, window: int) -> None:
    visited = [part for part in ticket["windows"].split(",") if part]
    if str(window) not in visited:
        ticket["windows"] = ",".join([*visited, str(window)])


def _seconds(since: str | None, until: datetime) -> int:
    return 0 if since is None else max(0, round((until - datetime.fromisoformat(since)).total_seconds()))
