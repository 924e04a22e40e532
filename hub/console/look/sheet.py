"""Rows that change often, drawn as one piece of HTML.

An element of NiceGUI takes about a third of a millisecond to make (``make bench only=P11`` with a profiler); a line of thirty people on
sixty open pages would keep a processor busy for every ticket. What nobody clicks is drawn here as text instead.
"""

from __future__ import annotations

from html import escape

from nicegui import ui


class Sheet:
    """One place on a page; everything in it is replaced when it differs."""

    def __init__(self, tag: str, *, classes: str = "", props: str = "") -> None:
        """Empty, in the container that is open."""
        self._html = ""
        self._element = ui.html("", tag=tag, sanitize=False).classes(classes).props(props)

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
