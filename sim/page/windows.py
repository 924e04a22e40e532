"""Six windows: the sign above, the clerk behind, the pad on the counter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.element import Element

from hall.messages import asks
from hall.messages.answers import BoardWindow
from hall.messages.common import MemberKind, Outcome, WindowState
from sim.page.call_key import CallKeyBox
from sim.page.parts import Doing, button, esc, finger, raw, say
from sim.page.seen import Parked, Seen
from sim.page.sentences import GRADES, OUTCOMES, PAUSES, WINDOW_STATES
from sim.people.autoplay import work_number
from sim.twin.world_talk import Look

_CHIPS = {
    WindowState.CLOSED: "plain",
    WindowState.IDLE: "ok",
    WindowState.CALLED: "call",
    WindowState.SERVING: "serve",
    WindowState.PAUSED: "wait",
}
_MOUTHS = {4: "M10 19 Q18 29 26 19", 3: "M11 21 Q18 26 25 21", 2: "M11 22 H25", 1: "M11 25 Q18 18 25 25"}
_AT_WORK = {WindowState.CALLED, WindowState.SERVING}
#: outcomes that need to be told in a sentence what is missing or what else can be done
_DETAILS = {
    Outcome.MATERIAL_MISSING: "婚姻状况材料",
    Outcome.NOT_ALLOWED: "可在还清贷款后办理",
    Outcome.PROXY_REFUSED: "可由本人网上办理",
    Outcome.ONWARD: "请到社保窗口",
}


class Window:
    """One window of the hall."""

    def __init__(self, doing: Doing, number: int) -> None:
        """Draws into the container that is open."""
        self._doing, self.number = doing, number
        bridge = doing.bridge
        self._plan = next(window for window in bridge.plan.windows if window.window == number)
        at = {member.kind: name for name, member in bridge.plan.members.items() if member.window == number}
        self._pad, self._sign = at.get(MemberKind.PAD), at.get(MemberKind.SIGN)
        self._key = at.get(MemberKind.CALL_KEY)
        self._box: CallKeyBox | None = None
        self._board: BoardWindow | None = None
        self._look: Look | None = None
        self._parked: tuple[Parked, ...] = ()
        self._buttons: list[tuple[Element, set[WindowState]]] = []
        self._faces: dict[str, Element] = {}
        with (
            ui.element("section")
            .classes("window")
            .props(f'id=window-{number} aria-label="{number}号窗口 Window {number}"')
        ):
            if self._sign is not None:
                raw(
                    f'<canvas class="dots" id="dots-{esc(self._sign)}" role="img" aria-label="{number}号窗口屏 sign of window {number}"></canvas>'
                ).classes("sign")
            with ui.element("div").classes("who"):
                raw(str(number)).classes("no")
                raw(self._services()).classes("what")
                with ui.element("div").classes("now"):
                    self._chip = raw().props(f'data-test="state-{number}"')
                    self._now = raw().classes("clerk")
            with ui.element("div").classes("desk"):
                self._desk()
            if self._key is not None:
                self._box = CallKeyBox(doing, self._key)
            if self._pad is not None:
                with (
                    ui.element("div")
                    .classes("pad")
                    .props(f'role=group aria-label="{number}号窗口评价器 rating pad {number}"')
                ):
                    for grade in (4, 3, 2, 1):
                        self._faces[str(grade)] = self._face(self._pad, grade)

    def _services(self) -> str:
        names = [self._doing.bridge.plan.services[key].name for key in self._plan.serves]
        heart = "♥ " if self._plan.heart else ""
        zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
        return f"<span>{heart}{esc(zh)}</span><small>{esc(en)}</small>"

    def _face(self, pad: str, grade: int) -> Element:
        bridge, key = self._doing.bridge, str(grade)
        made = (
            ui.element("button").classes("face").props(f'type=button data-test="face-{self.number}-{grade}"')
        )
        with made:
            raw(
                '<svg viewBox="0 0 36 36" fill="none" stroke-width="2.4" stroke-linecap="round" aria-hidden="true">'
                f'<path d="M12.500 13v2M23.500 13v2"/><path d="{_MOUTHS[grade]}"/></svg>'
                f"{esc(GRADES[grade].zh)}<br><small>{esc(GRADES[grade].en)}</small>",
                tag="span",
            )
        finger(made, lambda: bridge.hold(pad, key), lambda: bridge.release(pad, key))
        return made

    # --- the clerk --------------------------------------------------------------------------------------------------------

    def _desk(self) -> None:
        n = self.number
        self._add("上岗", "Sit down", self._sit, {WindowState.CLOSED}, "first", f"sit-{n}")
        self._add(
            "叫下一位", "Call next", self._simple(asks.CallNext), {WindowState.IDLE}, "first", f"next-{n}"
        )
        self._add("开始办理", "Start", self._simple(asks.Start), {WindowState.CALLED}, "first", f"start-{n}")
        self._add("办结", "Finish", self._finish(Outcome.DONE), {WindowState.SERVING}, "first", f"finish-{n}")
        self._add("重呼", "Recall", self._simple(asks.Recall), {WindowState.CALLED}, "", f"recall-{n}")
        self._add("过号", "No-show", self._simple(asks.NoShow), {WindowState.CALLED}, "", f"noshow-{n}")
        self._add("受理", "Accept", self._simple(asks.Accept), {WindowState.SERVING}, "", f"accept-{n}")
        self._menu("其他结果", "Ended otherwise", {WindowState.SERVING}, self._outcomes, f"outcomes-{n}")
        self._menu("转移", "Send on", _AT_WORK, self._places, f"transfer-{n}", "places")
        self._add("挂起", "Park", self._simple(asks.Park), _AT_WORK, "", f"park-{n}")
        self._menu("暂停", "Pause", {WindowState.IDLE, WindowState.CALLED}, self._reasons, f"pause-{n}")
        self._add(
            "恢复服务", "Resume", self._simple(asks.Resume), {WindowState.PAUSED}, "first", f"resume-{n}"
        )
        self._add(
            "离岗",
            "Leave",
            self._simple(asks.Leave),
            {WindowState.IDLE, WindowState.PAUSED},
            "",
            f"leave-{n}",
        )
        self._again = button("取回挂起", "Take up parked", self._take_up, "hidden", f"takeup-{n}")

    def _add(
        self, zh: str, en: str, act: Callable[[], Any], states: set[WindowState], kind: str, test: str
    ) -> Element:
        made = button(zh, en, act, f"{kind} hidden", test)
        self._buttons.append((made, states))
        return made

    def _menu(
        self,
        zh: str,
        en: str,
        states: set[WindowState],
        fill: Callable[[], None],
        test: str,
        kind: str = "",
    ) -> None:
        made = self._add(zh, en + " ▾", lambda: None, states, "", test)
        made.props("aria-haspopup=menu")
        with made, ui.menu().classes(f"choices {kind}"):
            fill()

    def _item(self, zh: str, en: str, act: Callable[[], Any], test: str) -> None:
        with ui.menu_item(on_click=act).props(f'data-test="{test}"'):
            raw(f"<div>{esc(zh)} <small>{esc(en)}</small></div>")

    def _outcomes(self) -> None:
        for outcome, words in OUTCOMES.items():
            if outcome is not Outcome.DONE:
                self._item(
                    words.zh, words.en, self._finish(outcome), f"outcome-{self.number}-{outcome.value}"
                )

    def _places(self) -> None:
        plan = self._doing.bridge.plan
        for key, service in plan.services.items():
            test = f"to-{self.number}-{key}"
            self._item(service.name.zh, service.name.en, self._transfer(key), test)
        for window in plan.windows:
            n = window.window
            if n != self.number:
                self._item(f"{n} 号窗口", f"window {n}", self._transfer(n), f"to-{self.number}-{n}")
        self._item("引导台", "guide desk", self._transfer("desk"), f"to-{self.number}-desk")

    def _reasons(self) -> None:
        for place, reason in enumerate(PAUSES):
            self._item(reason.zh, reason.en, self._pause(reason.zh), f"reason-{self.number}-{place}")

    def _simple(
        self,
        kind: type[
            asks.CallNext
            | asks.Recall
            | asks.NoShow
            | asks.Start
            | asks.Accept
            | asks.Park
            | asks.Resume
            | asks.Leave
        ],
    ) -> Callable[[], Any]:
        async def act() -> None:
            await self._doing.ask(kind(id=self._doing.bridge.new_id(), window=self.number))

        return act

    async def _sit(self) -> None:
        clerk = work_number(self._doing.bridge.plan, self.number)
        await self._doing.ask(asks.Sit(id=self._doing.bridge.new_id(), window=self.number, clerk=clerk))

    def _finish(self, outcome: Outcome) -> Callable[[], Any]:
        async def act() -> None:
            await self._doing.ask(
                asks.Finish(
                    id=self._doing.bridge.new_id(),
                    window=self.number,
                    outcome=outcome,
                    detail=_DETAILS.get(outcome),
                )
            )

        return act

    def _transfer(self, to: str | int) -> Callable[[], Any]:
        async def act() -> None:
            await self._doing.ask(
                asks.Transfer(id=self._doing.bridge.new_id(), window=self.number, to=to, note="请复核")
            )

        return act

    def _pause(self, reason: str) -> Callable[[], Any]:
        async def act() -> None:
            await self._doing.ask(
                asks.Pause(id=self._doing.bridge.new_id(), window=self.number, reason=reason)
            )

        return act

    async def _take_up(self) -> None:
        mine = [one for one in self._parked if one.window == self.number]
        if not mine:
            say("没有挂起的号", "Nothing is parked here", "warning")
            return
        await self._doing.ask(
            asks.ResumeTicket(id=self._doing.bridge.new_id(), ticket=mine[0].ticket, window=self.number)
        )

    # --- drawing ------------------------------------------------------------------------------------------------------------

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        board = next((w for w in seen.board.windows if w.window == self.number), None) if seen.board else None
        if board is not None and (board != self._board or seen.parked is not self._parked):
            self._show_board(board, seen.parked)
        if self._box is not None:
            self._box.show(seen)
        look = seen.looks.get(self._pad or "")
        if look is not None and look is not self._look:
            before, self._look = self._look, look
            for key, face in self._faces.items():
                for name, now in (
                    ("lit", look.lamps.get(key, 0) > 0),
                    ("down", look.pressed.get(key, False)),
                ):
                    was = before is not None and (
                        before.lamps.get(key, 0) > 0 if name == "lit" else before.pressed.get(key, False)
                    )
                    if now != was:
                        face.classes(add=name) if now else face.classes(remove=name)

    def _show_board(self, board: BoardWindow, parked: tuple[Parked, ...]) -> None:
        self._board, self._parked = board, parked
        words = WINDOW_STATES[board.state]
        self._chip.set_content(
            f'<span class="chip {_CHIPS[board.state]}">{esc(words.zh)} <small>{esc(words.en)}</small></span>'
        )
        clerk = (
            f"工号 {esc(board.clerk)} <small>clerk</small>"
            if board.clerk
            else "<small>没有工作人员 no clerk here</small>"
        )
        number = (
            f'<b class="number" data-test="number-{self.number}">{esc(board.number)}</b>'
            if board.number
            else ""
        )
        self._now.set_content(f"<span>{clerk}</span>{number}")
        for made, states in self._buttons:
            made.classes(remove="hidden") if board.state in states else made.classes(add="hidden")
        mine = any(one.window == self.number for one in parked) and board.state is WindowState.IDLE
        self._again.classes(remove="hidden") if mine else self._again.classes(add="hidden")
