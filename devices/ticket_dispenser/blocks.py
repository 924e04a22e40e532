"""What a slip is made of: blocks from top to bottom, said in both languages, without a dot or a byte of printing yet.

A block is frozen and hashable, so that its picture is drawn once and kept: what does not change from ticket to ticket costs
nothing the second time (see :mod:`devices.ticket_dispenser.raster`). :mod:`devices.ticket_dispenser.escpos` prints the same
blocks as text. Texts come from the hall's settings and the bus; whatever is no printable character (control characters,
ESC/POS among them, direction marks, line breaks) is taken out as a block is made.
"""

from __future__ import annotations

import unicodedata
from enum import Enum

import msgspec
from msgspec.structs import force_setattr

#: longer texts are cut: paper is not endless
LONGEST = 240


def tidy(text: str) -> str:
    """`text` as one line of printable characters."""
    spaced = (" " if char.isspace() else char for char in text)
    shown = "".join(c for c in spaced if unicodedata.category(c)[0] != "C")
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


class Size(Enum):
    """Heights of type in dots (203 dpi: 8 dots are a millimetre)."""

    SMALL = 20
    BODY = 24
    STRONG = 28
    HEAD = 32
    #: 5 mm and 6 mm, for eyes that do not see small type
    LARGE = 40
    HUGE = 48


class Line(msgspec.Struct, frozen=True):
    """A sentence, its English beside it where there is room, below it where there is not."""

    zh: str
    en: str = ""
    size: Size = Size.BODY
    centred: bool = False
    #: drawn heavier: the lines people look for
    bold: bool = False

    def __post_init__(self) -> None:
        force_setattr(self, "zh", tidy(self.zh))
        force_setattr(self, "en", tidy(self.en))


class Mark(msgspec.Struct, frozen=True):
    """A word in a box beside the number, white on black when `loud` (补打), in a frame when not (优先)."""

    zh: str
    en: str
    loud: bool = False


class Number(msgspec.Struct, frozen=True):
    """The ticket's number in very large type, with its marks at its side."""

    number: str
    marks: tuple[Mark, ...] = ()
    #: as high as 58 mm paper is wide enough to carry, for eyes that do not see small type
    tall: bool = False


class Ticks(msgspec.Struct, frozen=True):
    """Papers to bring, each with a box to tick and its English name beside or below; two in a row where both are short."""

    items: tuple[str, ...]
    size: Size = Size.BODY
    #: the same in English, one each; "": as it stands there alone
    en: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        english = self.en or ("",) * len(self.items)
        if len(english) != len(self.items):
            raise ValueError("Expected an English name, or an empty one, for each paper")
        force_setattr(self, "items", tuple(tidy(item) for item in self.items))
        force_setattr(self, "en", tuple(tidy(item) for item in english))


class Banner(msgspec.Struct, frozen=True):
    """A sentence nobody may miss: white on black over the whole width."""

    zh: str
    en: str
    size: Size = Size.STRONG


class Rule(msgspec.Struct, frozen=True):
    """A line across the paper."""


class Gap(msgspec.Struct, frozen=True):
    """White paper, `dots` high."""

    dots: int


class Code(msgspec.Struct, frozen=True):
    """A QR code with its four modules of white around it, and `beside` it what belongs to it."""

    data: str
    beside: tuple[Line, ...] = ()


class Logo(msgspec.Struct, frozen=True):
    """A picture of the hall's own, black on white, in the middle; `png` is at most as wide as the paper."""

    png: bytes


Block = Line | Number | Ticks | Banner | Rule | Gap | Code | Logo


class Slip(msgspec.Struct, frozen=True):
    """One piece of paper."""

    blocks: tuple[Block, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Every Chinese text in reading order: what a test or a log may want to know about the paper."""
        found: list[str] = []
        for block in self.blocks:
            match block:
                case Line() | Banner():
                    found.append(block.zh)
                case Number():
                    found += [block.number, *(mark.zh for mark in block.marks)]
                case Ticks():
                    found += block.items
                case Code():
                    found += [line.zh for line in block.beside]
                case Rule() | Gap() | Logo():
                    pass
        return tuple(found)
