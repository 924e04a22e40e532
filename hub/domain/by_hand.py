"""The manual-number bridge: numbers from the pre-printed book, given while the power was gone, come into the hall afterwards.

Rules:

* The book's numbers, :data:`~hall.messages.common.FIRST_BY_HAND` to :data:`~hall.messages.common.LAST_BY_HAND` of each letter, are kept for it on
  every day: the hub never gives one and lends none, so that nothing need be arranged before the power goes.
* The guide desk enters a service's first and last number, in the order of the book, at most :data:`MOST` at once; each number is
  entered once, and an entry with one that somebody holds already is refused whole.
* Who came when is spread evenly between the two times that are told, never later than now and on the hall's day; without times
  they came just now. So they stand in line among the others as if a machine had given the numbers, behind whoever came before.
* Those of whom it is known were served, without window and clerk: they rate nothing and no time of theirs is counted.
* A day that is closed already takes numbers until the hall next opens, so that it is complete; who was not served has then left. It
  must be told when they came.
* Nobody is refused for hours, quota or a stop: the person holds the paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from hall.messages.asks import EnterByHand
from hall.messages.common import FIRST_BY_HAND, LAST_BY_HAND, Span, Via
from hall.messages.facts import EnteredByHand, ServedByHand, TicketIssued, TicketLeft
from hub.domain import issuing, numbers, waits
from hub.domain.refusals import refused
from hub.domain.state import State
from hub.domain.ticket import Life, Ticket

#: So many at once: what is told of them fits one answer.
MOST: Final = 50


def enter_by_hand(
    s: State, order: EnterByHand, at: datetime
) -> list[EnteredByHand | TicketIssued | ServedByHand | TicketLeft]:
    """First that they were entered, then everybody in the order of the book.

    Refuses ``closed`` (no day yet), ``unknown-service``, ``unknown-lane``, ``not-by-hand``, ``too-many-by-hand``, ``entered-by-hand``,
    ``ticket-known``, ``times-by-hand``.
    """
    if s.day is None:
        raise refused("closed")
    letter = issuing.letter_of(s, order.service, None, order.lane)
    counts = _counts(letter, Span(first=order.first, last=order.last))
    if len(counts) > MOST:
        raise refused("too-many-by-hand")
    served = {count for span in order.served for count in _counts(letter, span)}
    if not served <= set(counts):
        raise refused("not-by-hand")
    book = s.books[s.day]
    if any(book.is_used(letter, count) for count in counts):
        raise refused("entered-by-hand")
    ids = {count: f"{order.id[:57]}-{numbers.number(letter, count)}" for count in counts}
    if any(ticket in s.tickets for ticket in ids.values()):
        raise refused("ticket-known")
    entered = EnteredByHand(
        n=s.n + 1,
        at=at,
        service=order.service,
        lane=order.lane,
        first=order.first,
        last=order.last,
        served=len(served),
        actor=order.actor,
    )
    told: list[EnteredByHand | TicketIssued | ServedByHand | TicketLeft] = [entered]
    before = 0
    for count, came in zip(counts, _came(s, order, len(counts), at), strict=True):
        n = s.n + 1 + len(told)
        waits_now = s.open and count not in served
        number = numbers.number(letter, count)
        told.append(_issued(s, order, at, n, (ids[count], number), came, before if waits_now else None))
        before += waits_now
        if count in served:
            told.append(ServedByHand(n=n + 1, at=at, ticket=ids[count], number=number))
        elif not s.open:
            told.append(TicketLeft(n=n + 1, at=at, ticket=ids[count], number=number))
    return told


def _counts(letter: str, span: Span) -> range:
    """The counts of a run of the book's numbers of a letter. Refuses ``not-by-hand``."""
    (first_letter, first), (last_letter, last) = numbers.split(span.first), numbers.split(span.last)
    in_book = FIRST_BY_HAND <= first <= last <= LAST_BY_HAND
    if not (in_book and first_letter == last_letter == letter):
        raise refused("not-by-hand")
    return range(first, last + 1)


def _came(s: State, order: EnterByHand, people: int, at: datetime) -> Iterator[datetime | None]:
    """When each of them came, in order; None: just now. Refuses ``times-by-hand``."""
    began, ended = order.began or order.ended, order.ended or (at if order.began else None)
    if began is None or ended is None:
        if not s.open:
            raise refused("times-by-hand")
        return iter([None] * people)
    days = {moment.astimezone(s.zone).date().isoformat() for moment in (began, ended)}
    if not began <= ended <= at or days != {s.day}:
        raise refused("times-by-hand")
    step = (ended - began) / max(1, people - 1)
    return iter([min(ended, began + step * i) for i in range(people)])


def _issued(
    s: State,
    order: EnterByHand,
    at: datetime,
    n: int,
    named: tuple[str, str],
    came: datetime | None,
    before: int | None,
) -> TicketIssued:
    """One of them; `before`: how many of the same entry wait before them, None for who waits no more."""
    ahead, wait = 0, waits.UNKNOWN
    if before is not None:
        key = s.arrival_at(at, came, n)
        ahead = s.ahead_of(order.service, order.lane, key, at) + before
        wait = waits.wait(s, order.service, order.lane, key, ahead, at)
    return TicketIssued(
        n=n,
        at=at,
        ticket=named[0],
        number=named[1],
        service=order.service,
        lane=order.lane,
        via=Via.HAND,
        ahead=ahead,
        wait_min_s=wait.min_s,
        wait_max_s=wait.max_s,
        expected_s=wait.expected_s,
        windows=s.working.get(order.service, ()) if before is not None else (),
        arrived=came,
        paper=False,
    )


# ---------------------------------------------------------------- apply


def on_served(s: State, fact: ServedByHand) -> None:
    """Served while the power was gone; by whom, only paper knows."""
    ticket: Ticket = s.tickets[fact.ticket]
    s.take_out(ticket)
    s.live(ticket, Life.DONE)
