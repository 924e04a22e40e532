"""The hall board: a page for a television at ten metres. Public, without a login; recovers by itself.

Rules:

* It shows nothing of anybody but numbers, windows and how many wait.
* What it shows is marked as old while the hub is away: people are told to listen for their number.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from nicegui import ui

from hall.messages.answers import Board, BoardService
from hall.plan import HallPlan
from hub.console.look.frame import Drawn
from hub.console.look.words import WORDS, label
from hub.console.mirror.backstage import Backstage

CALLS = 6


class BoardPage:
    """One screen."""

    def __init__(self, backstage: Backstage) -> None:
        """Draw the frame; afterwards only what differs."""
        self._backstage, self._plan, self._drawn = backstage, backstage.plan, Drawn(backstage)
        self._zone = ZoneInfo(backstage.plan.timezone)
        self._serial = -1
        self._shown: Board | None = None
        ui.add_head_html('<link rel="stylesheet" href="/console/board.css">')
        with ui.element("header"):
            ui.label(self._plan.name.zh).classes("name")
            ui.label(self._plan.name.en).classes("en")
            self._clock = ui.label().classes("clock")
        stale = WORDS["board.stale"]
        self._stale = ui.label(f"{stale.zh}  {stale.en}").classes("stale").props('role="alert"')
        with ui.element("main"):
            with ui.element("section").classes("calls"):
                _title("board.calls")
                self._calls = ui.element("ol")
            with ui.element("section").classes("lines"):
                _title("board.lines")
                self._lines = ui.element("ul")
        with ui.element("footer"):
            for text in _foot(self._plan):
                ui.label(text)
        self.tick()
        ui.timer(0.2, self.tick)

    def tick(self) -> None:
        """Look for a new picture; the clock goes on."""
        self._clock.set_text(datetime.now(self._zone).strftime("%H:%M"))
        if self._drawn.stale():
            return
        picture = self._backstage.picture
        if picture is None or picture.serial == self._serial:
            return
        self._serial = picture.serial
        self._stale.set_visibility(picture.hub is not True)
        if self._shown is None or picture.board.calls != self._shown.calls:
            self._draw_calls(picture.board)
        if self._shown is None or (picture.board.services, picture.board.open) != (
            self._shown.services,
            self._shown.open,
        ):
            self._draw_lines(picture.board)
        self._shown = picture.board

    def _draw_calls(self, board: Board) -> None:
        self._calls.clear()
        with self._calls:
            for i, call in enumerate(board.calls[:CALLS]):
                with ui.element("li").classes("last" if i == 0 else ""):
                    ui.label(call.number).classes("number")
                    window = WORDS["window-n"]
                    ui.label(window.zh.format(n=call.window)).classes("window")
                    ui.label(window.en.format(n=call.window)).classes("en")

    def _draw_lines(self, board: Board) -> None:
        self._lines.clear()
        with self._lines:
            if not board.open:
                _title("board.closed")
                return
            for service in board.services:
                if self._plan.services[service.id].button:
                    self._line(service, board)

    def _line(self, service: BoardService, board: Board) -> None:
        people = WORDS["board.people"].zh.format(n=service.waiting)
        with ui.element("li"):
            with ui.element("div"):
                ui.label(service.name.zh).classes("service")
                ui.label(service.name.en).classes("en")
            ui.label(people).classes("people")
            ui.label(wait_words(service, board)).classes("wait")


def wait_words(service: BoardService, board: Board) -> str:
    """How long it takes, as far as anything honest can be said, in the reader's language."""
    if service.wait_min_s is not None and service.wait_max_s is not None:
        low, high = service.wait_min_s // 60, -(-service.wait_max_s // 60)
        return label("board.wait", a=low, b=max(high, low + 1))
    open_for = any(
        service.id in w.services and w.state.value not in {"closed", "paused"} for w in board.windows
    )
    return label("board.unknown" if open_for else "board.no-window")


def _title(key: str) -> None:
    text = WORDS[key]
    with ui.element("h2"):
        ui.label(text.zh)
        ui.label(text.en).classes("en")


def _foot(plan: HallPlan) -> list[str]:
    return [
        f"咨询 Enquiries {plan.hotline}",
        f"监督 Supervision {plan.supervision}",
        f"{plan.foot.zh} {plan.foot.en}",
    ]
