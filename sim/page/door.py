"""At the door: the dispenser with its keys, lamps, small display and paper, and the loudspeaker above."""

from __future__ import annotations

from nicegui import ui
from nicegui.element import Element

from devices.ticket_dispenser.settings import ALARM, GREEN
from sim.page.parts import Doing, both, esc, finger, raw
from sim.page.seen import Call, Paper, Seen
from sim.twin.paper import SPEED
from sim.twin.world_talk import Look


class Door:
    """The dispenser."""

    def __init__(self, doing: Doing, member: str) -> None:
        """Draws into the container that is open."""
        self._doing, self.member = doing, member
        bridge = doing.bridge
        self._look: Look | None = None
        self._papers: tuple[Paper, ...] = ()
        self._keys: dict[str, Element] = {}
        with (
            ui.element("section")
            .classes("room")
            .props(f'id=door aria-label="取号机 Ticket dispenser" data-device="{member}"')
        ):
            raw("入口 <small>At the door</small>", tag="h2")
            with ui.element("div").classes("machine"):
                raw(
                    "<span>自助取号</span><small>Take a number</small>",
                    tag="div",
                ).classes("plate")
                raw(
                    f'<canvas class="dots" id="dots-{esc(member)}" role="img" aria-label="小屏 small display"></canvas>'
                )
                with ui.element("div").classes("keys"):
                    for key in bridge.members[member].keys:
                        self._keys[key] = self._key(key)
                self._alarm = raw(
                    '<span class="bulb"></span>需要协助 <small style="color:inherit">needs help</small>'
                ).classes("lampline")
                ui.element("div").classes("slot")
            self._outlet = raw().classes("outlet")
            raw("按住即长按：只打印材料清单，不取号 · hold for the list of papers only").classes("hint")
        self._outlet.set_content(_NOTHING)

    def _key(self, key: str) -> Element:
        bridge, member = self._doing.bridge, self.member
        made = ui.element("button").classes("key").props(f'type=button data-test="key-{esc(key)}"')
        with made:
            if key == GREEN:
                made.classes("green")
                raw(
                    "<i>★</i>" + both("绿色通道", "Green channel: elderly, ill, disabled, with infant"),
                    tag="span",
                )
            else:
                service = bridge.plan.services[key]
                raw(f"<i>{esc(service.letter)}</i>" + both(service.name.zh, service.name.en), tag="span")
        finger(made, lambda: bridge.hold(member, key), lambda: bridge.release(member, key))
        return made

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        look = seen.looks.get(self.member)
        if look is not None and look is not self._look:
            before, self._look = self._look, look
            for key, made in self._keys.items():
                for name, now, was in (
                    ("lit", look.lamps.get(key, 0) > 0, before is not None and before.lamps.get(key, 0) > 0),
                    (
                        "down",
                        look.pressed.get(key, False),
                        before is not None and before.pressed.get(key, False),
                    ),
                ):
                    if now != was:
                        made.classes(add=name) if now else made.classes(remove=name)
            alarmed = look.lamps.get(ALARM, 0) > 0
            self._alarm.classes(add="lit") if alarmed else self._alarm.classes(remove="lit")
        papers = tuple(paper for paper in seen.papers if paper.member == self.member)
        if papers and papers[:1] != self._papers[:1]:
            slip = papers[0].slip
            self._outlet.set_content(
                f'<button type="button" data-paper="{slip.number}" data-test="paper" title="拿起来看 pick it up">'
                f'<img src="/papers/{slip.number}.png" alt="{esc(" ".join(slip.text) or "号票 ticket")}" '
                f'style="animation-duration:{slip.length_mm / SPEED:.2f}s"></button>'
            )
        self._papers = papers


_NOTHING = '<div class="none">纸票从这里出来<br>The paper comes out here</div>'


class Speaker:
    """The loudspeaker: what it said, as text and as the sound that was really played."""

    def __init__(self, member: str) -> None:
        """Draws into the container that is open."""
        self.member = member
        self._calls: tuple[Call, ...] | None = None
        self._known: set[str] = set()
        self._first = True
        with ui.element("section").classes("room").props(f'id=speaker data-device="{member}"'):
            raw("广播 <small>Loudspeaker</small>", tag="h2")
            self._list = raw().classes("calls").props('aria-live=polite data-test="calls"')

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        if seen.calls is self._calls:
            return
        self._calls = seen.calls
        fresh = [name for call in reversed(seen.calls) for name in call.sounds if name not in self._known]
        self._known.update(fresh)
        if not self._first:
            for name in fresh:
                ui.run_javascript(f"hall.heard({name!r})")
        self._first = False
        drawn = "".join(_call(call) for call in seen.calls[:8])
        self._list.set_content(drawn or '<div class="hint">还没有叫号 Nobody was called yet</div>')


def _call(call: Call) -> str:
    ear = '<span class="quiet" aria-hidden="true">…</span>'
    if call.ended is not None:
        ear = '<span class="quiet" aria-hidden="true">✓</span>'
    if call.playing:
        ear = '<span class="quiet" aria-hidden="true">♪</span>'
    elif call.sounds:
        ear = f'<button type="button" data-wav="{esc(call.sounds[-1])}" aria-label="播放 play: {esc(call.text.zh)}">▶</button>'
    mark = " playing" if call.playing else ""
    return f'<div class="call{mark}">{ear}<div>{esc(call.text.zh)}<small>{esc(call.text.en)} · {call.at:%H:%M:%S}</small></div></div>'
