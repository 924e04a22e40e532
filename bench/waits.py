"""``make waits``: simulated weeks through the real domain; what people were told about their wait, and what it was."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.weeks import figures
from bench.weeks.hall import Told, run
from bench.weeks.people import POLICIES

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def length(p: Told) -> str:
    """How long somebody was to expect to wait."""
    if p.expected_s is None:
        return "nothing said"
    for most, name in ((120, "1: up to 2 min"), (600, "2: 2 to 10 min"), (1500, "3: 10 to 25 min")):
        if p.expected_s < most:
            return name
    return "4: over 25 min"


def report(told: dict[str, list[Told]]) -> str:
    """The tables."""
    everybody = [p for people in told.values() for p in people]
    waited = [p for p in everybody if p.expected_s is not None and p.expected_s >= 120]
    rows = [
        figures.figures("everybody", everybody),
        figures.figures("expected to wait 2 min or more", waited),
    ]
    parts = [
        figures.table(rows),
        "By policy:\n\n" + figures.table(figures.figures(name, people) for name, people in told.items()),
        "By service:\n\n" + figures.table(figures.by(everybody, lambda p: p.service)),
        "By lane:\n\n" + figures.table(figures.by(everybody, lambda p: p.lane)),
        "By expected wait:\n\n" + figures.table(figures.by(everybody, length)),
    ]
    return "\n\n".join(parts)


def main(argv: list[str] | None = None) -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m bench.waits", description=__doc__)
    parser.add_argument("--weeks", type=int, default=4, help="weeks under each policy (4)")
    parser.add_argument("--seed", type=int, default=7, help="another seed, other people (7)")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="the page whose tables to write")
    given = parser.parse_args(argv)
    told = {name: run(policy, weeks=given.weeks, seed=given.seed) for name, policy in POLICIES.items()}
    text = report(told)
    print(text)
    if given.write is not None:
        page = given.write.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        _, after = rest.split(END)
        command = f"`python -m bench.waits --weeks {given.weeks} --seed {given.seed}`"
        given.write.write_text(f"{before}{BEGIN}\n{command}:\n\n{text}\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
