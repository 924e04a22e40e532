"""Words of the consoles, in both languages, a table for each room: a test finds what is missing and what is not used."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.tongue import said
from hub.console.look.words import (
    admin,
    board,
    cases,
    certificate,
    clerk,
    fleet,
    frame,
    guide,
    live,
    phone,
    reports,
)
from hub.console.look.words.entry import fill

_TABLES = (
    admin.WORDS,
    frame.WORDS,
    board.WORDS,
    cases.WORDS,
    certificate.WORDS,
    clerk.WORDS,
    fleet.WORDS,
    guide.WORDS,
    live.WORDS,
    phone.WORDS,
    reports.WORDS,
)
WORDS: Final[dict[str, Text]] = {key: text for table in _TABLES for key, text in table.items()}
assert len(WORDS) == sum(len(table) for table in _TABLES), "a word has two tables"


def label(key: str, **fields: object) -> str:
    """A word in the reader's language."""
    return fill(said(WORDS[key]), **fields)


def reason_word(reason: str) -> str:
    """A pause's reason as the reader reads it: the usual ones in their language, a hall's own as it wrote it."""
    key = f"pause.{reason}"
    return label(key) if key in WORDS else reason


def both(key: str, **fields: object) -> str:
    """A word in both languages, on two lines: for public screens."""
    text = WORDS[key]
    return f"{fill(text.zh, **fields)}\n{fill(text.en, **fields)}"
