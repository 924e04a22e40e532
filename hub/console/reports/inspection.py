"""What the hall promises in public, beside what was measured on one day, and the facts behind each figure.

Rules:

* A promise is kept or not kept by the day's own facts; where nothing happened that could keep or break it, nothing is said of it.
* Behind a figure stand the facts that count against the promise; where nothing can count against it, those that make it up.
* Told once (一次性告知): whoever came back with a missing-papers slip was not sent home for papers again.
* Nobody's reasons stand here: an extension names the number and no more (C8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from hall.messages import facts as f
from hall.messages.common import AlarmCode
from hall.text import Text
from hub.console.reports.count import Promise, one_trip
from hub.console.reports.rows import DayRows, Work

F = TypeVar("F", bound=f.Fact)

#: A seat that stood empty, and somebody who was sent from one to the next.
EMPTY = (AlarmCode.WINDOW_UNSTAFFED, AlarmCode.LUNCH_UNCOVERED, AlarmCode.PAUSE_OVERRUN)
PING_PONG = (AlarmCode.PING_PONG,)
#: The grade that must be called back.
BAD = 1


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One fact behind a figure."""

    at: datetime
    number: str | None = None
    window: int | None = None
    clerk: str | None = None
    service: str | None = None
    lasted_s: int | None = None
    #: papers that were missing
    papers: int | None = None
    text: Text | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One promise and what was measured: `kept` of `of`, or `kept` alone where nothing is to be kept."""

    key: str
    kept: int
    of: int | None = None
    #: None: nothing happened by which to judge, or nothing is promised
    ok: bool | None = None
    minutes: int | None = None
    evidence: tuple[Evidence, ...] = ()


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What an inspector looks at: one day's rows and facts, and which bad ratings somebody has called back."""

    rows: DayRows
    facts: tuple[f.AnyFact, ...] = ()
    #: by ticket and step: called back; a rating without a case is not
    called_back: Mapping[tuple[str, int], bool] = {}
    #: the same: spoken to before they left the hall
    spoken_to: Mapping[tuple[str, int], bool] = {}


def inspect(looked: Looked, promise: Promise) -> tuple[Finding, ...]:
    """Every promise, in the order in which the hall makes them."""
    return (
        _identity(looked),
        _waits(looked, promise),
        _handling(looked),
        _told_once(looked),
        _one_trip(looked),
        _alarms(looked, "no-ping-pong", PING_PONG),
        _alarms(looked, "no-empty-seat", EMPTY),
        _spoken_to(looked),
        _called_back(looked),
        _extended(looked),
    )


def _identity(looked: Looked) -> Finding:
    """Whoever sits at a window is named there by work number."""
    there = [seat for seat in looked.rows.seats if seat.ended is None]
    seats = tuple(Evidence(at=seat.began, window=seat.window, clerk=seat.clerk) for seat in there)
    return Finding(key="identity", kept=len(seats), evidence=seats)


def _waits(looked: Looked, promise: Promise) -> Finding:
    waited = [visit for visit in looked.rows.visits if visit.waited_s is not None]
    broken = tuple(
        Evidence(at=visit.arrived, number=visit.number, service=visit.service, lasted_s=visit.waited_s)
        for visit in waited
        if (visit.waited_s or 0) > promise.wait_s(visit.service)
    )
    return _kept("wait", len(waited), broken, minutes=promise.wait_min)


def _handling(looked: Looked) -> Finding:
    judged = [work for work in looked.rows.works if work.handled_s and work.target_min is not None]
    broken = tuple(_work(work) for work in judged if (work.handled_s or 0) > (work.target_min or 0) * 60)
    return _kept("handling", len(judged), broken)


def _told_once(looked: Looked) -> Finding:
    slips = {slip.ticket: slip for slip in _of(looked.facts, f.SlipIssued)}
    back = [visit for visit in looked.rows.visits if visit.slip]
    again = tuple(
        Evidence(
            at=visit.arrived,
            number=visit.number,
            service=visit.service,
            papers=len(slips[visit.ticket].missing) if visit.ticket in slips else None,
        )
        for visit in back
        if visit.outcome == "material-missing"
    )
    return _kept("told-once", len(back), again)


def _one_trip(looked: Looked) -> Finding:
    served = [visit for visit in looked.rows.visits if visit.state == "served"]
    more = tuple(
        Evidence(at=visit.arrived, number=visit.number, service=visit.service)
        for visit in served
        if not one_trip(visit)
    )
    return Finding(key="one-trip", kept=len(served) - len(more), of=len(served), evidence=more)


def _alarms(looked: Looked, key: str, codes: Sequence[AlarmCode]) -> Finding:
    stood = {fact.alarm: fact.seconds for fact in _of(looked.facts, f.AlarmStopped)}
    rung = tuple(
        Evidence(
            at=fact.at,
            number=fact.number,
            window=fact.window,
            clerk=fact.clerk,
            lasted_s=stood.get(fact.alarm),
            text=fact.text,
        )
        for fact in _of(looked.facts, f.AlarmRung)
        if fact.code in codes
    )
    return Finding(key=key, kept=len(rung), ok=not rung, evidence=rung)


def _spoken_to(looked: Looked) -> Finding:
    """A figure of its own, without a verdict: who had left already is called back, and nothing was broken."""
    met, others = _bad(looked, looked.spoken_to)
    return Finding(key="spoken-to", kept=met, of=met + len(others), evidence=others)


def _called_back(looked: Looked) -> Finding:
    called, waiting = _bad(looked, looked.called_back)
    return _kept("called-back", called + len(waiting), waiting)


def _bad(looked: Looked, done: Mapping[tuple[str, int], bool]) -> tuple[int, tuple[Evidence, ...]]:
    """For how many bad ratings something was done, and those for which it was not."""
    bad = [work for work in looked.rows.works if work.grade == BAD]
    others = tuple(_work(work) for work in bad if not done.get((work.ticket, work.step), False))
    return len(bad) - len(others), others


def _extended(looked: Looked) -> Finding:
    granted = {fact.ticket: fact for fact in _of(looked.facts, f.TicketExtended)}
    people = tuple(Evidence(at=fact.at, number=fact.number) for fact in granted.values())
    return Finding(key="extended", kept=len(people), evidence=people)


def _kept(key: str, of: int, broken: tuple[Evidence, ...], minutes: int | None = None) -> Finding:
    ok = not broken if of else None
    return Finding(key=key, kept=of - len(broken), of=of, ok=ok, minutes=minutes, evidence=broken)


def _work(work: Work) -> Evidence:
    at = work.rated or work.finished or work.called or work.started
    assert at is not None
    return Evidence(
        at=at,
        number=work.number,
        window=work.window,
        clerk=work.clerk,
        service=work.service,
        lasted_s=work.handled_s,
    )


def _of(told: Iterable[f.Fact], kind: type[F]) -> Iterator[F]:
    return (fact for fact in told if isinstance(fact, kind))
