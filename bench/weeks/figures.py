"""What the told waits were worth: coverage of the ranges, and how far off the likeliest wait was, beside the naive one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isnan
from statistics import median
from typing import NamedTuple

from bench.weeks.hall import Told


class Figures(NamedTuple):
    """Of one group of people."""

    name: str
    people: int
    #: to whom a range was told
    told: int
    covered: float
    width_min: float
    error_min: float
    #: median error of ahead × mean ÷ windows, for the same people
    naive_min: float
    waited_min: float


def figures(name: str, people: Sequence[Told]) -> Figures:
    """Of these people; those to whom nothing was told count as such only."""
    told = [p for p in people if p.min_s is not None and p.max_s is not None and p.expected_s is not None]
    both = [p for p in told if p.naive_s is not None]

    def middle(values: Iterable[float]) -> float:
        found = list(values)
        return median(found) / 60 if found else float("nan")

    covered = sum((p.min_s or 0) <= p.waited_s <= (p.max_s or 0) for p in told)
    return Figures(
        name,
        len(people),
        len(told),
        covered / len(told) if told else float("nan"),
        middle(float((p.max_s or 0) - (p.min_s or 0)) for p in told),
        middle(abs((p.expected_s or 0) - p.waited_s) for p in both),
        middle(abs((p.naive_s or 0) - p.waited_s) for p in both),
        middle(p.waited_s for p in told),
    )


def by(people: Sequence[Told], of: Callable[[Told], str]) -> list[Figures]:
    """The same by group."""
    groups: dict[str, list[Told]] = {}
    for p in people:
        groups.setdefault(of(p), []).append(p)
    return [figures(name, groups[name]) for name in sorted(groups)]


def _min(minutes: float) -> str:
    """As written in a table; nothing was compared: a dash."""
    return "–" if isnan(minutes) else f"{minutes:.1f} min"


def table(rows: Iterable[Figures]) -> str:
    """As Markdown."""
    head = "| who | people | told a range | covered | width, median | error, median | naive, median | waited, median |"
    lines = [
        f"| {r.name} | {r.people:,} | {r.told / r.people:.0%} | {r.covered:.1%} | {_min(r.width_min)} | "
        f"{_min(r.error_min)} | {_min(r.naive_min)} | {_min(r.waited_min)} |"
        for r in rows
        if r.told
    ]
    return "\n".join([head, "|---|---|---|---|---|---|---|---|", *lines])
