"""One device opened: its pins, lamps, panel, bytes, alerts, memory, log."""

from __future__ import annotations

from nicegui import ui

from sim.page.fates import Cable, CodeReader, Hardware, Program
from sim.page.names import PROGRAMS, hand, title
from sim.page.parts import Doing, button, esc, raw
from sim.page.seen import Seen
from sim.page.sentences import MEMBER_STATES
from sim.twin.world_talk import Look


class Devices:
    """Every member and program as a card that opens the drawer."""

    def __init__(self, doing: Doing) -> None:
        """Draws into the container that is open."""
        self._doing = doing
        self._drawn = ""
        self._list = raw().classes("devices").props('data-test="devices"')

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        bridge = self._doing.bridge
        drawn = "".join(
            self._card(seen, name)
            for name in (*PROGRAMS, *bridge.members)
            if name in bridge.members or name in seen.processes
        )
        if drawn != self._drawn:
            self._drawn = drawn
            self._list.set_content(drawn)

    def _card(self, seen: Seen, name: str) -> str:
        words = title(name, self._doing.bridge.members.get(name))
        process = seen.processes.get(name)
        memory = f"{process.rss_mb:.0f} MB" if process and process.rss_mb else "—"
        again = f" · 第 {process.lives} 次启动 life {process.lives}" if process and process.lives > 1 else ""
        return (
            f'<button type="button" class="device" data-open="{esc(name)}" data-test="device-{esc(name)}">'
            f"<b>{esc(words.zh)}{_chip(seen, name)}</b><small>{esc(words.en)} · {memory}{again}</small></button>"
        )


def _chip(seen: Seen, name: str) -> str:
    process, state = seen.processes.get(name), seen.states.get(name)
    if process is not None and process.frozen:
        return '<span class="chip bad">已冻结 <small>frozen</small></span>'
    if state is None:
        return f'<span class="chip {"ok" if process else "bad"}">{"运行" if process else "未运行"} <small>{"running" if process else "down"}</small></span>'
    words = MEMBER_STATES[state]
    kind = {"ready": "ok", "degraded": "wait", "updating": "wait"}.get(state.value, "bad")
    return f'<span class="chip {kind}">{esc(words.zh)} <small>{esc(words.en)}</small></span>'


class Drawer:
    """The open device, at the right edge."""

    def __init__(self, doing: Doing) -> None:
        """Draws into the page; closed."""
        self._doing = doing
        self._name = ""
        self._parts: list[Hardware | Program | CodeReader | Cable] = []
        self._turn = 0
        self._panel: tuple[str, ...] = ()
        self._dialog = ui.dialog().props("position=right full-height")
        with (
            self._dialog,
            ui.card().classes("drawer"),
        ):
            with ui.element("div").style(
                "display:flex;justify-content:space-between;gap:12px;align-items:flex-start"
            ):
                self._title = raw(tag="h2")
                button("关闭", "Close", self._dialog.close, test="drawer-close")
            self._state = raw()
            self._dots = raw()
            self._pins = raw()
            self._facts = raw()
            self._switches = ui.element("div").classes("switches")
            self._log = raw()

    def open(self, name: str) -> None:
        """Open a member or program; anything else is ignored."""
        bridge = self._doing.bridge
        if name not in bridge.members and name not in bridge.seen.processes:
            return
        self._name, self._parts, self._turn, self._panel = name, [], 0, ()
        words = title(name, bridge.members.get(name))
        self._title.set_content(f"{esc(words.zh)}<br><small>{esc(words.en)} · {esc(name)}</small>")
        member = bridge.members.get(name)
        has_panel = member is not None and member.panel is not None
        self._dots.set_content(
            '<canvas class="dots" id="dots-open" role="img" aria-label="屏 panel"></canvas>'
            if has_panel
            else ""
        )
        self._switches.clear()
        if name != "page":
            with self._switches, ui.element("section"), ui.element("div").classes("row"):
                self._parts.append(Program(self._doing, name))
        if member is not None:
            with self._switches, ui.element("section"), ui.element("div").classes("row"):
                self._parts.append(Hardware(self._doing, name, choose=True))
        if member is not None and member.reader:
            with self._switches, ui.element("section"), ui.element("div").classes("row"):
                self._parts.append(CodeReader(self._doing, name))
        if bridge.links_plan is not None and name in bridge.links_plan.ports:
            with self._switches, ui.element("section"), ui.element("div").classes("row"):
                self._parts.append(Cable(self._doing, name))
        self._dialog.open()

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`; nothing while it is closed."""
        if not self._dialog.value:
            return
        for part in self._parts:
            part.show(seen)
        look = seen.looks.get(self._name)
        if look is not None and look.panel is not None and look.panel.rows != self._panel:
            self._panel = look.panel.rows
            draw_dots("open", look.panel.rows)
        self._turn += 1
        if self._turn % 5 != 1:
            return
        _set(self._state, _chip(seen, self._name) + _alerts(seen, self._name))
        _set(self._pins, _pins(look, self._doing) if look is not None else "")
        _set(self._facts, _figures(seen, self._name, look))
        tail = esc(self._doing.bridge.log_tail(self._name))
        _set(self._log, f'<h3>日志 <small>Log</small></h3><pre tabindex="0">{tail or "—"}</pre>')


def draw_dots(name: str, rows: tuple[str, ...]) -> None:
    """Send a panel's dots to its canvas."""
    bits = "".join(rows).replace("#", "1").replace(".", "0")
    digits = f"{int(bits, 2):0{len(bits) // 4}x}"
    ui.run_javascript(f"hall.dots('dots-{name}',{len(rows[0])},{len(rows)},'{digits}')")


def _set(element: ui.html, content: str) -> None:
    if element.content != content:
        element.set_content(content)


def _alerts(seen: Seen, name: str) -> str:
    return "".join(
        f'<div class="alert {alert.level.value}" style="margin-top:8px"><span>{esc(alert.text.zh)}</span>'
        f'<span class="en">{esc(alert.text.en)} · {alert.since:%H:%M:%S}</span></div>'
        for (member, _), alert in sorted(seen.alerts.items())
        if member == name
    )


def _pins(look: Look, doing: Doing) -> str:
    plan = doing.bridge.members[look.member]
    keys = "".join(
        f'<span class="pin {"down" if look.pressed.get(key) else ""}">{_hand(key, doing)} · GPIO{pin} {"闭合 closed" if look.pressed.get(key) else "断开 open"}</span>'
        for key, pin in plan.keys.items()
    )
    lamps = "".join(
        f'<span class="pin {"lit" if look.lamps.get(lamp) else ""}">{_hand(lamp, doing)} · GPIO{pin} {look.lamps.get(lamp, 0):.0%}</span>'
        for lamp, pin in plan.lamps.items()
    )
    drawn = f'<h3>按键 <small>Keys</small></h3><div class="pins">{keys}</div>' if keys else ""
    return drawn + (
        f'<h3 style="margin-top:10px">灯 <small>Lamps</small></h3><div class="pins">{lamps}</div>'
        if lamps
        else ""
    )


def _hand(name: str, doing: Doing) -> str:
    words = hand(name, doing.bridge.plan)
    return f"{esc(words.zh)} <small>{esc(words.en)}</small>"


def _figures(seen: Seen, name: str, look: Look | None) -> str:
    rows: list[tuple[str, str]] = []
    process, beat = seen.processes.get(name), seen.beats.get(name)
    if process is not None:
        rows.append(("进程 process", f"{process.pid}"))
        rows.append(("内存 memory", f"{process.rss_mb or 0:.1f} MB"))
    if beat is not None:
        rows += [
            ("已运行 uptime", f"{beat.uptime_s} s"),
            ("待送事件 outbox", str(beat.outbox)),
            ("第几次连接 epoch", str(beat.epoch)),
        ]
        if beat.rss_mb is not None:
            rows.append(("自报内存 own report", f"{beat.rss_mb:.1f} MB"))
    rows.append(("总线字节 bus bytes", f"{seen.traffic.get(name, 0):,}"))
    if look is not None and look.panel is not None:
        rows.append(("画面数 frames", f"{look.panel.frames:,}"))
    if look is not None and look.printer is not None:
        printer = look.printer
        rows += [
            ("剩纸 paper left", f"{printer.paper_left_mm / 1000:.1f} m"),
            ("打印机缓存 waiting bytes", f"{printer.waiting_bytes:,}"),
            ("不识指令 unknown commands", str(printer.unknown_commands)),
        ]
        if printer.last is not None:
            rows.append(("最近一张 last slip", f"#{printer.last.number}, {printer.last.length_mm:.0f} mm"))
    if look is not None and look.speaker is not None and look.speaker.last is not None:
        rows.append(("最近一段声音 last sound", f"{look.speaker.last.seconds:.1f} s"))
    drawn = "".join(f"<dt>{esc(key)}</dt><dd>{esc(value)}</dd>" for key, value in rows)
    extra = ""
    if look is not None and look.printer is not None and look.printer.last is not None:
        n = look.printer.last.number
        extra = f'<p><button type="button" class="b" data-paper="{n}"><b>看最近一张纸</b><small>Look at the last slip</small></button></p>'
    if look is not None and look.speaker is not None and look.speaker.last is not None:
        wav = esc(look.speaker.last.wav.rpartition("/")[2])
        extra = f'<p><button type="button" class="b" data-wav="{wav}"><b>▶ 最近一段声音</b><small>Play the last sound</small></button></p>'
    return f"<h3>数字 <small>Figures</small></h3><dl>{drawn}</dl>{extra}"
