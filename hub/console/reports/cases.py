"""What reports ask of whoever keeps the cases; without them a report leaves those figures out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from hall.messages.common import Day


class CaseFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Cases that were opened in a range of days, both ends included, as they stand now."""

    #: by kind of case, as the cases' own keys
    opened: dict[str, int]
    closed: int
    open: int
    #: open, and past their deadline
    overdue: int
    #: closed after their deadline
    late: int
    #: opened by a bad rating; whom somebody has called back; to whom somebody spoke before they left the hall
    bad_ratings: int = 0
    called_back: int = 0
    spoken_to: int = 0
    #: from opening to closing, in the hall's working time
    median_closing_s: int | None = None


class CaseBook(Protocol):
    """Where cases are kept; called in a thread that may wait."""

    def figures(self, first: Day, last: Day) -> CaseFigures:
        """Cases opened on these days."""

    def reasons(self, first: Day, last: Day) -> Mapping[tuple[str, int], tuple[str, ...]]:
        """Reason codes that people gave for a rating of these days, by ticket and step."""
