"""An LED panel of WS2812 lights on the SPI bus's data line, through luma.led_matrix. Imported by ``hardware.py`` files only.

luma's ``ws2812`` wants the Pi's PWM through rpi_ws281x, which needs root and does not run on a Pi 5; here its pulses are SPI bits
instead: at 2.4 MHz three bits make one of the lights' own, ``110`` a one (0.83 µs high), ``100`` a zero (0.42 µs high), and 300 µs
of zeros let the strip show what it got. Only MOSI is wired (through a 74AHCT125 to 5 V), no clock and no chip select.

A picture must leave in one piece: a pause between two parts would end it. The kernel's driver takes 4096 bytes at once unless
``spidev.bufsiz=65536`` stands in ``/boot/firmware/cmdline.txt``; opening the panel says so. 24 bits a dot take 30 µs: 64×16
dots reach at most 30 pictures a second, 128×16 at most 16, and no driver can change that.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from luma.led_matrix.device import ws2812
from PIL import Image

from devices.parts import power
from devices.parts.panel import DRIVER_ERRORS, DotPanel

Layout = Literal["rows", "rows-serpentine", "columns", "columns-serpentine"]
Colour = tuple[int, int, int]

BUS_HZ = 2_400_000
LATCH = bytes(BUS_HZ * 300 // 8_000_000 + 1)
_BUFFER = Path("/sys/module/spidev/parameters/bufsiz")
#: a byte of colour as three bytes on the wire
_PULSES = [
    int("".join("110" if value >> bit & 1 else "100" for bit in range(7, -1, -1)), 2).to_bytes(3, "big")
    for value in range(256)
]


class Ws2812Panel(DotPanel):
    """A panel of `width` by `height` lights of one `colour`; the strip begins at the top left."""

    def __init__(
        self,
        *,
        width: int,
        height: int = 16,
        layout: Layout = "columns-serpentine",
        strip_height: int = 16,
        colour: Colour = (255, 160, 32),
        port: int = 0,
        device: int = 0,
        brightness: int = 4,
        limit_a: float | None = None,
        spi_driver: Any = None,
    ) -> None:
        """See :class:`DotPanel`; `layout` and `strip_height` as in :func:`mapping`. `spi_driver` stands in for ``spidev.SpiDev()``."""
        super().__init__(
            size=(width, height),
            brightness=brightness,
            draw=power.ws2812(width * height, colour),
            limit_a=limit_a,
            frame_s=(width * height * 9 + 2 * len(LATCH)) * 8 / BUS_HZ,
        )
        self._mapping = mapping(width, height, layout, strip_height)
        self._colour, self._port, self._device = colour, port, device
        self._driver = spi_driver
        self._strip: _Strip | None = None
        self._panel: Any = None

    @property
    def is_open(self) -> bool:
        """See :class:`DotPanel`."""
        return self._panel is not None

    def _open(self, level: int) -> None:
        strip = _Strip(_bus(self._driver), self._port, self._device, self.size[0] * self.size[1])
        try:
            panel = ws2812(strip, width=self.size[0], height=self.size[1], mapping=self._mapping)
        except BaseException:
            strip.ws2811_fini(strip)
            raise
        self._strip, self._panel = strip, panel
        self._dim(level)

    def _display(self, image: Image.Image) -> None:
        colours = Image.new("RGB", self.size)
        colours.paste(self._colour, mask=image)
        self._panel.display(colours)

    def _dim(self, level: int) -> None:
        self._panel.contrast(int(256 * power.share(level)) - 1)

    def _write_registers(self, level: int) -> None:
        """A strip remembers nothing but its picture, which goes out once more with the brightness."""
        self._dim(level)

    def _darken(self) -> None:
        self._panel.clear()

    def _drop(self) -> None:
        panel, strip, self._panel, self._strip = self._panel, self._strip, None, None
        if strip is not None:
            strip.ws2811_fini(strip)
        if panel is not None:
            with suppress(*DRIVER_ERRORS):
                panel.cleanup()


def mapping(width: int, height: int, layout: Layout, strip_height: int) -> list[int]:
    """Which light of the strip is the dot at each place, row by row from the top left.

    The strip fills a band `strip_height` dots high from left to right, then the band below it: ``rows`` row by row, ``columns``
    column by column, ``…-serpentine`` back and forth.
    """
    lights: dict[tuple[int, int], int] = {}
    for top in range(0, height, strip_height):
        bottom = min(top + strip_height, height)
        by_rows = layout.startswith("rows")
        lines = range(top, bottom) if by_rows else range(width)
        for n, line in enumerate(lines):
            places = list(range(width) if by_rows else range(top, bottom))
            if layout.endswith("serpentine") and n % 2:
                places.reverse()
            for place in places:
                lights[(place, line) if by_rows else (line, place)] = len(lights)
    return [lights[x, y] for y in range(height) for x in range(width)]


class _Strip:
    """What luma's ``ws2812`` expects of the rpi_ws281x library, as SPI bits. It is its own controller and its own channel."""

    WS2811_STRIP_GRB = 0x00081000

    def __init__(self, driver: Any, port: int, device: int, lights: int) -> None:
        _check_buffer(lights * 9 + 2 * len(LATCH))
        driver.open(port, device)
        driver.max_speed_hz, driver.mode = BUS_HZ, 0
        self._driver: Any = driver
        self._colours = bytearray(3 * lights)
        self._brightness = 255

    def ws2811_led_set(self, _channel: object, light: int, colour: int) -> None:
        """Green comes first on the wire."""
        self._colours[3 * light : 3 * light + 3] = bytes(
            (colour >> 8 & 0xFF, colour >> 16 & 0xFF, colour & 0xFF)
        )

    def ws2811_channel_t_brightness_set(self, _channel: object, value: int) -> None:
        """As rpi_ws281x scales."""
        self._brightness = value

    def ws2811_render(self, _controller: object) -> int:
        """Everything out in one piece; 0 is well."""
        if self._driver is not None:
            pulses = [_PULSES[value * (self._brightness + 1) >> 8] for value in range(256)]
            self._driver.writebytes2(LATCH + b"".join(pulses[value] for value in self._colours) + LATCH)
        return 0

    def ws2811_fini(self, _controller: object) -> None:
        """Let go of the bus; whatever luma still renders afterwards goes nowhere. May be called twice."""
        driver, self._driver = self._driver, None
        if driver is not None:
            with suppress(*DRIVER_ERRORS):
                driver.close()

    def new_ws2811_t(self) -> _Strip:
        """The controller."""
        return self

    def ws2811_channel_get(self, _controller: object, _number: int) -> _Strip:
        """The channel."""
        return self

    def ws2811_init(self, _controller: object) -> int:
        """Nothing to do; 0 is well."""
        return 0

    def delete_ws2811_t(self, _controller: object) -> None:
        """Nothing to free."""

    def nothing(self, *_values: object) -> None:
        """Pins, DMA and frequency mean nothing on an SPI bus."""

    ws2811_channel_t_count_set = ws2811_channel_t_gpionum_set = ws2811_channel_t_invert_set = nothing
    ws2811_channel_t_strip_type_set = ws2811_t_freq_set = ws2811_t_dmanum_set = nothing


def _bus(driver: Any) -> Any:
    if driver is not None:
        return driver
    return import_module("spidev").SpiDev()  # a Pi's, or the twin's


def _check_buffer(needed: int) -> None:
    try:
        size = int(_BUFFER.read_text())
    except (OSError, ValueError):  # no Pi
        return
    if size < needed:
        raise OSError(f"spidev.bufsiz is {size} bytes, a picture needs {needed}: see cmdline.txt")
