"""The board: the whole hall in one message, and how many wait."""

from __future__ import annotations

from datetime import datetime

from hall.messages.answers import Board, BoardAlarm, BoardCall, BoardService, BoardWindow
from hall.messages.common import WindowState
from hub.domain import waits
from hub.domain.flow import Flow
from hub.domain.hall import Hall
from hub.domain.issuing import people_ahead
from hub.domain.state import OpenAlarm, State, Window
from hub.domain.ticket import NORMAL, Life
from hub.domain.views import clerk


def board(hall: Hall, at: datetime) -> Board:
    """Enough to draw the hall from nothing. Waits are those of somebody who would take a ticket of the normal lane now."""
    s = hall.state
    flow = waits.newcomers(s, at)
    return Board(
        n=s.n,
        at=at,
        hall=s.plan.id,
        day=s.day,
        open=s.open,
        services=tuple(_service(s, service, at, flow) for service in s.plan.services),
        windows=tuple(_window(s, s.windows[plan.window], at) for plan in s.plan.windows),
        calls=tuple(
            BoardCall(number=call.ticket.number, window=call.window, at=call.at, round=call.round)
            for call in s.calls
        ),
        notices=tuple(given.text for given in s.notices.values()),
        aside=clerk.aside(s),
        alarms=tuple(_alarm(open_) for open_ in s.alarms.values()),
        plan=s.plan_version,
    )


def _service(s: State, service: str, at: datetime, flow: Flow) -> BoardService:
    plan = s.plan.services[service]
    wait = waits.estimate(s, service, NORMAL, at, flow)
    return BoardService(
        id=service,
        letter=plan.letter,
        name=plan.name,
        waiting=s.waiting(service),
        wait_min_s=wait.wait_min_s,
        wait_max_s=wait.wait_max_s,
    )


def _alarm(open_: OpenAlarm) -> BoardAlarm:
    rung = open_.rung
    return BoardAlarm(
        alarm=rung.alarm,
        at=rung.at,
        code=rung.code,
        level=rung.level,
        text=rung.text,
        window=rung.window,
        service=rung.service,
        ticket=rung.ticket,
        number=rung.number,
        clerk=rung.clerk,
        suggest=rung.suggest,
        did=open_.did,
    )


def _window(s: State, window: Window, at: datetime) -> BoardWindow:
    return BoardWindow(
        window=window.number,
        state=window_state(s, window),
        services=s.pool(window.number),
        clerk=window.clerk,
        ticket=None if window.ticket is None else window.ticket.id,
        number=None if window.ticket is None else window.ticket.number,
        open=clerk.open_ticket(s, window),
        pause=clerk.pause(s, window, at),
        review=clerk.review(window),
        undo=clerk.undo(s, window, at),
    )


def window_state(s: State, window: Window) -> WindowState:
    """What a window is doing, in one word."""
    if not s.open or window.clerk is None:
        return WindowState.CLOSED
    if window.paused is not None:
        return WindowState.PAUSED
    if window.ticket is None:
        return WindowState.IDLE
    return WindowState.CALLED if window.ticket.life is Life.CALLED else WindowState.SERVING


def waiting(hall: Hall, service: str) -> int:
    """How many wait for a service."""
    return hall.waiting(service)


def ahead(hall: Hall, ticket: str, at: datetime) -> int | None:
    """How many are called before this ticket by the rule as things stand; None when it does not wait in a line.

    Refuses ``unknown-ticket``.
    """
    return people_ahead(hall.state, hall.state.ticket(ticket), at)
