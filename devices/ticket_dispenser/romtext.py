"""A slip in the printer's own characters: a tenth of a picture's bytes, for slow serial lines.

Rules:

* Own encoder: python-escpos 3.1's ``text()`` leaves out ``FS &`` and prints ``????`` for Chinese punctuation.
* A printer's ROM holds two-byte characters at most. What it lacks becomes something near (é → e); where nothing is near, the whole
  block is drawn as a picture, so that nobody's name is printed as a question mark. Never a control byte.
* Text, sizes and codes follow what the printer's profile can do.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from PIL import Image

from devices.ticket_dispenser.blocks import (
    Banner,
    Block,
    Code,
    Gap,
    Line,
    Logo,
    Number,
    Rule,
    Size,
    Slip,
    Ticks,
)
from devices.ticket_dispenser.escpos import RESET, cut, picture
from devices.ticket_dispenser.profiles import Profile
from devices.ticket_dispenser.typeface import wrap

HANZI = b"\x1c&"
#: rows of a character of size 1, and of white below it
CHARACTER_ROWS = 24
LEADING_ROWS = 6
#: the width of half a Hanzi
COLUMN_DOTS = 12
Draw = Callable[[Block], Image.Image]


class Rom:
    """What one printer's ROM holds."""

    def __init__(self, profile: Profile) -> None:
        self._codec = profile.characters

    def encode(self, text: str) -> bytes:
        """`text` in the printer's characters, never a control byte; what it lacks becomes near ones, or ``?``."""
        found = (_in_rom(self._codec, char) for char in text)
        return b"".join(b"?" if char is None else char for char in found)

    def holds(self, text: str) -> bool:
        """Whether every character of `text`, or one near it, is there."""
        return all(_in_rom(self._codec, char) is not None for char in text)


@lru_cache(maxsize=4096)
def _in_rom(codec: str, char: str) -> bytes | None:
    """The character, or one near it; nothing for one that is not seen; None for one that is not there."""
    near: str = unicodedata.normalize("NFKD", char)
    for candidate in char + near:
        if " " <= candidate <= "~":
            return candidate.encode("ascii")
        found = candidate.encode(codec, "ignore")
        if len(found) == 2:
            return found
    return b"" if unicodedata.category(char)[0] in "CM" else None


class _Columns:
    """Measures text in half-width columns of `scale`-fold type."""

    def __init__(self, rom: Rom, scale: int) -> None:
        self._rom, self._scale = rom, scale

    def width(self, text: str) -> int:
        return len(self._rom.encode(text)) * self._scale


class TextPress:
    """Sets slips in a printer's own characters, for paper `width` dots wide; `draw` makes pictures of what it lacks."""

    def __init__(self, width: int, profile: Profile, draw: Draw) -> None:
        self._columns = width // COLUMN_DOTS
        self._profile, self._draw, self._rom = profile, draw, Rom(profile)
        self._rows = 0

    def slip(self, slip: Slip) -> tuple[bytes, int]:
        """The slip's bytes, cut off, and how many rows of paper they print (the feed to the blade not among them)."""
        self._rows = 0
        # Some printers begin to read Hanzi only on the line after FS &, so it stands before everything.
        data = RESET + HANZI + b"".join(self._block(block) for block in slip.blocks)
        return data + cut(self._profile), self._rows

    # -- blocks ------------------------------------------------------------------------------------------------------

    def _block(self, block: Block) -> bytes:
        if not all(self._rom.holds(text) for text in texts(block)):
            return self._picture(block)
        match block:
            case Line():
                return self._line(block)
            case Number(tall=True):  # no character of a printer is that high
                return self._picture(block)
            case Number():
                return self._number(block)
            case Ticks():
                scale = 2 if block.size.value >= Size.LARGE.value else 1
                pairs = zip(block.items, block.en, strict=True)
                rows = (row for item, en in pairs for row in self._ticked(item, en, scale))
                return b"".join(self._row(row, scale=scale) for row in rows)
            case Banner():
                said = self._row(f" {block.zh} ", centred=True, loud=True)
                return said + (self._row(block.en, centred=True) if block.en else b"")
            case Rule():
                return self._row("-" * self._columns)
            case Gap():
                self._rows += min(255, block.dots)
                return b"\x1bJ" + bytes([min(255, block.dots)])
            case Code():
                if not self._profile.qr:
                    return self._picture(block)
                return b"".join(self._line(line) for line in block.beside) + self._code(block.data)
            case Logo():
                return self._picture(block)

    def _picture(self, block: Block) -> bytes:
        image = self._draw(block)
        self._rows += image.height
        return b"\x1ba\x00" + picture(image, self._profile.band_rows)

    def _row(
        self, text: str, *, scale: int = 1, centred: bool = False, bold: bool = False, loud: bool = False
    ) -> bytes:
        self._rows += _pitch(scale)
        look = (
            _size(scale) + (b"\x1bE\x01" if bold else b"\x1bE\x00") + (b"\x1dB\x01" if loud else b"\x1dB\x00")
        )
        return b"\x1ba" + (b"\x01" if centred else b"\x00") + look + self._rom.encode(text) + b"\n"

    def _number(self, block: Number) -> bytes:
        scale = max(2, min(8, self._columns // len(block.number)))
        marks = "  ".join(mark.zh for mark in block.marks)
        number = self._row(block.number, scale=scale, centred=True, bold=True)
        return number + (self._row(marks, scale=2, centred=True, bold=True) if marks else b"") + _size(1)

    def _line(self, line: Line) -> bytes:
        zh, en = self._rom.encode(line.zh), self._rom.encode(line.en)
        # a head is large where it stays on one line; large print is large on as many as it takes
        big = line.size.value >= (Size.HEAD if 2 * len(zh) <= self._columns else Size.LARGE).value
        scale = 2 if big else 1
        spare = self._columns - len(zh) * scale - len(en)
        if line.en and scale == 1 and spare >= 2 and not line.centred:
            return self._row(line.zh + " " * spare + line.en, bold=line.bold)
        rows = [
            self._row(part, scale=scale, centred=line.centred, bold=line.bold)
            for part in wrap(_Columns(self._rom, scale), line.zh, self._columns)
        ]
        if line.en:
            parts = wrap(_Columns(self._rom, 1), line.en, self._columns)
            rows += [self._row(part, centred=line.centred) for part in parts]
        return b"".join(rows)

    def _ticked(self, item: str, en: str, scale: int) -> list[str]:
        """A paper behind its box; its English name at the end of the line where there is room, else below."""
        first, *more = wrap(_Columns(self._rom, scale), item, self._columns - 3 * scale)
        spare = self._columns - len(self._rom.encode(f"□ {item}")) - len(self._rom.encode(en))
        if en and scale == 1 and not more and spare >= 2:
            return [f"□ {item}{' ' * spare}{en}"]
        below = wrap(_Columns(self._rom, scale), en, self._columns - 3 * scale) if en else []
        return ["□ " + first, *("   " + part for part in (*more, *below))]

    def _code(self, data: str) -> bytes:
        payload = data.encode("utf-8")
        length = (len(payload) + 3).to_bytes(2, "little")
        self._rows += _CODE_ROWS + 2 * QUIET_ROWS
        quiet = b"\x1bJ" + bytes([QUIET_ROWS])
        return (
            quiet + b"\x1ba\x01"
             b"\x1d(k\x04\x001A2\x00"  # model 2
             b"\x1d(k\x03\x001C\x05"  # five dots a module
             b"\x1d(k\x03\x001E1"  # medium error correction
             b"\x1d(k" + length + b"1P0" + payload
            + b"\x1d(k\x03\x001Q0"
            + b"\x1ba\x00" + quiet
        )  # fmt: skip


#: white above and below a code: four modules
QUIET_ROWS = 20
#: a code of a ticket's length: 33 modules of five dots
_CODE_ROWS = 165


def texts(block: Block) -> tuple[str, ...]:
    """What of a block is read as text."""
    match block:
        case Line() | Banner():
            return (block.zh, block.en)
        case Number():
            return (block.number, *(mark.zh for mark in block.marks))
        case Ticks():
            return (*block.items, *block.en)
        case Code():
            return tuple(text for line in block.beside for text in (line.zh, line.en))
        case Rule() | Gap() | Logo():
            return ()


def _size(scale: int) -> bytes:
    # Epson scales everything by GS !; clones take ESC ! for ASCII and FS ! for Hanzi, and twofold at most.
    twice = scale >= 2
    return (
        b"\x1b!"
        + (b"\x30" if twice else b"\x00")
        + b"\x1c!"
        + (b"\x0c" if twice else b"\x00")
        + b"\x1d!"
        + bytes([(scale - 1) * 0x11])
        + b"\x1b3"
        + bytes([_pitch(scale)])
    )


def _pitch(scale: int) -> int:
    """Rows from one line to the next: characters of double height would touch at the usual spacing."""
    return CHARACTER_ROWS * scale + LEADING_ROWS
