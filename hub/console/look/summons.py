"""Whoever is paged to a window sees and hears it on the page they have open, at a desk or on a phone, and answers with one tap."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

from nicegui import ui

from hall.messages import asks
from hall.messages.answers import Answer
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import PageSeen, Picture

#: It is heard again after so many seconds, until it is answered.
AGAIN_S: Final = 20.0
Do = Callable[[asks.AnyAsk], Coroutine[Any, Any, Answer | None]]


class Summons:
    """Above the page, for one work number."""

    def __init__(self, clerk: str, login: str, new_id: Callable[[], str], do: Do) -> None:
        """Nobody is paged yet."""
        self._clerk, self._login, self._new_id, self._do = clerk, login, new_id, do
        self._page: PageSeen | None = None
        self._heard = 0.0
        ui.add_head_html('<link rel="stylesheet" href="/console/bell.css">')
        ui.add_head_html('<script src="/console/bell.js" defer></script>')
        box = ui.element("div").classes("summons")
        with box.props('role="alert" aria-live="assertive" data-test="summons"') as self._box:
            self._what = ui.label().classes("go")
            self._why = ui.label()
            with ui.element("div").classes("answers"):
                for name, coming in (("summons-yes", True), ("summons-no", False)):
                    ui.button(label(name), on_click=lambda _, c=coming: self._answer(coming=c)).props(
                        f'no-caps data-test="{name}"' + ("" if coming else " outline")
                    )
        self._box.set_visibility(False)

    def show(self, picture: Picture) -> None:
        """Draw when something is new; somebody who cannot come is left alone."""
        page = next((x for x in picture.pages if x.clerk == self._clerk and x.coming is not False), None)
        if page == self._page:
            return
        self._page = page
        self._box.set_visibility(page is not None)
        if page is None:
            return
        at = f"{page.at.astimezone(picture.at.tzinfo):%H:%M}"
        self._what.set_text(label("summons", at=at) if page.coming is None else label("summons-comes"))
        self._why.set_text(said(page.text))
        self._box.classes(remove="coming") if page.coming is None else self._box.classes("coming")
        self._heard = 0.0

    def tick(self) -> None:
        """Heard at once, and again while nobody answered."""
        if self._page is None or self._page.coming is not None:
            return
        now = time.monotonic()
        if now - self._heard >= AGAIN_S:
            self._heard = now
            ui.run_javascript("window.hallBell && window.hallBell()")

    async def _answer(self, *, coming: bool) -> None:
        ask = asks.AnswerPage(id=self._new_id(), clerk=self._clerk, coming=coming, actor=self._login)
        await self._do(ask)
