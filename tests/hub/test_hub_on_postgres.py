"""A hub whose store is a PostgreSQL server: the server is killed and comes back, and a hall notices a pause."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
from collections import Counter

import paho.mqtt.client as paho
import pytest
import yaml
from paho.mqtt.enums import CallbackAPIVersion

from hub.broker import LOOPBACK, Broker, wait_until
from hub.store.look import looking
from hub.store.tables import facts
from hub.store.verify import verify
from sim.postgres import PostgresServer
from tests.hub.small_hall import PLAN

pytestmark = pytest.mark.broker


class Member:
    """A bare paho client that hears the hub."""

    def __init__(self, port, name="console-bare"):
        self.name, self.port = name, port
        self.answers = queue.SimpleQueue()
        self.hub, self.alerts, self.told = [], [], []
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name)
        self.client.on_message = self._on_message
        self.client.on_connect = lambda client, *_: client.subscribe(
            [(f"hall/1/demo/{name}/down/#", 1), ("hall/1/demo/hub/#", 1)]
        )
        self.client.connect(LOOPBACK, port)
        self.client.loop_start()

    def _on_message(self, _client, _data, message):
        said = json.loads(message.payload) if message.payload else None
        if message.topic.endswith("down/answer"):
            self.answers.put(said)
        elif "/hub/fact/" in message.topic:
            self.told.append(message.payload)
        elif message.topic.endswith("hub/$state"):
            self.hub.append(said["state"])
        elif message.topic.endswith("hub/$alert/store"):
            self.alerts.append(said)

    def send(self, id_, type_, **fields):
        payload = json.dumps({"id": id_, "type": type_} | fields)
        self.client.publish(f"hall/1/demo/{self.name}/up/ask", payload, qos=1)

    def ask(self, id_, type_, tries=30, **fields):
        """The answer; asked again each second until it comes."""
        for _ in range(tries):
            self.send(id_, type_, **fields)
            try:
                while True:
                    answer = self.answers.get(timeout=1)
                    if answer["id"] == id_:
                        return answer
            except queue.Empty:
                continue
        raise AssertionError(f"no answer to {id_}")

    def take(self, id_):
        return self.ask(id_, "take_ticket", service="withdrawal", lane="normal", via="desk")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def server():
    with PostgresServer() as server:
        yield server


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def settings(tmp_path, broker, server):
    (tmp_path / "hall.yaml").write_text(yaml.safe_dump(PLAN, allow_unicode=True), encoding="utf-8")
    # as an operator writes it: the driver is ours to know
    url = server.url("postgres").replace("postgresql+psycopg://", "postgresql://")
    own = {"plan": "hall.yaml", "broker": {"port": broker.port}, "store": url, "trust_console_names": True}
    (tmp_path / "hub.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    return tmp_path / "hub.yaml"


def start(settings):
    return subprocess.Popen([sys.executable, "-m", "hub", "--settings", str(settings)])


def test_the_server_is_killed_and_comes_back_nothing_is_lost_and_nothing_is_twice(settings, broker, server):
    hub = start(settings)
    console = Member(broker.port)
    try:
        issued = {f"t{n}": console.take(f"t{n}") for n in range(5)}
        # What is on its way when the server dies may be committed or not; asked again, it is answered once.
        for n in range(5, 15):
            console.send(f"t{n}", "take_ticket", service="withdrawal", lane="normal", via="desk")
        server.kill()
        console.send("meanwhile", "take_ticket", service="withdrawal", lane="normal", via="desk")
        assert wait_until(lambda: "degraded" in console.hub, 15)
        assert wait_until(lambda: bool(console.alerts) and console.alerts[-1] is not None, 30)
        alert = console.alerts[-1]
        assert alert["code"] == "store-away"
        assert alert["text"]["zh"] == "叫号主机的数据库没有应答，正在重新连接"
        assert hub.poll() is None
        heard = len(console.told)
        server.start()
        assert wait_until(lambda: console.hub[-1] == "ready", 20)
        assert wait_until(lambda: console.alerts[-1] is None, 30)
        for n in range(5, 15):
            issued[f"t{n}"] = console.take(f"t{n}")
        issued["meanwhile"] = console.take("meanwhile")
        assert all(answer["ok"] for answer in issued.values())
        assert {id_: console.take(id_) for id_ in issued} == issued
        assert len(console.told) > heard
        numbers = Counter(answer["facts"][0]["number"] for answer in issued.values())
        assert set(numbers.values()) == {1}
        with looking(server.url("postgres")) as connection:
            verdict = verify(connection)
            rows = connection.execute(facts.select().where(facts.c.type == "TicketIssued")).all()
        assert verdict.ok
        assert Counter(row.ask for row in rows) == Counter(list(issued))
        bodies = Counter(console.told)
        assert {bytes(row.body) for row in rows} <= set(bodies)
    finally:
        console.close()
        hub.kill()
        hub.wait()


def test_a_second_hub_program_on_one_store_ends_with_one_line(settings, broker):
    hub = start(settings)
    console = Member(broker.port)
    try:
        console.take("t1")
        run = [sys.executable, "-m", "hall.cli", "hub", "--settings", str(settings)]
        second = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
        assert second.returncode == 1
        assert "another hub" in second.stderr
        assert "Traceback" not in second.stderr
        assert console.take("t2")["ok"]
    finally:
        console.close()
        hub.kill()
        hub.wait()
