"""A device whose program fails again and again comes up without its hands, is told of, and leaves that when somebody says so."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from devices.agent.starts import FAILS, KILLS, Starts, made_of
from hall import wire
from hall.messages.commands import Identify, Restart, Result, SendBundle
from hall.messages.presence import Alert, Description, State
from hub.broker import Broker, wait_until

#: touches its hand, which is a file that says so, and then lives or dies as another file says
PROGRAM = """
import os, sys
from pathlib import Path
from devices.agent.agent import Agent
from devices.agent.run import run
from devices.agent.settings import AgentSettings
from hall.messages.common import MemberKind

here = Path(sys.argv[1]).parent

def build(settings, parts):
    with (here / "touched").open("a") as hand:
        hand.write("x")
    if (here / "broken").exists():
        raise RuntimeError("the driver does not load")
    return Agent(hall=settings.hall, member=settings.member, kind=MemberKind.PAD, **parts.for_agent())

sys.exit(run(Path(sys.argv[1]), AgentSettings, MemberKind.PAD, build))
"""


class TestCounting:
    def test_failed_starts_in_a_row_make_the_next_one_safe(self, tmp_path):
        file = tmp_path / "pad.starts"
        for _ in range(FAILS):
            starts = Starts(file, "1 a")
            assert not starts.safe
            starts.begin()
            starts.failed()
        assert Starts(file, "1 a").safe

    def test_ends_without_a_word_make_the_next_one_safe_only_after_many(self, tmp_path):
        file = tmp_path / "pad.starts"
        for _ in range(KILLS):
            starts = Starts(file, "1 a")
            assert not starts.safe
            starts.begin()
        assert Starts(file, "1 a").safe

    def test_a_failure_long_after_a_good_start_counts_for_nothing(self, tmp_path):
        file = tmp_path / "pad.starts"
        for _ in range(FAILS * 2):
            starts = Starts(file, "1 a")
            starts.begin()
            starts.good()
            starts.failed()
        assert not Starts(file, "1 a").safe

    @pytest.mark.parametrize("of", ["2 a", "1 b"])
    def test_another_version_or_other_settings_are_another_try(self, tmp_path, of):
        file = tmp_path / "pad.starts"
        for _ in range(KILLS):
            Starts(file, "1 a").begin()
        assert not Starts(file, of).safe

    def test_a_good_start_or_one_that_was_asked_to_end_counts_for_nothing(self, tmp_path):
        file = tmp_path / "pad.starts"
        for _ in range(KILLS * 2):
            starts = Starts(file, "1 a")
            starts.begin()
            starts.ended_well()
        for _ in range(KILLS - 1):
            Starts(file, "1 a").begin()
        starts = Starts(file, "1 a")
        starts.begin()
        starts.good()
        assert not Starts(file, "1 a").safe

    @pytest.mark.parametrize(
        "nonsense", [b"", b"{", b'{"of":"1 a","failed":"5"}', b'{"of":"1 a","failed":999}', b"\xff" * 99]
    )
    def test_a_file_of_nonsense_is_a_first_start(self, tmp_path, nonsense):
        file = tmp_path / "pad.starts"
        file.write_bytes(nonsense)
        assert not Starts(file, "1 a").safe

    def test_where_nothing_can_be_written_programs_start_as_usual(self, tmp_path):
        (tmp_path / "file").write_text("")
        for _ in range(KILLS + 1):
            starts = Starts(tmp_path / "file" / "pad.starts", "1 a")
            assert not starts.safe
            starts.begin()

    def test_a_program_and_its_settings_have_a_name_together(self, tmp_path):
        file = tmp_path / "pad.yaml"
        before = made_of("1", file)
        file.write_text("a")
        names = {before, made_of("1", file), made_of("2", file)}
        file.write_text("b")
        assert len({*names, made_of("1", file)}) == 4


@pytest.fixture
def settings(tmp_path):
    with Broker(tmp_path / "broker") as broker:
        path = tmp_path / "pad-3.yaml"
        path.write_text(
            f"hall: demo\nmember: pad-3\nstate_dir: {tmp_path / 'state'}\nbroker: {{port: {broker.port}}}\nfleet: 1\n",
            encoding="utf-8",
        )
        yield path, broker


class Desk:
    """Somebody at the bus."""

    def __init__(self, broker):
        self.heard = {}
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda _c, _u, m: self.heard.update({m.topic: m.payload})
        self.client.on_connect = lambda c, *_: c.subscribe("hall/1/demo/pad-3/#", 1)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()

    def last(self, leaf, kind):
        payload = self.heard.get(f"hall/1/demo/pad-3/{leaf}")
        return wire.decode(kind, payload) if payload else None

    def result(self, command):
        self.client.publish("hall/1/demo/pad-3/down/command", wire.encode(command), 1)
        assert wait_until(lambda: (found := self.last("up/result", Result)) and found.id == command.id, 15)
        return self.last("up/result", Result).phase

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def program(path):
    child = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stderr=subprocess.DEVNULL)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()


def ready(desk, state):
    assert wait_until(lambda: (found := desk.last("$state", State)) and found.state.value == state, 20)


@pytest.mark.processes
@pytest.mark.broker
def test_a_program_that_is_killed_again_and_again_comes_up_safe_and_leaves_it_on_a_word(settings):
    path, broker = settings
    desk, touched = Desk(broker), path.parent / "touched"
    for n in range(KILLS):
        with program(path) as child:
            assert wait_until(lambda n=n: touched.exists() and len(touched.read_text()) > n, 20)
            ready(desk, "ready")
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
        ready(desk, "lost")
    with program(path) as child:
        ready(desk, "degraded")
        assert len(touched.read_text()) == KILLS  # no hand was touched
        assert wait_until(lambda: desk.last("$alert/safe-mode", Alert), 10)
        assert desk.last("$alert/safe-mode", Alert).code == "safe-mode"
        assert desk.last("$desc", Description).capabilities == ("safe-mode",)
        assert desk.result(Identify(id="i-1", expires_s=30)) == "done"
        assert desk.result(SendBundle(id="b-1", expires_s=60)) == "done"
        assert desk.result(Restart(id="r-1", expires_s=30)) == "done"
        assert child.wait(20) == 0
    with program(path) as child:
        ready(desk, "ready")
        assert len(touched.read_text()) == KILLS + 1
        child.terminate()
        assert child.wait(20) == 0
    desk.close()


@pytest.mark.processes
@pytest.mark.broker
def test_hands_that_cannot_be_made_end_in_safe_mode_and_new_settings_end_that(settings):
    path, broker = settings
    desk, touched = Desk(broker), path.parent / "touched"
    (path.parent / "broken").touch()
    for _ in range(FAILS):
        with program(path) as child:
            assert child.wait(20) != 0
    with program(path) as child:
        ready(desk, "degraded")
        child.terminate()
        assert child.wait(20) == 0
    with program(path) as child:  # an end that was asked for is not another try
        ready(desk, "degraded")
        child.terminate()
        child.wait(20)
    assert len(touched.read_text()) == FAILS
    (path.parent / "broken").unlink()
    path.write_text(path.read_text() + "log_level: debug\n")
    with program(path) as child:
        ready(desk, "ready")
        child.terminate()
        assert child.wait(20) == 0
    desk.close()
