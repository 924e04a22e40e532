"""The same link, behind certificates: nothing is lost, nothing waits, and a wrong certificate is said in words."""

import os
import signal
import threading
from zoneinfo import ZoneInfo

import pytest

from hall.inbox import Inbox
from hall.link import Packet
from hall.mqtt import MqttLink, Pace
from hall.tls import context
from hall.topics import HUB, HUB_LIMIT, Topics
from hub.broker import wait_until
from tests.hub.trust.conftest import HALL

pytestmark = [pytest.mark.broker, pytest.mark.xdist_group("trust")]
TOPICS = Topics(HALL)


class Ear:
    """A listener that remembers."""

    def __init__(self, name):
        self.name, self.heard, self.ups = name, [], 0
        self.on_packet = lambda _packet: None

    def will(self):
        return Packet(TOPICS.state(self.name), b'{"state":"lost"}', 1, True)

    def on_connected(self):
        self.ups += 1

    def on_disconnected(self):
        pass

    def on_message(self, packet):
        self.heard.append(packet.payload)
        self.on_packet(packet)


@pytest.fixture
def loop():
    """A loop of its own in a thread."""
    inbox = Inbox(ZoneInfo("Asia/Shanghai"))
    runner = threading.Thread(target=inbox.run)
    runner.start()
    yield inbox
    inbox.call_soon(inbox.stop)
    runner.join(10)


@pytest.fixture
def member(house, loop):
    links = []

    def make(name, *filters, hall=HALL):
        files = house.identity(name)
        link = MqttLink(
            host="127.0.0.1",
            port=house.broker.port,
            member=name,
            scheduler=loop,
            limit=HUB_LIMIT,
            pace=Pace.HUB,
            tls=lambda: context(files, hall),
        )
        ear = Ear(name)
        links.append(link)
        loop.call_soon(lambda: link.open(ear, filters))
        return ear, link

    yield make
    for link in links:
        loop.call_soon(link.close)


def up(link):
    assert wait_until(lambda: link.connected, 10), link.trouble


def test_a_thousand_words_and_the_largest_board_come_whole_and_in_order(member, loop):
    ear, device = member("pad-3", TOPICS.of("pad-3", "down/#"))
    _, hub = member(HUB)
    up(device)
    up(hub)
    said = [b'{"nth":%d}' % n for n in range(1000)] + [b"x" * HUB_LIMIT]

    def say(left):
        if left and hub.publish(Packet(TOPICS.of("pad-3", "down/want/display"), left[0])):
            left = left[1:]
        if left:
            loop.call_soon(lambda: say(left))

    loop.call_soon(lambda: say(said))
    assert wait_until(lambda: len(ear.heard) >= len(said), 30)
    assert ear.heard == said


def test_it_is_back_after_the_broker_was_killed(house, member):
    ear, device = member("pad-4", TOPICS.state(HUB))
    up(device)
    os.kill(house.broker.pid, signal.SIGKILL)
    assert wait_until(lambda: not device.connected, 10)
    house.broker.start()
    assert wait_until(lambda: ear.ups == 2, 15)


def test_a_box_of_another_hall_is_named_as_the_trouble(member):
    _, device = member("pad-3", hall="other-hall")
    assert wait_until(lambda: "hub.other-hall.hall.internal" in device.trouble, 10), device.trouble
    assert not device.connected
