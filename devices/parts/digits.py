"""Eight seven-segment digits behind one MAX7219, through luma.led_matrix. Imported by ``hardware.py`` files only."""

from __future__ import annotations

from typing import Any

from luma.led_matrix.segment_mapper import dot_muncher
from PIL import Image

from devices.parts.led_panel import LedPanel

DIGITS = 8
#: letters whose capital would read as a digit
_READABLE = str.maketrans("BD", "bd")


class DigitDisplay:
    """A line of eight characters. Every method may raise :class:`hall.errors.Fault` with code ``panel-fault``."""

    def __init__(
        self, *, port: int = 0, device: int = 0, brightness: int = 3, spi_driver: Any = None
    ) -> None:
        """`spi_driver` stands in for ``spidev.SpiDev()`` (a twin's wire). Nothing is opened before the first text."""
        self._panel = LedPanel(
            width=DIGITS,
            height=8,
            block_orientation=0,  # a digit is a column, the rightmost first: as luma's own seven-segment class has it
            port=port,
            device=device,
            brightness=brightness,
            spi_driver=spi_driver,
        )

    def show(self, text: str) -> None:
        """Up to eight characters from the left, a dot after one belonging to it."""
        self._panel.show(picture(text))

    def refresh(self) -> None:
        """Write every register and the text again."""
        self._panel.refresh()

    def dim(self, level: int) -> None:
        """Set the brightness, 0 … 15."""
        self._panel.brightness = level

    def close(self) -> None:
        """Dark; may be called twice, never raises."""
        self._panel.close()


def picture(text: str) -> Image.Image:
    """The segments of a text as the driver wants them: one column for each digit, bit by bit."""
    segments = list(dot_muncher(text.translate(_READABLE), notfound="_"))
    image = Image.new("1", (DIGITS, 8))
    for place, byte in enumerate(segments[:DIGITS]):
        for bit in range(8):
            if byte >> bit & 1:
                image.putpixel((DIGITS - 1 - place, bit), 255)
    return image
