"""A console with certificates: staff come over TLS and nobody else need, and a new certificate disturbs nobody."""

import os
import signal
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime

import httpx
import pytest
import yaml
from cryptography import x509

from hall.keys import key_of
from hub.broker import free_port, wait_until
from hub.trust.pages import PagesAuthority, fingerprint
from tests.hub.small_hall import PLAN

pytestmark = pytest.mark.processes

NAMES = ("localhost", "127.0.0.1")


class Console:
    """A console as on a hall box, without its hall."""

    def __init__(self, folder, plain):
        self.folder = folder
        self.port, self.secure_port = free_port(), free_port()
        self.authority = PagesAuthority.found(folder, "demo", NAMES, datetime.now(UTC))
        self.sign()
        secure = {
            "port": self.secure_port,
            "cert": "cert.pem",
            "key": "key.pem",
            "ca": "pages.pem",
            "plain": plain,
        }
        own = {
            "plan": "hall.yaml",
            "host": "0.0.0.0",
            "port": self.port,
            "broker": {"host": "127.0.0.1", "port": 1},
            "secure": secure,
        }
        for name, content in (("hall", PLAN), ("console", own)):
            (folder / f"{name}.yaml").write_text(
                yaml.safe_dump(content, allow_unicode=True), encoding="utf-8"
            )
        words = [sys.executable, "-m", "hall.cli", "console", "run", "--settings", folder / "console.yaml"]
        # with this the pages' library would serve a test of its own
        environment = {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"}
        with (folder / "log").open("wb") as log:
            self.running = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        self.plain = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)
        self.browser = ssl.create_default_context(cadata=self.authority.pem.decode())
        self.secure = httpx.Client(
            base_url=f"https://localhost:{self.secure_port}", verify=self.browser, timeout=30
        )
        assert wait_until(lambda: self.answers(self.plain) and self.answers(self.secure), 60), self.log()

    def sign(self):
        key = key_of(self.folder / "key.pem")
        made = self.authority.issue(key.public_key(), NAMES, datetime.now(UTC))
        (self.folder / "cert.pem").write_bytes(made.chain)
        return made.serial

    def shown(self):
        """The serial of the certificate that a visitor sees."""
        with (
            socket.create_connection(("127.0.0.1", self.secure_port), 10) as bare,
            self.browser.wrap_socket(bare, server_hostname="localhost") as line,
        ):
            return x509.load_der_x509_certificate(line.getpeercert(binary_form=True)).serial_number

    def log(self):
        return (self.folder / "log").read_text()

    @staticmethod
    def answers(client):
        try:
            return client.get("/ca").status_code == 200
        except httpx.TransportError:
            return False

    def close(self):
        self.plain.close()
        self.secure.close()
        self.running.send_signal(signal.SIGTERM)
        try:
            assert self.running.wait(30) in {0, -signal.SIGTERM}
        finally:
            self.running.kill()


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    made = Console(tmp_path_factory.mktemp("console"), ["phones", "boards"])
    yield made
    made.close()


def test_staff_who_come_without_tls_are_sent_on_to_the_same_page(console):
    for path in (
        "/login",
        "/first",
        "/clerk",
        "/fleet",
        "/cases/open.csv?from=1",
        "/tongue?to=en",
        "//elsewhere",
    ):
        answer = console.plain.get(
            f"http://127.0.0.1:{console.port}{path}", headers={"host": "hall-hub:8080"}
        )
        assert answer.status_code == 307, path
        assert answer.headers["location"] == f"https://hall-hub:{console.secure_port}{path}"
        assert answer.headers["cache-control"] == "no-store"
    start = console.plain.get("/")
    assert f"https://127.0.0.1:{console.secure_port}/" in start.text
    assert 'href="/ca"' in start.text


@pytest.mark.parametrize("host", ["<script>", "a b", "[::1", "", "x@y/"])
def test_a_name_that_is_none_is_sent_nowhere(console, host):
    with socket.create_connection(("127.0.0.1", console.port), 10) as line:
        line.sendall(f"GET /login HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        said = b"".join(iter(lambda: line.recv(4096), b""))
    assert said.startswith(b"HTTP/1.1 400")
    assert b"\nlocation:" not in said.lower()


def test_no_password_and_no_key_of_a_program_is_taken_without_tls(console):
    for path in ("/login", "/first", "/password", "/logout"):
        answer = console.plain.post(path, data={"login": "a", "password": "b"})
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), path
    for path in ("/api/v1/board", "/metrics"):
        answer = console.plain.get(path, headers={"authorization": "Bearer x"})
        assert answer.status_code == 403, path
        assert "location" not in answer.headers
    assert console.secure.get("/api/v1/openapi.json").status_code != 307


def test_phones_and_boards_come_without_tls_and_are_told_nothing_of_it(console):
    # this console's hub is away, and the ticket's page says so
    for path, status in (("/t/00000000000000000000000000000000", 503), ("/suggest", 200), ("/board", 200)):
        for web in (console.plain, console.secure):
            answer = web.get(path)
            assert answer.status_code == status, path
            # it would hold for the whole host, and close the other port
            assert "strict-transport-security" not in answer.headers


def test_the_certificate_is_handed_out_with_its_fingerprint_and_is_the_one_that_opens_the_pages(console):
    said = console.plain.get("/ca")
    file = console.plain.get("/ca/hall.crt")
    assert file.headers["content-type"] == "application/x-x509-ca-cert"
    given = x509.load_der_x509_certificate(file.content)
    assert fingerprint(given) in said.text
    assert given == console.authority.certificate
    assert said.text.index(fingerprint(given)) < said.text.index("/ca/hall.crt")


def test_whoever_logs_in_has_a_cookie_that_no_plain_page_can_give_or_see(console):
    web = console.secure
    start = web.get("/login")
    assert start.headers["location"] == "/first"
    number = (console.folder / "setup-code").read_text().strip()
    made = web.post(
        "/first", data={"code": number, "login": "admin", "name": "管理员", "new": "correct horse battery"}
    )
    assert made.headers["location"] == "/login"
    entered = web.post("/login", data={"login": "admin", "password": "correct horse battery"})
    cookie = entered.headers["set-cookie"]
    assert cookie.startswith("__Host-hall-session=")
    for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
    assert web.get("/admin").status_code == 200
    # what somebody on the wire gives a browser by way of a plain page opens nothing
    (token,) = [each.value for each in web.cookies.jar if each.name == "__Host-hall-session"]
    with httpx.Client(
        base_url=web.base_url, verify=console.browser, cookies={"hall-session": token}
    ) as other:
        assert other.get("/admin").headers["location"] == "/login"


def test_a_new_certificate_is_shown_without_a_restart_and_no_open_page_notices(console):
    with (
        socket.create_connection(("127.0.0.1", console.secure_port), 10) as bare,
        console.browser.wrap_socket(bare, server_hostname="localhost") as line,
    ):
        ask = b"GET /ca HTTP/1.1\r\nHost: localhost\r\n\r\n"
        line.sendall(ask)
        assert line.recv(12) == b"HTTP/1.1 200"
        before = console.shown()
        made = console.sign()
        assert made != before
        assert wait_until(lambda: console.shown() == made, 60)
    assert console.running.poll() is None
    # what cannot be used is not: the one before stays
    (console.folder / "cert.pem").write_text("torn")
    assert wait_until(lambda: "cannot be used" in console.log(), 60)
    assert console.shown() == made


def test_where_the_settings_say_so_nobody_comes_without_tls(tmp_path):
    console = Console(tmp_path, [])
    try:
        for path in ("/board", "/t/00000000000000000000000000000000", "/_nicegui/x", "/suggest"):
            assert console.plain.get(path).status_code == 307, path
    finally:
        console.close()
