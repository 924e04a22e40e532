"""A device's program as a process on a real broker: from its settings file to its goodbye."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hall import wire
from hall.messages.presence import State
from hub.broker import Broker, wait_until

pytestmark = pytest.mark.broker

PROGRAM = """
import sys
from pathlib import Path
from devices.agent.agent import Agent
from devices.agent.run import run
from devices.agent.settings import AgentSettings
from hall.messages.common import MemberKind

def build(settings, parts):
    return Agent(hall=settings.hall, member=settings.member, kind=MemberKind.PAD, link=parts.link, scheduler=parts.scheduler,
        card=parts.card, health=parts.health, end=parts.end)

sys.exit(run(Path(sys.argv[1]), AgentSettings, MemberKind.PAD, build))
"""


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def settings(tmp_path, broker):
    path = tmp_path / "pad-3.yaml"
    path.write_text(
        f"hall: demo\nmember: pad-3\nstate_dir: {tmp_path / 'state'}\nbroker: {{port: {broker.port}}}\nfleet: 14\n",
        encoding="utf-8",
    )
    return path


@contextmanager
def watching(broker, topic):
    """What is heard on a topic, oldest first."""
    heard = []
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _u, message: heard.append((message.payload, message.retain))
    client.on_connect = lambda c, *_: c.subscribe(topic, 1)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    yield heard, client
    client.disconnect()
    client.loop_stop()


@contextmanager
def program(settings, text=PROGRAM):
    child = subprocess.Popen([sys.executable, "-c", text, str(settings)], stderr=subprocess.PIPE)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()


def states(heard):
    return [wire.decode(State, payload) for payload, _ in heard]


def test_a_program_is_born_says_goodbye_on_sigterm_and_ends_with_zero(broker, settings):
    with watching(broker, "hall/1/demo/pad-3/$state") as (heard, _), program(settings) as child:
        assert wait_until(lambda: len(heard) == 1, 20)
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0
        assert wait_until(lambda: len(heard) == 2, 10)
        assert [s.state.value for s in states(heard)] == ["ready", "disconnected"]


def test_a_killed_program_is_lost_at_once_and_comes_back_in_the_next_epoch(broker, settings):
    with watching(broker, "hall/1/demo/pad-3/$state") as (heard, _):
        for _ in range(2):
            with program(settings) as child:
                count = len(heard)
                assert wait_until(lambda count=count: len(heard) == count + 1, 20)
                os.kill(child.pid, signal.SIGKILL)
                assert wait_until(lambda count=count: len(heard) == count + 2, 10)
        first, lost, second, _ = states(heard)
    assert (lost.state.value, lost.epoch, lost.boot) == ("lost", first.epoch, first.boot)
    assert (second.state.value, second.epoch) == ("ready", first.epoch + 1)
    assert second.boot != first.boot


def test_a_program_with_a_corrupt_card_serves_and_keeps_the_file(broker, settings, tmp_path):
    card = tmp_path / "state" / "pad-3.card"
    card.parent.mkdir()
    card.write_bytes(b"no database" * 1000)
    with watching(broker, "hall/1/demo/pad-3/$state") as (heard, _), program(settings):
        assert wait_until(lambda: len(heard) == 1, 20)
    assert Path(f"{card}.broken-1").read_bytes() == b"no database" * 1000


def test_a_restart_asked_for_ends_the_program_cleanly(broker, settings):
    with watching(broker, "hall/1/demo/pad-3/up/#") as (heard, client), program(settings) as child:
        assert wait_until(lambda: heard, 20)  # its first beat: it is up
        client.publish("hall/1/demo/pad-3/down/command", b'{"id":"c-1","type":"restart","expires_s":30}', 1)
        assert child.wait(10) == 0
        assert (b'{"id":"c-1","phase":"done"}', False) in heard


@pytest.mark.long  # a second start that tests nothing is watched for its whole while
def test_on_its_first_start_it_tests_itself_and_never_again(broker, settings):
    settings.write_text(settings.read_text() + "introduce: true\n")
    tested = b'"self_test"'
    with watching(broker, "hall/1/demo/pad-3/up/#") as (heard, _):
        with program(settings) as child:
            assert wait_until(lambda: any(tested in payload for payload, _ in heard), 30)
            assert wait_until((settings.parent / "state/pad-3.introduced").exists, 10)
            child.send_signal(signal.SIGTERM)
            assert child.wait(10) == 0
        before = {json.loads(payload)["seq"] for payload, _ in heard if tested in payload}
        with program(settings) as child:
            beats = len(heard)
            # twice as long on the bus as the first time
            assert wait_until(lambda: sum(b'"rss_mb"' in p for p, _ in heard[beats:]) >= 3, 40)
        after = {json.loads(payload)["seq"] for payload, _ in heard if tested in payload}
    assert after == before
    assert len(before) == 1


def test_settings_of_another_kind_of_device_are_refused(settings):
    settings.write_text(settings.read_text() + "kind: sign\n")
    with program(settings) as child:
        _, said = child.communicate(timeout=20)
    assert child.returncode != 0
    assert b"kind: expected pad for this program" in said


@pytest.mark.parametrize(
    "device", ["ticket_dispenser", "window_sign", "rating_pad", "call_speaker", "call_key"]
)
def test_every_device_is_a_program_that_says_what_it_needs(device):
    done = subprocess.run(
        [sys.executable, "-m", f"devices.{device}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (2, f"usage: python -m devices.{device} SETTINGS.yaml\n")
