"""A photo of an LED panel from its dots: round lights with a halo on dark modules."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter

_DARK, _UNLIT, _SEAM = (13, 12, 11), (34, 26, 22), (20, 18, 17)
COLOURS = {"amber": (255, 160, 32), "red": (255, 52, 32), "green": (90, 235, 90)}


def photo(
    dots: list[list[bool]],
    scale: int,
    colour: tuple[int, int, int],
    level: Callable[[int, int], int],
    seam: int = 0,
) -> Image.Image:
    """The panel, `scale` pixels (at least 3) per dot; `level` is how bright a lit dot is (0 … 255), `seam` the modules' edge."""
    scale = max(3, scale)
    width, height = len(dots[0]), len(dots)
    size = (width * scale, height * scale)
    off, on = _stamp(scale)
    unlit, glow, seams = Image.new("L", size), Image.new("L", size), Image.new("RGB", size, _DARK)
    pen = ImageDraw.Draw(seams)
    for left in range(0, width if seam else 0, seam or 1):
        for top in range(0, height, seam):
            box = (left * scale, top * scale, (left + seam) * scale - 1, (top + seam) * scale - 1)
            pen.rectangle(box, outline=_SEAM)
    for y, row in enumerate(dots):
        for x, lit in enumerate(row):
            if lit:
                glow.paste(level(x, y), (x * scale, y * scale), on)
            else:
                unlit.paste(255, (x * scale, y * scale), off)
    halo = glow.filter(ImageFilter.GaussianBlur(scale * 0.55)).point([v * 45 // 100 for v in range(256)])
    picture = Image.composite(Image.new("RGB", size, _UNLIT), seams, unlit)
    light = Image.new("RGB", size, colour)
    picture = ImageChops.screen(picture, Image.composite(light, Image.new("RGB", size), halo))
    picture = Image.composite(light, picture, glow)
    framed = Image.new("RGB", (size[0] + 2 * scale, size[1] + 2 * scale), (6, 6, 6))
    framed.paste(picture, (scale, scale))
    return framed


@lru_cache(maxsize=8)
def _stamp(scale: int) -> tuple[Image.Image, Image.Image]:
    """Masks of an unlit and a lit dot, smooth at the rim."""
    big = 8 * scale
    masks = []
    for radius in (0.36, 0.43):
        mask = Image.new("L", (big, big))
        middle, reach = big / 2, big * radius
        ImageDraw.Draw(mask).ellipse(
            (middle - reach, middle - reach, middle + reach, middle + reach), fill=255
        )
        masks.append(mask.resize((scale, scale), Image.Resampling.BOX))
    return masks[0], masks[1]
