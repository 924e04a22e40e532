"""The line in front of the loudspeaker: who is next, what is stale, what happens when a hand fails."""

from array import array
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from devices.call_speaker.announcer import REST_S, RETRY_S, Announcer
from devices.call_speaker.phrases import spoken
from devices.call_speaker.sound import AFTER_S, Clip, announcement
from devices.call_speaker.voice import no_voice
from hall.clock import VirtualScheduler
from hall.errors import Fault
from hall.messages.commands import Announce
from hall.messages.common import MemberKind
from hall.text import Text
from hall.troubles import TROUBLES
from hall.words import say
from hall.worker import InlineWorker

RATE = 8_000
SENTENCE_S = 2.0


class FakeVoice:
    """Every sentence lasts two seconds; a sentence is told from another by its first sample."""

    def __init__(self):
        self.asked = []
        self.missing = False
        self.settled = 0

    def say(self, saying):
        if self.missing:
            raise no_voice("test")
        self.asked.append(saying.said)
        return Clip(RATE, array("h", [len(self.asked)] * round(SENTENCE_S * RATE)))

    def settle(self):
        self.settled += 1


class Room:
    """A loudspeaker with a clock: what was heard, from when to when."""

    def __init__(self, scheduler, voice):
        self._scheduler, self._voice = scheduler, voice
        self.heard = []
        self.broken = None
        self.took_s = 0.0
        self.stops = 0

    def play(self, clip, cut, volume_db):
        if self.broken:
            self.took_s = 0.1
            raise self.broken
        at = self._scheduler.mono()
        mark = clip.samples[-round(AFTER_S * RATE) - 1] if clip.rate == RATE else 0
        self.took_s = clip.seconds
        self.heard.append((at, at + clip.seconds, self._voice.asked[mark - 1] if mark else "(chime)", clip))

    def probe(self):
        self.took_s = 0.0
        if self.broken:
            raise self.broken

    def stop(self):
        self.stops += 1

    def close(self):
        pass

    def took(self):
        return self.took_s

    @property
    def sentences(self):
        return [said for _, _, said, _ in self.heard]


class Hall:
    """The line with fake hands, and what it told the hub."""

    def __init__(self):
        self.scheduler = VirtualScheduler(datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Asia/Shanghai")))
        self.voice = FakeVoice()
        self.room = Room(self.scheduler, self.voice)
        self.results, self.begun, self.alerts, self.told_at = {}, [], {}, {}
        self.rendering_s = 0.0
        self.line = Announcer(
            scheduler=self.scheduler,
            voice=self.voice,
            sound=self.room,
            renderer=InlineWorker(self.scheduler, lambda: self.rendering_s),
            player=InlineWorker(self.scheduler, self.room.took),
            desk=self,
        )
        self._n = 0

    def finish(self, command_id, phase, code="ok"):
        assert command_id not in self.results, "one result for one command"
        self.results[command_id] = (phase, code)
        self.told_at[command_id] = self.scheduler.mono()

    def begin(self, command_id):
        self.begun.append(command_id)

    def trouble(self, code, alert_id, why=""):
        assert MemberKind.SPEAKER in TROUBLES[code].devices
        self.alerts[alert_id] = code

    def clear(self, alert_id):
        self.alerts.pop(alert_id, None)

    def call(
        self, number="A012", window=3, *, phrase="voice.call", rank=1, times=1, expires_s=60.0, age_s=0.0
    ):
        return self.say(
            say(phrase, number=number, window=window), phrase, rank, times, expires_s, age_s, number, window
        )

    def say(
        self, text, phrase="notice", rank=3, times=1, expires_s=60.0, age_s=0.0, number=None, window=None
    ):
        self._n += 1
        command = Announce(
            id=f"c{self._n}",
            phrase=phrase,
            text=Text(zh=text, en="") if isinstance(text, str) else text,
            rank=rank,
            times=times,
            expires_s=expires_s,
            age_s=age_s,
            number=number,
            window=window,
        )
        self.line.take(command)
        self.scheduler.settle()
        return command.id

    def pass_(self, seconds):
        self.scheduler.run_for(seconds)


@pytest.fixture
def hall():
    return Hall()


def test_a_call_is_chimed_said_twice_and_told_when_it_has_sounded(hall):
    call = hall.call(times=2)
    began, ended, said, clip = hall.room.heard[0]
    assert said == spoken("请A012号，到3号窗口办理。")
    assert clip.samples == announcement([Clip(RATE, array("h", [1] * 16_000))] * 2).samples
    assert not hall.results
    hall.pass_(ended - began - 0.01)
    assert not hall.results
    hall.pass_(0.02)
    assert hall.results == {call: ("done", "ok")}
    assert hall.told_at[call] == pytest.approx(ended)


def test_two_announcements_are_never_heard_at_once(hall):
    for i in range(12):
        hall.call(f"A{i:03}", i + 1, expires_s=500)
    hall.pass_(200)
    assert len(hall.room.heard) == 12
    for (_, ended, _, _), (began, _, _, _) in pairwise(hall.room.heard):
        assert began >= ended + REST_S - 1e-6


def test_lower_ranks_wait_and_equals_come_in_their_order(hall):
    hall.call("A001")
    hall.say("请照看好身边的小朋友，小心磕碰。")
    hall.call("A002", phrase="voice.recall", rank=2)
    hall.call("A003")
    hall.call("A004")
    hall.pass_(100)
    assert hall.room.sentences == [
        "请诶零零幺号，到三号窗口办理。",
        "请诶零零三号，到三号窗口办理。",
        "请诶零零四号，到三号窗口办理。",
        "再次请诶零零二号，到三号窗口办理。",
        "请照看好身边的小朋友，小心磕碰。",
    ]


def test_a_stale_call_is_dropped_at_its_moment_by_the_monotonic_clock(hall):
    hall.call("A001", times=3)
    late = hall.call("A002", expires_s=10, age_s=6)
    hall.pass_(3.9)
    assert late not in hall.results
    hall.pass_(0.2)
    assert hall.results[late] == ("expired", "too-late")
    assert hall.told_at[late] == pytest.approx(4)
    hall.pass_(60)
    assert len(hall.room.heard) == 1


def test_a_call_that_is_being_said_does_not_expire(hall):
    call = hall.call(times=5, expires_s=2)
    hall.pass_(60)
    assert hall.results[call] == ("done", "ok")


def test_a_newer_call_for_the_ticket_replaces_the_waiting_one_in_its_place(hall):
    hall.call("A001")
    older = hall.call("A002", 2)
    hall.call("A003")
    newer = hall.call("A002", 5, phrase="voice.recall", rank=2)
    assert hall.results[older] == ("expired", "superseded")
    hall.pass_(60)
    assert [said[said.index("诶") :][:4] for said in hall.room.sentences] == [
        "诶零零幺",
        "诶零零二",
        "诶零零三",
    ]
    assert hall.room.sentences[1] == "再次请诶零零二号，到五号窗口办理。"
    assert hall.results[newer] == ("done", "ok")


def test_a_recall_while_the_call_is_being_said_is_said_after_it(hall):
    hall.call("A002")
    hall.call("A002", phrase="voice.recall", rank=2)
    hall.pass_(60)
    assert len(hall.room.heard) == 2


def test_a_word_about_paper_takes_no_call_s_place(hall):
    hall.call("A001")
    hall.call("A002")
    hall.call("A002", phrase="disp.nopaper", rank=2)
    hall.pass_(60)
    assert len(hall.room.heard) == 3
    assert {phase for phase, _ in hall.results.values()} == {"done"}


def test_the_same_notice_does_not_wait_twice(hall):
    hall.call("A001")
    first = hall.say("3号窗口暂停服务，请留意其他窗口叫号，谢谢。")
    hall.say("3号窗口暂停服务，请留意其他窗口叫号，谢谢。")
    assert hall.results[first] == ("expired", "superseded")
    hall.pass_(60)
    assert len(hall.room.heard) == 2


def test_evacuation_is_next_without_chime_and_clears_what_waits(hall):
    hall.call("A001", times=2)
    waiting = hall.call("A002"), hall.say("请引导员到取号机旁。")
    leave = hall.say(say("voice.evacuate"), "voice.evacuate", rank=0, times=3)
    assert hall.room.stops == 1
    assert [hall.results[id_] for id_ in waiting] == [("expired", "evacuation")] * 2
    hall.pass_(60)
    assert len(hall.room.heard) == 2
    (_, ended, _, _), (began, _, said, clip) = hall.room.heard
    assert began == pytest.approx(ended)  # no rest before it
    assert said == "请大家听从指引，从最近的出口有序离开。"
    assert clip.seconds == pytest.approx(3 * SENTENCE_S + 2 * 0.4 + AFTER_S)
    assert hall.results[leave] == ("done", "ok")


def test_an_evacuation_does_not_wait_for_the_voice_of_calls_that_will_not_be_made(hall):
    rendered = 0

    def took():
        nonlocal rendered
        before, rendered = rendered, len(hall.voice.asked)
        return float(rendered - before)

    hall.line._renderer = InlineWorker(hall.scheduler, took)
    for n in range(1, 7):
        hall.call(f"A00{n}")
    began = hall.scheduler.mono()
    hall.say(say("voice.evacuate"), "voice.evacuate", rank=0)
    hall.pass_(20)
    [(heard, _, said, _)] = hall.room.heard
    assert said == "请大家听从指引，从最近的出口有序离开。"
    assert heard - began <= 2.0 + 0.1, "the sentence being rendered, and its own"


def test_a_call_that_was_dropped_unrendered_does_not_say_that_the_voice_is_back(hall):
    hall.voice.missing, hall.rendering_s = True, 1.0
    hall.call("A001")
    hall.call("A002")
    hall.say(say("voice.evacuate"), "voice.evacuate", rank=0)
    for _ in range(30):
        hall.pass_(0.1)
        assert ("voice" in hall.alerts) == (hall.scheduler.mono() >= 1.0)


def test_what_evacuation_cut_short_ends_as_cut_short(hall):
    def play(clip, cut, volume_db):
        if cut():
            raise Fault("sound-stopped")

    hall.room.play, hall.room.took_s = play, 5.0
    first = hall.call("A001")
    assert hall.line.playing == first
    hall.line._playing.cut = True
    hall.line._on_played(hall.line._playing, Fault("sound-stopped"))
    assert hall.results[first] == ("expired", "evacuation")
    assert not hall.alerts


def test_sentences_are_rendered_while_another_is_being_said(hall):
    hall.rendering_s = 1.0
    hall.call("A001")
    hall.pass_(1.1)
    hall.call("A002")
    hall.pass_(30)
    (_, ended, _, _), (began, _, _, _) = hall.room.heard
    assert began == pytest.approx(ended + REST_S)


def test_what_the_voice_can_do_later_waits_until_the_sound_is_over(hall):
    for played in (1, 2):
        called = hall.call("A001")
        while called not in hall.results:
            assert hall.voice.settled == played - 1, "before its end, and somebody waited for it"
            hall.pass_(0.1)
        hall.pass_(0.1)
        assert hall.voice.settled == played


def test_without_any_voice_the_chime_alone_calls_and_the_hub_knows(hall):
    hall.voice.missing = True
    first = hall.call("A001")
    hall.pass_(5)
    assert hall.room.sentences == ["(chime)"]
    assert hall.results[first] == ("done", "chime-only")
    assert hall.alerts == {"voice": "voice-missing"}
    hall.voice.missing = False
    hall.call("A002")
    hall.pass_(10)
    assert not hall.alerts
    assert len(hall.room.heard) == 2


def test_a_missing_device_fails_the_calls_at_once_and_is_tried_until_it_plays(hall):
    hall.line.start()
    hall.pass_(0.1)
    assert not hall.alerts
    hall.room.broken = Fault("sound-missing")
    calls = hall.call("A001"), hall.call("A002")
    hall.pass_(0.2)
    assert [hall.results[id_] for id_ in calls] == [("failed", "sound-missing")] * 2
    assert hall.alerts == {"sound": "sound-missing"}
    third = hall.call("A003")
    assert hall.results[third] == ("failed", "sound-missing")
    hall.pass_(10 * RETRY_S)
    assert hall.alerts
    hall.room.broken = None
    hall.pass_(RETRY_S)
    assert not hall.alerts
    fourth = hall.call("A004")
    hall.pass_(30)
    assert hall.results[fourth] == ("done", "ok")
    assert len(hall.room.heard) == 1


def test_a_device_missing_at_start_is_known_before_the_first_call(hall):
    hall.room.broken = Fault("sound-missing")
    hall.line.start()
    hall.pass_(0.1)
    assert hall.alerts == {"sound": "sound-missing"}


def test_a_hand_that_raises_anything_else_is_a_fault_with_a_code_too(hall):
    hall.room.broken = RuntimeError("driver")
    call = hall.call()
    hall.pass_(1)
    assert hall.results[call] == ("failed", "sound-failed")


@pytest.mark.parametrize(
    ("text", "times", "code"),
    [
        ("", 1, "nothing-to-say"),
        ("😀", 1, "nothing-to-say"),
        ("，。", 1, "nothing-to-say"),
        ("请" * 121, 1, "too-long"),
        ("您好", 0, "bad-times"),
        ("您好", 2**53, "bad-times"),
    ],
)
def test_what_cannot_be_announced_is_rejected_by_name(hall, text, times, code):
    assert hall.results[hall.say(text, times=times)] == ("rejected", code)
    hall.pass_(10)
    assert not hall.room.heard


def test_what_was_begun_is_noted_before_it_is_heard(hall):
    hall.room.play = lambda clip, cut, volume_db: hall.begun.append("heard")
    call = hall.call()
    assert hall.begun == [call, "heard"]


def test_closing_says_no_more(hall):
    hall.call("A001")
    hall.call("A002")
    hall.line.close()
    hall.line.close()
    hall.pass_(60)
    assert len(hall.room.heard) == 1
