"""The hall drawn in a terminal: lines, windows, signs as dots, the last paper, facts as they happen. Pure: view in, picture out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Styled

from hall.messages import facts
from hall.messages.answers import Board
from hall.messages.common import Level, MemberState, WindowState
from sim.hall_view import HallView
from sim.terminal.faults import FaultList

Dots = Sequence[Sequence[bool]]
AMBER = "#ffb000"
#: characters that 128 dots take, and lines that a sign takes with its name
SIGN_COLUMNS, SIGN_LINES = 64, 5
#: below this height there is room for one row of signs only
LOW = 36
_STATES = {
    WindowState.CLOSED: ("关闭 closed", "dim"),
    WindowState.IDLE: ("空闲 idle", "green"),
    WindowState.CALLED: ("叫号 called", "bold yellow"),
    WindowState.SERVING: ("办理 serving", "cyan"),
    WindowState.PAUSED: ("暂停 paused", "magenta"),
}
_LANES = {"normal": "", "priority": " 优先 priority", "appointment": " 预约 appointment"}
#: the eight dots of a braille cell, by (row, column)
_BRAILLE = {(0, 0): 1, (1, 0): 2, (2, 0): 4, (0, 1): 8, (1, 1): 16, (2, 1): 32, (3, 0): 64, (3, 1): 128}


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one picture of the terminal needs."""

    view: HallView
    now: datetime
    #: dots of each window's sign, by window
    signs: Mapping[int, Dots]
    #: lit lamps of each pad, by window
    pads: Mapping[int, bool]
    #: the last ticket that came out: its fact, and where its picture lies
    paper: facts.TicketIssued | None
    paper_file: str
    #: window whose clerk the keyboard plays
    window: int
    #: faults switched on now, in words
    faults: Sequence[str]
    #: what the keyboard said last
    message: str
    where: str
    visitors: bool
    pids: Mapping[str, int]
    #: the list of faults while it is open; it takes the hall's place
    fault_list: FaultList | None = None


def draw(screen: Screen, width: int, height: int) -> RenderableType:
    """The whole terminal, for its size in characters; about 140 by 45 shows everything, less shows the most important."""
    columns = 2 if width >= 2 * SIGN_COLUMNS + 4 else 1
    in_rows = -(-len(screen.signs) // columns)
    rows = min(in_rows, max(1, (height - 26) // SIGN_LINES)) if height >= LOW else 1
    layout = Layout()
    if screen.fault_list is not None:
        layout.split_column(
            Layout(_title(screen), size=1),
            Layout(_fault_list(screen.fault_list)),
            Layout(_keys(screen), size=6 if width >= 2 * SIGN_COLUMNS else 8),
        )
        return layout
    layout.split_column(
        Layout(_title(screen), size=1),
        Layout(_signs(screen, columns, rows), size=rows * SIGN_LINES + 2),
        Layout(name="hall"),
        Layout(_keys(screen), size=6 if width >= 2 * SIGN_COLUMNS else 8),
    )
    rest = height - 1 - rows * SIGN_LINES - 2 - 6
    layout["hall"].split_row(Layout(name="left", ratio=9), Layout(_facts(screen, rest - 2), ratio=8))
    layout["left"].split_column(
        Layout(name="queues", ratio=3), Layout(_paper(screen), size=5 + min(3, len(screen.view.alerts)))
    )
    layout["queues"].split_row(Layout(_lines(screen.view.board), ratio=6), Layout(_windows(screen), ratio=5))
    return layout


def braille(dots: Dots) -> list[str]:
    """Dots as braille characters, two by four to a character: 128×16 dots become 64×4 characters."""
    rows = []
    for top in range(0, len(dots), 4):
        row = []
        for left in range(0, len(dots[0]), 2):
            cell = 0
            for (y, x), bit in _BRAILLE.items():
                if top + y < len(dots) and left + x < len(dots[0]) and dots[top + y][left + x]:
                    cell |= bit
            row.append(chr(0x2800 + cell))
        rows.append("".join(row))
    return rows


def _title(screen: Screen) -> Styled:
    board = screen.view.board
    title = Styled(" 示例大厅 hallfleet ", style="bold black on " + AMBER)
    if board is None:
        return title.append("  正在启动 starting…", style="yellow")
    state = "营业 open" if board.open else "未营业 closed"
    if not screen.view.fresh:
        title.append("  恢复中 请稍候 hub away ", style="bold red")
    counts = screen.view.counts
    title.append(f"  {screen.now:%Y-%m-%d %H:%M:%S}  {state}  ")
    title.append(
        f"取号 issued {counts['issued']}  办结 served {counts['served']}  过号 missed {counts['missed']}  "
        f"评价 rated {counts['rated']}"
    )
    return title


def _lines(board: Board | None) -> Panel:
    table = Table.grid(padding=(0, 1))
    for service in board.services if board else ():
        wait = (
            "—"
            if service.wait_min_s is None or service.wait_max_s is None
            else _minutes(service.wait_min_s, service.wait_max_s)
        )
        people = "●" * min(service.waiting, 12) + ("…" if service.waiting > 12 else "")
        table.add_row(
            Styled(service.letter, style="bold " + AMBER),
            Styled(f"{service.name.zh} {service.name.en}"),
            Styled(f"{service.waiting:>3}", style="bold"),
            Styled(people, style="green"),
            Styled(wait, style="dim"),
        )
    return Panel(table, title="排队 lines (waiting · wait)", title_align="left", border_style="blue")


def _minutes(low_s: int, high_s: int) -> str:
    return f"{low_s // 60}–{max(high_s // 60, low_s // 60 + 1)} min"


def _windows(screen: Screen) -> Panel:
    table = Table.grid(padding=(0, 1))
    board = screen.view.board
    for window in board.windows if board else ():
        words, style = _STATES[window.state]
        chosen = "▶" if window.window == screen.window else " "
        clerk = Styled(f"工号 {window.clerk}" if window.clerk else "", style="dim", no_wrap=True)
        if screen.pads.get(window.window):  # more to the point than who sits there, and never broken in two
            clerk = Styled("☺ 请评价", style="bold green", no_wrap=True)
        table.add_row(
            Styled(chosen, style="bold red"),
            Styled(f"{window.window}号", style="bold"),
            Styled(words, style=style),
            Styled(window.number or "", style="bold " + AMBER),
            clerk,
        )
    return Panel(table, title="窗口 windows", title_align="left", border_style="blue")


def _signs(screen: Screen, columns: int, rows: int) -> Panel:
    """As many signs as fit, the chosen window's among them."""
    windows = sorted(screen.signs)
    shown = windows[: columns * rows]
    if screen.window in windows and screen.window not in shown:
        shown[-1] = screen.window
    grid = Table.grid(padding=(0, 2))
    pictures = [_sign(window, screen.signs[window], chosen=window == screen.window) for window in shown]
    for start in range(0, len(pictures), columns):
        grid.add_row(*pictures[start : start + columns])
    return Panel(grid, title="窗口屏 signs, dot by dot", title_align="left", border_style="yellow")


def _sign(window: int, dots: Dots, *, chosen: bool) -> Styled:
    picture = Styled(f"{'▶' if chosen else ' '} {window}号 sign-{window}\n", no_wrap=True, style="dim")
    lines = braille(dots) if dots else [""] * 4
    return picture.append("\n".join(lines), style=f"not dim {AMBER} on #141210")


def _paper(screen: Screen) -> Panel:
    ticket = screen.paper
    body = Styled()
    if ticket is None:
        body.append("按 a–f 取号 press a–f for a ticket", style="dim")
    else:
        body.append(f"{ticket.number}", style="bold black on white").append(
            _LANES.get(ticket.lane, f" {ticket.lane}")
        )
        body.append(f"\n前面 ahead {ticket.ahead}   ")
        if ticket.wait_min_s is not None and ticket.wait_max_s is not None:
            body.append(f"约 about {_minutes(ticket.wait_min_s, ticket.wait_max_s)}")
        else:
            body.append("等候时间请看大屏 wait: see the board")
        body.append(f"\n{screen.paper_file}", style="dim")
    for member_alert in screen.view.alerts.items():
        (member, _), alert = member_alert
        style = "bold red" if alert.level is Level.FAULT else "yellow"
        body.append(f"\n⚠ {member}: {alert.text.zh} {alert.text.en}", style=style)
    return Panel(body, title="号票 last paper · 告警 alerts", title_align="left", border_style="blue")


def _facts(screen: Screen, rows: int) -> Panel:
    lines: list[RenderableType] = []
    for fact in list(screen.view.facts)[-max(3, rows) :]:
        said: dict[str, Any] = {
            name: value
            for name in (
                "number",
                "window",
                "service",
                "clerk",
                "outcome",
                "grade",
                "member",
                "state",
                "code",
                "lane",
            )
            if (value := getattr(fact, name, None)) is not None
        }
        words = " ".join(f"{name}={getattr(value, 'value', value)}" for name, value in said.items())
        line = Styled(f"{fact.n:>5} {fact.at:%H:%M:%S} ", style="dim", no_wrap=True)
        lines.append(line.append(type(fact).__name__, style="bold").append(" " + words))
    return Panel(Group(*lines), title="事实 facts", title_align="left", border_style="blue")


def _fault_list(faults: FaultList) -> Panel:
    title = f"故障 faults · {faults.member} · [ ] 设备 device · - + 位置 place · F 关闭 close"
    return Panel(faults.table(), title=title, title_align="left", border_style="red")


def _keys(screen: Screen) -> Panel:
    away = [name for name, state in screen.view.states.items() if state is not MemberState.READY]
    keys = Styled()
    for key, what in (
        ("a–f", "取号 ticket"),
        ("g", "绿色通道 green"),
        ("y", "引导台优先号 desk ticket"),
        ("1–6", "窗口 window"),
        ("n", "下一位 next"),
        ("r", "重呼 recall"),
        ("x", "过号 no-show"),
        ("s", "开始 start"),
        ("z", "办结 finish"),
        ("t", "复核 review"),
        ("p", "暂停 pause"),
        ("7 8 9 0", "评价 非常满意…不满意 rate"),
        ("v", "自动来人 visitors " + ("on" if screen.visitors else "off")),
        ("o", "缺纸 paper out"),
        ("k", "键卡住 stuck key"),
        ("m", "模块坏 dead module"),
        ("w", "打印机断开 printer gone"),
        ("F", "所有故障 every fault"),
        ("h b u", "杀 kill hub/broker/sign"),
        ("q", "退出 quit"),
    ):
        keys.append(f" {key} ", style="reverse").append(f" {what}  ")
    keys.append("\n" + screen.message, style="bold yellow")
    if screen.faults:
        keys.append("  故障 faults: " + ", ".join(screen.faults), style="bold red")
    if away:
        keys.append("  离线 away: " + ", ".join(sorted(away)), style="red")
    return Panel(keys, title=screen.where, title_align="left", border_style="dim")
