"""The person at the window: number, what it is about, what the desk and the last clerk noted, the time beside the target."""

from __future__ import annotations

from datetime import datetime

from nicegui import ui

from hall.plan import HallPlan
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import TicketSeen, WindowSeen


class Current:
    """The ticket that is open here."""

    def __init__(self, plan: HallPlan) -> None:
        """Nobody is called yet."""
        self._plan = plan
        self._at: WindowSeen | None = None
        with ui.element("div").classes("line"):
            self._window = ui.label().classes("window")
            self._state = ui.label().classes("state")
            self._served = ui.label().classes("served")
        self._help = ui.label().classes("help-called").props('role="status" data-test="help-called"')
        self._number = ui.label().classes("number").props('data-test="number" aria-live="polite"')
        self._what = ui.label().classes("what").props('data-test="what"')
        self._notes = ui.element("ul").classes("notes").props('data-test="notes"')
        self._noted: tuple[object, ...] | None = None
        with ui.element("div").classes("clock").props('role="timer"'):
            self._clock = ui.label("").props('data-test="clock"')
            self._bar = ui.linear_progress(0.0, show_value=False).props('aria-hidden="true"')
        self._wait = ui.label().classes("wait-for").props('data-test="lock"')

    def show(self, at: WindowSeen) -> None:
        """Draw what differs."""
        self._at = at
        self._window.set_text(label("window-n", n=at.window))
        self._state.set_text(label(f"state.{at.state.value}"))
        self._state.classes(replace=f"state {at.state.value}")
        self._served.set_text(label("served-n", n=at.served))
        self._help.set_visibility(at.help is not None)
        self._help.set_text("" if at.help is None else label("help-since", at=f"{at.help:%H:%M}"))
        ticket = at.ticket
        self._number.set_text("—" if ticket is None else ticket.number)
        self._what.set_text(label("nobody-called") if ticket is None else described(self._plan, ticket))
        self._clock.set_visibility(ticket is not None)
        self._bar.set_visibility(ticket is not None)
        self._draw_notes(ticket)

    def late(self, now: datetime) -> bool:
        """Whether the target has passed."""
        at = self._at
        if at is None or at.ticket is None or at.ticket.started is None:
            return False
        return self._handled_s(at.ticket, now) >= self._target_s(at.ticket) > 0

    def tick(self, now: datetime) -> None:
        """Time since the start beside the target; seconds until the call may be repeated."""
        at = self._at
        ticket = None if at is None else at.ticket
        if at is None or ticket is None:
            self._wait.set_text("")
            return
        seconds, target = self._handled_s(ticket, now), self._target_s(ticket)
        self._clock.set_text(f"{seconds // 60:02d}:{seconds % 60:02d}  {label('target', n=target // 60)}")
        share = min(1.0, seconds / target) if target else 0.0
        self._bar.set_value(round(share, 2))
        self._bar.props(f"color={'negative' if share >= 1 else 'warning' if share > 0.8 else 'primary'}")
        left = 0 if at.recall_at is None else int((at.recall_at - now).total_seconds() + 0.999)
        self._wait.set_text(label("recall-in", n=left) if left > 0 and at.recalls != 0 else "")

    def _target_s(self, ticket: TicketSeen) -> int:
        service = self._plan.services.get(ticket.service)
        return 0 if service is None else service.target_min * 60

    @staticmethod
    def _handled_s(ticket: TicketSeen, now: datetime) -> int:
        since = ticket.started or ticket.called
        return ticket.handled_s + (0 if since is None else max(0, int((now - since).total_seconds())))

    def _draw_notes(self, ticket: TicketSeen | None) -> None:
        noted: tuple[object, ...] = (
            () if ticket is None else (ticket.id, ticket.note, ticket.aids, ticket.forms, ticket.step)
        )
        if noted == self._noted:
            return
        self._noted = noted
        self._notes.clear()
        if ticket is None:
            return
        rows = [
            ("note-before", ticket.note),
            ("aids", ticket.aids or ""),
            ("forms-done", "、".join(ticket.forms)),
        ]
        with self._notes:
            for key, text in rows:
                if text:
                    with ui.element("li"):
                        ui.label(label(key)).classes("time")
                        ui.label(text).props("translate=no")


def described(plan: HallPlan, ticket: TicketSeen) -> str:
    """Service, situation and lane in a line; what else there is to know of it behind."""
    service = plan.services.get(ticket.service)
    names = [] if service is None else [said(service.name)]
    if service is not None and ticket.situation in service.situations:
        names.append(said(service.situations[ticket.situation or ""].name))
    lane = plan.lanes.get(ticket.lane)
    if ticket.lane != "normal" and lane is not None:
        names.append(said(lane.public))
    more = (("carry-here", ticket.carry), ("extended", ticket.extended), ("returned", ticket.returned))
    return " · ".join([*names, *(label(key) for key, is_so in more if is_so)])
