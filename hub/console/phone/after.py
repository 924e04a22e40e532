"""What the phone pages hand on to whoever follows it up; where nobody does, they do not ask.

Reasons and phone numbers go this way and no other: never into a fact, a log or the audit.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

#: Why a rating was bad, as codes; each has a word ``phone.reason.<code>``.
REASONS: Final = ("waiting", "manner", "unclear", "trips", "slow", "result", "place", "other")
#: Most characters of what somebody writes.
WORDS_MOST: Final = 500


class Complaint(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody rated a service step badly."""

    ticket: str
    number: str
    step: int
    window: int
    reasons: tuple[str, ...]
    words: str
    phone: str | None


class Idea(msgspec.Struct, frozen=True, kw_only=True):
    """A suggestion or a complaint from the suggestion page."""

    words: str
    phone: str | None


class After(Protocol):
    """Somebody who follows up."""

    async def complaint(self, said: Complaint) -> None:
        """Keep it with the case that the rating opened. Raises ``HallError``."""

    async def idea(self, said: Idea) -> str:
        """Keep it; the reference under which one can ask for it. Raises ``HallError``."""
