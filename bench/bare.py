"""The floor: a bare paho member that commits one SQLite row before it answers, and a bare paho member that asks it.

``python -m bench.bare PORT FILE`` is the one that answers.
"""

from __future__ import annotations

import queue
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.measure import now

UP, DOWN = "bare/{}/up", "bare/{}/down"


def _client(name: str, port: int) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, name, protocol=paho.MQTTv311)
    client.max_inflight_messages_set(1000)
    client.on_socket_open = _no_delay
    client.connect("127.0.0.1", port, keepalive=5)
    return client


def _no_delay(_client: paho.Client, _data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def answer(port: int, file: str) -> None:
    """Answer ``bare/<who>/up`` on ``bare/<who>/down`` with the same bytes, after they are durable; never returns."""
    store = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("PRAGMA synchronous=FULL")
    store.execute("CREATE TABLE asked (n INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    client = _client("bare-hub", port)

    def on_message(_client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        store.execute("INSERT INTO asked (body) VALUES (?)", (message.payload,))
        client.publish(message.topic[:-2] + "down", message.payload, qos=1)

    client.on_message = on_message
    client.subscribe("bare/+/up", qos=1)
    client.publish("bare/ready", b"1", qos=1, retain=True)
    client.loop_forever()


class BareHub:
    """The one that answers, as a process."""

    def __init__(self, port: int, folder: Path) -> None:
        """Nothing runs before the `with` block."""
        self._command = [sys.executable, "-m", "bench.bare", str(port), str(folder / f"bare-{port}.db")]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


class BareAsker:
    """The one that asks: one question at a time."""

    def __init__(self, port: int, name: str = "bare-asker") -> None:
        """Connects, and returns when the other end answers."""
        self._answers: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._up = UP.format(name)
        self._client = _client(name, port)
        self._client.on_message = lambda *_: self._answers.put(now())
        self._client.subscribe(DOWN.format(name), qos=1)
        self._client.loop_start()
        for _ in range(100):
            try:
                self.ask(b"ready?", patience_s=0.2)
            except TimeoutError:
                continue
            return
        raise TimeoutError("the bare hub does not answer")

    def ask(self, payload: bytes, patience_s: float = 10.0) -> float:
        """Seconds from publishing to the answer's callback."""
        while not self._answers.empty():
            self._answers.get()
        asked = now()
        self._client.publish(self._up, payload, qos=1)
        try:
            return self._answers.get(timeout=patience_s) - asked
        except queue.Empty:
            raise TimeoutError("no answer") from None

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


if __name__ == "__main__":
    answer(int(sys.argv[1]), sys.argv[2])
