"""What the clerk's page asks before some acts: how it ended, where to, why."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from nicegui import ui

from hall.messages.common import Outcome
from hall.plan import HallPlan
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import WindowSeen
from hub.domain.ticket import DESK

Done = Coroutine[Any, Any, None]


def _dialog(title: str) -> tuple[ui.dialog, ui.card]:
    dialog = ui.dialog().props(f'aria-label="{label(title)}"')
    with dialog, ui.card().classes("dialog") as card:
        ui.label(label(title)).classes("title")
    return dialog, card


def _buttons(dialog: ui.dialog, confirm: Callable[[], Done]) -> None:
    with ui.element("div").classes("line"):
        ui.button(label("confirm"), on_click=confirm).props('no-caps data-test="confirm"')
        ui.button(label("cancel"), on_click=dialog.close).props("no-caps flat")


class FinishDialog:
    """How a service ended (C6)."""

    def __init__(self, finish: Callable[[Outcome, str, bool], Done]) -> None:
        """`finish(outcome, detail, then_next)` does it."""
        self._finish, self._then_next = finish, False
        self._dialog, card = _dialog("outcome")
        with card:
            named = {outcome.value: label(f"outcome.{outcome.value}") for outcome in Outcome}
            self._outcome = ui.radio(named, value=Outcome.DONE.value).props('data-test="outcome"')
            self._detail = ui.input(label("detail")).props('data-test="detail" maxlength=300')
            _buttons(self._dialog, self._confirm)

    def open(self, *, then_next: bool) -> None:
        """Ask; with `then_next` the next person is called afterwards."""
        self._then_next = then_next
        self._outcome.set_value(Outcome.DONE.value)
        self._detail.set_value("")
        self._dialog.open()

    async def _confirm(self) -> None:
        self._dialog.close()
        await self._finish(
            Outcome(self._outcome.value), str(self._detail.value or "").strip(), self._then_next
        )


class TransferDialog:
    """Where a person goes on."""

    def __init__(self, plan: HallPlan, transfer: Callable[[str | int, str, bool, bool], Done]) -> None:
        """`transfer(to, note, carry, back)` does it."""
        self._plan, self._transfer = plan, transfer
        self._dialog, card = _dialog("transfer")
        with card:
            self._to = ui.select({}, label=label("to")).props('data-test="to"').classes("wide")
            self._note = ui.input(label("note")).props("maxlength=300").classes("wide")
            self._carry = ui.checkbox(label("carry"))
            self._back = ui.checkbox(label("back-to-me"))
            _buttons(self._dialog, self._confirm)

    def open(self, at: WindowSeen) -> None:
        """Ask, for the person at this window; reviews first."""
        reviews = [s for s, plan in self._plan.services.items() if plan.review]
        others = [s for s, plan in self._plan.services.items() if not plan.review]
        places: dict[str, str] = {f"service {s}": said(self._plan.services[s].name) for s in reviews + others}
        places |= {
            f"window {w.window}": label("window-n", n=w.window)
            for w in self._plan.windows
            if w.window != at.window
        }
        places[DESK] = label("guide-desk")
        self._to.set_options(places, value=next(iter(places)))
        self._note.set_value("")
        self._carry.set_value(value=False)
        self._back.set_value(value=False)
        self._dialog.open()

    async def _confirm(self) -> None:
        self._dialog.close()
        kind, _, name = str(self._to.value).partition(" ")
        to: str | int = DESK if kind == DESK else int(name) if kind == "window" else name
        await self._transfer(
            to, str(self._note.value or "").strip(), bool(self._carry.value), bool(self._back.value)
        )


class PauseDialog:
    """Why a clerk steps away."""

    #: where the policy names no reasons
    USUAL = ("器材", "请示领导", "生理", "设备故障", "交接", "午休")

    def __init__(self, reasons: Sequence[str], pause: Callable[[str], Done]) -> None:
        """`pause(reason)` does it."""
        self._pause = pause
        self._dialog, card = _dialog("pause")
        reasons = reasons or self.USUAL
        with card:
            self._reason = ui.radio(list(reasons), value=reasons[0]).props('data-test="reason"')
            _buttons(self._dialog, self._confirm)

    def open(self) -> None:
        """Ask."""
        self._dialog.open()

    async def _confirm(self) -> None:
        self._dialog.close()
        await self._pause(str(self._reason.value))
