"""The sign's hands: the LED panel on the SPI bus."""

from __future__ import annotations

from typing import Any

from devices.parts.led_panel import LedPanel
from devices.window_sign.settings import PanelSettings


def led_panel(settings: PanelSettings, *, spi: Any = None) -> LedPanel:
    """The panel; `spi` stands in for ``spidev.SpiDev()``. Nothing is opened before the first picture."""
    return LedPanel(
        width=settings.width,
        block_orientation=settings.block_orientation,
        port=settings.port,
        device=settings.device,
        brightness=settings.brightness,
        spi_driver=spi,
    )
