"""Calling people, and people who were not there.

Rules:

* A window calls only while its clerk sits, is not away, and no ticket is open there; the order is :mod:`hub.domain.choice`'s. *Next* may
  name the outcome of the open ticket: then that step ends and the next person is called in one act. Where nobody waits it only ends.
* A clerk may call any waiting ticket by name; that is told as `chosen` and counts in no order.
* A recall is the same call in its next round: not sooner after the last one than ``recall_lock_s``, and at most ``recall_limit``
  times. Nobody is missed sooner than ``no_show_after_s`` after the last call. After the person sat down there is neither.
* Who was missed comes back when the guide desk says so, behind ``return_after`` others of the line it was called from,
  and is never lost. The same act brings back into line who waits at the guide desk (to the front of the window that wants them
  back, if one does), and who waits for a window that has no clerk any more.
* A call begins a step and ends the time for rating the one before at that window; the step that ended in the same act is still asked
  about until the next person sits.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.asks import CallNext, CallTicket, Finish, NoShow, Recall, ReturnTicket
from hall.messages.facts import ServiceFinished, SlipIssued, TicketCalled, TicketMissed, TicketReturned
from hub.domain import choice, lives, pace, ratings, serving
from hub.domain.lives import Deed, Standing
from hub.domain.moments import SECOND, Micros, micros
from hub.domain.refusals import refused
from hub.domain.state import State, Window
from hub.domain.tally import Pool, after_call
from hub.domain.ticket import LAST_STEP, Life, Ticket
from hub.domain.windows import open_ticket, ready, seated


def call_next(
    s: State, order: CallNext, at: datetime
) -> list[ServiceFinished | SlipIssued | TicketReturned | TicketCalled]:
    """The next person by the order. Refuses ``nobody-waiting`` and what :func:`ready` and ``finish`` refuse."""
    window, ended = _free(s, order, at)
    helps = Pool(s.profile(window.number).helps)
    ticket = choice.next_ticket(
        s,
        s.turns(window.number),
        helps,
        own=window.own,
        own_streak=window.own_streak,
        now=micros(at),
    )
    if ticket is not None:
        return [*ended, _call(s.n + 1 + len(ended), window, ticket, at, keeps_rating=bool(ended))]
    if not ended:
        raise refused("nobody-waiting")
    return [*ended]


def _free(
    s: State, order: CallNext, at: datetime
) -> tuple[Window, list[ServiceFinished | SlipIssued | TicketReturned]]:
    """The window, ready for the next person, and the end of the step before if the clerk named its outcome."""
    window, _ = seated(s, order.window)
    if order.finish is None or window.ticket is None or window.paused is not None:
        return ready(s, order.window), []
    ending = Finish(id=order.id, window=order.window, outcome=order.finish, detail=order.detail)
    return window, serving.finish(s, ending, at)


def call_ticket(s: State, order: CallTicket, at: datetime) -> list[TicketCalled]:
    """One waiting ticket by name. Refuses ``not-waiting``."""
    window = ready(s, order.window)
    ticket = s.ticket(order.ticket)
    lives.check(s, ticket, Deed.CALL_TICKET)
    return [_call(s.n + 1, window, ticket, at, chosen=True)]


def _call(
    n: int,
    window: Window,
    ticket: Ticket,
    at: datetime,
    *,
    chosen: bool = False,
    keeps_rating: bool = False,
) -> TicketCalled:
    assert window.clerk is not None
    return TicketCalled(
        n=n,
        at=at,
        ticket=ticket.id,
        number=ticket.number,
        window=window.number,
        round=1,
        service=ticket.service,
        clerk=window.clerk,
        step=min(ticket.step + 1, LAST_STEP),
        chosen=chosen,
        back=ticket.coming_back and ticket.place == window.number,
        carry=ticket.carry,
        keeps_rating=keeps_rating,
    )


def recall(s: State, order: Recall, at: datetime) -> list[TicketCalled]:
    """The same person again. Refuses ``not-called``, ``already-started``, ``recall-limit``, ``recall-too-soon``."""
    window, clerk, ticket = open_ticket(s, order.window, Deed.RECALL)
    limit = s.policy.recall_limit
    if limit is not None and ticket.round > limit:
        raise refused("recall-limit")
    if _within(ticket, s.policy.recall_lock_s, at):
        raise refused("recall-too-soon")
    return [
        TicketCalled(
            n=s.n + 1,
            at=at,
            ticket=ticket.id,
            number=ticket.number,
            window=window.number,
            round=ticket.round + 1,
            service=ticket.service,
            clerk=clerk,
            step=ticket.step,
            back=ticket.coming_back and ticket.place == window.number,
            carry=ticket.carry,
        )
    ]


def no_show(s: State, order: NoShow, at: datetime) -> list[TicketMissed]:
    """The person did not come. Refuses ``not-called``, ``already-started``, ``no-show-too-soon``."""
    window, clerk, ticket = open_ticket(s, order.window, Deed.NO_SHOW)
    if _within(ticket, s.policy.no_show_after_s, at):
        raise refused("no-show-too-soon")
    return [
        TicketMissed(
            n=s.n + 1,
            at=at,
            ticket=ticket.id,
            number=ticket.number,
            window=window.number,
            clerk=clerk,
        )
    ]


def _within(ticket: Ticket, locked_s: int, at: datetime) -> bool:
    """Whether the last call was less than so long ago. A clock that was set back locks nobody."""
    return 0 <= micros(at) - ticket.called_us < locked_s * SECOND


def return_ticket(s: State, order: ReturnTicket, at: datetime) -> list[TicketReturned]:
    """Back into line. Refuses ``closed``, ``unknown-ticket``, ``ticket-closed``, ``not-missed``."""
    if not s.open:
        raise refused("closed")
    ticket = s.ticket(order.ticket)
    stands = lives.check(s, ticket, Deed.RETURN_TICKET)
    place = _line_again(s, ticket, stands)
    if stands is Standing.AT_DESK and place is not None:
        position = 1
    else:
        position = s.line_of(ticket, place).behind(_others(s, ticket, place, at), s.n + 1)
    return [
        TicketReturned(
            n=s.n + 1,
            at=at,
            ticket=ticket.id,
            number=ticket.number,
            position=position,
            window=place,
        )
    ]


def _others(s: State, ticket: Ticket, place: int | None, at: datetime) -> int:
    """Behind how many it comes back: of the appointments only those that are due, for their own hour has come."""
    after = s.policy.return_after
    if place is None and s.rule.is_apart(ticket.lane):
        return min(after, s.line_of(ticket, None).place_of(s.rule.due_below(micros(at))))
    return after


def _line_again(s: State, ticket: Ticket, stands: Standing) -> int | None:
    """The window whose own line takes the ticket back; None: its service's lines."""
    if stands is Standing.AT_DESK:
        return ticket.back
    return ticket.place if isinstance(ticket.place, int) and lives.has_clerk(s, ticket.place) else None


# ---------------------------------------------------------------- apply


def on_called(s: State, fact: TicketCalled) -> None:
    """A call, or its next round."""
    ticket, window = s.tickets[fact.ticket], s.window_for(fact.window)
    if fact.round == 1:
        own = ticket.place == fact.window
        s.take_out(ticket)
        if not fact.chosen:
            _count(s, window, ticket, micros(fact.at), own=own)
        if not fact.keeps_rating:
            ratings.close(window, fact.at)
        pace.on_called(s, window, ticket, fact)
        window.carrying = None
        window.ticket = ticket
        s.live(ticket, Life.CALLED)
        ticket.window, ticket.clerk, ticket.step = fact.window, fact.clerk, fact.step
        ticket.started_us, ticket.handled_us, ticket.accepted = None, 0, False
        ticket.unanswered_us = None
    ticket.round = fact.round
    ticket.called_us = micros(fact.at)
    if not fact.seated:
        if fact.round == 1:
            s.now_called[ticket.service] = ticket.number
        s.show_call(ticket, fact.window, fact.at)


def _count(s: State, window: Window, ticket: Ticket, now: Micros, *, own: bool) -> None:
    """Count a call by the order in the tallies it belongs to."""
    pool = s.turns(window.number)
    if own:
        others = bool(choice.could_be_called(s, pool, now))
        window.own_streak = window.own_streak + 1 if others else 0
        return
    window.own_streak = 0
    if s.rule.is_apart(ticket.lane) or ticket.key < s.rule.starved_below(now):
        return
    if ticket.service not in pool.services:
        pool = Pool(s.profile(window.number).helps)
    for counted in dict.fromkeys((pool, s.alone(ticket.service))):
        waiting = [lane for lane in choice.could_be_called(s, counted, now) if not s.rule.is_apart(lane)]
        s.tallies[counted] = after_call(s.rule, counted, s.tally(counted), ticket.lane, waiting)


def on_missed(s: State, fact: TicketMissed) -> None:
    """Called and absent: the window is free."""
    ticket = s.tickets[fact.ticket]
    pace.on_freed(s, s.window_for(fact.window), ticket, fact.at)
    s.take_out(ticket)
    s.live(ticket, Life.MISSED)
    ticket.window, ticket.missed_at = None, fact.window


def on_returned(s: State, fact: TicketReturned) -> None:
    """Back in line."""
    ticket = s.tickets[fact.ticket]
    s.take_out(ticket)
    if ticket.life in {Life.CALLED, Life.MISSED}:
        ticket.unanswered_us = ticket.called_us
    if fact.window is not None and fact.window == ticket.back:
        ticket.back, ticket.coming_back = None, True
    key = s.line_of(ticket, fact.window).key_at(fact.position, fact.n, ticket.stands)
    s.join(ticket, fact.window, key)
