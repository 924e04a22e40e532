"""Lines: who stands before whom.

Rules:

* A service has one line per lane, a window has a line of its own for those sent to it, and the guide desk has a list. No policy
  moves anybody from one line to another.
* A line is kept sorted by key. Who joins without a rule that says otherwise stands by arrival, or by the booked time when that is
  later. *Behind others* takes the key of the last of them, after everybody who was placed there before; *to the front* stands
  before everybody.
* Nothing here looks at every ticket: finding a place is a binary search in one line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from hub.domain.ticket import LineKey, Ticket


class Line:
    """People in order. `join` and `leave` change it; everything else only looks."""

    __slots__ = ("_keys", "_people", "unanswered")

    def __init__(self) -> None:
        self._keys: list[LineKey] = []
        self._people: list[Ticket] = []
        #: those who wait again after a call that nobody answered
        self.unanswered: list[Ticket] = []

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def people(self) -> tuple[Ticket, ...]:
        """Everybody, first in line first."""
        return tuple(self._people)

    @property
    def head(self) -> Ticket | None:
        """Whoever is first."""
        return self._people[0] if self._people else None

    def first(self, may_be_offered: Callable[[Ticket], bool]) -> Ticket | None:
        """Whoever is first among those who may be offered."""
        if not self.unanswered:
            return self.head
        return next((ticket for ticket in self._people if may_be_offered(ticket)), None)

    def offered_before(self, key: LineKey, may_be_offered: Callable[[Ticket], bool]) -> int:
        """How many who may be offered stand before `key`."""
        held = sum(ticket.key < key and not may_be_offered(ticket) for ticket in self.unanswered)
        return self.place_of(key) - held

    def offered(self, may_be_offered: Callable[[Ticket], bool]) -> list[LineKey]:
        """Where those stand who may be offered."""
        if not self.unanswered:
            return self._keys.copy()
        return [ticket.key for ticket in self._people if may_be_offered(ticket)]

    def place_of(self, key: LineKey) -> int:
        """How many stand before `key`."""
        return bisect_left(self._keys, key)

    def behind(self, others: int, n: int) -> int:
        """Position (1 = next) of somebody who comes back with fact `n` behind so many `others`."""
        before = min(others, len(self))
        return 1 if before == 0 else self.place_of((self._keys[before - 1][0], n)) + 1

    def key_at(self, position: int, n: int, arrival: LineKey) -> LineKey:
        """The key that stands at `position` for somebody placed there with fact `n`."""
        before = min(position - 1, len(self))
        if before > 0:
            return (self._keys[before - 1][0], n)
        if not self._keys or arrival < self._keys[0]:
            return arrival
        return (self._keys[0][0], -n)

    def key_before(self, place: int, n: int, arrival: LineKey) -> LineKey:
        """The key right before whoever stands at `place` (0 first), for somebody placed there with fact `n`."""
        if place >= len(self):
            last = self._keys[-1] if self._keys else None
            return arrival if last is None or arrival > last else (last[0], n)
        after, before = self._keys[place], self._keys[place - 1] if place else None
        key = (after[0] - 1, n)
        if before is None or key > before:
            return key
        if before[0] == after[0] and before[1] + 1 < after[1]:
            return (before[0], before[1] + 1)
        return self.key_before(place - 1, n, arrival)

    def join(self, ticket: Ticket, key: LineKey) -> None:
        """Stand in line at `key`."""
        at = self.place_of(key)
        self._keys.insert(at, key)
        self._people.insert(at, ticket)
        ticket.key = key
        if ticket.unanswered_us is not None:
            self.unanswered.append(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Go out of the line."""
        at = self.place_of(ticket.key)
        del self._keys[at]
        del self._people[at]
        if ticket.unanswered_us is not None:
            self.unanswered = [other for other in self.unanswered if other is not ticket]
