"""Reads what a hall shows as a machine that knows nothing of it: QR codes by zbar, papers and panels by tesseract.

`zbarimg` and `tesseract` with `chi_sim` are programs of the machine (``scripts/setup`` installs them); a missing one raises
FileNotFoundError. Spaces are dropped from what was read: a reader guesses them.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from PIL import Image, ImageFilter, ImageOps

LANGUAGES = "chi_sim+eng"
ONE_LINE, ONE_BLOCK = 7, 6
#: dot sizes and cuts that read well, the best first
_WAYS = ((4, False), (3, True), (5, False))
_WORD_GAP = 6
_ALIKE = 0.8
_NUMBER_PX = 48
_DARK = 128
#: a digit of the number is at least so much of its line, a mark beside it is less
_TALL = 0.8
_GAP_PX = 14
_PATIENCE_S = 60
#: its threads wait for each other more than they read
_ENVIRONMENT = {**os.environ, "OMP_THREAD_LIMIT": "1"}


def codes(paper: Image.Image) -> list[str]:
    """What every QR code on the paper says; empty when there is none."""
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-"]
    said = subprocess.run(
        command, input=_png(_margin(paper, 40)), capture_output=True, check=False, timeout=_PATIENCE_S
    )
    return said.stdout.decode("utf-8", "replace").splitlines()


def text(picture: Image.Image, *, layout: int = ONE_BLOCK) -> str:
    """The text of a picture, black on white, lines kept."""
    command = ["tesseract", "stdin", "stdout", "-l", LANGUAGES, "--psm", str(layout)]
    said = subprocess.run(
        command,
        input=_png(_margin(picture, 30)),
        capture_output=True,
        check=True,
        timeout=_PATIENCE_S,
        env=_ENVIRONMENT,
    )
    return said.stdout.decode("utf-8", "replace").replace(" ", "").strip()


def number(paper: Image.Image) -> str:
    """The number of a ticket: its tallest line, without the marks beside it."""
    line, glyphs = _number_line(paper)
    tall = [glyph for glyph in glyphs if glyph.height > line.height * _TALL]
    row = Image.new("L", (sum(digit.width + _GAP_PX for digit in tall), line.height), 255)
    x = 0
    for digit in tall:
        row.paste(digit, (x, (line.height - digit.height) // 2))
        x += digit.width + _GAP_PX
    return text(row.resize((row.width * _NUMBER_PX // row.height, _NUMBER_PX)), layout=ONE_LINE)


def mark(paper: Image.Image) -> str:
    """What stands white on black beside a ticket's number, its first line; empty when nothing does."""
    line, glyphs = _number_line(paper)
    boxes = [ImageOps.invert(glyph) for glyph in glyphs if glyph.height <= line.height * _TALL]
    return "".join(text(_bands(box)[0], layout=ONE_LINE) for box in boxes)


def panel_text(rows: Sequence[str], *, dot_px: int = 4, words: bool = False) -> str:
    """The text of an LED panel (rows of # and .), as one sees it from some metres: dots run into strokes.

    `dot_px` is how large one sees a dot, `words` reads word by word: letters of sixteen dots are read now better one way, now
    the other. To ask whether a panel says something, use :func:`reads`.
    """
    return _panel_text(tuple(rows), dot_px, words)


@lru_cache(maxsize=1000)
def _panel_text(rows: tuple[str, ...], dot_px: int, words: bool) -> str:  # noqa: FBT001 - a cache's key
    dots = Image.new("L", (len(rows[0]), len(rows)), 255)
    dots.putdata([0 if dot == "#" else 255 for row in rows for dot in row])
    parts = _words(dots) if words else [dots]
    return "".join(text(_seen(part, dot_px), layout=ONE_LINE) for part in parts)


def reads(rows: Sequence[str], expected: str) -> bool:
    """Whether a panel says `expected`: letters and digits exactly, of the Hanzi all but about one in six.

    A reader that knows only books makes such mistakes with letters of sixteen dots; people do not.
    """
    return finds([rows], expected)


def finds(pages: Sequence[Sequence[str]], expected: str) -> bool:
    """Whether one of these pictures of a panel says `expected`; see :func:`reads`."""
    wanted = expected.replace(" ", "")
    ways = ((px, words, page) for px, words in _WAYS for page in pages)
    return any(_alike(panel_text(page, dot_px=px, words=words), wanted) for px, words, page in ways)


def _alike(read: str, wanted: str) -> bool:
    exact = re.findall(r"[A-Z0-9:]+", read) == re.findall(r"[A-Z0-9:]+", wanted)
    return exact and SequenceMatcher(None, read, wanted).ratio() > _ALIKE


def _seen(dots: Image.Image, dot_px: int) -> Image.Image:
    wall = dots.resize((dots.width * dot_px, dots.height * dot_px), Image.Resampling.NEAREST)
    return wall.filter(ImageFilter.GaussianBlur(dot_px / 2))


def _words(dots: Image.Image) -> list[Image.Image]:
    """The words of one line, cut at gaps."""
    letters = _spans(_on_its_side(dots))
    found: list[tuple[int, int]] = []
    for left, right in letters:
        if found and left - found[-1][1] < _WORD_GAP:
            found[-1] = (found[-1][0], right)
        else:
            found.append((left, right))
    return [dots.crop((left, 0, right, dots.height)) for left, right in found]


def _number_line(paper: Image.Image) -> tuple[Image.Image, list[Image.Image]]:
    """A ticket's tallest line, and what stands in it from left to right."""
    line = max(_bands(paper.convert("L")), key=lambda band: band.height)
    return line, [_upright(glyph) for glyph in _bands(_on_its_side(line))]


def _bands(grey: Image.Image) -> list[Image.Image]:
    """The printed parts of a picture from top to bottom."""
    return [grey.crop((0, top, grey.width, bottom)) for top, bottom in _spans(grey)]


def _spans(grey: Image.Image) -> list[tuple[int, int]]:
    """Where something is printed, from top to bottom, cut where nothing is printed from edge to edge."""
    ink = grey.point([255] * _DARK + [0] * (256 - _DARK))
    printed = [ink.crop((0, y, ink.width, y + 1)).getbbox() is not None for y in range(ink.height)]
    spans: list[tuple[int, int]] = []
    top: int | None = None
    for y, inked in enumerate([*printed, False]):
        if inked and top is None:
            top = y
        elif not inked and top is not None:
            spans.append((top, y))
            top = None
    return spans


def _on_its_side(line: Image.Image) -> Image.Image:
    return line.transpose(Image.Transpose.TRANSPOSE)


def _upright(glyph: Image.Image) -> Image.Image:
    """The glyph as it stood, cut to its ink."""
    upright = glyph.transpose(Image.Transpose.TRANSPOSE)
    ink = upright.point([255] * _DARK + [0] * (256 - _DARK)).getbbox()
    assert ink is not None
    return upright.crop((0, ink[1], upright.width, ink[3]))


def _margin(picture: Image.Image, pixels: int) -> Image.Image:
    page = Image.new("L", (picture.width + 2 * pixels, picture.height + 2 * pixels), 255)
    page.paste(picture.convert("L"), (pixels, pixels))
    return page


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
