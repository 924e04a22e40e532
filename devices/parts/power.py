"""How much current a panel draws, and how bright it may be within its supply's limit. Pure.

The estimate is the sum of what stands in the data sheets: a share for every dot that is lit, times the part of the time it is
lit at a brightness of 0 … 15, and what the chips take with nothing lit. Cables, converters and a warm supply are not in it:
give the limit as two thirds of what is printed on the supply.
"""

from __future__ import annotations

from math import ceil

import msgspec

BRIGHTEST = 15


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind of panel takes from its supply, in amperes."""

    #: one dot that is lit all the time
    dot_a: float
    #: the whole panel with nothing lit
    rest_a: float

    def amperes(self, lit: int, brightness: int) -> float:
        """The current with `lit` dots at `brightness` 0 … 15."""
        return self.rest_a + lit * self.dot_a * share(brightness)

    def brightness(self, lit: int, wanted: int, limit_a: float | None) -> int:
        """The brightest level up to `wanted` that stays within `limit_a`; 0 when even that is too much (see :meth:`least`)."""
        if limit_a is None:
            return wanted
        fitting = (level for level in range(wanted, 0, -1) if self.amperes(lit, level) <= limit_a)
        return next(fitting, 0)

    def least(self, dots: int) -> float:
        """The smallest limit with which every picture of `dots` dots can be shown: all lit, at the dimmest; in tenths."""
        return ceil(self.amperes(dots, 0) * 10) / 10

    def check_limit(self, size: tuple[int, int], limit_a: float | None) -> None:
        """Raises ValueError where a panel of `size` dots cannot keep `limit_a`."""
        least = self.least(size[0] * size[1])
        if limit_a is not None and limit_a < least:
            raise ValueError(
                f"Expected at least {least:.1f} A in `limit_a`: what {size[0]}×{size[1]} dots take all lit at the dimmest"
            )


def share(brightness: int) -> float:
    """The part of the time a dot is lit at `brightness`: 1/32, 3/32 … 31/32, as the MAX7219 dims."""
    return (2 * brightness + 1) / 32


def max7219(modules: int) -> Draw:
    """40 mA through a dot for an eighth of the time (its row's turn), 8 mA for each chip."""
    return Draw(dot_a=0.040 / 8, rest_a=0.008 * modules)


def ws2812(dots: int, colour: tuple[int, int, int]) -> Draw:
    """20 mA for each of a dot's three lights at full, 1 mA for its chip."""
    return Draw(dot_a=0.020 * sum(colour) / 255, rest_a=0.001 * dots)
