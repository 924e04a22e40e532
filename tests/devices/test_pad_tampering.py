"""Whatever fingers, sleeves, children and cheats do to a pad: one vote for one step, by whoever was asked, and never a lost one."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageOps

from devices.agent.health import Vitals
from devices.agent.run import Parts
from devices.parts.bitmap_font import font
from devices.rating_pad import presses
from devices.rating_pad.__main__ import build
from devices.rating_pad.label import label
from devices.rating_pad.settings import DisplaySettings, PadSettings
from hall import wire
from hall.card import Card
from hall.link import Packet
from hall.messages.answers import Receipt
from hall.messages.commands import Identify, RunSelfTest
from hall.messages.presence import Alert
from hall.messages.wants import Config, Rating
from hall.worker import InlineWorker
from sim.twin.pins import BoardFactory
from sim.twin.spi import Max7219Chain
from sim.twin.spi_bus import ChainSpi
from tests.devices.test_pad_agent import KEY, LAMPS, SETTINGS, T1, T2, TOPICS, Counter


@pytest.fixture
def counter():
    return Counter().start()


def hammer(counter, times, key="1", pause=0.1):
    for _ in range(times):
        counter.press(key, 0.05)
        counter.time.run_for(pause)


def test_keys_that_are_hammered_when_the_lamps_go_on_are_no_answer(counter):
    hammer(counter, 5)
    counter.ask()
    hammer(counter, 5)
    assert counter.votes == []
    assert counter.lit == [True] * 4
    counter.time.run_for(presses.QUIET + 0.1)
    counter.press("4")
    assert counter.votes == [(T1, 1, 4)]


def test_hammering_after_the_next_call_votes_for_nobody(counter):
    counter.ask(T1)
    counter.press("4")
    hammer(counter, 3)
    counter.ask(T2)
    hammer(counter, 10)
    assert counter.votes == [(T1, 1, 4)]


def test_a_storm_of_presses_is_an_alert_counts_for_nothing_and_is_over_by_itself(counter):
    hammer(counter, presses.STORM, pause=0.2)
    assert counter.hub.said("$alert/pad-storm", Alert)[-1].code == "pad-storm"
    counter.ask()
    counter.time.run_for(1)
    counter.press("1")  # slower now, and still the same hand
    assert counter.votes == []
    counter.time.run_for(presses.QUIET_IN_STORM + 0.1)
    counter.press("3")
    assert counter.votes == [(T1, 1, 3)]
    counter.time.run_for(presses.STORM_WITHIN + 0.1)
    assert counter.hub.said("$alert/pad-storm", Alert)[-1] is None
    assert len(counter.hub.said("$alert/pad-storm", Alert)) == 2


def test_ordinary_voting_all_day_is_no_storm(counter):
    for n in range(40):
        counter.ask(f"ticket-{n}")
        counter.time.run_for(5)
        counter.press("4")
        counter.time.run_for(25)
    assert len(counter.votes) == 40
    assert counter.hub.said("$alert/pad-storm", Alert) == []


def test_a_storm_of_questions_takes_one_vote_for_each_at_most(counter):
    for n in range(60):
        counter.ask(f"ticket-{n}")
        counter.board.press(KEY["4"], 0.05)
        counter.time.run_for(0.3)
    voted = [ticket for ticket, _, _ in counter.votes]
    assert len(voted) == len(set(voted))


def test_the_same_question_told_again_and_again_is_answered_once(counter):
    for _ in range(20):
        counter.ask()
        counter.press("2")
        counter.time.run_for(1)
    assert counter.votes == [(T1, 1, 2)]


def test_all_four_keys_at_once_are_no_answer_and_neither_is_the_first_that_comes_up_again(counter):
    counter.ask()
    for key in "4321":
        counter.down(key)
    counter.time.run_for(1)
    for key in "432":
        counter.up(key)
    counter.time.run_for(0.1)
    counter.down("4")
    counter.time.run_for(0.2)
    assert counter.votes == []


def test_nothing_on_the_counter_lights_the_pad(counter):
    for key in "4321":
        counter.press(key, 2)
    for pair in ("41", "32"):
        counter.down(pair[0])
        counter.down(pair[1])
        counter.time.run_for(1)
        counter.up(pair[0])
        counter.up(pair[1])
        counter.time.run_for(1)
    assert counter.lit == [False] * 4
    assert not counter.pad.asking


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(1, 4)),
        st.tuples(st.just("nobody"), st.just(0)),
        st.tuples(st.just("down"), st.sampled_from("4321")),
        st.tuples(st.just("up"), st.sampled_from("4321")),
        st.tuples(st.just("wait"), st.sampled_from([0.01, 0.05, 0.07, 0.3, 0.6, 2.0, 31.0])),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("outage"), st.sampled_from([0.5, 20.0])),
    ),
    max_size=40,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts=ACTS)
def test_whatever_happens_no_step_has_two_votes_and_none_has_one_that_was_not_asked(acts):
    counter = Counter().start()
    asked = set()
    for what, value in acts:
        match what:
            case "ask":
                counter.ask(f"ticket-{value}", step=value, seconds=20)
                asked.add((f"ticket-{value}", value))
            case "nobody":
                counter.want()
            case "down":
                counter.down(value)
            case "up":
                counter.up(value)
            case "wait":
                counter.time.run_for(value)
            case "restart":
                counter.kill()
                counter.start()
            case "outage":
                counter.broker.cut("pad-3")
                counter.time.run_for(value)
                counter.broker.mend("pad-3")
    counter.time.run_for(45)
    assert counter.lit == [False] * 4
    voted = [(ticket, step) for ticket, step, _ in counter.votes]
    assert len(voted) == len(set(voted))
    assert set(voted) <= asked


# -- a long time alone --------------------------------------------------------------------------------------------------


class Fingers:
    """Hands that press when they are told; what is asked of the lamps is of no meaning here."""

    def open(self, on_press, on_release):
        self.press, self.release = on_press, on_release

    def closed(self):
        return frozenset()

    def light(self, grades):
        pass

    def sound(self, *, on):
        pass

    def show(self, text):
        pass

    def close(self):
        pass


def alone(counter, card, count):
    """A pad whose hub hears nothing: it asks, somebody presses, `count` times."""
    hands = Fingers()
    parts = Parts(
        counter.time,
        counter.broker.link("pad-3"),
        card,
        InlineWorker(counter.time, lambda: 0.0),
        Vitals,
        lambda: None,
    )
    pad = build(SETTINGS, parts, hands=hands)
    pad.open()
    counter.time.settle()
    counter.broker.cut("pad-3")
    counter.time.settle()
    first = pad.outbox.depth
    for n in range(first, first + count):
        until = counter.time.now() + timedelta(seconds=60)
        pad.on_want("rating", Rating(rev=str(n), ticket=f"ticket-{n}", step=1, until=until, window=3))
        hands.press(str(1 + n % 4))
        counter.time.run_for(presses.QUIET + 0.1)
        hands.release(str(1 + n % 4))
    assert pad.outbox.depth == first + count
    return pad


def delivered(counter, pad):
    """The hub is back and writes receipts: the votes it has, in the order they came first."""
    votes = {}

    def receipts(packet):
        if packet.topic != TOPICS.of("pad-3", "up/event"):
            return
        event = wire.decode_event(packet.payload)
        votes.setdefault(event.seq, event)
        if event.seq == len(votes):
            counter.hub.link.publish(
                Packet(
                    TOPICS.of("pad-3", "down/receipt"),
                    wire.encode(Receipt(outbox=event.outbox, upto=event.seq)),
                )
            )

    counter.hub.on_message = receipts
    counter.broker.mend("pad-3")
    for _ in range(600):
        counter.time.run_for(1)
        if not pad.outbox.depth:
            break
    assert pad.outbox.depth == 0
    return [(event.ticket, event.grade) for event in votes.values()]


def expected(count):
    return [(f"ticket-{n}", 1 + n % 4) for n in range(count)]


@pytest.mark.parametrize("votes", [2_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_thousands_of_votes_without_a_hub_are_all_delivered_once_and_in_order(votes):
    counter = Counter()
    pad = alone(counter, Card(":memory:"), votes)
    assert delivered(counter, pad) == expected(votes)
    pad.close()


def test_votes_on_the_card_outlive_every_restart_of_a_long_outage(tmp_path):
    """The same through the durable file, killed in between; each vote is on the disk before anybody is thanked."""
    counter = Counter()
    for _ in range(4):
        card = Card(tmp_path / "pad-3.card")
        pad = alone(counter, card, 100)
        counter.broker.kill("pad-3")
        counter.broker.mend("pad-3")
        card.close()
    card = Card(tmp_path / "pad-3.card")
    pad = alone(counter, card, 0)
    assert delivered(counter, pad) == expected(400)
    pad.close()
    card.close()


# -- whose pad it is ----------------------------------------------------------------------------------------------------


class Shown(Counter):
    """A pad with a small display."""

    def __init__(self):
        super().__init__()
        self.chain = Max7219Chain(8, 8, "generic")

    def start(self):
        self.factory = BoardFactory(self.board)
        parts = Parts(
            self.time,
            self.broker.link("pad-3"),
            self.card,
            InlineWorker(self.time, lambda: 0.0),
            Vitals,
            lambda: None,
        )
        known = PadSettings(
            hall="demo", member="pad-3", state_dir="/nowhere", window=3, display=DisplaySettings()
        )
        self.pad = build(known, parts, pin_factory=self.factory, spi=ChainSpi(self.chain))
        self.pad.open()
        self.time.settle()
        return self

    @property
    def text(self):
        """The digits from the left, by their segments."""
        found = ""
        rows = self.chain.dots()
        for x in range(7, -1, -1):
            segments = "".join("gfedcba."[y] for y in range(8) if rows[y][x])
            found += READ["".join(sorted(segments))]
        return found.rstrip()


READ = {
    "": " ", "abcdef": "0", "bc": "1", "abdeg": "2", "abcdg": "3", "bcfg": "4", "acdfg": "5", "acdefg": "6", "abc": "7",
    "abcdefg": "8", "abcdfg": "9", "g": "-", ".abcdefg": "8",
}  # fmt: skip


def test_a_pad_with_a_small_display_shows_window_and_clerk_while_it_asks_and_nothing_else():
    counter = Shown().start()
    assert counter.text == ""
    counter.want(ticket=T1, step=1, until=counter.time.now() + timedelta(seconds=60), window=3, clerk="018")
    assert counter.text == "3 018"
    counter.press("1")
    counter.time.run_for(2)
    assert counter.text == ""


def test_a_work_number_that_does_not_fit_beside_the_window_is_left_to_the_sign():
    counter = Shown().start()
    counter.want(
        ticket=T1, step=1, until=counter.time.now() + timedelta(seconds=60), window=12, clerk="20260018"
    )
    assert counter.text == "12"


def test_identify_and_self_test_are_seen_on_the_display_too():
    counter = Shown().start()
    counter.hub.link.publish(
        Packet(TOPICS.of("pad-3", "down/command"), wire.encode(Identify(id="i1", expires_s=9)))
    )
    counter.time.run_for(0.5)
    assert counter.text == "-3-"
    counter.time.run_for(20)
    assert counter.text == ""
    counter.hub.link.publish(
        Packet(TOPICS.of("pad-3", "down/command"), wire.encode(RunSelfTest(id="s1", expires_s=9)))
    )
    counter.time.run_for(0.5)
    assert counter.text == "88888888"
    counter.time.run_for(20)
    assert counter.text == ""


def test_a_pad_can_be_told_to_thank_without_a_sound(counter):
    counter.hub.link.publish(
        Packet(
            TOPICS.of("pad-3", "down/want/config"),
            wire.encode(Config(rev="9", values={"beep": False})),
            1,
            True,
        )
    )
    counter.time.settle()
    heard = []
    counter.board.on_output(lambda pin, value: heard.append(pin) if value else None)
    counter.ask()
    counter.press("4")
    counter.time.run_for(2)
    assert counter.votes == [(T1, 1, 4)]
    assert set(heard) <= set(LAMPS)


def test_the_label_names_the_window_and_every_key_and_says_please():
    one, other = label(3), label(12)
    assert one.size == other.size == (880, 320)
    assert one.tobytes() != other.tobytes()
    assert read(one.crop((0, 0, 880, 148))).count("3号窗口") == 1
    # an own font drawn large is no longer what a reader of print knows: the names are looked for dot by dot
    for middle, name in zip((122, 334, 546, 758), ("非常满意", "满意", "一般", "不满意"), strict=True):
        drawn = ImageOps.invert(font().draw(name, 3).convert("L"))
        left = middle - drawn.width // 2
        there = one.convert("L").crop((left, 172, left + drawn.width, 220))
        assert ImageChops.difference(there, drawn).getbbox() is None, name


def test_the_label_is_drawn_from_the_pads_settings(tmp_path):
    file = tmp_path / "pad-3.yaml"
    file.write_text("hall: demo\nmember: pad-3\nstate_dir: /tmp\nwindow: 3\n", encoding="utf-8")
    command = [sys.executable, "-m", "hall.cli", "device", "pad", "--settings", str(file), "--label"]
    subprocess.run([*command, str(tmp_path / "label.png")], check=True, timeout=60)
    drawn = Image.open(tmp_path / "label.png")
    assert drawn.tobytes() == label(3).tobytes()
    assert Path(tmp_path / "label.png").stat().st_size < 20_000


def read(picture):
    """What a machine reads that has never seen our font."""
    from io import BytesIO

    out = BytesIO()
    picture.convert("L").resize((picture.width * 2, picture.height * 2)).save(out, "PNG")
    command = ["tesseract", "stdin", "stdout", "-l", "chi_sim", "--psm", "6"]
    found = subprocess.run(command, input=out.getvalue(), capture_output=True, check=True, timeout=60)
    return found.stdout.decode().replace(" ", "").strip()
