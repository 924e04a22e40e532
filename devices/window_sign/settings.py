"""A sign's own settings file."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from devices.agent.config import AgentConfig
from devices.agent.settings import AgentSettings
from hall.messages.common import WindowNumber


class PanelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The LED panel: MAX7219 modules in one chain, 16 dots high, module 0 next to the Pi at the top left."""

    width: Annotated[int, Meta(ge=64, le=256, multiple_of=8)] = 128
    #: how the modules are wired: 0 generic, -90 or 90 FC-16, 180; a wrong one shows garbage
    block_orientation: Literal[0, 90, -90, 180] = -90
    #: SPI bus and chip select
    port: Annotated[int, Meta(ge=0, le=1)] = 0
    device: Annotated[int, Meta(ge=0, le=1)] = 0
    #: 0 (dim) … 15
    brightness: Annotated[int, Meta(ge=0, le=15)] = 4


class SignSettings(AgentSettings, frozen=True, kw_only=True):
    """A whole sign."""

    window: WindowNumber
    panel: PanelSettings = PanelSettings()
    #: where the way out is, as seen by people who read this sign; none: the evacuation page has no arrow
    exit_to: Literal["left", "right", "up", "down"] | None = None


class SignConfig(AgentConfig, frozen=True, kw_only=True):
    """What the hub may change while it runs; None is as in the settings file."""

    brightness: Annotated[int, Meta(ge=0, le=15)] | None = None
