"""The day so far beside what was promised, extended hours in both forms, and the two papers of the day."""

from __future__ import annotations

from datetime import timedelta

from nicegui import ui

from hall.messages import asks
from hall.messages.hall_slips import DaySlip, MorningSlip
from hub.console.look.frame import complain
from hub.console.look.sheet import Sheet, tag, text
from hub.console.look.words import WORDS, label
from hub.console.mirror.picture import Picture
from hub.console.pages.live.parts import Desk, buttons, clock_input, dialog
from hub.console.slips.printing import Papers


class DaySoFar:
    """Figures, hours, papers."""

    def __init__(self, desk: Desk, papers: Papers) -> None:
        """Drawn empty."""
        self._desk, self._papers = desk, papers
        with ui.element("div").classes("card"):
            ui.label(label("live.day")).classes("title")
            self._sheet = Sheet("ul", classes="rows", props='data-test="day"')
            with ui.element("div").classes("line"):
                if desk.may("extend_hours"):
                    self._button("live.extend", ExtendDialog(desk).open)
                if desk.may("grant_extension"):
                    self._button("live.extend-one", ExtendOneDialog(desk).open)
                if desk.may("print_slip"):
                    self._button("live.morning-slip", self._morning)
                    self._button("live.day-slip", self._day)

    def _button(self, word: str, act: object) -> None:
        button = ui.button(label(word), on_click=act)  # type: ignore[arg-type]
        button.props(f'no-caps flat dense data-test="{word.removeprefix("live.")}"')

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        day, rows = picture.today, []
        if day.kept_percent is None:
            rows.append(label("live.nobody-called"))
        else:
            rows.append(
                label("live.kept", n=day.limit_min, kept=day.kept, all=day.waited, percent=day.kept_percent)
            )
            rows.append(label("live.waits", median=day.median_min, longest=day.longest_min))
        four, three, two, one = day.grades
        rows.append(label("live.rated", rated=day.rated, asked=max(picture.asked, day.rated)))
        rows.append(label("live.grades", four=four, three=three, two=two, one=one))
        rows.append(label("live.served", n=sum(w.served for w in picture.windows.values())))
        if picture.extended_until is not None:
            rows.append(label("live.extended-until", at=self._desk.clock(picture.extended_until)))
        self._sheet.show(*(tag("li", tag("span", text(row))) for row in rows))

    async def _morning(self) -> None:
        await self._print(await self._papers.morning())

    async def _day(self) -> None:
        await self._print(await self._papers.day())

    async def _print(self, slip: MorningSlip | DaySlip) -> None:
        await self._desk.do(self._desk.ask(asks.PrintSlip, slip=slip))


class ExtendDialog:
    """Longer for everybody who holds a number."""

    def __init__(self, desk: Desk) -> None:
        """One for the whole page."""
        self._desk = desk
        self._box, card = dialog("live.extend", "extend-dialog")
        with card:
            ui.label(label("live.extend-help")).classes("time")
            self._until = clock_input("live.extend-until", "extend-until")
            buttons(self._box, self._confirm)

    def open(self) -> None:
        """Ask until when: an hour after closing, unless somebody says otherwise."""
        picture = self._desk.backstage.picture
        closes = None if picture is None else picture.hours.closes
        if closes is not None:
            self._until.set_value(self._desk.clock(closes + timedelta(hours=1)))
        self._box.open()

    async def _confirm(self) -> None:
        until = self._desk.moment(str(self._until.value or ""))
        if until is not None and await self._desk.do(self._desk.ask(asks.ExtendHours, until=until)):
            self._box.close()


class ExtendOneDialog:
    """One person is served today, also after closing."""

    def __init__(self, desk: Desk) -> None:
        """One for the whole page."""
        self._desk = desk
        self._box, card = dialog("live.extend-one", "extend-one-dialog")
        with card:
            self._number = ui.input(label("live.number"), placeholder="A012").props(
                'data-test="extend-number"'
            )
            self._reason = (
                ui.input(label("reason")).classes("wide").props('maxlength=300 data-test="extend-why"')
            )
            buttons(self._box, self._confirm)

    def open(self) -> None:
        """Ask for whom and why."""
        self._number.set_value("")
        self._reason.set_value("")
        self._box.open()

    async def _confirm(self) -> None:
        found = await self._desk.find(str(self._number.value or ""))
        if found is None:
            complain(WORDS["not-found"])
            return
        reason = str(self._reason.value or "").strip()
        ask = self._desk.ask(asks.GrantExtension, ticket=found, reason=reason)
        if await self._desk.do(ask) is not None:
            self._box.close()
