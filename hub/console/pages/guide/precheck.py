"""The pre-check (M9): the guide goes through somebody's papers before they wait; the clerk finds them ticked."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from nicegui import ui

from hall.plan import HallPlan
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.pages.dialog import Dialog

Seen = Callable[[tuple[str, ...], tuple[str, ...]], Coroutine[Any, Any, bool]]


class PrecheckDialog(Dialog):
    """Every paper of the service and situation to tick, and the forms that are filled in."""

    def __init__(self) -> None:
        """One for the whole page."""
        super().__init__("precheck")
        self._seen: Seen | None = None
        self._boxes: dict[str, ui.checkbox] = {}
        with self.card:
            self._about = ui.label().classes("situation")
            self._list = ui.element("div").classes("missing").props('data-test="precheck-list"')
            self._hint = ui.label().classes("spoken").props('aria-live="polite" data-test="precheck-hint"')
            self._forms = ui.textarea(label("forms-lines"))
            self._forms.props('dense outlined autogrow data-test="forms"').classes("wide")
        self.foot("precheck-done")

    def ask(
        self,
        plan: HallPlan,
        service: str,
        situation: str | None,
        papers: Iterable[str],
        forms: Iterable[str],
        seen: Seen,
    ) -> None:
        """Ask; `seen(papers, forms)` is told what was found."""
        self._seen, before = seen, set(papers)
        found = plan.services[service]
        kind = found.situations.get(situation or "")
        self._about.set_text(" · ".join([said(found.name), *([] if kind is None else [said(kind.name)])]))
        listed = (*found.common, *(() if kind is None else kind.need))
        self._list.clear()
        with self._list:
            self._boxes = {
                paper: ui.checkbox(paper, value=paper in before, on_change=self._count).props(
                    'dense lang="zh-CN"'
                )
                for paper in dict.fromkeys([*listed, *before])
            }
        self._forms.set_value("\n".join(forms))
        self._count()
        self.open()

    def _count(self) -> None:
        lacking = [paper for paper, box in self._boxes.items() if not box.value]
        text = label("precheck-whole") if not lacking else label("precheck-lacks", n=len(lacking))
        self._hint.set_text(text)

    def key(self, key: str) -> None:
        """See :class:`Dialog`: a digit ticks a paper."""
        boxes = list(self._boxes.values())
        if key.isdigit() and 1 <= int(key) <= len(boxes):
            boxes[int(key) - 1].set_value(not boxes[int(key) - 1].value)

    async def confirm(self) -> None:
        """See :class:`Dialog`."""
        if not self.is_open or self._seen is None:
            return
        papers = tuple(paper for paper, box in self._boxes.items() if box.value)
        lines = str(self._forms.value or "").splitlines()
        forms = tuple(dict.fromkeys(line.strip()[:80] for line in lines if line.strip()))[:30]
        if await self._seen(papers, forms):
            self.close()
