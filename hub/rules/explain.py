"""``hall rules explain SETTINGS.yaml``: what the policy of a hall's settings does for people, key by key."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from pathlib import Path

from hall.plan import HallPlan
from hall.policy_words import sentences
from hall.settings import load


def run(file: Path) -> int:
    """Print the sentences; the exit code."""
    plan = load(file, HallPlan)
    # Keys that are off together have one sentence.
    for text, keys in groupby(sentences(plan.policy, plan), key=itemgetter(1)):
        print(f"{', '.join(key for key, _ in keys)}\n  {text.zh}\n  {text.en}")  # noqa: T201 - the command's answer
    return 0
