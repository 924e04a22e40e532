"""A chain of MAX7219 LED modules, bit for bit below the driver.

What is modelled: N 16-bit shift registers in a row, latched when chip select rises; every register (digits, decode mode,
intensity, scan limit, shutdown, display test); how real modules are wired, so that a driver with the wrong
`block_orientation` shows garbage here as on the wall. Module 0 is next to the Pi and top left; rows follow each other
left to right, not serpentine. What is shown stays shown when the program dies. Not modelled: current, multiplexing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Wiring = Literal["generic", "fc16", "fc16-flipped", "180"]
Dots = list[list[bool]]

WIRINGS: dict[Wiring, Callable[[int, int], tuple[int, int]]] = {
    "generic": lambda digit, bit: (digit, bit),
    "fc16": lambda digit, bit: (bit, 7 - digit),
    "fc16-flipped": lambda digit, bit: (7 - bit, digit),
    "180": lambda digit, bit: (7 - digit, 7 - bit),
}
"""Where (digit register, data bit) lights up: (x, y) in the module. luma's block_orientation for them: 0, -90, 90, 180."""

_DIGITS, _DECODE, _INTENSITY, _SCAN_LIMIT, _SHUTDOWN, _TEST = 1, 9, 10, 11, 12, 15
_CODE_B = (0x7E, 0x30, 0x6D, 0x79, 0x33, 0x5B, 0x5F, 0x70, 0x7F, 0x7B, 0x01, 0x4F, 0x37, 0x0E, 0x67, 0x00)
_DARK, _UNLIT, _SEAM = (13, 12, 11), (34, 26, 22), (20, 18, 17)
_COLOURS = {"amber": (255, 160, 32), "red": (255, 52, 32), "green": (90, 235, 90)}


class _Module:
    """One MAX7219 and its 8×8 dots; powered up dark, as the datasheet says."""

    __slots__ = ("dead", "garbled", "registers")

    def __init__(self) -> None:
        self.registers = bytearray(16)
        self.dead = False
        self.garbled: set[int] = set()

    def write(self, address: int, data: int) -> bool:
        """Take one 16-bit word; returns whether something changed. Address 0 is no-op."""
        self.garbled.discard(address)
        if not address or self.registers[address] == data:
            return False
        self.registers[address] = data
        return True

    def lit(self, digit: int) -> int:
        """The eight dots of `digit` 0 … 7 as one byte."""
        if self.dead:
            return 0
        if self.registers[_TEST] & 1:
            return 0xFF
        if not self.registers[_SHUTDOWN] & 1 or digit > self.registers[_SCAN_LIMIT] & 7:
            return 0
        data = self.registers[_DIGITS + digit]
        if self.registers[_DECODE] >> digit & 1:
            return (data & 0x80) | _CODE_B[data & 0x0F]
        return data

    def brightness(self) -> int:
        """0 … 15; a display test is full."""
        return 15 if self.registers[_TEST] & 1 else self.registers[_INTENSITY] & 0x0F


class Max7219Chain:
    """A panel of `width` × `height` dots; `frames` counts whole pictures that arrived, `transfers` chip-select periods."""

    def __init__(self, width: int = 128, height: int = 16, wiring: Wiring = "fc16") -> None:
        if width <= 0 or height <= 0 or width % 8 or height % 8:
            raise ValueError(f"a chain of 8×8 modules has no {width}×{height} dots")
        self.width, self.height, self.wiring = width, height, wiring
        self._place = WIRINGS[wiring]
        self._modules = [_Module() for _ in range(width * height // 64)]
        self._shift = bytes(2 * len(self._modules))
        self._changed = False
        self._observers: list[Callable[[], None]] = []
        self._powered = True
        self.frames = self.transfers = 0

    # -- the wire ----------------------------------------------------------------------------------------------------

    def transfer(self, data: bytes) -> None:
        """One chip-select period: shift `data` through the chain, then every module latches the word it holds."""
        self.transfers += 1
        if not self._powered:
            return
        self._shift = (self._shift + data)[-len(self._shift) :]
        last = len(self._shift) - 2
        digits_done = settings_changed = False
        for n, module in enumerate(self._modules):
            address = self._shift[last - 2 * n] & 0x0F
            if module.write(address, self._shift[last - 2 * n + 1]):
                self._changed = True
                settings_changed |= address > 8
            digits_done |= n == 0 and address == 8
        self.frames += digits_done
        if self._changed and (digits_done or settings_changed):
            self._changed = False
            for observer in self._observers:
                observer()

    def on_change(self, observer: Callable[[], None]) -> None:
        """Call `observer()` after each whole picture or setting that changed something."""
        self._observers.append(observer)

    # -- what people see ---------------------------------------------------------------------------------------------

    def dots(self) -> Dots:
        """What is lit, as rows from the top, each from the left."""
        rows = [[False] * self.width for _ in range(self.height)]
        for left, top, module in self._placed():
            for digit in range(8):
                data = module.lit(digit)
                for bit in range(8):
                    if data >> bit & 1:
                        x, y = self._place(digit, bit)
                        rows[top + y][left + x] = True
        return rows

    def text(self) -> str:
        """The dots as lines of # and . for a terminal or a failing test."""
        return "\n".join("".join(".#"[dot] for dot in row) for row in self.dots())

    def lit(self) -> int:
        """How many dots are lit."""
        return sum(sum(row) for row in self.dots())

    def picture(self, scale: int = 8, colour: str = "amber") -> Image.Image:
        """A photo of the panel, `scale` pixels (at least 3) per dot, in `amber`, `red` or `green`."""
        scale = max(3, scale)
        size = (self.width * scale, self.height * scale)
        off, on = _stamp(scale)
        unlit, glow, seams = Image.new("L", size), Image.new("L", size), Image.new("RGB", size, _DARK)
        pen, levels = ImageDraw.Draw(seams), {}
        for left, top, module in self._placed():
            box = (left * scale, top * scale, (left + 8) * scale - 1, (top + 8) * scale - 1)
            pen.rectangle(box, outline=_SEAM)
            levels[left // 8, top // 8] = 150 + 105 * module.brightness() // 15
        for y, row in enumerate(self.dots()):
            for x, lit in enumerate(row):
                if lit:
                    glow.paste(levels[x // 8, y // 8], (x * scale, y * scale), on)
                else:
                    unlit.paste(255, (x * scale, y * scale), off)
        halo = glow.filter(ImageFilter.GaussianBlur(scale * 0.55)).point([v * 45 // 100 for v in range(256)])
        photo = Image.composite(Image.new("RGB", size, _UNLIT), seams, unlit)
        light = Image.new("RGB", size, _COLOURS[colour])
        photo = ImageChops.screen(photo, Image.composite(light, Image.new("RGB", size), halo))
        photo = Image.composite(light, photo, glow)
        border = scale
        framed = Image.new("RGB", (size[0] + 2 * border, size[1] + 2 * border), (6, 6, 6))
        framed.paste(photo, (border, border))
        return framed

    def _placed(self) -> Iterable[tuple[int, int, _Module]]:
        across = self.width // 8
        for n, module in enumerate(self._modules):
            yield n % across * 8, n // across * 8, module

    # -- faults ------------------------------------------------------------------------------------------------------

    @property
    def modules(self) -> int:
        """How many modules the chain has."""
        return len(self._modules)

    @property
    def dead(self) -> list[int]:
        """The modules that stay dark."""
        return [n for n, module in enumerate(self._modules) if module.dead]

    @property
    def corrupted(self) -> list[int]:
        """The modules that still hold garbage in some register; a driver heals them by writing every register again."""
        return [n for n, module in enumerate(self._modules) if module.garbled]

    def kill_module(self, n: int) -> None:
        """Module `n` stays dark until `heal`; it still passes data on to the next."""
        self._modules[n].dead = True
        self._tell()

    def corrupt(self, n: int, seed: int = 7) -> None:
        """Module `n` loses its registers to a glitch, as long chains do, until each is written again."""
        chance = random.Random(seed)
        registers = self._modules[n].registers
        for address in range(_DIGITS, _DIGITS + 8):
            registers[address] = chance.randrange(256)
        registers[_DECODE], registers[_INTENSITY], registers[_SCAN_LIMIT] = 0xFF, 2, 4
        registers[_SHUTDOWN], registers[_TEST] = 1, 0
        self._modules[n].garbled = {
            *range(_DIGITS, _DIGITS + 8),
            _DECODE,
            _INTENSITY,
            _SCAN_LIMIT,
            _SHUTDOWN,
            _TEST,
        }
        self._tell()

    def heal(self) -> None:
        """Replace every dead module; garbage stays until the driver writes the registers again."""
        for module in self._modules:
            module.dead = False
        self._tell()

    @property
    def powered(self) -> bool:
        """The panel has its power; settable: without it is dark and hears nothing, with it again dark until the driver writes."""
        return self._powered

    @powered.setter
    def powered(self, value: bool) -> None:
        self._powered = value
        for module in self._modules:
            module.registers[:] = bytes(16)
            module.garbled.clear()
        self._tell()

    def power_cycle(self) -> None:
        """Take the panel's power away and give it back: dark until the driver writes again."""
        self.powered = False
        self.powered = True

    def _tell(self) -> None:
        for observer in self._observers:
            observer()


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


class ChainSpi:
    """A `spidev.SpiDev` wired to `chain`: give it to luma as ``spi(spi=ChainSpi(chain), gpio=noop())``."""

    def __init__(self, chain: Max7219Chain) -> None:
        self.chain = chain
        self.max_speed_hz, self.mode, self.bits_per_word = 500_000, 0, 8
        self.cshigh = self.lsbfirst = self.loop = self.no_cs = self.threewire = False
        self.unplugged = False

    def open(self, bus: int, device: int) -> None:
        """Whatever the bus, the wire goes to our chain."""

    def close(self) -> None:
        """The panel keeps showing what it shows; may be called twice."""

    def writebytes(self, values: Iterable[int]) -> None:
        """One chip-select period; with `unplugged` the bytes vanish."""
        if not self.unplugged:
            self.chain.transfer(bytes(values))

    def writebytes2(self, values: Iterable[int]) -> None:
        """As `writebytes`."""
        self.writebytes(values)

    def xfer2(self, values: list[int], *_speed_delay_bits: int) -> list[int]:
        """One chip-select period; nothing comes back from a chain of displays."""
        self.writebytes(values)
        return [0] * len(values)

    xfer = xfer3 = xfer2

    def readbytes(self, count: int) -> list[int]:
        """What an open wire reads."""
        return [0] * count
