"""A dispenser's program with its real hands on the twin's wires, and a hub that says what a test wants said."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from devices.agent.health import Vitals
from devices.agent.run import Parts
from devices.ticket_dispenser.__main__ import build
from devices.ticket_dispenser.settings import (
    DispenserSettings,
    DisplaySettings,
    GreenKeySettings,
    KeySettings,
    PrinterSettings,
)
from hall import wire
from hall.card import Card
from hall.clock import VirtualScheduler
from hall.ids import seeded_ids
from hall.link import Packet
from hall.memory import MemoryBroker
from hall.messages import answers, commands, presence, wants
from hall.messages.asks import CheckIn, TakeTicket
from hall.messages.common import MemberKind, MemberState
from hall.messages.facts import Block, TicketIssued
from hall.text import Text
from hall.topics import HUB_LIMIT, Topics
from hall.worker import InlineWorker
from sim.twin.paper import PaperPrinter
from sim.twin.pins import Board, BoardFactory
from sim.twin.spi import Max7219Chain
from sim.twin.spi_bus import ChainSpi

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 23, 9, 30, tzinfo=ZONE)
TODAY, TOMORROW = "2026-11-23", "2026-11-24"
KEY = {"withdrawal": 5, "enquiry": 6, "green": 13}
LAMP = {"withdrawal": 17, "enquiry": 27, "green": 22, "alarm": 23}
SETTINGS = DispenserSettings(
    hall="demo",
    member="dispenser-1",
    state_dir="unused",
    keys=(
        KeySettings(pin=5, service="withdrawal", lamp=17),
        KeySettings(pin=6, service="enquiry", lamp=27),
    ),
    green=GreenKeySettings(pin=13, lamp=22),
    alarm_lamp=23,
    printer=PrinterSettings(host="twin", render="text"),
    display=DisplaySettings(width=64),
)


def zh_en(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


def catalogue(**changes) -> wants.Services:
    rent = wants.Situation(id="rent", name=zh_en("租房", "rent"), need=("租赁合同",))
    buy = wants.Situation(id="buy", name=zh_en("购房", "purchase"), need=("购房合同",))
    facts = {
        "rev": "s1",
        "hall": "demo",
        "name": zh_en("示例大厅", "Example Hall"),
        "services": (
            wants.Service(
                id="withdrawal",
                letter="A",
                name=zh_en("提取", "Withdrawal"),
                common=("本人身份证",),
                situations=(rent, buy),
            ),
            wants.Service(id="enquiry", letter="F", name=zh_en("咨询", "Enquiry")),
        ),
        "lanes": ("normal", "priority"),
        "day": TODAY,
        "open": True,
        "opens": "9:00",
        "closes": "17:00",
    }
    return wants.Services(**{**facts, **changes})


def lease(rev="n1", day=TODAY, first=9001, last=9003, after=None) -> wants.Numbers:
    blocks = tuple(Block(letter=letter, first=first, last=last) for letter in "AF")
    follow = wants.NextNumbers(day=after, blocks=blocks) if after else None
    return wants.Numbers(rev=rev, day=day, blocks=blocks, next=follow)


class Hub:
    """Speaks for the hub; counts tickets of each letter from 1, unless told to be silent or to refuse."""

    def __init__(self, scheduler, broker):
        self.scheduler, self.topics = scheduler, Topics("demo")
        self.link = broker.link("hub", HUB_LIMIT)
        self.asks, self.events, self.results, self.haves = [], [], [], {}
        self.alerts: dict[str, dict] = {}
        self.issued: dict[str, TicketIssued] = {}
        self.silent, self.refusing, self.receipts = False, None, True
        self.upto: dict[str, int] = {}
        self.epoch = 0

    def open(self):
        self.link.open(self, self.topics.hub_filters())

    def will(self):
        self.epoch += 1
        return self._state(MemberState.LOST)

    def _state(self, state):
        said = presence.State(state=state, epoch=self.epoch, boot="hub-boot", kind=MemberKind.HUB)
        return Packet(self.topics.state("hub"), wire.encode(said), 1, True)

    def on_connected(self):
        self.link.publish(self._state(MemberState.READY))

    def on_disconnected(self):
        pass

    def on_message(self, packet):
        address = self.topics.parse(packet.topic)
        match address.leaf.name:
            case "up/ask":
                self._ask(wire.decode_ask(packet.payload))
            case "up/event":
                self._event(wire.decode_event(packet.payload))
            case "up/result":
                self.results.append(wire.decode(commands.Result, packet.payload))
            case "up/have/<part>":
                self.haves[address.part] = wire.decode(wants.Have, packet.payload)
            case "$alert/<id>" if packet.payload:
                self.alerts[address.part] = json.loads(packet.payload)
            case "$alert/<id>":
                self.alerts.pop(address.part, None)
            case _:
                pass

    def _ask(self, ask):
        self.asks.append(ask)
        if not self.silent:
            self.answer(ask)

    def answer(self, ask):
        if self.refusing is not None:
            code, text = self.refusing
            said = answers.No(id=ask.id, ok=False, code=code, text=text)
        else:
            fact = self.issued.get(ask.id) or self._issue(ask)
            said = answers.Done(id=ask.id, ok=True, facts=(msgspec.Raw(wire.encode(fact)),))
        self.tell("answer", said)

    def _issue(self, ask):
        if isinstance(ask, CheckIn):
            ask = TakeTicket(id=ask.id, service="withdrawal", lane="appointment", via=ask.via)
        letter = {"withdrawal": "A", "enquiry": "F"}[ask.service]
        count = 1 + sum(fact.number[0] == letter for fact in self.issued.values())
        fact = TicketIssued(
            n=len(self.issued) + 1, at=self.scheduler.now(), ticket=ask.id, number=f"{letter}{count:03d}",
            service=ask.service, lane=ask.lane, via=ask.via, situation=ask.situation, ahead=3,
            wait_min_s=600, wait_max_s=900, windows=(2, 3), now="A001",
        )  # fmt: skip
        self.issued[ask.id] = fact
        return fact

    def _event(self, event):
        key = (event.outbox, event.seq)
        if key not in [(e.outbox, e.seq) for e in self.events]:
            self.events.append(event)
        if self.receipts:
            self.tell("receipt", answers.Receipt(outbox=event.outbox, upto=event.seq))

    def tell(self, leaf, message, *, retained=False):
        topic = self.topics.of("dispenser-1", f"down/{leaf}")
        self.link.publish(Packet(topic, wire.encode(message), 1, retained))

    def want(self, part, want):
        self.tell(f"want/{part}", want, retained=True)

    def said(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


class Mortal:
    """The scheduler as one run of a program knows it: a killed program's timers never come."""

    def __init__(self, scheduler):
        self.scheduler, self.dead = scheduler, False
        self.now, self.mono = scheduler.now, scheduler.mono

    def call_later(self, delay_s, call):
        return self.scheduler.call_later(delay_s, lambda: None if self.dead else call())

    def call_soon(self, call):
        self.call_later(0.0, call)


class Place:
    """A dispenser in its hall; `restart` takes the program away as a power cut does and starts it again on the same card."""

    def __init__(self, tmp_path, settings=SETTINGS, *, start=MORNING, known=True, hub=True):
        self.settings, self.path = settings, tmp_path / "dispenser.card"
        self.scheduler = VirtualScheduler(start)
        self.broker = MemoryBroker(self.scheduler)
        self.hub = Hub(self.scheduler, self.broker)
        self.board = Board(self.scheduler)
        self.printer = PaperPrinter(settings.printer.width_dots)
        self.chain = Max7219Chain(settings.display.width if settings.display else 64, 16)
        self.boots = self.seen = 0
        self.program = None
        if hub:
            self.hub.open()
            self.scheduler.settle()
        if known:
            self.hub.want("services", catalogue())
            self.hub.want("numbers", lease())
        self.begin()
        self.wait(3)

    def begin(self):
        self.boots += 1
        self.card = Card(self.path)
        self.life = Mortal(self.scheduler)
        self.factory = BoardFactory(self.board)
        ids = seeded_ids(f"{self.boots}-{self.scheduler.mono()}", self.scheduler.now)
        tokens = (f"{self.boots:016x}{n:016x}" for n in range(10_000))
        parts = Parts(
            self.life,
            self.broker.link("dispenser-1"),
            self.card,
            InlineWorker(self.life, self.took),
            Vitals,
            lambda: None,
            ids,
        )
        self.program = build(
            self.settings,
            parts,
            pin_factory=self.factory,
            line=self.printer.port,
            spi=ChainSpi(self.chain),
            tokens=lambda: next(tokens),
        )
        self.program.open()
        self.wait(1)

    def took(self):
        """A piece of paper takes half a second, a look at the printer nothing."""
        new, self.seen = len(self.printer.slips) - self.seen, len(self.printer.slips)
        return 0.5 * new

    def kill(self):
        """As a power cut does: nothing is said, nothing is finished; the pins let go."""
        self.life.dead = True
        self.broker.kill("dispenser-1")
        self.factory.close()
        self.card.close()

    def restart(self):
        self.kill()
        self.begin()

    def wait(self, seconds):
        self.scheduler.run_for(seconds)

    def press(self, name, seconds=0.15, then=3.0):
        self.board.press(KEY[name], seconds)
        self.wait(seconds + then)

    def lit(self, name):
        return self.board.value(LAMP[name]) > 0

    @property
    def papers(self):
        """Text of every piece of paper."""
        return ["\n".join(slip.text) for slip in self.printer.slips]

    @property
    def numbers(self):
        """Ticket numbers on paper, with how often each came."""
        found = [line.strip() for slip in self.printer.slips for line in slip.text]
        return [line for line in found if len(line) in {4, 5} and line[0] in "AF" and line[1:].isdigit()]

    @property
    def alerts(self):
        return {alert["code"] for alert in self.hub.alerts.values()}
