"""``make bench``: measure, print the tables, and write them to a page."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
from pathlib import Path

from bench import report
from bench.measure import Section, now

#: which program measures which figures, and its share of the time; later ones are heavier on the machine
PROGRAMS: dict[str, tuple[str, float]] = {
    "P1": ("ticket", 0.12),
    "P2": ("ticket", 0.12),
    "P3": ("call", 0.1),
    "P4": ("load", 0.1),
    "P5": ("growth", 0.15),
    "P6": ("growth", 0.15),
    "P7": ("fleet", 0.2),
    "P8": ("sign", 0.06),
    "P9": ("agents", 0.1),
    "P10": ("days", 0.2),
    "P11": ("pages", 0.2),
    "P12": ("reporting", 0.15),
}


def chosen(only: str) -> list[str]:
    """The figures asked for, in order; ValueError for one there is not."""
    wanted = [key.strip().upper() for key in only.split(",") if key.strip()] or list(PROGRAMS)
    unknown = [key for key in wanted if key not in PROGRAMS]
    if unknown:
        raise ValueError(f"no figure {', '.join(unknown)}: there are {', '.join(PROGRAMS)}")
    return [key for key in PROGRAMS if key in wanted]


def measure(keys: list[str], seconds: float) -> list[tuple[Section, float]]:
    """Sections of these figures with the load average when each began; `seconds` is for all of them together."""
    programs = {PROGRAMS[key] for key in keys}
    whole = sum(part for _, part in programs)
    found: list[tuple[Section, float]] = []
    for name in dict.fromkeys(PROGRAMS[key][0] for key in keys):
        part = next(part for other, part in programs if other == name)
        load, began = os.getloadavg()[0], now()
        with tempfile.TemporaryDirectory(prefix="hall-bench-") as folder:
            made = importlib.import_module(f"bench.{name}").measure(Path(folder), seconds * part / whole)
        for section in made if isinstance(made, list) else [made]:
            section.took_s = round(now() - began, 1)
            found.append((section, load))
    return [(section, load) for section, load in found if section.key in keys]


def main(argv: list[str] | None = None) -> int:
    """The program; its exit code says whether it ran, never whether a figure was reached."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default="", metavar="P1,P4", help="these figures (all)")
    parser.add_argument("--seconds", type=float, default=180.0, help="about how long to measure (180)")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="the page to write (docs/benchmarks.md)")
    given = parser.parse_args(argv)
    try:
        keys = chosen(given.only)
    except ValueError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    runs: list[report.Run] = []
    command = f"make bench only={','.join(keys)} seconds={given.seconds:g}"
    for section, load in measure(keys, given.seconds):
        runs.append(report.this_run(section, command, load))
        print(f"\n{section.key} · {section.title}")
        for row in section.rows:
            mark = {True: "✓", False: "✗", None: " "}[row.ok]
            print(f"  {mark} {row.what}: {row.found}" + (f"   ({row.reach})" if row.reach else ""))
        for note in section.notes:
            print(f"    {note}")
    if given.write is not None:
        report.write(given.write, runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
