"""Numbers that outlive the night, where the hall has switched that on (``keep_overnight``).

Rules:

* Closing still names everybody who was not served; whoever waited, was called or parked keeps the number (``kept``), and
  stands in line again by the first arrival when the hall next opens. Who was being served, or was missed, has left.
* A kept number is used on its next day too, so that day counts on behind it: no number twice a day.
* Blocks lent to dispensers lie in two halves, taken in turn by the date (:func:`hub.domain.numbers.half`), so that no number lent
  yesterday and kept is lent today.
* It is the same ticket: arrival, steps, papers and promises stay. With the switch off nothing crosses the night.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from hall.messages.facts import TicketIssued
from hub.domain import numbers
from hub.domain.moments import Micros
from hub.domain.state import State
from hub.domain.ticket import DESK, Life, LineKey, Place, Ticket

#: Who was in one of these keeps the number.
_KEEPING: Final = frozenset({Life.WAITING, Life.CALLED, Life.PARKED})


class KeptTicket(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One ticket across the night, as plain values."""

    issued: TicketIssued
    number: str
    service: str
    lane: str
    arrival: LineKey
    slot_us: Micros | None = None
    #: the window whose own line it waits in, or the guide desk
    place: Place = None
    step: int = 0
    worked: bool = False
    back: int | None = None
    coming_back: bool = False
    note: str = ""
    printed: int = 0
    papers: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    aids: str | None = None


def keeps(s: State, ticket: Ticket) -> bool:
    """Whether this ticket, unserved at the close, keeps its number."""
    return s.policy.keep_overnight and ticket.life in _KEEPING


def kept(s: State, _day: str) -> Iterator[dict[str, Any]]:
    """Everybody whose number outlives the night, by arrival."""
    for ticket in sorted((t for t in s.tickets.values() if t.kept), key=lambda t: t.arrival):
        values = KeptTicket(
            issued=ticket.issued,
            number=ticket.number,
            service=ticket.service,
            lane=ticket.lane,
            arrival=ticket.arrival,
            slot_us=ticket.slot_us,
            place=ticket.place,
            step=ticket.step,
            worked=ticket.worked,
            back=ticket.back,
            coming_back=ticket.coming_back,
            note=ticket.note,
            printed=ticket.printed,
            papers=ticket.papers,
            forms=ticket.forms,
            aids=ticket.aids,
        )
        yield msgspec.json.decode(msgspec.json.encode(values))


def take_in(s: State, values: dict[str, Any]) -> None:
    """Back in line, in the day that begins."""
    found = msgspec.convert(values, KeptTicket)
    s.books[s.day or ""].take(*numbers.split(found.number))
    ticket = Ticket(
        id=found.issued.ticket,
        number=found.number,
        service=found.service,
        lane=found.lane,
        arrival=found.arrival,
        slot_us=found.slot_us,
        issued=found.issued,
        life=Life.LEFT,
        step=found.step,
        worked=found.worked,
        back=found.back,
        coming_back=found.coming_back,
        note=found.note,
        printed=found.printed,
        papers=found.papers,
        forms=found.forms,
        aids=found.aids,
    )
    s.latest_us = max(s.latest_us, found.arrival[0])
    s.tickets[ticket.id] = ticket
    place = found.place if found.place == DESK or found.place in s.windows else None
    s.join(ticket, place, ticket.stands)
