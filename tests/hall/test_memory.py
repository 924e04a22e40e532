"""The broker in memory behaves like the real one where the hall relies on it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Malformed
from hall.link import Packet
from hall.memory import matches


class Ear:
    """A listener that remembers."""

    def __init__(self, name="ear"):
        self.name, self.epoch, self.heard, self.story = name, 0, [], []

    def will(self):
        self.epoch += 1
        return Packet(f"state/{self.name}", b"lost %d" % self.epoch, 1, True)

    def on_connected(self):
        self.story.append("up")

    def on_disconnected(self):
        self.story.append("down")

    def on_message(self, packet):
        self.heard.append(packet)

    def said(self):
        return [p.payload for p in self.heard]


@pytest.fixture
def member(bus, clock):
    def make(name, *filters):
        ear, link = Ear(name), bus.link(name)
        link.open(ear, filters)
        clock.settle()
        return ear, link

    return make


def test_a_message_reaches_whoever_subscribed_once_and_in_order(member, clock):
    a, _ = member("a", "x/#", "x/y")
    b, _ = member("b", "x/+")
    c, _ = member("c", "z")
    _, link = member("d")
    for n in range(5):
        assert link.publish(Packet("x/y", b"%d" % n))
    assert a.heard == []  # only when the scheduler says so
    clock.settle()
    assert a.said() == b.said() == [b"0", b"1", b"2", b"3", b"4"]
    assert c.said() == []


def test_what_is_retained_comes_with_the_flag_to_new_subscribers_only(member, clock):
    early, _ = member("early", "t/+")
    _, link = member("d")
    link.publish(Packet("t/a", b"old", retain=True))
    link.publish(Packet("t/a", b"new", retain=True))
    link.publish(Packet("t/b", b"gone", retain=True))
    link.publish(Packet("t/b", b"", retain=True))
    clock.settle()
    late, _ = member("late", "t/+")
    assert [(p.payload, p.retain) for p in early.heard] == [
        (b"old", False),
        (b"new", False),
        (b"gone", False),
        (b"", False),
    ]
    assert [(p.payload, p.retain) for p in late.heard] == [(b"new", True)]


def test_a_cut_publishes_the_will_and_a_mend_connects_with_a_new_one(bus, member, clock):
    watcher, _ = member("w", "state/+")
    ear, link = member("a", "x")
    bus.cut("a")
    assert not link.connected
    assert not link.publish(Packet("x", b"into the void"))
    clock.settle()
    bus.mend("a")
    clock.settle()
    bus.cut("a")
    clock.settle()
    assert ear.story == ["up", "down", "up", "down"]
    assert watcher.said() == [b"lost 1", b"lost 2"]


def test_cut_and_mended_in_one_moment_is_still_told_in_order(bus, member, clock):
    ear, _ = member("a", "x")
    bus.cut("a")
    bus.mend("a")
    clock.settle()
    assert ear.story == ["up", "down", "up"]


def test_a_clean_goodbye_leaves_the_goodbye_and_no_will(bus, member, clock):
    watcher, _ = member("w", "state/+")
    _, link = member("a", "x")
    link.close(Packet("state/a", b"disconnected", retain=True))
    link.close()
    clock.settle()
    assert watcher.said() == [b"disconnected"]
    assert not link.publish(Packet("x", b"late"))


def test_a_killed_program_hears_nothing_more_and_its_will_is_told(bus, member, clock):
    watcher, _ = member("w", "state/+")
    ear, link = member("a", "x")
    bus.kill("a")
    clock.settle()
    assert watcher.said() == [b"lost 1"]
    assert ear.story == ["up"]
    assert not link.connected


def test_a_second_connection_of_one_member_takes_over(bus, member, clock):
    watcher, _ = member("w", "state/+")
    old, _ = member("a", "x")
    new, _ = member("a", "x")
    _, link = member("d")
    link.publish(Packet("x", b"hello"))
    clock.settle()
    assert watcher.said() == [b"lost 1"]
    assert (old.said(), new.said()) == ([], [b"hello"])
    assert old.story == ["up", "down"]


def test_a_killed_broker_sends_no_wills_and_forgets_what_was_retained(bus, member, clock):
    watcher, _ = member("w", "state/+", "t")
    _, link = member("a", "x")
    link.publish(Packet("t", b"kept", retain=True))
    clock.settle()
    bus.stop()
    clock.settle()
    assert not link.connected
    bus.start()
    clock.settle()
    assert link.connected
    assert watcher.said() == [b"kept"]


def test_what_was_on_its_way_to_a_broken_connection_does_not_arrive(bus, member, clock):
    ear, _ = member("a", "x")
    _, link = member("d")
    link.publish(Packet("x", b"on its way"))
    bus.cut("a")
    bus.mend("a")
    clock.settle()
    assert ear.said() == []


def test_packets_can_be_lost_and_doubled_on_purpose(bus, member, clock):
    ear, _ = member("a", "x/+")
    _, link = member("d")
    bus.lose_next("x/+", count=2)
    bus.duplicate_next("x/y")
    for n in range(4):
        link.publish(Packet("x/y", b"%d" % n))
    clock.settle()
    assert ear.said() == [b"2", b"2", b"3"]
    assert [p.payload for p in bus.log if p.topic == "x/y"] == [b"0", b"1", b"2", b"3"]


@pytest.mark.parametrize("topic", ["a/+", "#", "a\0b", "", "x" * 300])
def test_a_topic_with_wildcards_or_nul_is_refused(member, topic):
    _, link = member("d")
    with pytest.raises(Malformed) as caught:
        link.publish(Packet(topic, b""))
    assert caught.value.code == "bad-topic"


def test_a_payload_over_the_limit_is_refused_and_not_sent(bus, member):
    _, link = member("d")
    assert link.publish(Packet("x", b"." * 8192))
    with pytest.raises(Malformed) as caught:
        link.publish(Packet("x", b"." * 8193))
    assert caught.value.code == "too-large"
    assert bus.count == 1


LEVEL = st.sampled_from(["a", "b", "$s", "+", "#", ""])


@given(
    st.lists(LEVEL, min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "b", "$s", ""]), min_size=1, max_size=5),
)
def test_wildcards_mean_what_paho_thinks_they_mean(wanted, topic):
    from paho.mqtt.client import topic_matches_sub

    if "#" in wanted:
        wanted = wanted[: wanted.index("#") + 1]
    assert matches("/".join(wanted), "/".join(topic)) == topic_matches_sub("/".join(wanted), "/".join(topic))


def test_a_simulated_days_messages_take_seconds_not_minutes(bus, member, clock):
    ears = [
        member(f"m-{n}", f"hall/1/demo/m-{n}/down/#", "hall/1/demo/hub/$state", "hall/1/demo/hub/rebirth")
        for n in range(20)
    ]
    hub, link = member("hub", "hall/1/demo/+/up/#")
    begun = time.process_time()
    for n in range(25_000):
        ears[n % 20][1].publish(Packet(f"hall/1/demo/m-{n % 20}/up/beat", b"{}"))
        link.publish(Packet(f"hall/1/demo/m-{n % 20}/down/answer", b"{}"))
        clock.settle()
    took = time.process_time() - begun
    assert len(hub.heard) == 25_000
    assert took < 10, (
        f"{took / 50_000 * 1e6:.0f} µs a message"
    )  # about 3 here: this catches the wrong order of magnitude
