"""The floor: who waits for what, and what is wrong in the hall. And the head of the page."""

from __future__ import annotations

from nicegui import ui

from hall.messages.answers import Board, BoardService
from hall.messages.presence import Alert
from hall.text import Text
from sim.page.names import title, titles
from sim.page.parts import Doing, esc, raw
from sim.page.seen import Seen

PEOPLE_SHOWN = 24


class Lines:
    """Every service's line."""

    def __init__(self) -> None:
        """Draws into the container that is open."""
        self._board: Board | None = None
        with ui.element("section").classes("room").props("id=lines"):
            raw("等候区 <small>Waiting</small>", tag="h2")
            self._lines = raw("<small>正在启动 starting…</small>").classes("lines").props('data-test="lines"')

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        if seen.board is None or (self._board is not None and seen.board.services == self._board.services):
            return
        self._board = seen.board
        self._lines.set_content("".join(_line(service) for service in seen.board.services))


def _line(service: BoardService) -> str:
    people = "●" * min(service.waiting, PEOPLE_SHOWN) + ("…" if service.waiting > PEOPLE_SHOWN else "")
    if service.wait_min_s is None or service.wait_max_s is None:
        wait = "等候未知 wait unknown" if service.waiting else ""
    else:
        low, high = round(service.wait_min_s / 60), max(1, -(-service.wait_max_s // 60))
        wait = f"约 {low}–{high} 分钟 min"
    return (
        f'<div class="queue"><span class="letter">{esc(service.letter)}</span>'
        f'<span class="n">{esc(service.name.zh)} <small>{esc(service.name.en)}</small></span>'
        f'<span class="w"><b data-test="waiting-{esc(service.id)}">{service.waiting}</b> 人<small>{wait}</small></span>'
        f'<span class="people" aria-hidden="true">{people}</span></div>'
    )


class Alerts:
    """Every open trouble, as its sentence for technicians; citizens read theirs on paper, sign and in the call."""

    def __init__(self, doing: Doing) -> None:
        """Draws into the container that is open."""
        self._members = doing.bridge.members
        self._drawn: object = None
        self._list = raw().classes("alerts").props('role=status aria-live=polite data-test="alerts"')

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        absent = self._absent(seen)
        drawn = (seen.alerts, absent)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._list.set_content(
            "".join(_trouble("fault", "", text) for text in absent)
            + "".join(self._alert(member, alert) for (member, _), alert in sorted(seen.alerts.items()))
        )

    def _absent(self, seen: Seen) -> tuple[Text, ...]:
        found = []
        if not seen.bus:
            found.append(
                Text(
                    zh="消息总线恢复中，请稍候",
                    en="The message bus is away: every device goes on by itself until it is back",
                )
            )
        elif not seen.fresh:
            found.append(
                Text(
                    zh="大厅主机恢复中，请稍候",
                    en="The hub is away; tickets come from lent numbers, signs mark the last call",
                )
            )
        if not seen.world:
            found.append(
                Text(zh="设备世界恢复中，请稍候", en="The simulated hardware is being started again")
            )
        frozen = titles((name for name, process in seen.processes.items() if process.frozen), self._members)
        if frozen.zh:
            found.append(Text(zh=f"已冻结：{frozen.zh}", en=f"Frozen on purpose: {frozen.en}"))
        return tuple(found)

    def _alert(self, member: str, alert: Alert) -> str:
        who = title(member, self._members.get(member))
        return _trouble(alert.level.value, f"<b>{esc(who.zh)} <small>{esc(who.en)}</small></b>", alert.text)


def _trouble(level: str, who: str, text: Text) -> str:
    return f'<div class="alert {esc(level)}">{who}<span>{esc(text.zh)}</span><span class="en">{esc(text.en)}</span></div>'
