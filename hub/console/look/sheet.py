"""Rows that change often, drawn as one piece of HTML.

An element of NiceGUI takes about a third of a millisecond to make (``make bench only=P11`` with a profiler); a line of thirty people on
sixty open pages would keep a processor busy for every ticket. Such rows are drawn here as text, their buttons too: one listener hears
them all, and what it hears is only ever the `press` of a button, to be looked up among what is shown. Who goes by keys keeps their place: a button that is drawn
anew has the focus that it had (``static/place.js``, in every page's head).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from typing import Final

from nicegui import events, ui

#: one listener for every button with a `press`; it looks for it where the click was
_PRESSED: Final = "(e) => { const b = e.target.closest('button[data-press]'); if (b) emit(b.dataset.press) }"
_LONGEST: Final = 200


class Sheet:
    """One place on a page; everything in it is replaced when it differs."""

    def __init__(
        self,
        tag: str,
        *,
        classes: str = "",
        props: str = "",
        on_press: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """Empty, in the container that is open; `on_press` hears the `press` of each :func:`button` in it."""
        self._html = ""
        self._element = ui.html("", tag=tag, sanitize=False).classes(classes).props(f"data-sheet {props}")
        if on_press is not None:

            async def pressed(event: events.GenericEventArguments) -> None:
                await on_press(str(event.args)[:_LONGEST])

            self._element.on("click", pressed, js_handler=_PRESSED)

    def show(self, *parts: str) -> None:
        """Show these pieces of HTML, made by :func:`tag`."""
        html = "".join(parts)
        if html != self._html:
            self._html = html
            self._element.set_content(html)


def tag(name: str, *content: str, cls: str = "", **attributes: str | None) -> str:
    """An HTML element around `content`, which is HTML already; `data_test="x"` is written ``data-test="x"``."""
    written = {"class": cls or None, **{key.replace("_", "-"): value for key, value in attributes.items()}}
    said = "".join(f' {key}="{escape(value)}"' for key, value in written.items() if value is not None)
    return f"<{name}{said}>{''.join(content)}</{name}>"


def text(said: str) -> str:
    """Somebody's words as HTML: nothing in them is markup."""
    return escape(said)


def button(said: str, press: str, **attributes: str | None) -> str:
    """A button as HTML; `press` is what the sheet's `on_press` hears."""
    return tag("button", escape(said), type="button", cls="row-button", data_press=press, **attributes)
