"""Where a person goes on, why a clerk steps away, and who is called out of turn."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from typing import Any

from nicegui import ui

from hall.plan import HallPlan
from hub.console.book.reading import Book, spoken
from hub.console.look.tongue import said
from hub.console.look.words import label, reason_word
from hub.console.mirror.picture import WindowSeen
from hub.console.pages.clerk.choices import pause_reasons, places, sent_to
from hub.console.pages.dialog import Dialog
from hub.domain.ticket import DESK

Done = Coroutine[Any, Any, bool]
#: minutes that a clerk may say to be away
AWAY = (5, 10, 15, 30, 60)


class TransferDialog(Dialog):
    """To a service, a window or the guide desk; carry and back."""

    def __init__(
        self, plan: HallPlan, book: Book, transfer: Callable[[str | int, str, bool, bool], Done]
    ) -> None:
        """`transfer(to, note, carry, back)` does it and says whether it was done."""
        super().__init__("transfer")
        self._plan, self._book, self._transfer = plan, book, transfer
        self._at: WindowSeen | None = None
        with self.card:
            self._to = ui.select({}, label=label("to")).props('outlined autofocus data-test="to"')
            self._to.classes("wide").on_value_change(self._changed)
            self._carry = ui.checkbox(label("carry")).props('data-test="carry"')
            self._carry.on_value_change(self._changed)
            self._back = ui.checkbox(label("back-to-me")).props('data-test="back"')
            self._note = ui.input(label("note")).props('dense outlined maxlength=300 data-test="note"')
            self.entered(self._note.classes("wide"))
            self._words = ui.label().classes("spoken").props('aria-live="polite"')
        self.foot("transfer")

    def ask(self, at: WindowSeen, windows: Iterable[WindowSeen]) -> None:
        """Ask, for the person at this window; reviews first."""
        self._at = at
        self._to.set_options(
            {str(to): self._named(to) for to in places(self._plan, tuple(windows), at.window)}
        )
        self._to.set_value(next(iter(self._to.options)))
        self._note.set_value("")
        self._carry.set_value(value=False)
        self._back.set_value(value=False)
        self._changed()
        self.open()

    def _named(self, to: str | int) -> str:
        if to == DESK:
            return label("guide-desk")
        return label("window-n", n=to) if isinstance(to, int) else said(self._plan.services[to].name)

    @property
    def _place(self) -> str | int:
        chosen = str(self._to.value)
        return int(chosen) if chosen.isdigit() else chosen

    def _changed(self) -> None:
        moment = sent_to(self._plan, self._place, carry=bool(self._carry.value))
        window: object = self._place
        if isinstance(window, str):
            window = next((w.window for w in self._plan.windows if window in w.serves[:1]), None)
        self._words.set_text("" if moment is None else said(spoken(self._book.at(moment).opening, n=window)))

    async def confirm(self) -> None:
        """See :class:`Dialog`."""
        if self.is_open and await self._transfer(
            self._place, str(self._note.value or "").strip(), bool(self._carry.value), bool(self._back.value)
        ):
            self.close()


class PauseDialog(Dialog):
    """Why a clerk steps away, and for how long."""

    def __init__(self, pause: Callable[[str, datetime | None], Done]) -> None:
        """`pause(reason, until)` does it and says whether it was done."""
        super().__init__("pause")
        self._pause = pause
        self._can: tuple[str, ...] = ()
        with self.card:
            self._reason = ui.radio([""], value="").props('data-test="reason"')
            self._cannot = ui.label().classes("time")
            named = {0: label("until-open"), **{n: label("minutes-n", n=n) for n in AWAY}}
            self._until = ui.select(named, value=0, label=label("until"))
            self._until.props('dense outlined data-test="until"').classes("wide")
        self.foot("pause")

    def ask(self, at: WindowSeen, plan: HallPlan) -> None:
        """Ask, with the reasons that may be given now."""
        self._can, cannot = pause_reasons(plan.policy.pause, at.waiting)
        named = {reason: f"{i} {reason_word(reason)}" for i, reason in enumerate(self._can, start=1)}
        self._reason.set_options(named, value=self._can[0])
        self._cannot.set_visibility(bool(cannot))
        self._cannot.set_text(label("not-while-waiting", list="、".join(map(reason_word, cannot))))
        self._until.set_value(0)
        self.open()

    def key(self, key: str) -> None:
        """See :class:`Dialog`: a digit chooses the reason."""
        if key.isdigit() and 1 <= int(key) <= len(self._can):
            self._reason.set_value(self._can[int(key) - 1])

    async def confirm(self) -> None:
        """See :class:`Dialog`."""
        away = timedelta(minutes=int(self._until.value or 0))
        until = datetime.now().astimezone() + away if away else None
        if self.is_open and await self._pause(str(self._reason.value), until):
            self.close()


class CallDialog(Dialog):
    """One person by their number, out of turn; it is on record."""

    def __init__(self, call: Callable[[str], Done]) -> None:
        """`call(number)` does it and says whether it was done."""
        super().__init__("call-one")
        self._call = call
        with self.card:
            ui.label(label("call-one-help")).classes("time")
            self._number = ui.input(label("number")).props(
                'outlined autofocus maxlength=6 data-test="call-number" translate=no'
            )
            self.entered(self._number)
        self.foot("call-one")

    def ask(self, number: str = "") -> None:
        """Ask."""
        self._number.set_value(number)
        self.open()

    async def confirm(self) -> None:
        """See :class:`Dialog`."""
        number = str(self._number.value or "").strip().upper()
        if self.is_open and number and await self._call(number):
            self.close()
