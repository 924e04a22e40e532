"""Reads what a hall shows as a machine that knows nothing of it: QR codes by zbar, papers and panels by tesseract.

`zbarimg` and `tesseract` with `chi_sim` are programs of the machine (``scripts/setup`` installs them); a missing one raises
FileNotFoundError. Spaces are dropped from what was read: a reader guesses them.
"""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Sequence

from PIL import Image, ImageFilter

LANGUAGES = "chi_sim+eng"
ONE_LINE, ONE_BLOCK = 7, 6
_DOT_PX = 4
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
    line = max(_bands(paper.convert("L")), key=lambda band: band.height)
    digits = [_upright(glyph) for glyph in _bands(_on_its_side(line))]
    tall = [digit for digit in digits if digit.height > line.height * _TALL]
    row = Image.new("L", (sum(digit.width + _GAP_PX for digit in tall), line.height), 255)
    x = 0
    for digit in tall:
        row.paste(digit, (x, (line.height - digit.height) // 2))
        x += digit.width + _GAP_PX
    return text(row.resize((row.width * _NUMBER_PX // row.height, _NUMBER_PX)), layout=ONE_LINE)


def panel_text(rows: Sequence[str]) -> str:
    """The text of an LED panel (rows of # and .), as one sees it from some metres: dots run into strokes."""
    dots = Image.new("L", (len(rows[0]), len(rows)), 255)
    dots.putdata([0 if dot == "#" else 255 for row in rows for dot in row])
    wall = dots.resize((dots.width * _DOT_PX, dots.height * _DOT_PX), Image.Resampling.NEAREST)
    return text(wall.filter(ImageFilter.GaussianBlur(_DOT_PX / 2)), layout=ONE_LINE)


def _bands(grey: Image.Image) -> list[Image.Image]:
    """The printed parts of a picture from top to bottom, cut where nothing is printed from edge to edge."""
    ink = grey.point([255] * _DARK + [0] * (256 - _DARK))
    printed = [ink.crop((0, y, ink.width, y + 1)).getbbox() is not None for y in range(ink.height)]
    bands: list[Image.Image] = []
    top: int | None = None
    for y, inked in enumerate([*printed, False]):
        if inked and top is None:
            top = y
        elif not inked and top is not None:
            bands.append(grey.crop((0, top, grey.width, y)))
            top = None
    return bands


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
