"""A tour of five minutes: each Next does something in the hall and says what to look at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from nicegui import background_tasks, ui

from hall.messages import asks, facts
from hall.messages.common import MemberKind, Outcome, WindowState
from sim.page.parts import Doing, button, esc, raw
from sim.page.seen import Seen
from sim.people.autoplay import work_number

#: a step that does not show its result by then may be left all the same (ticks of a tenth of a second)
PATIENCE = 200


class Step(NamedTuple):
    """What is said, where to look, what is done on arrival, and when it is done."""

    zh: str
    en: str
    zh_more: str
    en_more: str
    spot: str
    act: Callable[[Guide], Awaitable[None]]
    until: Callable[[Guide, Seen], bool]


class Guide:
    """Does what a step of the tour asks for, like any person: keys, asks, faults."""

    def __init__(self, doing: Doing) -> None:
        """Plays the first window that serves the first key's service, and the review window."""
        self.doing, self.bridge = doing, doing.bridge
        plan = self.bridge.plan
        at = {member.kind: name for name, member in reversed(plan.members.items())}
        self.dispenser, self.speaker = at[MemberKind.DISPENSER], at[MemberKind.SPEAKER]
        self.service, self.other = [
            key for key in self.bridge.members[self.dispenser].keys if key in plan.services
        ][:2]
        self.review = next(key for key, service in plan.services.items() if service.review)
        plain = [window for window in plan.windows if not window.heart]
        self.first = next(window.window for window in plain if self.service in window.serves)
        self.second = next(window.window for window in plain if self.review in window.serves)
        self.mark = self.paper = 0

    # --- what it does -------------------------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """A quiet, healthy hall with two clerks."""
        self.bridge.visitors(None)
        self.bridge.heal_all()
        for window in (self.first, self.second):
            await self._make_free(window)

    async def take(self) -> None:
        """A citizen presses the first key."""
        self.bridge.press(self.dispenser, self.service)

    async def call(self) -> None:
        """The first window calls."""
        await self._call(self.first)

    async def send_on(self) -> None:
        """The first window starts, then sends the person to the review; the review window calls."""
        await self._ask(asks.Start(id=self.bridge.new_id(), window=self.first))
        await self._ask(
            asks.Transfer(id=self.bridge.new_id(), window=self.first, to=self.review, note="请复核")
        )
        await self._make_free(self.second)
        await self._call(self.second)

    async def finish_review(self) -> None:
        """The review is over: the pad lights."""
        await self._finish(self.second)

    async def rate_well(self) -> None:
        """The citizen presses the first face."""
        self.bridge.press_face(self.second, 4)

    async def paper_out(self) -> None:
        """The roll is used up; the next citizen presses."""
        self.bridge.fault(self.dispenser, "paper-out", on=True)
        self.bridge.press(self.dispenser, self.other)

    async def new_roll(self) -> None:
        """Somebody puts a new roll in."""
        self.bridge.fault(self.dispenser, "paper-out", on=False)

    async def freeze_hub(self) -> None:
        """The hub answers nobody any more; a citizen presses."""
        self.doing.world(lambda: self.bridge.signal("hub", "freeze"))
        self.bridge.press(self.dispenser, self.service)

    async def kill_hub(self) -> None:
        """The hub is killed; it is started again by itself."""
        self.doing.world(lambda: self.bridge.signal("hub", "kill"))

    async def serve_badly(self) -> None:
        """A visit at the first window that ends with the lowest grade."""
        await self._make_free(self.first)
        await self._call(self.first)
        await self._finish(self.first)

    async def rate_badly(self) -> None:
        """The citizen presses the last face."""
        self.bridge.press_face(self.first, 1)

    async def rest(self) -> None:
        """Nothing more."""
        self.bridge.heal_all()

    # --- what it looks for --------------------------------------------------------------------------------------------------

    def remember(self, seen: Seen) -> None:
        """A step begins: only what comes after this is its result."""
        self.mark = seen.facts[0].n if seen.facts else 0
        self.paper = seen.papers[0].slip.number if seen.papers else 0

    def papers_more(self, seen: Seen) -> bool:
        """Whether a paper came out since the step began."""
        return bool(seen.papers) and seen.papers[0].slip.number > self.paper

    def told(self, seen: Seen, *kinds: type[facts.Fact]) -> bool:
        """Whether such a fact was told since the step began."""
        names = {kind.__name__ for kind in kinds}
        return any(fact.kind in names and fact.n > self.mark for fact in seen.facts)

    def alerted(self, seen: Seen) -> bool:
        """Whether the dispenser asks for help."""
        return any(member == self.dispenser for member, _ in seen.alerts)

    def lit(self, seen: Seen, window: int) -> bool:
        """Whether the faces of a window are lit."""
        return any(
            look.lamps.get("4", 0) > 0
            for name, look in seen.looks.items()
            if look.kind == "pad" and self.bridge.plan.members[name].window == window
        )

    # --- inside -------------------------------------------------------------------------------------------------------------

    async def _ask(self, ask: asks.AnyAsk) -> None:
        await self.doing.ask(ask)

    async def _call(self, window: int) -> None:
        await self._ask(asks.CallNext(id=self.bridge.new_id(), window=window))

    async def _finish(self, window: int) -> None:
        await self._ask(asks.Finish(id=self.bridge.new_id(), window=window, outcome=Outcome.DONE))

    async def _make_free(self, window: int) -> None:
        board = self.bridge.seen.board
        state = next((w.state for w in board.windows if w.window == window), None) if board else None
        match state:
            case WindowState.CLOSED:
                clerk = work_number(self.bridge.plan, window)
                await self._ask(asks.Sit(id=self.bridge.new_id(), window=window, clerk=clerk))
            case WindowState.PAUSED:
                await self._ask(asks.Resume(id=self.bridge.new_id(), window=window))
            case WindowState.CALLED | WindowState.SERVING:
                await self._finish(window)
            case _:
                pass


def steps(guide: Guide) -> tuple[Step, ...]:
    """The tour through this hall."""
    one, two = guide.first, guide.second
    return (
        Step("欢迎", "Welcome", "这是一个完整的大厅：真的程序、真的总线，只有硬件是模拟的。五分钟，十三步；每按一次“下一步”，大厅里就真的发生一件事。",
             "A whole hall: real programs, a real bus, only the hardware is simulated. Thirteen steps; each Next makes something really happen.",
             "", Guide.prepare, lambda _g, seen: seen.fresh and all(_open(seen, w) for w in (one, two))),
        Step("取号", "A number is taken", "有人按下取号机的第一个键。触点会抖动，驱动去抖，主机先记账再回答，纸按打印机的真实速度出来。点纸票可以拿起来看、扫二维码。",
             "Somebody presses the first key. The contact bounces, the hub writes the ticket down before it answers, and the paper comes out at the printer's own speed. Click it to pick it up and scan it.",
             "door", Guide.take, lambda g, seen: g.told(seen, facts.TicketPrinted)),
        Step("叫号", "The call", f"{one} 号窗口叫号：屏上的点就是总线上真正发出的字节，广播里是真的录音（先按右上角打开声音）。",
             f"Window {one} calls. The dots are the very bytes on the wire, the voice is the very recording (switch sound on above).",
             f"window-{one}", Guide.call, lambda g, seen: g.told(seen, facts.TicketCalled)),
        Step("转复核", "On to the review", f"材料看完，转到 {two} 号窗口复核：还是同一张号，到达时间不变，不用重新排队。",
             f"The papers are checked; the review is at window {two}: same ticket, same arrival, no new queue.",
             f"window-{two}", Guide.send_on, lambda g, seen: g.told(seen, facts.TicketTransferred) and g.told(seen, facts.TicketCalled)),
        Step("办结", "Finished", "办结以后，评价器的四张脸一样亮。不按就是没有评价，绝不算“满意”。",
             "On finish all four faces light alike. No press means not rated, never “satisfied”.",
             f"window-{two}", Guide.finish_review, lambda g, seen: g.lit(seen, two)),
        Step("评价", "The rating", "市民按下“非常满意”。先记在评价器自己的卡上，再道谢；对每个等级的道谢都一样。",
             "The citizen presses a face. It is on the pad's own card before anybody is thanked, and the thanks are the same for every grade.",
             f"window-{two}", Guide.rate_well, lambda g, seen: g.told(seen, facts.TicketRated)),
        Step("纸用完了", "Out of paper", "打印纸用完时又有人取号：号照样有，显示在小屏上，广播也会说；上面出现给技术员的一句话。",
             "The paper is out and somebody presses: the number is kept, shown on the small display and spoken; above stands a sentence for technicians.",
             "door", Guide.paper_out, lambda g, seen: g.alerted(seen) and g.told(seen, facts.TicketIssued)),
        Step("换纸", "A new roll", "换上纸，欠的那张票自己补打出来，写着“补打”。",
             "With a new roll the owed ticket comes out by itself, marked 补打.",
             "door", Guide.new_roll, lambda g, seen: not g.alerted(seen) and g.told(seen, facts.TicketPrinted)),
        Step("主机没了", "The hub is gone", "大厅主机停住了。市民照样取号：取号机用事先借到的号段。页面上方写着恢复中。",
             "The hub stands still. Citizens still get tickets: from numbers lent in advance. Above it says recovering.",
             "door", Guide.freeze_hub, lambda g, seen: _frozen(seen) and g.papers_more(seen)),
        Step("主机回来", "The hub is back", "把它杀掉：一秒之内自动重新启动，从自己的账本接着干，离线发的号也入账，一个不重，一个不丢。",
             "It is killed: within a second it is started again, goes on from its journal and takes in the tickets issued without it; none twice, none lost.",
             "lines", Guide.kill_hub, lambda g, seen: seen.fresh and not _frozen(seen) and g.told(seen, facts.TicketIssued)),
        Step("不满意", "A visit that went badly", f"{one} 号窗口再办一位。办结后四张脸又亮了。",
             f"Window {one} serves one more. The four faces are lit again.",
             f"window-{one}", Guide.serve_badly, lambda g, seen: g.lit(seen, one)),
        Step("差评", "A bad rating", "市民按下“不满意”：道谢和别的等级一样，旁人看不出来；这件事要有人回访。",
             "The citizen presses the last face: thanked like for any other grade, nobody beside can tell; somebody will have to call back.",
             f"window-{one}", Guide.rate_badly, lambda g, seen: g.told(seen, facts.TicketRated)),
        Step("轮到您了", "Your turn", "按键、叫号、弄坏、修好都随您。下面的“故障”里什么都可以弄坏，大厅会自己恢复。",
             "Press, call, break and mend as you like. Everything under Faults can be broken; the hall heals by itself.",
             "", Guide.rest, lambda _g, _seen: True),
    )  # fmt: skip


def _open(seen: Seen, window: int) -> bool:
    return seen.board is not None and any(
        w.window == window and w.state is not WindowState.CLOSED for w in seen.board.windows
    )


def _frozen(seen: Seen) -> bool:
    return "hub" in seen.processes and seen.processes["hub"].frozen


class Tour:
    """The card at the corner."""

    def __init__(self, doing: Doing) -> None:
        """Draws into the page; hidden."""
        self._doing = doing
        self._guide = Guide(doing)
        self._steps = steps(self._guide)
        self._at: int | None = None
        self._waited = 0
        self._acting = self._shown = False
        with (
            ui.element("div")
            .classes("tour hidden")
            .props('role=dialog aria-live=polite data-test="tour-card"') as self._card
        ):
            self._words = raw()
            with ui.element("div").classes("row"):
                self._bar = raw().classes("bar")
                button("结束", "End", self._end, test="tour-end")
                self._next = button("下一步", "Next", self._forward, "first", "tour-next")

    def start(self) -> None:
        """From the beginning."""
        self._at = -1
        self._card.classes(remove="hidden")
        self._forward()

    def _end(self) -> None:
        self._at = None
        self._card.classes(add="hidden")
        _spot("")

    def _forward(self) -> None:
        if self._at is None or (self._at >= 0 and not self._shown and self._waited < PATIENCE):
            return
        if self._at + 1 >= len(self._steps):
            self._end()
            return
        self._at += 1
        step = self._steps[self._at]
        self._words.set_content(
            f'<h3 data-step="{self._at}">{self._at + 1}. {esc(step.zh)} <small>{esc(step.en)}</small></h3>'
            f'<p>{esc(step.zh_more)}</p><p class="en">{esc(step.en_more)}</p>'
        )
        self._bar.set_content(f'<i style="width:{100 * (self._at + 1) // len(self._steps)}%"></i>')
        self._next.props("aria-disabled=true data-shown=false")
        self._waited, self._acting, self._shown = 0, True, False
        self._guide.remember(self._doing.bridge.seen)
        _spot(step.spot)
        with self._card:
            background_tasks.create(self._act(step), name="tour")

    async def _act(self, step: Step) -> None:
        try:
            with self._card:
                await step.act(self._guide)
        finally:
            self._acting = False

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`: Next is there when the step has shown its result."""
        if self._at is None or self._shown:
            return
        self._waited += 1
        self._shown = not self._acting and self._steps[self._at].until(self._guide, seen)
        if self._shown or self._waited == PATIENCE:
            self._next.props(f"aria-disabled=false data-shown={str(self._shown).lower()}")


def _spot(name: str) -> None:
    """Put a frame around a part of the page, and show it."""
    ui.run_javascript(
        "document.querySelectorAll('.spot').forEach(e => e.classList.remove('spot'));"
        f"const e = document.getElementById('{name}'); if (e) {{ e.classList.add('spot'); e.scrollIntoView({{block: innerWidth > 820 ? 'nearest' : 'start', behavior: 'smooth'}}); }}"
    )
