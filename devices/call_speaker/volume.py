"""How loud the speaker is at what time of day.

Rules:

* The schedule says from when on what is taken from the level of the sound; before its first time of a day the last one's holds, and
  without a schedule the usual volume.
* At night nothing is louder than the night's limit, whatever schedule and volume say. A night may pass midnight.
* An order to leave is as loud as the device can be: no schedule and no night makes it quieter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Annotated

import msgspec
from msgspec import Meta

from hall.plan import ClockTime

#: What is taken from the level of the sound, in dB; loudness itself is the amplifier's knob.
Volume = Annotated[float, Meta(ge=-40.0, le=0.0)]
EVACUATION_DB: Volume = 0.0


class VolumeFrom(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From this time of the hall's day on the speaker is so loud."""

    begins: ClockTime = msgspec.field(name="from")
    volume_db: Volume


class Night(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the neighbours sleep, and how loud it may be then."""

    begins: ClockTime = msgspec.field(name="from", default="20:00")
    ends: ClockTime = msgspec.field(name="to", default="07:30")
    limit_db: Volume = -12.0


def volume_at(clock: time, usual: float, schedule: Sequence[VolumeFrom], night: Night | None) -> float:
    """What is taken from the level at this time of day, dB."""
    now = f"{clock:%H:%M}"
    volume = usual
    if schedule:
        in_order = sorted(schedule, key=lambda entry: entry.begins)
        begun = [entry for entry in in_order if entry.begins <= now]
        volume = (begun or in_order)[-1].volume_db
    return min(volume, night.limit_db) if night is not None and _within(now, night) else volume


def _within(now: str, night: Night) -> bool:
    if night.begins <= night.ends:
        return night.begins <= now < night.ends
    return now >= night.begins or now < night.ends
