"""The bell above every page: a person who was not satisfied and is still in the hall, and cases that wait for whoever reads it.

It names window and number and nothing else: the page may stand where others see it (C3).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui import ui

from hub.console.cases import acts
from hub.console.cases.case import Case
from hub.console.cases.room import Cases
from hub.console.cases.rules import Who
from hub.console.door.rights import CaseRight
from hub.console.look.words import label

Act = Callable[[str, acts.AnyAct], Coroutine[Any, Any, bool]]


class Bell:
    """Draws what is new; looks at the cases each tick and does nothing while they are the same."""

    def __init__(self, cases: Cases, who: Who, act: Act) -> None:
        """`act(case, act)` does something in this person's name."""
        self._cases, self._who, self._act = cases, who, act
        self._serial, self._drawn = -1, frozenset[str]()
        self._told = who.may(CaseRight.TOLD)
        ui.add_head_html('<link rel="stylesheet" href="/console/bell.css">')
        if self._told:
            ui.add_head_html('<script src="/console/bell.js" defer></script>')
        self._box = (
            ui.element("div").classes("bell").props('role="status" aria-live="assertive" data-test="bell"')
        )
        with self._box:
            self._todo = ui.link("", "/cases?show=mine").classes("todo").props('data-test="todo"')
            self._alerts = ui.element("ul")
        self._box.set_visibility(False)

    def tick(self) -> None:
        """Draw when the cases are others than before."""
        seen = self._cases.seen
        if seen.serial == self._serial:
            return
        self._serial = seen.serial
        todo = seen.waits(self._who)
        self._todo.set_text(label("bell-todo", n=todo))
        self._todo.set_visibility(todo > 0)
        alerts = seen.alerts if self._told else ()
        self._box.set_visibility(bool(todo or alerts))
        drawn = frozenset(case.id for case in alerts)
        if drawn == self._drawn:
            return
        if drawn - self._drawn:
            ui.run_javascript("window.hallBell && window.hallBell()")
        self._drawn = drawn
        self._alerts.clear()
        with self._alerts:
            for case in alerts:
                with ui.element("li").props(f'data-test="bell-{case.id}"'):
                    self._alert(case)

    def _alert(self, case: Case) -> None:
        where = {"number": case.opened.number or "", "window": case.opened.window or ""}
        ui.label(label("bell-go", **where)).classes("go")
        for name, act in (("case-spoke", acts.SpeakTo()), ("case-gone", acts.FindGone())):
            ui.button(label(name), on_click=lambda _, c=case.id, a=act: self._act(c, a)).props(
                f'no-caps dense outline data-test="{name}-{case.id}"'
            )
        ui.link(label("bell-open"), f"/cases?case={case.id}")
