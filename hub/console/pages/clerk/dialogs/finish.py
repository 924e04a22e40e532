"""How a service ended (C6): what each ending owes the person stands in the dialog before it can be confirmed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui import ui

from hall.messages.common import Outcome
from hall.plan import HallPlan
from hub.console.book.reading import Book, ending, spoken
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import TicketSeen
from hub.console.pages.clerk.choices import Ending
from hub.console.pages.dialog import Dialog

Done = Coroutine[Any, Any, bool]
_OUTCOMES = list(Outcome)


class FinishDialog(Dialog):
    """The seven endings, with a key each."""

    def __init__(self, plan: HallPlan, book: Book, finish: Callable[[Ending, bool], Done]) -> None:
        """`finish(ending, then_next)` does it and says whether it was done."""
        super().__init__("outcome")
        self._plan, self._book, self._finish = plan, book, finish
        self._then_next = False
        self._boxes: dict[str, ui.checkbox] = {}
        with self.card:
            named = {o.value: f"{i} {label(f'outcome.{o.value}')}" for i, o in enumerate(_OUTCOMES, start=1)}
            self._outcome = ui.radio(named, value=Outcome.DONE.value)
            self._outcome.props('inline data-test="outcome"').on_value_change(self._changed)
            self._words = ui.label().classes("spoken").props('aria-live="polite" data-test="ending-words"')
            self._situation = ui.select({}, label=label("situation-was"), clearable=True)
            self._situation.props('dense outlined data-test="situation-was"').classes("wide")
            with ui.element("div").classes("owes") as self._papers:
                ui.label(label("papers-missing")).classes("title")
                self._list = ui.element("div").classes("missing").props('data-test="missing"')
                self._lines = ui.textarea(label("papers-more"))
                self._lines.props('dense outlined autogrow data-test="missing-lines"').classes("wide")
            with ui.element("div").classes("owes") as self._onward:
                self._office = self._field("office")
                self._room = self._field("room")
                self._person = self._field("person")
                self._purpose = self._field("purpose")
                self._contacted = ui.checkbox(label("contacted")).props('data-test="contacted"')
            self._detail = ui.input(label("detail")).props('dense outlined data-test="detail" maxlength=300')
            self.entered(self._detail.classes("wide"))
        self.foot()

    def _field(self, name: str) -> ui.input:
        field = ui.input(label(f"onward.{name}")).props(f'dense outlined maxlength=80 data-test="{name}"')
        return self.entered(field.classes("wide"))

    def ask(
        self, ticket: TicketSeen, papers: tuple[str, ...], open_ones: tuple[str, ...], *, then_next: bool
    ) -> None:
        """Ask; with `then_next` the next person is called afterwards. Papers that nobody ticked are named as missing at first."""
        self._then_next = then_next
        service = self._plan.services.get(ticket.service)
        kinds = {} if service is None else {key: said(s.name) for key, s in service.situations.items()}
        self._situation.set_options(kinds, value=ticket.situation if ticket.situation in kinds else None)
        self._situation.set_visibility(bool(kinds))
        self._list.clear()
        missing = open_ones if len(open_ones) < len(papers) else ()
        with self._list:
            self._boxes = {
                paper: ui.checkbox(paper, value=paper in missing, on_change=self._changed).props(
                    'dense lang="zh-CN"'
                )
                for paper in papers
            }
        for field in (self._office, self._room, self._person, self._purpose, self._detail, self._lines):
            field.set_value("")
        self._contacted.set_value(value=False)
        self._outcome.set_value(Outcome.DONE.value)
        self._changed()
        self.open()

    def _changed(self) -> None:
        outcome = Outcome(self._outcome.value)
        situation = self._book.at(ending(outcome))
        missing = "、".join(paper for paper, box in self._boxes.items() if box.value)
        self._words.set_text(said(spoken(situation.opening, list=missing)))
        self._papers.set_visibility(outcome is Outcome.MATERIAL_MISSING)
        self._onward.set_visibility(outcome is Outcome.ONWARD)
        self._detail.set_visibility(outcome is not Outcome.ONWARD)
        owed = {Outcome.NOT_ALLOWED: "alternative", Outcome.PROXY_REFUSED: "reason"}
        self._detail.props(f'label="{label(owed.get(outcome, "detail"))}"')
        self.owe(None)

    def key(self, key: str) -> None:
        """See :class:`Dialog`: a digit chooses the ending."""
        if key.isdigit() and 1 <= int(key) <= len(_OUTCOMES):
            self._outcome.set_value(_OUTCOMES[int(key) - 1].value)

    async def confirm(self) -> None:
        """See :class:`Dialog`."""
        if not self.is_open:
            return
        ended = Ending(
            outcome=Outcome(self._outcome.value),
            detail=str(self._detail.value or ""),
            picked=tuple(paper for paper, box in self._boxes.items() if box.value),
            lines=str(self._lines.value or ""),
            office=str(self._office.value or ""),
            room=str(self._room.value or ""),
            person=str(self._person.value or ""),
            purpose=str(self._purpose.value or ""),
            confirmed=bool(self._contacted.value),
            situation=self._situation.value,
        )
        problem = ended.problem()
        if problem is not None:
            self.owe(problem)
            return
        if await self._finish(ended, self._then_next):
            self.close()
