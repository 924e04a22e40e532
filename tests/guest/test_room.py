"""`scripts/guest` itself: whoever ends it, by whatever signal, finds nothing of it afterwards."""

import signal
import subprocess
from pathlib import Path

import pytest

from .machine import sh, until

PROJECT = Path(__file__).parents[2]
GROUPS = Path("/sys/fs/cgroup")


def rooms():
    """The control groups of every run of it that there is."""
    return set(GROUPS.glob("hall-guest.*"))


def of_it(folder):
    """What still works on what is in this folder: programs, and disks made of a file."""
    lines = {file: file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists()}
    programs = [line for line in lines.values() if str(folder).encode() in line]
    return programs, [
        line for line in sh("losetup", "--list", "--noheadings").splitlines() if str(folder) in line
    ]


@pytest.mark.parametrize(
    "by",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGINT, marks=pytest.mark.long),
        pytest.param(signal.SIGHUP, marks=pytest.mark.long),
        pytest.param(signal.SIGKILL, marks=pytest.mark.long),
    ],
)
def test_a_signal_ends_the_room_with_everything_in_it(tmp_path, by):
    before = rooms()
    inside = tmp_path / "inside"
    words = ["scripts/guest", "-q", "-k", "a_power_cut_keeps", f"--basetemp={inside}"]
    with (tmp_path / "said").open("wb") as said:
        room = subprocess.Popen(words, cwd=PROJECT, stdout=said, stderr=said)
        try:
            # a whole Debian runs in it by now
            until(lambda: any(each.glob("1/**/init.scope") for each in rooms() - before), within_s=60)
            until(lambda: of_it(inside)[1])
        finally:
            room.send_signal(by)
        code = room.wait(20)
    assert code == (-by if by == signal.SIGKILL else 128 + by), (tmp_path / "said").read_text()
    until(lambda: of_it(inside) == ([], []), within_s=10)
    if by != signal.SIGKILL:
        assert rooms() <= before
