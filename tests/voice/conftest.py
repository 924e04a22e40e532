"""A recogniser listens to the hall's calls. `make understood` makes its room; anywhere else these tests are not even collected."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from devices.call_speaker import voice_command

ROOM = os.environ.get("HALL_VOICE_ROOM")
collect_ignore_glob = [] if ROOM else ["test_*.py"]
HEAR = Path(__file__).parents[2] / "scripts" / "hear_calls.py"
SUMS = re.compile(r"freely: window (\d+)/40, figures (\d+)/40.*\nconstrained: (\d+)/40\n$", re.DOTALL)


@dataclass(frozen=True)
class Understood:
    """How many of forty calls: window and figures as it writes down freely, and the whole call chosen among 24."""

    window: int
    figures: int
    among: int


@pytest.fixture(scope="module")
def listen():
    """The recogniser's sums over a folder of calls."""
    assert ROOM is not None
    room = Path(ROOM)

    def heard(folder):
        command = [
            room / "asr" / "bin" / "python",
            HEAR,
            folder,
            "--constrained",
            "--model",
            room / "whisper-base",
        ]
        # with fewer threads than it counts on, the recogniser computes nonsense and does not say so
        own = {name: value for name, value in os.environ.items() if name != "OMP_THREAD_LIMIT"}
        said = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", env=own).stdout
        print(said)
        found = SUMS.search(said)
        assert found, said
        return Understood(*map(int, found.groups()))

    return heard


@pytest.fixture(scope="module")
def calls():
    """Forty calls in the better voice, as whole sentences and put together from a bank's parts; rendered once."""
    assert ROOM is not None
    folder = Path(ROOM) / "calls"
    assert voice_command.calls(folder, home=Path(ROOM) / "home", voice="zf_xiaoxiao", pace=165) == 0
    return folder
