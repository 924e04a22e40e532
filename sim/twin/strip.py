"""A strip of WS2812 lights folded into a panel, bit for bit below the driver: its pulses come as bits on an SPI bus's data line.

What is modelled, by the WS2812B data sheet: how long the line is high tells a zero (0.22 … 0.5 µs) from a one (0.58 … 1 µs), at
whatever speed the bus runs; each light keeps the first 24 bits, green first, and passes on the rest; 280 µs low make
them visible; a light that died passes nothing on; four ways a strip is folded; the current. Not modelled: the voltage that drops
along the strip, and the colours it then loses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from PIL import Image

from sim.twin.photo import photo
from sim.twin.spi import Dots

Fold = Literal["rows", "rows-serpentine", "columns", "columns-serpentine"]

_ZERO, _ONE = (0.22e-6, 0.5e-6), (0.58e-6, 1.0e-6)
_LATCH_S = 280e-6
_PULSE = re.compile("(1+)(0*)")


class Ws2812Strip:
    """A panel of `width` × `height` lights; the strip begins at the top left and fills bands of `band` rows."""

    def __init__(
        self, width: int = 64, height: int = 16, fold: Fold = "columns-serpentine", band: int = 16
    ) -> None:
        self.width, self.height = width, height
        self._places = [_place(n, width, height, fold, band) for n in range(width * height)]
        self._colours = [(0, 0, 0)] * (width * height)
        self._observers: list[Callable[[], None]] = []
        self._powered = True
        self._dead: set[int] = set()
        #: pulses that were neither a zero nor a one
        self.bad_pulses = 0
        self.frames = self.transfers = 0
        self.wire_s = 0.0

    # -- the wire ----------------------------------------------------------------------------------------------------

    def transfer(self, data: bytes, hz: int = 2_400_000) -> bytes:
        """The data line while `data` passes at `hz`; afterwards it rests low, which ends a picture. Nothing comes back."""
        self.transfers += 1
        self.wire_s += len(data) * 8 / hz
        if not self._powered or not data:
            return bytes(len(data))
        line = bin(int.from_bytes(b"\x01" + data, "big"))[3:]
        bits: list[str] = []
        for pulse in _PULSE.finditer(line):
            bits.append(self._bit(len(pulse[1]) / hz))
            if len(pulse[2]) / hz >= _LATCH_S:
                self._show("".join(bits))
                bits.clear()
        if bits:
            self._show("".join(bits))
        return bytes(len(data))

    def _bit(self, high_s: float) -> str:
        if _ZERO[0] <= high_s <= _ZERO[1]:
            return "0"
        if not _ONE[0] <= high_s <= _ONE[1]:
            self.bad_pulses += 1
        return "1"

    def _show(self, bits: str) -> None:
        lights = min(len(bits) // 24, len(self._colours), min(self._dead, default=len(self._colours)))
        seen = list(self._colours)
        for n in range(lights):
            word = int(bits[24 * n : 24 * n + 24], 2)
            seen[n] = (word >> 8 & 0xFF, word >> 16, word & 0xFF)
        self.frames += 1
        if seen != self._colours:
            self._colours = seen
            self._tell()

    def on_change(self, observer: Callable[[], None]) -> None:
        """Call `observer()` after each picture that changed something."""
        self._observers.append(observer)

    # -- what people see ---------------------------------------------------------------------------------------------

    def dots(self) -> Dots:
        """What is lit, as rows from the top, each from the left."""
        rows = [[False] * self.width for _ in range(self.height)]
        for n, (x, y) in enumerate(self._places):
            rows[y][x] = n not in self._dead and any(self._colours[n])
        return rows

    def colours(self) -> set[tuple[int, int, int]]:
        """The colours that are lit, red first."""
        return {colour for n, colour in enumerate(self._colours) if any(colour) and n not in self._dead}

    def text(self) -> str:
        """The dots as lines of # and . for a terminal or a failing test."""
        return "\n".join("".join(".#"[dot] for dot in row) for row in self.dots())

    def lit(self) -> int:
        """How many dots are lit."""
        return sum(sum(row) for row in self.dots())

    def amperes(self) -> float:
        """What the strip draws now: 20 mA for each colour at full, 1 mA for each chip."""
        if not self._powered:
            return 0.0
        glowing = sum(sum(c) for n, c in enumerate(self._colours) if n not in self._dead)
        return 0.001 * len(self._colours) + glowing / 255 * 0.020

    def picture(self, scale: int = 8, colour: str = "amber") -> Image.Image:
        """A photo of the panel, `scale` pixels per dot; `colour` is of no meaning, the lights have their own."""
        del colour
        brightest = max(self.colours(), key=sum, default=(0, 0, 0))
        full = max(*brightest, 1)
        shade = tuple(255 * part // full for part in brightest)
        return photo(
            self.dots(), scale, (shade[0], shade[1], shade[2]), lambda _x, _y: 150 + 105 * full // 255
        )

    # -- faults ------------------------------------------------------------------------------------------------------

    @property
    def modules(self) -> int:
        """How many lights the strip has."""
        return len(self._colours)

    @property
    def dead(self) -> list[int]:
        """The lights that died."""
        return sorted(self._dead)

    @property
    def corrupted(self) -> list[int]:
        """A strip has no registers that could be lost."""
        return []

    def kill_module(self, n: int) -> None:
        """Light `n` died: it is dark, and those behind it keep what they show."""
        self._dead.add(n)
        self._tell()

    def heal(self) -> None:
        """Replace every dead light."""
        self._dead.clear()
        self._tell()

    @property
    def powered(self) -> bool:
        """The strip has its power; settable: it starts dark."""
        return self._powered

    @powered.setter
    def powered(self, value: bool) -> None:
        self._powered = value
        self._colours = [(0, 0, 0)] * len(self._colours)
        self._tell()

    def power_cycle(self) -> None:
        """Take the power away and give it back."""
        self.powered = False
        self.powered = True

    def _tell(self) -> None:
        for observer in self._observers:
            observer()


def _place(n: int, width: int, height: int, fold: Fold, band: int) -> tuple[int, int]:
    """Where light `n` of the strip hangs."""
    which, rest = divmod(n, width * band)
    rows = min(band, height - which * band)
    if fold.startswith("rows"):
        y, x = divmod(rest, width)
        x = width - 1 - x if fold.endswith("serpentine") and y % 2 else x
    else:
        x, y = divmod(rest, rows)
        y = rows - 1 - y if fold.endswith("serpentine") and x % 2 else y
    return x, which * band + y
