"""What a receipt printer's controller does with ESC/POS: bytes in, rows of dots out, strictly.

Rules:

* Only what the tables below list is understood; anything else is remembered in `unknown`, and its parameters come out as
  text, as on a printer that lacks the command.
* Chinese needs ``FS &``; characters the ROM lacks come out as 〓. The ROM's face is our own 16-dot font drawn at 24 dots:
  faces differ between printers, so nobody may rely on its exact dots. Rasters and QR codes are dot exact.
* ``GS !`` sizes everything, ``ESC !`` ASCII only, ``FS !`` and ``FS W`` Hanzi only, as clones do.
* The head prints row by row and waits wherever paper or cover stop it.

The interpreter is a generator: it yields how many bytes it needs next, or 0 when it waits for the mechanics.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

from PIL import Image, ImageChops

from sim.twin.paper_rom import CORRECTIONS, glyph, qr_code
from sim.twin.paper_slip import DOTS_PER_MM

Steps = Generator[int, bytes, None]
Read = Generator[int, bytes, bytes]

CELL = 24
"""Height of a character of size 1; ASCII is half as wide."""
LINE = 30
"""Default line spacing in dots."""
AT_ONCE = 4096
"""Bytes taken from the buffer in one go."""
STRIP = 40
"""Rows printed in one go: 5 mm."""
CUTTER = 12 * DOTS_PER_MM
"""Rows of paper between head and cutter: what was printed last is still inside when the blade falls."""


class Mechanics(Protocol):
    """What the controller needs of the printer around it."""

    def room(self) -> int:
        """Rows that can be printed now; 0 while paper, cover or cutter stop it."""

    def moved(self, rows: int) -> None:
        """So many rows of paper went by."""

    def cut(self, kind: str) -> None:
        """Cut here, `full` or `partial`."""

    def answer(self, data: bytes) -> None:
        """Send an in-band answer to the host."""

    def paper_status(self) -> int:
        """The byte that answers GS r 1."""


@dataclass
class Style:
    """How characters look from here on; sizes are (width, height) factors."""

    ascii_size: tuple[int, int] = (1, 1)
    hanzi_size: tuple[int, int] = (1, 1)
    bold: bool = False
    underline: int = 0
    inverted: bool = False
    align: int = 0
    spacing: int = LINE
    hanzi: bool = False
    code_page: str = "cp437"
    left: int = 0


@dataclass
class _Qr:
    size: int = 3
    correction: int = 48
    data: bytes = b""


class Head:
    """The controller of a printer `width` dots wide; `rows`, `text`, `codes` and `raw` collect what the paper carries."""

    def __init__(self, width: int, mechanics: Mechanics) -> None:
        self.width, self._mechanics = width, mechanics
        self.stride = width // 8
        self.rows = bytearray()
        self.text: list[str] = []
        self.codes: list[bytes] = []
        self.raw = bytearray()
        self.unknown: list[bytes] = []
        self._line: list[tuple[int, Image.Image]] = []
        self._pen = 0
        self._line_text = ""
        self._reset(b"")
        self._simple = self._tables()

    # -- the language ------------------------------------------------------------------------------------------------

    def _tables(self) -> dict[bytes, tuple[int, Callable[[bytes], Steps | None]]]:
        """Commands of fixed length: bytes of parameters, and what to do."""
        style = self._set
        nothing = lambda _: None  # noqa: E731 - accepted, without effect on paper
        return {
            b"\x1b@": (0, self._reset),
            b"\x1b!": (1, self._esc_mode),
            b"\x1ba": (1, lambda p: style(align=p[0] % 48 if p[0] % 48 < 3 else 0)),
            b"\x1bd": (1, lambda p: self._feed_lines(p[0])),
            b"\x1bJ": (1, lambda p: self._feed_dots(p[0])),
            b"\x1b2": (0, lambda _: style(spacing=LINE)),
            b"\x1b3": (1, lambda p: style(spacing=p[0])),
            b"\x1bE": (1, lambda p: style(bold=bool(p[0] & 1))),
            b"\x1bG": (1, lambda p: style(bold=bool(p[0] & 1))),
            b"\x1b-": (1, lambda p: style(underline=p[0] % 48)),
            b"\x1bt": (
                1,
                lambda p: style(code_page={0: "cp437", 2: "cp850", 16: "cp1252"}.get(p[0], "cp437")),
            ),
            b"\x1bM": (1, nothing),  # font B: the ROM has one face
            b"\x1bR": (1, nothing),  # national ASCII variants
            b"\x1b{": (1, nothing),
            b"\x1bV": (1, nothing),
            b"\x1b=": (1, nothing),
            b"\x1b ": (1, nothing),  # white at the right of characters: the ROM's cells have it
            b"\x1b$": (2, lambda p: self._move(p[0] + 256 * p[1])),
            b"\x1b\\": (2, lambda p: self._move(self._pen + int.from_bytes(p, "little", signed=True))),
            b"\x1bp": (3, nothing),  # cash drawer pulse
            b"\x1bB": (2, nothing),  # beep
            b"\x1bc": (2, nothing),  # paper sensors and panel buttons
            b"\x1bi": (0, lambda _: self._cut("partial")),
            b"\x1bm": (0, lambda _: self._cut("partial")),
            b"\x1d!": (1, self._gs_size),
            b"\x1dB": (1, lambda p: style(inverted=bool(p[0] & 1))),
            b"\x1dL": (2, lambda p: style(left=min(p[0] + 256 * p[1], self.width - CELL))),
            b"\x1dW": (2, nothing),
            b"\x1db": (1, nothing),
            b"\x1da": (1, nothing),  # status sent unasked: this one is asked
            b"\x1dr": (1, self._transmit_status),
            b"\x1c&": (0, lambda _: style(hanzi=True)),
            b"\x1c.": (0, lambda _: style(hanzi=False)),
            b"\x1c!": (1, lambda p: style(hanzi_size=(1 + (p[0] >> 2 & 1), 1 + (p[0] >> 3 & 1)))),
            b"\x1cW": (1, lambda p: style(hanzi_size=(2, 2) if p[0] & 1 else (1, 1))),
            b"\x1c-": (1, lambda p: style(underline=p[0] % 48)),
            b"\x1cS": (2, nothing),
            b"\x1cC": (1, nothing),  # which code Hanzi come in: GB18030 is the only one here
            b"\x10\x04": (
                1,
                nothing,
            ),  # real-time commands were obeyed when they arrived; here they are skipped
            b"\x10\x05": (1, nothing),
        }

    def program(self) -> Steps:
        """The interpreter; never ends. The first `send` must be None."""
        while True:
            start = len(self.raw)
            first = yield from self._read(1)
            match first:
                case b"\x1b" | b"\x1d" | b"\x1c" | b"\x10":
                    yield from self._command(first + (yield from self._read(1)), start)
                case b"\n":
                    yield from self._print_line()
                case b"\r" | b"\x00":
                    pass
                case b"\t":
                    yield from self._type("    ")
                case _ if first < b" ":
                    self.unknown.append(first)
                case _:
                    yield from self._character(first)

    def forget(self) -> None:
        """Drop the line that is being set and every setting; what is on paper stays on paper."""
        self._reset(b"")
        self._graphic = b""

    def _command(self, name: bytes, start: int) -> Steps:
        if name in self._simple:
            count, act = self._simple[name]
            steps = act((yield from self._read(count)))
            if steps is not None:
                yield from steps
            if name in {b"\x10\x04", b"\x10\x05", b"\x1dr"}:
                del self.raw[start:]  # a question is not part of what made this paper
        elif name == b"\x1dV":
            yield from self._gs_cut()
        elif name == b"\x1dv":
            yield from self._raster()
        elif name == b"\x1d(":
            yield from self._extended()
        elif name == b"\x1d8":
            yield from self._large_graphics()
        elif name == b"\x1c(":  # which Hanzi face: the ROM has one
            _, low, high = yield from self._read(3)
            yield from self._read(low + 256 * high)
        else:
            self.unknown.append(name)

    def _read(self, count: int) -> Read:
        data = b""
        while len(data) < count:
            data += yield min(count - len(data), AT_ONCE)
        self.raw += data
        return data

    # -- how characters look -----------------------------------------------------------------------------------------

    def _set(self, **changes: object) -> None:
        for name, value in changes.items():
            setattr(self._style, name, value)

    def _reset(self, _: bytes) -> None:
        self._style, self._qr = Style(), _Qr()
        self._line.clear()
        self._pen = 0
        self._line_text = ""

    def _esc_mode(self, p: bytes) -> None:
        size = (1 + (p[0] >> 5 & 1), 1 + (p[0] >> 4 & 1))
        self._set(ascii_size=size, bold=bool(p[0] & 8), underline=p[0] >> 7)

    def _gs_size(self, p: bytes) -> None:
        size = ((p[0] >> 4 & 7) + 1, (p[0] & 7) + 1)
        self._set(ascii_size=size, hanzi_size=size)

    def _character(self, first: bytes) -> Steps:
        if first < b"\x80" or not self._style.hanzi:
            yield from self._type(first.decode(self._style.code_page, "replace"))
            return
        pair = first + (yield from self._read(1))
        if b"0" <= pair[1:] <= b"9":  # four-byte GB18030: beyond a printer's ROM
            self.unknown.append(pair + (yield from self._read(2)))
            yield from self._type("〓")
            return
        try:
            char = pair.decode("gb18030")
        except UnicodeDecodeError:
            self.unknown.append(pair)
            char = "〓"
        yield from self._type(char)

    def _type(self, text: str) -> Steps:
        for char in text:
            style = self._style
            across, down = style.ascii_size if char < "\x80" else style.hanzi_size
            cell = glyph(char, across, down)
            if style.bold:
                cell = ImageChops.lighter(cell, ImageChops.offset(cell, 1, 0))
            if style.underline:
                cell = cell.copy()
                cell.paste(1, (0, cell.height - 2, cell.width, cell.height))
            if style.inverted:
                cell = ImageChops.invert(cell)
            if self._pen + cell.width > self.width - style.left:
                yield from self._print_line()
            self._line.append((self._pen, cell))
            self._pen += cell.width
            self._line_text += char

    def _move(self, to: int) -> None:
        """The next character stands `to` dots from the left margin; a jump to the right is a space to who reads the line."""
        if self._line and to > self._pen:
            self._line_text += " "
        self._pen = max(0, min(to, self.width - self._style.left - CELL))

    # -- paper -------------------------------------------------------------------------------------------------------

    def _print_line(self) -> Steps:
        if not self._line:
            yield from self._feed_dots(self._style.spacing)
            return
        tall = max(cell.height for _, cell in self._line)
        width = max(x + cell.width for x, cell in self._line)
        strip = Image.new("1", (width, max(tall, self._style.spacing)))
        for x, cell in self._line:
            strip.paste(cell, (x, tall - cell.height))
        self.text.append(self._line_text)
        self._line, self._line_text, self._pen = [], "", 0
        yield from self._print_picture(strip)

    def _print_picture(self, picture: Image.Image) -> Steps:
        """Print ink (1) on paper (0) where the alignment says."""
        spare = self.width - self._style.left - picture.width
        x = self._style.left + max(0, (0, spare // 2, spare)[self._style.align])
        strip = Image.new("1", (self.width, picture.height))
        strip.paste(picture, (x, 0))
        yield from self._print_rows(strip.tobytes())

    def _print_rows(self, rows: bytes) -> Steps:
        at = 0
        while at < len(rows):
            count = min(self._mechanics.room(), (len(rows) - at) // self.stride, STRIP)
            if count <= 0:
                yield 0
                continue
            self.rows += rows[at : at + count * self.stride]
            at += count * self.stride
            self._mechanics.moved(count)

    def _feed_dots(self, dots: int) -> Steps:
        if self._line:
            yield from self._print_line()
        yield from self._print_rows(bytes(self.stride * dots))

    def _feed_lines(self, lines: int) -> Steps:
        if self._line:
            yield from self._print_line()
        yield from self._print_rows(bytes(self.stride * self._style.spacing * lines))

    def _gs_cut(self) -> Steps:
        mode = (yield from self._read(1))[0]
        kind = {0: "full", 48: "full", 65: "full", 1: "partial", 49: "partial", 66: "partial"}.get(mode)
        if kind is None:
            self.unknown.append(b"\x1dV" + bytes([mode]))
            return
        if mode in {65, 66}:  # feeds to the cutter by itself, and n dots more
            yield from self._feed_dots((yield from self._read(1))[0] + CUTTER)
        yield from self._cut(kind)

    def _cut(self, kind: str) -> Steps:
        if self._line:
            yield from self._print_line()
        while self._mechanics.room() <= 0:
            yield 0
        self._mechanics.cut(kind)

    def _transmit_status(self, p: bytes) -> None:
        if p[0] in {1, 49}:
            self._mechanics.answer(bytes([self._mechanics.paper_status()]))
        elif p[0] in {2, 50}:
            self._mechanics.answer(b"\x00")
        else:
            self.unknown.append(b"\x1dr" + p)

    # -- pictures and codes ------------------------------------------------------------------------------------------

    def _raster(self) -> Steps:
        zero, mode, *size = yield from self._read(6)
        if zero != 48 or mode % 48 > 3:
            self.unknown.append(b"\x1dv" + bytes([zero, mode]))
            return
        stride, height = size[0] + 256 * size[1], size[2] + 256 * size[3]
        yield from self._raster_rows(stride, height, 1 + (mode & 1), 1 + (mode >> 1 & 1))

    def _raster_rows(self, stride: int, height: int, across: int, down: int) -> Steps:
        if self._line:
            yield from self._print_line()
        if not stride:
            return
        at_once = max(1, AT_ONCE // stride)
        while height > 0:
            count = min(height, at_once)
            height -= count
            rows = yield from self._read(stride * count)
            if stride == self.stride and across == down == 1 and not self._style.left:
                yield from self._print_rows(rows)
                continue
            picture = Image.frombytes("1", (stride * 8, count), rows)
            yield from self._print_picture(
                picture.resize((picture.width * across, picture.height * down), Image.Resampling.NEAREST)
            )

    def _extended(self) -> Steps:
        name, low, high = yield from self._read(3)
        if name == ord("L"):
            yield from self._graphics(low + 256 * high)
            return
        body = yield from self._read(low + 256 * high)
        if name == ord("k") and body[:1] == b"1" and len(body) > 1:
            yield from self._qr_function(body[1], body[2:])
        elif name == ord("H") and body[:2] == b"0\x30" and len(body) >= 6:  # process id: another barrier
            self._mechanics.answer(b"\x37\x22" + body[2:6] + b"\x00")
        else:
            self.unknown.append(b"\x1d(" + bytes([name]) + body[:8])

    def _large_graphics(self) -> Steps:
        """GS 8 L: GS ( L for pictures of more than 64 KB."""
        name, *length = yield from self._read(5)
        if name != ord("L"):
            self.unknown.append(b"\x1d8" + bytes([name]))
            return
        yield from self._graphics(int.from_bytes(length, "little"))

    def _graphics(self, length: int) -> Steps:
        head = yield from self._read(2)
        if head == b"0\x70" and length > 10:  # store raster graphics
            tone, across, down, _colour, *size = yield from self._read(8)
            if tone == 48:
                self._stored = (
                    size[0] + 256 * size[1],
                    size[2] + 256 * size[3],
                    max(1, across),
                    max(1, down),
                )
                self._graphic = yield from self._read(length - 10)
                return
            length -= 8
        elif head in {b"0\x32", b"0\x02"} and self._graphic:  # print it
            width, height, across, down = self._stored
            stride = (width + 7) // 8
            picture = Image.frombytes("1", (stride * 8, height), self._graphic.ljust(stride * height, b"\0"))
            picture = picture.crop((0, 0, width, height)).resize((width * across, height * down))
            self._graphic = b""
            yield from self._print_picture(picture)
            return
        self.unknown.append(b"\x1d(L" + head + (yield from self._read(length - 2))[:8])

    _graphic: bytes = b""
    _stored: tuple[int, int, int, int] = (0, 0, 1, 1)

    def _qr_function(self, function: int, p: bytes) -> Steps:
        qr = self._qr
        match function:
            case 65:
                pass  # model 2 is the only one anybody scans
            case 67 if p:
                qr.size = max(1, min(16, p[0]))
            case 69 if p and p[0] in CORRECTIONS:
                qr.correction = p[0]
            case 80 if len(p) > 1:
                qr.data = p[1:]
            case 81 if qr.data:
                if self._line:
                    yield from self._print_line()
                self.codes.append(qr.data)
                yield from self._print_picture(qr_code(qr.data, qr.size, qr.correction))
            case _:
                self.unknown.append(b"\x1d(k1" + bytes([function]) + p[:8])
