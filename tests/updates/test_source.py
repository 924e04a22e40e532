"""How release files are fetched: from the hall's own desk, in time, or not at all."""

import http.server
import ssl
import threading
import time
from datetime import UTC, datetime

import pytest
from tuf.api.exceptions import DownloadError, DownloadHTTPError

from devices.updates import source
from devices.updates.source import Source
from hall.keys import key_of
from hall.tls import trusting
from hub.trust.authority import Authority
from tests.patience import in_time


class Slow(http.server.BaseHTTPRequestHandler):
    """A piece now and then, for ever; quick only where asked."""

    def do_GET(self):
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/file":
            self.wfile.write(b"content")
            return
        while not self.server.over.wait(0.02):
            self.wfile.write(b".")

    def log_message(self, *_):
        pass


class Desk(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority.found(tmp_path_factory.mktemp("hall") / "authority", "demo", datetime.now(UTC))


@pytest.fixture
def desk(authority, tmp_path):
    server = Desk(("127.0.0.1", 0), Slow)
    server.over = threading.Event()
    key = key_of(tmp_path / "key.pem")
    (tmp_path / "cert.pem").write_bytes(authority.issue_server(key, datetime.now(UTC)).chain)
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server.socket = shows.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def fetched(desk, path, authority, hall="demo", **how):
    return b"".join(Source(trusting(authority.folder / "root.pem", hall), **how).fetch(desk + path))


def test_a_file_comes_from_the_halls_own_desk(desk, authority):
    assert fetched(desk, "/file", authority) == b"content"


def test_another_halls_desk_is_not_asked(desk, authority):
    with pytest.raises(DownloadError):
        fetched(desk, "/file", authority, hall="other")


def test_what_is_missing_is_said_to_be_missing(desk, authority):
    with pytest.raises(DownloadHTTPError) as missing:
        fetched(desk, "/missing", authority)
    assert missing.value.status_code == 404


def test_a_desk_that_drips_is_left(desk, authority):
    begun = time.monotonic()
    with pytest.raises(DownloadError, match="too long"):
        fetched(desk, "/drip", authority, longest_s=0.3)
    assert in_time(begun, 10)


def test_a_desk_that_falls_silent_is_left(desk, authority, monkeypatch):
    monkeypatch.setattr(source, "SILENT_S", 0.01)
    with pytest.raises(DownloadError):
        fetched(desk, "/drip", authority)


@pytest.mark.parametrize("address", ["http://127.0.0.1/x", "ftp://127.0.0.1/x", "data:,x"])
def test_no_other_way_leads_to_a_release(address):
    with pytest.raises(DownloadError):
        b"".join(Source().fetch(address))
