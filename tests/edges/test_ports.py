"""Ports that were promised to a program are still free when it comes."""

import socket
from contextlib import closing

import pytest

from sim.ports import Ports


@pytest.fixture
def ports():
    with closing(Ports()) as ports:
        yield ports


def test_a_kept_port_is_given_to_nobody_who_asks_for_any(ports):
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:  # noqa: PTH123
        low, high = map(int, file.read().split())
    kept = {ports.take() for _ in range(200)}
    assert len(kept) == 200
    assert all(low <= port <= high for port in kept)
    others = []
    try:
        for _ in range(2000):
            other = socket.socket()
            others.append(other)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", 0))
        assert not {other.getsockname()[1] for other in others} & kept
    finally:
        for other in others:
            other.close()


def test_the_program_it_was_kept_for_listens_there_again_and_again(ports):
    port = ports.take()
    for _ in range(3):
        with socket.create_server(("127.0.0.1", port)) as server:
            with socket.create_connection(("127.0.0.1", port)) as client, server.accept()[0] as served:
                client.sendall(b"x")
                assert served.recv(1) == b"x"
            with pytest.raises(OSError, match="in use"):
                Ports().take(port)
    ports.close()
    ports.close()


def test_no_port_is_kept_for_two(ports):
    with pytest.raises(OSError, match="another program of ours"):
        ports.take(ports.take())
