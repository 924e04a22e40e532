"""What stands on the eight digits, a pure function of what is known. A dot belongs to the character before it.

The number is at the left, how many wait at the right. A dot behind the number: called, and nobody has sat down yet.
"""

from __future__ import annotations

from typing import Final

from hall.messages.common import WindowState
from hall.messages.wants import Counter

AWAY: Final = "OFFLInE"
UNKNOWN: Final = "--------"
SENT: Final = "____"
ALL: Final = "8.8.8.8.8.8.8.8."
ABSENT: Final = "AbSEnt"
NO: Final = "no"
#: what a clerk reads when the hub says no; everything else is `NO`
REFUSED: Final = {
    "nobody-waiting": "nonE",
    "window-busy": "bUSY",
    "recall-too-soon": "SOOn",
    "no-show-too-soon": "SOOn",
    "recall-limit": "EnOUGH",
    "not-called": "nOt CALL",
    "not-seated": "CLOSEd",
    "people-waiting": "PEOPLE",
    "already-started": "bUSY",
}
#: what came of a self-test
PASSED: Final = "PASS"
FAILED: Final = "FAIL"
MOST = 99


def face(counter: Counter | None) -> str:
    """The window as the hub says it is; before it has said anything, strokes."""
    if counter is None:
        return UNKNOWN
    match counter.state:
        case WindowState.CLOSED:
            return "CLOSEd"
        case WindowState.PAUSED if counter.number is None:
            return _beside("PAUSE", counter.waiting)
        case WindowState.IDLE:
            return _beside("----", counter.waiting)
        case WindowState.CALLED:
            return _beside(f"{counter.number}.", counter.waiting)
        case _:
            return _beside(counter.number or "----", counter.waiting)


def refusal(code: str | None) -> str:
    """The word for a no."""
    return REFUSED.get(code or "", NO)


def whoami(window: int) -> str:
    """The window's number between strokes."""
    return f"-- {window:<3}--"


def _beside(left: str, waiting: int) -> str:
    """Both ends of the digits; what does not fit into two is shown as the most that does."""
    dots = left.count(".")
    return f"{left:<{5 + dots}} {min(waiting, MOST):>2}"
