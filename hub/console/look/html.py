"""The few plain pages that need no script: login, first run, a changed password, the demo's start page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from hall.text import Text
from hub.console.look.words import WORDS


def both(text: Text) -> str:
    """A text in both languages as HTML."""
    return f'<span lang="zh-CN">{escape(text.zh)}</span> <span class="en" lang="en">{escape(text.en)}</span>'


def word(key: str) -> str:
    """A console word in both languages as HTML."""
    return both(WORDS[key])


def page(title: Text, *body: str) -> str:
    """A whole page."""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title.zh)} · {escape(title.en)}</title>"
        '<link rel="icon" href="/console/hall.svg"><link rel="stylesheet" href="/console/console.css"></head>'
        f'<body class="plain"><main>{"".join(body)}</main></body></html>'
    )


def field(name: str, label: str, *, kind: str = "text", complete: str = "off", value: str = "") -> str:
    """A labelled input."""
    focus = " autofocus" if name in {"login", "code", "old"} else ""
    return (
        f'<label for="{name}">{word(label)}</label>'
        f'<input id="{name}" name="{name}" type="{kind}" autocomplete="{complete}" value="{escape(value)}" required{focus}>'
    )


def form(action: str, button: str, *fields: str, hidden: Iterable[tuple[str, str]] = ()) -> str:
    """A form that is sent by POST."""
    secrets = "".join(f'<input type="hidden" name="{escape(n)}" value="{escape(v)}">' for n, v in hidden)
    return f'<form method="post" action="{action}">{"".join(fields)}{secrets}<button type="submit">{word(button)}</button></form>'


def mistake(text: Text | None) -> str:
    """What went wrong, said to a screen reader too."""
    return "" if text is None else f'<p class="mistake" role="alert">{both(text)}</p>'
