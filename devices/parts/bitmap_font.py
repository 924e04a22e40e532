"""The house's 16-dot bitmap font: GB2312 Hanzi at 16 dots, ASCII at 8, identical on every machine, no FreeType.

Shipped as ``hall16.hex.gz`` beside this file (a GNU Unifont subset with our own digits and capitals; SIL OFL 1.1, see
``hall16.LICENSE.txt``). A character the font lacks is drawn as 〓, never left out: a gap in a sentence would go unnoticed.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files

from PIL import Image

HEIGHT = 16
MISSING = "〓"
#: large digits: which column and row of the 8 by 16 glyph each of 10 columns and 16 rows repeats. Strokes become three dots
#: thick and the number as tall as the panel; twice the width alone was read worse (by tesseract 11 of 24 numbers against 22).
_LARGE_COLUMNS = (0, 0, 1, 2, 2, 3, 4, 5, 6, 6)
_LARGE_ROWS = (2, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 13)
_LARGE_STEP = len(_LARGE_COLUMNS) + 2


class BitmapFont:
    """Glyphs of 8 or 16 by 16 dots."""

    def __init__(self, hex_lines: str) -> None:
        """`hex_lines` holds one ``CODE:ROWS`` per line, as GNU Unifont's ``.hex`` files do."""
        # Kept as it is, and searched for each character once: 7,765 strings of their own would take three times as much memory.
        self._lines = "\n" + hex_lines
        self._rows: dict[str, tuple[bytes, ...] | None] = {}
        #: large characters that were drawn, each row's dots as a number
        self._large: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return self._lines.count(":")

    def covers(self, text: str) -> bool:
        """Whether every character of `text` can be drawn as itself."""
        return not self.missing(text)

    def missing(self, text: str) -> str:
        """The characters of `text` that would come out as 〓, each once, in order."""
        return "".join(dict.fromkeys(char for char in text if self.rows(char) is None))

    def width(self, text: str, scale: int = 1) -> int:
        """How many dots wide `text` is: 16 per full-width character, 8 per half-width one, times `scale`."""
        return sum(len(self._glyph(char)[0]) for char in text) * 8 * scale

    def rows(self, char: str) -> tuple[bytes, ...] | None:
        """The 16 rows of one character, each 1 or 2 bytes; None for one that the font lacks."""
        if char not in self._rows:
            self._rows[char] = self._found(char)
        return self._rows[char]

    def draw(self, text: str, scale: int = 1) -> Image.Image:
        """`text` as a one-bit picture, lit dots white, 16 dots high; each dot a square of `scale` by `scale`."""
        glyphs = [self._glyph(char) for char in text]
        width = sum(len(glyph[0]) for glyph in glyphs) * 8
        if not width:
            return Image.new("1", (0, HEIGHT * scale))
        data = b"".join(glyph[row] for row in range(HEIGHT) for glyph in glyphs)
        image = Image.frombytes("1", (width, HEIGHT), data)
        return (
            image if scale == 1 else image.resize((width * scale, HEIGHT * scale), Image.Resampling.NEAREST)
        )

    def draw_large(self, number: str) -> Image.Image:
        """A ticket's number (digits and capitals) 16 dots high with thick strokes, 10 dots per character and 2 between."""
        width = max(0, len(number) * _LARGE_STEP - 2)
        if not width:
            return Image.new("1", (0, HEIGHT))
        glyphs = [self._large_rows(char) for char in number]
        filled = -(-width // 8) * 8
        data = bytearray()
        for y in range(HEIGHT):
            row = 0
            for glyph in glyphs:
                row = row << _LARGE_STEP | glyph[y]
            data += (row << filled - width).to_bytes(filled // 8, "big")
        return Image.frombytes("1", (width, HEIGHT), bytes(data))

    def _large_rows(self, char: str) -> tuple[int, ...]:
        if char not in self._large:
            rows, last = self._glyph(char), len(_LARGE_COLUMNS) - 1
            self._large[char] = tuple(
                sum((rows[y][0] >> 7 - column & 1) << last - x for x, column in enumerate(_LARGE_COLUMNS))
                for y in _LARGE_ROWS
            )
        return self._large[char]

    def _glyph(self, char: str) -> tuple[bytes, ...]:
        """The rows that are drawn for a character."""
        rows = self.rows(char) or self.rows(MISSING)
        assert rows is not None
        return rows

    def _found(self, char: str) -> tuple[bytes, ...] | None:
        name = f"\n{ord(char):04X}:"
        at = self._lines.find(name)
        if at < 0:
            return None
        bits = bytes.fromhex(self._lines[at + len(name) : self._lines.find("\n", at + 1)])
        step = len(bits) // HEIGHT
        return tuple(bits[i : i + step] for i in range(0, len(bits), step))


@cache
def font() -> BitmapFont:
    """The shipped font; the first call reads it (a few milliseconds)."""
    packed = files("devices.parts").joinpath("hall16.hex.gz").read_bytes()
    return BitmapFont(gzip.decompress(packed).decode("ascii"))
