"""What is published leaves at once from the thread that publishes; the driving thread writes only what the socket did not take."""

from __future__ import annotations

import socket
import threading

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hall.mqtt_client import DrivenClient


class Peer:
    """A broker that says yes once, and reads only when it is told to."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.sock = None

    def accept(self):
        self.sock, _ = self._listener.accept()
        self.sock.settimeout(10)
        self.read(self.sock.recv(2)[1])
        self.sock.sendall(b"\x20\x02\x00\x00")

    def read(self, n):
        got = bytearray()
        while len(got) < n:
            got += self.sock.recv(n - len(got))
        return bytes(got)

    def packet(self):
        self.read(1)
        size = shift = 0
        while True:
            digit = self.read(1)[0]
            size |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return self.read(size)

    def close(self):
        self._listener.close()
        self.sock.close()


@pytest.fixture
def connected():
    peer = Peer()
    client = DrivenClient(CallbackAPIVersion.VERSION2, "pad-1", protocol=paho.MQTTv311)
    client.max_inflight_messages_set(1000)
    accepting = threading.Thread(target=peer.accept)
    accepting.start()
    client.connect("127.0.0.1", peer.port, keepalive=60)
    client.loop_write()
    accepting.join(10)
    yield peer, client
    client.release()
    peer.close()


def test_a_packet_is_on_the_wire_before_any_thread_was_woken(connected):
    peer, client = connected
    client.publish("a", b"said", qos=1)
    client.write_now()  # nobody drives this client
    assert peer.packet().endswith(b"said")


def test_what_the_socket_does_not_take_is_written_by_the_driving_thread_whole_and_in_order(connected):
    peer, client = connected
    driving = threading.Thread(target=client.drive, daemon=True)
    driving.start()
    sent = [bytes([n]) * 60_000 for n in range(200)]
    for payload in sent:
        client.publish("a", payload, qos=1)
        client.write_now()
    assert client.want_write()  # twelve megabytes are more than a socket holds
    assert [peer.packet()[5:] for _ in sent] == sent
    client.disconnect()
    client.write_now()
    driving.join(10)
    assert not driving.is_alive()


def test_a_dead_connection_ends_the_driving_thread_whoever_notices(connected):
    peer, client = connected
    ends = []
    client.on_disconnect = lambda *_: ends.append(1)
    driving = threading.Thread(target=client.drive, daemon=True)
    driving.start()
    peer.sock.close()
    for n in range(50):
        client.publish("a", b"x" * n, qos=0)
        client.write_now()
    driving.join(10)
    assert not driving.is_alive()
    assert ends == [1]
