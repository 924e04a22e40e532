"""The list of cases: what it shows, what narrows it, and the figures above."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from nicegui import ui

from hub.console.cases.case import Case
from hub.console.cases.figures import Counts
from hub.console.cases.kinds import Kind, Source
from hub.console.cases.rules import sees
from hub.console.cases.urging import reminds
from hub.console.door.rights import CaseRight
from hub.console.look.frame import Actor
from hub.console.look.words import label
from hub.console.pages.cases import tells
from hub.console.pages.cases.tells import Names

#: So many rows are drawn.
SHOWN = 100
SHOWS = ("open", "mine", "overdue", "closed", "all")


class CaseList:
    """Cases to choose from."""

    def __init__(self, actor: Actor, names: Names, choose: Callable[[str], None], *, show: str) -> None:
        """`choose(id)` opens one."""
        self._actor, self._names, self._choose = actor, names, choose
        self._chosen: str | None = None
        self._counts: Counts | None = None
        self._shown: list[str] = []
        self._figures = ui.element("dl").classes("case-figures").props('data-test="figures"')
        if actor.who.may(CaseRight.READ):
            ui.label(label("cases-month")).classes("case-note")
        with ui.element("div").classes("case-filters"):
            shows = {name: label(f"case.show.{name}") for name in SHOWS}
            self._show = ui.radio(shows, value=show if show in SHOWS else "open")
            self._show.props('inline dense data-test="show"')
            self._kind = _choice("cases-kind", {k.value: label(f"case.kind.{k.value}") for k in Kind})
            self._source = _choice("cases-source", {s.value: label(f"case.source.{s.value}") for s in Source})
            self._text = ui.input(label("cases-find")).props(
                'dense outlined clearable debounce=300 maxlength=40 data-test="find-case"'
            )
        for box in (self._show, self._kind, self._source, self._text):
            box.on_value_change(lambda _: self.draw())
        self._rows = ui.element("ul").classes("case-rows").props('data-test="cases"')

    def choose(self, case_id: str | None) -> None:
        """This one is open beside the list."""
        self._chosen = case_id
        self.draw()

    def beside(self, step: int) -> str | None:
        """The case that stands so many rows further than the chosen one, or the first; None when none is shown."""
        if not self._shown:
            return None
        if self._chosen not in self._shown:
            return self._shown[0]
        place = self._shown.index(self._chosen) + step
        return self._shown[max(0, min(place, len(self._shown) - 1))]

    def search(self) -> None:
        """The keyboard goes to the search box."""
        self._text.run_method("focus")

    def draw(self) -> None:
        """Draw figures and rows anew."""
        seen, at = self._actor.cases.seen, self._actor.cases.now()
        self._draw_figures(seen.counts)
        found = sorted(filter(self._fits, seen.cases.values()), key=lambda case: _order(case, at))
        self._shown = [case.id for case in found[:SHOWN]]
        self._rows.clear()
        with self._rows:
            for case in found[:SHOWN]:
                with ui.element("li"):
                    self._row(case, at)
            if not found:
                with ui.element("li").classes("empty"):
                    ui.label(label("cases-none"))
            elif len(found) > SHOWN:
                with ui.element("li").classes("empty"):
                    ui.label(label("cases-more", n=len(found) - SHOWN))

    def _draw_figures(self, counts: Counts) -> None:
        if counts == self._counts or not self._actor.who.may(CaseRight.READ):
            return
        self._counts = counts
        self._figures.clear()
        with self._figures:
            for name, count in msgspec.structs.asdict(counts).items():
                with ui.element("div"):
                    with ui.element("dt"):
                        ui.label(label(f"case.figure.{name}"))
                    with ui.element("dd").props(f'data-test="figure-{name}"'):
                        ui.label(str(count))

    def _fits(self, case: Case) -> bool:
        actor, open_ = self._actor, case.closed is None
        if not sees(case, actor.who):
            return False
        match self._show.value:
            case "mine":
                mine = case.owner == actor.who.login or reminds(case, actor.who)
                shown = open_ and (mine or actor.who.is_meant(case.owner))
            case "overdue":
                shown = case.overdue(actor.cases.now())
            case "closed":
                shown = not open_
            case "all":
                shown = True
            case _:
                shown = open_
        kind, source = self._kind.value, self._source.value
        text = str(self._text.value or "").strip().lower()
        within = " ".join((case.id, case.opened.number or "", case.opened.about)).lower()
        return (
            shown
            and kind in {None, "", case.kind.value}
            and source in {None, "", case.opened.source.value}
            and text in within
        )

    def _row(self, case: Case, at: datetime) -> None:
        row = ui.element("button").props(f'type="button" data-test="case-{case.id}"').classes("case-row")
        if case.id == self._chosen:
            row.props('aria-current="true"')
        row.on("click", lambda _, name=case.id: self._choose(name))
        with row:
            with ui.element("span").classes("top"):
                ui.label(label(f"case.kind.{case.kind.value}")).classes("kind")
                ui.label(case.id).classes("id")
                badges(case, at)
            what = " ".join(part for part in (tells.place(case), case.opened.about) if part)
            ui.label(what or label(f"case.source.{case.opened.source.value}")).classes("what").props(
                "translate=no"
            )
            with ui.element("span").classes("foot"):
                ui.label(tells.who(case.owner, self._names)).props("translate=no")
                ui.label(due(case))


def due(case: Case) -> str:
    """When it must be done, or when it was."""
    if case.closed is not None:
        return tells.when(case.closed.at)
    return label("case-due-repair") if case.due is None else label("case-due", at=tells.when(case.due))


def badges(case: Case, at: datetime) -> None:
    """What must be seen at once."""
    if case.closed is not None:
        ui.label(label("case-closed")).classes("badge done")
    elif case.overdue(at):
        ui.label(label("case-overdue")).classes("badge late")
    elif case.urged:
        ui.label(label("case-urged")).classes("badge soon")


def _order(case: Case, at: datetime) -> tuple[bool, float]:
    """What is open first, the nearest deadline above; what is closed with the newest above."""
    if case.closed is not None:
        return True, -case.closed.at.timestamp()
    return False, at.timestamp() if case.due is None else case.due.timestamp()


def _choice(name: str, options: dict[str, str]) -> ui.select:
    box = ui.select({"": label("cases-any")} | options, value="", label=label(name))
    box.props(f'dense outlined options-dense data-test="{name}"').classes("filter")
    return box
