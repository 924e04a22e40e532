"""A real broker that asks for certificates, and people who show it some."""

from __future__ import annotations

import queue
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from cryptography.hazmat.primitives import serialization
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from hall import keys
from hall.files import write_whole
from hall.keys import Key, key_of
from hall.tls import TlsSettings, context
from hub.broker import Broker, Door
from hub.trust.access import access_list
from hub.trust.authority import Authority, Revoked

HALL = "demo"
CONSOLE = "console-web"


def request(key: Any, name: str = "whoever") -> bytes:
    """A signing request as a device makes one, for any key."""
    return keys.request(key, name)


@dataclass
class Caller:
    """Whoever speaks MQTT to the broker, well-behaved or not."""

    client: paho.Client
    heard: queue.Queue[paho.MQTTMessage] = field(default_factory=queue.Queue)
    ended: queue.Queue[str] = field(default_factory=queue.Queue)
    answers: queue.Queue[tuple[str, int, list[str]]] = field(default_factory=queue.Queue)

    def says(self, topic: str, payload: bytes = b"{}", *, retain: bool = False) -> str:
        """The broker's own words about a message that was sent (MQTT 5, QoS 1): ``Success`` or why not."""
        sent = self.client.publish(topic, payload, 1, retain)
        while True:
            what, mid, reasons = self._answer()
            if what == "publish" and mid == sent.mid:
                return reasons[0]

    def listens(self, topic: str) -> None:
        """Ask for a topic; the broker grants everything and delivers what is allowed."""
        _, mid = self.client.subscribe(topic, 1)
        while self._answer()[:2] != ("subscribe", mid):
            pass

    def _answer(self) -> tuple[str, int, list[str]]:
        """The broker's next word; ``OSError`` when it hung up instead, which nobody need wait for."""
        said = self.answers.get(timeout=10)
        if said[0] == "ended":
            raise ConnectionResetError(said[2][0])
        return said

    def hears(self, within_s: float = 10.0) -> tuple[str, bytes]:
        message = self.heard.get(timeout=within_s)
        return message.topic, bytes(message.payload)


def leave(client: paho.Client) -> None:
    """Disconnect, and let paho close what it opened: it does that when nobody refers to it any more."""
    client.disconnect()
    client.loop_stop()
    client.on_connect = client.on_disconnect = client.on_message = client.on_publish = client.on_subscribe = (
        None
    )


@dataclass
class House:
    """Authority and broker of one hall."""

    folder: Path
    authority: Authority
    broker: Broker
    revoked: list[Revoked] = field(default_factory=list)
    closing: list[Callable[[], object]] = field(default_factory=list)

    def identity(self, member: str, *, since: timedelta = timedelta(), **more: Any) -> TlsSettings:
        """Key and certificate of a member, signed `since` from now."""
        key = key_of(self.folder / f"{member}.key")
        signed = self.authority.issue_member(request(key), member, datetime.now(UTC) + since, **more)
        return self.files(member, key, signed.chain)

    def files(self, name: str, key: Key, chain: bytes) -> TlsSettings:
        write_whole(self.folder / f"{name}.pem", chain, mode=0o644)
        plain = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_whole(self.folder / f"{name}.key", plain, mode=0o600)
        return TlsSettings(
            ca=str(self.authority.folder / "root.pem"),
            cert=str(self.folder / f"{name}.pem"),
            key=str(self.folder / f"{name}.key"),
        )

    def caller(
        self, tls: TlsSettings | ssl.SSLContext | None, client_id: str = "", will: str | None = None
    ) -> Caller:
        """Connected and greeted; raises OSError or ConnectionError when the broker does not let them in."""
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        how = tls if isinstance(tls, ssl.SSLContext) else context(tls, HALL)
        if how is not None:
            client.tls_set_context(how)
        if will is not None:
            client.will_set(will, b'{"state":"lost"}', 1, True)
        caller = Caller(client)
        up: queue.Queue[str] = queue.Queue()
        client.on_connect = lambda _c, _u, _f, reason, _p: up.put(str(reason))
        client.on_disconnect = lambda _c, _u, _f, reason, _p: (
            caller.ended.put(str(reason)),
            caller.answers.put(("ended", 0, [str(reason)])),
            up.put(str(reason)),
        )
        client.on_message = lambda _c, _u, message: caller.heard.put(message)
        client.on_publish = lambda _c, _u, mid, reason, _p: caller.answers.put(
            ("publish", mid, [str(reason)])
        )
        client.on_subscribe = lambda _c, _u, mid, reasons, _p: caller.answers.put(
            ("subscribe", mid, [str(r) for r in reasons])
        )
        client.connect("127.0.0.1", self.broker.port, keepalive=10)
        client.loop_start()
        said = up.get(timeout=10)
        if said != "Success":
            leave(client)
            raise ConnectionRefusedError(said)
        self.closing.append(lambda: leave(client))
        return caller

    def tell_broker(self, *, consoles: tuple[str, ...] = (CONSOLE,), closed: tuple[str, ...] = ()) -> None:
        """Write what the broker reads, and have it read that when it runs."""
        write_whole(
            self.folder / "access", access_list(HALL, consoles=consoles, revoked=closed).encode(), mode=0o644
        )
        listed = self.authority.revocations(self.revoked, datetime.now(UTC))
        write_whole(self.folder / "revoked.pem", listed, mode=0o644)
        self.broker.reload()

    def close(self) -> None:
        for end in reversed(self.closing):
            end()
        self.closing.clear()


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    authority = Authority.found(folder / "authority", HALL, datetime.now(UTC))
    key = key_of(folder / "server.key")
    write_whole(folder / "server.pem", authority.issue_server(key, datetime.now(UTC)).chain, mode=0o644)
    door = Door(
        ca=authority.folder / "chain.pem",
        cert=folder / "server.pem",
        key=folder / "server.key",
        revoked=folder / "revoked.pem",
        access=folder / "access",
    )
    made = House(folder, authority, Broker(folder / "broker", door=door))
    made.tell_broker()
    made.broker.start()
    yield made
    made.broker.stop()


@pytest.fixture(autouse=True)
def _callers_leave(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "house" in request.fixturenames:
        request.getfixturevalue("house").close()
