"""What was given from the pre-printed number book while the power was gone: first and last number of a service, and who was served."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from nicegui import ui

from hall.messages import asks
from hub.console.desk.hand_book import count_of, counts_of, entries, time_of
from hub.console.look.frame import Actor
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.pages.dialog import Dialog
from hub.console.pages.guide.issue import lane_name

Do = Callable[..., Coroutine[Any, Any, bool]]


class ByHandDialog(Dialog):
    """One service after the other: the dialog stays open until the guide closes it."""

    def __init__(self, actor: Actor, do: Do) -> None:
        """`do(kind, **fields)` asks the hall and says whether it was done."""
        super().__init__("by-hand")
        self._actor, self._plan, self._do = actor, actor.backstage.plan, do
        self._zone = ZoneInfo(self._plan.timezone)
        services = {key: f"{plan.letter} {said(plan.name)}" for key, plan in self._plan.services.items()}
        lanes = {lane: lane_name(self._plan, lane) for lane in self._plan.lanes if lane != "appointment"}
        with self.card:
            ui.label(label("by-hand-help")).classes("time")
            self._service = ui.select(services, label=label("service")).classes("wide")
            self._service.props('outlined dense options-dense data-test="by-hand-service"')
            self._lane = ui.radio(lanes, value="normal").props('inline data-test="by-hand-lane"')
            with ui.element("div").classes("line"):
                self._first = self._field("by-hand-first", "8001")
                self._last = self._field("by-hand-last", "8036")
            with ui.element("div").classes("line"):
                self._began = self._field("by-hand-began", "9:40")
                self._ended = self._field("by-hand-ended", "11:05")
            self._served = self._field("by-hand-served", "8001-8012, 8015").classes("wide")
            self._done = ui.label().classes("time").props('aria-live="polite" data-test="by-hand-done"')
        self.foot("by-hand-enter")

    def _field(self, word: str, example: str) -> ui.input:
        field = ui.input(label(word), placeholder=example)
        return self.entered(field.props(f'outlined dense maxlength=200 data-test="{word}"'))

    def ask(self) -> None:
        """Ask anew; what was typed for a service before stands no more."""
        self._clear()
        self._done.set_text("")
        self.open()

    def _clear(self) -> None:
        for field in (self._first, self._last, self._served):
            field.set_value("")

    async def confirm(self) -> None:
        """See :class:`Dialog`."""
        service = self._plan.services.get(str(self._service.value or ""))
        if not self.is_open or service is None:
            self.owe("by-hand-owes-service")
            return
        first = count_of(str(self._first.value or ""), service.letter)
        last = count_of(str(self._last.value or ""), service.letter)
        served = counts_of(str(self._served.value or ""), service.letter)
        if first is None or last is None or last < first:
            self.owe("by-hand-owes-numbers")
            return
        if served is None or not served <= set(range(first, last + 1)):
            self.owe("by-hand-owes-served")
            return
        began, ended = (time_of(str(field.value or ""), self._day()) for field in (self._began, self._ended))
        if began is None or ended is None or ended < began:
            self.owe("by-hand-owes-times")
            return
        self.owe(None)
        for entry in entries(service.letter, first, last, served, began=began, ended=ended):
            if not await self._do(
                asks.EnterByHand,
                service=str(self._service.value),
                lane=str(self._lane.value),
                first=entry.first,
                last=entry.last,
                served=entry.served,
                began=entry.began,
                ended=entry.ended,
            ):
                return  # the refusal is shown; what was typed stands, to be put right
            self._first.set_value(entry.last)
        n = last - first + 1
        self._done.set_text(label("by-hand-entered", service=said(service.name), n=n, served=len(served)))
        self._clear()

    def _day(self) -> datetime:
        """The hall's day: the open one, or the one that was closed last."""
        picture = self._actor.backstage.picture
        day = None if picture is None else picture.board.day
        return datetime.fromisoformat(day).replace(tzinfo=self._zone) if day else datetime.now(self._zone)
