"""Type on paper: Debian's WenQuanYi Zen Hei when the machine has it, else the house's own 16-dot font enlarged.

Both draw crisp one-bit dots; a thermal printer has no grey. Lines are broken as Chinese is: anywhere between Hanzi, never
inside a word or number of half-width characters, no closing mark at the start of a line and no opening one at its end.

An open size of WenQuanYi keeps four to five megabytes of its file in memory, and a slip asks for seven sizes, while opening one takes a
tenth of a millisecond: whoever has drawn a slip puts the type away.
"""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import Protocol

from PIL import Image, ImageDraw, ImageFont

from devices.parts import bitmap_font

ZEN_HEI = Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc")
_CLOSING = set("，。；：、？！）》」』】〕”’％…,.;:?!)]}%")
_OPENING = set("（《「『【〔“‘([{")
_BLACK = 0


class Measure(Protocol):
    """Says how much room text needs."""

    def width(self, text: str) -> int:
        """Dots, or whatever unit lines are measured in, that `text` takes."""


class Face(Measure, Protocol):
    """One size of type."""

    #: from the top of a line's Hanzi to its bottom, dots
    height: int
    #: from the top of a line's Hanzi to the line that Latin letters stand on, dots
    rise: int

    def draw(
        self, image: Image.Image, x: int, top: int, text: str, *, bold: bool = False, ink: int = 0
    ) -> None:
        """Draw `text` with the top left corner of its Hanzi at (`x`, `top`)."""

    def number(self, text: str) -> Image.Image:
        """A ticket's number as a picture without white around it: heavy, narrow, letters apart.

        So set, 0 and O differ for people at arm's length and for machines (12 of 12 read by tesseract; 4 of 12 as plain type).
        """

    def put_away(self) -> None:
        """Keep nothing open; the next use opens it again."""


class OutlineFace:
    """A size of a TrueType font; its file is open from the first use until it is put away."""

    def __init__(self, path: Path, size: int) -> None:
        self._path, self._size = path, size
        _, top, _, bottom = self._font.getbbox("国", anchor="ls")
        self.rise = -int(top)
        self.height = int(bottom - top)

    @cached_property
    def _font(self) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(self._path), self._size, layout_engine=ImageFont.Layout.BASIC)

    def put_away(self) -> None:
        """See :class:`Face`."""
        self.__dict__.pop("_font", None)

    def width(self, text: str) -> int:
        """See :class:`Face`."""
        # as it is drawn: letters of one bit are hinted otherwise, and up to a third of a letter wider in a line
        return round(self._font.getlength(text, mode="1"))

    def draw(
        self, image: Image.Image, x: int, top: int, text: str, *, bold: bool = False, ink: int = _BLACK
    ) -> None:
        """See :class:`Face`."""
        pen = ImageDraw.Draw(image)
        pen.fontmode = "1"
        # A second stroke one dot to the right is how thermal printers have always made bold; Hanzi stay open.
        for shift in (0, 1) if bold else (0,):
            pen.text((x + shift, top + self.rise), text, fill=ink, font=self._font, anchor="ls")

    def number(self, text: str) -> Image.Image:
        """See :class:`Face`."""
        size = self._size
        stroke, gap = max(1, round(size * 0.03)), round(size * 0.07)
        width = sum(round(self._font.getlength(char)) + gap for char in text) + 4 * stroke
        image = Image.new("1", (width, 2 * size), 255)
        pen = ImageDraw.Draw(image)
        pen.fontmode = "1"
        x = 2 * stroke
        for char in text:
            pen.text((x, size * 3 // 2), char, fill=_BLACK, font=self._font, anchor="ls", stroke_width=stroke)
            x += round(self._font.getlength(char)) + gap
        image = _trim(image)
        return image.resize((round(image.width * 0.72), image.height), Image.Resampling.NEAREST)


class DotFace:
    """The shipped bitmap font, each dot enlarged."""

    def __init__(self, size: int) -> None:
        self._font = bitmap_font.font()
        # Small print stays at its 16 dots, body text doubles: whole multiples keep every stroke crisp.
        self._scale = max(1, (size + 8) // bitmap_font.HEIGHT)
        self.height = bitmap_font.HEIGHT * self._scale
        self.rise = 14 * self._scale

    def width(self, text: str) -> int:
        """See :class:`Face`."""
        return self._font.width(text, self._scale)

    def draw(
        self, image: Image.Image, x: int, top: int, text: str, *, bold: bool = False, ink: int = _BLACK
    ) -> None:
        """See :class:`Face`."""
        lit = self._font.draw(text, self._scale)
        for shift in (0, 1) if bold else (0,):
            image.paste(ink, (x + shift, top), lit)

    def number(self, text: str) -> Image.Image:
        """See :class:`Face`."""
        cells = [self._font.draw(char, self._scale) for char in text]
        gap = self._scale
        image = Image.new("1", (sum(cell.width + gap for cell in cells) or 1, self.height), 255)
        x = 0
        for cell in cells:
            image.paste(_BLACK, (x, 0), cell)
            x += cell.width + gap
        return _trim(image)

    def put_away(self) -> None:
        """See :class:`Face`; nothing of it is open, and all sizes share one font."""


class Typeface:
    """A font in every size that a slip asks for."""

    def __init__(self, path: Path | None) -> None:
        """`path` names a TrueType font; None: the shipped bitmap font."""
        self._path = path
        self._faces: dict[int, Face] = {}

    def at(self, size: int) -> Face:
        """The face whose Hanzi are about `size` dots high."""
        face = self._faces.get(size)
        if face is None:
            face = self._faces[size] = OutlineFace(self._path, size) if self._path else DotFace(size)
        return face

    def put_away(self) -> None:
        """What was to be drawn now is drawn."""
        for face in self._faces.values():
            face.put_away()


@cache
def best() -> Typeface:
    """The best typeface this machine has."""
    return Typeface(ZEN_HEI if ZEN_HEI.exists() else None)


def _trim(image: Image.Image) -> Image.Image:
    """The picture without the white around it."""
    box = image.convert("L").point([255 - value for value in range(256)]).getbbox()
    return image.crop(box) if box else image


def _pieces(text: str) -> list[str]:
    """What must stay together: a half-width word, or one Hanzi with the marks that belong to it."""
    pieces: list[str] = []
    for char in text:
        last = pieces[-1] if pieces else ""
        word = char.isascii() and not char.isspace()
        joins = last and (
            char in _CLOSING
            or last[-1] in _OPENING
            or (word and last[-1].isascii() and not last[-1].isspace())
        )
        if joins:
            pieces[-1] = last + char
        else:
            pieces.append(char)
    return _bracketed(pieces)


def _bracketed(pieces: list[str]) -> list[str]:
    """A short remark in brackets, （一楼东区）, is not torn apart."""
    found: list[str] = []
    for piece in pieces:
        open_at = next(
            (n for n in range(len(found) - 1, max(-1, len(found) - 8), -1) if found[n][0] == "（"), None
        )
        if "）" in piece and open_at is not None and not any("）" in part for part in found[open_at:]):
            found[open_at:] = ["".join(found[open_at:]) + piece]
        else:
            found.append(piece)
    return found


def wrap(face: Measure, text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` dots; a piece longer than a line is cut, nothing is ever lost."""
    lines, line = [], ""
    for piece in _pieces(text):
        if face.width((line + piece).rstrip()) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = piece.lstrip()
        while line and face.width(line.rstrip()) > width:
            fits = max(1, next((n for n in range(len(line), 0, -1) if face.width(line[:n]) <= width), 1))
            if fits > 1 and line[fits] in _CLOSING:  # its last Hanzi goes with it
                fits -= 1
            lines.append(line[:fits])
            line = line[fits:]
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return _no_widow(face, lines, width)


def _no_widow(face: Measure, lines: list[str], width: int) -> list[str]:
    """A last line of a single Hanzi gets company from the line above."""
    if len(lines) < 2 or len(lines[-1].rstrip("".join(_CLOSING))) != 1 or lines[-1][0].isascii():
        return lines
    above = _pieces(lines[-2])
    moved = above.pop() + lines[-1]
    if not above or above[-1][-1] in _OPENING or moved[0].isascii() or face.width(moved) > width:
        return lines
    return [*lines[:-2], "".join(above).rstrip(), moved]
