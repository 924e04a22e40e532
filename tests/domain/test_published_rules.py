"""The rules other systems publish, as scenarios: each `scenarios/*.yaml` gives exactly the lines of its `.jsonl`, written by hand."""

import json
from pathlib import Path

import pytest

from hub.rules import scenario, trying

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("file", SCENARIOS, ids=[file.stem for file in SCENARIOS])
def test_the_hall_does_what_is_published(file):
    said = [json.dumps(line, ensure_ascii=False) for line in trying.play(scenario.load(str(file)))]
    expected = [json.loads(line) for line in file.with_suffix(".jsonl").read_text("utf-8").splitlines()]
    assert said == [json.dumps(line, ensure_ascii=False) for line in expected]


def test_there_are_such_scenarios():
    assert len(SCENARIOS) >= 8
