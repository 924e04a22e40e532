"""``hall rules replay``: a recorded day under another policy, waits side by side.

Three columns: what was recorded; the same day replayed under the policy it had, which shows how far simulated clerks are from the real
ones; and replayed under the other policy. Compare the last two with each other. What this cannot know stands below every table.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from hall.errors import BadSettings
from hall.plan import HallPlan, HoursPlan, LanePlan, ServicePlan, WindowPlan
from hall.policy import Policy, problems
from hall.settings import load
from hall.text import Text
from hub.domain.ticket import APPOINTMENT, NORMAL
from hub.rules.clerks import first_calls
from hub.rules.recorded import Person, Recording, read

CANNOT_KNOW: Final = (
    "whether another window or clerk would have taken just as long: each person brings the handling time that was recorded",
    "who would have waited, come back or gone under other waits: people come, are absent and give up when they did",
    (
        "why a clerk called somebody by name, parked a ticket or let a minute pass: simulated clerks call by the order, after the window's"
        " usual gap of that day, and handle a parked person in one go"
    ),
    "what was done at the guide desk: who was sent there is done with the windows",
    (
        "how those wait who wait in no lane: who was seated directly or came back with a missing-papers slip takes a window's time here,"
        " but is not counted"
    ),
)
INFERRED: Final = "which services a window prefers: without --settings a window serves what it was seen to serve that day, those called most first"


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """Waits from arrival (or the booked time) to the first call, in seconds."""

    n: int
    #: people who were never called
    uncalled: int
    p50_s: int | None = None
    p90_s: int | None = None
    max_s: int | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One lane of one service."""

    service: str
    lane: str
    recorded: Waits
    same_policy: Waits
    other_policy: Waits


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The answer as ``--json`` prints it."""

    day: str
    people: int
    rows: tuple[Row, ...]
    cannot_know: tuple[str, ...]


def run(store: str, day: str, policy: Path, settings: Path | None, *, json: bool) -> int:
    """Print the comparison; the exit code."""
    other = load(policy, Policy)
    hall = None if settings is None else load(settings, HallPlan)
    recording = read(store, day)
    plan = _seen(recording, [other]) if hall is None else hall
    for key, expected in problems(other, services=plan.services, lanes=plan.lanes):
        raise BadSettings(str(policy), key, expected)
    found = report(recording, plan, other, inferred=hall is None)
    print(msgspec.json.encode(found).decode() if json else table(found))  # noqa: T201 - the command's answer
    return 0


def report(recording: Recording, plan: HallPlan, other: Policy, *, inferred: bool = False) -> Report:
    """The day recorded, replayed under its own policy and under the other one."""
    own = plan.policy if recording.policy is None else recording.policy
    same = first_calls(recording, plan, own, changes=True)
    new = first_calls(recording, plan, other, changes=False)
    recorded = {p.ticket: p.first_called for p in recording.people if p.first_called is not None}
    groups: dict[tuple[str, str], list[Person]] = {}
    for person in (person for person in recording.people if not person.aside):
        groups.setdefault((person.service, person.lane), []).append(person)
    rows = [
        Row(
            service=service,
            lane=lane,
            recorded=_waits(people, recorded),
            same_policy=_waits(people, same),
            other_policy=_waits(people, new),
        )
        for (service, lane), people in sorted(groups.items())
    ]
    known = (*CANNOT_KNOW, INFERRED) if inferred else CANNOT_KNOW
    return Report(
        day=recording.day, people=sum(map(len, groups.values())), rows=tuple(rows), cannot_know=known
    )


def _waits(people: Sequence[Person], called: dict[str, datetime]) -> Waits:
    waits = sorted(
        max(0, round((called[p.ticket] - p.since).total_seconds())) for p in people if p.ticket in called
    )
    if not waits:
        return Waits(n=0, uncalled=len(people))
    return Waits(
        n=len(waits),
        uncalled=len(people) - len(waits),
        p50_s=_rank(waits, 50),
        p90_s=_rank(waits, 90),
        max_s=waits[-1],
    )


def _rank(waits: Sequence[int], percent: int) -> int:
    """The nearest rank: so many percent waited no longer."""
    return waits[max(0, -(-len(waits) * percent // 100) - 1)]


def _seen(recording: Recording, policies: Iterable[Policy]) -> HallPlan:
    """A hall as the day itself shows it."""
    services = dict(recording.letters)
    lanes = dict.fromkeys([NORMAL, APPOINTMENT, *(person.lane for person in recording.people)])
    for policy in [*policies, *([recording.policy] if recording.policy else [])]:
        lanes |= dict.fromkeys([*policy.weights, *policy.heart_lanes])
    return HallPlan(
        id="replay",
        name=Text(zh="重放", en="Replay"),
        timezone="UTC",
        hotline="-",
        supervision="-",
        hours=HoursPlan(always=True),
        services={
            service: ServicePlan(letter=letter, name=Text(zh="业务", en="service"), target_min=10)
            for service, letter in services.items()
        },
        windows=tuple(
            WindowPlan(window=window, serves=tuple(s for s in seen if s in services))
            for window, seen in sorted(recording.served.items())
        ),
        lanes={lane: LanePlan() for lane in lanes},
    )


# ---------------------------------------------------------------- the table

_HEAD: Final = ("recorded", "same policy, replayed", "other policy, replayed")


def table(found: Report) -> str:
    """The report for a terminal; times as minutes and seconds."""
    lines = [["service", "lane", *(f"{what}" for _ in _HEAD for what in ("n", "p50", "p90", "max", "left"))]]
    for row in found.rows:
        cells = [row.service, row.lane]
        for waits in (row.recorded, row.same_policy, row.other_policy):
            cells += [
                str(waits.n),
                *map(_clock, (waits.p50_s, waits.p90_s, waits.max_s)),
                str(waits.uncalled),
            ]
        lines.append(cells)
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    first = sum(widths[:2]) + 4
    groups = [sum(widths[2 + 5 * i : 7 + 5 * i]) + 8 for i in range(3)]
    head = " " * first + "  ".join(title.ljust(width) for title, width in zip(_HEAD, groups, strict=True))
    body = ["  ".join(_pad(cell, width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    known = [f"- {sentence}" for sentence in found.cannot_know]
    title = f"{found.day}: {found.people} people; minutes from arrival or booked time to the first call"
    return "\n".join([title, "", head.rstrip(), *body, "", "What this cannot know:", *known])


def _clock(seconds: int | None) -> str:
    return "-" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
