"""A `spidev.SpiDev` in this process, wired to a panel of the twin instead of to pins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class SpiEnd(Protocol):
    """What hangs on an SPI bus."""

    def transfer(self, data: bytes, hz: int = ...) -> bytes:
        """One chip-select period at `hz` bits a second; what came back on MISO."""


class ChainSpi:
    """A bus with `chain` on it: give it to luma as ``spi(spi=ChainSpi(chain), gpio=noop())``."""

    def __init__(self, chain: SpiEnd) -> None:
        self.chain = chain
        self.max_speed_hz, self.mode, self.bits_per_word = 500_000, 0, 8
        self.cshigh = self.lsbfirst = self.loop = self.no_cs = self.threewire = False
        self.unplugged = False

    def open(self, bus: int, device: int) -> None:
        """Whatever the bus, the wire goes to our panel."""

    def close(self) -> None:
        """The panel keeps showing what it shows; may be called twice."""

    def writebytes(self, values: Iterable[int]) -> None:
        """One chip-select period; with `unplugged` the bytes vanish."""
        if not self.unplugged:
            self.chain.transfer(bytes(values), self.max_speed_hz)

    def writebytes2(self, values: Iterable[int]) -> None:
        """As `writebytes`."""
        self.writebytes(values)

    def xfer2(self, values: list[int], *_speed_delay_bits: int) -> list[int]:
        """One chip-select period; what came back on MISO, zeros from an open wire."""
        if self.unplugged:
            return [0] * len(values)
        return list(self.chain.transfer(bytes(values), self.max_speed_hz))

    xfer = xfer3 = xfer2

    def readbytes(self, count: int) -> list[int]:
        """What an open wire reads."""
        return [0] * count
