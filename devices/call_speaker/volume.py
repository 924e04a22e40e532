"""How loud the speaker is at what time of day.

Rules:

* The schedule says from when on what is taken from the level of the sound; before its first time of a day the last one's holds, and
  without a schedule the usual volume.
* At night nothing is louder than the night's limit, whatever schedule and volume say. A night may pass midnight.
* An order to leave is as loud as the device can be: no schedule and no night makes it quieter.

Both are written as one line, in the settings file and by the hub: ``09:00 -3, 18:00 -9`` and ``20:00-07:30 -12``; an empty line is
none.
"""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Final

from msgspec import Meta

_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_DB: Final = r"(?:-(?:[0-9]|[1-3][0-9]|40)(?:\.[0-9])?|0)"

#: What is taken from the level of the sound, in dB; loudness itself is the amplifier's knob.
Volume = Annotated[float, Meta(ge=-40.0, le=0.0)]
#: From when on how loud: ``09:00 -3, 18:00 -9``.
Schedule = Annotated[str, Meta(pattern=rf"^(?:{_CLOCK} {_DB}(?:, {_CLOCK} {_DB})*)?$(?!\n)", max_length=200)]
#: From when to when it is night, and how loud it may be then: ``20:00-07:30 -12``.
Night = Annotated[str, Meta(pattern=rf"^(?:{_CLOCK}-{_CLOCK} {_DB})?$(?!\n)")]
EVACUATION_DB: Final[Volume] = 0.0


def volume_at(clock: time, usual: float, schedule: Schedule, night: Night) -> float:
    """What is taken from the level at this time of day, dB."""
    now = f"{clock:%H:%M}"
    volume = usual
    if schedule:
        entries = sorted(entry.split(" ") for entry in schedule.split(", "))
        begun = [entry for entry in entries if entry[0] <= now]
        volume = float((begun or entries)[-1][1])
    if not night:
        return volume
    begins, ends, limit = re.split("[- ]", night, maxsplit=2)
    is_night = begins <= now < ends if begins <= ends else now >= begins or now < ends
    return min(volume, float(limit)) if is_night else volume
