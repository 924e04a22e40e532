"""The examples of sim/README.md run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

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
                    [sys.executable, "-m", "sim.world", "--plan", tmp_path / "world.json"], cwd=tmp_path
                )
        names["device"].persist = True
        assert set("".join(names["rows"])) == {"."}
        assert names["port"] > 0
    finally:
        if world is not None:
            world.terminate()
            assert world.wait(20) == 0
    assert len(EXAMPLES) == 7
