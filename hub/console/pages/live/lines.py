"""The lines: how many wait, how long, since when; and stopping a service for a reason that people are told."""

from __future__ import annotations

from datetime import timedelta

from nicegui import ui

from hall.messages import asks
from hall.text import Text
from hub.console.look.sheet import Sheet, tag, text
from hub.console.look.tongue import said
from hub.console.look.words import WORDS, label
from hub.console.mirror.picture import LineSeen, Picture
from hub.console.pages.board.words import wait
from hub.console.pages.live.parts import Desk, buttons, clock_input, dialog, minutes


class Lines:
    """Every service's line."""

    def __init__(self, desk: Desk) -> None:
        """Drawn empty."""
        self._desk = desk
        with ui.element("div").classes("card"):
            ui.label(label("board.lines")).classes("title")
            self._sheet = Sheet("ul", classes="rows", props='data-test="lines"')
            if desk.may("stop_service"):
                self._dialog = StopDialog(desk)
                button = ui.button(label("live.stop-service"), on_click=self._dialog.open)
                button.props('no-caps flat dense data-test="stop-service"')

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        services = {service.id: service for service in picture.board.services}
        rows = []
        for line in picture.lines:
            service = services[line.service]
            waits = [label("waiting-n", n=service.waiting)]
            told = wait(service, picture.board)
            if told != WORDS["board.unknown"]:  # who waits listens for the number; who reads this does not
                waits.append(said(told))
            late = False
            if line.since is not None:
                longest = minutes(line.since, picture.at)
                late = line.limit_min is not None and longest >= line.limit_min
                waits.append(label("live.longest", n=longest))
            if line.limit_min is not None:
                waits.append(label("live.limit", n=line.limit_min))
            rows.append(
                tag(
                    "li",
                    tag("span", text(said(service.name))),
                    tag("span", text(" · ".join(waits)), cls="late" if late else "time"),
                    *self._stopped(line),
                )
            )
        self._sheet.show(*rows)

    def _stopped(self, line: LineSeen) -> list[str]:
        if line.stopped is not None:
            return [tag("span", text(label("live.stopped", why=said(line.stopped))), cls="late")]
        if line.stop is not None:
            when = line.stop.begins.astimezone(self._desk.zone)
            why = label("live.stops-at", at=f"{when:%m-%d %H:%M}", why=said(line.stop.reason))
            return [tag("span", text(why), cls="time")]
        return []


class StopDialog:
    """A service stops, for a reason, until a date; or goes on."""

    def __init__(self, desk: Desk) -> None:
        """One for the whole page."""
        self._desk = desk
        self._box, card = dialog("live.stop-service", "stop-dialog")
        names = {key: said(plan.name) for key, plan in desk.plan.services.items()}
        with card:
            self._service = ui.select(names, label=label("service"), value=next(iter(names), None))
            self._service.classes("wide").props('data-test="stop-which"')
            self._zh = ui.input(label("live.reason-zh")).classes("wide").props('data-test="reason-zh"')
            self._en = ui.input(label("live.reason-en")).classes("wide").props('data-test="reason-en"')
            self._other_zh = ui.input(label("live.instead-zh")).classes("wide")
            self._other_en = ui.input(label("live.instead-en")).classes("wide")
            today = desk.backstage.now().astimezone(desk.zone).date()
            self._day = ui.input(label("live.back-day"), value=(today + timedelta(days=1)).isoformat())
            self._day.props('type=date stack-label data-test="back-day"')
            self._clock = clock_input("live.back-clock", "back-clock")
            self._clock.set_value("09:00")
            buttons(self._box, self._stop, word="live.stop")
            ui.button(label("live.go-on"), on_click=self._resume).props('no-caps flat data-test="go-on"')

    def open(self) -> None:
        """Ask."""
        self._box.open()

    async def _stop(self) -> None:
        at = self._desk.moment(str(self._clock.value or ""))
        if at is None:
            return
        day = str(self._day.value or "")
        try:
            year, month, date = (int(part) for part in day.split("-"))
            ends = at.replace(year=year, month=month, day=date)
        except ValueError:
            ends = at
        zh, en = str(self._other_zh.value or "").strip(), str(self._other_en.value or "").strip()
        reason = Text(zh=str(self._zh.value or "").strip(), en=str(self._en.value or "").strip())
        if not reason.zh or not reason.en:
            ui.notify(label("live.reason-both"), type="negative", position="top")
            return
        ask = self._desk.ask(
            asks.StopService,
            service=str(self._service.value),
            reason=reason,
            ends=ends,
            alternative=Text(zh=zh, en=en) if zh and en else None,
        )
        if await self._desk.do(ask) is not None:
            self._box.close()

    async def _resume(self) -> None:
        ask = self._desk.ask(asks.ResumeService, service=str(self._service.value))
        if await self._desk.do(ask) is not None:
            self._box.close()
