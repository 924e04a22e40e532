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
    """The number of a ticket: its tallest line."""
    line = max(_lines(paper), key=lambda band: band.height)
    return text(line.resize((line.width * _NUMBER_PX // line.height, _NUMBER_PX)), layout=ONE_LINE)


def panel_text(rows: Sequence[str]) -> str:
    """The text of an LED panel (rows of # and .), as one sees it from some metres: dots run into strokes."""
    dots = Image.new("L", (len(rows[0]), len(rows)), 255)
    dots.putdata([0 if dot == "#" else 255 for row in rows for dot in row])
    wall = dots.resize((dots.width * _DOT_PX, dots.height * _DOT_PX), Image.Resampling.NEAREST)
    return text(wall.filter(ImageFilter.GaussianBlur(_DOT_PX / 2)), layout=ONE_LINE)


def _lines(paper: Image.Image) -> list[Image.Image]:
    """The printed lines of a paper, cut where nothing is printed from edge to edge."""
    grey = paper.convert("L")
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


def _margin(picture: Image.Image, pixels: int) -> Image.Image:
    page = Image.new("L", (picture.width + 2 * pixels, picture.height + 2 * pixels), 255)
    page.paste(picture.convert("L"), (pixels, pixels))
    return page


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
