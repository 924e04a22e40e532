"""Windows and their clerks.

Rules:

* A window is open while a clerk sits there; one clerk per window, one window per clerk. A clerk may move with one ask: the old seat is
  left first, by the same rules. At a change of shift the seat is taken over: the open ticket stays, as a new step of the new clerk.
* A hall may name the reasons for a pause; a fault is always one. A pause is over its time (:func:`pause_ends`) after the time the clerk
  gave, or after the longest the hall allows; nothing happens by that alone.
* A window that is paused, or whose clerk leaves, calls nobody. Who was called there and has not sat down goes back to the front of
  the line; who is being served stays, and a clerk does not leave them.
* Reasons that mean work without people are refused while anybody waits for that window.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.asks import Leave, Pause, Resume, Sit, TakeOver
from hall.messages.facts import TicketReturned, WindowClosed, WindowOpened, WindowPaused, WindowResumed
from hub.domain import lives
from hub.domain.lives import Deed
from hub.domain.moments import SECOND, micros
from hub.domain.refusals import refused
from hub.domain.state import State, Window
from hub.domain.ticket import LAST_STEP, Life, Ticket

#: Pause reasons that every clerk may give, whatever reasons the hall names; what a reason means to those who wait: :mod:`hub.domain.pauses`.
FAULTS = frozenset({"设备故障", "fault"})


def seated(s: State, number: int) -> tuple[Window, str]:
    """A window and its clerk. Refuses ``unknown-window``, ``not-seated``."""
    window = s.window(number)
    if window.clerk is None:
        raise refused("not-seated")
    return window, window.clerk


def ready(s: State, number: int) -> Window:
    """A window at which a ticket may be opened now. Refuses also ``window-paused``, ``window-busy``."""
    window, _ = seated(s, number)
    if window.paused is not None:
        raise refused("window-paused")
    if window.ticket is not None:
        raise refused("window-busy")
    return window


def open_ticket(s: State, number: int, deed: Deed) -> tuple[Window, str, Ticket]:
    """A window, its clerk and the ticket open there. Refuses also ``not-called`` and what :mod:`hub.domain.lives` refuses."""
    window, clerk = seated(s, number)
    if window.ticket is None:
        raise refused("not-called")
    lives.check(s, window.ticket, deed)
    return window, clerk, window.ticket


def sit(s: State, order: Sit, at: datetime) -> list[WindowClosed | TicketReturned | WindowOpened]:
    """A clerk sits down. Refuses ``already-seated``, ``window-taken``, ``clerk-elsewhere``; moving, also what leaving refuses."""
    window = s.window(order.window)
    if window.clerk is not None:
        raise refused("already-seated" if window.clerk == order.clerk else "window-taken")
    elsewhere = _seat(s, order.clerk)
    if elsewhere is not None and not order.move:
        raise refused("clerk-elsewhere")
    left = [] if elsewhere is None else leave(s, Leave(id=order.id, window=elsewhere), at)
    return [*left, WindowOpened(n=s.n + 1 + len(left), at=at, window=order.window, clerk=order.clerk)]


def _seat(s: State, clerk: str) -> int | None:
    """Where a clerk sits, among the windows of the settings."""
    seat = s.seats.get(clerk)
    return seat if seat in {plan.window for plan in s.plan.windows} else None


def take_over(s: State, order: TakeOver, at: datetime) -> list[WindowClosed | WindowOpened]:
    """A change of shift. Refuses ``not-seated``, ``already-seated``, ``clerk-elsewhere``."""
    window, clerk = seated(s, order.window)
    if clerk == order.clerk:
        raise refused("already-seated")
    if _seat(s, order.clerk) is not None:
        raise refused("clerk-elsewhere")
    ticket = window.ticket
    return [
        WindowClosed(n=s.n + 1, at=at, window=order.window, clerk=clerk),
        WindowOpened(
            n=s.n + 2,
            at=at,
            window=order.window,
            clerk=order.clerk,
            ticket=None if ticket is None else ticket.id,
            number=None if ticket is None else ticket.number,
            step=None if ticket is None else min(ticket.step + 1, LAST_STEP),
        ),
    ]


def leave(s: State, order: Leave, at: datetime) -> list[WindowClosed | TicketReturned]:
    """The clerk leaves. Refuses ``window-taken`` (somebody else sits there), ``window-busy``."""
    window, clerk = seated(s, order.window)
    if order.clerk not in {None, clerk}:
        raise refused("window-taken")
    if window.ticket is not None and window.ticket.life is Life.SERVING:
        raise refused("window-busy")
    closed = WindowClosed(n=s.n + 1, at=at, window=order.window, clerk=clerk)
    return [closed, *_to_front(s, window, at)]


def pause(s: State, order: Pause, at: datetime) -> list[WindowPaused | TicketReturned]:
    """The clerk steps away. Refuses ``already-paused``, ``pause-reason``, ``time-past``, ``people-waiting``."""
    window, clerk = seated(s, order.window)
    if window.paused is not None:
        raise refused("already-paused")
    allowed = s.policy.pause.reasons
    if allowed and order.reason not in allowed and order.reason not in FAULTS:
        raise refused("pause-reason")
    if order.until is not None and order.until <= at:
        raise refused("time-past")
    if order.reason in s.policy.pause.forbidden_while_waiting and s.waits_for(window):
        raise refused("people-waiting")
    paused = WindowPaused(
        n=s.n + 1, at=at, window=order.window, clerk=clerk, reason=order.reason, until=order.until
    )
    return [paused, *_to_front(s, window, at)]


def _to_front(s: State, window: Window, at: datetime) -> list[TicketReturned]:
    """Whoever was called here and has not sat down goes back to the front, with the fact after next."""
    ticket = window.ticket
    if ticket is None or ticket.life is not Life.CALLED:
        return []
    place = ticket.place if isinstance(ticket.place, int) else None
    return [
        TicketReturned(
            n=s.n + 2,
            at=at,
            ticket=ticket.id,
            number=ticket.number,
            position=1,
            window=place,
            given_back=True,
        )
    ]


def resume(s: State, order: Resume, at: datetime) -> list[WindowResumed]:
    """The clerk is back. Refuses ``not-paused``."""
    window, clerk = seated(s, order.window)
    if window.paused is None:
        raise refused("not-paused")
    return [WindowResumed(n=s.n + 1, at=at, window=order.window, clerk=clerk)]


def pause_ends(s: State, window: Window) -> datetime | None:
    """When a pause is over its time; None: the window is not paused, or nothing limits it."""
    if window.paused is None:
        return None
    longest = s.policy.pause.max_min
    limit = None if longest is None else s.moment(window.paused_us + longest * 60 * SECOND)
    return min((end for end in (window.until, limit) if end is not None), default=None)


# ---------------------------------------------------------------- apply


def on_opened(s: State, fact: WindowOpened) -> None:
    """A clerk sat down; whatever seat the settings took from under them is given up."""
    left = s.seats.get(fact.clerk)
    if left is not None:
        s.windows[left].clerk = None
    window = s.window_for(fact.window)
    window.clerk = fact.clerk
    s.seats[fact.clerk] = fact.window
    s.refresh_working(fact.window)
    if window.ticket is not None and fact.step is not None:
        _goes_on(window.ticket, fact, fact.step)


def _goes_on(ticket: Ticket, fact: WindowOpened, step: int) -> None:
    """The open ticket is the new clerk's now; the papers stay accepted."""
    ticket.clerk, ticket.step, ticket.handled_us = fact.clerk, step, 0
    if ticket.life is Life.SERVING:
        ticket.started_us = micros(fact.at)


def on_closed(s: State, fact: WindowClosed) -> None:
    """The clerk left."""
    window = s.window_for(fact.window)
    window.clerk, window.paused, window.paused_us, window.until = None, None, 0, None
    window.left_us, window.freed_us = micros(fact.at), 0
    s.seats.pop(fact.clerk, None)
    s.refresh_working(fact.window)


def on_paused(s: State, fact: WindowPaused) -> None:
    """The clerk stepped away."""
    window = s.window_for(fact.window)
    window.paused, window.paused_us, window.until = fact.reason, micros(fact.at), fact.until
    window.freed_us = 0
    s.refresh_working(fact.window)


def on_resumed(s: State, fact: WindowResumed) -> None:
    """The clerk is back."""
    window = s.window_for(fact.window)
    window.paused, window.paused_us, window.until = None, 0, None
    s.refresh_working(fact.window)
