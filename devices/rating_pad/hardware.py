"""The pad's hands: four keys, four lamps, a beeper, and a small display where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, Protocol

from devices.parts.keys import Beeper, KeyCall, Keys, Lamps
from devices.rating_pad.settings import DisplaySettings, PadPins

#: grades by place, from the left
GRADES = ("4", "3", "2", "1")


class Digits(Protocol):
    """A small display (:mod:`devices.parts.digits`); a pad without one loads no driver for it."""

    def show(self, text: str) -> None:
        """Up to eight characters."""

    def refresh(self) -> None:
        """Write everything again."""

    def close(self) -> None:
        """Dark."""


def small_display(settings: DisplaySettings | None, *, spi: Any = None) -> Digits | None:
    """The display of the settings; `spi` stands in for ``spidev.SpiDev()``."""
    if settings is None:
        return None
    digits: Digits = import_module("devices.parts.digits").DigitDisplay(
        port=settings.port, device=settings.device, brightness=settings.brightness, spi_driver=spi
    )
    return digits


class PadHands:
    """Keys, lamps and beeper on GPIO pins; open them before use."""

    def __init__(
        self,
        pins: PadPins,
        *,
        soon: Callable[[Callable[[], None]], None],
        digits: Digits | None = None,
        pin_factory: Any = None,
    ) -> None:
        """`soon` is the scheduler's ``call_soon``; `pin_factory` None: gpiozero's own choice."""
        self._pins, self._soon, self._factory = pins, soon, pin_factory
        self._digits = digits
        self._lamps: Lamps | None = None
        self._beeper: Beeper | None = None
        self._keys: Keys | None = None

    def open(self, on_press: KeyCall, on_release: KeyCall) -> None:
        """Claim the pins: lamps dark first, then keys. Raises Fault and then holds nothing; may be tried again."""
        try:
            self._lamps = Lamps(dict(zip(GRADES, self._pins.lamps, strict=True)), pin_factory=self._factory)
            self._beeper = Beeper(self._pins.beeper, pin_factory=self._factory)
            self._keys = Keys(
                dict(zip(GRADES, self._pins.keys, strict=True)),
                soon=self._soon,
                on_press=on_press,
                on_release=on_release,
                pin_factory=self._factory,
            )
        except BaseException:
            self.close()
            raise

    def closed(self) -> frozenset[str]:
        """The keys that are pressed now."""
        return frozenset() if self._keys is None else self._keys.closed()

    def light(self, grades: Iterable[str]) -> None:
        """Light exactly these lamps."""
        if self._lamps is not None:
            self._lamps.light(grades)

    def sound(self, *, on: bool) -> None:
        """Begin or end the tone."""
        if self._beeper is not None:
            self._beeper.sound(on=on)

    def show(self, text: str) -> None:
        """On the small display. Raises Fault."""
        if self._digits is not None:
            self._digits.show(text)
            self._digits.refresh()  # a text is rare, and nothing else heals a digit that lost its registers

    def close(self) -> None:
        """Dark and silent; may be called twice."""
        if self._digits is not None:
            self._digits.close()
        for part in (self._keys, self._beeper, self._lamps):
            if part is not None:
                part.close()
        self._keys = self._beeper = self._lamps = None
