"""The report page: choose days, wait or stop, read, print, take away."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from nicegui import context, run, ui

from hall.errors import HallError
from hub.console.look import tongue
from hub.console.look.frame import Actor, Part, complain
from hub.console.look.tongue import Tongue
from hub.console.look.words import WORDS, label
from hub.console.pages.reports.shown import ReportShown
from hub.console.reports.errand import Errand
from hub.console.reports.figures import Axis, Report
from hub.console.reports.files import csv_bytes, xlsx_bytes
from hub.console.reports.make import Asked, matters, promise
from hub.console.reports.ranges import Named, Range, named
from hub.console.reports.sheet import Speech
from hub.console.reports.tables import names, table, tables
from hub.console.reports.worker import Job


def speech() -> Speech:
    """The reader's language."""
    return Speech.EN if tongue.tongue() is Tongue.EN else Speech.ZH


class ReportPage(Part):
    """One reader's page."""

    def __init__(self, actor: Actor) -> None:
        """Nothing is counted before :meth:`open`."""
        self._actor, self._plan = actor, actor.backstage.plan
        self._zone = ZoneInfo(self._plan.timezone)
        self._errand: Errand | None = None
        self._report: Report | None = None
        ui.add_head_html('<link rel="stylesheet" href="/console/reports.css">')
        with ui.element("main").classes("report"):
            self._draw_chooser()
            with ui.element("div").classes("progress line").props('role="status"') as self._busy:
                self._how_far = ui.label().props('data-test="how-far"')
                self._bar = ui.linear_progress(0, show_value=False).props(
                    f'aria-label="{label("report.queued")}"'
                )
                stop = ui.button(label("report.cancel"), on_click=self._cancel)
                stop.props('flat no-caps data-test="cancel"')
            self._busy.set_visibility(False)
            self._shown = ReportShown(names(self._plan), speech())
        context.client.on_disconnect(self._leave)

    def _draw_chooser(self) -> None:
        today = self._today().isoformat()
        chooser = ui.element("div").classes("chooser line")
        with chooser.props(f'role="group" aria-label="{label("report.range")}"'):
            for name in Named:
                button = ui.button(
                    label(f"range.{name.value}"), on_click=lambda name=name: self._choose(name)
                )
                button.props(f'outline no-caps data-test="range-{name.value}"')
            self._first = self._date("report.from", today, "from")
            self._last = self._date("report.to", today, "to")
            show = ui.button(label("report.show"), on_click=self._show).props("no-caps")
            show.props('data-test="show"')
            with ui.element("span").classes("take"):
                for key, take in (
                    ("report.csv", self._csv),
                    ("report.xlsx", self._xlsx),
                    ("report.official", self._official),
                    ("report.print", self._print),
                ):
                    button = ui.button(label(key), on_click=take).props("flat no-caps")
                    button.props(f'data-test="{key.partition(".")[2]}"')

    @staticmethod
    def _date(key: str, day: str, test: str) -> ui.input:
        field = ui.input(label(key), value=day).props(f'type="date" dense outlined data-test="{test}"')
        return field.classes("date")

    def _today(self) -> date:
        return datetime.now(self._zone).date()

    # ---------------------------------------------------------------- asking

    async def begin(self) -> None:
        """Today, as soon as the page is there."""
        await self._choose(Named.TODAY)

    async def _choose(self, name: Named) -> None:
        chosen = named(name, self._today())
        self._first.set_value(chosen.first)
        self._last.set_value(chosen.last)
        await self._show()

    async def _show(self) -> None:
        chosen = Range(str(self._first.value or ""), str(self._last.value or ""))
        with self._working() as errand:
            await self._note("report", chosen)
            job = Job(asked=self._asked(chosen))
            made = await errand.report(job, self._tell)
            if made is not None and errand is self._errand:
                self._report = made
                cases = await run.io_bound(self._actor.cases.figures, chosen.first, chosen.last)
                self._shown.show(made, cases)

    def _asked(self, chosen: Range) -> Asked:
        asked = Asked(
            store=self._actor.backstage.store,
            first=chosen.first,
            last=chosen.last,
            timezone=self._plan.timezone,
            promise=promise(self._plan, self._actor.backstage.policy),
        )
        asked.days()
        return asked

    @contextlib.contextmanager
    def _working(self) -> Iterator[Errand]:
        """An errand in the place of the one before; what goes wrong is shown."""
        self._cancel()
        errand = self._errand = Errand()
        self._how_far.set_text(label("report.queued"))
        self._bar.set_value(0)
        self._busy.set_visibility(True)
        try:
            yield errand
        except HallError as no:
            complain(no.text)
        finally:
            if errand is self._errand:
                self._busy.set_visibility(False)

    def _tell(self, done: int, of: int) -> None:
        self._how_far.set_text(label("report.counting", done=done, of=of))
        self._bar.set_value(done / of)

    def _cancel(self) -> None:
        if self._errand is not None:
            self._errand.cancel()

    def _leave(self) -> None:
        self._cancel()

    async def _note(self, act: str, chosen: Range) -> None:
        await self._actor.office.note(self._actor.session, act, "ok", f"{chosen.first} {chosen.last}")

    # ---------------------------------------------------------------- taking away

    async def _csv(self) -> None:
        if (report := self._report) is None:
            complain(WORDS["report.nothing"])
            return
        made = csv_bytes([table(report, self._shown.axis, names(self._plan))], speech())
        await self._give(report, made, f"{self._shown.axis.value}.csv")

    async def _xlsx(self) -> None:
        if (report := self._report) is None:
            complain(WORDS["report.nothing"])
            return
        made = await run.io_bound(xlsx_bytes, tables(report, list(Axis), names(self._plan)), speech())
        await self._give(report, made, "xlsx")

    async def _give(self, report: Report, made: bytes | None, end: str) -> None:
        if made is not None:  # the console is not being stopped
            await self._note("report-file", Range(report.first, report.last))
            ui.download.content(made, f"{self._plan.id}-{report.first}-{report.last}.{end}")

    async def _official(self) -> None:
        chosen = Range(str(self._first.value or ""), str(self._last.value or ""))
        with self._working() as errand:
            await self._note("ratings-file", chosen)
            told = await run.io_bound(self._actor.cases.reasons, chosen.first, chosen.last)
            reasons = tuple((ticket, step, codes) for (ticket, step), codes in (told or {}).items())
            job = Job(
                asked=self._asked(chosen),
                ratings=True,
                speech=speech(),
                matters=matters(self._plan),
                reasons=reasons,
            )
            made = await errand.ratings(job, self._tell)
            if made is not None:
                ui.download.content(
                    made.encode(), f"{self._plan.id}-ratings-{chosen.first}-{chosen.last}.csv"
                )

    @staticmethod
    def _print() -> None:
        ui.run_javascript("window.print()")
