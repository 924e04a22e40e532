"""A broker that hangs is ended, so that it is started anew; one that lives, whatever it is busy with, never is."""

import os
import signal
import socket
import subprocess
import threading
from datetime import UTC, datetime

import pytest

from deploy.appliance.box import broker_watch
from deploy.appliance.box.broker_watch import EVERY_S, GRACE_S, SILENCES, Watch, answers
from hall.files import write_whole
from hall.keys import key_of
from hub.broker import Door, accepts, config, find_mosquitto, free_port, wait_until
from hub.trust.authority import Authority
from hub.trust.gate import Gate
from hub.trust.register import Register

PATIENCE_S = 0.3


@pytest.fixture
def said():
    return []


def door(folder):
    """The files of a hall that has an authority and no member yet."""
    now = datetime.now(UTC)
    authority = Authority.found(folder / "authority", "demo", now)
    key = key_of(folder / "server.key")
    write_whole(folder / "server.pem", authority.issue_server(key, now).chain, mode=0o644)
    register = Register(folder / "register.db")
    Gate(authority, register, folder, reload=lambda: None, host="127.0.0.1", port=1).keep(now)
    register.close()
    return Door(
        ca=authority.folder / "chain.pem",
        cert=folder / "server.pem",
        key=folder / "server.key",
        revoked=folder / "revoked.pem",
        access=folder / "access",
    )


class TestARealBroker:
    """mosquitto behind certificates, of which the watch has none."""

    @pytest.fixture
    def broker(self, tmp_path):
        port = free_port()
        file = tmp_path / "mosquitto.conf"
        file.write_text(config(port, "127.0.0.1", "root", door(tmp_path), tmp_path / "pid"))
        log = (tmp_path / "log").open("wb")
        with log, subprocess.Popen([find_mosquitto(), "-c", file], stderr=log) as process:
            assert wait_until(lambda: accepts("127.0.0.1", port), 10), (tmp_path / "log").read_text()
            assert wait_until((tmp_path / "pid").exists, 30)
            yield port, process
            process.kill()

    def test_alive_it_is_left_alone_and_its_journal_is_not_filled(self, broker, tmp_path, said):
        port, process = broker
        watch = Watch(port, tmp_path / "pid", say=said.append)
        before = (tmp_path / "log").read_text()
        assert [watch.knock(PATIENCE_S) for _ in range(30)] == [EVERY_S] * 30
        assert process.poll() is None
        assert said == []
        assert (tmp_path / "log").read_text() == before

    def test_hung_it_is_ended_at_the_last_of_its_silences_and_not_before(self, broker, tmp_path, said):
        port, process = broker
        watch = Watch(port, tmp_path / "pid", say=said.append)
        process.send_signal(signal.SIGSTOP)
        waits = [watch.knock(PATIENCE_S) for _ in range(SILENCES)]
        assert waits == [*[EVERY_S] * (SILENCES - 1), GRACE_S]
        assert process.wait(10) == -signal.SIGKILL
        assert len(said) == SILENCES + 1
        assert "hung and was ended" in said[-1]

    def test_who_answers_once_more_has_all_silences_before_it_again(self, broker, tmp_path, said):
        port, process = broker
        watch = Watch(port, tmp_path / "pid", say=said.append)
        for _ in range(3):
            process.send_signal(signal.SIGSTOP)
            for _ in range(SILENCES - 1):
                watch.knock(PATIENCE_S)
            process.send_signal(signal.SIGCONT)
            assert wait_until(lambda: answers(port) is True, 10)
            assert watch.knock(10) == EVERY_S
        assert process.poll() is None

    def test_none_that_runs_is_systemds_matter(self, broker, tmp_path, said):
        port, process = broker
        process.kill()
        process.wait()
        assert answers(port) is None
        watch = Watch(port, tmp_path / "pid", say=said.append)
        assert [watch.knock(PATIENCE_S) for _ in range(SILENCES + 1)] == [EVERY_S] * (SILENCES + 1)
        assert said == []


@pytest.fixture
def silent():
    """The port of somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as line:
        yield line.getsockname()[1]


@pytest.fixture
def process():
    """A program of our own that stands for a broker."""
    with subprocess.Popen(["sleep", "600"]) as running:
        yield running
        running.kill()


def test_a_broker_that_hangs_at_every_start_is_ended_ever_more_seldom(silent, tmp_path, said):
    watch = Watch(silent, tmp_path / "pid", say=said.append)
    graces = []
    for _ in range(8):
        with subprocess.Popen(["sleep", "600"]) as running:
            (tmp_path / "pid").write_text(f"{running.pid}\n")
            graces.append([watch.knock(0.01) for _ in range(SILENCES)][-1])
            assert running.wait(10) == -signal.SIGKILL
    assert graces == [30, 60, 120, 240, 480, 960, 960, 960]


def test_another_process_begins_with_no_silence_of_the_one_before_it(silent, process, tmp_path, said):
    watch = Watch(silent, tmp_path / "pid", say=said.append)
    (tmp_path / "pid").write_text(str(os.getpid()))
    for _ in range(SILENCES - 1):
        watch.knock(0.01)
    (tmp_path / "pid").write_text(str(process.pid))
    for _ in range(SILENCES - 1):
        assert watch.knock(0.01) == EVERY_S
    assert process.poll() is None


@pytest.mark.parametrize("written", [None, "", "nobody", "0", "1", "-1"])
def test_without_a_process_that_is_named_nobody_is_ended(silent, tmp_path, said, monkeypatch, written):
    ended = []
    monkeypatch.setattr(broker_watch.os, "kill", lambda *who: ended.append(who))
    if written is not None:
        (tmp_path / "pid").write_text(written)
    watch = Watch(silent, tmp_path / "pid", say=said.append)
    for _ in range(SILENCES + 1):
        assert watch.knock(0.01) == EVERY_S
    assert ended == []


def test_a_hall_that_is_full_is_not_a_hall_that_hangs():
    """Who hangs up on everybody at once lives."""
    with socket.create_server(("127.0.0.1", 0)) as line:

        def full():
            for _ in range(2):
                line.accept()[0].close()

        door = threading.Thread(target=full)
        door.start()
        assert [answers(line.getsockname()[1], 10) for _ in range(2)] == [True, True]
        door.join(10)
