"""The floor: who waits for what, and what is wrong in the hall. And the head of the page."""

from __future__ import annotations

from nicegui import ui

from hall.messages.answers import Board, BoardService
from hall.messages.presence import Alert
from sim.page.parts import esc, raw
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

    def __init__(self) -> None:
        """Draws into the container that is open."""
        self._drawn: object = None
        self._list = raw().classes("alerts").props('role=status aria-live=polite data-test="alerts"')

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        absent = _absent(seen)
        drawn = (seen.alerts, absent)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._list.set_content(
            "".join(_trouble("fault", "", zh, en) for zh, en in absent)
            + "".join(_alert(member, alert) for (member, _), alert in sorted(seen.alerts.items()))
        )


def _absent(seen: Seen) -> tuple[tuple[str, str], ...]:
    found = []
    frozen = [name for name, process in seen.processes.items() if process.frozen]
    if not seen.bus:
        found.append(("消息总线恢复中，请稍候", "The message bus is away; it is being started again"))
    elif not seen.fresh:
        found.append(
            (
                "大厅主机恢复中，请稍候",
                "The hub is away; tickets come from lent numbers, signs mark the last call",
            )
        )
    if not seen.world:
        found.append(("设备世界恢复中，请稍候", "The simulated hardware is being started again"))
    if frozen:
        found.append((f"已冻结：{'、'.join(frozen)}", f"Frozen on purpose: {', '.join(frozen)}"))
    return tuple(found)


def _alert(member: str, alert: Alert) -> str:
    return _trouble(alert.level.value, member, alert.text.zh, alert.text.en)


def _trouble(level: str, member: str, zh: str, en: str) -> str:
    who = f"<b>{esc(member)}</b>" if member else ""
    return (
        f'<div class="alert {esc(level)}">{who}<span>{esc(zh)}</span><span class="en">{esc(en)}</span></div>'
    )
