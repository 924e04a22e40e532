"""One screen of the hall board.

Rules:

* It shows nothing of anybody but numbers, windows and how many wait; a duty officer by work number.
* What it shows is marked as old while the hub is away: people are told to listen for their number. Nobody has to touch it: the page
  finds its way back to a hub, a console and a server that were gone (:file:`static/board.js`).
* An order to leave takes the whole screen.
"""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo

from nicegui import ui

from hall.messages.answers import Board
from hall.messages.common import NoticeKind
from hall.text import Text
from hub.console.look.frame import Drawn, one_main
from hub.console.look.sheet import Sheet, tag, text
from hub.console.look.watching import watching
from hub.console.look.words import WORDS
from hub.console.mirror.backstage import Backstage
from hub.console.mirror.picture import Picture
from hub.console.pages.board import words

#: The last call, and so many before it.
CALLS = 5
#: So many services fit on one turn; fewer under a line that says the hub is away and over a notice of two lines.
LINES, LINES_BESIDE_NEWS = 7, 5
#: So many things stand in the foot at a time.
FOOT = 3
#: A turn stays so long, seconds.
TURN_S = 8.0
#: A call flashes for so long after it was made, seconds; a board that is opened later does not flash.
FRESH_S = 6.0


class BoardPage:
    """One screen."""

    def __init__(self, backstage: Backstage) -> None:
        """Draw the frame; afterwards only what differs."""
        self._backstage, self._plan = backstage, backstage.plan
        self._drawn = Drawn(backstage)
        self._zone = ZoneInfo(backstage.plan.timezone)
        self._began = monotonic()
        self._shown: tuple[int, int, int] | None = None
        one_main()
        ui.add_head_html(
            '<link rel="stylesheet" href="/console/board.css"><script defer src="/console/board.js"></script>'
        )
        with ui.element("header"):
            ui.label(self._plan.name.zh).classes("name")
            ui.label(self._plan.name.en).classes("en").props("lang=en")
            self._duty = Sheet("div", classes="duty", props='data-test="duty"')
            self._clock = ui.label().classes("clock")
        self._stale = (
            ui.html(pair(WORDS["board.stale"]), sanitize=False).classes("stale").props('role="alert"')
        )
        with ui.element("main"):
            with ui.element("section").classes("calls"):
                _title("board.calls")
                self._calls = Sheet("ol", props='aria-live="polite"')
            with ui.element("section").classes("lines"):
                self._head = Sheet("h2")
                self._lines = Sheet("ul", props='data-test="board-lines"')
        self._closed = Sheet("section", classes="closed", props='data-test="closed"')
        self._news = Sheet("div", classes="news", props='data-test="news"')
        self._promise = Sheet("div", classes="promise", props='data-test="promise"')
        self._foot = Sheet("footer", props='data-test="foot"')
        self._draw_foot(0)
        self._leave = Sheet("section", classes="evacuate", props='data-test="evacuate" role="alert"')
        self.tick()
        watching(backstage.pulse, self.tick, first=True)  # a whole hall reads it

    def tick(self) -> None:
        """Look for a new picture; the clock and the turns go on."""
        now = datetime.now(self._zone)
        self._clock.set_text(now.strftime("%H:%M"))
        picture = self._backstage.picture
        if picture is None or self._drawn.stale():
            return
        turn = int((monotonic() - self._began) // TURN_S)
        fresh = sum((now - call.at).total_seconds() < FRESH_S for call in picture.board.calls[:1])
        if (picture.serial, turn, fresh) == self._shown:
            return
        self._stale.set_visibility(picture.hub is not True)
        self._show(picture, turn, fresh=bool(fresh))
        self._shown = picture.serial, turn, fresh

    def _show(self, picture: Picture, turn: int, *, fresh: bool) -> None:
        board = picture.board
        self._duty.show(*([] if (duty := words.duty(self._backstage.duty)) is None else [pair(duty)]))
        self._calls.show(*_calls(board, fresh=fresh))
        news = words.news(picture, self._plan, self._zone)
        alone = picture.hub is True and not news
        self._draw_lines(board, turn, LINES if alone else LINES_BESIDE_NEWS)
        self._closed.show(*([] if board.open else self._closing(picture)))
        self._news.show(*([] if not news else [pair(news[turn % len(news)])]))
        promised, measured = words.promise(picture)
        self._promise.show(tag("div", pair(promised)), tag("div", pair(measured), cls="measured"))
        self._draw_foot(turn)
        leave = [x.text for x in picture.notices if x.kind is NoticeKind.EVACUATE]
        self._leave.show(*(tag("p", pair(order)) for order in leave[:1]))

    def _draw_lines(self, board: Board, turn: int, most: int) -> None:
        shown = [service for service in board.services if self._plan.services[service.id].button]
        services, which, turns = words.turn(shown, most, turn)
        head = pair(WORDS["board.lines"])
        self._head.show(head + (tag("span", text(f"{which}/{turns}"), cls="turn") if turns > 1 else ""))
        self._lines.show(
            *(
                tag(
                    "li",
                    tag("div", pair(service.name), cls="service"),
                    tag("div", pair(words.filled("board.people", n=service.waiting)), cls="people"),
                    tag("div", pair(words.wait(service, board)), cls="wait"),
                )
                for service in services
            )
        )

    def _draw_foot(self, turn: int) -> None:
        today = datetime.now(self._zone).date()
        posted, _, _ = words.turn(words.posted(self._plan, today), FOOT, turn)
        self._foot.show(*(tag("div", pair(said)) for said in posted))

    def _closing(self, picture: Picture) -> list[str]:
        opens = words.opening(picture, self._zone)
        return [tag("p", pair(text)) for text in (WORDS["board.closed"], opens) if text is not None]


def _calls(board: Board, *, fresh: bool) -> list[str]:
    rows = []
    for nth, call in enumerate(board.calls[:CALLS]):
        last = ("last fresh" if fresh else "last") if nth == 0 else ""
        rows.append(
            tag(
                "li",
                tag("span", text(call.number), cls="number"),
                tag("span", pair(words.filled("board.window", n=call.window)), cls="window"),
                cls=last,
            )
        )
    return rows


def pair(said: Text) -> str:
    """Chinese with English beside it, as HTML."""
    return tag("span", text(said.zh), cls="zh", lang="zh-CN") + tag(
        "span", text(said.en), cls="en", lang="en"
    )


def _title(key: str) -> None:
    ui.html(pair(WORDS[key]), tag="h2", sanitize=False)
