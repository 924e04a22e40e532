"""A chain of MAX7219 LED modules, bit for bit below the driver.

What is modelled: N 16-bit shift registers in a row, latched when chip select rises; every register (digits, decode mode,
intensity, scan limit, shutdown, display test); how real modules are wired, so that a driver with the wrong
`block_orientation` shows garbage here as on the wall. Module 0 is next to the Pi and top left; rows follow each other
left to right, not serpentine. What is shown stays shown when the program dies. What comes out at the end (DOUT) where it is wired
back; a cable that is pulled between two modules; bits that flip; how long the bytes take; the current by the data sheet's figures,
and a supply that breaks down above its own. Not modelled: multiplexing, the cables' resistance.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Literal

from PIL import Image

from sim.twin.photo import COLOURS, photo

Wiring = Literal["generic", "fc16", "fc16-flipped", "180"]
Dots = list[list[bool]]

WIRINGS: dict[Wiring, Callable[[int, int], tuple[int, int]]] = {
    "generic": lambda digit, bit: (digit, bit),
    "fc16": lambda digit, bit: (bit, 7 - digit),
    "fc16-flipped": lambda digit, bit: (7 - bit, digit),
    "180": lambda digit, bit: (7 - digit, 7 - bit),
}
"""Where (digit register, data bit) lights up: (x, y) in the module. luma's block_orientation for them: 0, -90, 90, 180."""

FASTEST_HZ = 10_000_000
"""What the data sheet allows; above it bits flip."""
NOISE = 7
"""What a cable beside a motor does: a bit flips in one of so many transfers."""
_DIGITS, _DECODE, _INTENSITY, _SCAN_LIMIT, _SHUTDOWN, _TEST = 1, 9, 10, 11, 12, 15
_CODE_B = (0x7E, 0x30, 0x6D, 0x79, 0x33, 0x5B, 0x5F, 0x70, 0x7F, 0x7B, 0x01, 0x4F, 0x37, 0x0E, 0x67, 0x00)


class _Module:
    """One MAX7219 and its 8×8 dots; powered up dark, as the datasheet says."""

    __slots__ = ("dead", "garbled", "registers")

    def __init__(self) -> None:
        self.registers = bytearray(16)
        self.dead = False
        self.garbled: set[int] = set()

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

    def amperes(self) -> float:
        """What chip and dots take: 40 mA for a dot while its row has its turn, 8 mA for the chip, next to nothing shut down."""
        if self.dead or not (self.registers[_SHUTDOWN] | self.registers[_TEST]) & 1:
            return 0.0003
        rows = 8 if self.registers[_TEST] & 1 else (self.registers[_SCAN_LIMIT] & 7) + 1
        lit = sum(self.lit(digit).bit_count() for digit in range(8))
        return 0.008 + lit * 0.040 / rows * (2 * self.brightness() + 1) / 32


class Max7219Chain:
    """A panel of `width` × `height` dots; `frames` counts whole pictures that arrived, `transfers` chip-select periods."""

    def __init__(
        self,
        width: int = 128,
        height: int = 16,
        wiring: Wiring = "fc16",
        *,
        wired_back: bool = False,
        supply_a: float | None = None,
    ) -> None:
        """`wired_back`: DOUT of the last module goes home to MISO; `supply_a`: above it the supply breaks down, None: never."""
        if width <= 0 or height <= 0 or width % 8 or height % 8:
            raise ValueError(f"a chain of 8×8 modules has no {width}×{height} dots")
        self.width, self.height, self.wiring = width, height, wiring
        self._place = WIRINGS[wiring]
        self._modules = [_Module() for _ in range(width * height // 64)]
        self._shift = bytes(2 * len(self._modules))
        self._changed = False
        self._observers: list[Callable[[], None]] = []
        self._powered = True
        self._cut: int | None = None
        self._chance = random.Random(11)
        self.wired_back, self.supply_a = wired_back, supply_a
        #: one bit flips in every so many transfers; 0: none
        self.noise = 0
        self.frames = self.transfers = self.brown_outs = 0
        #: how long the bytes took that have come so far
        self.wire_s = 0.0

    # -- the wire ----------------------------------------------------------------------------------------------------

    def transfer(self, data: bytes, hz: int = 1_000_000) -> bytes:
        """One chip-select period: shift `data` through the chain, then every module latches the word it holds; what came back."""
        self.transfers += 1
        self.wire_s += len(data) * 8 / hz
        if not self._powered:
            return bytes(len(data))
        if hz > FASTEST_HZ or (self.noise and self.transfers % self.noise == 0):
            data = self._flipped(data)
        through = self._shift + data
        back = through[: len(data)] if self.wired_back and self._cut is None else bytes(len(data))
        self._shift = through[-len(self._shift) :]
        digits_done = self._shift[-2] & 0x0F == 8 and self._cut != 0
        settings_changed = self._latch()
        self.frames += digits_done
        if self.supply_a is not None and self.amperes() > self.supply_a:
            self.brown_outs += 1
            self.power_cycle()
        elif self._changed and (digits_done or settings_changed):
            self._changed = False
            self._tell()
        return back

    def _latch(self) -> bool:
        """Every module takes the word it holds, address 0 being none; whether one of its settings changed. Of a simulated day the innermost loop."""
        settings_changed = False
        at = len(self._shift)
        for module in self._modules[: self._cut]:
            at -= 2
            address, data = self._shift[at] & 0x0F, self._shift[at + 1]
            if module.garbled:
                module.garbled.discard(address)
            if address and module.registers[address] != data:
                module.registers[address] = data
                self._changed = True
                settings_changed |= address > 8
        return settings_changed

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

    def amperes(self) -> float:
        """What the panel draws now."""
        return sum(module.amperes() for module in self._modules) if self._powered else 0.0

    def picture(self, scale: int = 8, colour: str = "amber") -> Image.Image:
        """A photo of the panel, `scale` pixels (at least 3) per dot, in `amber`, `red` or `green`."""
        levels = {(left // 8, top // 8): module.brightness() for left, top, module in self._placed()}
        return photo(
            self.dots(), scale, COLOURS[colour], lambda x, y: 150 + 105 * levels[x // 8, y // 8] // 15, seam=8
        )

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

    @property
    def noisy(self) -> bool:
        """A bit flips in every :data:`NOISE`-th transfer; settable."""
        return self.noise > 0

    @noisy.setter
    def noisy(self, value: bool) -> None:
        self.noise = NOISE if value else 0

    @property
    def cut(self) -> int | None:
        """The first module behind the pulled cable; None: every cable is in its place."""
        return self._cut

    def cut_before(self, n: int) -> None:
        """Pull the cable before module `n`: it and all behind it are dark and hear nothing until `mend`."""
        self._cut = n
        self._reset(self._modules[n:])

    def mend(self) -> None:
        """Put the cable back: the modules behind it start dark, as after any loss of power."""
        self._cut = None

    def _flipped(self, data: bytes) -> bytes:
        flipped = bytearray(data)
        flipped[self._chance.randrange(len(data))] ^= 1 << self._chance.randrange(8)
        return bytes(flipped)

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
        self._reset(self._modules)

    def _reset(self, modules: list[_Module]) -> None:
        for module in modules:
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
