"""The inspection view: the hall's promises beside today's measured figures, each with the facts behind it, to be printed and stamped."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from nicegui import run, ui

from hall import wire
from hall.errors import HallError, Malformed
from hall.messages.facts import AnyFact
from hub.console.cases.kinds import Kind
from hub.console.look.frame import Actor, Part, complain
from hub.console.look.sheet import Sheet, tag, text
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.past import Past
from hub.console.reports.inspection import Evidence, Finding, Looked, inspect
from hub.console.reports.make import promise
from hub.console.reports.records import Records
from hub.console.reports.sheet import NOTHING, clock
from hub.console.reports.tables import names

#: What one figure shows of the facts behind it; the report has the rest.
MOST = 200


class InspectionPage(Part):
    """One reader's view of today."""

    def __init__(self, actor: Actor) -> None:
        """Nothing is measured before :meth:`look`."""
        self._actor, self._plan = actor, actor.backstage.plan
        self._zone = ZoneInfo(self._plan.timezone)
        self._names = names(self._plan)
        ui.add_head_html('<link rel="stylesheet" href="/console/reports.css">')
        with ui.element("main").classes("report inspection"):
            with ui.element("div").classes("chooser line"):
                look = ui.button(label("inspection.look"), on_click=self.look).props("no-caps")
                look.props('data-test="look"')
                print_ = ui.button(label("report.print"), on_click=_print)
                print_.props('flat no-caps data-test="print"')
            self._sheet = Sheet("div", classes="body", props='data-test="findings"')

    async def begin(self) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        await self.look()

    async def look(self) -> None:
        """Measure now."""
        actor = self._actor
        now = datetime.now(self._zone)
        await actor.office.note(actor.session, "inspection", "ok", now.date().isoformat())
        bad = [
            ((case.opened.ticket, case.opened.step), case)
            for case in actor.cases.seen.cases.values()
            if case.opened.kind is Kind.BAD_RATING and case.opened.ticket and case.opened.step
        ]
        called = {step: case.called_back for step, case in bad}
        spoken = {step: case.spoken is not None for step, case in bad}
        try:
            looked = await run.io_bound(read, actor.backstage.store, now.date().isoformat(), called, spoken)
        except HallError as no:
            complain(no.text)
            return
        policy = actor.backstage.policy
        found = inspect(looked, promise(self._plan, policy)) if looked is not None else ()
        self._show(now, found)

    def _show(self, now: datetime, found: tuple[Finding, ...]) -> None:
        hall = text(said(self._plan.name))
        head = tag("h1", hall, tag("small", text(label("inspection.made", at=f"{now:%Y-%m-%d %H:%M}"))))
        heads = ("inspection.promise", "inspection.measured", "inspection.kept")
        titles = tag("tr", *(tag("th", text(label(key)), scope="col") for key in heads))
        rows = (self._row(finding) for finding in found)
        table = tag("table", tag("thead", titles), tag("tbody", *rows), cls="findings")
        phones = label("inspection.phones", hotline=self._plan.hotline, supervision=self._plan.supervision)
        signed = tag(
            "div",
            tag("span", text(label("inspection.signed"))),
            tag("div", text(label("inspection.stamp")), cls="stamp"),
            cls="signed",
        )
        self._sheet.show(tag("section", head, table, tag("p", text(phones)), signed, cls="card"))

    def _row(self, finding: Finding) -> str:
        name = text(label(f"promise.{finding.key}", minutes=finding.minutes or 0))
        behind = ""
        if finding.evidence:
            shown = (tag("li", text(self._line(one))) for one in finding.evidence[:MOST])
            summary = label("inspection.behind", n=len(finding.evidence))
            behind = tag("details", tag("summary", text(summary)), tag("ol", *shown))
        mark = {True: "kept", False: "broken", None: "none"}[finding.ok]
        verdict = NOTHING if finding.ok is None else label(f"verdict.{mark}")
        return tag(
            "tr",
            tag("th", name, behind, scope="row"),
            tag("td", text(_measured(finding)), cls="measured"),
            tag("td", tag("span", text(verdict), cls=f"verdict {mark}")),
            data_test=f"finding-{finding.key}",
        )

    def _line(self, one: Evidence) -> str:
        parts = [f"{one.at.astimezone(self._zone):%H:%M}", one.number or ""]
        if one.window is not None:
            parts.append(label("window-n", n=one.window))
        if one.clerk is not None:
            parts.append(f"{label('work-number')} {one.clerk}")
        if one.service is not None:
            service = self._names.services.get(one.service)
            parts.append(one.service if service is None else said(service))
        if one.papers is not None:
            parts.append(label("inspection.papers", n=one.papers))
        if one.text is not None:
            parts.append(said(one.text))
        if one.lasted_s is not None:
            parts.append(label("inspection.lasted", time=clock(one.lasted_s)))
        return " · ".join(part for part in parts if part)


def _measured(finding: Finding) -> str:
    if finding.of is None:
        return str(finding.kept)
    if not finding.of:
        return NOTHING
    return f"{finding.kept} / {finding.of} · {finding.kept / finding.of * 100:.0f}%"


def _print() -> None:
    ui.run_javascript("window.print()")


def read(
    store: str, day: str, called_back: dict[tuple[str, int], bool], spoken_to: dict[tuple[str, int], bool]
) -> Looked:
    """The day's rows, and the facts since the last opening if that was on this day. Raises ``Fault``."""
    records, past = Records(store), Past(store)
    try:
        told = tuple(fact for body in past.since(past.first()) if (fact := _known(body)) is not None)
        rows, today = records.day(day), _today(told, day)
        return Looked(rows=rows, facts=today, called_back=called_back, spoken_to=spoken_to)
    finally:
        records.close()
        past.close()


def _today(told: tuple[AnyFact, ...], day: str) -> tuple[AnyFact, ...]:
    opened = getattr(told[0], "day", None) if told else None
    return told if opened == day else ()


def _known(body: bytes) -> AnyFact | None:
    try:
        return wire.decode_fact(body)
    except Malformed:
        return None
