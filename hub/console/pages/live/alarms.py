"""What the hall speaks up about, what would help, and what somebody did about it."""

from __future__ import annotations

from nicegui import ui

from hall.messages import asks
from hall.messages.answers import BoardAlarm
from hall.messages.common import AlarmCode
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import Picture
from hub.console.pages.live.parts import Desk, buttons, dialog

HELP = AlarmCode.HELP_CALLED


class Alarms:
    """Every alarm that stands, the loudest first."""

    def __init__(self, desk: Desk) -> None:
        """Drawn empty."""
        self._desk = desk
        self._shown: tuple[BoardAlarm, ...] | None = None
        #: help without a word is for those who come
        self._helps = desk.may("end_help")
        self._dialog = AnswerDialog(desk) if desk.may("answer_alarm") else None
        with ui.element("div").classes("card alarms"):
            ui.label(label("live.alarms")).classes("title")
            self._list = ui.element("ul").classes("rows").props('data-test="alarms" aria-live="polite"')

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        theirs = [alarm for alarm in picture.board.alarms if self._helps or alarm.code is not HELP]
        alarms = tuple(sorted(theirs, key=lambda alarm: (alarm.level.value != "urgent", alarm.at)))
        if alarms == self._shown:
            return
        self._shown = alarms
        self._list.clear()
        with self._list:
            if not alarms:
                with ui.element("li"):
                    ui.label(label("live.no-alarm")).classes("time")
            for alarm in alarms:
                self._row(alarm)

    def _row(self, alarm: BoardAlarm) -> None:
        with ui.element("li").classes(f"alarm {alarm.level.value}"):
            with ui.element("div"):
                ui.label(said(alarm.text))
                ui.label(label("live.since", at=self._desk.clock(alarm.at))).classes("time")
                if alarm.did:
                    ui.label(alarm.did).classes("time").props("translate=no")
            if self._dialog is not None:
                answer = ui.button(label("live.answer"), on_click=lambda _, a=alarm: self._answer(a))
                answer.props(f'no-caps flat dense data-test="answer-{alarm.code.value}"')

            if alarm.code is HELP and self._helps:
                over = ui.button(label("help-over"), on_click=lambda _, a=alarm: self._over(a))
                over.props('no-caps flat dense data-test="help-over"')

    async def _over(self, alarm: BoardAlarm) -> None:
        if alarm.window is not None:
            await self._desk.do(self._desk.ask(asks.EndHelp, window=alarm.window))

    def _answer(self, alarm: BoardAlarm) -> None:
        if self._dialog is not None:
            self._dialog.open(alarm)


class AnswerDialog:
    """What was done about an alarm."""

    def __init__(self, desk: Desk) -> None:
        """One for the whole page."""
        self._desk, self._alarm = desk, ""
        self._box, card = dialog("live.answer", "answer-dialog")
        with card:
            self._text = ui.label()
            self._did = ui.input(label("live.did")).classes("wide").props('maxlength=300 data-test="did"')
            buttons(self._box, self._confirm)

    def open(self, alarm: BoardAlarm) -> None:
        """Ask what was done about this one."""
        self._alarm = alarm.alarm
        self._text.set_text(said(alarm.text))
        self._did.set_value("")
        self._box.open()

    async def _confirm(self) -> None:
        did = str(self._did.value or "").strip()
        if not did:
            ui.notify(label("live.say-what"), type="negative", position="top")
            return
        ask = self._desk.ask(asks.AnswerAlarm, alarm=self._alarm, did=did)
        if await self._desk.do(ask) is not None:
            self._box.close()
