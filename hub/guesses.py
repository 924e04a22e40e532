"""Codes that nobody holds: a member may try only so many a minute.

Here and not in the domain, because a refusal is no fact: it changes nothing in the hall, and a replay would not know of it. It is
counted per member, for the hub knows who a member is and not who stands before it; a page that speaks for many people keeps
its own count for each of them.
"""

from __future__ import annotations

from collections import deque

from hall.clock import Seconds
from hall.errors import Refused
from hall.text import Text

#: So many misses, and then none until the first of them is so old.
MISSES, WITHIN_S = 5, 60.0
_MISSED = frozenset({"unknown-code", "ambiguous-code"})
TOO_MANY = Text(
    zh="对不起，号码多次不对，请一分钟后再试，或找引导台",
    en="sorry, that was not right several times; please try again in a minute, or ask the guide desk",
)


class Guesses:
    """Who missed when."""

    def __init__(self) -> None:
        self._misses: dict[str, deque[Seconds]] = {}

    def check(self, member: str, now: Seconds) -> None:
        """Refuses ``too-many-tries``."""
        misses = self._misses.get(member)
        if misses is not None and len(misses) == MISSES and now - misses[0] < WITHIN_S:
            raise Refused("too-many-tries", TOO_MANY)

    def note(self, member: str, code: str, now: Seconds) -> None:
        """A check-in of this member was refused with `code`."""
        if code in _MISSED:
            self._misses.setdefault(member, deque(maxlen=MISSES)).append(now)
