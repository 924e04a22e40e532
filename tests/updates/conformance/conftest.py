"""A repository of its own for each test, one web server for all of them, and a client that has its first root."""

import pytest

from tests.updates.conformance.client import Client
from tests.updates.conformance.published import served


@pytest.fixture(scope="package")
def server():
    with served() as serving:
        yield serving


@pytest.fixture
def client(server, tmp_path):
    """It has been given nothing yet."""
    return Client(tmp_path, *server.new())


@pytest.fixture
def repo(client):
    return client.repository


@pytest.fixture
def started(client):
    """It has its first root and asked for nothing."""
    assert client.init() == 0
    assert client.repository.asked == []
    return client


@pytest.fixture
def current(started):
    """It has seen version 1 of everything."""
    assert started.refresh() == 0
    started.repository.asked.clear()
    return started
