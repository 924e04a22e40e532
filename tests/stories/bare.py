"""A bare MQTT client and the bus's own document as judge: what anybody can write who has read docs/protocol.md.

Imports nothing of the project, on purpose: it is the proof that any MQTT client can take part.
"""

import json
import re
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as paho
import yaml
from jsonschema import Draft202012Validator
from paho.mqtt.enums import CallbackAPIVersion

from tests.patience import Patience

ROOT = "hall/1/demo"
DOCUMENT = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"


class Heard(NamedTuple):
    topic: str
    payload: bytes
    retained: bool
    at: float

    @property
    def said(self):
        return json.loads(self.payload)


class Silence(AssertionError):
    """What should have happened did not happen in time."""


class Bare:
    """One client: hears what it subscribes to, publishes what it is told, and may ask under its name."""

    def __init__(self, port, name, *filters, hall=ROOT):
        self.name, self.own = name, f"{hall}/{name}"
        self._filters = [(one, 1) for one in (*filters, f"{self.own}/down/answer")]
        self._changed = threading.Condition()
        self._heard = []
        #: every answer's exact bytes, by the ask's id
        self.answers = {}
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"{name}-{uuid.uuid4().hex[:6]}")
        self.connections = 0
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(0.1, 0.1)
        self._client.connect_async("127.0.0.1", port, keepalive=5)
        self._client.loop_start()

    def __enter__(self):
        if not self._subscribed.wait(15):
            self.close()
            raise Silence(f"{self.name} did not reach the broker")
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client, *_):
        self.connections += 1
        client.subscribe(self._filters)

    def _on_message(self, _client, _data, message):
        heard = Heard(message.topic, message.payload, message.retain, time.monotonic())
        with self._changed:
            self._heard.append(heard)
            if message.topic == f"{self.own}/down/answer":
                with suppress(
                    ValueError, TypeError, KeyError, RecursionError
                ):  # somebody else's nonsense is not an answer
                    self.answers.setdefault(json.loads(message.payload)["id"], []).append(message.payload)
            self._changed.notify_all()

    @property
    def heard(self):
        """Everything heard so far, oldest first."""
        with self._changed:
            return list(self._heard)

    def on(self, ending, since=0):
        """What was heard on topics that end so, `since` a :attr:`mark`."""
        return [heard for heard in self.heard[since:] if heard.topic.endswith(ending)]

    @property
    def mark(self):
        """Now, as a place in what is heard."""
        return len(self.heard)

    @property
    def facts(self):
        """Every fact as it was told, oldest first."""
        return [heard for heard in self.heard if heard.topic.startswith(f"{ROOT}/hub/fact/")]

    def until(self, true, within=10.0, what="it"):
        """Wait until `true()` gives something, and give that; looked at with every message and each 20 ms."""
        patience = Patience(within)
        while True:
            with self._changed:
                found = true()
            if found:
                return found
            if patience.ended():
                raise Silence(f"{what} did not happen within {within:g} s")
            with self._changed:
                self._changed.wait(0.02)

    def say(self, leaf, payload, *, qos=1, retain=False):
        """Publish under the own name."""
        self.say_at(f"{self.own}/{leaf}", payload, qos=qos, retain=retain)

    def say_at(self, topic, payload, *, qos=1, retain=False):
        """Publish anywhere."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self._client.publish(topic, body, qos, retain)

    def ask(self, type_, **fields):
        """Ask, each second again, until answered; the answer."""
        return json.loads(self.ask_bytes(type_, **fields))

    def ask_bytes(self, type_, *, id_=None, within=10.0, every=1.0, **fields):
        """The same; the answer's exact bytes (the first new one)."""
        ask = {"id": id_ or str(uuid.uuid4()), "type": type_, **fields}
        before = len(self.answers.get(ask["id"], ()))
        patience = Patience(within)
        while not patience.ended():
            self.say("up/ask", ask)
            with suppress(Silence):
                return self.until(lambda: self.answers.get(ask["id"], [])[before:], every)[0]
        raise Silence(f"{type_} of {self.name} was not answered within {within:g} s")

    def done(self, type_, **fields):
        """Ask for something that must be done; the fact it is named for."""
        answer = self.ask(type_, **fields)
        assert answer["ok"], answer
        return answer["facts"][0]

    def refused(self, type_, **fields):
        """Ask for something that must be refused; the code."""
        answer = self.ask(type_, **fields)
        assert answer["ok"] is False, answer
        assert set(answer) == {"id", "ok", "code", "text"}, answer
        assert answer["text"]["zh"], answer
        assert answer["text"]["en"], answer
        return answer["code"]


class Judge:
    """docs/asyncapi.yaml, as a third party's tool would read it."""

    def __init__(self):
        self._document = yaml.load(DOCUMENT.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        self._channels = [
            (
                re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(channel["address"]))),
                channel["messages"],
            )
            for channel in self._document["channels"].values()
        ]
        self._validators = {}
        self._judged = {}

    def faults(self, heard):
        """What is wrong with what was heard, said in a line each."""
        return [fault for one in heard for fault in self._faults(one.topic, one.payload)]

    def faults_within(self, answer):
        """What is wrong with the facts that an answer carries."""
        told = [
            (f"{ROOT}/hub/fact/{fact['type']}", json.dumps(fact).encode()) for fact in answer.get("facts", ())
        ]
        return [fault for topic, payload in told for fault in self._faults(topic, payload)]

    def _faults(self, topic, payload):
        if not payload:
            return []  # a retained topic emptied
        key = (topic, payload)
        if key not in self._judged:
            self._judged[key] = self._judge(topic, payload)
        return self._judged[key]

    def _judge(self, topic, payload):
        messages = next((messages for address, messages in self._channels if address.fullmatch(topic)), None)
        if messages is None:
            return [f"{topic}: no such channel"]
        try:
            value = json.loads(payload)
        except ValueError as error:
            return [f"{topic}: {error}"]
        named = {
            name: message
            for name, message in messages.items()
            if name.lower() == topic.rpartition("/")[2].lower()
        }
        complaints = [self._complaints(message["$ref"], value) for message in (named or messages).values()]
        if any(not found for found in complaints):
            return []
        return [f"{topic}: {payload[:300]!r}: {min(complaints, key=len)[0]}"]

    def _complaints(self, ref, value):
        if ref not in self._validators:
            message = self._document["components"]["messages"][ref.rpartition("/")[2]]
            schema = {**message["payload"], "components": self._document["components"]}
            self._validators[ref] = Draft202012Validator(schema)
        return [error.message for error in self._validators[ref].iter_errors(value)]
