"""What a speaker's settings file holds, and what the hub may change while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from devices.agent.config import AgentConfig
from devices.agent.settings import AgentSettings
from devices.call_speaker.volume import Night, Schedule, Volume

#: How many characters a listener hears in a minute, on average over the hall's sentences. The standards ask for about 110 in talk
#: and at most 180 in calls; single sentences lie up to a tenth above the average.
Pace = Annotated[int, Meta(ge=100, le=160)]
#: Slow speech, as a part of the usual pace.
SLOWER = 0.72
#: How people say 1 in numbers that are called.
One = Literal["幺", "一"]


class SpeakerSettings(AgentSettings, frozen=True, kw_only=True):
    """A loudspeaker of the hall."""

    #: ALSA device as ``aplay -L`` names it
    device: Annotated[str, Meta(min_length=1, max_length=120)] = "default"
    #: characters a minute
    chars_per_min: Pace = 155
    #: 0 deep to 99 high
    pitch: Annotated[int, Meta(ge=0, le=99)] = 45
    #: dB, at most 0
    volume_db: Volume = 0.0
    #: how 1 is said in numbers that are called
    one: One = "幺"
    #: how loud from when on, "09:00 -3, 18:00 -9"; empty: `volume_db` all day
    volumes: Schedule = ""
    #: when nothing is louder than this, whatever the schedule says; empty: never
    night: Night = "20:00-07:30 -12"
    #: English after Mandarin
    english: bool = False
    #: folder of sentences made ahead; null: none
    bank: str | None = None
    #: folder of recordings in the dialect of the place, for slow calls; null: none
    dialect: str | None = None
    #: what rendered sentences may take on the memory card, megabytes; 0 keeps none
    cache_mb: Annotated[int, Meta(ge=0, le=4096)] = 32

    @property
    def cache(self) -> Path:
        """Where rendered sentences are kept."""
        return Path(self.state_dir) / f"{self.member}.voice"


class SpeakerConfig(AgentConfig, frozen=True, kw_only=True):
    """What the hub may change while it runs; None is as in the settings file."""

    chars_per_min: Pace | None = None
    volume_db: Volume | None = None
    volumes: Schedule | None = None
    night: Night | None = None
    english: bool | None = None
    one: One | None = None


def changed(usual: SpeakerSettings, config: SpeakerConfig) -> SpeakerSettings:
    """The settings file's values with what the hub changed of them."""
    wanted = {name: getattr(config, name) for name in SpeakerConfig.__struct_fields__ if name != "log_level"}
    return msgspec.structs.replace(
        usual, **{name: value for name, value in wanted.items() if value is not None}
    )
