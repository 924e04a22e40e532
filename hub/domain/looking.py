"""What the clock alone makes true: told once, when the hub looks around.

Rules:

* A part of the clockwork says what is true now and was not told yet, as facts from a given number on; told and applied, it says
  nothing more of it.
* It also says when it has something to tell the next time, if nothing else happens: the moment asked about when it has something now.
  Saying so is cheap, so that the hub can ask after everything that happens; nothing is handed in when nothing is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from hall.messages.facts import AnyFact
from hub.domain.state import State


class Part(NamedTuple):
    """One thing that happens by the clock."""

    #: what is to be told at a moment, as facts from this number on
    tell: Callable[[State, datetime, int], Sequence[AnyFact]]
    #: when there is something to tell
    due: Callable[[State, datetime], datetime | None]


def look_around(s: State, at: datetime, parts: Iterable[Part]) -> list[AnyFact]:
    """Everything that is due."""
    told: list[AnyFact] = []
    for part in parts:
        due = part.due(s, at)
        if due is not None and due <= at:
            told += part.tell(s, at, s.n + 1 + len(told))
    return told


def next_look(s: State, at: datetime, parts: Iterable[Part]) -> datetime | None:
    """The first moment at which something is due."""
    return min((due for part in parts if (due := part.due(s, at)) is not None), default=None)
