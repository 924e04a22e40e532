"""The pad's program over real gpiozero keys and lamps on simulated wires: what a press does, and what nobody can tell from it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from devices.agent.health import Vitals
from devices.agent.run import Parts
from devices.rating_pad.__main__ import build
from devices.rating_pad.settings import PadPins, PadSettings
from hall import wire
from hall.card import Card
from hall.clock import VirtualScheduler
from hall.errors import Fault
from hall.link import Packet
from hall.memory import MemoryBroker
from hall.messages.commands import Identify, Result, RunSelfTest
from hall.messages.common import MemberKind, MemberState
from hall.messages.events import ButtonStuck, Rated, SelfTest
from hall.messages.presence import Alert, Description, State
from hall.messages.wants import Have, Rating
from hall.text import Text
from hall.topics import HUB_LIMIT, Topics
from hall.worker import InlineWorker
from sim.life import Life
from sim.twin.pins import Board, BoardFactory

TOPICS = Topics("demo")
PINS = PadPins()
KEY = dict(zip("4321", PINS.keys, strict=True))
LAMPS = PINS.lamps
SETTINGS = PadSettings(hall="demo", member="pad-3", state_dir="/nowhere", window=3)
T1, T2 = "ticket-1", "ticket-2"


class Hub:
    """Speaks as the hub does, and remembers what the pad said."""

    def __init__(self, broker):
        self.link = broker.link("hub", HUB_LIMIT)
        self.heard = []
        self.link.open(self, TOPICS.hub_filters())

    def will(self):
        return self.state(MemberState.LOST)

    def state(self, state):
        return Packet(
            TOPICS.state("hub"),
            wire.encode(State(state=state, epoch=1, boot="b", kind=MemberKind.HUB)),
            1,
            True,
        )

    def on_connected(self):
        self.link.publish(self.state(MemberState.READY))

    def on_disconnected(self):
        pass

    def on_message(self, packet):
        self.heard.append(packet)

    def said(self, leaf, kind):
        found = [p.payload for p in self.heard if p.topic == TOPICS.of("pad-3", leaf)]
        return [wire.decode(kind, payload) if payload else None for payload in found]

    def events(self, kind):
        found = [
            wire.decode_event(p.payload) for p in self.heard if p.topic == TOPICS.of("pad-3", "up/event")
        ]
        return list({event.seq: event for event in found if isinstance(event, kind)}.values())


class Counter:
    """A pad on a counter: its wires and its card outlive its program."""

    def __init__(self, clock_ok=True):
        self.time = VirtualScheduler(datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
        self.broker = MemoryBroker(self.time)
        self.hub = Hub(self.broker)
        self.board = Board(self.time)
        self.card = Card(":memory:")
        self.clock_ok = clock_ok
        self.rev = 0
        self.pad = self.factory = None

    def start(self):
        self.factory = BoardFactory(self.board)
        health = lambda: Vitals(clock_ok=self.clock_ok)  # noqa: E731
        self.life = Life(self.time)
        parts = Parts(
            self.life,
            self.broker.link("pad-3"),
            self.card,
            InlineWorker(self.life, lambda: 0.0),
            health,
            lambda: None,
        )
        self.pad = build(SETTINGS, parts, pin_factory=self.factory)
        self.pad.open()
        self.time.settle()
        return self

    def kill(self):
        self.life.end()  # a dead program's timers never fire
        self.broker.kill("pad-3")
        self.factory.close()

    def ask(self, ticket=T1, step=1, seconds=60.0):
        self.want(ticket=ticket, step=step, until=self.time.now() + timedelta(seconds=seconds), window=3)

    def want(self, **fields):
        self.rev += 1
        payload = wire.encode(
            Rating(**{"rev": str(self.rev), "ticket": None, "step": None, "until": None, **fields})
        )
        self.hub.link.publish(Packet(TOPICS.of("pad-3", "down/want/rating"), payload, 1, True))
        self.time.settle()

    def down(self, grade):
        self.board.close(KEY[grade])

    def up(self, grade):
        self.board.open(KEY[grade])

    def press(self, grade, seconds=0.2):
        self.down(grade)
        self.time.run_for(seconds)
        self.up(grade)
        self.time.run_for(0.1)

    @property
    def lit(self):
        return [bool(self.board.value(pin)) for pin in LAMPS]

    @property
    def votes(self):
        return [(vote.ticket, vote.step, vote.grade) for vote in self.hub.events(Rated)]


@pytest.fixture
def counter():
    return Counter().start()


def test_a_pad_is_dark_until_it_is_asked_and_then_all_four_are_lit_alike(counter):
    assert counter.lit == [False] * 4
    counter.ask()
    assert counter.lit == [True] * 4
    assert counter.hub.said("up/have/rating", Have)[-1].ok


@pytest.mark.parametrize(("grade", "place"), [("4", 0), ("3", 1), ("2", 2), ("1", 3)])
def test_grades_stand_from_the_left_best_first(counter, grade, place):
    counter.ask()
    counter.board.press(PINS.keys[place])
    counter.time.run_for(0.2)
    assert counter.votes == [(T1, 1, int(grade))]


def test_the_first_press_counts_and_then_the_pad_thanks_and_is_dark(counter):
    counter.ask()
    counter.press("3")
    assert counter.votes == [(T1, 1, 3)]
    counter.time.run_for(1)
    assert counter.lit == [False] * 4
    vote = counter.hub.events(Rated)[0]
    assert (vote.window, vote.clock_ok) == (3, True)


def play(grade):
    """Everything that lamps and beeper do after a press, with its time."""
    counter = Counter().start()
    counter.ask()
    began, seen = counter.time.mono(), []
    counter.board.on_output(
        lambda pin, value: seen.append((round(counter.time.mono() - began, 3), pin, value))
    )
    counter.press(grade)
    counter.time.run_for(5)
    return seen


def test_light_and_beep_are_the_same_for_every_grade():
    four, three, two, one = (play(grade) for grade in "4321")
    assert four
    assert four == three == two == one


@pytest.mark.parametrize("second", ["4", "3", "1"])
def test_a_second_press_is_no_vote(counter, second):
    counter.ask()
    counter.press("3")
    counter.press(second)
    counter.time.run_for(2)
    counter.press(second)
    assert counter.votes == [(T1, 1, 3)]


def test_a_press_before_the_question_and_after_it_does_nothing(counter):
    counter.press("1")
    counter.ask(seconds=10)
    counter.time.run_for(10.1)
    assert counter.lit == [False] * 4
    counter.press("1")
    counter.time.run_for(60)
    assert counter.votes == []


def test_two_keys_at_once_are_no_answer_the_pad_blinks_and_asks_again(counter):
    counter.ask()
    counter.down("4")
    counter.time.run_for(0.03)
    counter.down("3")
    dark = 0
    for _ in range(100):
        counter.time.run_for(0.01)
        dark += counter.lit == [False] * 4
    assert 40 <= dark <= 50  # three winks of 0.15 s
    counter.up("4")
    counter.time.run_for(0.1)
    counter.press("2")  # one of the two is still down: not clear who presses what
    assert counter.votes == []
    counter.up("3")
    counter.time.run_for(0.1)
    assert counter.lit == [True] * 4
    counter.press("2")
    assert counter.votes == [(T1, 1, 2)]


def test_two_presses_one_after_the_other_are_one_vote_and_the_first_counts(counter):
    counter.ask()
    counter.down("4")
    counter.time.run_for(0.09)
    counter.down("1")
    counter.time.run_for(1)
    assert counter.votes == [(T1, 1, 4)]


@pytest.mark.parametrize("worn", [False, True])
def test_a_key_that_bounces_or_is_worn_out_makes_one_vote(counter, worn):
    if worn:
        counter.board.wear(KEY["4"])
    counter.ask()
    counter.board.press(KEY["4"], 0.3)
    counter.time.run_for(1)
    assert counter.votes == [(T1, 1, 4)]


def test_a_short_tap_counts(counter):
    counter.ask()
    counter.press("2", 0.04)
    counter.time.run_for(0.1)
    assert counter.votes == [(T1, 1, 2)]


def test_a_key_that_is_held_when_the_lamps_go_on_is_no_answer_until_it_is_pressed_anew(counter):
    counter.down("1")
    counter.time.run_for(1)
    counter.ask()
    counter.time.run_for(5)
    assert counter.votes == []
    counter.up("1")
    counter.time.run_for(0.1)
    counter.press("1")
    assert counter.votes == [(T1, 1, 1)]


def test_a_stuck_key_is_reported_and_the_others_go_on_working(counter):
    counter.board.stick(KEY["1"])
    counter.time.run_for(31)
    assert [event.button for event in counter.hub.events(ButtonStuck)] == ["key-1"]
    assert counter.hub.said("$alert/key-1", Alert)[-1].code == "button-stuck"
    counter.ask()
    counter.press("4")
    assert counter.votes == [(T1, 1, 4)]
    counter.board.free(KEY["1"])
    counter.time.run_for(1)
    assert counter.hub.said("$alert/key-1", Alert)[-1] is None
    assert len(counter.hub.events(ButtonStuck)) == 1


def test_a_key_stuck_when_the_program_starts_is_reported_too():
    counter = Counter()
    counter.board.stick(KEY["2"])
    counter.time.run_for(1)
    counter.start()
    counter.ask(seconds=120)
    counter.time.run_for(31)
    assert [event.button for event in counter.hub.events(ButtonStuck)] == ["key-2"]
    assert counter.votes == []


def test_a_step_is_asked_about_once_also_across_a_restart(counter):
    counter.ask()
    counter.press("4")
    counter.time.run_for(1)
    counter.kill()
    counter.start()
    assert counter.lit == [False] * 4
    counter.press("1")
    assert counter.votes == [(T1, 1, 4)]
    counter.ask(step=2)
    assert counter.lit == [True] * 4


def test_a_restarted_pad_goes_on_asking(counter):
    counter.ask()
    counter.kill()
    counter.time.run_for(5)
    counter.start()
    assert counter.lit == [True] * 4
    counter.time.run_for(55)
    assert counter.lit == [False] * 4


def test_without_the_hub_the_pad_stays_lit_and_keeps_the_vote_until_the_hub_is_back(counter):
    counter.ask()
    counter.broker.cut("pad-3")
    counter.time.run_for(30)
    assert counter.lit == [True] * 4
    counter.press("1")
    assert counter.votes == []
    counter.time.run_for(600)
    assert counter.pad.outbox.depth == 1
    counter.broker.mend("pad-3")
    counter.time.run_for(1)
    assert counter.votes == [(T1, 1, 1)]


def test_without_the_hub_the_pad_still_ends_on_time(counter):
    counter.ask(seconds=60)
    counter.broker.stop()
    counter.time.run_for(61)
    assert counter.lit == [False] * 4


def test_a_vote_kept_offline_survives_a_restart(counter):
    counter.ask()
    counter.broker.cut("pad-3")
    counter.time.run_for(1)
    counter.press("2")
    counter.kill()
    counter.broker.mend("pad-3")
    counter.start()
    counter.time.run_for(1)
    assert counter.votes == [(T1, 1, 2)]


def test_a_press_just_before_the_next_question_counts_for_the_step_it_was_meant_for(counter):
    counter.ask(T1)
    counter.down("3")
    counter.time.run_for(0.04)
    counter.ask(T2)
    counter.time.run_for(0.5)
    assert counter.votes == [(T1, 1, 3)]
    assert counter.lit == [True] * 4


def test_a_press_in_the_last_moment_counts(counter):
    counter.ask(seconds=10)
    counter.time.run_for(9.96)
    counter.down("3")
    counter.time.run_for(1)
    assert counter.votes == [(T1, 1, 3)]


def test_nothing_wanted_makes_the_pad_dark_at_once(counter):
    counter.ask()
    counter.want()
    assert counter.lit == [False] * 4
    counter.press("4")
    assert counter.votes == []


def test_an_old_question_is_not_asked(counter):
    counter.ask(seconds=-5)
    assert counter.lit == [False] * 4


def test_a_wrong_wall_clock_asks_for_a_minute_and_once():
    counter = Counter(clock_ok=False).start()
    counter.ask(seconds=-3 * 365 * 86400)
    assert counter.lit == [True] * 4
    counter.time.run_for(40)
    counter.ask(seconds=-3 * 365 * 86400)
    counter.time.run_for(21)
    assert counter.lit == [False] * 4
    counter.ask(seconds=-3 * 365 * 86400)
    assert counter.lit == [False] * 4


def test_a_vote_that_cannot_be_kept_is_not_thanked_for_and_may_be_given_again(counter, monkeypatch):
    counter.ask()
    full = Fault("card-full", Text(zh="存储卡已满", en="the card is full"))
    with monkeypatch.context() as broken:
        broken.setattr(counter.card, "write", lambda *_: (_ for _ in ()).throw(full))
        counter.press("3")
        counter.time.run_for(2)
        assert counter.lit == [True] * 4
        assert counter.hub.said("$alert/card", Alert)[-1].code == "card-full"
    counter.press("3")
    assert counter.votes == [(T1, 1, 3)]


@pytest.mark.parametrize(
    "payload", [b"{", b'{"rev":"1"}', b'{"rev":"1","ticket":"a b","step":1,"until":null}', b"[" * 4000]
)
def test_nonsense_as_a_want_changes_nothing(counter, payload):
    counter.ask()
    counter.hub.link.publish(Packet(TOPICS.of("pad-3", "down/want/rating"), payload, 1, True))
    counter.time.settle()
    assert counter.lit == [True] * 4
    assert not counter.hub.said("up/have/rating", Have)[-1].ok


def test_half_a_question_is_refused_and_asks_nothing(counter):
    counter.want(ticket=T1, step=1)
    have = counter.hub.said("up/have/rating", Have)[-1]
    assert (have.ok, have.code) == (False, "rating-incomplete")
    assert counter.lit == [False] * 4


def test_identify_runs_a_light_along_the_lamps_and_returns_to_what_was(counter):
    counter.ask()
    counter.hub.link.publish(
        Packet(TOPICS.of("pad-3", "down/command"), wire.encode(Identify(id="c1", expires_s=5)))
    )
    counter.time.settle()
    assert counter.lit == [True, False, False, False]
    counter.time.run_for(6)
    assert counter.lit == [True] * 4
    counter.press("4")
    assert counter.votes == [(T1, 1, 4)]
    assert counter.hub.said("up/result", Result)[-1].phase == "done"


def test_the_self_test_reports_keys_and_lamps(counter):
    counter.down("2")
    counter.time.run_for(1)
    counter.hub.link.publish(
        Packet(TOPICS.of("pad-3", "down/command"), wire.encode(RunSelfTest(id="c2", expires_s=5)))
    )
    counter.time.run_for(5)
    report = counter.hub.events(SelfTest)[0].results
    assert (report["keys_closed"], report["lamps"]) == (["2"], "ok")
    assert counter.lit == [False] * 4


@pytest.mark.parametrize(("stuck", "tones"), [(False, [1.0]), (True, [0.15, 0.15, 0.15])])
def test_a_self_test_ends_with_one_long_tone_when_it_passed_and_three_short_ones_when_not(
    counter, stuck, tones
):
    if stuck:
        counter.down("2")
        counter.time.run_for(31)
    counter.hub.link.publish(
        Packet(TOPICS.of("pad-3", "down/command"), wire.encode(RunSelfTest(id="c2", expires_s=5)))
    )
    began, seen = counter.time.mono(), []
    counter.board.on_output(
        lambda pin, value: seen.append((counter.time.mono() - began, value)) if pin == PINS.beeper else None
    )
    counter.time.run_for(6)
    ends = [(on[0], off[0]) for on, off in zip(seen[::2], seen[1::2], strict=True)]
    assert [round(off - on, 2) for on, off in ends][1:] == tones
    assert counter.lit == [False] * 4


def test_a_clean_end_leaves_the_pad_dark(counter):
    counter.ask()
    counter.pad.close()
    counter.pad.close()
    assert counter.lit == [False] * 4


def test_the_pad_describes_itself(counter):
    assert counter.hub.said("$desc", Description)[-1].window == 3


def test_a_pin_stands_once_in_the_settings():
    with pytest.raises(ValueError, match="each pin once"):
        PadPins(keys=(5, 6, 13, 12))
