"""The bus on a real broker, by paho-mqtt.

Rules:

* Each attempt to connect has its own paho client and will, and a generation number. What comes from an older generation is
  dropped: nothing of a dead connection is taken for the new one.
* Only connecting may take long, and has a thread; from then on the loop itself waits for the socket, reads and writes. An ask and
  its answer pass no thread on their way.
* paho's callbacks do nothing but :meth:`Scheduler.call_soon`: paho holds its locks meanwhile, and one thing is done at a time.
* Nothing is kept for later: what cannot be sent now is the outbox's and the askers' business. paho never reconnects by itself.
* A connection counts as up when every subscription is granted; a broker that keeps us waiting for that is left again.
* TCP_NODELAY is set on every socket: paho does not, and a question with its answer then takes 44 ms instead of 0.4.
"""

from __future__ import annotations

import contextlib
import logging
import random
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion

from hall.clock import Loop, Seconds, Timer
from hall.errors import Fault
from hall.link import Listener, Packet, check_sendable
from hall.mqtt_client import DrivenClient
from hall.topics import HUB_LIMIT, MEMBER_LIMIT

log = logging.getLogger(__name__)

KEEPALIVE_S = 5
#: From the first byte to the last granted subscription.
PATIENCE_S: Seconds = 5.0
#: A connection that lived shorter was no success: whoever fights over an identity must not do it twice a second.
SETTLED_S: Seconds = 5.0
#: How long a goodbye may take.
GOODBYE_S: Seconds = 0.5
FIVE = MQTTProtocolVersion.MQTTv5
#: Attempts with one version of MQTT before the other is tried.
TRIES = 2


@dataclass(frozen=True)
class Pace:
    """How long to wait before the next attempt: at random below a bound that grows, or always the same."""

    #: bound of the first wait after a connection that worked, seconds
    first_s: Seconds
    #: bound of the second wait; doubles from there
    grow_s: Seconds
    #: no bound is larger
    most_s: Seconds
    #: False: always exactly `first_s`
    jitter: bool = True

    HUB: ClassVar[Pace]

    @staticmethod
    def device(fleet: int) -> Pace:
        """For one of `fleet` devices that all lose a broker at once: spread out so that it is not run over.

        A fleet of 14 is back within seconds, hundreds take up to half a minute.
        """
        return Pace(first_s=min(15.0, 0.04 * fleet), grow_s=1.0, most_s=min(30.0, max(3.0, 0.15 * fleet)))

    def wait(self, failed: int, chance: random.Random) -> Seconds:
        """Seconds before the next attempt after `failed` attempts in a row (0: the connection just broke)."""
        if not self.jitter:
            return self.first_s
        bound = self.first_s if failed == 0 else min(self.most_s, self.grow_s * 2.0 ** min(failed - 1, 16))
        return chance.uniform(0.0, bound)


#: Hub and consoles: few, and everybody waits for them.
Pace.HUB = Pace(first_s=0.2, grow_s=0.2, most_s=0.2, jitter=False)


class MqttLink:
    """A :class:`hall.link.Link` over TCP."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        member: str,
        scheduler: Loop,
        limit: int = MEMBER_LIMIT,
        pace: Pace = Pace.HUB,
        chance: random.Random | None = None,
        tls: Callable[[], ssl.SSLContext | None] = lambda: None,
    ) -> None:
        """`member` is the client id; `limit` the largest payload in bytes; `chance` spreads the attempts.

        `tls` is asked before each attempt, so that a renewed certificate is used from the next one on (see :mod:`hall.tls`); while it
        raises Fault there is no attempt.
        """
        self._tls = tls
        self._host, self._port, self._member = host, port, member
        self._scheduler = scheduler
        self._limit = limit
        self._pace = pace
        self._chance = chance or random.Random()
        self._listener: Listener | None = None
        self._filters: tuple[str, ...] = ()
        self._generation = 0
        self._client: DrivenClient | None = None
        self._protocol = FIVE
        self._reached = False
        self._accepted = False
        #: how often in a row the broker did not like our first words
        self._hung_up = 0
        self._subscribing: int | None = None
        self._up = False
        self._up_since: Seconds = 0.0
        self._failed = 0
        self._timer: Timer | None = None
        self._early: list[Packet] = []
        self._closed = False
        #: why the last attempt or connection ended, for people
        self.trouble = ""

    @property
    def connected(self) -> bool:
        """See :class:`hall.link.Link`."""
        return self._up

    @property
    def protocol(self) -> MQTTProtocolVersion:
        """The version of MQTT spoken, or to be tried next."""
        return self._protocol

    def open(self, listener: Listener, subscriptions: Sequence[str]) -> None:
        """See :class:`hall.link.Link`; the first attempt begins at once."""
        if self._listener is not None:
            raise RuntimeError("the link is open already")
        self._listener = listener
        self._filters = tuple(subscriptions)
        self._scheduler.call_soon(self._attempt)

    def publish(self, packet: Packet) -> bool:
        """See :class:`hall.link.Link`; never waits. False also when too much is on its way already."""
        check_sendable(packet, self._limit)
        client = self._client
        if not self._up or client is None:
            return False
        try:
            sent = client.publish(packet.topic, packet.payload, packet.qos, packet.retain)
            client.write_now()
        except (ValueError, OSError) as error:
            log.warning("not sent", extra={"topic": packet.topic, "why": str(error)})
            return False
        return sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def close(self, goodbye: Packet | None = None) -> None:
        """See :class:`hall.link.Link`; takes at most a second, also with a dead broker."""
        if self._closed:
            return
        self._closed = True
        self._cancel()
        client, was_up = self._client, self._up
        if client is not None and was_up:
            with contextlib.suppress(ValueError, RuntimeError, OSError):
                if goodbye is not None:
                    check_sendable(goodbye, self._limit)
                    said = client.publish(goodbye.topic, goodbye.payload, goodbye.qos, goodbye.retain)
                    client.settle(said.is_published, GOODBYE_S)
                client.disconnect()
                client.settle(lambda: False, GOODBYE_S)
        self._generation += 1
        self._up = False
        self._client = None
        if client is not None:
            client.release()

    # --- one attempt, in the loop

    def _attempt(self) -> None:
        if self._closed or self._listener is None:
            return
        self._generation += 1
        generation = self._generation
        self._reached = self._accepted = False
        self._subscribing = None
        self._early.clear()
        # set first: whatever fails below, there will be a next attempt
        self._timer = self._scheduler.call_later(PATIENCE_S, partial(self._lost, generation, "no answer"))
        try:
            tls = self._tls()
        except Fault as error:
            self._lost(generation, error.text.en)
            return
        client = self._new_client(generation, self._listener.will(), tls)
        self._client = client
        threading.Thread(
            target=self._connect,
            args=(client, generation),
            name=f"mqtt-{self._member}-{generation}",
            daemon=True,
        ).start()

    def _new_client(self, generation: int, will: Packet, tls: ssl.SSLContext | None) -> DrivenClient:
        soon = partial(self._soon, generation)
        client = DrivenClient(
            self._scheduler,
            partial(soon, self._on_end),
            client_id=self._member,
            clean_session=None if self._protocol is FIVE else True,
            protocol=self._protocol,
            reconnect_on_failure=False,
        )
        client.connect_timeout = PATIENCE_S
        # small bounds: what is not on its way yet is not sent; the hub tells a whole hall at once
        client.max_inflight_messages_set(1000 if self._limit >= HUB_LIMIT else 100)
        client.max_queued_messages_set(4000 if self._limit >= HUB_LIMIT else 200)
        client.will_set(will.topic, will.payload, will.qos, will.retain)
        if tls is not None:
            client.tls_set_context(tls)
        client.on_socket_open = _no_delay
        client.on_connect = lambda _c, _u, _f, reason, _p: soon(
            self._on_connack, reason.is_failure, str(reason)
        )
        client.on_subscribe = lambda _c, _u, mid, reasons, _p: soon(
            self._on_suback, mid, [str(reason) for reason in reasons if reason.is_failure]
        )
        client.on_message = lambda _c, _u, message: soon(self._on_paho_message, message)
        return client

    def _connect(self, client: DrivenClient, generation: int) -> None:
        """The attempt's thread, until there is a connection. Whatever happens in paho ends here as a lost connection."""
        why = None
        try:
            client.connect(self._host, self._port, KEEPALIVE_S)
        except OSError as error:
            why = error.strerror or str(error)
        except Exception as error:
            log.exception("the connection's thread failed", extra={"generation": generation})
            why = f"{type(error).__name__}: {error}"
        if why is None:
            self._scheduler.call_soon(lambda: self._on_reached(client, generation))
        else:
            client.release()
            self._soon(generation, self._on_end, why)

    def _soon(self, generation: int, call: Callable[..., None], *details: Any) -> None:
        """The only thing that paho's callbacks and the attempt's thread do."""
        self._scheduler.call_soon(partial(self._in_loop, generation, call, details))

    def _in_loop(self, generation: int, call: Callable[..., None], details: tuple[Any, ...]) -> None:
        if generation == self._generation and not self._closed:
            call(*details)

    # --- what happens to it, in the loop

    def _on_reached(self, client: DrivenClient, generation: int) -> None:
        if generation != self._generation or self._closed:
            client.release()
            return
        self._reached = True
        client.begin()

    def _on_connack(self, refused: bool, reason: str) -> None:  # noqa: FBT001 - paho's order
        client = self._client
        assert client is not None
        if refused:
            self._hung_up += "protocol" in reason.lower()
            self._lost(self._generation, reason)
            return
        self._accepted, self._hung_up = True, 0
        if not self._filters:
            self._on_up()
            return
        done, self._subscribing = client.subscribe([(topic, 1) for topic in self._filters])
        client.write_now()
        if done != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._lost(self._generation, "cannot subscribe")

    def _on_suback(self, mid: int, refused: list[str]) -> None:
        if mid != self._subscribing:
            return
        self._subscribing = None
        if refused:
            self._lost(self._generation, f"subscription refused: {refused[0]}")
        else:
            self._on_up()

    def _on_up(self) -> None:
        assert self._listener is not None
        self._cancel()
        self._up, self._up_since, self.trouble = True, self._scheduler.mono(), ""
        log.info("connected", extra={"broker": f"{self._host}:{self._port}", "mqtt": self._protocol.name})
        early, self._early = self._early, []
        self._listener.on_connected()
        for packet in early:
            self._listener.on_message(packet)

    def _on_paho_message(self, message: paho.MQTTMessage) -> None:
        assert self._listener is not None
        try:
            packet = Packet(message.topic, bytes(message.payload), message.qos, message.retain)
        except UnicodeDecodeError:
            log.warning("message on an unreadable topic dropped")
            return
        if self._up:
            self._listener.on_message(packet)
        else:  # some brokers send what they kept before they grant the subscription
            self._early.append(packet)

    def _on_end(self, why: str) -> None:
        if self._reached and not self._accepted:
            self._hung_up += 1
        self._lost(self._generation, why)

    def _lost(self, generation: int, why: str) -> None:
        """Leave this connection behind and plan the next."""
        if generation != self._generation or self._closed:
            return
        assert self._listener is not None
        client, was_up = self._client, self._up
        self._cancel()
        self._generation += 1
        self._client, self._up = None, False
        if client is not None:
            client.release()
        if self._hung_up >= TRIES:  # twice in a row our first words were not liked: perhaps it is the version
            self._protocol = MQTTProtocolVersion.MQTTv311 if self._protocol is FIVE else FIVE
            self._hung_up = 0
        if was_up and self._scheduler.mono() - self._up_since >= SETTLED_S:
            self._failed = 0
        wait = self._pace.wait(self._failed, self._chance)
        self._failed += 1
        if why != self.trouble:  # once per reason, not once per attempt
            log.warning("not connected", extra={"broker": f"{self._host}:{self._port}", "why": why})
            self.trouble = why
        self._timer = self._scheduler.call_later(wait, self._attempt)
        if was_up:
            self._listener.on_disconnected()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _no_delay(_client: paho.Client, _userdata: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
