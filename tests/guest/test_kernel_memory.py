"""A release that takes all memory, on a kernel that counts it: the unit's own limit ends it, systemd knows why, and the selector goes back."""

import json

import pytest

from devices.updates.boot_select import ATTEMPTS

from . import kernel
from .kernel_memory import BAD, GOOD

pytestmark = [pytest.mark.timeout(360), pytest.mark.long]


def test_it_is_killed_at_the_units_limit_each_time_and_the_last_good_one_runs_again(tmp_path):
    said = kernel.run("tests.guest.kernel_memory", tmp_path, timeout_s=300)
    found = json.loads(said.splitlines()[0])
    assert (found["bad"], found["reason"]) == (BAD, "out-of-memory"), said
    assert (found["runs"], found["good"], found["trial"]) == (GOOD, GOOD, None)
    console = (tmp_path / "console").read_text(errors="replace")
    # by its own limit of 256 MB, not because the machine, which has 768, had no more
    killed = [line for line in console.splitlines() if "Memory cgroup out of memory: Killed process" in line]
    assert len(killed) == ATTEMPTS
    assert "Out of memory: Killed" not in console
