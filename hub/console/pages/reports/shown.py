"""A report on the page: figures at a glance, charts, tables."""

from __future__ import annotations

from nicegui import ui

from hub.console.look.sheet import Sheet, tag, text
from hub.console.look.words import label
from hub.console.reports.cases import CaseFigures
from hub.console.reports.charts import Charts, Options
from hub.console.reports.figures import Axis, Report
from hub.console.reports.headings import AXES, PARTS, Part
from hub.console.reports.sheet import Kind, Speech, Table, clock, share, shown
from hub.console.reports.tables import SEATED, Names, load_table, staffing_table, table


class ReportShown:
    """What stands below the chooser."""

    def __init__(self, named: Names, speech: Speech) -> None:
        """Empty until :meth:`show`."""
        self._named, self._speech = named, speech
        self.axis = Axis.SERVICE
        self._report: Report | None = None
        self._head = Sheet("div", classes="tiles", props='data-test="tiles"')
        with ui.element("div").classes("axes line").props(f'role="group" aria-label="{label("report.by")}"'):
            self._axes = {axis: self._axis_button(axis) for axis in Axis}
        self._body = ui.element("div").classes("body")

    def _axis_button(self, axis: Axis) -> ui.button:
        button = ui.button(self._speech.of(AXES[axis]), on_click=lambda: self._turn(axis))
        return button.props(f'flat no-caps data-test="by-{axis.value}"')

    def show(self, report: Report, cases: CaseFigures | None) -> None:
        """This report, and what the cases of its days say."""
        self._report = report
        self._head.show(*self._tiles(report), *([] if cases is None else self._case_tiles(cases)))
        self._draw()

    def _turn(self, axis: Axis) -> None:
        self.axis = axis
        if self._report is not None:
            self._draw()

    # ---------------------------------------------------------------- at a glance

    def _tiles(self, report: Report) -> list[str]:
        total = report.total
        heading = label("report.head", first=report.first, last=report.last, days=report.days)
        made = label("report.made", at=f"{report.made_at:%Y-%m-%d %H:%M}")
        lines = [tag("h1", text(heading), tag("small", text(made)))]
        if not total.issued and not total.calls:
            return [*lines, tag("p", text(label("report.nothing")))]
        waits = total.waits
        wait = (
            "—"
            if waits.p50_s is None or waits.p90_s is None
            else f"{clock(waits.p50_s)} / {clock(waits.p90_s)}"
        )
        official = share(sum(grade * n for grade, n in total.official.items()), total.rated)
        shown_ = {
            label("report.issued"): f"{total.issued:,}",
            label("report.served"): f"{total.served:,}",
            label("report.wait"): wait,
            label("report.wait-kept", minutes=report.wait_target_min): self._share(waits.kept, waits.judged),
            label("report.one-trip"): self._share(total.one_trip, total.served),
            label("report.response"): self._share(total.rated, total.asked),
            label("report.official-mean"): shown(official, Kind.NUMBER, self._speech),
            label("report.idle"): self._share(total.idle_s, total.seated_s),
        }
        return [*lines, *(_tile(name, value) for name, value in shown_.items())]

    def _case_tiles(self, cases: CaseFigures) -> list[str]:
        shown_ = {
            label("report.cases-opened"): f"{sum(cases.opened.values()):,}",
            label("report.cases-closed"): f"{cases.closed:,}",
            label("report.cases-overdue"): f"{cases.overdue:,}",
            label("report.cases-late"): f"{cases.late:,}",
            label("report.spoken-to"): label("report.of", n=cases.spoken_to, of=cases.bad_ratings),
            label("report.called-back"): label("report.of", n=cases.called_back, of=cases.bad_ratings),
        }
        return [
            tag("h2", text(label("report.cases"))),
            *(_tile(name, value) for name, value in shown_.items()),
        ]

    def _share(self, part: int, whole: int) -> str:
        return shown(share(part, whole), Kind.SHARE, self._speech)

    # ---------------------------------------------------------------- along an axis

    def _draw(self) -> None:
        for axis, button in self._axes.items():
            button.props(f'aria-pressed="{str(axis is self.axis).lower()}"')
        report = self._report
        self._body.clear()
        if report is None or not report.days:
            return
        charts = Charts(report, self._named, self._speech)
        drawn = {
            Part.VISITS: charts.visits,
            Part.TIMES: charts.times,
            Part.RATINGS: charts.ratings,
        }
        with self._body:
            for part in Part:
                if part is Part.WINDOWS and self.axis not in SEATED:
                    continue
                title = self._speech.of(PARTS[part])
                with _section(title, part.value):
                    if part in drawn:
                        _chart(drawn[part](self.axis), title)
                    self._table(table(report, self.axis, self._named, [part]))
            ui.label(label("report.double-note")).classes("note")
            with _section(label("report.load"), "load"):
                _chart(charts.load(), label("report.load"))
                self._table(load_table(report))
            with _section(label("report.needed"), "staffing"):
                _chart(charts.staffing(), label("report.needed"))
                self._table(staffing_table(report))
                ui.label(label("report.needed-note")).classes("note")

    def _table(self, made: Table) -> None:
        say = self._speech.of
        head = tag("tr", *(tag("th", text(say(column.head)), scope="col") for column in made.columns))
        rows = []
        for row in made.rows:
            first, *others = [
                text(shown(cell, column.kind, self._speech))
                for cell, column in zip(row, made.columns, strict=True)
            ]
            rows.append(tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in others)))
        caption = tag("caption", text(say(made.title)))
        sheet = Sheet("div", classes="scroll", props='tabindex="0"')
        sheet.show(tag("table", caption, tag("thead", head), tag("tbody", *rows), cls="figures"))


def _tile(name: str, value: str) -> str:
    return tag("div", tag("span", text(name)), tag("b", text(value)), cls="tile")


def _section(title: str, test: str) -> ui.element:
    section = ui.element("section").classes("card").props(f'data-test="part-{test}"')
    with section:
        ui.html(text(title), tag="h2", sanitize=False)
    return section


def _chart(options: Options, title: str) -> None:
    ui.echart(options, renderer="svg").classes("chart").props(f'role="img" aria-label="{title}"')
