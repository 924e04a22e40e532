"""A sign's own settings file."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from devices.agent.config import AgentConfig
from devices.agent.settings import AgentSettings
from devices.parts import power
from devices.window_sign.brightness import Brightness, Schedule
from hall.messages.common import WindowNumber

Light = Annotated[int, Meta(ge=0, le=255)]
HEIGHT = 16


class PanelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The LED panel, 16 dots high: MAX7219 modules in one chain, module 0 next to the Pi at the top left, or a strip of WS2812."""

    kind: Literal["max7219", "ws2812"] = "max7219"
    width: Annotated[int, Meta(ge=64, le=256, multiple_of=8)] = 128
    #: MAX7219: how the modules are wired: 0 generic, -90 or 90 FC-16, 180; a wrong one shows garbage (``hall device sign --probe``)
    block_orientation: Literal[0, 90, -90, 180] = -90
    #: MAX7219: DOUT of the last module goes home to MISO, so that a cut chain is noticed
    wired_back: bool = False
    #: WS2812: how the strip is folded, in bands of how many rows, and its colour (red, green, blue)
    layout: Literal["rows", "rows-serpentine", "columns", "columns-serpentine"] = "columns-serpentine"
    strip_height: Literal[8, 16] = 16
    colour: tuple[Light, Light, Light] = (255, 160, 32)
    #: SPI bus and chip select
    port: Annotated[int, Meta(ge=0, le=1)] = 0
    device: Annotated[int, Meta(ge=0, le=1)] = 0
    #: 0 (dim) … 15
    brightness: Brightness = 4
    #: brightness by the hall's clock, in place of `brightness`: the last entry of the day holds through the night
    schedule: Schedule = ()
    #: amperes the supply bears for this panel: it dims rather than ask for more; none: no limit
    limit_a: Annotated[float, Meta(gt=0)] | None = None

    @property
    def draw(self) -> power.Draw:
        """What the panel takes from its supply."""
        dots = self.width * HEIGHT
        return power.max7219(dots // 64) if self.kind == "max7219" else power.ws2812(dots, self.colour)

    def __post_init__(self) -> None:
        self.draw.check_limit((self.width, HEIGHT), self.limit_a)


class SignSettings(AgentSettings, frozen=True, kw_only=True):
    """A whole sign."""

    window: WindowNumber
    panel: PanelSettings = PanelSettings()
    #: where the way out is, as seen by people who read this sign; none: the evacuation page has no arrow
    exit_to: Literal["left", "right", "up", "down"] | None = None


class SignConfig(AgentConfig, frozen=True, kw_only=True):
    """What the hub may change while it runs; None is as in the settings file."""

    brightness: Brightness | None = None
    #: an empty one: `brightness` all day
    schedule: Schedule | None = None
