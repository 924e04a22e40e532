"""The clerk's page: one large Next, the person at the window, what to ask for, and what waits. Every act has a key."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from nicegui import events, ui

from hall.messages import asks
from hall.messages.common import Outcome, WindowState
from hall.plan import HallPlan
from hall.words import say
from hub.console.look.frame import Actor
from hub.console.look.tongue import join, said
from hub.console.look.words import label
from hub.console.mirror.picture import Picture, TicketSeen, WindowSeen
from hub.console.pages.clerk.dialogs import FinishDialog, PauseDialog, TransferDialog
from hub.domain.ticket import Life

Act = Callable[[], Coroutine[Any, Any, None]]


class ClerkPage:
    """One clerk at one window."""

    def __init__(self, actor: Actor) -> None:
        """Nothing is shown before the first picture."""
        self._actor = actor
        self._plan = actor.backstage.plan
        self._picture: Picture | None = None
        self._at: WindowSeen | None = None
        self._finish = FinishDialog(self._ask_finish)
        self._transfer = TransferDialog(self._plan, self._ask_transfer)
        self._pause = PauseDialog(actor.backstage.plan.policy.pause.reasons, self._ask_pause)
        self._seats = _Seats(self._plan, self._sit)
        with ui.element("main").classes("clerk") as self._desk:
            with ui.element("section").classes("card current"):
                self._current = _Current(self._plan)
                self._buttons = _Buttons(
                    {
                        "next": self._next,
                        "start": lambda: self._window(asks.Start),
                        "accept": lambda: self._window(asks.Accept),
                        "finish": self._open_finish,
                        "recall": lambda: self._window(asks.Recall),
                        "no-show": lambda: self._window(asks.NoShow),
                        "park": lambda: self._window(asks.Park),
                        "transfer": self._open_transfer,
                        "pause": self._pause_or_resume,
                        "undo": lambda: self._window(asks.Undo),
                        "leave": lambda: self._window(asks.Leave),
                    }
                )
                ui.label(label("keys")).classes("keys")
            with ui.element("section").classes("side"):
                self._line = _Line()
                self._aside = _Aside(self._take_up)
        ui.keyboard(self._key)

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        self._picture = picture
        seat = self._actor.seat
        self._at = None if seat is None else picture.windows[seat]
        self._desk.set_visibility(self._at is not None)
        self._seats.show(picture, visible=self._at is None)
        if self._at is not None:
            self._current.show(self._at)
            self._buttons.show(self._at)
            self._line.show(self._at)
            self._aside.show(self._at)

    def tick(self) -> None:
        """The clock beside the number."""
        if self._at is not None:
            self._current.tick(datetime.now().astimezone())

    # ---------------------------------------------------------------- acts

    async def _window(self, kind: Callable[..., asks.AnyAsk], **fields: object) -> None:
        if self._at is not None:
            await self._actor.do(kind(id=self._id(), actor=self._who, window=self._at.window, **fields))

    async def _sit(self, window: int) -> None:
        number = self._actor.session.person.work_number
        if number is not None:
            await self._actor.do(asks.Sit(id=self._id(), actor=self._who, window=window, clerk=number))

    async def _next(self) -> None:
        if self._at is not None and self._at.ticket is not None:
            self._finish.open(then_next=True)
        else:
            await self._window(asks.CallNext)

    async def _open_finish(self) -> None:
        self._finish.open(then_next=False)

    async def _open_transfer(self) -> None:
        if self._at is not None:
            self._transfer.open(self._at)

    async def _pause_or_resume(self) -> None:
        if self._at is not None and self._at.paused is not None:
            await self._window(asks.Resume)
        else:
            self._pause.open()

    async def _ask_finish(self, outcome: Outcome, detail: str, then_next: bool) -> None:  # noqa: FBT001 - the dialog's answer
        done = None
        if self._at is not None:
            done = await self._actor.do(
                asks.Finish(
                    id=self._id(),
                    actor=self._who,
                    window=self._at.window,
                    outcome=outcome,
                    detail=detail or None,
                    missing=_lines(detail) if outcome is Outcome.MATERIAL_MISSING else (),
                )
            )
        if done is not None and then_next:
            await self._window(asks.CallNext)

    async def _ask_transfer(self, to: str | int, note: str, carry: bool, back: bool) -> None:  # noqa: FBT001 - the dialog's answer
        await self._window(asks.Transfer, to=to, note=note, carry=carry, back=back)

    async def _ask_pause(self, reason: str) -> None:
        await self._window(asks.Pause, reason=reason)

    async def _take_up(self, ticket: TicketSeen) -> None:
        if self._at is not None and ticket.life is Life.PARKED:
            await self._actor.do(
                asks.ResumeTicket(id=self._id(), actor=self._who, ticket=ticket.id, window=self._at.window)
            )

    def _id(self) -> str:
        return self._actor.backstage.new_id()

    @property
    def _who(self) -> str:
        return self._actor.session.person.login

    async def _key(self, event: events.KeyEventArguments) -> None:
        if not event.action.keydown or event.action.repeat or event.modifiers.ctrl or event.modifiers.alt:
            return
        act = self._buttons.by_key(str(event.key).lower())
        if act is not None:
            await act()


class _Seats:
    """Where nobody sits yet: choose a window."""

    def __init__(self, plan: HallPlan, sit: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        self._plan, self._buttons = plan, {}
        with ui.element("main").classes("seats") as self._box:
            ui.label(label("choose-window")).classes("title")
            with ui.element("div").classes("grid"):
                for window in plan.windows:
                    number = window.window
                    services = join(plan.services[service].name for service in window.serves)
                    button = ui.button(on_click=lambda _, n=number: sit(n)).props(
                        f'no-caps data-test="sit-{number}"'
                    )
                    with button:
                        ui.label(label("window-n", n=number)).classes("big")
                        ui.label(services)
                    self._buttons[number] = button

    def show(self, picture: Picture, *, visible: bool) -> None:
        """Only free windows may be chosen."""
        self._box.set_visibility(visible)
        if visible:
            for number, button in self._buttons.items():
                button.set_enabled(picture.windows[number].clerk is None)


class _Current:
    """The person at the window."""

    def __init__(self, plan: HallPlan) -> None:
        self._plan = plan
        self._since: datetime | None = None
        self._target_s = 0
        with ui.element("div").classes("line"):
            self._window = ui.label().classes("window")
            self._state = ui.label().classes("state")
            self._served = ui.label().classes("served")
        self._number = ui.label().classes("number").props('data-test="number" aria-live="polite"')
        self._what = ui.label().classes("what")
        with ui.element("div").classes("clock").props('role="timer"'):
            self._clock = ui.label("").props('data-test="clock"')
            self._bar = ui.linear_progress(0.0, show_value=False).props('aria-hidden="true"')
        self._words = ui.label().classes("words")
        self._papers = ui.element("ul").classes("papers")
        self._shown: str | None = None

    def show(self, at: WindowSeen) -> None:
        """Draw what differs."""
        self._window.set_text(label("window-n", n=at.window))
        self._state.set_text(label(f"state.{at.state.value}"))
        self._state.classes(replace=f"state {at.state.value}")
        self._served.set_text(label("served-n", n=at.served))
        ticket = at.ticket
        self._since = None if ticket is None else ticket.started or ticket.called
        if ticket is None:
            self._number.set_text("—")
            self._what.set_text(label("nobody-called"))
        else:
            self._number.set_text(ticket.number)
            self._what.set_text(self._described(ticket))
        self._draw_papers(ticket)
        self._target_s = 0 if ticket is None else self._plan.services[ticket.service].target_min * 60
        self._clock.set_visibility(ticket is not None)
        self._bar.set_visibility(ticket is not None)

    def tick(self, now: datetime) -> None:
        """Time since the start, beside the target."""
        if self._since is None or not self._target_s:
            return
        seconds = max(0, int((now - self._since).total_seconds()))
        target = label("target", n=self._target_s // 60)
        self._clock.set_text(f"{seconds // 60:02d}:{seconds % 60:02d}  {target}")
        share = min(1.0, seconds / self._target_s)
        self._bar.set_value(round(share, 2))
        self._bar.props(f"color={'negative' if share >= 1 else 'warning' if share > 0.8 else 'primary'}")

    def _described(self, ticket: TicketSeen) -> str:
        service = self._plan.services[ticket.service]
        names = [service.name]
        if ticket.situation is not None and ticket.situation in service.situations:
            names.append(service.situations[ticket.situation].name)
        lane = self._plan.lanes.get(ticket.lane)
        if ticket.lane != "normal" and lane is not None:
            names.append(lane.public)
        return " · ".join(said(name) for name in names)

    def _draw_papers(self, ticket: TicketSeen | None) -> None:
        key = None if ticket is None else f"{ticket.id}/{ticket.step}"
        if key == self._shown:
            return
        self._shown = key
        self._papers.clear()
        if ticket is None:
            self._words.set_text("")
            return
        service = self._plan.services[ticket.service]
        self._words.set_text(said(say("desk.open", x=service.target_min)))
        situation = service.situations.get(ticket.situation or "")
        with self._papers:
            for paper in (*service.common, *(situation.need if situation is not None else ())):
                with ui.element("li"):
                    ui.checkbox(paper)


class _Buttons:
    """Every act, with its key; what makes no sense now is off."""

    _KEYS = {  # noqa: RUF012 - a table
        "n": "next",
        "r": "recall",
        "x": "no-show",
        "s": "start",
        "a": "accept",
        "f": "finish",
        "p": "park",
        "t": "transfer",
        "b": "pause",
        "u": "undo",
    }

    def __init__(self, acts: dict[str, Act]) -> None:
        self._acts = acts
        self._buttons: dict[str, ui.button] = {}
        with ui.element("div").classes("buttons"):
            for name, act in acts.items():
                button = ui.button(label(name), on_click=act).props(f'no-caps data-test="{name}"')
                button.classes("next" if name == "next" else "quiet" if name == "leave" else "")
                self._buttons[name] = button

    def show(self, at: WindowSeen) -> None:
        """What may be done now."""
        on = allowed(at)
        for name, button in self._buttons.items():
            button.set_enabled(name in on)
        self._buttons["pause"].set_text(label("pause" if at.paused is None else "resume"))

    def by_key(self, key: str) -> Act | None:
        """The act of a key, if it may be done now."""
        name = self._KEYS.get(key)
        return self._acts[name] if name is not None and self._buttons[name].enabled else None


def allowed(at: WindowSeen) -> frozenset[str]:
    """The acts that make sense at a window as it is; the hub has the last word."""
    match at.state:
        case WindowState.IDLE:
            return frozenset({"next", "pause", "undo", "leave"})
        case WindowState.CALLED:
            return frozenset(
                {
                    "next",
                    "start",
                    "accept",
                    "finish",
                    "recall",
                    "no-show",
                    "park",
                    "transfer",
                    "pause",
                    "undo",
                }
            )
        case WindowState.SERVING:
            return frozenset(
                {"next", "accept", "finish", "park", "transfer", "pause", "undo"}
                - ({"accept"} if at.ticket and at.ticket.accepted else set())
            )
        case WindowState.PAUSED:
            return frozenset({"pause", "undo", "leave"})
        case _:
            return frozenset({"leave"})


class _Line:
    """Who waits for this window."""

    def __init__(self) -> None:
        with ui.element("div").classes("card"):
            self._title = ui.label().classes("title").props('data-test="waiting"')
            self._rows = ui.element("ol").classes("rows")
        self._shown: tuple[str, ...] | None = None

    def show(self, at: WindowSeen) -> None:
        """Draw the line when it is another."""
        self._title.set_text(label("waiting-n", n=at.waiting))
        numbers = tuple(ticket.number for ticket in at.line)
        if numbers != self._shown:
            self._shown = numbers
            self._rows.clear()
            with self._rows:
                for ticket in at.line:
                    with ui.element("li"):
                        ui.label(ticket.number)
                        ui.label(f"{ticket.arrived:%H:%M}").classes("time")


class _Aside:
    """Parked here, and missed by this clerk."""

    def __init__(self, take_up: Callable[[TicketSeen], Coroutine[Any, Any, None]]) -> None:
        self._take_up = take_up
        with ui.element("div").classes("card"):
            ui.label(label("aside")).classes("title")
            self._rows = ui.element("ul").classes("rows")
        self._shown: tuple[tuple[str, Life], ...] | None = None

    def show(self, at: WindowSeen) -> None:
        """Draw the list when it is another."""
        key = tuple((ticket.id, ticket.life) for ticket in at.aside)
        if key == self._shown:
            return
        self._shown = key
        self._rows.clear()
        with self._rows:
            for ticket in at.aside:
                with ui.element("li"):
                    ui.label(ticket.number)
                    if ticket.life is Life.PARKED:
                        ui.button(
                            label("resume-ticket"),
                            on_click=lambda _, t=ticket: self._take_up(t),
                        ).props("flat no-caps dense")
                    else:
                        ui.label(label("no-show")).classes("time")


def _lines(said: str) -> tuple[str, ...]:
    """Each paper that a clerk names as missing: one to a line of the slip, however they are set apart."""
    return tuple(line.strip()[:80] for line in re.split(r"[、，；,;]", said) if line.strip())
