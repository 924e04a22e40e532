"""What would help a line that is too long or too slow: computed, and true as things stand.

Rules, the first that finds something wins:

* An empty window that serves the service today and is meant to be staffed now: *open* it.
* A window that works, does not serve it and could call nobody: let it *help*.
* A window that works, does not serve it, and has less than half as many people per window waiting as this service: *re-route* there.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.common import Remedy
from hall.messages.facts import Suggestion
from hub.domain import calendar
from hub.domain.state import State


def remedy(s: State, service: str, at: datetime) -> Suggestion | None:
    """What would help the line of a service; None: nothing that the hall knows."""
    empty = _empty(s, service, at)
    if empty is not None:
        return Suggestion(what=Remedy.OPEN_WINDOW, window=empty, service=service)
    others = [
        plan.window
        for plan in s.plan.windows
        if s.windows[plan.window].working and not _has(s, plan.window, service)
    ]
    idle = next((number for number in others if not s.waits_for(s.windows[number])), None)
    if idle is not None:
        return Suggestion(what=Remedy.HELPER, window=idle, service=service)
    quiet = min(others, key=lambda number: (_load(s, number), number), default=None)
    here = s.waiting(service) / max(1, len(s.working.get(service, ())))
    if quiet is not None and 2 * _load(s, quiet) < here:
        return Suggestion(what=Remedy.REROUTE, window=quiet, service=service)
    return None


def longest(s: State) -> str | None:
    """The service with most people per open window."""
    loads = {x: s.waiting(x) / max(1, len(s.working.get(x, ()))) for x in s.plan.services}
    return max(loads, key=lambda x: loads[x]) if any(loads.values()) else None


def _has(s: State, window: int, service: str) -> bool:
    profile = s.profile(window)
    return service in profile.serves or service in profile.helps


def _empty(s: State, service: str, at: datetime) -> int | None:
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    for plan in s.serving(service):
        meant = hours is None or (
            (not hours.windows or plan.window in hours.windows) and hours.lunch_at(at, plan.window) is None
        )
        if meant and s.windows[plan.window].clerk is None:
            return plan.window
    return None


def _load(s: State, window: int) -> float:
    """People waiting for a window: its own line, and its share of its services' lines."""
    shares = (
        s.in_lines.get(service, 0) / max(1, len(s.working.get(service, ()))) for service in s.pool(window)
    )
    return len(s.windows[window].own) + sum(shares)
