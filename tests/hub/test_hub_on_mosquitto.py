"""The hub as it is started in a hall: settings file, real broker, real store; spoken to by a bare MQTT client."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys

import paho.mqtt.client as paho
import pytest
import yaml
from paho.mqtt.enums import CallbackAPIVersion

from hall import cli
from hub.broker import LOOPBACK, Broker, wait_until
from tests.hub.small_hall import PLAN

pytestmark = pytest.mark.broker


class Console:
    """A bare paho client: no code of ours."""

    def __init__(self, port, name="console-bare"):
        self.name = name
        self.answers = queue.SimpleQueue()
        self.facts = []
        self.hub = []
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name)
        self.client.on_message = self._on_message
        self.client.on_connect = lambda client, *_: client.subscribe(
            [(f"hall/1/demo/{name}/down/#", 1), ("hall/1/demo/hub/#", 1)]
        )
        self.client.connect(LOOPBACK, port)
        self.client.loop_start()

    def _on_message(self, _client, _data, message):
        if message.topic.endswith("down/answer"):
            self.answers.put(json.loads(message.payload))
        elif "/hub/fact/" in message.topic:
            self.facts.append(json.loads(message.payload))
        elif message.topic.endswith("hub/$state"):
            self.hub.append(json.loads(message.payload))

    def ask(self, id_, type_, **fields):
        """The answer; asked again each second until it comes."""
        payload = json.dumps({"id": id_, "type": type_} | fields)
        for _ in range(10):
            self.client.publish(f"hall/1/demo/{self.name}/up/ask", payload, qos=1)
            try:
                while True:
                    answer = self.answers.get(timeout=1)
                    if answer["id"] == id_:
                        return answer
            except queue.Empty:
                continue
        raise AssertionError(f"no answer to {id_}")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def settings(tmp_path, broker):
    (tmp_path / "hall.yaml").write_text(yaml.safe_dump(PLAN, allow_unicode=True), encoding="utf-8")
    own = {
        "plan": "hall.yaml",
        "broker": {"host": LOOPBACK, "port": broker.port},
        "store": "state/hub.db",
        "trust_console_names": True,
    }
    (tmp_path / "hub.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    return tmp_path / "hub.yaml"


def start(settings):
    return subprocess.Popen([sys.executable, "-m", "hub", "--settings", str(settings)])


def test_a_bare_client_takes_a_ticket_calls_it_and_gets_the_same_after_a_kill(settings, broker):
    hub = start(settings)
    console = Console(broker.port)
    try:
        issued = console.ask("t1", "take_ticket", service="withdrawal", lane="normal", via="desk")
        assert issued["ok"]
        assert issued["facts"][0]["number"] == "A001"
        assert console.ask("s1", "sit", window=1, clerk="011")["ok"]
        hub.send_signal(signal.SIGKILL)
        hub.wait()
        assert wait_until(lambda: console.hub and console.hub[-1]["state"] == "lost", 30)
        hub = start(settings)
        assert console.ask("t1", "take_ticket", service="withdrawal", lane="normal", via="desk") == issued
        called = console.ask("c1", "call_next", window=1)
        assert called["facts"][0]["number"] == "A001"
        assert wait_until(
            lambda: [f for f in console.facts if f["type"] == "TicketCalled"] == called["facts"], 5
        )
        hub.send_signal(signal.SIGTERM)
        assert hub.wait(timeout=10) == 0
        assert wait_until(lambda: console.hub[-1]["state"] == "disconnected", 30)
    finally:
        console.close()
        if hub.poll() is None:
            hub.kill()
            hub.wait()


@pytest.fixture
def hall(monkeypatch, capsys):
    """The `hall settings` command, to its end, in this program: a Python for each would be half of the test; what it printed."""
    monkeypatch.setenv("LANG", "C")

    def said(*arguments):
        monkeypatch.setattr(sys, "argv", ["hall", "settings", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return f"{ended.value.code}: {printed.err.strip()}" if ended.value.code else printed.out

    return said


def test_settings_are_exported_changed_undone_and_kept_while_a_ticket_waits(settings, broker, hall, tmp_path):
    file = tmp_path / "new.yaml"
    hub = start(settings)
    console = Console(broker.port)
    try:
        assert console.ask("t1", "take_ticket", service="withdrawal", lane="normal", via="desk")["ok"]
        hall("export", "--settings", settings, "--to", file)
        assert hall("import", file, "--settings", settings) == ""
        text = file.read_text(encoding="utf-8")
        policy = "policy: {recall_limit: 5}\n"
        file.write_text(text.replace("提取", "公积金提取") + policy, encoding="utf-8")
        said = hall("import", file, "--settings", settings, "--reason", "更清楚")
        assert 'services.withdrawal.name.zh: "提取" -> "公积金提取"' in said
        assert console.ask("c1", "call_next", window=1)["code"] == "not-seated"
        file.write_text(text.replace("withdrawal", "other") + policy, encoding="utf-8")
        assert "1 people with tickets of Withdrawal" in hall("import", file, "--settings", settings)
        assert "更清楚" in hall("history", "--settings", settings)
        assert '"公积金提取" -> "提取"' in hall("undo", "--settings", settings)
        hub.send_signal(signal.SIGTERM)
        assert hub.wait(timeout=10) == 0
        hub = start(settings)
        assert console.ask("t2", "take_ticket", service="withdrawal", lane="normal", via="desk")["ok"]
        hall("export", "--settings", settings, "--to", file)
        assert file.read_text(encoding="utf-8") == text + policy
    finally:
        console.close()
        if hub.poll() is None:
            hub.kill()
            hub.wait()
