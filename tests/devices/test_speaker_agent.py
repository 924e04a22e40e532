"""The speaker on the bus: commands once across repetitions and restarts, alerts, wishes, and no word of its own."""

from array import array
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from devices.agent.health import Vitals
from devices.agent.run import Parts
from devices.call_speaker.__main__ import build
from devices.call_speaker.settings import SpeakerSettings
from devices.call_speaker.sound import Clip, louder
from hall import wire
from hall.card import Card
from hall.clock import VirtualScheduler
from hall.errors import Fault
from hall.link import Packet
from hall.memory import MemoryBroker
from hall.messages.commands import Announce, Identify, RunSelfTest
from hall.messages.common import MemberKind, MemberState
from hall.messages.presence import State
from hall.messages.wants import Config
from hall.text import Text
from hall.topics import Topics
from hall.words import say
from hall.worker import InlineWorker

ME = "speaker-1"
TOPICS = Topics("demo")


class Engine:
    """Two seconds for every sentence."""

    manner = "test"

    def __init__(self):
        self.asked = []

    def render(self, said):
        self.asked.append(said)
        return Clip(22_050, array("h", [3000, -3000] * 22_050))


class Room:
    """What was heard."""

    def __init__(self):
        self.heard = []
        self.broken = False
        self.took_s = 0.0

    def play(self, clip, cut, volume_db):
        self.probe()
        self.took_s = clip.seconds
        self.heard.append(louder(clip, volume_db))

    def probe(self):
        self.took_s = 0.0
        if self.broken:
            raise Fault("sound-missing", Text(zh="找不到声卡", en="gone"))

    def stop(self):
        pass

    def close(self):
        pass


class Hall:
    """A scripted hub, a bus, and one speaker that can be killed and started again."""

    def __init__(self, folder):
        self.folder = folder
        self.scheduler = VirtualScheduler(datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Asia/Shanghai")))
        self.broker = MemoryBroker(self.scheduler)
        self.room, self.engine = Room(), Engine()
        hub = State(state=MemberState.READY, epoch=1, boot="hub-1", kind=MemberKind.HUB)
        self.broker.take("hub", Packet(TOPICS.state("hub"), wire.encode(hub), 1, retain=True))
        self.start()

    def start(self):
        self.card = Card(self.folder / "card")
        self.ended = []
        parts = Parts(
            scheduler=self.scheduler,
            link=self.broker.link(ME),
            card=self.card,
            worker=InlineWorker(self.scheduler, lambda: self.room.took_s),
            health=Vitals,
            end=lambda: self.ended.append("end"),
        )
        settings = SpeakerSettings(hall="demo", member=ME, state_dir=str(self.folder), cache_mb=0)
        renderer = InlineWorker(self.scheduler, lambda: 0.0)
        self.agent = build(settings, parts, sound=self.room, engine=self.engine, renderer=renderer)
        self.agent.open()
        self.scheduler.settle()

    def kill(self):
        """As with the power plug: nothing is told, nothing is tidied up."""
        self.broker.kill(ME)
        self.agent.line._closed = True
        self.agent.line._player.close()
        self.agent.line._renderer.close()
        self.card.close()

    def send(self, command, *, retain=False):
        payload = command if isinstance(command, bytes) else wire.encode(command)
        self.broker.take("hub", Packet(TOPICS.of(ME, "down/command"), payload, 1, retain=retain))
        self.scheduler.settle()

    def call(self, command_id="announce-1", number="A012", **fields):
        fields = {
            "expires_s": 60.0,
            "times": 1,
            "phrase": "voice.call",
            "number": number,
            "window": 3,
        } | fields
        self.send(Announce(id=command_id, text=say("voice.call", number=number, window=3), **fields))

    def pass_(self, seconds):
        self.scheduler.run_for(seconds)

    def told(self, leaf):
        topic = TOPICS.of(ME, leaf)
        return [msgspec.json.decode(p.payload) for p in self.broker.log if p.topic == topic and p.payload]

    @property
    def results(self):
        return [(r["id"], r["phase"], r.get("code", "ok")) for r in self.told("up/result")]

    @property
    def standing(self):
        """Codes of the alerts that stand on the bus."""
        prefix = TOPICS.of(ME, "$alert/")
        return sorted(
            msgspec.json.decode(packet.payload)["code"]
            for topic, packet in self.broker.retained.items()
            if topic.startswith(prefix)
        )


@pytest.fixture
def hall(tmp_path):
    return Hall(tmp_path)


def test_a_call_is_heard_once_however_often_the_hub_repeats_it(hall):
    for second in range(6):
        hall.call(age_s=float(second))
        hall.pass_(1)
    hall.call(age_s=7.0)
    hall.pass_(20)
    assert len(hall.room.heard) == 1
    assert set(hall.results) == {("announce-1", "done", "ok")}


def test_a_call_doubled_by_the_network_is_heard_once(hall):
    hall.broker.duplicate_next(TOPICS.of(ME, "down/command"))
    hall.call()
    hall.pass_(20)
    assert len(hall.room.heard) == 1


def test_a_call_already_heard_is_not_heard_again_after_a_restart(hall):
    hall.call()
    hall.pass_(20)
    hall.kill()
    hall.start()
    hall.call(age_s=21.0)
    hall.pass_(20)
    assert len(hall.room.heard) == 1
    assert hall.results == [("announce-1", "done", "ok")] * 2


def test_a_call_cut_off_by_a_power_cut_is_not_heard_again(hall):
    hall.call()
    hall.pass_(1)
    hall.kill()
    hall.start()
    hall.call(age_s=3.0)
    hall.pass_(20)
    assert len(hall.room.heard) == 1
    assert hall.results == [("announce-1", "failed", "interrupted")]


def test_a_call_that_only_waited_is_heard_after_a_restart(hall):
    hall.call("announce-1", "A001")
    hall.call("announce-2", "A002")
    hall.pass_(1)
    hall.kill()
    hall.start()
    hall.call("announce-1", "A001", age_s=2.0)
    hall.call("announce-2", "A002", age_s=2.0)
    hall.pass_(20)
    assert len(hall.room.heard) == 2
    assert hall.results == [("announce-1", "failed", "interrupted"), ("announce-2", "done", "ok")]


def test_a_call_that_is_too_old_when_it_comes_is_not_heard(hall):
    hall.call(expires_s=30.0, age_s=30.0)
    hall.pass_(5)
    assert not hall.room.heard
    assert hall.results == [("announce-1", "expired", "too-old")]


def test_a_call_waiting_too_long_is_dropped(hall):
    hall.call("announce-1", "A001", times=9)
    hall.call("announce-2", "A002", expires_s=12.0, age_s=4.0)
    hall.pass_(60)
    assert len(hall.room.heard) == 1
    assert hall.results == [("announce-2", "expired", "too-late"), ("announce-1", "done", "ok")]


def test_a_retained_call_left_behind_on_the_broker_is_not_heard(hall):
    hall.kill()
    old = wire.encode(
        Announce(
            id="old", phrase="voice.call", text=Text(zh="请A001号，到1号窗口办理。", en=""), expires_s=60.0
        )
    )
    hall.send(old, retain=True)
    hall.start()
    hall.pass_(20)
    assert not hall.room.heard


def test_a_missing_sound_card_is_an_alert_until_it_is_back(hall):
    assert not hall.standing
    hall.room.broken = True
    hall.call("announce-1", "A001")
    hall.pass_(0.5)
    assert hall.results == [("announce-1", "failed", "sound-missing")]
    assert hall.standing == ["sound-missing"]
    assert hall.told("$state")[-1]["state"] == "degraded"
    hall.room.broken = False
    hall.pass_(4)
    assert not hall.standing
    assert hall.told("$state")[-1]["state"] == "ready"
    hall.call("announce-2", "A002")
    hall.pass_(10)
    assert hall.results[-1] == ("announce-2", "done", "ok")


def test_an_alert_solved_while_the_speaker_was_off_does_not_stand_for_ever(hall):
    hall.room.broken = True
    hall.call()
    hall.pass_(0.5)
    hall.kill()
    assert hall.standing == ["sound-missing"]
    hall.room.broken = False
    hall.start()
    hall.pass_(1)
    assert not hall.standing


def test_while_the_hub_is_away_nothing_of_our_own_is_said(hall):
    hall.broker.cut(ME)
    hall.pass_(600)
    hall.broker.mend(ME)
    hall.pass_(600)
    assert not hall.room.heard
    assert not hall.engine.asked


def test_a_call_taken_before_the_bus_broke_is_still_said_and_told_when_it_is_back(hall):
    hall.call("announce-1", "A001", times=2)
    hall.call("announce-2", "A002")
    hall.pass_(1)
    hall.broker.cut(ME)
    hall.pass_(20)
    assert len(hall.room.heard) == 2
    assert not hall.results
    hall.broker.mend(ME)
    hall.pass_(1)
    hall.call("announce-2", "A002", age_s=22.0)
    hall.pass_(1)
    assert ("announce-2", "done", "ok") in hall.results


def test_identify_says_which_speaker_it_is(hall):
    hall.send(Identify(id="who", expires_s=60.0))
    hall.pass_(10)
    assert hall.engine.asked == ["您好，一号音箱。"]
    assert hall.results == [("who", "done", "ok")]


def test_the_self_test_is_heard_and_reported(hall):
    hall.send(RunSelfTest(id="test", expires_s=60.0))
    assert not hall.results
    hall.pass_(8)
    assert hall.engine.asked == ["您好，一号音箱。"]
    assert len(hall.room.heard) == 1
    assert hall.results == [("test", "done", "ok")]
    hall.room.broken = True
    hall.send(RunSelfTest(id="test-2", expires_s=60.0))
    hall.pass_(5)
    assert hall.results[-1] == ("test-2", "failed", "sound-missing")
    found = [event["results"] for event in hall.told("up/event") if event["type"] == "self_test"]
    assert [(f["voice"], f["sound"]) for f in (found[0], found[-1])] == [
        ("ok", "ok"),
        ("ok", "sound-missing"),
    ]


def test_it_introduces_itself_aloud_and_answers_nobody_who_did_not_ask(hall):
    hall.agent.introduce()
    hall.pass_(8)
    assert hall.engine.asked == ["您好，一号音箱。"]
    assert hall.results == []
    assert [event["type"] for event in hall.told("up/event")][-1] == "self_test"


def test_a_self_test_waits_until_a_call_has_been_said(hall):
    hall.call("announce-1", times=2)
    hall.send(RunSelfTest(id="test", expires_s=60.0))
    hall.pass_(4)
    assert len(hall.room.heard) == 1
    hall.pass_(20)
    assert len(hall.room.heard) == 2
    assert hall.results == [("announce-1", "done", "ok"), ("test", "done", "ok")]


def test_the_hub_may_change_volume_and_pace_and_hears_what_was_wrong(hall):
    def want(rev, **values):
        packet = Packet(
            TOPICS.of(ME, "down/want/config"), wire.encode(Config(rev=rev, values=values)), 1, retain=True
        )
        hall.broker.take("hub", packet)
        hall.scheduler.settle()
        have = hall.told("up/have/config")[-1]
        return have["rev"], have.get("ok", True)

    assert want("1", volume_db=-20.0, chars_per_min=120) == ("1", True)
    hall.call()
    hall.pass_(10)
    quiet = max(hall.room.heard[0].samples)
    assert want("2", volume_db=6.0) == ("2", False)
    assert want("3", bass="loud") == ("3", False)
    assert want("4") == ("4", True)
    hall.call("announce-2", "A013")
    hall.pass_(10)
    assert quiet == pytest.approx(max(hall.room.heard[1].samples) / 10, rel=0.01)


def configured(hall, rev, **values):
    packet = Packet(
        TOPICS.of(ME, "down/want/config"), wire.encode(Config(rev=rev, values=values)), 1, retain=True
    )
    hall.broker.take("hub", packet)
    hall.scheduler.settle()
    have = hall.told("up/have/config")[-1]
    return have["rev"], have.get("ok", True)


def loudness(hall, number):
    """How loud the next call is."""
    hall.call(f"announce-{number}", number)
    hall.pass_(20)
    return max(hall.room.heard[-1].samples[-40_000:])


def test_the_evening_is_quieter_from_its_minute_on_and_an_order_to_leave_is_not(hall):
    by_day = loudness(hall, "A001")
    assert configured(hall, "1", night="09:10-09:20 -20") == ("1", True)
    assert loudness(hall, "A002") == by_day
    hall.pass_(600)
    assert loudness(hall, "A003") == pytest.approx(by_day / 10, rel=0.01)
    leave = Announce(
        id="leave", expires_s=60, phrase="voice.evacuate", text=say("voice.evacuate"), times=1, rank=0
    )
    hall.send(leave)
    hall.pass_(20)
    assert max(hall.room.heard[-1].samples) == by_day
    hall.pass_(600)
    assert loudness(hall, "A004") == by_day


def test_the_hub_may_set_a_schedule_and_a_wrong_one_changes_nothing(hall):
    by_day = loudness(hall, "A001")
    assert configured(hall, "1", volumes="08:00 -20, 18:00 -6") == ("1", True)
    assert loudness(hall, "A002") == pytest.approx(by_day / 10, rel=0.01)
    assert configured(hall, "2", volumes="8:00 -20") == ("2", False)
    assert configured(hall, "3", volumes="08:00 3") == ("3", False)
    assert loudness(hall, "A003") == pytest.approx(by_day / 10, rel=0.01)


def test_english_comes_after_mandarin_when_the_hub_says_so_from_the_next_call_on(hall):
    hall.call("announce-1", "A001")
    assert configured(hall, "1", english=True) == ("1", True)
    hall.call("announce-2", "A002")
    hall.pass_(30)
    assert hall.engine.asked == [
        "请诶零零幺号，到三号窗口办理。",
        "请诶零零二号，到三号窗口办理。",
        "A, zero, zero, two, please come to window three.",
    ]
    assert hall.room.heard[1].seconds > hall.room.heard[0].seconds + 2


def test_a_hall_that_says_yi_for_1_may_change_to_it_while_the_speaker_runs(hall):
    configured(hall, "1", one="一")
    hall.call("announce-1", "A011")
    hall.pass_(20)
    assert hall.engine.asked == ["请诶零一一号，到三号窗口办理。"]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"{}",
        b"[" * 5000,
        b'{"type":"announce","id":"x","expires_s":60}',
        b'{"type":"announce","id":"x","expires_s":"soon","phrase":"voice.call","text":{"zh":"a","en":"b"}}',
        b'{"type":"announce","id":"x","expires_s":60,"phrase":"voice.call","text":{"zh":"\\u0000","en":"b"}}',
        b'{"type":"sing","id":"x","expires_s":60}',
        b'{"type":"announce","id":"x","expires_s":60,"phrase":"voice.call","times":-1,"text":{"zh":"\xe8\xaf\xb7","en":""}}',
        b'{"type":"announce","id":"x","expires_s":60,"phrase":"voice.call","text":{"zh":"'
        + b"a" * 70_000
        + b'","en":""}}',
    ],
)
def test_nonsense_is_refused_and_the_next_call_is_heard(hall, payload):
    hall.send(payload)
    assert all(phase == "rejected" for _, phase, _ in hall.results)
    hall.call("announce-2")
    hall.pass_(20)
    assert hall.results[-1] == ("announce-2", "done", "ok")
    assert len(hall.room.heard) == 1
