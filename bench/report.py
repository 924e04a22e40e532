"""The page: tables and plots of every section measured so far, with the command, machine, date and commit beside them."""

from __future__ import annotations

import math
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench.measure import Section

_COLOURS = ("#1f6f8b", "#c8553d", "#588157", "#6d597a", "#b08900", "#343a40")
_INTRO = """\
# Benchmarks: how fast the hall is

Written by `make bench` (`make bench only=P1,P2 seconds=60` measures a part again); changes here are lost. Timings are quoted as
p50 and p99 and as ratios to a **floor** measured in the same run: a bare paho member asking a bare paho member that commits one
SQLite row (WAL, `synchronous=FULL`) before it answers, QoS 1, `TCP_NODELAY`, a broker of the same kind. Nothing here is a test
that passes or fails by the clock. What held the figures back, and what was changed, stands in [decision 6]({decision}).
"""
DECISION = "decisions/0006-what-held-the-figures.md"


class Run(msgspec.Struct, kw_only=True):
    """One section as it was measured."""

    section: Section
    command: str
    machine: str
    at: str
    commit: str


def this_run(section: Section, command: str, load: float) -> Run:
    """The section with where and when it was measured; `load` is the machine's load average as it began."""
    return Run(
        section=section,
        command=command,
        machine=f"{_cpu()}, {os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}; load average {load:.1f} when it began",
        at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        commit=_commit(),
    )


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)

    said = git("rev-parse", "--short", "HEAD").stdout.strip() or "unknown"
    clean = git("diff", "--quiet", "HEAD", "--", "hall", "hub", "devices", "bench").returncode == 0
    return said if clean else f"{said} and changes not yet committed"


def table(section: Section) -> str:
    """The section as Markdown."""
    lines = ["| what | found | reach | |", "|---|---|---|---|"]
    for row in section.rows:
        mark = {True: "✓", False: "✗", None: ""}[row.ok]
        lines.append(f"| {row.what} | {row.found} | {row.reach} | {mark} |")
    return "\n".join(lines)


def write(page: Path, fresh: list[Run]) -> None:
    """Put fresh sections into the page, keep the others; the samples are kept beside it, the plots drawn anew."""
    folder = page.parent / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    for run in fresh:
        data = msgspec.json.format(msgspec.json.encode(run), indent=1)
        (folder / f"{run.section.key}.json").write_bytes(data + b"\n")
        if run.section.samples:
            (folder / f"{run.section.key}.svg").write_text(plot(run.section), encoding="utf-8")
    runs = [msgspec.json.decode(file.read_bytes(), type=Run) for file in folder.glob("P*.json")]
    runs.sort(key=lambda run: int(run.section.key[1:]))
    parts = [_INTRO.format(decision=DECISION)]
    for run in runs:
        section = run.section
        parts.append(f"## {section.key} · {section.title}\n\n{section.how}\n\n{table(section)}\n")
        if section.samples:
            parts.append(f"![{section.key}: distribution](benchmarks/{section.key}.svg)\n")
        parts += [f"{note}\n" for note in section.notes]
        parts.append(f"<sub>`{run.command}` · {run.machine} · {run.at} · commit {run.commit}</sub>\n")
    page.write_text("\n".join(parts), encoding="utf-8")


def plot(section: Section) -> str:
    """Distributions as lines: which share of the samples (up) took at most how long (right, logarithmic)."""
    left, top, width, height = 56, 16, 600, 220
    values = [value for line in section.samples.values() for value in line]
    low, high = math.log10(max(0.01, min(values))), math.log10(max(values))
    low, high = math.floor(low * 2) / 2, max(math.ceil(high * 2) / 2, math.floor(low * 2) / 2 + 0.5)

    def x(value: float) -> float:
        return left + width * (math.log10(max(0.01, value)) - low) / (high - low)

    def y(part: float) -> float:
        return top + height * (1 - part)

    size = f"{left + width + 24} {top + height + 44 + 18 * len(section.samples)}"
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for part in (0.0, 0.5, 0.99):
        out.append(
            f'<line x1="{left}" x2="{left + width}" y1="{y(part):.1f}" y2="{y(part):.1f}" stroke="#ddd"/>'
        )
        out.append(f'<text x="{left - 6}" y="{y(part) + 4:.1f}" text-anchor="end">{part * 100:.0f} %</text>')
    for exponent in range(math.ceil(low), math.floor(high) + 1):
        for step in (1, 2, 5):
            at = step * 10.0**exponent
            if math.log10(at) <= high:
                out.append(
                    f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{top}" y2="{top + height}" stroke="#eee"/>'
                )
                out.append(
                    f'<text x="{x(at):.1f}" y="{top + height + 16}" text-anchor="middle">{at:g} ms</text>'
                )
    for n, (name, line) in enumerate(_named(section.samples)):
        colour = _COLOURS[n % len(_COLOURS)]
        points = " ".join(
            f"{x(value):.1f},{y(i / max(1, len(line) - 1)):.1f}" for i, value in enumerate(line)
        )
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        at = top + height + 40 + 18 * n
        out.append(f'<rect x="{left}" y="{at - 9}" width="18" height="4" fill="{colour}"/>')
        out.append(f'<text x="{left + 24}" y="{at}">{name}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def _named(samples: Mapping[str, list[float]]) -> list[tuple[str, list[float]]]:
    escaped = [(name.replace("&", "&amp;").replace("<", "&lt;"), line) for name, line in samples.items()]
    return [(name, line) for name, line in escaped if line]
