"""The call key's program over real gpiozero keys and a real luma driver on simulated wires: what three keys do, and what eight digits say."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from devices.agent.health import Vitals
from devices.agent.run import Parts
from devices.call_key.__main__ import build
from devices.call_key.face import ALL, AWAY, MOST, REFUSED, UNKNOWN, face, refusal
from devices.call_key.settings import CallKeyPins, CallKeySettings
from devices.parts.digits import picture
from hall import wire
from hall.card import Card
from hall.clock import VirtualScheduler
from hall.link import Packet
from hall.memory import MemoryBroker
from hall.messages import asks
from hall.messages.answers import Done
from hall.messages.commands import Identify, RunSelfTest
from hall.messages.common import MemberKind, MemberState, Outcome, WindowState
from hall.messages.events import ButtonStuck, SelfTest
from hall.messages.presence import State
from hall.messages.wants import Config, Counter, Have
from hall.text import Text
from hall.topics import HUB_LIMIT, Topics
from hall.worker import InlineWorker
from sim.twin import segments
from sim.twin.faults import named
from sim.twin.pins import BoardFactory
from sim.twin.spi_bus import ChainSpi
from sim.twin.world_plan import MemberPlan, PanelPlan
from sim.twin.world_twin import MemberTwin

TOPICS = Topics("demo")
ME = "call-key-6"
SETTINGS = CallKeySettings(hall="demo", member=ME, state_dir="/nowhere", window=6)
PLAN = MemberPlan(
    member=ME,
    kind="call-key",
    keys={"next": 5, "recall": 6, "pause": 13},
    panel=PanelPlan(width=8, height=8, wiring="generic"),
)


class Hub:
    """Speaks as the hub does; answers what it is told to answer, or nothing."""

    def __init__(self, broker):
        self.link = broker.link("hub", HUB_LIMIT)
        self.heard = []
        self.answers = True
        self.link.open(self, TOPICS.hub_filters())

    def will(self):
        return self.state(MemberState.LOST)

    def state(self, state):
        said = State(state=state, epoch=1, boot="b", kind=MemberKind.HUB)
        return Packet(TOPICS.state("hub"), wire.encode(said), 1, True)

    def on_connected(self):
        self.link.publish(self.state(MemberState.READY))

    def on_disconnected(self):
        pass

    def on_message(self, packet):
        self.heard.append(packet)
        if packet.topic == TOPICS.of(ME, "up/ask") and self.answers:
            ask = wire.decode_ask(packet.payload)
            if self.answers is True:
                said = wire.encode(Done(ok=True, id=ask.id, facts=()))
            else:
                said = wire.refusal(ask.id, self.answers, Text(zh="对不起", en="sorry"))
            self.link.publish(Packet(TOPICS.of(ME, "down/answer"), said))

    def asked(self):
        found = [wire.decode_ask(p.payload) for p in self.heard if p.topic == TOPICS.of(ME, "up/ask")]
        return list({ask.id: ask for ask in found}.values())

    def events(self, kind):
        found = [wire.decode_event(p.payload) for p in self.heard if p.topic == TOPICS.of(ME, "up/event")]
        return list({event.seq: event for event in found if isinstance(event, kind)}.values())


class Desk:
    """A call key on a counter: its wires and its card outlive its program."""

    def __init__(self):
        self.time = VirtualScheduler(datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
        self.broker = MemoryBroker(self.time)
        self.hub = Hub(self.broker)
        self.twin = MemberTwin(PLAN, self.time)
        self.rev = 0
        self.start()

    def start(self):
        parts = Parts(
            self.time,
            self.broker.link(ME),
            Card(":memory:"),
            InlineWorker(self.time, lambda: 0.0),
            lambda: Vitals(clock_ok=True),
            lambda: None,
        )
        pins, spi = BoardFactory(self.twin.board), ChainSpi(self.twin.panel)
        self.key = build(SETTINGS, parts, pin_factory=pins, spi=spi)
        self.key.open()
        self.time.run_for(2)

    def want(self, state=WindowState.IDLE, number=None, waiting=0):
        self.rev += 1
        said = Counter(rev=str(self.rev), window=6, state=state, number=number, waiting=waiting)
        self.hub.link.publish(Packet(TOPICS.of(ME, "down/want/counter"), wire.encode(said), 1, True))
        self.time.settle()

    def press(self, key, seconds=0.15):
        self.twin.press(key, seconds)
        self.time.run_for(seconds + 0.1)

    @property
    def shows(self):
        return segments.text(self.twin.panel.dots())

    def command(self, command):
        self.hub.link.publish(Packet(TOPICS.of(ME, "down/command"), wire.encode(command)))
        self.time.settle()


@pytest.fixture
def desk():
    found = Desk()
    found.want(waiting=12)
    return found


class TestTheDigits:
    @pytest.mark.parametrize(
        ("counter", "text"),
        [
            ({"state": WindowState.CLOSED}, "CLOSEd"),
            ({"state": WindowState.IDLE, "waiting": 12}, "----  12"),
            ({"state": WindowState.IDLE}, "----   0"),
            ({"state": WindowState.CALLED, "number": "A012", "waiting": 3}, "A012.   3"),
            ({"state": WindowState.SERVING, "number": "A012", "waiting": 3}, "A012   3"),
            ({"state": WindowState.SERVING, "number": "B1024", "waiting": 250}, f"b1024 {MOST}"),
            ({"state": WindowState.PAUSED, "waiting": 7}, "PAUSE  7"),
            ({"state": WindowState.PAUSED, "number": "A012", "waiting": 7}, "A012   7"),
        ],
    )
    def test_they_show_what_the_hub_says_of_the_window(self, desk, counter, text):
        desk.want(**counter)
        assert desk.shows == segments.as_read(text)

    def test_every_text_fits_and_can_be_read_off_the_segments(self):
        for word in (*REFUSED.values(), refusal("no-such-code"), AWAY, UNKNOWN, face(None)):
            rows = [[bool(picture(word).getpixel((x, y))) for x in range(8)] for y in range(8)]
            assert len(word) <= 8
            assert segments.text(rows) == segments.as_read(word)
            assert segments.UNREADABLE not in segments.text(rows)

    def test_before_the_hub_has_said_anything_they_say_so(self):
        assert Desk().shows == UNKNOWN

    def test_while_the_hub_is_away_they_say_so_and_then_show_the_window_again(self, desk):
        desk.broker.kill("hub")
        desk.time.run_for(30)
        assert desk.shows == segments.as_read(AWAY)
        desk.hub.link.open(desk.hub, TOPICS.hub_filters())
        desk.time.run_for(5)
        assert desk.shows == "----  12"

    def test_a_module_that_lost_its_registers_is_right_again_within_five_seconds(self, desk):
        desk.twin.fault("module-corrupt")
        assert desk.shows != "----  12"
        desk.time.run_for(5.1)
        assert desk.shows == "----  12"

    def test_digits_without_power_are_lit_again_by_themselves(self, desk):
        desk.twin.fault(named("panel-off").name)
        assert desk.shows == ""
        desk.twin.heal()
        desk.time.run_for(5.1)
        assert desk.shows == "----  12"

    def test_identify_shows_the_window_and_self_test_every_segment(self, desk):
        desk.command(Identify(id="i1", expires_s=60))
        assert desk.shows == "-- 6  --"
        desk.command(RunSelfTest(id="i2", expires_s=60))
        assert desk.shows == ALL
        assert desk.hub.events(SelfTest)[0].results["digits"] == "ok"
        desk.time.run_for(2.1)
        assert desk.shows == "PA55"  # an S is a 5 on seven segments
        desk.time.run_for(8)
        assert desk.shows == "----  12"

    def test_a_self_test_with_a_stuck_key_does_not_pass(self, desk):
        desk.twin.fault("key-stuck", "recall")
        desk.time.run_for(31)
        desk.command(RunSelfTest(id="i2", expires_s=60))
        desk.time.run_for(2.1)
        assert desk.shows == "FA1L"  # and an I a 1


class TestTheKeys:
    @pytest.mark.parametrize(
        ("state", "key", "seconds", "ask"),
        [
            (WindowState.IDLE, "next", 0.15, asks.CallNext(id="x", window=6)),
            (WindowState.CALLED, "next", 0.15, asks.CallNext(id="x", window=6, finish=Outcome.DONE)),
            (WindowState.SERVING, "next", 0.15, asks.CallNext(id="x", window=6, finish=Outcome.DONE)),
            (WindowState.CALLED, "recall", 0.15, asks.Recall(id="x", window=6)),
            (WindowState.CALLED, "recall", 2.0, asks.NoShow(id="x", window=6)),
            (WindowState.IDLE, "pause", 0.15, asks.Pause(id="x", window=6, reason="暂时离开")),
            (WindowState.PAUSED, "pause", 0.15, asks.Resume(id="x", window=6)),
        ],
    )
    def test_one_press_is_one_ask_for_its_own_window(self, desk, state, key, seconds, ask):
        desk.want(state=state, number="A012" if state in {WindowState.CALLED, WindowState.SERVING} else None)
        desk.press(key, seconds)
        (asked,) = desk.hub.asked()
        assert type(asked) is type(ask)
        for field in ("window", "finish", "reason"):
            assert getattr(asked, field, None) == getattr(ask, field, None)

    def test_a_worn_contact_asks_once(self, desk):
        desk.twin.fault("key-bounce", "next")
        desk.press("next", 0.3)
        desk.time.run_for(3)
        assert len(desk.hub.asked()) == 1

    @pytest.mark.parametrize("gap", [0.05, 0.2, 0.5, 0.8])
    def test_a_double_press_skips_nobody(self, desk, gap):
        desk.press("next")
        desk.time.run_for(gap)
        desk.press("next")
        desk.time.run_for(3)
        assert len(desk.hub.asked()) == 1

    def test_the_next_person_can_be_called_a_moment_later(self, desk):
        for _ in range(3):
            desk.press("next")
            desk.time.run_for(1.2)
        assert len(desk.hub.asked()) == 3

    @pytest.mark.parametrize("key", ["next", "pause"])
    def test_an_elbow_on_a_key_does_nothing(self, desk, key):
        desk.press(key, 4.0)
        desk.time.run_for(3)
        assert desk.hub.asked() == []

    def test_two_keys_at_once_mean_nothing_until_both_are_open(self, desk):
        desk.twin.hold("next")
        desk.time.run_for(0.2)
        desk.twin.hold("recall")
        desk.time.run_for(0.2)
        desk.twin.release("next")
        desk.time.run_for(0.2)
        desk.twin.release("recall")
        desk.time.run_for(0.5)
        assert desk.hub.asked() == []
        desk.press("next")
        assert len(desk.hub.asked()) == 1

    def test_a_key_that_is_down_at_the_start_counts_once_it_was_let_go(self, desk):
        desk.key.close()
        desk.twin.hold("next")
        desk.time.run_for(1)
        desk.start()
        desk.want()
        desk.twin.release("next")
        desk.time.run_for(0.5)
        assert desk.hub.asked() == []
        desk.press("next")
        assert len(desk.hub.asked()) == 1

    def test_a_stuck_key_is_told_and_the_others_go_on(self, desk):
        desk.twin.fault("key-stuck", "pause")
        desk.time.run_for(31)
        assert [event.button for event in desk.hub.events(ButtonStuck)] == ["key-pause"]
        assert desk.key.alerts["key-pause"].code == "key-stuck"
        desk.press("next")
        assert [type(ask) for ask in desk.hub.asked()] == [asks.CallNext]
        desk.twin.heal()
        desk.time.run_for(1)
        assert desk.key.alerts == {}


class TestWhenItDoesNotWork:
    @pytest.mark.parametrize("code", [*REFUSED, "anything-else"])
    def test_a_no_is_a_word_for_two_seconds_and_nothing_more(self, desk, code):
        desk.hub.answers = code
        desk.press("next")
        assert desk.shows == segments.as_read(refusal(code))
        desk.time.run_for(2.1)
        assert desk.shows == "----  12"
        assert len(desk.hub.asked()) == 1

    def test_with_the_hub_away_a_press_does_nothing_now_or_later(self, desk):
        desk.broker.kill("hub")
        desk.time.run_for(30)
        desk.press("next")
        assert desk.shows == segments.as_read(AWAY)
        desk.time.run_for(30)
        desk.hub.link.open(desk.hub, TOPICS.hub_filters())
        desk.time.run_for(30)
        assert desk.hub.asked() == []

    def test_an_ask_without_an_answer_is_taken_back_and_said(self, desk):
        desk.hub.answers = False
        desk.press("next")
        assert desk.shows == "____"
        desk.time.run_for(3.1)
        assert desk.shows == segments.as_read(AWAY)
        before = len(desk.hub.heard)
        desk.time.run_for(4)
        assert [p for p in desk.hub.heard[before:] if p.topic.endswith("up/ask")] == []
        desk.hub.answers = True
        desk.press("next")
        assert len(desk.hub.asked()) == 2

    def test_an_ask_whose_hub_goes_away_is_said_at_once_also_when_the_hub_is_soon_back(self, desk):
        desk.broker.kill("hub")  # of which the bus tells some seconds later
        desk.time.run_for(2)
        desk.press("next")
        assert desk.shows == "____"
        desk.time.run_for(1.2)
        assert desk.shows == segments.as_read(AWAY)
        desk.hub.link.open(desk.hub, TOPICS.hub_filters())
        desk.time.run_for(1)
        assert desk.shows == segments.as_read(AWAY), "the clerk sees that it was not done"
        desk.time.run_for(5)
        assert desk.shows == "----  12"

    def test_before_the_hub_has_told_the_window_nothing_is_asked(self):
        desk = Desk()
        desk.press("next")
        assert desk.hub.asked() == []
        assert desk.shows == segments.as_read(AWAY)


def test_brightness_and_reason_change_while_it_runs(desk):
    said = Config(rev="c1", values={"brightness": 9, "pause_reason": "取件打印"})
    desk.hub.link.publish(Packet(TOPICS.of(ME, "down/want/config"), wire.encode(said), 1, True))
    desk.time.settle()
    have = [p for p in desk.hub.heard if p.topic == TOPICS.of(ME, "up/have/config")]
    assert wire.decode(Have, have[-1].payload).ok
    desk.press("pause")
    assert desk.hub.asked()[-1].reason == "取件打印"


def test_two_keys_on_one_pin_are_refused():
    with pytest.raises(ValueError, match="another pin"):
        CallKeyPins(next=5, recall=5)
