"""Blocks to dots: a slip as one one-bit picture of exactly the paper's width, black on white.

Pictures of blocks are kept by block, so a slip whose blocks were seen before is only pasted together (see `Press.draw`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

import qrcode
from PIL import Image, ImageDraw

from devices.ticket_dispenser.blocks import (
    Banner,
    Block,
    Code,
    Gap,
    Line,
    Logo,
    Mark,
    Number,
    Rule,
    Size,
    Slip,
    Ticks,
)
from devices.ticket_dispenser.typeface import Face, Typeface, best, wrap

#: one millimetre, dots (203 dpi)
MM = 8
MARGIN = 8
LEADING = 9
#: white between Chinese and the English beside it, at least
BESIDE = 18
QUIET_MODULES = 4
KEPT = 600
#: largest first; the first that fits beside its marks is taken
NUMBER_SIZES = (224, 208, 192, 176, 160, 144, 128, 112, 96, 80, 64, 48)
#: a tall number's height at least: 28 mm
TALL = 224
_WHITE, _BLACK = 255, 0


class _Tick(NamedTuple):
    """A paper to tick: its lines, each with how far down it stands; its English name beside them, if not among them; how high it is."""

    lines: list[tuple[Face, int, str]]
    beside: str
    height: int


def _ticked(zh: Face, en: Face, item: str, english: str, width: int, *, beside: bool) -> _Tick:
    """One paper in lines of at most `width` dots, its English name beside it where that may be and there is room."""
    beside = beside and bool(english) and zh.width(item) + BESIDE + en.width(english) <= width
    said = [(zh, part) for part in wrap(zh, item, width)]
    said += [(en, part) for part in wrap(en, english, width)] if english and not beside else []
    lines, down = [], 0
    for n, (face, part) in enumerate(said):
        lines.append((face, down, part))
        names_it = n + 1 < len(said) and face is not said[n + 1][0]
        down += face.height + (4 if names_it else 11 if face is zh or n + 1 == len(said) else 5)
    return _Tick(lines, english if beside else "", down)


class Press:
    """Draws slips for one width of paper and remembers the pictures of blocks."""

    def __init__(self, width: int, typeface: Typeface | None = None) -> None:
        """`width` in dots: 576 for 80 mm paper, 384 for 58 mm."""
        self.width = width
        self._type = typeface or best()
        self._kept: OrderedDict[Block, Image.Image] = OrderedDict()

    def draw(self, slip: Slip) -> Image.Image:
        """The slip as a picture; 255 is white paper, 0 is black."""
        pictures = list(self.pictures(slip))
        image = Image.new("1", (self.width, sum(picture.height for picture in pictures) or 1), _WHITE)
        top = 0
        for picture in pictures:
            image.paste(picture, (0, top))
            top += picture.height
        return image

    def pictures(self, slip: Slip) -> Iterator[Image.Image]:
        """The slip's blocks from the top, each drawn when it is asked for: the printer can begin before the rest is drawn."""
        try:
            for block in slip.blocks:
                yield self._picture(block)
        finally:
            self._type.put_away()

    def block(self, block: Block) -> Image.Image:
        """One block's picture on its own."""
        [picture] = self.pictures(Slip((block,)))
        return picture

    def _picture(self, block: Block) -> Image.Image:
        """From memory when it was drawn before."""
        picture = self._kept.get(block)
        if picture is None:
            picture = self._kept[block] = self._draw(block)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(block)
        return picture

    def _draw(self, block: Block) -> Image.Image:
        match block:
            case Line():
                return self._line(block, self.width - 2 * MARGIN)
            case Number():
                return self._number(block)
            case Ticks():
                return self._ticks(block)
            case Banner():
                return self._banner(block)
            case Code():
                return self._code(block)
            case Rule():
                return self._rule()
            case Gap():
                return self._paper(block.dots)
            case Logo():
                return self._logo(block)

    def _paper(self, height: int) -> Image.Image:
        return Image.new("1", (self.width, max(1, height)), _WHITE)

    def _rule(self) -> Image.Image:
        image = self._paper(2 * LEADING + 2)
        pen = ImageDraw.Draw(image)
        for x in range(MARGIN, self.width - MARGIN, 8):
            pen.line((x, LEADING, x + 4, LEADING), fill=_BLACK, width=2)
        return image

    # -- lines -------------------------------------------------------------------------------------------------------

    def _faces(self, line: Line, width: int) -> tuple[Face, Face]:
        """Type for both languages; a centred head that does not fit is set smaller before it is broken."""
        size = line.size.value
        if line.centred and size < Size.LARGE.value:
            size = next(
                (s for s in (size, 28, 26, 24) if s <= size and self._type.at(s).width(line.zh) <= width),
                size,
            )
        return self._type.at(size), self._type.at(max(18, round(size * 0.72)))

    def _line(self, line: Line, width: int, left: int = MARGIN) -> Image.Image:
        """A line `width` dots wide that begins at `left` of the whole paper's width."""
        zh, en = self._faces(line, width)
        beside = bool(line.en) and zh.width(line.zh) + BESIDE + en.width(line.en) <= width
        rows = [(zh, part) for part in wrap(zh, line.zh, width)]
        rows += [(en, part) for part in wrap(en, line.en, width)] if line.en and not beside else []
        image = self._paper(sum(face.height + _below(face) for face, _ in rows) + LEADING - 4)
        top, spare = 0, zh.width(line.zh) + BESIDE + en.width(line.en) if beside else 0
        for face, part in rows:
            x = left + ((width - (spare or face.width(part))) // 2 if line.centred else 0)
            face.draw(image, x, top, part, bold=line.bold and face is zh)
            if beside:
                x = (x + spare if line.centred else left + width) - en.width(line.en)
                en.draw(image, x, top + zh.rise - en.rise, line.en)
            top += face.height + _below(face)
        return image

    # -- the number --------------------------------------------------------------------------------------------------

    def _number(self, block: Number) -> Image.Image:
        marks = [self._mark(mark) for mark in block.marks]
        room = self.width - 2 * MARGIN - (max(mark.width for mark in marks) + 20 if marks else 0)
        drawn = (self._type.at(size).number(block.number) for size in NUMBER_SIZES)
        digits = next(picture for picture in drawn if picture.width <= room or picture.height < 64)
        if block.tall and digits.height < TALL:
            digits = digits.resize((digits.width, TALL), Image.Resampling.NEAREST)
        height = max(digits.height, sum(mark.height for mark in marks) + 10 * (len(marks) - 1))
        image = self._paper(height + 3 * LEADING)
        wide = digits.width + (20 + max(mark.width for mark in marks) if marks else 0)
        x = (self.width - wide) // 2
        image.paste(digits, (x, LEADING + (height - digits.height) // 2))
        top = LEADING + (height - sum(mark.height for mark in marks) - 10 * (len(marks) - 1)) // 2
        for mark in marks:
            image.paste(mark, (x + digits.width + 20, top))
            top += mark.height + 10
        return image

    def _mark(self, mark: Mark) -> Image.Image:
        small = self.width < 500
        zh, en = self._type.at(40 if small else 52), self._type.at(18)
        width = max(zh.width(mark.zh), en.width(mark.en)) + 16
        ink, paper = (_WHITE, _BLACK) if mark.loud else (_BLACK, _WHITE)
        image = Image.new("1", (width, zh.height + en.height + 24), paper)
        if not mark.loud:
            ImageDraw.Draw(image).rectangle((0, 0, width - 1, image.height - 1), outline=_BLACK, width=3)
        zh.draw(image, (width - zh.width(mark.zh)) // 2, 8, mark.zh, bold=True, ink=ink)
        en.draw(image, (width - en.width(mark.en)) // 2, zh.height + 14, mark.en, ink=ink)
        return image

    # -- papers to bring ---------------------------------------------------------------------------------------------

    def _ticks(self, block: Ticks) -> Image.Image:
        zh, en = self._faces(Line("", size=block.size), self.width)
        box = min(block.size.value - 2, zh.height - 2)
        column, indent = (self.width - 2 * MARGIN) // 2, box + 10
        rows: list[list[_Tick]] = []
        half_free = False
        for item, english in zip(block.items, block.en, strict=True):
            short = max(zh.width(item), en.width(english)) <= column - box - 18
            room = (column if short else self.width - 2 * MARGIN) - indent
            tick = _ticked(zh, en, item, english, room, beside=not short)
            if short and half_free:
                rows[-1].append(tick)
                half_free = False
            else:
                rows.append([tick])
                half_free = short
        heights = [max(tick.height for tick in row) for row in rows]
        image = self._paper(sum(heights) + LEADING - 4)
        pen, top = ImageDraw.Draw(image), 0
        for row, height in zip(rows, heights, strict=True):
            for at_column, tick in enumerate(row):
                x, edge = MARGIN + at_column * column, top + (zh.height - box) // 2
                pen.rectangle((x, edge, x + box - 1, edge + box - 1), outline=_BLACK, width=2)
                for face, down, part in tick.lines:
                    face.draw(image, x + indent, top + down, part)
                if tick.beside:
                    right = self.width - MARGIN - en.width(tick.beside)
                    en.draw(image, right, top + zh.rise - en.rise, tick.beside)
            top += height
        return image

    def _logo(self, block: Logo) -> Image.Image:
        """The hall's picture in the middle; one that cannot be read leaves its place white, the ticket comes all the same."""
        try:
            with Image.open(BytesIO(block.png), formats=["PNG"]) as found:
                grey = Image.new("L", found.size, _WHITE)
                opaque = found.convert("RGBA")
                grey.paste(opaque.convert("L"), (0, 0), opaque.getchannel("A"))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return self._paper(1)
        if grey.width > self.width:
            grey = grey.resize((self.width, max(1, grey.height * self.width // grey.width)))
        logo = grey.point([_BLACK if level < 128 else _WHITE for level in range(256)]).convert("1")
        image = self._paper(logo.height + LEADING)
        image.paste(logo, ((self.width - logo.width) // 2, 0))
        return image

    # -- the rest ----------------------------------------------------------------------------------------------------

    def _banner(self, block: Banner) -> Image.Image:
        zh, en = self._type.at(block.size.value), self._type.at(20)
        width = self.width - 2 * MARGIN - 16
        rows = [(zh, part) for part in wrap(zh, block.zh, width)]
        rows += [(en, part) for part in wrap(en, block.en, width)] if block.en else []
        height = sum(face.height + 8 for face, _ in rows) + 16
        image = self._paper(height + LEADING)
        ImageDraw.Draw(image).rectangle((MARGIN, 0, self.width - MARGIN - 1, height - 1), fill=_BLACK)
        top = 12
        for face, part in rows:
            face.draw(image, (self.width - face.width(part)) // 2, top, part, ink=_WHITE)
            top += face.height + 8
        return image

    def _code(self, block: Code) -> Image.Image:
        code = qr(block.data, module=4 if self.width >= 500 else 3)
        room = self.width - code.width - MARGIN
        if block.beside and room >= 220:
            lines = [self._line(line, room - MARGIN, left=0) for line in block.beside]
            height = sum(line.height for line in lines)
            image = self._paper(max(code.height, height))
            image.paste(code, (self.width - code.width, (image.height - code.height) // 2))
            top = (image.height - height) // 2
            for line in lines:
                image.paste(line.crop((0, 0, room - MARGIN, line.height)), (MARGIN, top))
                top += line.height
            return image
        lines = [self._line(line, self.width - 2 * MARGIN) for line in block.beside]
        image = self._paper(code.height + sum(line.height for line in lines))
        top = 0
        for line in lines:
            image.paste(line, (0, top))
            top += line.height
        image.paste(code, ((self.width - code.width) // 2, top))
        return image


def qr(data: str, module: int) -> Image.Image:
    """`data` as a QR code with `module` dots a side per module, medium error correction, four white modules around."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=QUIET_MODULES)
    code.add_data(data.encode("utf-8"))
    matrix = code.get_matrix()
    side = len(matrix)
    image = Image.new("1", (side, side), _WHITE)
    image.putdata([_BLACK if dark else _WHITE for row in matrix for dark in row])
    return image.resize((side * module, side * module), Image.Resampling.NEAREST)


def _below(face: Face) -> int:
    return max(6, round(face.height * 0.3))
