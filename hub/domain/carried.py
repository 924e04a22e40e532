"""What crosses the night and is too much for ``DayOpened``: pages of promises, right after it in the same batch.

Rules:

* A page is a list of [kind, values]; each page stays below :data:`MOST_BYTES` on the wire, so that it always fits a message.
* Opening a day forgets everything, and the pages bring it back in the order in which it was written: a hall that replays from the
  last ``DayOpened`` is the hall that lived through the night.
* Whoever owns a kind says here how it is kept and taken in. A kind that a later program no longer knows is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from hall.messages.facts import DayCarried
from hub.domain import appointments, notices, overnight, planning, rollouts, slips
from hub.domain.state import State

#: Of the 64 KiB that a message of the hub may have, with room for whatever surrounds it.
MOST_BYTES: Final = 40_000
#: What surrounds the items of a page.
_AROUND: Final = 200


class Kind(NamedTuple):
    """One kind of thing that crosses the night."""

    #: its values, plain JSON, for the day that begins
    kept: Callable[[State, str], Iterator[dict[str, Any]]]
    take_in: Callable[[State, dict[str, Any]], None]


KINDS: Final[dict[str, Kind]] = {
    "plan": Kind(planning.kept, planning.take_in),
    "rollout": Kind(lambda s, _day: rollouts.kept(s), rollouts.take_in),
    "appointment": Kind(lambda s, _day: appointments.kept(s), appointments.take_in),
    "slip": Kind(slips.kept, slips.take_in),
    "ticket": Kind(overnight.kept, overnight.take_in),
    "notice": Kind(notices.kept, notices.take_in),
}


def pages(s: State, day: str, at: datetime, n: int) -> list[DayCarried]:
    """Everything that crosses the night into `day`, as facts from number `n` on."""
    found: list[list[tuple[str, dict[str, Any]]]] = []
    size = MOST_BYTES
    for item in ((kind, values) for kind, way in KINDS.items() for values in way.kept(s, day)):
        more = len(msgspec.json.encode(item)) + 1
        if size + more > MOST_BYTES:
            found.append([])
            size = _AROUND
        found[-1].append(item)
        size += more
    return [DayCarried(n=n + i, at=at, part=i + 1, items=tuple(items)) for i, items in enumerate(found)]


def on_carried(s: State, fact: DayCarried) -> None:
    """A page is taken in."""
    for kind, values in fact.items:
        if kind in KINDS:
            KINDS[kind].take_in(s, values)
