"""One piece of thermal paper, and what it looks like."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from PIL import Image, ImageDraw

Millimetres = float
Cut = Literal["full", "partial", "torn"]

DOTS_PER_MM = 8
"""203 dots per inch, as every receipt printer."""
_WARM = (1, 0, -4)
"""How far thermal paper and daylight are from grey."""
_INK = [255 if value == 0 else 0 for value in range(256)]


@dataclass(frozen=True)
class Slip:
    """One piece of paper: exact dots, the bytes that made it, its text lines and QR payloads as the printer got them."""

    width: int
    rows: bytes = field(repr=False)
    """Packed rows, ink 1."""
    raw: bytes = field(repr=False)
    cut: Cut
    text: tuple[str, ...] = ()
    codes: tuple[bytes, ...] = ()
    at: datetime | None = None
    """When it came out; None without a scheduler."""

    @property
    def image(self) -> Image.Image:
        """The whole piece, one bit per dot, black on white, nothing added."""
        height = len(self.rows) * 8 // self.width
        return Image.frombytes("1", (self.width, height), bytes(255 - byte for byte in self.rows))

    @property
    def ink(self) -> Image.Image:
        """The printed part only, without white margins; an empty slip stays whole."""
        image = self.image
        box = image.point(_INK, "1").getbbox()
        return image.crop(box) if box else image

    @property
    def length(self) -> Millimetres:
        """How long the paper is."""
        return len(self.rows) * 8 / self.width / DOTS_PER_MM

    def photo(self) -> Image.Image:
        """What it looks like on a desk: thermal paper with its unprintable margins, one pixel per dot; palette mode."""
        image, margin, edge = self.image, 4 * DOTS_PER_MM, 16
        width, height = image.width + 2 * margin, image.height
        tooth = 3 if self.cut == "partial" else 6 if self.cut == "torn" else 0
        bottom = [(edge + x, edge + height - (tooth if x // 4 % 2 else 0)) for x in range(0, width + 1, 4)]
        outline = [(edge, edge), (edge + width, edge), *reversed(bottom)]
        desk = Image.new("L", (width + 2 * edge, height + 2 * edge), 223)
        pen = ImageDraw.Draw(desk)
        for step in range(8):  # a soft shadow to the right and below
            pen.rectangle(
                (edge + 1 + step, edge + 3 + step, edge + width + 9 - step, edge + height + 10 - step),
                fill=219 - 4 * step,
            )
        pen.polygon(outline, fill=250)
        desk.paste(33, (edge + margin, edge), image.point(_INK, "1"))
        desk.putpalette([max(0, min(255, level + tint)) for level in range(256) for tint in _WARM])
        return desk

    def png(self, *, plain: bool = False) -> bytes:
        """A PNG of `photo()`, or with `plain` of `image`: nothing but the printer's dots."""
        out = io.BytesIO()
        (self.image if plain else self.photo()).save(out, "PNG", compress_level=4)
        return out.getvalue()
