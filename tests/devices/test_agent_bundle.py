"""A support bundle says what a technician needs, fits the bus, and lets no secret out."""

import base64
import gzip
import json
import logging
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from devices.agent.agent import Agent
from devices.agent.bundle import BLANKED, blank
from hall import wire
from hall.card import Card
from hall.clock import VirtualScheduler
from hall.link import Packet
from hall.logs import LineFormatter, Ring
from hall.memory import MemoryBroker
from hall.messages.commands import Result, SendBundle, SetLogLevel
from hall.messages.common import MemberKind
from hall.topics import HUB_LIMIT, MEMBER_LIMIT, Topics

TOPICS = Topics("demo")
#: what must never leave a device, as it could stand in logs, settings and on cards
CANARIES = {
    "token": "c0ffee" * 5 + "ab",
    "password": "canary-hunter-2",
    "bearer": "canary.bearer.value",
    "pem": "MIICANARYcanaryCANARYcanary",
    "address": "canary-user:canary-pass",
    "phone": "13912345678",
    "citizen": "11010519491231002X",
    "base64": "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LWNhbmFyeS1jYW5hcnk=",
}
LINES = [
    f"phone page token={CANARIES['token']} opened",
    f"login with password: {CANARIES['password']}",
    f'{{"api_key":"{CANARIES["password"]}","x":1}}',
    f"Authorization: Bearer {CANARIES['bearer']}",
    f"-----BEGIN EC PRIVATE KEY-----\\n{CANARIES['pem']}\\n-----END EC PRIVATE KEY-----",
    f"connecting to mqtts://{CANARIES['address']}@10.0.0.5:8883",
    f"called {CANARIES['phone']} about {CANARIES['citizen']}",
    f"blob {CANARIES['base64']}",
    f"opened /m/{CANARIES['token']}",
]
SETTINGS = {
    "member": "pad-3",
    "broker": {"host": "10.0.0.5", "password": CANARIES["password"], "tls": {"key": "/etc/hall/pad-3.key"}},
    "keys": [{"pin": 5, "service": "提取"}],
    "wifi": {"psk": CANARIES["password"]},
    "token": CANARIES["token"],
}


class Place:
    """A pad on a bus with somebody who listens."""

    def __init__(self):
        self.time = VirtualScheduler(datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
        self.bus = MemoryBroker(self.time)
        self.levels, self.heard = [], []
        self.hub = self.bus.link("hub", HUB_LIMIT)
        self.hub.open(self, TOPICS.hub_filters())
        self.card = Card(":memory:")
        self.card.put("rated", [[CANARIES["token"], 1]])
        self.pad = Agent(
            hall="demo",
            member="pad-3",
            kind=MemberKind.PAD,
            link=self.bus.link("pad-3"),
            scheduler=self.time,
            card=self.card,
            set_log_level=self.levels.append,
            support=lambda done: done({"log": LINES, "settings": SETTINGS}),
        )
        self.pad.open()
        self.time.settle()

    def will(self):
        return Packet(TOPICS.state("hub"), b"", 1, True)

    def on_connected(self):
        pass

    def on_disconnected(self):
        pass

    def on_message(self, packet):
        self.heard.append(packet)
        if packet.topic.endswith("up/event"):
            event = wire.decode_event(packet.payload)
            receipt = f'{{"outbox":"{event.outbox}","upto":{event.seq}}}'.encode()
            self.hub.publish(Packet(TOPICS.of("pad-3", "down/receipt"), receipt, 0))

    def command(self, command):
        self.hub.publish(Packet(TOPICS.of("pad-3", "down/command"), wire.encode(command), 1))
        self.time.run_for(1)

    def bundle(self, name="b-1"):
        self.command(SendBundle(id=name, expires_s=60))
        events = [p for p in self.heard if p.topic == TOPICS.of("pad-3", "up/event")]
        assert all(len(packet.payload) <= MEMBER_LIMIT for packet in events)
        parts = [wire.decode_event(packet.payload) for packet in events]
        assert [part.part for part in parts] == list(range(1, parts[0].parts + 1))
        assert {part.bundle for part in parts} == {name}
        return gzip.decompress(b"".join(base64.b64decode(part.data) for part in parts)).decode()


@pytest.fixture
def place():
    return Place()


def test_no_secret_leaves_in_a_bundle(place):
    text = place.bundle()
    assert {name: text.count(secret) for name, secret in CANARIES.items() if secret in text} == {}
    assert text.count(BLANKED) >= len(LINES)


def test_what_a_technician_needs_is_in_it(place):
    place.pad.trouble("keys-fault")
    found = json.loads(place.bundle())
    assert found["member"] == "pad-3"
    assert found["alerts"]["keys-fault"]["code"] == "keys-fault"
    assert found["description"]["version"] == place.pad.description.version
    assert found["program"]["packages"]["msgspec"]
    assert found["health"]["clock_ok"] is True
    assert found["card"]["bytes_by_key"]["rated"] > 30
    assert found["settings"]["broker"]["host"] == "10.0.0.5"
    # what only looks like a secret's name is told
    assert found["settings"]["broker"]["tls"]["key"] == "/etc/hall/pad-3.key"
    assert found["settings"]["keys"] == [{"pin": 5, "service": "提取"}]
    assert len(found["log"]) == len(LINES)


def test_a_long_log_travels_in_pieces_and_the_command_is_done_once_they_are_kept(place):
    noise = [f"{n} {msgspec.json.encode(n * 7919 % 104729).hex()[:30]} line" for n in range(3000)]
    place.pad._support = lambda done: done({"log": noise})
    assert json.loads(place.bundle())["log"] == noise
    results = [
        wire.decode(Result, p.payload) for p in place.heard if p.topic == TOPICS.of("pad-3", "up/result")
    ]
    assert Result(id="b-1", phase="done") in results


@pytest.mark.parametrize(
    "harmless",
    [
        "2026-11-23T09:00:00.000+08:00 INFO pad-3 hall.member hub is there",
        "/usr/lib/python3.11/site-packages/devices/rating_pad/hardware.py line 31",
        "id=019ab7c2-1b7e-7a63-9b1c-0c6f3a2d1e4f code=card-full",
        "A012 到3号窗口",
        "rev=1f0c8a7b6d5e4f30",
    ],
)
def test_what_is_no_secret_stays_as_it_is(harmless):
    assert blank(harmless) == harmless


def test_the_log_level_is_other_for_some_minutes(place):
    place.levels.clear()
    place.command(SetLogLevel(id="l-1", expires_s=60, level="debug", minutes=10))
    assert place.levels == ["debug"]
    place.time.run_for(601)
    assert place.levels == ["debug", None]


def test_a_ring_keeps_the_last_lines_of_a_log_and_not_more_than_its_room():
    ring = Ring(LineFormatter("pad-3"), most_bytes=2000)
    logger = logging.getLogger("ring")
    logger.setLevel("INFO")
    logger.addHandler(ring)
    for n in range(200):
        logger.info("line %d", n)
    logger.removeHandler(ring)
    lines = ring.lines()
    assert lines[-1].endswith("line 199")
    assert 1000 < sum(map(len, lines)) <= 2000
