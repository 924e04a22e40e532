"""What to say and do now: the situation that the machine knows, or the one that the clerk looks up."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from nicegui import ui

from hall.plan import HallPlan
from hall.text import Text
from hub.console.book.reading import BANNED, Book, Kind, Moment, Situation, spoken, spoken_without
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.domain.calendar import greeting


class Script:
    """The open page of the situation book."""

    def __init__(self, book: Book, plan: HallPlan) -> None:
        """Nothing is open; on its days the hall's greeting or tip ends what is said."""
        self._book, self._plan, self._zone = book, plan, ZoneInfo(plan.timezone)
        self._moment: Moment | None = None
        self._minutes: int | None = None
        self._chosen: str | None = None
        with ui.element("section").classes("card script").props('data-test="book"'):
            with ui.element("div").classes("line"):
                ui.label(label("script")).classes("title")
                self._does = ui.label().classes("does")
            named = {
                key: f"{label(f'kind.{situation.kind.value}')} · {said(situation.name)}"
                for kind in Kind
                for key, situation in book.of(kind).items()
            }
            self._choice = ui.select(named, label=label("script-choose"), clearable=True, with_input=True)
            self._choice.props('dense outlined options-dense data-test="script-choice"').classes("wide")
            self._choice.on_value_change(lambda event: self._choose(event.value))
            self._page = ui.element("div").props('data-test="script-page" aria-live="polite"')
        self._draw()

    def show(self, moment: Moment | None, minutes: int | None) -> None:
        """Open the page of this moment, unless the clerk chose one."""
        if (moment, minutes) == (self._moment, self._minutes):
            return
        if moment is not self._moment and self._chosen is not None:
            self._chosen = None
            self._choice.set_value(None)
        self._moment, self._minutes = moment, minutes
        self._draw()

    def look_up(self) -> None:
        """A key: the list of situations."""
        self._choice.run_method("focus")
        self._choice.run_method("showPopup")

    def _choose(self, key: str | None) -> None:
        if key != self._chosen:
            self._chosen = key
            self._draw()

    def _draw(self) -> None:
        self._page.clear()
        situation = None
        if self._chosen is not None:
            situation = self._book.situations[self._chosen]
        elif self._moment is not None:
            situation = self._book.at(self._moment)
        self._does.set_text("" if situation is None else label(f"does.{situation.does.value}"))
        self._does.set_visibility(situation is not None and situation.does.value != "nothing")
        with self._page:
            if situation is None:
                ui.label(label("script-none")).classes("soft")
            else:
                self._draw_page(situation)

    def _draw_page(self, situation: Situation) -> None:
        opening = spoken(situation.opening, x=self._minutes, minutes=self._minutes)
        if self._minutes is None:
            name = "x" if "{x}" in spoken(situation.opening, x="{x}").zh else "minutes"
            opening = spoken_without(situation.opening, name)
        ui.label(said(situation.name)).classes("situation").props('data-test="situation"')
        ui.label(said(opening)).classes("spoken").props('data-test="opening"')
        with ui.element("ol").classes("steps"):
            for step in situation.steps:
                with ui.element("li"):
                    ui.label(said(step))
        with ui.element("div").props('data-test="closing"'):
            for text in closing(situation, self._plan, datetime.now(self._zone).date()):
                ui.label(said(text)).classes("spoken")
        with ui.element("details").classes("never"):
            with ui.element("summary"):
                ui.label(label("never-say"))
            for text in situation.never:
                ui.label(said(text))
            ui.label("、".join(BANNED)).props('lang="zh-CN"')


def closing(situation: Situation, plan: HallPlan, day: date) -> tuple[Text, ...]:
    """What is said at the end: the situation's words, and on its day what the hall wishes people (M41)."""
    wish = greeting(plan, day)
    return (spoken(situation.closing), *(() if wish is None else (wish,)))
