"""The fault proxy: what it does to a stream, seen from both ends of it; and a whole conversation through real mosquitto."""

import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import msgspec
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from hub.broker import Broker, free_port
from sim.twin.links import SOUND, SWITCHES, LinkFaults, LinksClient, LinksError, LinksPlan
from sim.twin.proxy import Cutter, published

CONNECT = bytes.fromhex("100c00044d5154540402003c0000")


def publish(topic, payload, *, mid=0):
    body = len(topic).to_bytes(2, "big") + topic.encode() + (mid.to_bytes(2, "big") if mid else b"") + payload
    size, rest = b"", len(body)
    while True:
        size += bytes(((rest & 0x7F) | (0x80 if rest > 0x7F else 0),))
        rest >>= 7
        if not rest:
            return bytes((0x30 | (2 if mid else 0),)) + size + body


def ack(mid):
    return b"\x40\x02" + mid.to_bytes(2, "big")


def take(end, size):
    """Exactly so many bytes, or what came before the other side hung up."""
    got = b""
    with suppress(ConnectionError):
        while len(got) < size and (more := end.recv(size - len(got))):
            got += more
    return got


def silent(end, seconds):
    end.settimeout(seconds)
    try:
        return end.recv(1) is None
    except TimeoutError:
        return True
    finally:
        end.settimeout(10)


def ended(end):
    with suppress(ConnectionError):
        return end.recv(1) == b""
    return True


@contextmanager
def proxy(folder, broker_port, *members):
    plan = LinksPlan(
        broker_port=broker_port,
        ports={member: free_port() for member in members},
        control=str(folder / "c"),
    )
    (folder / "links.json").write_bytes(msgspec.json.encode(plan))
    process = subprocess.Popen([sys.executable, "-m", "sim.twin.proxy", "--plan", str(folder / "links.json")])
    try:
        with LinksClient(plan.control, timeout_s=20) as links:
            links.look()
            yield plan, links
    finally:
        process.kill()
        process.wait()


class Ends:
    """Both ends of one cable: the member's socket and what the broker got for it."""

    def __init__(self, server, plan, links):
        self.server, self.plan, self.links = server, plan, links
        self.member = self.broker = None

    def close(self):
        for end in (self.member, self.broker):
            if end is not None:
                end.close()

    def connect(self):
        self.close()
        self.member = socket.create_connection(("127.0.0.1", self.plan.ports["pad-1"]), timeout=10)
        self.broker = self.server.accept()[0]
        self.broker.settimeout(10)
        return self.member, self.broker

    def wrong(self, **faults):
        self.links.set("pad-1", LinkFaults(**faults))


@pytest.fixture
def ends(tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        proxy(tmp_path, server.getsockname()[1], "pad-1", "hub") as (plan, links),
    ):
        server.settimeout(10)
        both = Ends(server, plan, links)
        yield both
        both.close()


def test_a_stream_is_cut_into_packets_wherever_its_pieces_end():
    packets = [CONNECT, publish("a/b", b"x" * 300, mid=7), ack(9), publish("c", b"")]
    for step in (1, 2, 3, 50, 1000):
        cutter, stream, got = Cutter(), b"".join(packets), []
        for at in range(0, len(stream), step):
            got += cutter.feed(stream[at : at + step])
        assert got == packets


def test_what_is_no_mqtt_passes_as_it_is():
    cutter = Cutter()
    assert b"".join(cutter.feed(b"\x10\xff\xff\xff\xff\xff\x01hello") + cutter.feed(b" world")).endswith(
        b"hello world"
    )


def test_a_publish_is_known_by_topic_and_id():
    assert published(publish("hall/x", b"y" * 200, mid=513)) == type(published(publish("t", b"")))(
        b"hall/x", 1, 513
    )
    assert published(ack(3)) is None
    assert published(b"\x32\x03\x00\x09a") is None


def test_a_sound_cable_carries_both_ways_and_both_goodbyes(ends):
    member, broker = ends.connect()
    member.sendall(CONNECT)
    assert take(broker, len(CONNECT)) == CONNECT
    broker.sendall(ack(1))
    assert take(member, 4) == ack(1)
    member.sendall(publish("a", b"bye"))
    member.shutdown(socket.SHUT_WR)
    assert take(broker, 100) == publish("a", b"bye")
    assert ended(member)


def test_a_lost_packet_is_acknowledged_and_the_link_broken_off_when_healed(ends):
    member, broker = ends.connect()
    ends.wrong(lose=1.0)
    member.sendall(CONNECT + publish("a", b"1", mid=5) + publish("b", b"2") + ack(6))
    assert take(broker, len(CONNECT) + 4) == CONNECT + ack(6)
    assert take(member, 4) == ack(5)
    assert ends.links.look()["pad-1"].lost == 2
    ends.links.heal("pad-1")
    assert ended(member)
    assert ended(broker)


def test_a_doubled_packet_comes_again_as_dup_and_its_second_acknowledgement_ends_in_the_proxy(ends):
    member, broker = ends.connect()
    ends.wrong(duplicate=1.0)
    once = publish("a", b"1", mid=5)
    member.sendall(once)
    twice = take(broker, 2 * len(once))
    assert twice == once + bytes((once[0] | 8,)) + once[1:]
    broker.sendall(ack(5) + ack(5) + ack(6))
    assert take(member, 8) == ack(5) + ack(6)


def test_overtaking_keeps_the_order_of_a_topic(ends):
    member, broker = ends.connect()
    ends.wrong(reorder=1.0)
    packets = [publish(topic, bytes((48 + n,))) for n, topic in enumerate("aabbcacbbbacac")]
    member.sendall(b"".join(packets))
    came = []
    cutter = Cutter()
    while len(came) < len(packets):
        came += cutter.feed(broker.recv(4096))
    assert came != packets
    assert sorted(came) == sorted(packets)
    for topic in "abc":
        of = [packet for packet in packets if published(packet).topic == topic.encode()]
        assert [packet for packet in came if published(packet).topic == topic.encode()] == of


def test_bytes_wait_in_a_cable_that_is_out(ends):
    member, broker = ends.connect()
    ends.wrong(cut=True)
    member.sendall(publish("a", b"1"))
    assert silent(broker, 0.4)
    late = socket.create_connection(("127.0.0.1", ends.plan.ports["pad-1"]), timeout=10)
    late.sendall(CONNECT)
    ends.links.heal()
    assert take(broker, 6) == publish("a", b"1")
    with ends.server.accept()[0] as second:
        second.settimeout(10)
        assert take(second, len(CONNECT)) == CONNECT
    late.close()


def test_a_slow_cable_is_slow_and_only_this_one(ends):
    member, broker = ends.connect()
    ends.wrong(latency_s=0.3, bytes_per_s=1000)
    began = time.monotonic()
    packets = publish("a", b"x" * 200) + publish("a", b"y")
    member.sendall(packets)
    assert take(broker, len(packets)) == packets
    assert time.monotonic() - began >= 0.5
    assert ends.links.look()["hub"].faults == SOUND


def test_a_connection_broken_off_ends_on_both_sides_and_may_come_again(ends):
    member, broker = ends.connect()
    ends.links.break_off("pad-1")
    assert ended(member)
    assert ended(broker)
    member, broker = ends.connect()
    member.sendall(CONNECT)
    assert take(broker, len(CONNECT)) == CONNECT


def test_without_a_broker_a_member_is_hung_up_on(tmp_path):
    with proxy(tmp_path, free_port(), "pad-1") as (plan, _links):
        member = socket.create_connection(("127.0.0.1", plan.ports["pad-1"]), timeout=10)
        assert ended(member)
        member.close()


def test_a_wish_that_makes_no_sense_is_refused_by_name(ends):
    with pytest.raises(LinksError, match="pad-9"):
        ends.links.set("pad-9", SOUND)
    with pytest.raises(LinksError, match=r"lose"):
        ends.links.set("pad-1", LinkFaults(lose=2.0))
    ends.links.change("pad-1", latency_s=0.1)
    ends.links.change("pad-1", lose=0.5)
    assert ends.links.look()["pad-1"].faults == LinkFaults(latency_s=0.1, lose=0.5)


@pytest.mark.broker
@pytest.mark.parametrize("switch", ["slow", "duplicating", "reordering"])
def test_a_conversation_with_mosquitto_survives_a_bad_cable_whole(tmp_path, switch):
    """Only lossy and cut cables lose anything; on the others everything arrives, at least once."""
    with Broker(tmp_path / "b") as broker, proxy(tmp_path, broker.port, "pad-1") as (plan, links):
        links.set("pad-1", SWITCHES[switch]())
        got = []
        client = Client(CallbackAPIVersion.VERSION2, "pad-1")
        client.on_message = lambda _c, _u, message: got.append(message.payload)
        client.on_connect = lambda *_: client.subscribe("t/+", qos=1)
        client.on_subscribe = lambda *_: [client.publish(f"t/{n % 3}", str(n), qos=1) for n in range(40)]
        client.connect("127.0.0.1", plan.ports["pad-1"])
        client.loop_start()
        end = time.monotonic() + 20
        while len(set(got)) < 40 and time.monotonic() < end:
            time.sleep(0.01)
        client.disconnect()
        client.loop_stop()
        assert {int(payload) for payload in got} == set(range(40))
