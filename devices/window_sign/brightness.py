"""How bright a sign is by the time of day. Pure.

Rules:

* The entry that began last counts, also past midnight: the last one of the day is the night's, until the first of the morning.
* Without entries, and while the wall clock is wrong, the panel is as bright as its settings say.
* Times are the hall's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from hall.clock import Seconds

Brightness = Annotated[int, Meta(ge=0, le=15)]
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class From(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From this time of day on, this bright."""

    at: ClockTime
    brightness: Brightness


Schedule = Annotated[tuple[From, ...], Meta(max_length=24)]


def brightness(schedule: Sequence[From], usual: int, now: datetime) -> int:
    """What holds at `now`, a moment in the hall's zone."""
    if not schedule:
        return usual
    clock = now.strftime("%H:%M")
    begun = [entry for entry in schedule if entry.at <= clock]
    return max(begun or schedule, key=lambda entry: entry.at).brightness


def next_change(schedule: Sequence[From], now: datetime) -> Seconds | None:
    """Seconds until the next entry begins; None without entries."""
    if not schedule:
        return None
    begins = (datetime.combine(now.date(), time.fromisoformat(entry.at), now.tzinfo) for entry in schedule)
    moments = (moment if moment > now else moment + timedelta(days=1) for moment in begins)
    return min((moment - now).total_seconds() for moment in moments)
