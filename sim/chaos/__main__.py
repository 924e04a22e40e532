"""``python -m sim.chaos --seconds N --seed S [--kills N]``: one run, judged; exit code 1 when something is wrong."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from sim.chaos.checker import Verdict, check
from sim.chaos.evidence import read
from sim.chaos.harness import Ran, run

#: kills a second when nobody says how many
KILLS_PER_S = 1.25


def main(argv: list[str] | None = None) -> int:
    """Entry of the program."""
    parser = argparse.ArgumentParser(prog="python -m sim.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long things break (default 60)")
    parser.add_argument("--seed", type=int, default=7, help="what breaks when (default 7)")
    parser.add_argument("--kills", type=int, help="how many SIGKILLs (default 1.25 a second)")
    parser.add_argument(
        "--crowd", type=int, default=0, help="light members at so many more windows (default 0)"
    )
    parser.add_argument("--folder", type=Path, help="an empty folder that keeps the evidence")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    asked = parser.parse_args(argv)
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    kills = asked.kills if asked.kills is not None else round(asked.seconds * KILLS_PER_S)
    with tempfile.TemporaryDirectory(prefix="hall-chaos-") as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        ran = run(folder, seconds=asked.seconds, seed=asked.seed, kills=kills, crowd=asked.crowd)
        verdict = check(read(folder))
        said = report(ran, verdict, time.monotonic() - began)
    print(json.dumps(said, ensure_ascii=False, indent=1) if asked.json else lines(said))
    return 1 if verdict.findings else 0


def report(ran: Ran, verdict: Verdict, took_s: float) -> dict[str, Any]:
    """Everything about a run and its judgement, as JSON."""
    return {
        **msgspec.to_builtins(ran),
        "took_s": round(took_s, 1),
        "compared": verdict.compared,
        "findings": [{"rule": finding.rule, "what": finding.what} for finding in verdict.findings],
    }


def lines(said: dict[str, Any]) -> str:
    """The same for people."""
    kills, other = said["kills"], {k: n for k, n in said["troubles"].items() if k != "kill"}
    compared = said["compared"]
    told = [
        f"seed {said['seed']}: {said['seconds']:g} s of chaos, {said['took_s']:g} s in all",
        f"served again {said['served_s']:g} s after the last healing, at rest {said['rest_s']:g} s later",
        f"killed {sum(kills.values())}: " + ", ".join(f"{who} {n}" for who, n in kills.items()),
        "also " + ", ".join(f"{kind} {n}" for kind, n in sorted(other.items())),
        f"facts {compared['contiguous']}, tickets {compared['number_once']}, papers {compared['paper_is_true']}",
        f"votes {compared['votes_are_true']}, answers {compared['answers_kept']}",
        f"undisturbed presses {compared['press_has_ticket']} of {said['people'].get('press', 0)}",
        *(f"left out: {why}" for why in said["left_out"]),
        *(f"WRONG {finding['rule']}: {finding['what']}" for finding in said["findings"]),
        "wrong: nothing" if not said["findings"] else f"wrong: {len(said['findings'])}",
    ]
    return "\n".join(told)


if __name__ == "__main__":
    sys.exit(main())
