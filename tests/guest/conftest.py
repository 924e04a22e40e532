"""Tests that boot a whole Debian. `make guest` runs them in a room of their own; anywhere else they are not even collected."""

import os
from pathlib import Path

import pytest

from .machine import Card, Guest, Network

INSIDE = os.environ.get("HALL_GUEST_ROOM") == "yes"
collect_ignore_glob = [] if INSIDE else ["test_*.py"]


def pytest_collection_modifyitems(items):
    """All of them are guests' tests: nobody has to remember the mark."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.guest)


@pytest.fixture(scope="session")
def base():
    """The Debian that every guest begins as."""
    return Path(os.environ["HALL_GUEST_ROOT"])


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """The hall's cable."""
    made = Network(tmp_path_factory.mktemp("network"))
    yield made
    made.close()


@pytest.fixture
def card(tmp_path):
    """An empty boot partition."""
    return Card(tmp_path)


@pytest.fixture
def new_guest(tmp_path, base, network):
    """Makes guests, each with a fresh root; they are off and gone when the test is over."""
    made = []

    def new(name="guest"):
        guest = Guest(tmp_path / name, base, name)
        made.append(guest)
        return guest

    yield new
    for guest in made:
        guest.close()


@pytest.fixture
def guest(new_guest):
    """A guest with a fresh root, switched off."""
    return new_guest()
