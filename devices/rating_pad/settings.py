"""A pad's own settings file. Pins are BCM numbers; a key closes to ground, a lamp or the beeper works when its pin is high."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from devices.agent.config import AgentConfig
from devices.agent.settings import AgentSettings
from hall.messages.common import WindowNumber

Pin = Annotated[int, Meta(ge=0, le=27)]
FourPins = tuple[Pin, Pin, Pin, Pin]


class PadPins(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where keys and lamps are wired, as one reads them from the left: 非常满意, 满意, 一般, 不满意."""

    keys: FourPins = (5, 6, 13, 19)
    lamps: FourPins = (12, 16, 20, 21)
    #: an active buzzer; none: the pad is silent
    beeper: Pin | None = 26

    def __post_init__(self) -> None:
        pins = [*self.keys, *self.lamps, *([] if self.beeper is None else [self.beeper])]
        if len(set(pins)) != len(pins):
            raise ValueError("Expected each pin once in keys, lamps and beeper")


class DisplaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Eight seven-segment digits behind a MAX7219, which show window and work number while the pad asks."""

    port: Annotated[int, Meta(ge=0, le=1)] = 0
    device: Annotated[int, Meta(ge=0, le=1)] = 0
    brightness: Annotated[int, Meta(ge=0, le=15)] = 3


class PadSettings(AgentSettings, frozen=True, kw_only=True):
    """A whole pad."""

    window: WindowNumber
    pins: PadPins = PadPins()
    #: none: the label names the window, the window's sign the clerk
    display: DisplaySettings | None = None


class PadConfig(AgentConfig, frozen=True, kw_only=True):
    """What the hub may change while it runs; None is as in the settings file."""

    #: false: thanks are seen and not heard
    beep: bool | None = None
