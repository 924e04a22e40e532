"""Somebody is taken by the arm (M8): calls of the green key with who goes, and straight to the chair of a heart window."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui import ui

from hall.errors import HallError
from hall.plan import HallPlan
from hub.console.desk.escorts import Escort
from hub.console.look.frame import Actor, complain
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import Picture
from hub.console.pages.guide.issue import aids_box, let_go

Seat = Callable[[int, str, str, str | None], Coroutine[Any, Any, None]]


class Seating:
    """Heart windows whose clerk is free."""

    def __init__(self, plan: HallPlan, seat: Seat) -> None:
        """`seat(window, service, lane, aids)` does it."""
        self._plan, self._seat = plan, seat
        self._choices: dict[int, ui.select] = {}
        self._lane = next((name for name in plan.lanes if name not in {"normal", "appointment"}), "normal")
        hearts = [w for w in plan.windows if w.heart]
        if not hearts:
            return
        ui.label(label("seat-directly")).classes("title")
        with ui.element("div").classes("line"):
            for window in hearts:
                named = {s: said(plan.services[s].name) for s in window.serves}
                choice = ui.select(named, label=label("window-n", n=window.window))
                choice.props(f'dense outlined data-test="seat-{window.window}"').classes("seat")
                choice.on_value_change(
                    lambda event, n=window.window, box=choice: self._choose(n, event.value, box)
                )
                let_go(choice)
                self._choices[window.window] = choice
            self._aids = aids_box("seat-aids").classes("seat")
        self._busy = ui.label(label("heart-busy")).classes("time")

    async def _choose(self, window: int, service: str | None, box: ui.select) -> None:
        if service is not None:
            box.set_value(None)
            aids = "、".join(self._aids.value or ()) or None
            self._aids.set_value([])
            await self._seat(window, service, self._lane, aids)

    def show(self, picture: Picture) -> None:
        """Only a free clerk can take somebody at once."""
        free = 0
        for number, choice in self._choices.items():
            at = picture.windows[number]
            is_free = at.clerk is not None and at.ticket is None and at.paused is None
            choice.set_enabled(is_free)
            free += is_free
        if self._choices:
            self._busy.set_visibility(not free)


class EscortCalls:
    """Who held the green key, and who goes."""

    def __init__(self, actor: Actor) -> None:
        """Nobody has called yet."""
        self._actor = actor
        self._shown: tuple[Escort, ...] | None = None
        with ui.element("section").classes("card") as self._card:
            ui.label(label("escorts")).classes("title")
            self._rows = ui.element("ul").classes("rows").props('data-test="escorts" aria-live="assertive"')

    @property
    def waiting(self) -> int:
        """How many wait for somebody to come."""
        return sum(call.who is None and call.ended_at is None for call in self._shown or ())

    def tick(self) -> None:
        """Draw the calls when they are others."""
        calls = self._actor.escorts.seen[:5]
        if calls == self._shown:
            return
        self._shown = calls
        self._card.set_visibility(bool(calls))
        self._rows.clear()
        with self._rows:
            for call in calls:
                self._row(call)

    def _row(self, call: Escort) -> None:
        state = "over" if call.ended_at is not None else "wanted" if call.who is None else "taken"
        with ui.element("li").classes(f"escort {state}"):
            ui.label(f"{call.at:%H:%M}").classes("no")
            ui.label(label(f"escort.{state}")).classes("about")
            if call.who is not None:
                ui.label(call.who).props("translate=no")
            with ui.element("div").classes("acts"):
                if state == "wanted":
                    self._button("escort-take", lambda: self._do(self._actor.escorts.take, call.n))
                if state != "over":
                    self._button("escort-end", lambda: self._do(self._actor.escorts.end, call.n))

    @staticmethod
    def _button(word: str, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        ui.button(label(word), on_click=act).props(f'flat no-caps dense data-test="{word}"')

    async def _do(self, act: Callable[[int, str], Coroutine[Any, Any, None]], n: int) -> None:
        code = "ok"
        try:
            await act(n, self._actor.session.person.login)
        except HallError as no:
            code = no.code
            complain(no.text)
        else:
            await self._actor.goes_to(n)
        await self._actor.office.note(self._actor.session, "escort", code, str(n))
        self.tick()
