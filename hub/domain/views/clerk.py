"""What consoles show beside the lines: the ticket that is open, a pause, papers under review, what can be taken back, and who stands aside.

Rules:

* Nothing here is for the public: a board in the hall draws numbers, windows and states only.
* Who stands aside longest comes first; of more than :data:`ASIDE_SHOWN` the latest are shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from hall.messages.answers import BoardAside, BoardPause, BoardReview, BoardTicket, BoardUndo
from hub.domain.lives import Standing, has_clerk, standing
from hub.domain.state import State, Window
from hub.domain.ticket import UNSERVED, Ticket
from hub.domain.undo import built_on, last_act
from hub.domain.windows import pause_ends

ASIDE_SHOWN: Final = 60


def open_ticket(s: State, window: Window) -> BoardTicket | None:
    """The ticket open at a window."""
    ticket = window.ticket
    if ticket is None:
        return None
    plan = s.plan.services.get(ticket.service)
    return BoardTicket(
        service=ticket.service,
        lane=ticket.lane,
        step=ticket.step,
        since=s.moment(ticket.called_us if ticket.started_us is None else ticket.started_us),
        target_min=None if plan is None else plan.target_min,
        situation=ticket.issued.situation,
        note=ticket.note,
        papers=ticket.papers,
        forms=ticket.forms,
        aids=ticket.aids,
        accepted=ticket.accepted,
        carry=ticket.carry,
        extended=ticket.extended is not None,
    )


def pause(s: State, window: Window, at: datetime) -> BoardPause | None:
    """Why nobody is called there."""
    if window.paused is None:
        return None
    ends = pause_ends(s, window)
    return BoardPause(
        reason=window.paused,
        since=s.moment(window.paused_us),
        ends=None if ends is None else ends.astimezone(s.zone),
        overrun=ends is not None and ends <= at,
    )


def review(window: Window) -> BoardReview | None:
    """The papers of the person who sits there."""
    ticket = window.carrying
    if ticket is None or ticket.life not in UNSERVED:
        return None
    return BoardReview(
        ticket=ticket.id, number=ticket.number, done=ticket.coming_back and ticket.place == window.number
    )


def undo(s: State, window: Window, at: datetime) -> BoardUndo | None:
    """What the clerk may take back."""
    was = last_act(s, window)
    if was is None or was.clerk != window.clerk or not s.policy.undo_s:
        return None
    until = s.moment(was.at_us) + timedelta(seconds=s.policy.undo_s)
    if until < at or built_on(s, window, was):
        return None
    return BoardUndo(what=was.what, number=was.ticket.number, until=until)


def aside(s: State) -> tuple[BoardAside, ...]:
    """Everybody who stands aside."""
    everybody = sorted(_aside(s), key=lambda ticket: (ticket.since_us, ticket.touched))
    return tuple(_row(s, ticket) for ticket in everybody[-ASIDE_SHOWN:])


def _aside(s: State) -> Iterator[Ticket]:
    yield from s.aside.values()
    yield from s.desk.values()
    for window in s.windows.values():
        if not has_clerk(s, window.number):
            yield from window.own.people


def _row(s: State, ticket: Ticket) -> BoardAside:
    stands = standing(s, ticket)
    return BoardAside(
        ticket=ticket.id,
        number=ticket.number,
        service=ticket.service,
        stands=stands.value,
        since=s.moment(ticket.since_us),
        window=_where(ticket, stands),
        note=ticket.note,
        back=ticket.back,
        extended=ticket.extended is not None,
    )


def _where(ticket: Ticket, stands: Standing) -> int | None:
    if stands is Standing.MISSED:
        return ticket.missed_at
    return ticket.place if isinstance(ticket.place, int) else ticket.window
