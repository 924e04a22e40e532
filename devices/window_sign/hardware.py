"""The sign's hands: the LED panel on the SPI bus."""

from __future__ import annotations

from typing import Any

from devices.parts.led_panel import LedPanel
from devices.parts.panel import DotPanel
from devices.parts.ws2812_panel import Ws2812Panel
from devices.window_sign.settings import PanelSettings


def led_panel(settings: PanelSettings, *, spi: Any = None) -> DotPanel:
    """The panel; `spi` stands in for ``spidev.SpiDev()``. Nothing is opened before the first picture."""
    if settings.kind == "ws2812":
        return Ws2812Panel(
            width=settings.width,
            layout=settings.layout,
            strip_height=settings.strip_height,
            colour=settings.colour,
            port=settings.port,
            device=settings.device,
            brightness=settings.brightness,
            limit_a=settings.limit_a,
            spi_driver=spi,
        )
    return LedPanel(
        width=settings.width,
        block_orientation=settings.block_orientation,
        port=settings.port,
        device=settings.device,
        brightness=settings.brightness,
        limit_a=settings.limit_a,
        wired_back=settings.wired_back,
        spi_driver=spi,
    )
