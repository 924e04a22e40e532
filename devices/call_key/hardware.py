"""The call key's hands: three keys, and eight seven-segment digits behind a MAX7219."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devices.call_key.settings import CallKeySettings
from devices.parts.digits import DigitDisplay
from devices.parts.keys import KeyCall, Keys


class CallKeyHands:
    """Keys on GPIO pins and digits on the SPI bus; open them before use."""

    def __init__(
        self,
        settings: CallKeySettings,
        *,
        soon: Callable[[Callable[[], None]], None],
        pin_factory: Any = None,
        spi: Any = None,
    ) -> None:
        """`soon` is the scheduler's ``call_soon``; `pin_factory` and `spi` None: the real pins and bus."""
        self._pins, self._soon, self._factory = settings.pins, soon, pin_factory
        self._keys: Keys | None = None
        self._digits = DigitDisplay(
            port=settings.digits.port,
            device=settings.digits.device,
            brightness=settings.digits.brightness,
            spi_driver=spi,
        )

    def open(self, on_press: KeyCall, on_release: KeyCall) -> None:
        """Claim the keys. Raises Fault and then holds none; may be tried again."""
        pins = {"next": self._pins.next, "recall": self._pins.recall, "pause": self._pins.pause}
        self._keys = Keys(
            pins, soon=self._soon, on_press=on_press, on_release=on_release, pin_factory=self._factory
        )

    def closed(self) -> frozenset[str]:
        """The keys that are pressed now."""
        return frozenset() if self._keys is None else self._keys.closed()

    def show(self, text: str) -> None:
        """Up to eight characters from the left, a dot after one belonging to it. Raises Fault."""
        self._digits.show(text)

    def refresh(self) -> None:
        """Write every register and the text again. Raises Fault."""
        self._digits.refresh()

    def dim(self, level: int) -> None:
        """Set the brightness, 0 … 15. Raises Fault."""
        self._digits.dim(level)

    def close(self) -> None:
        """Dark, and let go of everything; may be called twice."""
        if self._keys is not None:
            self._keys.close()
            self._keys = None
        self._digits.close()
