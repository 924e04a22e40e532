"""What the hall learns of its own pace from what happens (apply only); see :mod:`hub.domain.turns`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from hall.messages.facts import TicketCalled
from hub.domain.moments import SECOND, Micros, micros, seconds
from hub.domain.state import Of, State, Window
from hub.domain.ticket import APPOINTMENT, NORMAL, Ticket
from hub.domain.turns import Track, turns

#: A window that is free longer than this while somebody waits is not between two people.
_BETWEEN: Final[Micros] = 300 * SECOND
#: Shorter waits are of another kind: no wait, and a short one.
_NOW_S: Final = 60
_SOON_S: Final = 600
#: So many turns of a situation cross the night.
_NIGHT: Final = 16
#: No turn counts for more.
_LONGEST_S: Final = 3 * 3600


def kind(lane: str, expected_s: float) -> str:
    """Of which kind a forecast is: each has a track of its own."""
    if lane == APPOINTMENT:
        return "booked"
    if lane != NORMAL:
        return "favoured"
    return "now" if expected_s < _NOW_S else "soon" if expected_s < _SOON_S else "line"


def on_called(s: State, window: Window, ticket: Ticket, fact: TicketCalled) -> None:
    """A turn begins, and the first call of a ticket shows how good its forecast was. Before anything else is changed by the call."""
    now = micros(fact.at)
    waited_before = ticket.key[0] <= window.freed_us and 0 < now - window.freed_us <= _BETWEEN
    window.taken_us = window.freed_us if waited_before else now
    issued = ticket.issued
    if micros(issued.at) < s.opened_us:  # a night lay between, which nobody had forecast
        return
    if ticket.step > 0 or fact.chosen or fact.seated or issued.offline or issued.expected_s is None:
        return
    if issued.wait_min_s is None or issued.wait_max_s is None or issued.service != fact.service:
        return
    waited_s = max(0, now - ticket.stands[0]) / SECOND
    key = (issued.service, kind(issued.lane, issued.expected_s))
    s.tracks[key] = s.tracks.get(key, Track()).after(
        below_low=waited_s < issued.wait_min_s,
        below_middle=waited_s < issued.expected_s,
        below_high=waited_s <= issued.wait_max_s,
    )


def on_freed(s: State, window: Window, ticket: Ticket, at: datetime) -> None:
    """The window is free: so long did this turn take it."""
    now = micros(at)
    took_s = seconds(now - window.taken_us)
    window.freed_us = now
    if ticket.carry or window.taken_us == 0 or not 0 < took_s <= _LONGEST_S:
        return
    service, situation = ticket.kind
    keys: list[Of] = [service] if situation is None else [service, (service, situation)]
    for key in keys:
        known = s.took.get(key)
        s.took[key] = turns((*(() if known is None else known.recent), took_s))


# ---------------------------------------------------------------- across the night


def kept_turns(s: State) -> list[tuple[str, str | None, list[int]]]:
    """[service, situation or null, seconds]."""
    return [
        (of, None, list(known.recent)) if isinstance(of, str) else (*of, list(known.recent[-_NIGHT:]))
        for of, known in s.took.items()
    ]


def kept_tracks(s: State) -> list[tuple[str, str, float, float, float, int]]:
    """[service, kind, low, middle, high, seen]."""
    return [(*key, t.low, t.middle, t.high, t.seen) for key, t in s.tracks.items()]


def take_in(s: State, kept: list[Any], tracks: list[Any]) -> None:
    """What crossed the night."""
    s.took = {
        service if situation is None else (service, situation): turns(x) for service, situation, x in kept
    }
    s.tracks = {
        (service, kind_): Track(low=low, middle=middle, high=high, seen=seen)
        for service, kind_, low, middle, high, seen in tracks
    }
