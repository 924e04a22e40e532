"""Small things every part of the page is made of: two languages beside each other, buttons, and what a button does."""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from nicegui import ui
from nicegui.element import Element

from hall.messages import asks
from hall.text import Text
from sim.page.bridge import Bridge, refusal
from sim.page.seen import Seen

log = logging.getLogger(__name__)


class Part(Protocol):
    """A piece of the page that draws itself again when the picture changed."""

    def show(self, seen: Seen) -> None:
        """Draw what is new; ten times a second, so comparing comes first."""


def esc(text: object) -> str:
    """`text` as harmless HTML."""
    return html.escape(str(text), quote=True)


def both(zh: str, en: str) -> str:
    """Chinese with English beside it, as HTML."""
    return f"<b>{esc(zh)}</b><small>{esc(en)}</small>"


def raw(content: str = "", *, tag: str = "div") -> ui.html:
    """HTML that was escaped by us."""
    return ui.html(content, sanitize=False, tag=tag)


def button(zh: str, en: str, on_click: Callable[[], Any], kind: str = "", test: str = "") -> Element:
    """A button in both languages."""
    made = ui.element("button").classes(f"b {kind}").props("type=button")
    if test:
        made.props(f'data-test="{test}"')
    with made:
        raw(esc(zh), tag="b")
        raw(esc(en), tag="small")
    made.on("click", on_click)
    return made


def finger(element: Element, down: Callable[[], None], up: Callable[[], None]) -> None:
    """Contact closed while mouse, touch, Enter or Space is down."""
    for event in ("pointerdown", "keydown.enter", "keydown.space"):
        element.on(event, down, [])
    for event in ("pointerup", "pointerleave", "pointercancel", "keyup.enter", "keyup.space", "blur"):
        element.on(event, up, [])


def say(zh: str, en: str, kind: str = "info") -> None:
    """A short note at the edge of the page."""
    ui.notify(f"{zh}  {en}", type=kind, position="top", multi_line=True)  # type: ignore[arg-type]


class Doing:
    """What buttons do: everything ends in a sentence when it cannot be done."""

    def __init__(self, bridge: Bridge) -> None:
        """For one page."""
        self.bridge = bridge

    async def ask(self, ask: asks.AnyAsk) -> bool:
        """Ask the hub; whether it was done."""
        try:
            answer = await asyncio.wrap_future(self.bridge.ask(ask))
        except TimeoutError:
            say(
                "大厅主机没有回答，恢复后请再试",
                "The hub does not answer; please try again when it is back",
                "warning",
            )
            return False
        text: Text | None = refusal(answer)
        if text is not None:
            say(text.zh, text.en, "warning")
        return text is None

    def world(self, act: Callable[[], None]) -> None:
        """Touch or break something."""
        try:
            act()
        except LookupError as error:
            say("现在做不到", f"Not possible now: {error}", "warning")


Act = Callable[[], Awaitable[Any]]
