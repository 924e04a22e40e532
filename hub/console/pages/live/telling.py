"""What the whole hall is told: sentences that are true now, a text of one's own, and the order to leave."""

from __future__ import annotations

from typing import Final

from nicegui import ui

from hall.messages import asks
from hall.messages.common import NoticeKind
from hall.messages.facts import NoticeGiven
from hall.text import Text
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import Picture
from hub.console.pages.live.parts import Desk, buttons, clock_input, dialog

#: What is told with one press.
SENTENCES: Final = (
    NoticeKind.CROWD,
    NoticeKind.CLOSING_SOON,
    NoticeKind.EXTENDED,
    NoticeKind.FAULT_LONG,
    NoticeKind.FOUND,
    NoticeKind.CHILD,
)


class Telling:
    """What stands, and what could be told now."""

    def __init__(self, desk: Desk) -> None:
        """Drawn empty."""
        self._desk = desk
        self._shown: tuple[NoticeGiven, ...] | None = None
        self._buttons: dict[NoticeKind, ui.button] = {}
        with ui.element("div").classes("card"):
            ui.label(label("live.telling")).classes("title")
            self._list = ui.element("ul").classes("rows").props('data-test="notices"')
            if desk.may("broadcast"):
                self._draw_buttons()

    def _draw_buttons(self) -> None:
        self._untrue = ui.label(label("live.only-true")).classes("soft")
        own, leave = OwnDialog(self._desk), LeaveDialog(self._desk)
        divert = DivertDialog(self._desk)
        with ui.element("div").classes("buttons small"):
            for kind in SENTENCES:
                button = ui.button(label(f"notice.{kind.value}"), on_click=lambda _, k=kind: self._tell(k))
                self._buttons[kind] = button.props(f'no-caps data-test="tell-{kind.value}"')
            ui.button(label("notice.divert"), on_click=divert.open).props('no-caps data-test="tell-divert"')
            ui.button(label("notice.text"), on_click=own.open).props('no-caps data-test="tell-text"')
            evacuate = ui.button(label("notice.evacuate"), on_click=leave.open, color="negative")
            evacuate.props('no-caps data-test="tell-evacuate"')

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        for kind, button in self._buttons.items():
            button.set_enabled(kind in picture.true)
        if self._buttons:
            self._untrue.set_visibility(not picture.true.issuperset(self._buttons))
        if picture.notices == self._shown:
            return
        self._shown = picture.notices
        self._list.clear()
        with self._list:
            if not picture.notices:
                with ui.element("li"):
                    ui.label(label("live.nothing-told")).classes("time")
            for given in picture.notices:
                self._row(given)

    def _row(self, given: NoticeGiven) -> None:
        with ui.element("li").classes("alarm urgent" if given.kind is NoticeKind.EVACUATE else ""):
            with ui.element("div"):
                ui.label(said(given.text))
                until = (
                    label("live.until-withdrawn")
                    if given.until is None
                    else label("live.until", at=self._desk.clock(given.until))
                )
                ui.label(until).classes("time")
            if self._desk.may("withdraw_notice"):
                withdraw = ui.button(label("live.withdraw"), on_click=lambda _, g=given: self._withdraw(g))
                withdraw.props('no-caps flat dense data-test="withdraw"')

    async def _tell(self, kind: NoticeKind) -> None:
        await self._desk.do(self._desk.ask(asks.Broadcast, kind=kind))

    async def _withdraw(self, given: NoticeGiven) -> None:
        await self._desk.do(self._desk.ask(asks.WithdrawNotice, notice=given.notice))


class OwnDialog:
    """A text of one's own, for board and signs."""

    def __init__(self, desk: Desk) -> None:
        """One for the whole page."""
        self._desk = desk
        self._box, card = dialog("notice.text", "own-dialog")
        with card:
            ui.label(label("live.own-help")).classes("time")
            self._zh = (
                ui.input(label("live.text-zh")).classes("wide").props('maxlength=60 data-test="text-zh"')
            )
            self._en = (
                ui.input(label("live.text-en")).classes("wide").props('maxlength=200 data-test="text-en"')
            )
            self._until = clock_input("live.stands-until", "text-until")
            buttons(self._box, self._confirm, word="live.tell")

    def open(self) -> None:
        """Ask for the words."""
        self._box.open()

    async def _confirm(self) -> None:
        until = None
        if self._until.value:
            until = self._desk.moment(str(self._until.value))
            if until is None:
                return
        text = Text(zh=str(self._zh.value or "").strip(), en=str(self._en.value or "").strip())
        ask = self._desk.ask(asks.Broadcast, kind=NoticeKind.TEXT, text=text, until=until)
        if await self._desk.do(ask) is not None:
            self._box.close()
            self._zh.set_value("")
            self._en.set_value("")


class DivertDialog:
    """A service is served at another window too."""

    def __init__(self, desk: Desk) -> None:
        """One for the whole page."""
        self._desk = desk
        self._box, card = dialog("notice.divert", "divert-dialog")
        services = {key: said(plan.name) for key, plan in desk.plan.services.items()}
        windows = {plan.window: label("window-n", n=plan.window) for plan in desk.plan.windows}
        with card:
            self._service = ui.select(services, label=label("service"), value=next(iter(services), None))
            self._window = ui.select(windows, label=label("live.window"), value=next(iter(windows), None))
            for box in (self._service, self._window):
                box.classes("wide")
            buttons(self._box, self._confirm, word="live.tell")

    def open(self) -> None:
        """Ask which and where."""
        self._box.open()

    async def _confirm(self) -> None:
        service, window = str(self._service.value), int(self._window.value or 0)
        ask = self._desk.ask(asks.Broadcast, kind=NoticeKind.DIVERT, service=service, window=window)
        if await self._desk.do(ask) is not None:
            self._box.close()


class LeaveDialog:
    """Everybody is to leave: asked twice, in two different places of the screen's flow."""

    def __init__(self, desk: Desk) -> None:
        """One for the whole page."""
        self._desk = desk
        self._box, card = dialog("notice.evacuate", "leave-dialog")
        with card:
            ui.label(label("live.leave-help"))
            self._sure = ui.checkbox(label("live.leave-sure"), on_change=self._changed)
            self._sure.props('data-test="leave-sure"')
            with ui.element("div").classes("line"):
                self._go = ui.button(label("live.leave-now"), on_click=self._confirm, color="negative")
                self._go.props('no-caps data-test="leave-now"')
                ui.button(label("cancel"), on_click=self._box.close).props("no-caps flat")

    def open(self) -> None:
        """Ask."""
        self._sure.set_value(value=False)
        self._go.set_enabled(False)
        self._box.open()

    def _changed(self) -> None:
        self._go.set_enabled(bool(self._sure.value))

    async def _confirm(self) -> None:
        ask = self._desk.ask(asks.Broadcast, kind=NoticeKind.EVACUATE, confirmed=bool(self._sure.value))
        if await self._desk.do(ask) is not None:
            self._box.close()
