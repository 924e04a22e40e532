"""Taking back a clerk's last act: everything as it was before it.

Rules:

* The acts are call, start, no-show, park, transfer and finish; a recall is no act of its own. The same clerk takes back the last act
  at the window within ``undo_s``, then the one before it, each as long as nothing has built on it: neither the ticket has
  gone on elsewhere nor another has been opened at the window.
* What was comes back: the place in line, step and times, what was on its way back, the order's counts, the handling
  sample, the board. What others did meanwhile stays: a count or a board that has gone on is not turned back.
* The rating that was asked for is asked no more. One that was given stands: that step is not asked about again, and its call is not
  taken back any more, for the rating is of that call's window and clerk.
* A missing-papers slip that an ending gave was never given: its code counts no more.
* What is noted on a ticket meanwhile (paper, pre-check, extension) stays noted.
* How it was lives only in memory, is made again by a replay, and is gone with the day.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import msgspec

from hall.messages import facts
from hall.messages.asks import Undo
from hall.messages.common import Act
from hall.messages.facts import ActUndone, AnyFact
from hub.domain import handling, slips
from hub.domain.moments import SECOND, Micros, micros
from hub.domain.refusals import refused
from hub.domain.state import CALLS_SHOWN, Call, Of, State, Window
from hub.domain.ticket import Life, Ticket
from hub.domain.windows import seated

#: How many acts of a window can be taken back one after the other.
KEPT: Final = 8
#: What is noted on a ticket, whoever has it; all else is where it stands.
_NOTED = frozenset({"id", "number", "issued", "printed", "extended", "papers", "forms", "aids"})
_TICKET = tuple(field for field in Ticket.__struct_fields__ if field not in _NOTED)
_WINDOW = ("ticket", "own_streak", "asked", "carrying", "acted", "taken_us", "freed_us")
#: Facts about a ticket that leave it where it stands.
_NOTES = (
    facts.TicketPrinted,
    facts.PrintFailed,
    facts.TicketRated,
    facts.ApologyNoted,
    facts.TicketExtended,
    facts.TicketPrechecked,
    facts.SlipIssued,
    facts.SlipReprinted,
    facts.ActUndone,
)
_Clerks = (
    facts.TicketCalled
    | facts.ServiceStarted
    | facts.TicketMissed
    | facts.TicketParked
    | facts.TicketTransferred
    | facts.ServiceFinished
)
_ACTS: dict[type[AnyFact], Act] = {
    facts.TicketCalled: Act.CALL,
    facts.ServiceStarted: Act.START,
    facts.TicketMissed: Act.NO_SHOW,
    facts.TicketParked: Act.PARK,
    facts.TicketTransferred: Act.TRANSFER,
    facts.ServiceFinished: Act.FINISH,
}


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What one act changes beside its ticket and window, and others change too."""

    tallies: dict[Any, Any]
    now_called: dict[Any, Any]
    sent_on: dict[Any, Any]
    took: dict[Any, Any]
    tracks: dict[Any, Any]
    handlings: dict[Of, tuple[int, ...]]
    calls: tuple[Call, ...]


class Was(msgspec.Struct, frozen=True, kw_only=True):
    """One act, and how everything was that it changed."""

    what: Act
    #: number of the fact, and of the last of those that came with it
    n: int
    upto: int
    at_us: Micros
    clerk: str | None
    ticket: Ticket
    step: int
    ticket_was: dict[str, Any]
    window_was: dict[str, Any]
    #: until when the pad asked about the step before
    asked_until_us: Micros
    desk: tuple[str, ...]
    before: Shared
    after: Shared


def undo(s: State, order: Undo, at: datetime) -> list[ActUndone]:
    """As it was. Refuses ``closed``, ``not-seated``, ``nothing-to-undo``, ``undo-built-on``, ``undo-too-late``, ``window-paused``."""
    if not s.open:
        raise refused("closed")
    window, clerk = seated(s, order.window)
    was = last_act(s, window)
    if was is None or was.clerk != clerk:
        raise refused("nothing-to-undo")
    if built_on(s, window, was):
        raise refused("undo-built-on")
    if s.policy.undo_s == 0 or micros(at) - was.at_us > s.policy.undo_s * SECOND:
        raise refused("undo-too-late")
    life: Life = was.ticket_was["life"]
    if window.paused is not None and life is Life.CALLED:
        raise refused("window-paused")
    return [
        ActUndone(
            n=s.n + 1,
            at=at,
            ticket=was.ticket.id,
            number=was.ticket.number,
            window=window.number,
            clerk=clerk,
            step=was.step,
            what=was.what,
            undone=was.n,
            life=life.value,
        )
    ]


def built_on(s: State, window: Window, was: Was) -> bool:
    """Whether the ticket or the window has gone on since, its slip was used, or the step that this call began has a rating."""
    rated = s.steps.get((was.ticket.id, was.step)) if was.what is Act.CALL else None
    return (
        max(window.acted, was.ticket.touched) > was.upto
        or slips.is_used(s, was.n)
        or (rated is not None and rated.grade is not None)
    )


def last_act(s: State, window: Window) -> Was | None:
    """The last act at a window that is still remembered."""
    acts = s.acts.get(window.number)
    return acts[-1] if acts else None


# ---------------------------------------------------------------- apply: keeping how it was


@contextmanager
def kept(s: State, fact: AnyFact) -> Iterator[None]:
    """Around the application of a fact: keep how it was, if the fact is an act that can be taken back."""
    if not isinstance(fact, _Clerks) or (what := act_of(fact)) is None:
        yield
        _touch(s, fact)
        return
    ticket, window = s.tickets[fact.ticket], s.window_for(fact.window)
    goes_back = isinstance(fact, facts.ServiceFinished) and ticket.back not in {None, fact.window}
    gives_slip = isinstance(fact, facts.ServiceFinished) and fact.slip is not None
    ticket_was = {field: getattr(ticket, field) for field in _TICKET}
    window_was = {field: getattr(window, field) for field in _WINDOW}
    asked_until_us = 0 if window.asked is None else window.asked.until_us
    chosen = fact.situation if isinstance(fact, facts.ServiceFinished) else None
    desk, before = tuple(s.desk), _shared(s, handling.of(ticket, chosen))
    yield
    acts = s.acts.setdefault(window.number, deque(maxlen=KEPT))
    acts.append(
        Was(
            what=what,
            n=fact.n,
            upto=fact.n + gives_slip + goes_back,
            at_us=micros(fact.at),
            clerk=window.clerk,
            ticket=ticket,
            step=ticket.step,
            ticket_was=ticket_was,
            window_was=window_was,
            asked_until_us=asked_until_us,
            desk=desk,
            before=before,
            after=_shared(s, before.handlings),
        )
    )
    _touch(s, fact)


def act_of(fact: _Clerks) -> Act | None:
    """What the clerk did; None for a recall and for who was seated by the guide, which cannot be taken back."""
    if isinstance(fact, facts.TicketCalled) and (fact.round > 1 or fact.seated):
        return None
    return _ACTS[type(fact)]


def _shared(s: State, of: Iterable[Of]) -> Shared:
    """A picture of the parts, with the handling times `of` these."""
    return Shared(
        tallies=dict(s.tallies),
        now_called=dict(s.now_called),
        sent_on=dict(s.sent_on),
        took=dict(s.took),
        tracks=dict(s.tracks),
        handlings={key: handling.recent(s, key) for key in of},
        calls=tuple(s.calls),
    )


def _touch(s: State, fact: AnyFact) -> None:
    """Remember which fact moved a ticket last, and which one was last about a ticket open at a window."""
    if isinstance(fact, facts.WindowOpened) and fact.ticket is not None:
        _moved(s, fact.ticket, fact)
        s.window_for(fact.window).acted = fact.n
    elif isinstance(fact, facts.TicketFact) and not isinstance(fact, _NOTES) and not _is_recall(fact):
        _moved(s, fact.ticket, fact)
        if isinstance(fact, facts.ServiceFact | facts.TicketCalled | facts.TicketMissed):
            s.window_for(fact.window).acted = fact.n


def _is_recall(fact: facts.TicketFact) -> bool:
    return isinstance(fact, facts.TicketCalled) and fact.round > 1


def _moved(s: State, ticket: str, fact: AnyFact) -> None:
    moved = s.tickets[ticket]
    moved.touched, moved.since_us = fact.n, micros(fact.at)


# ---------------------------------------------------------------- apply: taking back


def on_undone(s: State, fact: ActUndone) -> None:
    """Everything as it was before the act."""
    window = s.window_for(fact.window)
    was = s.acts[fact.window].pop()
    _put_back(s, was)
    for field, value in was.window_was.items():
        setattr(window, field, value)
    if window.asked is not None:
        window.asked.until_us = was.asked_until_us
    asked = s.steps.get((fact.ticket, fact.step))
    if was.what in {Act.FINISH, Act.TRANSFER} and asked is not None and asked.grade is None:
        del s.steps[fact.ticket, fact.step]
    _turn_back(s.tallies, was.before.tallies, was.after.tallies)
    _turn_back(s.now_called, was.before.now_called, was.after.now_called)
    for shared in ("sent_on", "took", "tracks"):
        _turn_back(getattr(s, shared), getattr(was.before, shared), getattr(was.after, shared))
    for key, recent in was.before.handlings.items():
        handling.turn_back(s, key, recent, was.after.handlings[key])
    if was.what is Act.FINISH:
        slips.on_ending_undone(s, fact)
    if was.what is Act.CALL:
        others = [call for call in s.calls if call.ticket is not was.ticket]
        s.calls = deque(was.before.calls if tuple(s.calls) == was.after.calls else others, CALLS_SHOWN)


def _put_back(s: State, was: Was) -> None:
    """The ticket where it stood."""
    ticket = was.ticket
    s.take_out(ticket)
    life = was.ticket_was["life"]
    for field in _TICKET:
        if field != "life":
            setattr(ticket, field, was.ticket_was[field])
    if life is Life.WAITING:
        s.join(ticket, was.ticket_was["place"], was.ticket_was["key"])
        s.desk = {t: s.desk[t] for t in dict.fromkeys([*was.desk, *s.desk]) if t in s.desk}
    else:
        s.live(ticket, life)
    for field in _TICKET:
        setattr(ticket, field, was.ticket_was[field])


def _turn_back(live: dict[Any, Any], before: dict[Any, Any], after: dict[Any, Any]) -> None:
    """What the act changed and nobody since."""
    for key, value in after.items():
        if live.get(key) == value != before.get(key):
            if key in before:
                live[key] = before[key]
            else:
                del live[key]
