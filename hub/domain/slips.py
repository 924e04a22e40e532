"""Endings that go on elsewhere or another day: missing-papers slips, onward slips, the earliest next date.

Rules:

* ``material-missing`` names each paper that is missing (a detail alone counts as the one line) and gives a slip with a code.
  It counts until ``slip_days`` after its day, that day included, once: a ticket that was taken with it and is cancelled or left
  unserved gives it back, and a slip whose ending was undone was never given.
* Who shows it waits for the window of the clerk who gave it, else for that of the B cover; whoever of the two works now comes before
  one who is paused. The cover's window must serve the service. There the person stands at the front, behind those who came back
  before.
* Where neither sits today, the person stands at the front of the normal lane of the service, behind those who came back before: they
  have queued once already, whoever can serve them first does, and one place further back is all it costs anybody else. The
  order between the lanes stays what it is, so nobody starves by it.
* ``onward`` with an office names office, room, person and purpose, and only after that office was asked (``not-confirmed``);
  without one it says in a word where to go in this hall.
* ``not-allowed`` says what can be done instead, ``proxy-refused`` a word why.
* When a visit ends with ``done`` in a situation with ``again_days``, so many days after that day the person may come again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any, Final

import msgspec

from hall.messages.asks import Finish
from hall.messages.common import Onward, Outcome
from hall.messages.facts import ActUndone, ServiceFinished, SlipIssued, TicketIssued
from hub.domain.lines import Line
from hub.domain.promises import Slip
from hub.domain.refusals import refused
from hub.domain.state import State, Window
from hub.domain.ticket import Ticket

#: So long a slip that counts no more is known, so that its holder hears why.
REMEMBERED_DAYS: Final = 30
_DIGITS: Final = 8
#: What an ending owes the person in a word, and how it is refused without.
_OWES: Final = {
    Outcome.NOT_ALLOWED: "alternative-required",
    Outcome.PROXY_REFUSED: "detail-required",
    Outcome.MATERIAL_MISSING: "detail-required",
    Outcome.ONWARD: "detail-required",
}


# ---------------------------------------------------------------- decide: endings


def check_ending(
    outcome: Outcome, detail: str | None, *, missing: tuple[str, ...] = (), onward: Onward | None = None
) -> None:
    """Whether the person was told what an ending owes. Refuses ``detail-required``, ``alternative-required``, ``not-confirmed``."""
    said = bool((detail or "").strip())
    if outcome is Outcome.MATERIAL_MISSING and missing:
        said = all(line.strip() for line in missing)
    if outcome is Outcome.ONWARD and onward is not None:
        said = all(word.strip() for word in (onward.office, onward.room, onward.person, onward.purpose))
        if said and not onward.confirmed:
            raise refused("not-confirmed")
    if outcome in _OWES and not said:
        raise refused(_OWES[outcome])


def situation_of(s: State, ticket: Ticket, chosen: str | None) -> tuple[str, str | None]:
    """The service and situation of a visit: as chosen at the end, else as on the ticket. Refuses ``unknown-situation``."""
    for service in (ticket.service, ticket.issued.service):
        plan = s.plan.services.get(service)
        if chosen is not None and plan is not None and chosen in plan.situations:
            return service, chosen
    if chosen is not None:
        raise refused("unknown-situation")
    return ticket.issued.service, ticket.issued.situation


def again_from(s: State, service: str, situation: str | None, at: datetime) -> str | None:
    """The first day on which the same person may come again; None where there is no such rule."""
    plan = s.plan.services.get(service)
    kind = None if plan is None or situation is None else plan.situations.get(situation)
    if kind is None or kind.again_days is None:
        return None
    return (at.astimezone(s.zone).date() + timedelta(days=kind.again_days)).isoformat()


def slip_of(s: State, order: Finish, finished: ServiceFinished, ticket: Ticket) -> SlipIssued | None:
    """The slip that an ending gives, as the fact after it."""
    if finished.slip is None:
        return None
    today = finished.at.astimezone(s.zone).date()
    return SlipIssued(
        n=finished.n + 1,
        at=finished.at,
        ticket=ticket.id,
        number=ticket.number,
        slip=finished.slip,
        code=_code(s, order.id),
        service=ticket.service,
        situation=finished.situation if ticket.service == ticket.issued.service else None,
        window=finished.window,
        clerk=finished.clerk,
        missing=order.missing or ((order.detail or "")[:80],),
        valid_until=(today + timedelta(days=s.policy.slip_days)).isoformat(),
    )


def _code(s: State, ask: str) -> str:
    """A code that nobody holds; the same ask gives the same one."""
    nth = 0
    while True:
        digest = hashlib.sha256(f"{ask}/{nth}".encode()).digest()
        code = f"{int.from_bytes(digest[:8]) % 10**_DIGITS:0{_DIGITS}d}"
        if code not in s.promises.codes:
            return code
        nth += 1


# ---------------------------------------------------------------- decide: coming back


def window_for(s: State, slip: Slip) -> int | None:
    """The window that takes the holder back: the clerk's or the cover's; None where neither sits."""
    clerk, cover = _seat(s, slip.clerk), _seat(s, s.plan.cover_of(slip.clerk))
    if cover is not None and slip.service not in s.pool(cover.number):
        cover = None
    seats = [window for window in (clerk, cover) if window is not None]
    best = min(seats, key=lambda window: not window.working, default=None)
    return None if best is None else best.number


def _seat(s: State, clerk: str | None) -> Window | None:
    number = None if clerk is None else s.seats.get(clerk)
    return None if number is None else s.windows.get(number)


def check_shown(s: State, slip: Slip, at: datetime) -> None:
    """Whether a slip still counts. Refuses ``already-checked-in``, ``slip-used``, ``slip-expired``."""
    ticket = None if slip.ticket is None else s.tickets.get(slip.ticket)
    if slip.ticket is not None:
        raise refused("slip-used" if ticket is None or ticket.worked else "already-checked-in")
    if at.astimezone(s.zone).date().isoformat() > slip.valid_until:
        raise refused("slip-expired")


def is_used(s: State, ending: int) -> bool:
    """Whether the slip that an ending (number of its fact) gave has been shown already."""
    return any(slip.n == ending + 1 and slip.ticket is not None for slip in s.promises.slips.values())


def came_back_before(line: Line) -> int:
    """How many at the head of a line came back with a slip, or were put to its front."""
    return sum(1 for _ in takewhile(lambda t: t.issued.slip is not None or t.key[1] < 0, line.people))


# ---------------------------------------------------------------- across the night


class _Kept(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A slip as it stands in a page."""

    id: str
    code: str
    service: str
    window: int
    clerk: str
    given_to: str
    until: str
    situation: str | None = None
    missing: tuple[str, ...] = ()


def kept(s: State, day: str) -> Iterator[dict[str, Any]]:
    """Slips that were not used, and count or may still be shown."""
    since = (date.fromisoformat(day) - timedelta(days=REMEMBERED_DAYS)).isoformat()
    for slip in s.promises.slips.values():
        if slip.ticket is None and slip.valid_until >= since:
            page = _Kept(
                id=slip.id,
                code=slip.code,
                service=slip.service,
                window=slip.window,
                clerk=slip.clerk,
                given_to=slip.given_to,
                until=slip.valid_until,
                situation=slip.situation,
                missing=slip.missing,
            )
            yield msgspec.to_builtins(page)


def take_in(s: State, values: dict[str, Any]) -> None:
    """A slip from a page."""
    page = msgspec.convert(values, _Kept)
    s.promises.give(
        Slip(
            id=page.id,
            code=page.code,
            service=page.service,
            situation=page.situation,
            window=page.window,
            clerk=page.clerk,
            given_to=page.given_to,
            valid_until=page.until,
            missing=page.missing,
        )
    )


# ---------------------------------------------------------------- apply


def on_slip(s: State, fact: SlipIssued) -> None:
    """A slip is in somebody's hands."""
    s.promises.give(
        Slip(
            id=fact.slip,
            code=fact.code,
            service=fact.service,
            situation=fact.situation,
            window=fact.window,
            clerk=fact.clerk,
            given_to=fact.ticket,
            valid_until=fact.valid_until,
            missing=fact.missing,
            n=fact.n,
        )
    )


def on_shown(s: State, fact: TicketIssued) -> None:
    """The holder is here."""
    if fact.slip is not None and fact.slip in s.promises.slips:
        s.promises.slips[fact.slip].ticket = fact.ticket


def to_front(s: State, ticket: Ticket) -> None:
    """The holder joins the line that takes them back, behind those who came back before."""
    place = ticket.issued.window
    if place is not None:
        s.window_for(place)
    line = s.line_of(ticket, place)
    s.join(ticket, place, line.key_before(came_back_before(line), ticket.issued.n, ticket.arrival))


def on_ticket_void(s: State, issued: TicketIssued) -> None:
    """The ticket was cancelled or left unserved: the slip counts as before."""
    slip = s.promises.slips.get(issued.slip or "")
    if slip is not None and slip.ticket == issued.ticket:
        slip.ticket = None


def on_ending_undone(s: State, fact: ActUndone) -> None:
    """The ending that gave a slip was taken back: it was never given."""
    for slip in [slip for slip in s.promises.slips.values() if slip.n == fact.undone + 1]:
        s.promises.take_back(slip)
