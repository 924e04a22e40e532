"""What a device's program loads: memory is what a small board has least of."""

import subprocess
import sys

import pytest

KINDS = ("ticket_dispenser", "window_sign", "rating_pad", "call_speaker", "call_key")


@pytest.mark.parametrize("kind", KINDS)
def test_no_device_loads_what_only_a_server_needs(kind):
    program = f"import sys, devices.__main__, devices.{kind}.__main__; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, encoding="utf-8")
    assert not {"asyncio", "sqlalchemy", "nicegui", "tuf"} & set(said.stdout.split())
