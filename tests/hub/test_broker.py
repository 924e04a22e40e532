"""The broker child: it is there when start() returns, and gone when stop() does."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hall.errors import Fault
from hub import broker as broker_module
from hub.broker import Broker, accepts, find_mosquitto, free_port, wait_until

pytestmark = pytest.mark.broker


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def echo(port: int) -> bytes:
    """What comes back of one message sent to oneself."""
    heard: list[bytes] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_connect = lambda c, *_: c.subscribe("there", qos=1)
    client.on_subscribe = lambda c, *_: c.publish("there", b"hello", qos=1)
    client.on_message = lambda _c, _u, message: heard.append(message.payload)
    client.connect("127.0.0.1", port)
    assert wait_until(lambda: client.loop(0.01) == mqtt.MQTT_ERR_SUCCESS and bool(heard), 10)
    client.disconnect()
    return heard[0]


def test_a_started_broker_carries_messages(tmp_path):
    with Broker(tmp_path) as broker:
        assert echo(broker.port) == b"hello"
    assert not accepts(broker.host, broker.port)


def test_a_killed_broker_starts_again_on_its_port(tmp_path):
    with Broker(tmp_path) as broker:
        port, first = broker.port, broker.pid
        os.kill(first, signal.SIGKILL)
        assert wait_until(lambda: not broker.alive, 10)
        assert broker.pid is None
        broker.start()
        assert broker.pid != first
        assert broker.port == port
        assert echo(port) == b"hello"


def test_starting_and_stopping_twice_is_harmless(tmp_path):
    broker = Broker(tmp_path)
    broker.start()
    pid = broker.pid
    broker.start()
    assert broker.pid == pid
    broker.stop()
    broker.stop()
    assert is_gone(pid)


def test_the_broker_listens_to_this_machine_only(tmp_path):
    with Broker(tmp_path) as broker:
        wanted = f":{broker.port:04X}"
        lines = [
            *Path("/proc/net/tcp").read_text().splitlines(),
            *Path("/proc/net/tcp6").read_text().splitlines(),
        ]
        listening = [f[1] for f in (line.split() for line in lines) if f[1].endswith(wanted) and f[3] == "0A"]
    assert listening == [f"0100007F{wanted}"]


def test_a_taken_port_is_said_so_and_nothing_is_left_running(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        broker = Broker(tmp_path, port=other.getsockname()[1])
        with pytest.raises(Fault, match="taken by another program") as caught:
            broker.start()
    assert caught.value.code == "broker-port-taken"
    assert broker.pid is None


def test_a_broker_that_dies_at_once_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(broker_module, "CONFIG", "no_such_setting true\n")
    with pytest.raises(Fault, match="no_such_setting") as caught:
        Broker(tmp_path).start()
    assert caught.value.code == "broker-failed"


def test_without_mosquitto_the_fault_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(Fault, match="make setup") as caught:
        find_mosquitto()
    assert caught.value.code == "broker-missing"


def test_the_broker_dies_with_its_parent(tmp_path):
    port = free_port()
    program = (
        "import sys, pathlib; from hub.broker import Broker; "
        f"b = Broker(pathlib.Path({str(tmp_path)!r}), port={port}); b.start(); print(b.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        pid = int(parent.stdout.readline())
        assert accepts("127.0.0.1", port)
        parent.kill()
        assert wait_until(lambda: is_gone(pid), 10)
    finally:
        parent.kill()
        parent.communicate()
