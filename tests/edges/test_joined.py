"""A device of the closed demo that is no member: its process, and the one that says so."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.stories.outside import processes_of, wait_until

pytestmark = pytest.mark.processes


@pytest.fixture
def device(tmp_path):
    """A speaker without a card."""
    settings = tmp_path / "speaker.yaml"
    settings.write_text(
        f'hall: demo\nmember: speaker-1\nstate_dir: {tmp_path}\ndevice: "null"\n', encoding="utf-8"
    )
    command = ["-m", "sim.joined", tmp_path / "enrol.json", tmp_path / "identity", "speaker", settings]
    with subprocess.Popen([sys.executable, *command], stderr=subprocess.DEVNULL) as process:
        yield process
        process.kill()
    for left in processes_of(tmp_path):
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)


def test_a_signal_that_ends_the_one_ends_the_other(tmp_path, device):
    def says_so():
        return any(
            "devices.waiting" in each and "setpriv" not in each for each in processes_of(tmp_path).values()
        )

    wait_until(says_so, 20, "somebody who says so")
    assert device.poll() is None
    device.terminate()
    device.wait(20)
    wait_until(lambda: not processes_of(tmp_path), 5, "nobody left")
