"""What is published leaves at once; what the socket did not take leaves when it has room; an end is noticed whoever looks."""

from __future__ import annotations

import socket
import threading

import paho.mqtt.client as paho
import pytest

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
def ends():
    return []


@pytest.fixture
def connected(inbox, ends):
    peer = Peer()
    client = DrivenClient(inbox, ends.append, client_id="pad-1", protocol=paho.MQTTv311)
    client.max_inflight_messages_set(1000)
    accepting = threading.Thread(target=peer.accept)
    accepting.start()
    client.connect("127.0.0.1", peer.port, keepalive=60)
    client.begin()
    accepting.join(10)
    yield peer, client
    client.release()
    client.release()
    peer.close()


def test_a_packet_is_on_the_wire_before_the_loop_turns_again(connected):
    peer, client = connected
    client.publish("a", b"said", qos=1)
    client.write_now()  # the loop does not even run
    assert peer.packet().endswith(b"said")


def test_what_the_socket_does_not_take_is_written_when_it_has_room_whole_and_in_order(connected, run):
    peer, client = connected
    sent = [bytes([n]) * 60_000 for n in range(200)]
    for payload in sent:
        client.publish("a", payload, qos=1)
        client.write_now()
    assert client.want_write()  # twelve megabytes are more than a socket holds
    got = []
    reading = threading.Thread(target=lambda: got.extend(peer.packet()[5:] for _ in sent))
    reading.start()
    run(lambda: not reading.is_alive())
    assert got == sent
    assert not client.want_write()


def test_what_came_together_is_dealt_with_together_and_acknowledged(connected, run, inbox):
    peer, client = connected
    dealt, waiting = [], []
    client.on_message = lambda _c, _u, message: (
        waiting.append(message.payload),
        inbox.call_soon(lambda: dealt.append(list(waiting))),
    )
    peer.sock.sendall(b"".join(b"\x32\x06\x00\x01a\x00%c%c" % (n, n) for n in range(1, 10)))
    run(lambda: len(dealt) == 9)
    assert {tuple(seen) for seen in dealt} == {tuple(b"%c" % n for n in range(1, 10))}
    assert [peer.packet() for _ in range(9)] == [b"\x00%c" % n for n in range(1, 10)]


def test_a_dead_connection_is_told_once_whoever_notices(connected, run, ends):
    peer, client = connected
    peer.sock.close()
    for n in range(50):
        client.publish("a", b"x" * n, qos=0)
        client.write_now()
    run(lambda: bool(ends))
    assert len(ends) == 1
    assert client.socket() is None


def test_a_stumble_of_paho_is_the_connections_end_and_said(connected, run, ends, caplog):
    peer, client = connected
    client.on_message = lambda *_: 1 / 0
    peer.sock.sendall(b"\x30\x03\x00\x01a")
    run(lambda: bool(ends))
    assert ends[0] == "ZeroDivisionError: division by zero"
    assert [r.getMessage() for r in caplog.records if r.exc_info] == ["the connection failed"]


def test_the_last_word_is_written_without_a_loop(connected):
    peer, client = connected
    said = client.publish("a", b"goodbye", qos=1)

    def acknowledge():
        assert peer.packet().endswith(b"goodbye")
        peer.sock.sendall(b"\x40\x02\x00\x01")

    answering = threading.Thread(target=acknowledge)
    answering.start()
    client.settle(said.is_published, 10)
    answering.join(10)
    assert said.is_published()
    client.disconnect()
    client.settle(lambda: False, 10)
    assert client.socket() is None


def test_an_answer_and_what_it_acknowledges_leave_in_one_piece_the_rest_by_itself(connected, run, inbox):
    peer, client = connected

    def on_message(_client, _user, message):
        if message.payload == b"?":
            inbox.call_soon(lambda: (client.publish("b", b"answer", qos=0), client.write_now()))

    client.on_message = on_message
    peer.sock.sendall(b"\x32\x06\x00\x01a\x00\x01?")
    got = bytearray()
    reading = threading.Thread(target=lambda: got.extend(peer.sock.recv(1000)))
    reading.start()
    run(lambda: not reading.is_alive())
    assert bytes(got) == b"\x40\x02\x00\x01" + b"\x30\x09\x00\x01banswer"
    peer.sock.sendall(b"\x32\x06\x00\x01a\x00\x02!")
    waiting = threading.Thread(target=lambda: got.extend(peer.sock.recv(1000)))
    waiting.start()
    run(lambda: not waiting.is_alive())
    assert bytes(got[-4:]) == b"\x40\x02\x00\x02"
