"""An LED panel of MAX7219 modules on one SPI chain, through luma.led_matrix. Imported by ``hardware.py`` files only.

What long chains taught (measured, and luma issue 150): 1 MHz and no faster; glitches corrupt single registers, so every
register and the picture are written again every few seconds by :meth:`LedPanel.refresh`; after a crash the chips keep showing
the old number, so the panel is cleared whenever it is opened; a wrong `block_orientation` shows garbage.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal

import luma.core.error
from luma.core.interface.serial import noop, spi
from luma.led_matrix.device import max7219
from PIL import Image, ImageChops

from hall.errors import Fault
from hall.troubles import fault

Orientation = Literal[0, 90, -90, 180]
BUS_HZ = 1_000_000
#: what spidev, the kernel and luma raise when the wire or the bus is not there
_DRIVER_ERRORS = (OSError, luma.core.error.Error, ImportError)


class LedPanel:
    """A panel of `width` by `height` dots (multiples of 8), module 0 next to the Pi at the top left, rows one after the other.

    Opens itself at the first use and again after a driver's error, so a panel that is plugged in later comes to life. Every
    method may raise :class:`hall.errors.Fault` with code ``panel-fault``.
    """

    def __init__(
        self,
        *,
        width: int,
        height: int = 16,
        block_orientation: Orientation = -90,
        port: int = 0,
        device: int = 0,
        brightness: int = 4,
        spi_driver: Any = None,
    ) -> None:
        """`brightness` is 0 … 15; `spi_driver` stands in for ``spidev.SpiDev()`` (a twin's wire)."""
        self.size = (width, height)
        self._orientation, self._port, self._device = block_orientation, port, device
        self._brightness = brightness
        self._driver = spi_driver
        self._panel: Any = None
        self._shown: Image.Image | None = None
        #: pictures that went over the wire
        self.frames = 0

    def show(self, image: Image.Image) -> None:
        """Light the dots of a one-bit picture of the panel's size; the same picture again costs nothing."""
        if image.size != self.size:
            raise ValueError(f"a picture of {image.size} does not fit a panel of {self.size}")
        if self._panel is not None and self._shown is not None and _same(image, self._shown):
            return
        self._send(image)

    def refresh(self) -> None:
        """Write every register and the picture again: heals modules that lost them, opens a panel that came back."""
        image = self._shown or Image.new("1", self.size)
        if self._panel is not None:
            try:
                self._write_registers(self._panel)
            except _DRIVER_ERRORS as error:
                self._drop()
                raise _fault(error) from error
        self._send(image)

    @property
    def brightness(self) -> int:
        """0 (dim) … 15; may be set while the panel shows something."""
        return self._brightness

    @brightness.setter
    def brightness(self, level: int) -> None:
        if not 0 <= level <= 15:
            raise ValueError(f"brightness is 0 … 15, not {level}")
        self._brightness = level
        if self._panel is not None:
            self.refresh()

    def close(self) -> None:
        """Go dark and let go of the bus; may be called twice, never raises."""
        if self._panel is not None:
            with suppress(*_DRIVER_ERRORS):
                self._panel.clear()
                self._panel.hide()
            self._drop()

    def _send(self, image: Image.Image) -> None:
        try:
            if self._panel is None:
                self._panel = self._open()
            self._panel.display(image)
        except _DRIVER_ERRORS as error:
            self._drop()
            self._shown = image
            raise _fault(error) from error
        self._shown = image.copy()
        self.frames += 1

    def _open(self) -> Any:
        """The luma device, its registers written and its dots dark. Leaves nothing open when it fails."""
        bus = spi(spi=self._driver, port=self._port, device=self._device, gpio=noop(), bus_speed_hz=BUS_HZ)
        try:
            panel = max7219(
                bus,
                width=self.size[0],
                height=self.size[1],
                block_orientation=self._orientation,
                contrast=self._brightness << 4,
            )
        except BaseException:
            bus.cleanup()
            raise
        # luma would blank the panel once more when Python exits; close() does it, and a panel dropped after an error is not ours.
        panel.persist = True
        return panel

    def _write_registers(self, panel: Any) -> None:
        """The order of luma's own start; SHUTDOWN last, so that a module wakes up with everything in place."""
        const, count = panel._const, panel.cascaded  # noqa: SLF001 - luma offers no method that writes them again
        panel.data([const.SCANLIMIT, 7] * count)
        panel.data([const.DECODEMODE, 0] * count)
        panel.data([const.DISPLAYTEST, 0] * count)
        panel.contrast(self._brightness << 4)
        panel.show()

    def _drop(self) -> None:
        panel, self._panel = self._panel, None
        if panel is not None:
            with suppress(*_DRIVER_ERRORS):
                panel.cleanup()


def _same(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.logical_xor(one, other).getbbox() is None


def _fault(error: Exception) -> Fault:
    return fault("panel-fault", str(error))
