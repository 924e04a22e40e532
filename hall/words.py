"""The hall's public sentences, by key. Every device, console and template speaks through here, so that the words can be checked.

``say("voice.call", number="A012", window=3)`` gives both languages. A missing field is a programming error and raises
``KeyError`` at once; an unknown key too.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from hall.shipped import shipped
from hall.text import Text


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence: where it appears, its wording with fields in braces, an example as written in full."""

    surface: str
    zh: str
    en: str
    example: str | None = None
    note: str = ""


@cache
def phrases() -> dict[str, Phrase]:
    """Every sentence by key, read once from ``words.yaml`` beside this file."""
    raw = shipped(files("hall").joinpath("words.yaml").read_text(encoding="utf-8"))
    return msgspec.convert(raw, dict[str, Phrase])


def say(key: str, **fields: object) -> Text:
    """The sentence `key` in both languages with its fields filled in."""
    phrase = phrases()[key]
    return Text(zh=phrase.zh.format_map(fields), en=phrase.en.format_map(fields))
