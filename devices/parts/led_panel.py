"""An LED panel of MAX7219 modules on one SPI chain, through luma.led_matrix. Imported by ``hardware.py`` files only.

What long chains taught (measured, and luma issue 150): 1 MHz and no faster; glitches corrupt single registers, so every
register and the picture are written again every few seconds by :meth:`LedPanel.refresh`; after a crash the chips keep showing
the old number, so the panel is cleared whenever it is opened; a wrong `block_orientation` shows garbage.

A MAX7219 cannot be asked what its registers hold. Where DOUT of the last module is wired back to MISO (through a divider: 5 V would
hurt the Pi), what was shifted in comes out again one transfer later: that shows a chain that is cut, a module without power, a
count of modules that is not the settings', and bits that flip on the way. Dots that do not light, registers that were lost inside a
module and an output stage that burnt out show nowhere on the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

from luma.core.interface.serial import noop, spi
from luma.led_matrix.device import max7219
from PIL import Image

from devices.parts import power
from devices.parts.panel import DRIVER_ERRORS, DotPanel, Echo, panel_fault

Orientation = Literal[0, 90, -90, 180]
BUS_HZ = 1_000_000
#: the longest chain that is counted
MOST_MODULES = 128
#: what is sent round to see whether it comes back; the address 0 in front of each byte makes it a word for nobody
_ROUNDS = (0x55, 0xAA, 0x0F, 0xC3)


class LedPanel(DotPanel):
    """A panel of `width` by `height` dots (multiples of 8), module 0 next to the Pi at the top left, rows one after the other."""

    def __init__(
        self,
        *,
        width: int,
        height: int = 16,
        block_orientation: Orientation = -90,
        port: int = 0,
        device: int = 0,
        brightness: int = 4,
        limit_a: float | None = None,
        wired_back: bool = False,
        spi_driver: Any = None,
    ) -> None:
        """See :class:`DotPanel`; `wired_back`: DOUT goes home to MISO. `spi_driver` stands in for ``spidev.SpiDev()`` (a twin's wire)."""
        self._modules = width * height // 64
        super().__init__(
            size=(width, height),
            brightness=brightness,
            draw=power.max7219(self._modules),
            limit_a=limit_a,
            frame_s=self._modules * 16 * 8 / BUS_HZ,
        )
        self._orientation, self._port, self._device = block_orientation, port, device
        self._wired_back = wired_back
        self._driver = spi_driver
        self._panel: Any = None
        self._bus: Any = None
        #: what the panel was written last: the picture's bytes, and the words that they are on the wire
        self._picture, self._words = b"", list[list[int]]()

    @property
    def is_open(self) -> bool:
        """See :class:`DotPanel`."""
        return self._panel is not None

    def count_modules(self) -> int | None:
        """See :class:`DotPanel`; a mark goes through the chain and is counted until it comes out."""
        try:
            if not self.is_open:
                self.refresh()
            self._exchange([0, 0] * MOST_MODULES)
            mark = 0xA5
            back = self._exchange([0, mark] + [0, 0] * MOST_MODULES)
        except DRIVER_ERRORS as error:
            self._drop()
            raise panel_fault(error) from error
        found = [place for place, byte in enumerate(back) if byte == mark]
        return found[0] // 2 if len(found) == 1 and set(back) == {0, mark} else None

    def _open(self, level: int) -> None:
        """The luma device, its registers written and its dots dark."""
        bus = spi(spi=self._driver, port=self._port, device=self._device, gpio=noop(), bus_speed_hz=BUS_HZ)
        try:
            panel = max7219(
                bus,
                width=self.size[0],
                height=self.size[1],
                block_orientation=self._orientation,
                contrast=level << 4,
            )
        except BaseException:
            bus.cleanup()
            raise
        # luma would blank the panel once more when Python exits; close() does it, and a panel dropped after an error is not ours.
        panel.persist = True
        self._panel, self._bus, self._picture = panel, bus, b""

    def _display(self, image: Image.Image) -> None:
        picture = image.tobytes()
        if picture != self._picture:
            self._picture, self._words = b"", []
            with self._listening():
                self._panel.display(image)
            self._picture = picture
            return
        for words in self._words:
            self._panel.data(words)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Keep what luma makes of a picture: the same one is written again each few seconds, and made of 1,024 dots each time."""
        panel, write = self._panel, self._panel.data

        def kept(words: list[int]) -> None:
            self._words.append(words)
            write(words)

        panel.data = kept
        try:
            yield
        finally:
            panel.data = write

    def _dim(self, level: int) -> None:
        self._panel.contrast(level << 4)

    def _write_registers(self, level: int) -> None:
        """The order of luma's own start; SHUTDOWN last, so that a module wakes up with everything in place."""
        panel = self._panel
        const, count = panel._const, panel.cascaded  # noqa: SLF001 - luma offers no method that writes them again
        panel.data([const.SCANLIMIT, 7] * count)
        panel.data([const.DECODEMODE, 0] * count)
        panel.data([const.DISPLAYTEST, 0] * count)
        panel.contrast(level << 4)
        panel.show()

    def _darken(self) -> None:
        self._panel.clear()
        self._panel.hide()

    def _look_back(self) -> Echo:
        """Patterns through the whole chain: each has to come out as the next goes in."""
        if not self._wired_back:
            return "unknown"
        sent: list[int] = []
        for pattern in (*_ROUNDS, 0):
            words = [byte for n in range(self._modules) for byte in (0, (pattern + n) & 0xFF)]
            back = self._exchange(words)
            if sent and back != sent:
                return "broken"
            sent = words
        return "ok"

    def _exchange(self, data: list[int]) -> list[int]:
        return list(self._bus._spi.xfer2(list(data)))  # noqa: SLF001 - luma writes only, spidev can read

    def _drop(self) -> None:
        panel, self._panel, self._bus = self._panel, None, None
        if panel is not None:
            with suppress(*DRIVER_ERRORS):
                panel.cleanup()
