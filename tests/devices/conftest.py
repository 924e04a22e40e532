"""Devices on the twin's wires, each let go at the end of its test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devices.a_dispenser import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A dispenser in its hall, with a hub that answers."""
    there = Place(tmp_path)
    yield there
    there.program.close()
