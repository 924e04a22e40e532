"""The transport as the rest of the house sees it: publish, and be told.

Two links exist: :class:`hall.mqtt.MqttLink` (a real broker) and :class:`hall.memory.MemoryLink` (a broker in memory for the
simulated day and the tests). Both call their :class:`Listener` from the scheduler's loop, never from another thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from hall.errors import Malformed
from hall.text import Text


class Packet(msgspec.Struct, frozen=True):
    """One message as it travels."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


class Listener(Protocol):
    """Whoever is at the end of a link."""

    def will(self) -> Packet:
        """The last will for the connection that is about to be made; called before each attempt, may persist (epoch)."""

    def on_connected(self) -> None:
        """The link is up and every subscription is granted; nothing was published yet on this connection."""

    def on_disconnected(self) -> None:
        """The link is down; publishing does nothing until :meth:`on_connected`."""

    def on_message(self, packet: Packet) -> None:
        """A message came. `packet.retain` is true when the broker had kept it."""


class Link(Protocol):
    """A member's connection to the bus; reconnects by itself for ever."""

    @property
    def connected(self) -> bool:
        """Whether publishing reaches the broker now."""

    def open(self, listener: Listener, subscriptions: Sequence[str]) -> None:
        """Start connecting, and keep connected; subscribes (QoS 1) to the topic filters at each connect."""

    def publish(self, packet: Packet) -> bool:
        """Send; False when the link is down (the caller's outbox or repetition covers that).

        Raises ``Malformed("too-large")`` when the payload is over the member's limit.
        """

    def close(self, goodbye: Packet | None = None) -> None:
        """Publish `goodbye`, disconnect cleanly and stop; may be called twice."""


def check_sendable(packet: Packet, limit: int) -> None:
    """Refuse what must never reach a broker: ``Malformed`` with code ``too-large`` or ``bad-topic``.

    A broker answers an oversized message by cutting the client off, which then sends it again for ever.
    """
    size = len(packet.payload)
    if size > limit:
        raise Malformed(
            "too-large",
            Text(zh="消息过长，未发送", en=f"{packet.topic}: {size} bytes, at most {limit} may be sent"),
        )
    topic = packet.topic
    if not topic or len(topic) > 256 or "+" in topic or "#" in topic or "\0" in topic:
        raise Malformed(
            "bad-topic", Text(zh="消息主题无效，未发送", en=f"{packet.topic!r} is not a topic to send to")
        )
