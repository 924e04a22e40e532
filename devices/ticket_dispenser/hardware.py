"""A dispenser's hands: keys, lamps and display. With :mod:`.printer_lines` and :mod:`.reader_line` the only file here that imports drivers.

It translates and decides nothing; every failure is a Fault.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PIL import Image

from devices.parts import bitmap_font
from devices.parts.keys import KeyCall, Keys, Lamps
from devices.parts.led_panel import LedPanel
from devices.ticket_dispenser.settings import ALARM, DESK, GREEN, DispenserSettings, DisplaySettings
from hall.errors import Fault


class Panel:
    """Keys and lamps of a dispenser's front: keys are named by their service, lamps as their key, ``alarm`` and ``desk``."""

    def __init__(
        self,
        settings: DispenserSettings,
        *,
        soon: Callable[[Callable[[], None]], None],
        on_down: KeyCall,
        on_up: KeyCall,
        pin_factory: Any = None,
    ) -> None:
        """Raises Fault when the pins cannot be had; nothing stays open then."""
        pins = {key.service: key.pin for key in settings.keys}
        lamps = {key.service: key.lamp for key in settings.keys if key.lamp is not None}
        if settings.green is not None:
            pins[GREEN] = settings.green.pin
            if settings.green.lamp is not None:
                lamps[GREEN] = settings.green.lamp
        if settings.alarm_lamp is not None:
            lamps[ALARM] = settings.alarm_lamp
        if settings.desk_lamp is not None:
            lamps[DESK] = settings.desk_lamp
        # keys first: where pins are had anew in the order they were asked for, a lit lamp then means a key that counts
        self._keys = Keys(pins, soon=soon, on_press=on_down, on_release=on_up, pin_factory=pin_factory)
        try:
            self._lamps = Lamps(lamps, pin_factory=pin_factory)
        except Fault:
            self._keys.close()
            raise

    def closed(self) -> frozenset[str]:
        """Keys that are down now."""
        return self._keys.closed()

    def light(self, name: str, *, lit: bool) -> None:
        """One lamp on or off; a key without a lamp stays dark."""
        if name in self._lamps.names:
            self._lamps.set(name, lit=lit)

    def close(self) -> None:
        """Dark, and let go of the pins; may be called twice."""
        self._keys.close()
        self._lamps.close()


class NumberDisplay:
    """A small panel that shows one number, or nothing."""

    def __init__(self, settings: DisplaySettings, spi: Any = None) -> None:
        """`spi` stands in for ``spidev.SpiDev()``."""
        self._panel = LedPanel(
            width=settings.width,
            block_orientation=settings.block_orientation,
            port=settings.port,
            device=settings.device,
            brightness=settings.brightness,
            spi_driver=spi,
        )

    def show(self, number: str | None) -> None:
        """Show the number in the middle, or go dark; Fault `panel-fault`."""
        image = Image.new("1", self._panel.size)
        if number:
            text = bitmap_font.font().draw(number)
            image.paste(text, ((image.width - text.width) // 2, (image.height - text.height) // 2))
        self._panel.show(image)

    def refresh(self) -> None:
        """Write registers and picture again; Fault `panel-fault`."""
        self._panel.refresh()

    def close(self) -> None:
        """Go dark and let go; may be called twice."""
        self._panel.close()
