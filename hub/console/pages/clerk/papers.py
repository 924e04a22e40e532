"""The papers to look at, ticked as far as somebody has seen them already; each has a key."""

from __future__ import annotations

from nicegui import ui

from hall.plan import HallPlan
from hub.console.look.words import label
from hub.console.mirror.picture import TicketSeen
from hub.console.pages.clerk.choices import papers


class Papers:
    """The list of the open ticket."""

    def __init__(self, plan: HallPlan) -> None:
        """No ticket is open."""
        self._plan = plan
        self._shown: tuple[object, ...] | None = None
        self._boxes: dict[str, ui.checkbox] = {}
        with ui.element("section").classes("papers-of") as self._box:
            ui.label(label("papers")).classes("title")
            self._rows = ui.element("ul").classes("papers").props('data-test="papers"')

    def show(self, ticket: TicketSeen | None) -> None:
        """Draw the list when it is another."""
        key = None if ticket is None else (ticket.id, ticket.step, ticket.service, ticket.papers)
        if key == self._shown:
            return
        self._shown, self._boxes = key, {}
        self._rows.clear()
        self._box.set_visibility(ticket is not None)
        if ticket is None:
            return
        with self._rows:
            for i, paper in enumerate(papers(self._plan, ticket), start=1):
                with ui.element("li").classes("seen" if paper.seen else "open"):
                    box = ui.checkbox(paper.name, value=paper.ticked).props('lang="zh-CN" dense')
                    self._boxes[paper.name] = box
                    if paper.seen:
                        ui.label(label("seen-before")).classes("time")
                    elif i <= 9:
                        ui.label(str(i)).classes("key")

    def toggle(self, nth: int) -> None:
        """A key: the paper with this number is ticked, or not."""
        boxes = list(self._boxes.values())
        if 1 <= nth <= len(boxes):
            boxes[nth - 1].set_value(not boxes[nth - 1].value)

    def open_ones(self) -> tuple[str, ...]:
        """Those that nobody has ticked."""
        return tuple(name for name, box in self._boxes.items() if not box.value)

    def all(self) -> tuple[str, ...]:
        """Every paper of the list."""
        return tuple(self._boxes)
