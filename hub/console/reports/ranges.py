"""Ranges of days that people ask for by name."""

from __future__ import annotations

from datetime import date, timedelta
from enum import Enum
from typing import NamedTuple

from hall.messages.common import Day


class Range(NamedTuple):
    """Days, both ends included."""

    first: Day
    last: Day


class Named(Enum):
    """A range by its name; week and month are the running ones, Monday first."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


def named(name: Named, today: date) -> Range:
    """What `name` means on this day."""
    first, last = today, today
    match name:
        case Named.TODAY:
            pass
        case Named.YESTERDAY:
            first = last = today - timedelta(days=1)
        case Named.WEEK:
            first = today - timedelta(days=today.weekday())
        case Named.MONTH:
            first = today.replace(day=1)
        case Named.YEAR:
            first = today - timedelta(days=364)
    return Range(first.isoformat(), last.isoformat())
