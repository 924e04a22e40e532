"""ESC/POS as bytes: pictures, text in the printer's own characters, questions and answers.

Our own encoder, because of measured traps:

* python-escpos 3.1's ``text()`` leaves out ``FS &`` and prints ``????`` for Chinese punctuation; its status calls believe that a
  silent printer has paper.
* A picture (``GS v 0``) is the only thing that looks the same on every printer. Text is for slow serial lines; printers' ROMs
  hold two-byte GBK at most, so other characters are replaced by something near, or by ``?``.
* A picture's bytes may hold ``DLE EOT n``, which printers answer at once: whoever asks must first drop what was received.
* Delivery is not printing: ``GS r 1`` after the cut is answered only when everything before it is on paper.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from enum import Enum

import msgspec
from PIL import Image

from devices.ticket_dispenser.blocks import Banner, Block, Code, Gap, Line, Number, Rule, Size, Slip, Ticks
from devices.ticket_dispenser.typeface import wrap

RESET = b"\x1b@"
HANZI = b"\x1c&"
#: feed past the blade (12 mm behind the head), then a partial cut: the paper does not fall
CUT = b"\x1bJ\x78\x1dV\x01"
BARRIER = b"\x1dr\x01"
#: DLE DC4 8: forget everything in the buffer, at once; what a fault held back must not come out beside its reprint
CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
BAND = 128
_INVERTED = bytes(255 - value for value in range(256))


def picture(image: Image.Image) -> bytes:
    """A one-bit picture (0 is ink) in bands that small buffers take."""
    stride = (image.width + 7) // 8
    out = bytearray()
    for top in range(0, image.height, BAND):
        rows = min(BAND, image.height - top)
        ink = image.crop((0, top, stride * 8, top + rows)).tobytes().translate(_INVERTED)
        out += b"\x1dv0\x00" + stride.to_bytes(2, "little") + rows.to_bytes(2, "little") + ink
    return bytes(out)


def raster_slip(pictures: Iterable[Image.Image]) -> Iterator[bytes]:
    """A piece of paper from the pictures of its blocks, cut off; in chunks, the first as soon as the first picture is there."""
    chunk = RESET
    for image in pictures:
        chunk += picture(image)
        yield chunk
        chunk = b""
    yield chunk + CUT


# -- questions -----------------------------------------------------------------------------------------------------------


class Trouble(Enum):
    """Why a printer does not print, worst first; the value is the alert's code."""

    OFFLINE = "printer-offline"
    COVER_OPEN = "cover-open"
    PAPER_OUT = "paper-out"
    CUTTER = "cutter-jammed"
    ERROR = "printer-error"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What a printer says of itself."""

    trouble: Trouble | None = None
    #: the end of the roll is near; many small printers never say so
    paper_low: bool = False


def query(n: int) -> bytes:
    """DLE EOT `n` (1 printer, 2 why offline, 3 errors, 4 paper), answered at once, even by a printer that is offline."""
    return b"\x10\x04" + bytes([n])


def is_status(byte: int) -> bool:
    """Whether a byte can be an answer to DLE EOT: bits 1 and 4 are set, 0 and 7 are not."""
    return byte & 0x93 == 0x12


def is_barrier(byte: int) -> bool:
    """Whether a byte can be an answer to ``GS r``: bits 4 and 7 are not set."""
    return byte & 0x90 == 0


def condition(printer: int, why: int | None, errors: int | None, paper: int) -> Condition:
    """What the four answers say together; `why` and `errors` are asked of an offline printer only."""
    low = bool(paper & 0x0C)
    if paper & 0x60 or (why or 0) & 0x20:
        return Condition(trouble=Trouble.PAPER_OUT, paper_low=True)
    if not printer & 0x08:
        return Condition(paper_low=low)
    if (why or 0) & 0x04:
        return Condition(trouble=Trouble.COVER_OPEN, paper_low=low)
    if (errors or 0) & 0x0C:
        return Condition(trouble=Trouble.CUTTER, paper_low=low)
    if (why or 0) & 0x40 or (errors or 0) & 0x60:
        return Condition(trouble=Trouble.ERROR, paper_low=low)
    return Condition(trouble=Trouble.OFFLINE, paper_low=low)


# -- text ----------------------------------------------------------------------------------------------------------------


def gbk(text: str) -> bytes:
    """`text` in the printer's characters: ASCII and two-byte GBK, never a control byte; others become near ones or ``?``."""
    out = bytearray()
    for char in text:
        for candidate in (char, *unicodedata.normalize("NFKD", char)):
            if " " <= candidate <= "~":
                out += candidate.encode("ascii")
                break
            found = candidate.encode("gbk", "ignore")
            if len(found) == 2:
                out += found
                break
        else:
            out += b"?" if unicodedata.category(char)[0] not in "CM" else b""
    return bytes(out)


class _Columns:
    """Measures text in half-width columns of `scale`-fold type."""

    def __init__(self, scale: int) -> None:
        self._scale = scale

    def width(self, text: str) -> int:
        return len(gbk(text)) * self._scale


def text_slip(slip: Slip, width: int) -> bytes:
    """The slip in the printer's own characters, for paper `width` dots wide (12 dots a column), cut off."""
    columns = width // 12
    # Some printers begin to read Hanzi only on the line after FS &, so it stands before everything.
    return RESET + HANZI + b"".join(_text(block, columns) for block in slip.blocks) + CUT


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
    )


def _row(
    text: str, *, scale: int = 1, centred: bool = False, bold: bool = False, loud: bool = False
) -> bytes:
    look = _size(scale) + (b"\x1bE\x01" if bold else b"\x1bE\x00") + (b"\x1dB\x01" if loud else b"\x1dB\x00")
    return b"\x1ba" + (b"\x01" if centred else b"\x00") + look + gbk(text) + b"\n"


def _text(block: Block, columns: int) -> bytes:
    match block:
        case Line():
            return _text_line(block, columns)
        case Number():
            scale = max(2, min(8, columns // len(block.number)))
            marks = "  ".join(mark.zh for mark in block.marks)
            number = _row(block.number, scale=scale, centred=True, bold=True)
            return number + (_row(marks, scale=2, centred=True, bold=True) if marks else b"") + _size(1)
        case Ticks():
            rows = (_indented(item, columns) for item in block.items)
            return b"".join(_row(row) for item in rows for row in item)
        case Banner():
            return _row(f" {block.zh} ", centred=True, loud=True) + _row(block.en, centred=True)
        case Rule():
            return _row("-" * columns)
        case Gap():
            return b"\x1bJ" + bytes([min(255, block.dots)])
        case Code():
            return b"".join(_text_line(line, columns) for line in block.beside) + _text_code(block.data)


def _text_line(line: Line, columns: int) -> bytes:
    scale = 2 if line.size is Size.HEAD and 2 * len(gbk(line.zh)) <= columns else 1
    spare = columns - len(gbk(line.zh)) * scale - len(gbk(line.en))
    if line.en and scale == 1 and spare >= 2 and not line.centred:
        return _row(line.zh + " " * spare + line.en, bold=line.bold)
    rows = [
        _row(part, scale=scale, centred=line.centred, bold=line.bold)
        for part in wrap(_Columns(scale), line.zh, columns)
    ]
    if line.en:
        rows += [_row(part, centred=line.centred) for part in wrap(_Columns(1), line.en, columns)]
    return b"".join(rows)


def _indented(item: str, columns: int) -> list[str]:
    parts = wrap(_Columns(1), item, columns - 3)
    return ["□ " + parts[0], *("   " + part for part in parts[1:])]


def _text_code(data: str) -> bytes:
    payload = data.encode("utf-8")
    length = (len(payload) + 3).to_bytes(2, "little")
    return (
        b"\x1ba\x01"
         b"\x1d(k\x04\x001A2\x00"  # model 2
         b"\x1d(k\x03\x001C\x05"  # five dots a module
         b"\x1d(k\x03\x001E1"  # medium error correction
         b"\x1d(k" + length + b"1P0" + payload
        + b"\x1d(k\x03\x001Q0"
        + b"\x1ba\x00"
    )  # fmt: skip
