"""The windows: what each is doing, and opening, closing, moving a clerk, another profile."""

from __future__ import annotations

from datetime import datetime

from nicegui import ui

from hall.messages import asks
from hall.messages.answers import BoardWindow
from hub.console.look.sheet import Sheet, tag, text
from hub.console.look.tongue import join, said
from hub.console.look.words import WORDS, label, reason_word
from hub.console.mirror.picture import Picture, WindowSeen
from hub.console.pages.live.parts import Desk, dialog, minutes

ACTS = ("sit", "leave", "set_profile")


class Windows:
    """A card for each window."""

    def __init__(self, desk: Desk) -> None:
        """Drawn empty."""
        self._desk = desk
        acts = any(desk.may(act) for act in ACTS)
        self._dialog = WindowDialog(desk) if acts else None
        self._cards: dict[int, Sheet] = {}
        self._picture: Picture | None = None
        with ui.element("section").classes("windows").props(f'aria-label="{label("live.windows")}"'):
            for plan in desk.plan.windows:
                with ui.element("div").classes("card window-card").props(f'data-test="window-{plan.window}"'):
                    self._cards[plan.window] = Sheet("div")
                    if self._dialog is not None:
                        name = label("live.change-window", n=plan.window)
                        button = ui.button(
                            label("live.change"), on_click=lambda _, n=plan.window: self._open(n)
                        )
                        button.props(
                            f'flat dense no-caps aria-label="{name}" data-test="change-{plan.window}"'
                        )

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        self._picture = picture
        boards = {window.window: window for window in picture.board.windows}
        for number, sheet in self._cards.items():
            sheet.show(self._card(picture.windows[number], boards[number], picture.at))

    def _open(self, window: int) -> None:
        if self._dialog is not None and self._picture is not None:
            self._dialog.open(self._picture.windows[window], self._picture)

    def _card(self, at: WindowSeen, board: BoardWindow, now: datetime) -> str:
        services = join(
            self._desk.plan.services[s].name for s in at.services if s in self._desk.plan.services
        )
        helps = join(self._desk.plan.services[s].name for s in at.helps if s in self._desk.plan.services)
        who = "" if at.clerk is None else f"{label('work-number')} {at.clerk}"
        late, lasted = self._lasted(at, board, now)
        return "".join(
            (
                tag(
                    "div",
                    tag("span", text(label("window-n", n=at.window)), cls="title"),
                    tag("span", text(label(f"state.{at.state.value}")), cls=f"state {at.state.value}"),
                    cls="line",
                ),
                tag("div", text("—" if at.ticket is None else at.ticket.number), cls="big"),
                tag("div", text(lasted), cls="late" if late else "time") if lasted else "",
                _why(at.paused) if at.paused else "",
                tag("div", text(who)),
                tag("div", text(services + (f" + {helps}" if helps else "")), cls="time"),
                tag("div", text(label("waiting-n", n=at.waiting)), cls="time"),
            )
        )

    def _lasted(self, at: WindowSeen, board: BoardWindow, now: datetime) -> tuple[bool, str]:
        """How long a pause or a service has lasted, and whether that is longer than it should."""
        if board.pause is not None:
            over = board.pause.overrun or (board.pause.ends is not None and board.pause.ends <= now)
            key = "live.pause-over" if over else "live.paused-for"
            return over, label(key, n=minutes(board.pause.since, now))
        if board.open is None or at.ticket is None:
            return False, ""
        lasted, target = minutes(board.open.since, now), board.open.target_min
        if target is None:
            return False, label("live.minutes", n=lasted)
        return lasted >= target, label("live.of-target", n=lasted, m=target)


def _why(reason: str) -> str:
    """The reason of a pause; a hall's own stands there as it was written."""
    lang = None if f"pause.{reason}" in WORDS else "zh-CN"
    return tag("div", text(reason_word(reason)), lang=lang, translate=None if lang is None else "no")


class WindowDialog:
    """What can be done with one window."""

    def __init__(self, desk: Desk) -> None:
        """One for the whole page."""
        self._desk = desk
        self._window = 0
        self._box, card = dialog("live.change", "window-dialog")
        with card:
            self._title = ui.label().classes("title")
            self._clerk = ui.select({}, label=label("live.clerk")).props('data-test="clerk"').classes("wide")
            with ui.element("div").classes("line"):
                self._sit = self._button("live.open", self._do_sit)
                self._leave = self._button("live.close", self._do_leave)
            names = {key: said(plan.name) for key, plan in desk.plan.services.items()}
            self._serves = self._services(names, "live.serves")
            self._helps = self._services(names, "live.helps")
            with ui.element("div").classes("line"):
                self._profile = self._button("live.set-profile", self._do_profile)
                ui.button(label("cancel"), on_click=self._box.close).props("no-caps flat")
            if not desk.may("set_profile"):
                for part in (self._serves, self._helps, self._profile):
                    part.set_visibility(False)

    def _button(self, word: str, act: object) -> ui.button:
        name = word.removeprefix("live.")
        return ui.button(label(word), on_click=act).props(f'no-caps data-test="{name}"')  # type: ignore[arg-type]

    def _services(self, names: dict[str, str], word: str) -> ui.select:
        box = ui.select(names, label=label(word), multiple=True).classes("wide")
        return box.props(f'use-chips data-test="{word.removeprefix("live.")}"')

    def open(self, at: WindowSeen, picture: Picture) -> None:
        """Ask what to do with this window."""
        self._window = at.window
        self._title.set_text(label("window-n", n=at.window))
        seats = {w.clerk: w.window for w in picture.windows.values() if w.clerk is not None}
        names = {clerk: self._named(clerk, seats.get(clerk)) for clerk in self._desk.plan.work_numbers}
        free = next((clerk for clerk in names if clerk not in seats), None)
        usual = self._desk.plan.roster.get(at.window)
        self._clerk.set_options(names, value=usual if usual in names else free)
        self._clerk.set_visibility(at.clerk is None)
        self._sit.set_visibility(at.clerk is None)
        self._leave.set_visibility(at.clerk is not None)
        self._serves.set_value(list(at.services))
        self._helps.set_value(list(at.helps))
        self._box.open()

    def _named(self, clerk: str, seat: int | None) -> str:
        return clerk if seat is None else label("live.clerk-at", clerk=clerk, n=seat)

    async def _do_sit(self) -> None:
        """Open the window; a clerk who sits elsewhere is moved in the same act, and refused while somebody is served there."""
        if self._clerk.value is None:
            return
        clerk = str(self._clerk.value)
        ask = self._desk.ask(asks.Sit, window=self._window, clerk=clerk, move=True)
        if await self._desk.do(ask) is not None:
            self._box.close()

    async def _do_leave(self) -> None:
        if await self._desk.do(self._desk.ask(asks.Leave, window=self._window)) is not None:
            self._box.close()

    async def _do_profile(self) -> None:
        serves, helps = tuple(self._serves.value or ()), tuple(self._helps.value or ())
        ask = self._desk.ask(
            asks.SetProfile,
            window=self._window,
            serves=serves,
            helps=tuple(service for service in helps if service not in serves),
        )
        if await self._desk.do(ask) is not None:
            self._box.close()
