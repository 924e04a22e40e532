"""What every LED panel does, whatever it is made of: pictures, brightness within the supply's limit, errors as ours.

Rules:

* The same picture again costs nothing. Every register and the picture are written again by :meth:`refresh`.
* With a limit in amperes no picture is shown brighter than the supply bears: the brightness goes down before more dots are lit, and
  up only after fewer are. Between two pictures, row by row, never more dots are lit than in both laid over each other.
* A driver's error is a :class:`hall.errors.Fault` with code ``panel-fault`` and closes the panel; the next use opens it again, so
  a panel that is plugged in later comes to life.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Literal

import luma.core.error
from PIL import Image, ImageChops

from devices.parts.power import BRIGHTEST, Draw
from hall.clock import Seconds
from hall.errors import Fault
from hall.troubles import fault

#: what spidev, the kernel and luma raise when the wire or the bus is not there
DRIVER_ERRORS = (OSError, luma.core.error.Error, ImportError)
#: whether what was sent came back: not known without a wire back
Echo = Literal["unknown", "ok", "broken"]


class DotPanel(ABC):
    """A panel of one-bit dots. A kind of panel fills in the hooks at the end."""

    def __init__(
        self, *, size: tuple[int, int], brightness: int, draw: Draw, limit_a: float | None, frame_s: Seconds
    ) -> None:
        """`brightness` is 0 … 15; `limit_a` what the supply bears, None for no limit; `frame_s` how long a picture takes on the wire."""
        draw.check_limit(size, limit_a)
        self.size, self.frame_s = size, frame_s
        self._draw, self._limit_a = draw, limit_a
        self._brightness = brightness
        self._shown: Image.Image | None = None
        #: how bright the modules are now
        self._level = 0
        #: pictures that went over the wire
        self.frames = 0
        #: what the last look at the wire back said
        self.echo: Echo = "unknown"

    def show(self, image: Image.Image) -> None:
        """Light the dots of a one-bit picture of the panel's size; the same picture again costs nothing."""
        if image.size != self.size:
            raise ValueError(f"a picture of {image.size} does not fit a panel of {self.size}")
        if self.is_open and self._shown is not None and _same(image, self._shown):
            return
        self._send(image)

    def refresh(self) -> None:
        """Write every register and the picture again: heals modules that lost them, opens a panel that came back."""
        image = self._shown or Image.new("1", self.size)
        if self.is_open:
            try:
                self._level = self._allowed(image)
                self._write_registers(self._level)
                self.echo = self._look_back()
            except DRIVER_ERRORS as error:
                self._drop()
                raise panel_fault(error) from error
        self._send(image)

    def count_modules(self) -> int | None:
        """How many modules hang on the wire, whatever the settings say; None where nothing can come back. Opens the panel."""
        self.refresh()
        return None

    @property
    def brightness(self) -> int:
        """What is wished, 0 (dim) … 15; may be set while the panel shows something. The limit may hold the panel below it."""
        return self._brightness

    @brightness.setter
    def brightness(self, level: int) -> None:
        if not 0 <= level <= BRIGHTEST:
            raise ValueError(f"brightness is 0 … 15, not {level}")
        self._brightness = level
        if self.is_open:
            self.refresh()

    @property
    def amperes(self) -> float:
        """The estimated current of what is shown."""
        lit = 0 if self._shown is None else _lit(self._shown)
        return self._draw.amperes(lit, self._level)

    def close(self) -> None:
        """Go dark and let go of the bus; may be called twice, never raises."""
        if self.is_open:
            with suppress(*DRIVER_ERRORS):
                self._darken()
            self._drop()

    def _send(self, image: Image.Image) -> None:
        try:
            if not self.is_open:
                # The modules may still show anything from before: first as dim as all dots lit demand.
                self._level = self._allowed(Image.new("1", self.size, 255))
                self._open(self._level)
                before = Image.new("1", self.size)
            else:
                before = self._shown or Image.new("1", self.size)
            if self._limit_a is not None:
                self._set_level(min(self._level, self._allowed(ImageChops.logical_or(before, image))))
            self._display(image)
            self._set_level(self._allowed(image))
        except DRIVER_ERRORS as error:
            self._drop()
            self._shown = image
            raise panel_fault(error) from error
        self._shown = image.copy()
        self.frames += 1

    def _set_level(self, level: int) -> None:
        if level != self._level:
            self._dim(level)
            self._level = level

    def _allowed(self, image: Image.Image) -> int:
        if self._limit_a is None:
            return self._brightness
        return self._draw.brightness(_lit(image), self._brightness, self._limit_a)

    # --- hooks; each may raise one of DRIVER_ERRORS

    @property
    @abstractmethod
    def is_open(self) -> bool:
        """Whether the driver holds the bus."""

    @abstractmethod
    def _open(self, level: int) -> None:
        """Take the bus, make every dot dark, then be as bright as `level`. Leaves nothing open when it fails."""

    @abstractmethod
    def _display(self, image: Image.Image) -> None:
        """Send a picture."""

    @abstractmethod
    def _dim(self, level: int) -> None:
        """Set the brightness."""

    @abstractmethod
    def _write_registers(self, level: int) -> None:
        """Write again whatever the panel remembers besides its picture."""

    @abstractmethod
    def _darken(self) -> None:
        """Every dot dark."""

    @abstractmethod
    def _drop(self) -> None:
        """Let go of the bus without another byte; never raises."""

    def _look_back(self) -> Echo:
        """Send a pattern that changes nothing and see whether it comes back."""
        return "unknown"


def panel_fault(error: Exception) -> Fault:
    """A driver's error in our words."""
    return fault("panel-fault", str(error))


def _lit(image: Image.Image) -> int:
    return image.histogram()[255]


def _same(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.logical_xor(one, other).getbbox() is None
