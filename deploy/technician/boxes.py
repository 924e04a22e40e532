"""What a technician buys, builds and checks, box by box: ``boxes.yaml``, with the currents counted."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from devices.parts import power
from hall.shipped import shipped
from hall.text import Text

#: brightness of a panel on an ordinary day, and how much of it a call lights
_USUAL, _LIT = 4, 0.25
DOTS: Final = 64


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of a bill of materials; a panel's current comes from its modules."""

    what: Text
    n: int
    other: Text
    rail: Literal["pi", "own", "other"]
    volts: int = 5
    typical_ma: int = 0
    most_ma: int = 0
    modules: int = 0

    @property
    def currents(self) -> tuple[int, int]:
        """Typical and most, in milliamperes."""
        if not self.modules:
            return self.typical_ma, self.most_ma
        draw, dots = power.max7219(self.modules), self.modules * DOTS
        typical, most = draw.amperes(int(dots * _LIT), _USUAL), draw.amperes(dots, power.BRIGHTEST)
        return round(typical * 1000), round(most * 1000)


class Box(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about one kind of device that is not in a program."""

    name: Text
    notes: tuple[Text, ...]
    parts: tuple[Part, ...]
    build: tuple[Text, ...]
    accept: tuple[Text, ...]


@cache
def boxes() -> dict[str, Box]:
    """Every kind of device, in the file's order."""
    raw = shipped(files("deploy.technician").joinpath("boxes.yaml").read_text(encoding="utf-8"))
    return msgspec.convert(raw, dict[str, Box])
