"""Keys, lamps and a beeper on GPIO pins, through gpiozero. Imported by ``hardware.py`` files only.

Keys close to ground with the Pi's own pull-up; a change counts once it was stable for 20 ms (measured: 30 of 30 presses; at
200 ms 8 of 30). gpiozero calls from a thread of its own: the callbacks here only hand over to the scheduler. There is no
gpiozero blinking and no hold time: both need threads; the agents decide them with the scheduler's timers.

Without a `pin_factory` and without ``GPIOZERO_PIN_FACTORY`` in the environment the pins are lgpio's or nobody's: gpiozero would
fall back to other drivers in silence, and with them to another way of debouncing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from gpiozero import DigitalInputDevice, DigitalOutputDevice

from hall.clock import Seconds
from hall.troubles import fault

BOUNCE: Seconds = 0.02
KeyCall = Callable[[str], None]


class Keys:
    """Named keys on BCM pins. A key that is closed when the program starts makes no press: ask :meth:`closed` once."""

    def __init__(
        self,
        pins: Mapping[str, int],
        *,
        soon: Callable[[Callable[[], None]], None],
        on_press: KeyCall,
        on_release: KeyCall,
        pin_factory: Any = None,
        bounce: Seconds = BOUNCE,
    ) -> None:
        """`soon` is the scheduler's ``call_soon``; raises :class:`hall.errors.Fault` with code ``keys-fault``."""
        _choose(pin_factory)
        self._soon = soon
        self._keys: dict[str, Any] = {}
        try:
            for name, pin in pins.items():
                key = DigitalInputDevice(pin, pull_up=True, bounce_time=bounce, pin_factory=pin_factory)
                self._keys[name] = key
                key.when_activated = self._handing(on_press, name)
                key.when_deactivated = self._handing(on_release, name)
        except Exception as error:
            self.close()
            raise fault("keys-fault", str(error)) from error

    def closed(self) -> frozenset[str]:
        """The keys that are pressed now."""
        return frozenset(name for name, key in self._keys.items() if key.is_active)

    def close(self) -> None:
        """Let go of the pins; may be called twice."""
        _close_all(self._keys.values())
        self._keys.clear()

    def _handing(self, call: KeyCall, name: str) -> Callable[[], None]:
        def hand_over() -> None:
            self._soon(lambda: call(name))

        return hand_over


class Lamps:
    """Named lamps on BCM pins, all dark at the start."""

    def __init__(self, pins: Mapping[str, int], *, pin_factory: Any = None) -> None:
        """Raises :class:`hall.errors.Fault` with code ``lamps-fault``."""
        _choose(pin_factory)
        self._lamps: dict[str, Any] = {}
        try:
            for name, pin in pins.items():
                self._lamps[name] = DigitalOutputDevice(pin, initial_value=False, pin_factory=pin_factory)
        except Exception as error:
            self.close()
            raise fault("lamps-fault", str(error)) from error

    @property
    def names(self) -> frozenset[str]:
        """Every lamp."""
        return frozenset(self._lamps)

    def light(self, names: Iterable[str]) -> None:
        """Light exactly these; every other lamp goes dark. Raises :class:`hall.errors.Fault`."""
        wanted = frozenset(names)
        for name in self._lamps:
            self.set(name, lit=name in wanted)

    def set(self, name: str, *, lit: bool) -> None:
        """One lamp on or off. Raises :class:`hall.errors.Fault`."""
        try:
            self._lamps[name].value = lit
        except Exception as error:
            raise fault("lamps-fault", str(error)) from error

    def close(self) -> None:
        """All dark, and let go of the pins; may be called twice."""
        _close_all(self._lamps.values())
        self._lamps.clear()


class Beeper:
    """An active buzzer on a BCM pin; without a pin it stays silent."""

    def __init__(self, pin: int | None, *, pin_factory: Any = None) -> None:
        """Raises :class:`hall.errors.Fault` with code ``beeper-fault``."""
        self._out: Any = None
        if pin is None:
            return
        _choose(pin_factory)
        try:
            self._out = DigitalOutputDevice(pin, initial_value=False, pin_factory=pin_factory)
        except Exception as error:
            raise fault("beeper-fault", str(error)) from error

    def sound(self, *, on: bool) -> None:
        """Begin or end a tone. Raises :class:`hall.errors.Fault`."""
        try:
            if self._out is not None:
                self._out.value = on
        except Exception as error:
            raise fault("beeper-fault", str(error)) from error

    def close(self) -> None:
        """Silent, and let go of the pin; may be called twice."""
        out, self._out = self._out, None
        if out is not None:
            _close_all([out])


def _choose(pin_factory: Any) -> None:
    if pin_factory is None:
        os.environ.setdefault("GPIOZERO_PIN_FACTORY", "lgpio")


def _close_all(devices: Iterable[Any]) -> None:
    for device in devices:
        # lgpio's own errors have no common base; nothing can be done about a pin that will not close
        with suppress(Exception):
            device.close()
