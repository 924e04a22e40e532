"""The manager's live page: every window, line, wait and trouble at a glance."""

from __future__ import annotations

from nicegui import ui

from hall.messages import asks
from hub.console.look.frame import Actor
from hub.console.look.tongue import said
from hub.console.look.words import WORDS, label
from hub.console.mirror.picture import Picture, WindowSeen
from hub.console.pages.board import wait_words


class LivePage:
    """The hall from above."""

    def __init__(self, actor: Actor) -> None:
        """Nothing is shown before the first picture."""
        self._actor, self._plan = actor, actor.backstage.plan
        self._windows: dict[int, _WindowCard] = {}
        with ui.element("main").classes("live"):
            with ui.element("section").classes("windows"):
                for window in self._plan.windows:
                    self._windows[window.window] = _WindowCard(self, window.window)
            with ui.element("section").classes("side"):
                with ui.element("div").classes("card"):
                    ui.label(label("board.lines")).classes("title")
                    self._lines = ui.element("ul").classes("rows")
                with ui.element("div").classes("card"):
                    ui.label(label("troubles")).classes("title")
                    self._troubles = (
                        ui.element("ul").classes("rows").props('data-test="troubles" aria-live="polite"')
                    )
        self._drawn: tuple[object, ...] = ()

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        for number, card in self._windows.items():
            card.show(picture.windows[number])
        drawn = picture.board.services, picture.members, picture.board.open
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._lines.clear()
        with self._lines:
            for service in picture.board.services:
                with ui.element("li"):
                    ui.label(said(service.name))
                    people = label("board.people", n=service.waiting)
                    ui.label(f"{people} · {wait_words(service, picture.board)}").classes("time")
        self._troubles.clear()
        with self._troubles:
            for member in picture.members:
                lost = member.state is None or member.state.value not in {"ready", "degraded"}
                for text in (*member.troubles, *([WORDS["lost"]] if lost else [])):
                    with ui.element("li"):
                        ui.label(member.member)
                        ui.label(said(text)).classes("time")

    async def close_window(self, window: int) -> None:
        """A manager closes a window whose clerk has gone."""
        actor = self._actor
        await actor.do(
            asks.Leave(id=actor.backstage.new_id(), actor=actor.session.person.login, window=window)
        )


class _WindowCard:
    """One window."""

    def __init__(self, page: LivePage, number: int) -> None:
        with ui.element("div").classes("card window-card").props(f'data-test="window-{number}"'):
            with ui.element("div").classes("line"):
                ui.label(label("window-n", n=number)).classes("title")
                self._state = ui.label().classes("state")
            self._number = ui.label().classes("big")
            self._who = ui.label()
            self._waiting = ui.label().classes("time")
            self._close = ui.button(label("leave"), on_click=lambda: page.close_window(number))
            self._close.props("flat dense no-caps")

    def show(self, at: WindowSeen) -> None:
        """Draw what differs."""
        self._state.set_text(label(f"state.{at.state.value}") + (f" · {at.paused}" if at.paused else ""))
        self._state.classes(replace=f"state {at.state.value}")
        self._number.set_text("—" if at.ticket is None else at.ticket.number)
        self._who.set_text("" if at.clerk is None else f"{label('work-number')} {at.clerk}")
        self._waiting.set_text(label("waiting-n", n=at.waiting))
        self._close.set_visibility(at.clerk is not None and at.ticket is None)
