"""How a word is written down."""

from __future__ import annotations

from hall.text import Text


def text(zh: str, en: str) -> Text:
    """A word in both languages; `{fields}` are filled in where it is shown."""
    return Text(zh=zh, en=en)
