"""The dispenser's program with its real hands on the twin's wires, and a hub that says what a test wants said."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import msgspec
import pytest

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
from hall.messages import answers, commands, events, presence, wants
from hall.messages.asks import CheckIn, TakeTicket
from hall.messages.common import MemberKind, MemberState, Via
from hall.messages.facts import Block, TicketIssued
from hall.text import Text
from hall.topics import HUB_LIMIT, Topics
from hall.troubles import TROUBLES
from hall.words import say
from hall.worker import InlineWorker
from sim.twin.faults import FAULTS
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


@pytest.fixture
def place(tmp_path: Path):
    there = Place(tmp_path)
    yield there
    there.program.close()


class TestOnePressOneTicket:
    def test_a_press_becomes_a_number_on_paper_and_is_reported(self, place):
        place.press("withdrawal")
        assert place.numbers == ["A001"]
        assert "您前面还有3人" in place.papers[0]
        assert "提取" in place.papers[0]
        [ask] = place.hub.asks
        assert (ask.service, ask.lane, ask.via) == ("withdrawal", "normal", Via.DISPENSER)
        [printed] = place.hub.said(events.Printed)
        assert (printed.ticket, printed.copy) == (ask.id, 1)

    def test_tickets_and_tokens_are_never_the_same(self, place):
        for _ in range(3):
            place.press("withdrawal", then=6)
        assert place.numbers == ["A001", "A002", "A003"]
        assert len({ask.id for ask in place.hub.asks}) == 3
        assert len({ask.token for ask in place.hub.asks}) == 3

    def test_a_lost_answer_is_asked_for_again_with_the_same_id(self, place):
        place.broker.lose_next("+/+/+/dispenser-1/down/answer")
        place.press("withdrawal")
        assert place.numbers == ["A001"]
        assert len(place.hub.asks) == 2
        assert len({ask.id for ask in place.hub.asks}) == 1

    def test_an_answer_heard_twice_prints_once(self, place):
        place.broker.duplicate_next("+/+/+/dispenser-1/down/answer")
        place.press("withdrawal")
        assert place.numbers == ["A001"]

    def test_impatient_fingers_get_one_ticket(self, place):
        place.hub.silent = True
        for _ in range(4):
            place.press("withdrawal", 0.05, then=0.1)
        place.hub.silent = False
        place.wait(3)
        assert place.numbers == ["A001"]

    def test_two_keys_under_one_hand_are_one_press(self, place):
        place.board.press(KEY["withdrawal"], 0.3)
        place.wait(0.01)
        place.board.press(KEY["enquiry"], 0.3)
        place.wait(3)
        assert place.numbers == ["A001"]

    def test_two_people_at_two_keys_get_two_tickets(self, place):
        place.board.press(KEY["withdrawal"], 0.4)
        place.wait(0.2)
        place.board.press(KEY["enquiry"], 0.4)
        place.wait(4)
        assert sorted(place.numbers) == ["A001", "F001"]

    def test_a_refusal_is_a_slip_with_its_sentence(self, place):
        place.hub.refusing = ("numbers-used-up", zh_en("对不起，号已用完，请找引导台", "Sorry, used up"))
        place.press("withdrawal")
        assert place.numbers == []
        assert "对不起，号已用完，请找引导台" in place.papers[0]

    def test_a_closed_hall_says_when_it_is_open(self, place):
        place.hub.refusing = ("closed", zh_en("关", "closed"))
        place.press("withdrawal")
        assert "请在9:00至17:00来" in place.papers[0].replace("\n", "")

    def test_nonsense_for_an_answer_prints_no_nonsense(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=0.5)
        place.hub.tell(
            "answer", answers.Done(id=place.hub.asks[0].id, ok=True, facts=(msgspec.Raw(b'{"type":"?"}'),))
        )
        place.wait(3)
        assert place.numbers == ["A9001"]


class TestTheSameKeyAgain:
    def test_it_takes_no_second_ticket_but_prints_the_situations_papers(self, place):
        place.press("withdrawal", then=2)
        place.press("withdrawal", then=3)
        assert len(place.hub.asks) == 1
        assert "租赁合同" in place.papers[1]
        assert "您已取号" in place.papers[1]
        assert "A001" in place.papers[1]

    def test_quick_taps_step_on_and_only_the_chosen_list_is_printed(self, place):
        place.press("withdrawal", then=2)
        place.press("withdrawal", then=0.3)
        place.press("withdrawal", then=4)
        assert len(place.papers) == 2
        assert "购房合同" in place.papers[1]
        assert "租赁合同" not in place.papers[1]

    def test_the_lamp_counts_the_situation(self, place):
        place.press("withdrawal", then=2)
        seen = []
        place.board.on_output(lambda pin, value: seen.append(value) if pin == LAMP["withdrawal"] else None)
        place.press("withdrawal", 0.05, then=0.2)
        place.press("withdrawal", 0.05, then=2)
        assert place.lit("withdrawal")
        assert seen.count(0) >= 3

    def test_a_service_without_situations_prints_nothing_more(self, place):
        place.press("enquiry", then=2)
        place.press("enquiry", then=3)
        assert len(place.papers) == 1

    def test_after_the_guard_it_is_the_next_person(self, place):
        place.press("withdrawal", then=7)
        place.press("withdrawal")
        assert place.numbers == ["A001", "A002"]


class TestLongPress:
    def test_it_prints_every_list_and_takes_no_number(self, place):
        place.press("withdrawal", 2.0)
        assert place.hub.asks == []
        assert place.numbers == []
        for text in ("材料清单（不排队）", "本人身份证", "租赁合同", "购房合同"):
            assert text in place.papers[0]

    def test_letting_go_after_it_is_no_press(self, place):
        place.press("withdrawal", 4.0)
        assert len(place.papers) == 1


class TestGreenChannel:
    def test_the_next_key_is_a_priority_ticket_and_the_guide_is_called(self, place):
        place.press("green", then=1)
        assert "escort-wanted" in place.alerts
        place.press("withdrawal")
        assert place.hub.asks[0].lane == "priority"
        assert "优先" in place.papers[0]
        place.wait(60)
        assert "escort-wanted" not in place.alerts

    def test_it_waits_only_for_a_while(self, place):
        place.press("green", then=11)
        place.press("withdrawal")
        assert place.hub.asks[0].lane == "normal"

    def test_pressed_again_it_takes_it_back(self, place):
        place.press("green", then=1)
        place.press("green", then=1)
        place.press("withdrawal")
        assert place.hub.asks[0].lane == "normal"

    def test_a_hall_without_such_a_lane_gives_normal_tickets_and_still_calls_the_guide(self, place):
        place.hub.want("services", catalogue(rev="s2", lanes=("normal", "appointment")))
        place.wait(1)
        place.press("green", then=1)
        place.press("withdrawal")
        assert place.hub.asks[0].lane == "normal"
        assert "escort-wanted" in place.alerts


class TestLargePrint:
    def test_the_green_key_held_asks_for_it_and_calls_the_guide(self, place):
        place.press("green", 2.0, then=1)
        assert "escort-wanted" in place.alerts
        place.press("withdrawal")
        assert (place.hub.asks[0].lane, place.hub.asks[0].large_print) == ("priority", True)
        place.press("enquiry")
        assert not place.hub.asks[1].large_print

    def test_a_tap_of_the_green_key_does_not(self, place):
        place.press("green", then=1)
        place.press("withdrawal")
        assert (place.hub.asks[0].lane, place.hub.asks[0].large_print) == ("priority", False)

    def test_held_after_a_tap_it_is_asked_for_and_held_again_taken_back(self, place):
        place.press("green", then=1)
        place.press("green", 2.0, then=1)
        place.press("withdrawal")
        place.press("green", 2.0, then=1)
        place.press("green", 2.0, then=1)
        place.press("enquiry")
        asks = [(ask.service, ask.lane, ask.large_print) for ask in place.hub.asks]
        assert asks == [("withdrawal", "priority", True), ("enquiry", "normal", False)]

    def test_it_waits_only_for_a_while(self, place):
        place.press("green", 2.0, then=11)
        place.press("withdrawal")
        assert not place.hub.asks[0].large_print

    def test_a_hall_without_a_priority_lane_has_it_too(self, place):
        place.hub.want("services", catalogue(rev="s2", lanes=("normal",)))
        place.wait(1)
        place.press("green", 2.0, then=1)
        place.press("withdrawal")
        assert (place.hub.asks[0].lane, place.hub.asks[0].large_print) == ("normal", True)

    def test_a_number_that_the_dispenser_gives_itself_has_it_too(self, place):
        place.hub.want("numbers", lease())
        place.wait(1)
        place.hub.silent = True
        place.press("green", 2.0, then=1)
        place.press("withdrawal", then=4)
        [said] = place.hub.said(events.IssuedOffline)
        assert said.large_print


class TestKeysAndLamps:
    def test_keys_are_lit_while_they_give_numbers_and_dark_when_closed(self, place):
        assert place.lit("withdrawal")
        assert place.lit("enquiry")
        place.hub.want("services", catalogue(rev="s2", open=False))
        place.wait(1)
        assert not place.lit("withdrawal")
        assert not place.lit("green")

    def test_a_service_without_a_key_in_the_catalogue_stays_dark(self, place):
        hall = catalogue(rev="s2")
        place.hub.want("services", msgspec.structs.replace(hall, services=hall.services[:1]))
        place.wait(1)
        assert place.lit("withdrawal")
        assert not place.lit("enquiry")

    def test_a_stuck_key_is_reported_and_the_others_go_on(self, place):
        place.board.stick(KEY["enquiry"])
        place.wait(31)
        assert [event.button for event in place.hub.said(events.ButtonStuck)] == ["enquiry"]
        assert "key-stuck" in place.alerts
        place.press("withdrawal")
        assert place.numbers == ["A001"]
        place.board.free(KEY["enquiry"])
        place.wait(1)
        assert "key-stuck" not in place.alerts
        place.press("enquiry")
        assert place.numbers == ["A001", "F001"]

    def test_a_key_closed_at_the_start_presses_nothing(self, place):
        place.board.stick(KEY["enquiry"])
        place.restart()
        assert "key-stuck" in place.alerts
        place.board.free(KEY["enquiry"])
        place.wait(3)
        assert place.papers == []


class TestWithoutTheHub:
    def test_no_answer_in_two_seconds_gives_a_lent_number(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=1.5)
        assert place.numbers == []
        place.wait(2)
        assert place.numbers == ["A9001"]
        assert "网络中断，本号照常有效" in place.papers[0]
        [event] = place.hub.said(events.IssuedOffline)
        [ask] = {ask.id: ask for ask in place.hub.asks}.values()
        assert (event.ticket, event.number, event.day, event.token) == (ask.id, "A9001", TODAY, ask.token)

    def test_a_late_answer_is_ignored(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=3)
        place.hub.answer(place.hub.asks[0])
        place.wait(3)
        assert place.numbers == ["A9001"]

    def test_with_the_cable_out_nobody_waits_and_everything_is_told_later(self, place):
        place.broker.cut("dispenser-1")
        place.wait(1)
        place.press("withdrawal", then=1)
        place.press("enquiry", then=6)
        place.press("withdrawal", then=1)
        assert place.numbers == ["A9001", "F9001", "A9002"]
        assert place.hub.events == []
        place.broker.mend("dispenser-1")
        place.wait(6)
        assert [event.number for event in place.hub.said(events.IssuedOffline)] == ["A9001", "F9001", "A9002"]
        assert len(place.hub.said(events.Printed)) == 3
        place.press("withdrawal")
        assert place.numbers[-1] == "A001"

    def test_a_dead_hub_is_known_after_its_grace(self, place):
        place.broker.kill("hub")
        place.wait(4)
        place.press("withdrawal", then=1)
        assert place.numbers == ["A9001"]

    def test_a_number_is_never_given_twice_whatever_restarts(self, place):
        place.broker.cut("dispenser-1")
        for _ in range(2):
            place.press("withdrawal")
            place.kill()
            place.begin()
        place.press("withdrawal")
        assert place.numbers == ["A9001", "A9002", "A9003"]

    def test_no_lease_left_sends_people_to_the_guide_desk(self, place):
        place.broker.cut("dispenser-1")
        place.wait(1)
        for _ in range(3):
            place.press("withdrawal", then=6)
        assert not place.lit("withdrawal")
        assert place.lit("enquiry")
        place.press("withdrawal")
        assert place.numbers == ["A9001", "A9002", "A9003"]
        assert "请到引导台取号" in place.papers[3].replace("\n", "")

    def test_a_stopped_service_gives_no_lent_number_until_its_stop_is_over(self, place):
        off = Text(zh="对不起，这项业务暂停：年度结息", en="Sorry, not available now: yearly settlement")
        until = place.scheduler.now() + timedelta(seconds=60)
        services = tuple(
            msgspec.structs.replace(service, off=off, off_until=until)
            if service.id == "withdrawal"
            else service
            for service in catalogue().services
        )
        place.hub.want("services", catalogue(services=services, rev="s2"))
        place.wait(1)
        assert not place.lit("withdrawal")
        assert place.lit("enquiry")
        place.broker.cut("dispenser-1")
        place.wait(1)
        place.press("withdrawal", then=6)
        assert place.numbers == []
        assert "年度结息" in place.papers[0].replace("\n", "")
        place.wait(60)
        place.press("withdrawal", then=6)
        assert place.numbers == ["A9001"]

    def test_an_ask_that_got_nothing_is_withdrawn(self, place):
        place.hub.want("numbers", wants.Numbers(rev="n2", day=TODAY, blocks=()))
        place.hub.silent = True
        place.press("withdrawal", then=4)
        [withdrawn] = place.hub.said(events.AskWithdrawn)
        assert withdrawn.ask == place.hub.asks[0].id

    def test_it_works_from_power_on_without_the_hub(self, place):
        place.kill()
        place.broker.kill("hub")
        place.begin()
        assert place.lit("withdrawal")
        place.press("withdrawal", then=3)
        assert place.numbers == ["A9001"]
        assert "示例大厅" in place.papers[0]

    def test_the_next_days_numbers_are_used_on_the_next_day(self, place):
        place.hub.want("numbers", lease("n2", after=TOMORROW, last=9002))
        place.wait(1)
        place.broker.cut("dispenser-1")
        place.press("withdrawal")
        place.wait(24 * 3600)
        place.press("withdrawal")
        place.wait(24 * 3600)
        place.press("withdrawal")
        assert place.numbers == ["A9001", "A9001"]
        assert "请到引导台取号" in place.papers[-1].replace("\n", "")

    def test_outside_the_posted_hours_no_lent_number_is_given(self, place):
        place.hub.want("numbers", lease("n2", after=TOMORROW))
        place.wait(1)
        place.broker.cut("dispenser-1")
        place.wait(22 * 3600)
        place.press("withdrawal")
        assert place.numbers == []
        assert "不在服务时间" in place.papers[0]

    def test_blocks_that_come_again_are_not_used_again(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=9)
        place.hub.want("numbers", lease("n2", first=9001, last=9005))
        place.press("withdrawal", then=9)
        assert place.numbers == ["A9001", "A9002"]

    def test_a_wiped_card_begins_a_new_outbox_and_waits_for_a_hub_that_knows(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=6)
        [first] = place.hub.said(events.IssuedOffline)
        place.kill()
        place.broker.kill("hub")
        place.path.unlink()
        for tail in ("-wal", "-shm"):
            place.path.with_name(place.path.name + tail).unlink(missing_ok=True)
        place.begin()
        place.press("withdrawal", then=6)
        assert place.numbers == ["A9001"], "what the broker kept may be older than what was used"
        place.hub.link = place.broker.link("hub", HUB_LIMIT)
        place.hub.open()
        place.wait(1)
        place.hub.want("numbers", lease("n2", first=9002))
        place.wait(5)
        place.press("withdrawal", then=6)
        assert place.numbers == ["A9001", "A9002"]
        second = place.hub.said(events.IssuedOffline)[-1]
        assert second.outbox != first.outbox


class TestRestarts:
    def test_an_unanswered_ask_is_withdrawn(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=0.5)
        place.restart()
        assert place.hub.asks[0].id in [event.ask for event in place.hub.said(events.AskWithdrawn)]
        place.hub.silent = False
        place.wait(3)
        assert place.numbers == []

    def test_an_offline_number_is_not_withdrawn(self, place):
        place.printer.paper_left = 0
        place.broker.cut("dispenser-1")
        place.press("withdrawal", then=0.2)
        place.kill()
        place.broker.mend("dispenser-1")
        place.begin()
        [event] = place.hub.said(events.IssuedOffline)
        assert event.ticket not in [event.ask for event in place.hub.said(events.AskWithdrawn)]

    def test_a_print_cut_short_by_the_power_comes_again_marked(self, place):
        place.press("withdrawal", 0.15, then=0.1)
        assert place.hub.said(events.Printed) == [], "the paper is on its way, the barrier is not through"
        place.restart()
        place.wait(2)
        assert place.numbers == ["A001", "A001"]
        assert "补打" not in place.papers[0]
        assert "补打" in place.papers[1]
        assert [event.copy for event in place.hub.said(events.Printed)] == [2]

    def test_a_clean_goodbye_withdraws_nothing(self, place):
        place.press("withdrawal")
        place.program.close()
        place.begin()
        place.wait(2)
        assert place.hub.said(events.AskWithdrawn) == []
        assert place.numbers == ["A001"]


class TestPaper:
    def test_without_paper_the_number_is_shown_and_everybody_is_told(self, place):
        place.printer.paper_left = 0
        place.press("withdrawal", then=2)
        assert place.papers == []
        assert "paper-out" in place.alerts
        assert [(e.ticket, e.code) for e in place.hub.said(events.PrintFailed)] == [
            (place.hub.asks[0].id, "paper-out")
        ]
        assert place.lit("alarm")
        assert place.chain.lit() > 0

    def test_a_lent_number_is_told_before_that_there_is_no_paper_for_it(self, place):
        place.printer.paper_left = 0
        place.press("withdrawal", then=6)
        place.broker.cut("dispenser-1")
        place.press("withdrawal", then=1)
        place.broker.mend("dispenser-1")
        place.wait(6)
        [issued] = place.hub.said(events.IssuedOffline)
        [failed] = [event for event in place.hub.said(events.PrintFailed) if event.ticket == issued.ticket]
        assert issued.seq < failed.seq

    def test_with_paper_back_the_waiting_tickets_come_marked(self, place):
        place.printer.paper_left = 0
        place.press("withdrawal", then=6)
        place.press("withdrawal", then=1)
        place.printer.load_paper()
        before = len(place.printer.slips)
        place.wait(6)
        papers = place.papers[before:]
        assert place.numbers == ["A001", "A002"]
        assert all("补打" in paper for paper in papers)
        assert "paper-out" not in place.alerts
        assert not place.lit("alarm")
        assert place.chain.lit() == 0
        assert [event.copy for event in place.hub.said(events.Printed)] == [2, 2]

    def test_tickets_older_than_half_an_hour_are_left_in_peace(self, place):
        place.printer.cover_open = True
        place.press("withdrawal", then=31 * 60)
        place.press("enquiry", then=1)
        place.printer.cover_open = False
        place.wait(5)
        assert place.numbers == ["F001"]

    def test_pending_tickets_survive_a_restart(self, place):
        place.printer.gone = True
        place.press("withdrawal", then=3)
        assert "printer-offline" in place.alerts
        place.restart()
        place.printer.gone = False
        place.wait(5)
        assert place.numbers == ["A001"]
        assert "补打" in place.papers[-1]
        assert "printer-offline" not in place.alerts

    def test_the_end_of_the_roll_is_announced(self, place):
        place.printer.paper_left = 1000
        place.wait(12)
        assert "paper-low" in place.alerts
        place.press("withdrawal")
        assert place.numbers == ["A001"]
        place.printer.load_paper()
        place.wait(12)
        assert "paper-low" not in place.alerts

    def test_paper_that_ends_inside_a_ticket_gives_that_ticket_again(self, place):
        place.printer.paper_left = 40
        place.press("withdrawal", then=2)
        assert "paper-out" in place.alerts
        place.printer.load_paper()
        place.wait(6)
        whole = place.papers[-1]
        assert "补打" in whole
        assert "A001" in whole
        assert place.printer.waiting == 0
        assert [event.copy for event in place.hub.said(events.Printed)] == [2]

    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            ("paper-out", "paper-out"),
            ("cover-open", "cover-open"),
            ("printer-jam", "cutter-jammed"),
            ("printer-hot", "printer-hot"),
            ("printer-error", "printer-error"),
            ("printer-offline", "printer-offline"),
            ("printer-gone", "printer-offline"),
            ("printer-mute", "printer-offline"),
        ],
    )
    def test_each_fault_has_its_face_and_goes_away_by_itself(self, place, fault, code):
        """The technician reads a sentence and what to do, the citizen sees and hears the number, and paper comes when it can."""
        twin = SimpleNamespace(printer=place.printer, board=None, panel=None, speaker=None, machine=None)
        FAULTS[fault].begin(twin, "")
        place.press("withdrawal", then=8)
        assert place.alerts == {code} | ({"paper-low"} & place.alerts)
        assert place.hub.alerts[code]["text"]["zh"] == TROUBLES[code].text.zh
        assert TROUBLES[code].do.zh
        assert TROUBLES[code].citizen is not None
        assert [event.code for event in place.hub.said(events.PrintFailed)] == [code]
        assert "#" in place.chain.text(), "the number stands on the display"
        assert place.lit("alarm")
        FAULTS[fault].end(twin, "")
        place.wait(6)
        assert place.alerts == set()
        assert not place.lit("alarm")
        assert "补打" in place.papers[-1]
        assert place.numbers.count("A001") == 1
        assert [event.copy for event in place.hub.said(events.Printed)] == [2]

    def test_every_printer_fault_of_the_twin_is_among_those(self):
        harmless = {"paper-low", "printer-slow"}
        tried = {"paper-out", "cover-open", "printer-jam", "printer-hot", "printer-error", "printer-offline"}
        known = {name for name, fault in FAULTS.items() if fault.hand == "printer"}
        assert known == harmless | tried | {"printer-gone", "printer-mute"}

    def test_what_is_left_on_the_roll_is_told_and_a_new_roll_seen(self, place):
        for _ in range(4):
            place.press("withdrawal", then=6)
        ticket_m = place.printer.slips[-1].length / 1000
        told = place.hub.haves["paper"].paper
        assert told.left_m == round(80 - 4 * ticket_m)
        assert told.tickets == pytest.approx(79.7 / ticket_m, rel=0.05)
        place.printer.paper_left = 0
        place.wait(12)
        assert place.hub.haves["paper"].paper.left_m == 0
        place.printer.load_paper()
        place.wait(6)
        assert place.hub.haves["paper"].paper.left_m == 80

    def test_a_printer_without_a_near_end_sensor_is_told_low_by_counting(self, tmp_path):
        small = PrinterSettings(
            host="twin", render="text", profile="gprinter-58", width_dots=384, roll_m=5, near_end_m=4.9
        )
        place = Place(tmp_path, msgspec.structs.replace(SETTINGS, printer=small))
        place.printer.near_end_sensor = False
        place.press("withdrawal", then=12)
        assert "paper-low" in place.alerts
        place.program.close()

    @pytest.mark.parametrize("years", [10, -10])
    def test_a_wall_clock_that_is_set_meanwhile_gives_nobodys_paper_up(self, place, years):
        place.printer.paper_left = 0
        place.press("withdrawal", then=2)
        place.scheduler._start += timedelta(days=365 * years)
        place.printer.load_paper()
        place.wait(6)
        assert place.numbers == ["A001"]

    def test_who_gets_no_number_and_no_paper_sees_the_key_blink(self, place):
        place.printer.paper_left = 0
        place.wait(12)
        place.hub.refusing = ("quota-reached", say("disp.quota"))
        place.board.press(KEY["withdrawal"], 0.15)
        seen = []
        for _ in range(40):
            place.wait(0.05)
            seen.append(place.lit("withdrawal"))
        assert sum(lit and not before for before, lit in pairwise(seen)) >= 5
        assert place.lit("withdrawal"), "and goes on as before"

    def test_a_jammed_cutter_and_an_open_cover_have_names(self, place):
        place.printer.jammed = True
        place.wait(12)
        assert "cutter-jammed" in place.alerts
        place.printer.jammed = False
        place.printer.cover_open = True
        place.wait(12)
        assert "cover-open" in place.alerts
        assert "cutter-jammed" not in place.alerts

    def test_a_slip_that_cannot_be_made_does_not_stop_the_next_one(self, place, monkeypatch):
        from devices.ticket_dispenser.romtext import TextPress

        real = TextPress.slip
        monkeypatch.setattr(TextPress, "slip", lambda self, slip: 1 / 0)
        place.press("withdrawal", then=1)
        monkeypatch.setattr(TextPress, "slip", real)
        place.press("enquiry", then=2)
        assert place.numbers == ["F001"]
        assert [event.code for event in place.hub.said(events.PrintFailed)] == ["printer-error"]

    def test_without_a_display_it_works_the_same(self, tmp_path):
        place = Place(tmp_path, msgspec.structs.replace(SETTINGS, display=None))
        place.printer.paper_left = 0
        place.press("withdrawal", then=2)
        assert place.lit("alarm")
        place.program.close()


class TestSettingsWhileItRuns:
    def test_tickets_are_set_otherwise_from_the_next_one_on(self, place):
        place.press("withdrawal")
        assert place.papers[-1].index("提取") < place.papers[-1].index("Withdrawal")
        place.hub.want("config", wants.Config(rev="c1", values={"paper": "english", "same_key_guard_s": 0}))
        place.wait(1)
        assert place.hub.haves["config"].ok
        place.press("withdrawal")
        assert place.papers[-1].index("Withdrawal") < place.papers[-1].index("提取")
        assert place.numbers == ["A001", "A002"], "the same key at once is another ticket now"

    def test_what_it_does_not_know_is_refused_whole(self, place):
        place.hub.want("config", wants.Config(rev="c2", values={"paper": "gold", "green_s": 5}))
        place.wait(1)
        assert not place.hub.haves["config"].ok
        assert "config-refused" in place.alerts


class TestCodes:
    """Somebody shows the code of an appointment, or of a missing-papers slip."""

    def scan(self, place, text):
        for char in text:
            place.program._codes.key(1 + (int(char) or 10), 1)
        place.program._codes.key(28, 1)
        place.wait(3)

    def test_it_becomes_a_ticket_on_paper(self, place):
        self.scan(place, "482913")
        [ask] = [ask for ask in place.hub.asks if isinstance(ask, CheckIn)]
        assert (ask.code, ask.via) == ("482913", Via.DISPENSER)
        assert place.numbers == ["A001"]
        assert [event.ticket for event in place.hub.said(events.Printed)] == [ask.id]

    def test_what_the_hub_refuses_it_says_on_paper(self, place):
        place.hub.refusing = ("unknown-code", zh_en("没有找到这个预约码", "no such code"))
        self.scan(place, "000000")
        assert "没有找到这个预约码" in place.papers[-1]
        assert place.numbers == []

    @pytest.mark.parametrize("text", ["12345", "1234567"])
    def test_what_is_no_code_is_said_on_paper_and_asks_nobody(self, place, text):
        self.scan(place, text)
        assert "没有认出您的码" in place.papers[-1].replace("\n", "")
        assert place.hub.asks == []

    def test_without_the_hub_the_desk_helps_and_no_lent_number_is_burnt(self, place):
        left = place.program.leases.left("A", TODAY)
        place.hub.silent = True
        self.scan(place, "482913")
        assert "请到引导台办理" in place.papers[-1].replace("\n", "")
        assert place.program.leases.left("A", TODAY) == left
        assert len(place.hub.said(events.AskWithdrawn)) == 1

    def test_out_of_paper_the_number_stands_on_the_display(self, place):
        place.printer.paper_left = 0
        place.wait(12)
        self.scan(place, "48291375")
        assert "#" in place.chain.text()

    def test_a_full_quota_is_said_on_paper_and_the_key_goes_on(self, place):
        place.hub.refusing = ("quota-reached", say("disp.quota"))
        place.press("withdrawal")
        assert "今天这项业务的号已领完" in place.papers[-1].replace("\n", "")
        place.hub.refusing = None
        place.press("enquiry")
        assert place.numbers == ["F001"]


class TestCommands:
    def issued(self, place, **changes) -> TicketIssued:
        facts = {
            "n": 9, "at": place.scheduler.now(), "ticket": "desk-1", "number": "A044", "service": "withdrawal",
            "lane": "priority", "via": Via.DESK, "ahead": 0, "wait_min_s": None, "wait_max_s": None, "windows": (),
            "situation": "rent",
        }  # fmt: skip
        return TicketIssued(**{**facts, **changes})

    def test_a_desk_ticket_is_printed_with_its_situations_papers(self, place):
        place.hub.tell(
            "command", commands.Print(id="print-desk-1-1", expires_s=30, issued=self.issued(place))
        )
        place.wait(3)
        assert place.numbers == ["A044"]
        for text in ("租赁合同", "优先", "提取（租房）"):
            assert text in place.papers[0]
        assert [(r.id, r.phase) for r in place.hub.results] == [("print-desk-1-1", "done")]
        assert [(e.ticket, e.copy) for e in place.hub.said(events.Printed)] == [("desk-1", 1)]

    def test_a_repeated_command_prints_once(self, place):
        for _ in range(3):
            place.hub.tell("command", commands.Print(id="p-1", expires_s=30, issued=self.issued(place)))
            place.wait(0.3)
        place.wait(3)
        assert place.numbers == ["A044"]

    def test_a_reprint_is_marked(self, place):
        place.hub.tell("command", commands.Reprint(id="p-2", expires_s=30, issued=self.issued(place), copy=2))
        place.wait(3)
        assert "补打" in place.papers[0]

    def test_a_printer_in_trouble_fails_the_command(self, place):
        place.printer.paper_left = 0
        place.wait(12)
        place.hub.tell("command", commands.Print(id="p-3", expires_s=30, issued=self.issued(place)))
        place.wait(1)
        assert [(r.phase, r.code) for r in place.hub.results] == [("failed", "paper-out")]

    def test_a_command_cut_short_is_done_again_marked(self, place):
        command = commands.Print(id="p-4", expires_s=30, issued=self.issued(place))
        place.hub.tell("command", command)
        place.wait(0.1)
        place.restart()
        place.hub.tell("command", command)
        place.wait(3)
        assert place.numbers == ["A044", "A044"]
        assert "补打" in place.papers[1]
        assert [r.phase for r in place.hub.results] == ["done"]

    def test_a_void_command_prints_nothing(self, place):
        place.hub.tell("command", commands.Print(id="p-5", expires_s=5, age_s=6, issued=self.issued(place)))
        place.wait(3)
        assert place.papers == []
        assert [r.phase for r in place.hub.results] == ["expired"]

    def slip(self, place, **more) -> commands.PrintSlip:
        content = commands.MissingPapers(
            number="A012", service="withdrawal", situation="rent", code="12345678", window=3, clerk="014",
            missing=("租赁合同",), valid_until="2026-12-08",
        )  # fmt: skip
        return commands.PrintSlip(
            **{"id": "slip-7", "expires_s": 30, "at": place.scheduler.now(), "content": content} | more
        )

    def test_a_missing_papers_slip_is_printed_once_however_often_it_is_ordered(self, place):
        for _ in range(3):
            place.hub.tell("command", self.slip(place))
            place.wait(0.3)
        place.wait(3)
        [paper] = place.papers
        for text in (
            "补材料告知单",
            "提取（租房）",
            "直接回3号窗口",
            "□ 租赁合同",
            "1234 5678",
            "2026-12-08",
        ):
            assert text in paper, text
        assert {(r.id, r.phase) for r in place.hub.results} == {("slip-7", "done")}

    def test_a_slip_that_does_not_come_out_is_said_so_that_another_printer_takes_it(self, place):
        place.printer.paper_left = 0
        place.hub.tell("command", self.slip(place))
        place.wait(5)
        place.hub.tell("command", self.slip(place, id="slip-8"))
        place.wait(1)
        assert {(r.id, r.phase) for r in place.hub.results} == {("slip-7", "failed"), ("slip-8", "failed")}
        assert place.hub.results[-1].code == "paper-out"

    def test_a_slip_that_was_cut_short_is_printed_again(self, place):
        place.hub.tell("command", self.slip(place))
        place.wait(0.1)
        place.restart()
        place.hub.tell("command", self.slip(place))
        place.wait(3)
        assert "补材料告知单" in place.papers[-1]
        assert [r.phase for r in place.hub.results] == ["done"]

    def test_a_void_slip_is_not_printed(self, place):
        place.hub.tell("command", self.slip(place, expires_s=5, age_s=6))
        place.wait(3)
        assert place.papers == []

    def test_a_self_test_prints_and_reports(self, place):
        place.hub.tell("command", commands.RunSelfTest(id="p-6", expires_s=30))
        place.wait(3)
        assert "自检通过 dispenser-1" in place.papers[0]
        [event] = place.hub.said(events.SelfTest)
        assert event.results["printer"] == "ok"
        assert event.results["lent"] == {"A": 3, "F": 3}


class TestWants:
    def test_what_was_taken_in_is_said(self, place):
        assert place.hub.haves["services"].rev == "s1"
        assert place.hub.haves["numbers"].rev == "n1"

    def test_a_bad_want_leaves_the_old_state(self, place):
        topic = place.hub.topics.of("dispenser-1", "down/want/services")
        place.hub.link.publish(Packet(topic, b'{"rev":"s9","services":7}', 1, True))
        place.wait(1)
        assert not place.hub.haves["services"].ok
        place.press("withdrawal")
        assert "示例大厅" in place.papers[0]

    def test_texts_with_control_characters_cannot_command_the_printer(self, place):
        hall = catalogue(rev="s2", name=zh_en("坏\x1b@\x1dV\x00大厅\n\x10\x04\x01", "bad\x1b"))
        place.hub.want("services", hall)
        place.wait(1)
        place.press("withdrawal")
        assert place.numbers == ["A001"]
        assert len(place.papers) == 1
        assert "坏@V大厅" in place.papers[0].replace(" ", "")
        assert place.printer.unknown == []


def test_every_hand_is_let_go_at_the_end(tmp_path):
    place = Place(tmp_path)
    place.press("withdrawal")
    place.program.close()
    place.program.close()
    place.wait(60)
    assert not any(place.lit(name) for name in LAMP)
    assert place.chain.lit() == 0


def test_without_pins_the_hubs_papers_still_come_out(tmp_path):
    class Broken:
        def __getattr__(self, name):
            raise OSError("no pins here")

    place = SimpleNamespace()
    real = Place(tmp_path)
    real.program.close()
    real.board = place
    scheduler = real.scheduler
    parts = Parts(
        scheduler,
        real.broker.link("dispenser-1"),
        Card(":memory:"),
        InlineWorker(scheduler, lambda: 0.1),
        Vitals,
        lambda: None,
    )
    program = build(SETTINGS, parts, pin_factory=Broken(), line=real.printer.port, spi=ChainSpi(real.chain))
    program.open()
    scheduler.run_for(2)
    assert "keys-fault" in real.alerts or "lamps-fault" in real.alerts
    real.hub.tell("command", commands.Print(id="p-7", expires_s=30, issued=TestCommands().issued(real)))
    scheduler.run_for(3)
    assert real.numbers == ["A044"]
    program.close()
