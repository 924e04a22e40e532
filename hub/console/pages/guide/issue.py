"""A number for somebody at the desk: lane, help on the way, papers seen first where the guide wants to, then the service."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui import ui

from hall.plan import HallPlan
from hub.console.look.tongue import join, said
from hub.console.look.words import label
from hub.console.mirror.picture import Picture
from hub.console.pages.guide.precheck import PrecheckDialog

#: what helps somebody to the window: as it is noted for the clerk, and its word on the page
AIDS = {"轮椅": "aid.wheelchair", "老花镜": "aid.glasses", "搀扶": "aid.arm", "无台阶路线": "aid.no-steps",
        "写字交流": "aid.writing", "带孩子": "aid.child"}  # fmt: skip


class Order:
    """What somebody at the desk gets: built up from the page, sent as one ask."""

    def __init__(
        self, service: str, situation: str | None, lane: str, aids: str | None, *, large_print: bool = False
    ) -> None:
        """Papers and forms come from the pre-check."""
        self.service, self.situation, self.lane, self.aids = service, situation, lane, aids
        self.large_print = large_print
        self.papers: tuple[str, ...] = ()
        self.forms: tuple[str, ...] = ()


Take = Callable[[Order], Coroutine[Any, Any, None]]


class Issue:
    """One button for each service, with its letter as its key."""

    def __init__(self, plan: HallPlan, precheck: PrecheckDialog, take: Take) -> None:
        """`take(order)` asks for the number."""
        self._plan, self._precheck, self._take = plan, precheck, take
        ui.label(label("issue")).classes("title")
        self._lanes = [lane for lane in plan.lanes if lane != "appointment"]
        named = {lane: f"{i} {lane_name(plan, lane)}" for i, lane in enumerate(self._lanes, start=1)}
        with ui.element("div").classes("line"):
            self._lane = ui.radio(named, value="normal").props('inline data-test="lane"')
            self._first = ui.checkbox(label("papers-first")).props('data-test="papers-first"')
            self._large = ui.checkbox(label("large-print")).props('data-test="large-print"')
            self._large.tooltip(label("large-print-help"))
            self._aids = aids_box("aids").classes("seat")
        entitled = [group for lane in plan.lanes.values() for group in lane.groups]
        if entitled:
            ui.label(f"{label('entitled')} · {join(entitled)}").classes("entitled").props(
                'data-test="entitled"'
            )
        self._waiting: dict[str, ui.label] = {}
        with ui.element("div").classes("services"):
            for service, found in plan.services.items():
                if not found.review:
                    self._service(service)

    def _service(self, service: str) -> None:
        found = self._plan.services[service]
        with ui.element("div").classes("service"):
            button = ui.button(on_click=lambda: self.press(service))
            button.props(f'no-caps data-test="issue-{service}" aria-keyshortcuts="{found.letter}"')
            with button:
                ui.label(f"{found.letter} {said(found.name)}").classes("big")
                self._waiting[service] = ui.label()
            if found.situations:
                names = {key: said(s.name) for key, s in found.situations.items()}
                chosen = ui.select(names, label=label("situation"))
                chosen.props(f'dense outlined options-dense data-test="situation-{service}"').classes("wide")
                chosen.on_value_change(lambda event: self._choose(service, event.value, chosen))
                let_go(chosen)

    async def press(self, service: str, situation: str | None = None) -> None:
        """A number for this; with the pre-check first where the guide wants it."""
        aids = "、".join(self._aids.value or ()) or None
        order = Order(service, situation, str(self._lane.value), aids, large_print=bool(self._large.value))
        self._lane.set_value("normal")
        self._aids.set_value([])
        self._large.set_value(False)
        if not self._first.value:
            await self._take(order)
            return

        async def seen(papers: tuple[str, ...], forms: tuple[str, ...]) -> bool:
            order.papers, order.forms = papers, forms
            await self._take(order)
            return True

        self._precheck.ask(self._plan, service, situation, (), (), seen)

    def choose_lane(self, nth: int) -> None:
        """A key: the lane with this number."""
        if 1 <= nth <= len(self._lanes):
            self._lane.set_value(self._lanes[nth - 1])

    async def _choose(self, service: str, situation: str | None, box: ui.select) -> None:
        if situation is not None:
            box.set_value(None)
            await self.press(service, situation)

    def show(self, picture: Picture) -> None:
        """How many wait for each."""
        for service in picture.board.services:
            if service.id in self._waiting:
                self._waiting[service.id].set_text(label("waiting-n", n=service.waiting))


def let_go(box: ui.select) -> None:
    """Once something was chosen the page's keys work again: a list that keeps the focus would swallow them."""
    box.on("popup-hide", js_handler="() => setTimeout(() => document.activeElement?.blur(), 60)")


def aids_box(test: str) -> ui.select:
    """What helps somebody to the window, several at once."""
    named = {note: label(word) for note, word in AIDS.items()}
    box = ui.select(named, multiple=True, label=label("aids"), value=[])
    return box.props(f'dense outlined options-dense use-chips data-test="{test}"')


def lane_name(plan: HallPlan, lane: str) -> str:
    """A lane as the staff reads it."""
    return label("lane-normal") if lane == "normal" else said(plan.lanes[lane].public)
