"""The policy's order in the hall's own terms: what each lane weighs, who is due, who has waited too long.

Rules:

* A lane weighs what the policy says, 0 when it says nothing. At a heart window the ``heart_lanes`` outweigh every other lane.
* Time is compared in whole seconds: two people who came in the same second came at the same time, and stand by number.
* Somebody *waits since* the time of their place in line: the arrival, or the booked time when that is later; who came back behind
  others waits since the last of those.
* While the policy knows appointments, the lane ``appointment`` is no walk-in lane: who is in it is *due* from ``due_before_s``
  before their time on.
* A ticket whose call nobody answered is *held*: it is not offered again within ``offer_again_after_s`` of that call.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from hall.policy import Policy
from hub.domain.moments import SECOND, Micros
from hub.domain.ticket import APPOINTMENT, NORMAL, LineKey, Ticket

#: More than any lane can weigh.
HEART: Final = 1000
#: Before everybody, and after everybody, at one microsecond.
_FIRST: Final = -(2**62)
NEVER: Final[LineKey] = (_FIRST, _FIRST)
ALWAYS: Final[LineKey] = (2**62, 2**62)


class Rule:
    """The order of one policy for lanes of these names."""

    __slots__ = ("cap", "head_start_us", "hold_us", "lanes", "policy", "walk", "weighted")

    def __init__(self, policy: Policy, names: Iterable[str]) -> None:
        """`names` are the hall's lanes; those the policy names come first."""
        self.policy = policy
        #: every lane, as listed
        self.lanes = tuple(dict.fromkeys([*policy.weights, *names, NORMAL]))
        special = APPOINTMENT if policy.appointment is not None else None
        walk = [lane for lane in self.lanes if lane != special]
        #: walk-in lanes, heaviest first, ties as listed
        self.walk = tuple(sorted(walk, key=lambda lane: -self.weight(lane)))
        #: those of them with a weight
        self.weighted = tuple(lane for lane in self.walk if self.weight(lane) > 0)
        self.cap = policy.streak_cap
        self.head_start_us: Micros = policy.head_start_min * 60 * SECOND
        self.hold_us: Micros = policy.offer_again_after_s * SECOND

    def weight(self, lane: str) -> int:
        """What a lane weighs."""
        return self.policy.weights.get(lane, 0)

    def rank(self, lane: str, *, heart: bool) -> int:
        """What it weighs at a window; equal ranks are one line by arrival."""
        return self.weight(lane) + (HEART if heart and lane in self.policy.heart_lanes else 0)

    def is_apart(self, lane: str) -> bool:
        """Whether the lane is that of appointments, which are due or not due."""
        return lane == APPOINTMENT and self.policy.appointment is not None

    def due_below(self, now: Micros) -> LineKey:
        """Who stands before this key in the lane of appointments is due."""
        before_s = 0 if self.policy.appointment is None else self.policy.appointment.due_before_s
        return _below(now // SECOND + before_s)

    def starved_below(self, now: Micros) -> LineKey:
        """Who stands before this key has waited ``starvation_min``."""
        minutes = self.policy.starvation_min
        return NEVER if minutes is None else _below(now // SECOND - minutes * 60)

    def may_be_offered(self, ticket: Ticket, now: Micros) -> bool:
        """Whether no call of it went unanswered just now. A clock that was set back holds nobody."""
        called = ticket.unanswered_us
        return called is None or not 0 <= now - called < self.hold_us

    def score(self, lane: str, key: LineKey, now: Micros) -> int:
        """(weight + 1) × seconds waited."""
        return (self.weight(lane) + 1) * max(0, now // SECOND - key[0] // SECOND)

    def seen_from(self, key: LineKey, place: int) -> LineKey:
        """A place in line as a window sees it whose order names the service at `place` (0 first)."""
        return (key[0] + place * self.head_start_us, key[1])

    def lane_for(self, lane: str, slot: datetime | None, at: datetime) -> str:
        """The lane of somebody who comes at `at`: a late appointment is in the normal one."""
        appointment = self.policy.appointment
        if slot is None or appointment is None or lane != APPOINTMENT:
            return lane
        return NORMAL if at > slot + timedelta(minutes=appointment.late_after_min) else lane


def _below(second: int) -> LineKey:
    """The key before which everybody stands who came up to the end of this second."""
    return ((second + 1) * SECOND, _FIRST)
