"""``hall device pad --label FILE.png``: the label on a pad, which says whose it is and what its keys mean.

110 by 40 mm at 203 dots an inch, black on white, as label printers and any paper take it. The window is printed, for a pad stands at one;
the clerk is not, for clerks change: the window's sign has the work number, and so has the small display of a pad that has one.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

from devices.parts.bitmap_font import font
from devices.rating_pad.settings import PadSettings
from hall.settings import load
from hall.words import say

DPI = 203
SIZE = (880, 320)
EDGE = 16
#: as one reads them from the left
GRADES = "4321"


def label(window: int) -> Image.Image:
    """The label of the pad at `window`."""
    picture = Image.new("1", SIZE, 255)
    name, please = say("pad.window", window=window), say("sign.rate")
    _write(picture, name.zh, 5, 220, EDGE)
    _write(picture, name.en, 2, 220, EDGE + 84)
    _write(picture, please.zh, 3, 640, EDGE + 8)
    _write(picture, please.en, 2, 640, EDGE + 64)
    picture.paste(0, (EDGE, 148, SIZE[0] - EDGE, 151))
    for place, grade in enumerate(GRADES):
        column = (SIZE[0] - 2 * EDGE) // len(GRADES)
        middle = EDGE + column * place + column // 2
        _write(picture, say(f"pad.grade.{grade}").zh, 3, middle, 172)
        _write(picture, say(f"pad.grade.{grade}").en, 2, middle, 232)
        if place:
            edge = EDGE + column * place
            picture.paste(0, (edge - 1, 164, edge + 1, SIZE[1] - EDGE))
    return picture


def _write(picture: Image.Image, text: str, scale: int, middle: int, top: int) -> None:
    drawn = font().draw(text, scale)
    picture.paste(ImageOps.invert(drawn.convert("L")).convert("1"), (middle - drawn.width // 2, top))


def run(settings: Path, out: Path) -> int:
    """Draw the label of the pad in the settings file `settings` into `out`; the exit code."""
    label(load(settings, PadSettings).window).save(out, "PNG", dpi=(DPI, DPI))
    return 0
