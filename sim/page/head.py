"""The head of the page: which hall, how it is, what time it is; and the crowd that comes by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from nicegui import ui

from sim.page.parts import Doing, button, esc, raw
from sim.page.seen import Seen, VisitorsSeen

_COUNTS = (
    ("issued", "取号", "issued"),
    ("served", "办结", "served"),
    ("missed", "过号", "missed"),
    ("rated", "评价", "rated"),
)


class Head:
    """Name, state, counts, clock, sound, the way to the staff's pages, tour."""

    def __init__(self, doing: Doing, on_tour: Callable[[], Any]) -> None:
        """Draws into the container that is open."""
        self._plan = doing.bridge.plan
        self._zone = ZoneInfo(self._plan.timezone)
        self._sound = False
        self._drawn: tuple[str, str, str] = ("", "", "")
        with ui.element("header").classes("head"):
            raw(f"{esc(self._plan.name.zh)}<small>{esc(self._plan.name.en)}</small>", tag="h1")
            self._state = raw().classes("state").props('data-test="state" role=status')
            ui.element("div").classes("grow")
            self._counts = raw().classes("counts")
            self._clock = raw().classes("clock").props('data-test="clock"')
            self._button = button("打开声音", "Sound on", self._toggle, "hear", "sound")
            with ui.element("a").classes("b staff").props('href="/start" target="_blank" data-test="staff"'):
                raw("工作人员", tag="b")
                raw("Staff's pages", tag="small")
            button("导览", "Guided tour", on_tour, "lit tourist", "tour")

    def _toggle(self) -> None:
        self._sound = not self._sound
        ui.run_javascript(f"hall.sound({str(self._sound).lower()})")
        self._button.clear()
        with self._button:
            raw("关闭声音" if self._sound else "打开声音", tag="b")
            raw("Sound off" if self._sound else "Sound on", tag="small")

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        clock = f"{datetime.now(self._zone):%H:%M:%S}"
        counts = "".join(f"<span><b>{seen.counts.get(key, 0)}</b>{zh} {en}</span>" for key, zh, en in _COUNTS)
        drawn = (_state(seen), counts, clock)
        for element, new, old in zip(
            (self._state, self._counts, self._clock), drawn, self._drawn, strict=True
        ):
            if new != old:
                element.set_content(new)
        self._drawn = drawn


def _state(seen: Seen) -> str:
    if seen.board is None:
        return '<span class="chip wait">正在启动 <small>starting</small></span>'
    hub = seen.processes.get("hub")
    if not seen.fresh or not seen.world or hub is None or hub.frozen:
        return '<span class="chip bad">恢复中 请稍候 <small>recovering</small></span>'
    if not seen.board.open:
        return '<span class="chip plain">未营业 <small>closed</small></span>'
    return '<span class="chip ok">营业中 <small>open</small></span>'


class Visitors:
    """A crowd at a chosen rate and speed; one window may stay yours."""

    def __init__(self, doing: Doing) -> None:
        """Draws into the container that is open."""
        self._doing = doing
        self._seen: VisitorsSeen | None = None
        plan = doing.bridge.plan
        with ui.element("section").classes("room").props("id=visitors"):
            raw("来人 <small>Visitors by themselves</small>", tag="h2")
            with ui.element("div").classes("visit"):
                self._button = button("让大家来", "Let them come", self._toggle, "first", "visitors")
                self._rate = self._slider("每小时人数", "people an hour", 60, 900, 60, 420, "rate")
                self._speed = self._slider("办理快几倍", "times real speed", 1, 60, 1, 30, "speed")
                choices = {0: "全部自动 all by themselves"}
                choices |= {
                    window.window: f"{window.window} 号窗口由我办 window {window.window} is mine"
                    for window in plan.windows
                }
                self._mine = (
                    ui.select(choices, value=0, on_change=self._changed)
                    .props('dense outlined options-dense aria-label="我办的窗口 my window" data-test="mine"')
                    .style("min-width:230px")
                )

    def _slider(self, zh: str, en: str, low: int, high: int, step: int, value: int, test: str) -> ui.slider:
        with ui.element("label").classes("s"):
            words = raw()
            slider = ui.slider(min=low, max=high, step=step, value=value).props(
                f'aria-label="{zh} {en}" data-test="{test}"'
            )
            slider.on("change", self._changed, [])

            def say() -> None:
                words.set_content(f"{zh} <b>{int(slider.value)}</b> <small>{en}</small>")

            slider.on_value_change(say)
            say()
        return slider

    def _wanted(self) -> VisitorsSeen:
        played = int(self._mine.value or 0)
        return VisitorsSeen(
            per_hour=int(self._rate.value), speed=int(self._speed.value), played=played or None
        )

    def _toggle(self) -> None:
        self._doing.bridge.visitors(self._wanted() if self._seen is None else None)

    def _changed(self) -> None:
        if self._seen is not None and self._seen != self._wanted():
            self._doing.bridge.visitors(self._wanted())

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        if seen.visitors is self._seen:
            return
        was, self._seen = self._seen, seen.visitors
        if (was is None) != (self._seen is None):
            self._button.clear()
            with self._button:
                raw("让大家来" if self._seen is None else "不再来人", tag="b")
                raw("Let them come" if self._seen is None else "Nobody else comes", tag="small")
