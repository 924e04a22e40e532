"""A call key's own settings file. Pins are BCM numbers; a key closes to ground."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from devices.agent.config import AgentConfig
from devices.agent.settings import AgentSettings
from hall.messages.common import Line, WindowNumber

Pin = Annotated[int, Meta(ge=0, le=27)]
Brightness = Annotated[int, Meta(ge=0, le=15)]
#: a reason that every hall's clerks know
REASON = "暂时离开"


class CallKeyPins(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the three keys are wired, from the left: next, recall, pause."""

    next: Pin = 5
    recall: Pin = 6
    pause: Pin = 13

    def __post_init__(self) -> None:
        if len({self.next, self.recall, self.pause}) != 3:
            raise ValueError("Expected another pin for each of next, recall and pause")


class DigitsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Eight seven-segment digits behind one MAX7219, on an SPI bus."""

    port: Annotated[int, Meta(ge=0, le=1)] = 0
    device: Annotated[int, Meta(ge=0, le=1)] = 0
    #: 0 (dim) … 15
    brightness: Brightness = 4


class CallKeySettings(AgentSettings, frozen=True, kw_only=True):
    """A whole call key."""

    window: WindowNumber
    pins: CallKeyPins = CallKeyPins()
    digits: DigitsSettings = DigitsSettings()
    #: what the pause key gives as its reason; where a hall names the reasons, one of them
    pause_reason: Line = REASON


class CallKeyConfig(AgentConfig, frozen=True, kw_only=True):
    """What the hub may change while it runs; None is as in the settings file."""

    brightness: Brightness | None = None
    pause_reason: Line | None = None
