"""A table as every way of showing it understands it: page, file, terminal. Cells are plain values; the column says what they are."""

from __future__ import annotations

from enum import Enum

import msgspec

from hall.text import Text


class Kind(Enum):
    """What the cells of a column are."""

    TEXT = "text"
    COUNT = "count"
    #: a length of time, in seconds
    SECONDS = "seconds"
    #: between 0 and 1
    SHARE = "share"
    #: one digit behind the point
    NUMBER = "number"


Cell = str | int | float | Text | None


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column."""

    key: str
    head: Text
    kind: Kind = Kind.COUNT


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table; None is a cell about which nothing is known."""

    key: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Speech(Enum):
    """In which language a table is written."""

    ZH = "zh"
    EN = "en"

    def of(self, text: Text) -> str:
        """The text in it."""
        return text.en if self is Speech.EN else text.zh


#: What stands for nothing known.
NOTHING = "—"


def shown(cell: Cell, kind: Kind, speech: Speech) -> str:
    """A cell for people to read."""
    if cell is None:
        return NOTHING
    if isinstance(cell, Text):
        return speech.of(cell)
    if isinstance(cell, str):
        return cell
    match kind:
        case Kind.SECONDS:
            return clock(round(cell))
        case Kind.SHARE:
            return f"{cell * 100:.0f}%" if cell in {0, 1} else f"{cell * 100:.1f}%"
        case Kind.NUMBER:
            return f"{cell:.1f}"
        case Kind.TEXT | Kind.COUNT:
            return f"{cell:,}"


def clock(seconds: int) -> str:
    """``4:05``, and ``2:04:05`` from an hour on."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def share(part: int, whole: int) -> float | None:
    """Part of a whole; None of nothing."""
    return part / whole if whole else None
