"""What the phone pages hand on to the cases room; where there is none, they do not ask.

Reasons and phone numbers go this way and no other: never into a fact, a log or the audit.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from hub.console.cases import intake
from hub.console.cases.room import Cases

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
    clerk: str
    reasons: tuple[str, ...]
    words: str
    phone: str


class After(Protocol):
    """Somebody who follows up. Both give the reference under which one can ask for it, and raise ``HallError``."""

    async def complaint(self, said: Complaint) -> str:
        """Keep it with the case that the rating opened."""

    async def idea(self, words: str, phone: str) -> str:
        """Keep what came from the suggestion page."""


class ToCases:
    """The cases room follows up."""

    def __init__(self, cases: Cases) -> None:
        """`cases` of this hall."""
        self._cases = cases

    async def complaint(self, said: Complaint) -> str:
        """See :class:`After`."""
        return await self._cases.open(
            intake.rated_by_phone(
                ticket=said.ticket,
                step=said.step,
                number=said.number,
                window=said.window,
                clerk=said.clerk,
                reasons=said.reasons,
                words=said.words,
                phone=said.phone,
            )
        )

    async def idea(self, words: str, phone: str) -> str:
        """See :class:`After`."""
        return await self._cases.open(intake.suggestion(words, phone=phone))
