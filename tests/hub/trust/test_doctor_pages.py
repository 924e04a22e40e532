"""`hall doctor --pages`: do the staff's pages answer over TLS, under the name that people use, and for how long."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest

from devices.doctor import pages
from devices.doctor.finding import Level
from hall.keys import make_key
from hub.trust.pages import PagesAuthority

NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
NAMES = ("127.0.0.1", "::1", "localhost")


@pytest.fixture
def port(tmp_path):
    """Pages with a certificate as a hall box has it."""
    authority = PagesAuthority.found(tmp_path, "demo", NAMES, NOW)
    key = make_key(tmp_path / "key.pem")
    (tmp_path / "cert.pem").write_bytes(authority.issue(key.public_key(), NAMES, NOW).chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with socket.create_server(("", 0)) as listening:

        def answer():
            line, _ = listening.accept()
            with line, context.wrap_socket(line, server_side=True) as door:
                door.recv(1)

        answering = threading.Thread(target=answer, daemon=True)
        answering.start()
        yield listening.getsockname()[1]
        answering.join(10)


def found(host, port, days=0):
    (one,) = pages.look(f"{host}:{port}", now=lambda: NOW + timedelta(days=days))
    return one.code, one.level


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, ("pages", Level.OK)),
        (300, ("pages", Level.OK)),
        (380, ("pages-end", Level.WARNING)),
        (400, ("pages-expired", Level.FAULT)),
    ],
)
def test_the_certificate_is_said_before_it_ends_and_after(port, days, said):
    assert found("127.0.0.1", port, days) == said


def test_a_hosts_name_in_it_is_found_too(port):
    assert found("localhost", port) == ("pages", Level.OK)


def test_pages_of_another_name_make_browsers_warn(port):
    assert found("127.0.0.2", port) == ("pages-misnamed", Level.FAULT)


def test_pages_that_do_not_answer_are_one_fault_with_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (one,) = pages.look(f"127.0.0.1:{port}", now=lambda: NOW)
    assert (one.code, one.level) == ("pages-away", Level.FAULT)
    assert "hall hub install" in str(one)
