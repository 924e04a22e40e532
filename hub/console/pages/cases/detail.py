"""One case: what must be done, what was written, whom to call, who takes it, and its history."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from nicegui import ui

from hall.errors import HallError
from hub.console.cases import acts
from hub.console.cases.case import Case
from hub.console.cases.entries import Offered
from hub.console.cases.kinds import Kind, Section, Step
from hub.console.cases.rules import ROLE, closes, missing
from hub.console.door.rights import CaseRight
from hub.console.look.frame import Actor, complain
from hub.console.look.words import label
from hub.console.pages.cases import dialogs, tells
from hub.console.pages.cases.list import badges, due

Act = Callable[[], object]


class Detail:
    """The case that was chosen, drawn anew when it is another than before."""

    def __init__(self, actor: Actor, people: Mapping[str, str], names: Mapping[str, str]) -> None:
        """`people` may be asked to take a case; `names` are everybody's."""
        self._actor, self._people, self._names = actor, people, names
        self._case: Case | None = None
        self._drawn: tuple[Case | None, bool] | None = None
        self._box = ui.element("div").classes("case").props('data-test="case"')

    def show(self, case: Case | None) -> None:
        """Draw what differs."""
        drawn = case, case is not None and case.overdue(self._actor.cases.now())
        if drawn == self._drawn:
            return
        self._drawn, self._case = drawn, case
        self._box.clear()
        with self._box:
            if case is None:
                ui.label(label("cases-choose")).classes("empty")
            else:
                self._draw(case)

    # ---------------------------------------------------------------- drawing

    def _draw(self, case: Case) -> None:
        actor = self._actor
        judges = actor.who.may(CaseRight.WORK)
        works = judges or case.owner == actor.who.login
        self._head(case)
        if works:
            self._acts(case)
        elif case.closed is None:
            ui.label(tells.lacks(case)).classes("lacks")
        with ui.element("div").classes("case-columns"):
            with ui.element("section"):
                self._steps(case, works=works and case.closed is None)
                self._record(case, works=judges and case.closed is None)
            with ui.element("section"):
                self._person(case)
                self._history(case)

    def _head(self, case: Case) -> None:
        first = case.opened
        with ui.element("div").classes("case-head"):
            with ui.element("h2"):
                ui.label(f"{case.id} · {label(f'case.kind.{case.kind.value}')}")
            badges(case, self._actor.cases.now())
        if first.about:
            ui.label(first.about).classes("about").props("translate=no")
        facts = [label(f"case.source.{first.source.value}"), label("case-opened", at=tells.when(first.at))]
        if place := tells.place(case):
            facts.append(place)
        if first.clerk:
            facts.append(f"{label('work-number')} {first.clerk}")
        facts.append(due(case))
        if case.closed is None and case.contacted is None and case.contact_by is not None:
            late = case.contact_by < self._actor.cases.now()
            by = label("case-contact-by", at=tells.when(case.contact_by))
            facts.append(label("case-contact-late") if late else by)
        ui.label(" · ".join(facts)).classes("facts")
        with ui.element("p").classes("facts").props('data-test="owner"'):
            ui.label(label("case-owner"))
            ui.label(tells.who(case.owner, self._names)).props("translate=no").classes("strong")
            if case.offered is not None:
                ui.label(label("case-offered", who=tells.who(case.offered, self._names))).props(
                    "translate=no"
                )

    def _acts(self, case: Case) -> None:
        who = self._actor.who
        held = case.owner.startswith(ROLE) and who.is_meant(case.owner)
        with ui.element("div").classes("case-acts"):
            if case.closed is not None:
                if who.may(CaseRight.WORK):
                    self._button(
                        "case-reopen",
                        lambda: self._words("case-reopen", "case-why", lambda t: acts.Reopen(why=t)),
                    )
                return
            if case.owner != who.login and (held or who.is_meant(case.offered)):
                self._button("case-accept", lambda: self._do(acts.Accept()), main=True)
            if who.is_meant(case.offered):
                self._button(
                    "case-decline",
                    lambda: self._words("case-decline", "case-why", lambda t: acts.Decline(why=t)),
                )
            if case.opened.kind is Kind.BAD_RATING and case.spoken is None and case.left is None:
                self._button("case-spoke", lambda: self._do(acts.SpeakTo()))
                self._button("case-gone", lambda: self._do(acts.FindGone()))
            self._button("case-call-back", lambda: dialogs.ask_call(self._do))
            self._button(
                "case-note", lambda: self._words("case-note", "case-text", lambda t: acts.Note(text=t))
            )
            self._button("case-pass-on", lambda: dialogs.ask_offer(self._takers(case), self._do))
            if case.kind is not Kind.FAULT_CALLBACK and who.may(CaseRight.WORK):
                self._button("case-reclassify", lambda: dialogs.ask_kind(case.kind, self._do))
            if closes(case, who):
                close = self._button(
                    "case-close",
                    lambda: self._words("case-close", "case-closing-words", lambda t: acts.Close(words=t)),
                    main=True,
                )
                close.set_enabled(not missing(case))
        if case.closed is None:
            ui.label(tells.lacks(case)).classes("lacks").props('data-test="lacks"')

    def _steps(self, case: Case, *, works: bool) -> None:
        ui.label(label("case-steps")).classes("title")
        with ui.element("ul").classes("case-steps"):
            for step in case.demands.steps:
                with ui.element("li"):
                    self._step(case, step, works=works)

    def _step(self, case: Case, step: Step, *, works: bool) -> None:
        tick, name = case.steps.get(step), label(f"case.step.{step.value}")
        ui.label("☑" if tick else "☐").classes("mark").props("aria-hidden=true")
        with ui.element("div").classes("grow"):
            ui.label(name)
            if tick is not None:
                signed = f"{tells.who(tick.by, self._names)} {tells.when(tick.at)} {tick.note}".strip()
                ui.label(signed).classes("signed").props("translate=no")
        if not works:
            return
        if step is Step.REPAIRED:
            if tick is None and case.opened.alert is None:
                self._small("case-tick", name, f"tick-{step.value}", lambda: self._do(acts.Repair()))
        elif tick is None:
            self._small("case-tick", name, f"tick-{step.value}", lambda: self._do(acts.Tick(step=step)))
        else:
            self._small(
                "case-untick",
                name,
                f"untick-{step.value}",
                lambda: self._words("case-untick", "case-why", lambda t: acts.Untick(step=step, why=t)),
            )

    def _record(self, case: Case, *, works: bool) -> None:
        sections = [s for s in Section if s in case.demands.sections or s in case.sections]
        if not sections:
            return
        ui.label(label("case-record")).classes("title")
        with ui.element("ul").classes("case-steps"):
            for section in sections:
                with ui.element("li"):
                    self._section(case, section, works=works)

    def _section(self, case: Case, section: Section, *, works: bool) -> None:
        written, name = case.sections.get(section), label(f"case.section.{section.value}")
        ui.label("☑" if written else "☐").classes("mark").props("aria-hidden=true")
        with ui.element("div").classes("grow"):
            ui.label(name)
            if written is not None:
                if written.valid is not None:
                    ui.label(label("case-valid" if written.valid else "case-not-valid")).classes("strong")
                if written.channel is not None:
                    ui.label(label(f"case.channel.{written.channel.value}")).classes("strong")
                ui.label(written.text).props("translate=no")
                signed = f"{tells.who(written.by, self._names)} {tells.when(written.at)}"
                ui.label(signed).classes("signed").props("translate=no")
        if works:
            before = "" if written is None else written.text
            self._small(
                "case-rewrite" if written else "case-write",
                name,
                f"write-{section.value}",
                lambda: dialogs.ask_section(section, before, self._do),
            )

    def _person(self, case: Case) -> None:
        ui.label(label("case-person")).classes("title")
        with ui.element("div").classes("case-person") as box:
            if case.reasons:
                ui.label(f"{label('case-reasons')}: {tells.reasons(case)}")
            if case.has_words:
                self._reveal(case, box, "case-read-words")
            if case.has_phone or case.has_name:
                if case.owner == self._actor.who.login or self._actor.who.may(CaseRight.CONTACT):
                    self._reveal(case, box, "case-read-contact")
            elif not case.has_words:
                ui.label(label("case-no-contact")).classes("signed")

    def _reveal(self, case: Case, box: ui.element, name: str) -> None:
        """Personal data is shown when it is asked for, and the asking stands in the audit."""

        async def read() -> None:
            actor = self._actor
            try:
                told = await actor.cases.personal(case.id, actor.who)
            except HallError as no:
                complain(no.text)
                return
            await actor.office.note(actor.session, name, "ok", case.id)
            shown = told.words if name == "case-read-words" else f"{told.name} {told.phone}".strip()
            button.delete()
            with box:
                ui.label(shown).classes("private").props(f'translate=no data-test="{name}-shown"')

        button = ui.button(label(name), on_click=read).props(f'flat dense no-caps data-test="{name}"')

    def _history(self, case: Case) -> None:
        ui.label(label("case-history")).classes("title")
        with ui.element("ol").classes("case-history").props('data-test="history"'):
            for entry in reversed(case.entries):
                with ui.element("li"):
                    signed = f"{tells.when(entry.at)} {tells.who(entry.by, self._names)}"
                    ui.label(signed).classes("signed").props("translate=no")
                    headline = ui.label(tells.headline(entry, self._names))
                    if isinstance(entry, Offered):  # it names somebody
                        headline.props("translate=no")
                    if text := tells.detail(entry):
                        ui.label(text).classes("text").props("translate=no")

    # ---------------------------------------------------------------- acts

    async def _do(self, act: acts.AnyAct) -> bool:
        assert self._case is not None
        return await self._actor.do_with(self._case.id, act)

    def _words(self, title: str, name: str, act: Callable[[str], acts.AnyAct]) -> None:
        dialogs.ask_words(title, name, self._do, act)

    def _takers(self, case: Case) -> dict[str, str]:
        return {key: name for key, name in self._people.items() if key != case.owner}

    def _button(self, name: str, act: Act, *, main: bool = False) -> ui.button:
        button = ui.button(label(name), on_click=_pressed(act)).props(f'no-caps data-test="{name}"')
        return button if main else button.props("outline")

    def _small(self, name: str, what: str, test: str, act: Act) -> None:
        said = f"{label(name)}: {what}"
        ui.button(label(name), on_click=_pressed(act)).props(
            f'outline dense no-caps data-test="{test}" aria-label="{said}"'
        )


def _pressed(act: Act) -> Callable[[], Coroutine[Any, Any, None]]:
    async def pressed() -> None:
        done = act()
        if isinstance(done, Coroutine):
            await done

    return pressed
