"""Hub and console live on the hall box: they get their certificates without a card, and keep their keys to themselves."""

import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from hall.errors import Refused
from hall.keys import key_of, load_key, make_key, request
from hall.tls import TlsSettings, context
from hub.broker import wait_until
from hub.trust.at_home import AtHome, ask
from hub.trust.authority import SERVER_LIVES, Authority
from hub.trust.service import _tell_broker, at_home, be_ready
from hub.trust.settings import read

HALL = "demo"
EXAMPLE = Path(__file__).parents[3] / "deploy" / "hall.example.yaml"
NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path):
    return AtHome(
        Authority.found(tmp_path / "authority", HALL, NOW),
        {"hub": str(tmp_path / "hub.request"), "console-web": str(tmp_path / "console.request")},
        tmp_path / "issued",
    )


def certificate(tmp_path, name="hub"):
    return x509.load_pem_x509_certificates((tmp_path / "issued" / f"{name}.pem").read_bytes())[0]


def asked(tmp_path, desk, now=NOW, name="hub"):
    """The member asks, and the desk looks while it waits."""
    ask(
        name,
        tmp_path / "key.pem",
        tmp_path / "hub.request",
        tmp_path / "issued" / "hub.pem",
        wait=lambda _: desk.look(now),
    )


def test_a_member_at_home_has_a_key_of_its_own_and_a_certificate_that_counts(tmp_path, desk):
    asked(tmp_path, desk)
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    files = TlsSettings(
        ca=str(tmp_path / "issued" / "ca.pem"),
        cert=str(tmp_path / "issued" / "hub.pem"),
        key=str(tmp_path / "key.pem"),
    )
    assert context(files, HALL) is not None
    assert not list((tmp_path / "issued").glob("*key*"))


def test_a_name_comes_from_the_folder_and_not_from_the_request(tmp_path, desk):
    (tmp_path / "console.request").write_bytes(request(make_key(tmp_path / "other.pem"), "hub"))
    assert desk.look(NOW) == ["console-web"]
    assert certificate(tmp_path, "console-web").subject.rfc4514_string() == "CN=console-web"
    assert desk.consoles == ["console-web"]


def test_nothing_is_signed_twice_and_half_a_life_later_it_is_renewed_unasked(tmp_path, desk):
    asked(tmp_path, desk)
    first = certificate(tmp_path)
    assert desk.look(NOW + timedelta(days=300)) == []
    later = NOW + SERVER_LIVES / 2 + timedelta(days=1)
    assert desk.look(later) == ["hub"]
    assert certificate(tmp_path).not_valid_after_utc > first.not_valid_after_utc
    assert certificate(tmp_path).public_key() == load_key(tmp_path / "key.pem").public_key()


def test_a_member_that_lost_its_key_gets_a_certificate_for_the_new_one(tmp_path, desk):
    asked(tmp_path, desk)
    (tmp_path / "key.pem").unlink()
    asked(tmp_path, desk)
    assert certificate(tmp_path).public_key() == key_of(tmp_path / "key.pem").public_key()


@pytest.mark.parametrize("nonsense", [b"", b"nothing of the kind", b"\0" * 100_000])
def test_nonsense_in_place_of_a_request_costs_a_line_and_nothing_else(tmp_path, desk, nonsense):
    (tmp_path / "hub.request").write_bytes(nonsense)
    assert desk.look(NOW) == []
    assert not (tmp_path / "issued" / "hub.pem").exists()
    (tmp_path / "hub.request").unlink()
    (tmp_path / "hub.request").symlink_to(tmp_path / "authority" / "root.key")
    assert desk.look(NOW) == []


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_pipe_or_a_folder_in_place_of_a_request_keeps_the_desk_waiting_for_nothing(tmp_path, desk, make):
    make(tmp_path / "hub.request")
    looked = threading.Thread(target=desk.look, args=(NOW,), daemon=True)
    looked.start()
    looked.join(10)
    assert not looked.is_alive()
    assert not (tmp_path / "issued" / "hub.pem").exists()


def test_who_is_not_at_home_is_told_where_to_write_it(tmp_path):
    with pytest.raises(Refused) as no:
        at_home(settings(tmp_path), "pad-3", tmp_path / "key.pem")
    assert no.value.code == "not-at-home"
    assert not (tmp_path / "key.pem").exists()


def test_the_console_waits_for_both_of_its_certificates_and_has_a_key_of_its_own_for_each(tmp_path):
    file = settings(tmp_path, pages={"names": ["10.0.0.5", "hall.local"], "request": "pages.request"})
    waiting = threading.Thread(target=at_home, args=(file, "console-web", tmp_path / "key.pem"), daemon=True)
    waiting.start()
    assert wait_until((tmp_path / "request").exists, 10)
    be_ready(file)
    assert wait_until((tmp_path / "pages.request").exists, 10)
    assert waiting.is_alive()
    be_ready(file)
    waiting.join(10)
    assert not waiting.is_alive()
    bus, pages = certificate(tmp_path, "console-web"), certificate(tmp_path, "pages")
    assert bus.public_key() != pages.public_key()
    assert pages.public_key() == load_key(tmp_path / "pages.key").public_key()
    assert (tmp_path / "pages.key").stat().st_mode & 0o777 == 0o600


def settings(tmp_path, **more):
    """A desk's settings file beside the example hall."""
    (tmp_path / "hall.yaml").write_bytes(EXAMPLE.read_bytes())
    file = tmp_path / "enrolment.yaml"
    file.write_text(yaml.safe_dump({"plan": "hall.yaml", "home": {"console-web": "request"}, **more}))
    return file


def test_before_the_desk_runs_the_broker_has_all_it_needs_and_reads_the_key_through_its_group(tmp_path):
    file = settings(tmp_path, door_group=True)
    assert be_ready(file) == 0
    door = tmp_path / "door"
    assert sorted(each.name for each in door.iterdir()) == [
        "access",
        "ca.pem",
        "revoked.pem",
        "server.key",
        "server.pem",
    ]
    assert (door / "server.key").stat().st_mode & 0o777 == 0o640
    assert "user console-web" in (door / "access").read_text()
    before = (door / "server.pem").read_bytes()
    assert be_ready(file) == 0
    assert (door / "server.pem").read_bytes() == before


def test_without_a_group_the_key_is_the_desks_alone(tmp_path):
    assert be_ready(settings(tmp_path)) == 0
    assert (tmp_path / "door" / "server.key").stat().st_mode & 0o777 == 0o600


def test_the_command_has_the_certificate_once_the_desk_has_looked(tmp_path):
    file = settings(tmp_path)
    done = threading.Thread(target=at_home, args=(file, "console-web", tmp_path / "key.pem"))
    done.start()
    for _ in range(300):
        done.join(0.1)
        be_ready(file)
        if not done.is_alive():
            break
    assert certificate(tmp_path, "console-web").public_key() == key_of(tmp_path / "key.pem").public_key()


def test_the_bell_is_rung_until_the_other_end_is_done(tmp_path):
    own, _ = read(settings(tmp_path, bell="bell"))
    told = threading.Event()
    with socket.socket(socket.AF_UNIX) as bell:
        bell.bind(own.bell)
        bell.listen()

        def answer():
            line, _ = bell.accept()
            told.wait(0.2)
            told.set()
            line.close()

        other = threading.Thread(target=answer)
        other.start()
        _tell_broker(own)
        assert told.is_set()
        other.join()


def test_a_bell_that_nobody_answers_is_a_line_in_the_log(tmp_path, caplog):
    own, _ = read(settings(tmp_path, bell="bell"))
    _tell_broker(own)
    assert "the broker was not told" in caplog.text
