"""The link on a real mosquitto: up when subscribed, back when broken, and never in anybody's way."""

import os
import random
import signal
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from hall import mqtt
from hall.errors import Malformed
from hall.inbox import Inbox
from hall.link import Packet
from hall.mqtt import MqttLink, Pace
from hall.topics import HUB_LIMIT
from hub.broker import free_port, wait_until
from tests.patience import in_time

pytestmark = pytest.mark.broker


class Ear:
    """A listener that remembers, in the loop's thread only."""

    def __init__(self, name):
        self.name, self.epoch, self.heard, self.story = name, 0, [], []
        self.on_packet = lambda _p: None

    def will(self):
        self.epoch += 1
        return Packet(f"state/{self.name}", b"lost %d" % self.epoch, 1, True)

    def on_connected(self):
        self.story.append("up")

    def on_disconnected(self):
        self.story.append("down")

    def on_message(self, packet):
        assert threading.current_thread() is threading.main_thread()
        self.heard.append(packet)
        self.on_packet(packet)

    def said(self):
        return [p.payload for p in self.heard]


@pytest.fixture
def member(inbox, run, broker):
    """Makes a member; waits until it is up unless told otherwise."""
    links = []

    def make(name, *filters, up=True, port=None, **more):
        ear = Ear(name)
        link = MqttLink(host="127.0.0.1", port=port or broker.port, member=name, scheduler=inbox, **more)
        links.append(link)
        link.open(ear, filters)
        if up:
            run(lambda: link.connected)
        return ear, link

    yield make
    for link in links:
        link.close()


def socket_of(link):
    return link._client.socket()


def cut(link):
    """The cable breaks: no goodbye."""
    socket_of(link).shutdown(socket.SHUT_RDWR)


def test_messages_go_both_ways_with_their_retained_flag(member, run):
    a, link_a = member("a", "t/+")
    _, link_b = member("b")
    assert link_b.publish(Packet("t/x", b"kept", 1, True))
    assert link_b.publish(Packet("t/y", b"now", 0))
    run(lambda: len(a.heard) == 2)
    late, _ = member("late", "t/#")
    run(lambda: late.heard)
    assert a.heard == [Packet("t/x", b"kept", 1, False), Packet("t/y", b"now", 0, False)]
    assert late.heard == [Packet("t/x", b"kept", 1, True)]
    assert link_a.publish(Packet("t/x", b"", 1, True))
    run(lambda: len(a.heard) == 3)
    later, link = member("later", "t/#", "echo")
    link.publish(Packet("echo", b"done"))
    run(lambda: later.heard)
    assert later.said() == [b"done"]


def test_it_speaks_mqtt_5_with_a_broker_that_does(member):
    _, link = member("a")
    assert link.protocol is MQTTProtocolVersion.MQTTv5


def test_tcp_nodelay_is_set_on_every_connection(member, run):
    _, link = member("a")
    for _ in range(2):
        assert socket_of(link).getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        cut(link)
        run(lambda: not link.connected)
        run(lambda: link.connected)


def test_up_means_that_every_subscription_is_granted(member, run):
    _, other = member("other")
    seen = []
    a, link = member("a", "t/1", "t/2", "t/3", up=False)
    a.on_connected = lambda: [
        seen.append(link.connected),
        *[other.publish(Packet(f"t/{n}", b"")) for n in (1, 2, 3)],
    ]
    run(lambda: len(a.heard) == 3)
    assert seen == [True]


def test_a_broken_connection_leaves_the_will_and_the_next_one_has_a_new_one(member, run):
    watcher, _ = member("w", "state/a")
    a, link = member("a")
    for n in (1, 2):
        cut(link)
        run(lambda n=n: len(watcher.heard) == n and a.epoch == n + 1 and link.connected)
    assert watcher.said() == [b"lost 1", b"lost 2"]
    assert a.epoch == 3
    assert a.story == ["up", "down", "up", "down", "up"]


def test_a_clean_goodbye_is_heard_and_no_will_follows(member, run, broker):
    watcher, link_w = member("w", "state/#", "end")
    _, link = member("a")
    link.close(Packet("state/a", b"disconnected", 1, True))
    link.close()
    assert not link.connected
    assert not link.publish(Packet("x", b""))
    link_w.publish(Packet("end", b"end"))
    run(lambda: b"end" in watcher.said())
    assert watcher.said() == [b"disconnected", b"end"]


def test_closing_is_bounded_also_with_a_frozen_broker(member, broker):
    _, link = member("a")
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        link.close(Packet("state/a", b"disconnected", 1, True))
        assert in_time(begun, 3)
    finally:
        os.kill(broker.pid, signal.SIGCONT)


def test_a_killed_broker_is_found_again_by_everybody(member, run, broker):
    chance = random.Random(1)
    hub = member("hub")
    pads = [member(f"pad-{n}", pace=Pace.device(14), chance=chance) for n in range(13)]
    os.kill(broker.pid, signal.SIGKILL)
    run(lambda: not any(link.connected for _, link in [hub, *pads]))
    assert wait_until(lambda: broker.pid is None, 30)
    assert not hub[1].publish(Packet("x", b""))
    broker.start()
    begun = time.monotonic()
    run(lambda: all(link.connected for _, link in [hub, *pads]))
    assert in_time(begun, 8)  # bounded by the pace
    assert {tuple(ear.story) for ear, _ in [hub, *pads]} == {("up", "down", "up")}


def test_a_frozen_broker_is_noticed_and_found_again(member, run, broker, monkeypatch):
    monkeypatch.setattr(mqtt, "KEEPALIVE_S", 1)
    monkeypatch.setattr(mqtt, "PATIENCE_S", 0.5)
    a, link = member("a")
    os.kill(broker.pid, signal.SIGSTOP)
    run(lambda: not link.connected)
    run(lambda: a.epoch >= 3)  # it goes on trying while nobody answers
    os.kill(broker.pid, signal.SIGCONT)
    run(lambda: link.connected)


def test_nothing_of_an_old_connection_is_taken_for_the_new_one(member, run, inbox):
    a, link = member("a", "t")
    old = link._generation
    cut(link)
    run(lambda: not link.connected)
    run(lambda: link.connected)
    stale = paho.MQTTMessage(topic=b"t")
    stale.payload = b"stale"
    link._soon(old, link._on_paho_message, stale)
    link._soon(old, link._on_end, "stale")
    link.publish(Packet("t", b"fresh"))
    run(lambda: a.heard)
    assert a.said() == [b"fresh"]
    assert link.connected


def test_answering_inside_a_callback_blocks_nobody(member, run):
    echo, echo_link = member("echo", "ask", limit=HUB_LIMIT)
    echo.on_packet = lambda p: echo_link.publish(Packet("answer", p.payload))
    asker, link = member("asker", "answer", limit=HUB_LIMIT)
    for n in range(500):
        assert link.publish(Packet("ask", b"%d" % n))
    run(lambda: len(asker.heard) == 500)
    assert asker.said() == [b"%d" % n for n in range(500)]


def test_too_much_at_once_is_said_and_not_kept(member, run, broker):
    _, link = member("a")
    os.kill(broker.pid, signal.SIGSTOP)
    begun = time.monotonic()
    sent = [link.publish(Packet("t", b"x" * 1000)) for _ in range(400)]
    assert in_time(begun, 2)  # never blocks
    os.kill(broker.pid, signal.SIGCONT)
    assert sent.count(True) == 200
    assert sent[-1] is False
    run(lambda: link.publish(Packet("t", b"room again")))


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        (Packet("t", b"." * 8193), "too-large"),
        (Packet("t/+", b""), "bad-topic"),
        (Packet("#", b""), "bad-topic"),
        (Packet("a\0b", b""), "bad-topic"),
        (Packet("", b""), "bad-topic"),
    ],
)
def test_what_must_not_reach_a_broker_is_refused(member, packet, code):
    _, link = member("a")
    with pytest.raises(Malformed) as caught:
        link.publish(packet)
    assert caught.value.code == code
    assert link.publish(Packet("t", b"." * 8192))


def test_what_paho_stumbles_over_is_one_lost_connection_and_not_a_dead_thread(
    member, run, monkeypatch, caplog
):
    stumbles = iter([RuntimeError("a driver's mistake"), KeyError("another")])
    real = mqtt._no_delay

    def stumble(*args):
        for error in stumbles:
            raise error
        real(*args)

    monkeypatch.setattr(mqtt, "_no_delay", stumble)
    a, link = member("a")
    assert a.epoch == 3
    assert [r.getMessage() for r in caplog.records if r.exc_info] == ["the connection's thread failed"] * 2
    assert link.publish(Packet("t", b""))


def test_a_listener_that_fails_in_the_loop_does_not_break_the_link(member, run, inbox):
    a, link = member("a", "t")
    a.on_packet = lambda p: 1 / 0 if p.payload == b"bad" else None
    link.publish(Packet("t", b"bad"))
    link.publish(Packet("t", b"good"))
    run(lambda: len(a.heard) == 2)
    assert inbox.failures == 1
    assert link.connected


def test_nobody_there_is_said_once_and_tried_for_ever(member, run, caplog):
    a, link = member("a", up=False, port=free_port())
    run(lambda: a.epoch >= 4)
    assert [r.why for r in caplog.records if r.getMessage() == "not connected"] == ["Connection refused"]
    assert a.story == []
    assert not link.publish(Packet("t", b""))


def test_a_broker_that_never_answers_is_left_again(member, run, monkeypatch):
    monkeypatch.setattr(mqtt, "PATIENCE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        a, link = member("a", up=False, port=silent.getsockname()[1])
        run(lambda: a.epoch >= 3)
        assert link.trouble == "no answer"
        link.close()


@contextmanager
def old_broker(port, refusal):
    """Stands before a broker and knows only MQTT 3.1.1: whoever says 5 gets `refusal` and is hung up on."""
    said = []

    def pump(one, two):
        while data := one.recv(65536):
            two.sendall(data)

    def serve(client):
        with client:
            hello = client.recv(65536)
            level = hello[hello.index(b"MQTT") + 4]
            said.append(level)
            if level == 5:
                client.sendall(refusal)
                return
            with socket.create_connection(("127.0.0.1", port)) as upstream:
                upstream.sendall(hello)
                back = threading.Thread(target=guarded, args=(pump, upstream, client), daemon=True)
                back.start()
                guarded(pump, client, upstream)

    def guarded(call, *args):
        with suppress(OSError, ValueError):
            call(*args)

    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            while True:
                client, _ = server.accept()
                threading.Thread(target=guarded, args=(serve, client), daemon=True).start()

        threading.Thread(target=guarded, args=(accept,), daemon=True).start()
        yield server.getsockname()[1], said
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("refusal", [b"", struct.pack("!BBBB", 0x20, 2, 0, 1)], ids=["hangs up", "says so"])
def test_with_a_broker_that_does_not_speak_5_it_speaks_3_1_1(member, run, broker, refusal):
    with old_broker(broker.port, refusal) as (port, said):
        a, link = member("a", "t", port=port)
        assert link.protocol is MQTTProtocolVersion.MQTTv311
        link.publish(Packet("t", b"hello", 1, True))
        run(lambda: a.heard)
        cut(link)
        run(lambda: len(a.heard) == 2)  # back, and the retained message comes again
        assert [p.retain for p in a.heard] == [False, True]
        assert said == [5, 5, 4, 4]
        link.close()


def test_who_is_thrown_out_again_and_again_becomes_patient(member, run):
    """Two devices with one identity must not fight twice a second."""
    _, link = member("a")
    for n in (1, 2, 3):
        cut(link)
        run(lambda: not link.connected)
        assert link._failed == n
        run(lambda: link.connected)


def test_hub_and_consoles_try_every_fifth_of_a_second():
    assert {Pace.HUB.wait(n, random.Random()) for n in range(100)} == {0.2}


@pytest.mark.parametrize(
    ("fleet", "first", "most"), [(1, 0.04, 3.0), (14, 0.56, 3.0), (200, 8.0, 30.0), (5000, 15.0, 30.0)]
)
def test_devices_spread_out_first_by_fleet_then_further_and_never_more_than_half_a_minute(fleet, first, most):
    pace, chance = Pace.device(fleet), random.Random(7)
    waits = [pace.wait(0, chance) for _ in range(2000)]
    assert 0 <= min(waits) < first / 10
    assert first * 0.9 < max(waits) <= first
    late = [pace.wait(10_000, chance) for _ in range(2000)]
    assert min(late) < most / 10
    assert most * 0.9 < max(late) <= most


def test_after_a_restart_no_tenth_of_a_second_sees_a_crowd():
    pace, chance = Pace.device(200), random.Random(7)
    bins = [0] * 100
    for _ in range(200):
        bins[int(pace.wait(0, chance) * 10)] += 1
    assert max(bins) <= 10  # of 200; without jitter 170 came in one


def test_a_small_hall_is_back_within_seconds_of_a_broker_that_was_away_for_one():
    for seed in range(500):
        chance, pace, at, failed = random.Random(seed), Pace.device(14), 0.0, 0
        while True:
            at += pace.wait(failed, chance)
            failed += 1
            if at >= 1.0:
                break
        assert at < 4.0


def test_a_link_that_never_was_up_closes_at_once_and_twice():
    inbox = Inbox(None)
    link = MqttLink(host="127.0.0.1", port=free_port(), member="a", scheduler=inbox)
    link.open(Ear("a"), [])
    link.close(Packet("t", b"bye"))
    link.close()
    inbox.call_soon(inbox.stop)
    assert inbox.run() == 0
