"""A hub on a hand-moved clock, an in-memory bus and a real store; and members who only say what a test tells them to.

The store is an SQLite file; a test file that says ``pytestmark = pytest.mark.both_stores`` runs on a PostgreSQL database as well.
"""

from __future__ import annotations

import itertools
import json
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from hall.clock import VirtualScheduler
from hall.ids import seeded_ids
from hall.link import Packet
from hall.memory import MemoryBroker
from hall.messages.common import MemberKind
from hall.plan import DayHours, HallPlan, HoursPlan, LanePlan, MemberPlan, ServicePlan, WindowPlan
from hall.policy import USUAL
from hall.text import Text
from hall.topics import HUB, HUB_LIMIT, Topics
from hub.domain import views
from hub.service import Hub
from hub.store.journal import Journal

ZONE = ZoneInfo("Asia/Shanghai")
#: a Monday
START = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)
TOPICS = Topics("demo")


def name(zh, en):
    return Text(zh=zh, en=en)


def hall_plan(*, always=True, dispensers=2, **changes):
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DayHours(open="09:00", close="17:00"))
    members = {f"dispenser-{n}": MemberPlan(kind=MemberKind.DISPENSER) for n in range(1, dispensers + 1)}
    for n in (1, 2, 3):
        members[f"sign-{n}"] = MemberPlan(kind=MemberKind.SIGN, window=n)
        members[f"pad-{n}"] = MemberPlan(kind=MemberKind.PAD, window=n)
    members["speaker-1"] = MemberPlan(kind=MemberKind.SPEAKER)
    members["speaker-2"] = MemberPlan(kind=MemberKind.SPEAKER)
    fields = {
        "id": "demo",
        "name": name("示例大厅", "Example hall"),
        "timezone": "Asia/Shanghai",
        "hotline": "12329",
        "supervision": "0000-0000000",
        "hours": HoursPlan(always=True) if always else HoursPlan(week=week),
        "services": {
            "withdrawal": ServicePlan(letter="A", name=name("提取", "Withdrawal"), target_min=12),
            "loan": ServicePlan(letter="B", name=name("贷款", "Loan"), target_min=40),
        },
        "windows": (
            WindowPlan(window=1, serves=("withdrawal", "loan")),
            WindowPlan(window=2, serves=("withdrawal",)),
            WindowPlan(window=3, serves=("loan",)),
        ),
        "lanes": {"normal": LanePlan(), "priority": LanePlan()},
        "policy": msgspec.structs.replace(USUAL, weights={"priority": 1}),
        "members": members,
    }
    return HallPlan(**(fields | changes))


class Mortal:
    """A program's scheduler: once the program is killed, nothing it had planned happens."""

    def __init__(self, scheduler):
        self._scheduler = scheduler
        self.alive = True

    def now(self):
        return self._scheduler.now()

    def mono(self):
        return self._scheduler.mono()

    def call_later(self, delay_s, call):
        return self._scheduler.call_later(delay_s, lambda: call() if self.alive else None)

    def call_soon(self, call):
        self._scheduler.call_soon(lambda: call() if self.alive else None)


class Bare:
    """A member that only does what it is told: says raw messages, and keeps what it hears."""

    def __init__(self, rig, member, kind, filters):
        self.rig, self.member, self.kind = rig, member, kind
        self.heard = []
        self.epoch = 0
        self.boot = f"boot-{member}"
        self._ids = itertools.count(1)
        self.link = rig.broker.link(member)
        self.link.open(self, filters)
        rig.settle()

    def will(self):
        self.epoch += 1
        return self._state("lost")

    def on_connected(self):
        self.link.publish(self._state("ready"))

    def on_disconnected(self):
        pass

    def on_message(self, packet):
        self.heard.append(packet)

    def _state(self, state, **changes):
        said = {"state": state, "epoch": self.epoch, "boot": self.boot, "kind": self.kind} | changes
        return Packet(TOPICS.state(self.member), json.dumps(said).encode(), retain=True)

    def say_state(self, state, **changes):
        self.link.publish(self._state(state, **changes))
        self.rig.settle()

    def say(self, leaf, payload, retain=False):
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.rig.broker.take(self.member, Packet(TOPICS.of(self.member, leaf), raw, retain=retain))

    def ask_later(self, type_, id_=None, **fields):
        """Send an ask; the hub sees it when the scheduler moves."""
        id_ = id_ or f"{self.member}-ask-{next(self._ids)}"
        self.say("up/ask", {"id": id_, "type": type_, **fields})
        return id_

    def ask(self, type_, id_=None, **fields):
        """Ask and wait; the answer as a dict."""
        id_ = self.ask_later(type_, id_, **fields)
        self.rig.settle()
        return self.answer(id_)

    def take(self, service="withdrawal", **fields):
        return self.ask(
            "take_ticket", **({"service": service, "lane": "normal", "via": "dispenser"} | fields)
        )

    def event_later(self, type_, seq, outbox=None, **fields):
        base = {
            "outbox": outbox or f"box-{self.member}",
            "seq": seq,
            "boot": self.boot,
            "mono_ms": 1,
            "at": self.rig.scheduler.now().isoformat(),
            "clock_ok": True,
        }
        self.say("up/event", base | {"type": type_} | fields)

    def event(self, type_, seq, outbox=None, **fields):
        self.event_later(type_, seq, outbox, **fields)
        self.rig.settle()

    def beat(self):
        beat = {"epoch": self.epoch, "outbox": 0, "uptime_s": 1, "clock_ok": True}
        self.say("up/beat", beat | dict.fromkeys(("temperature_c", "rss_mb", "disk_free_mb")))
        self.rig.settle()

    def raw(self, leaf):
        """Payloads heard on a topic that ends so, oldest first."""
        return [p.payload for p in self.heard if p.topic.endswith(leaf)]

    def got(self, leaf):
        return [json.loads(payload) for payload in self.raw(leaf)]

    @property
    def calls(self):
        """Calls this speaker was told to announce."""
        return [c for c in self.got("/down/command") if c["type"] == "announce" and "call" in c["phrase"]]

    def answers_raw(self, id_):
        return [p for p in self.raw("/down/answer") if json.loads(p)["id"] == id_]

    def answer(self, id_):
        found = self.answers_raw(id_)
        return json.loads(found[-1]) if found else None

    @property
    def receipts(self):
        return [r["upto"] for r in self.got("/down/receipt")]


class Rig:
    """One hall on the bench."""

    def __init__(self, where, plan, start=START):
        self.where = where
        #: what the hub's settings say about its store
        self.heads = self.retention = self.archive = self.warden = None
        self.plan = plan
        self.scheduler = VirtualScheduler(start)
        self.broker = MemoryBroker(self.scheduler)
        self.members = {}
        self.hub = None
        self.mortal = None
        self.starts = itertools.count(1)

    def start_hub(self, store=None):
        self.mortal = Mortal(self.scheduler)
        self.store = store or Journal(self.where)
        self.hub = Hub(
            self.plan,
            link=self.broker.link(HUB, HUB_LIMIT),
            scheduler=self.mortal,
            store=self.store,
            ids=seeded_ids(f"hub {next(self.starts)}", self.scheduler.now),
            trust_console_names=True,
            heads=self.heads,
            retention=self.retention,
            archive=self.archive,
            warden=self.warden,
        )
        self.hub.start()
        self.settle()
        return self.hub

    def kill_hub(self):
        self.mortal.alive = False
        self.broker.kill(HUB)
        self.store.close()
        self.settle()

    def member(self, member):
        kind = self.plan.members[member].kind.value if member in self.plan.members else "console"
        filters = TOPICS.console_filters(member) if kind == "console" else TOPICS.device_filters(member)
        made = Bare(self, member, kind, filters)
        self.members[member] = made
        return made

    def settle(self):
        self.scheduler.settle()

    def run_for(self, seconds):
        self.scheduler.run_for(seconds)

    @property
    def hall(self):
        return self.hub.coordinator.hall

    def waiting(self, service):
        return views.waiting(self.hall, service)

    def facts(self, type_=None):
        """Facts told on the bus, each once, in order of n."""
        told = {}
        for packet in self.broker.log:
            if packet.topic.startswith(TOPICS.fact("")):
                fact = json.loads(packet.payload)
                assert told.setdefault(fact["n"], packet.payload) == packet.payload
        facts = [json.loads(told[n]) for n in sorted(told)]
        return [f for f in facts if type_ is None or f["type"] == type_]

    def wants(self, member, part):
        packet = self.broker.retained.get(TOPICS.of(member, f"down/want/{part}"))
        return None if packet is None else json.loads(packet.payload)

    def close(self):
        if self.hub is not None and self.mortal.alive:
            self.hub.stop()


def pytest_generate_tests(metafunc):
    if metafunc.definition.get_closest_marker("both_stores"):
        metafunc.fixturenames.append("engine")
        metafunc.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def engine(request):
    """Which of the two databases this test runs on."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def new_store(engine, request, tmp_path):
    """Makes stores: where each is, a path or a URL."""
    count = itertools.count(1)

    def make():
        if engine == "postgresql":
            return request.getfixturevalue("new_database")()
        return str(tmp_path / f"hub-{next(count)}.db")

    return make


@pytest.fixture
def where(new_store):
    """Where this test's store is."""
    return new_store()


@pytest.fixture
def make_rig(where, new_store):
    made = []

    def make(start=START, **plan):
        rig = Rig(new_store() if made else where, hall_plan(**plan), start)
        made.append(rig)
        return rig

    yield make
    for rig in made:
        rig.close()


@pytest.fixture
def rig(make_rig):
    rig = make_rig()
    rig.start_hub()
    return rig


@pytest.fixture
def console(rig):
    return rig.member("console-1")


@pytest.fixture
def dispenser(rig):
    return rig.member("dispenser-1")
