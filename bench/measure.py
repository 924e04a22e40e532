"""What is measured and how it is told: samples, rows, tables; what a process has used."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a table: what was measured, what came out, what it is to be, and whether it is."""

    what: str
    found: str
    reach: str = ""
    #: None: a figure for comparison, with nothing to reach
    ok: bool | None = None


class Section(msgspec.Struct, kw_only=True):
    """One figure's table, with the samples that its plot is drawn from."""

    key: str
    title: str
    how: str
    rows: list[Row] = []
    notes: list[str] = []
    #: name → sorted milliseconds, for the plot
    samples: dict[str, list[float]] = {}
    took_s: float = 0.0

    def add(self, what: str, found: str, reach: str = "", *, ok: bool | None = None) -> None:
        """One more line."""
        self.rows.append(Row(what=what, found=found, reach=reach, ok=ok))

    def keep(self, name: str, seconds: Sequence[float]) -> None:
        """Samples for the plot: at most 200 points of their distribution."""
        ordered = sorted(seconds)
        points = min(200, len(ordered))
        self.samples[name] = [
            round(ordered[i * (len(ordered) - 1) // max(1, points - 1)] * 1000, 3) for i in range(points)
        ]


def share(ordered: Sequence[float], part: float) -> float:
    """The value below which `part` (0 … 1) of the samples lie."""
    if not ordered:
        raise ValueError("nothing was measured")
    values = sorted(ordered)
    return values[min(len(values) - 1, round(part * (len(values) - 1)))]


def p50(seconds: Sequence[float]) -> float:
    """The median."""
    return share(seconds, 0.5)


def p99(seconds: Sequence[float]) -> float:
    """What one in a hundred exceeds."""
    return share(seconds, 0.99)


def ms(seconds: float) -> str:
    """A duration as people read it in a table."""
    return f"{seconds * 1000:.2f} ms" if seconds < 0.0995 else f"{seconds * 1000:.0f} ms"


def both(seconds: Sequence[float]) -> str:
    """p50 and p99 of some durations, and how many there were."""
    return f"p50 {ms(p50(seconds))}, p99 {ms(p99(seconds))} (n {len(seconds)})"


def cpu_s(pid: int) -> float:
    """Seconds of processor a process has used so far, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def rss_mb(pid: int) -> float:
    """Memory of a process in RAM, megabytes (10⁶ bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def now() -> float:
    """Seconds on the clock that all processes of this machine share."""
    return time.monotonic()
