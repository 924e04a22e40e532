"""The examples of sim/README.md run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(
    r"```python\n(.*?)```", (ROOT / "sim" / "README.md").read_text(encoding="utf-8"), re.DOTALL
)


def test_every_example_of_the_twin_runs_and_is_short(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, world = {}, None
    try:
        for example in EXAMPLES:
            assert len(example.strip().split("\n")) <= 20
            exec(compile(example, "sim/README.md", "exec"), names)
            if "world_plan" in names and world is None:
                world = subprocess.Popen(
                    [sys.executable, "-m", "sim.twin.world", "--plan", tmp_path / "world.json"], cwd=tmp_path
                )
        names["device"].persist = True
        assert set("".join(names["rows"])) == {"."}
        assert names["port"] > 0
    finally:
        if world is not None:
            world.terminate()
            assert world.wait(20) == 0
    assert len(EXAMPLES) == 8


@pytest.mark.parametrize("kind", ["simulated_hall", "running_hall"])
def test_the_visit_of_the_readme_is_a_visit_in_both_kinds_of_hall(kind, request):
    names = {}
    exec(next(example for example in EXAMPLES if "def visit" in example), names)
    assert names["visit"](request.getfixturevalue(kind)) == "A001"
