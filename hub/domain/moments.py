"""Time as the hall keeps it: whole microseconds since 1970 inside, aware datetimes at the seams."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

Micros = int

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
SECOND: Micros = 1_000_000


def micros(at: datetime) -> Micros:
    """`at` (aware) as microseconds since 1970."""
    return (at - _EPOCH) // _MICRO


def moment(us: Micros, zone: tzinfo) -> datetime:
    """Microseconds since 1970 as a datetime in `zone`."""
    return (_EPOCH + timedelta(microseconds=us)).astimezone(zone)


def seconds(us: Micros) -> int:
    """Whole seconds of a duration, begun ones counted; never negative."""
    return max(0, -(-us // SECOND))
