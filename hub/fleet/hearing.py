"""At which speakers a sentence is said.

Rules:

* Notices and an order to leave are said everywhere, and so is what names no window.
* What sends somebody to a window (calls and recalls) is said by the speakers that serve it: those of its zone, those of the window
  itself, and those that have neither, which serve the whole hall.
* A person is never called into silence: where none of these speakers works, all that do say it, and where none does, all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from hall.messages.common import MemberKind, MemberState
from hall.plan import HallPlan, MemberPlan
from hub.domain import voice
from hub.domain.hall import Hall

_WORKS = frozenset({MemberState.READY, MemberState.DEGRADED})
_SENDS = frozenset({voice.CALL, voice.RECALL})


def speakers(hall: Hall, said: voice.Announcement) -> list[str]:
    """Members that say it, in the plan's order."""
    plan = hall.plan
    everywhere = [name for name, entry in plan.members.items() if entry.kind is MemberKind.SPEAKER]
    if said.window is None or said.rank not in _SENDS:
        return everywhere
    near = [name for name in everywhere if serves(plan, plan.members[name], said.window)]
    return _working(hall, near) or _working(hall, everywhere) or near or everywhere


def serves(plan: HallPlan, speaker: MemberPlan, window: int) -> bool:
    """Whether calls to this window are this speaker's."""
    if speaker.window is None and not speaker.zones:
        return True
    zone = next((entry.zone for entry in plan.windows if entry.window == window), "")
    return speaker.window == window or zone in speaker.zones


def _working(hall: Hall, names: Sequence[str]) -> list[str]:
    """Those of them that play, if one does: a broken speaker beside a working one is told too, for it may be back in a second."""
    return list(names) if any(hall.devices.get(name) in _WORKS for name in names) else []
