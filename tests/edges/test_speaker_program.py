"""The whole speaker with its real hands: threads, espeak-ng, aplay, in real time."""

import threading
import time
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
import pytest

from devices.agent.health import Vitals
from devices.agent.run import Parts
from devices.call_speaker import announcer
from devices.call_speaker.__main__ import build
from devices.call_speaker.hardware import AlsaSound, EspeakNg
from devices.call_speaker.phrases import spoken
from devices.call_speaker.settings import SpeakerSettings
from devices.call_speaker.sound import trimmed
from hall import wire
from hall.card import Card
from hall.inbox import Inbox
from hall.link import Packet
from hall.memory import MemoryBroker
from hall.messages.commands import Announce
from hall.topics import Topics
from hall.words import say
from hall.worker import ThreadWorker
from hub.broker import wait_until
from sim.twin.sound import BYTES_PER_FRAME, RATE, SoundFile, SpeakerFifo
from sim.twin.wire import WireLoop
from tests.patience import in_time

ME, TOPICS = "speaker-1", Topics("demo")


class Program:
    """A speaker in a loop of its own, on a bus in memory."""

    def __init__(self, folder, sound):
        self.inbox = Inbox(ZoneInfo("Asia/Shanghai"))
        self.broker = MemoryBroker(self.inbox)
        self.broker.watchers.append(self._watch)
        self.results = {}
        #: when each announcement was told, and each switch thrown
        self.when = {}
        self.wanted = 0
        self.card = Card(folder / "card")
        self.worker = ThreadWorker(self.inbox, "player")
        link = self.broker.link(ME)
        parts = Parts(self.inbox, link, self.card, self.worker, Vitals, self.inbox.stop)
        settings = SpeakerSettings(hall="demo", member=ME, state_dir=str(folder), chars_per_min=160)
        self.agent = build(settings, parts, sound=sound)
        self.agent.open()

    def _watch(self, _member, packet):
        if packet.topic == TOPICS.of(ME, "up/result"):
            result = msgspec.json.decode(packet.payload)
            self.results[result["id"]] = (result["phase"], result.get("code", "ok"), time.monotonic())
            if len(self.results) >= self.wanted:
                self.inbox.stop()

    def announce(self, command_id, phrase="voice.rated", *, rank=1, once=None, **fields):
        """Told after a moment, or `once` something is so."""
        command = Announce(
            id=command_id, phrase=phrase, text=say(phrase, **fields), times=1, rank=rank, expires_s=60.0
        )
        self.wanted += 1
        packet = Packet(TOPICS.of(ME, "down/command"), wire.encode(command), 1)
        self.once(once or moment_over(), command_id, partial(self.broker.take, "hub", packet))

    def once(self, so, name, then):
        """Do something once it is so, in the program's own thread."""

        def look():
            if so():
                self.when[name] = time.monotonic()
                then()
            else:
                self.inbox.call_later(0.02, look)

        look()

    def ended(self, command_id):
        return self.results[command_id][2]

    def failed(self, command_id):
        return self.results.get(command_id, "-")[0] == "failed"

    def run(self):
        self.inbox.call_later(60.0, self.inbox.stop)
        assert self.inbox.run() == 0
        assert not self.inbox.failures

    def close(self):
        self.agent.close()
        self.worker.close()
        self.card.close()


def moment_over():
    end = time.monotonic() + 0.2
    return lambda: time.monotonic() >= end


@pytest.fixture
def twin(tmp_path):
    return SoundFile(tmp_path / "calls")


def test_calls_from_the_bus_end_as_wav_files_one_after_the_other(tmp_path, twin):
    program = Program(tmp_path, AlsaSound(environment=twin.environment))
    for window in (1, 2, 3):
        program.announce(f"call-{window}", "voice.call", number=f"A00{window}", window=window)
    try:
        program.run()
    finally:
        program.close()
    assert {key: value[:2] for key, value in program.results.items()} == {
        f"call-{window}": ("done", "ok") for window in (1, 2, 3)
    }
    assert [sound.name for sound in twin.sounds] == ["0001.wav", "0002.wav", "0003.wav"]


@pytest.fixture
def room(tmp_path):
    """A loudspeaker at the speed of sound, in a world of its own thread; what it heard is its `heard`."""
    loop = WireLoop()
    speaker = SpeakerFifo(loop, tmp_path / "fifo", tmp_path / "asound.conf")
    speaker.heard = []
    speaker.on_sound(speaker.heard.append)
    thread = threading.Thread(target=loop.run)
    thread.start()
    yield speaker
    loop.call_soon(loop.stop)
    thread.join(5)
    speaker.close()
    loop.close()


def whole_s(phrase, **fields):
    """How long a sentence lasts that nobody cuts short, without the chime before it."""
    return trimmed(EspeakNg(160).render(spoken(say(phrase, **fields).zh))).seconds


def heard_s(room):
    return sum(sound.seconds for sound in room.heard)


def hears_a_second(room):
    """Of what sounds just now."""
    return len(room._heard) > RATE * BYTES_PER_FRAME


def long_sounds(room):
    """Sentences, without the crumbs of those that were cut."""
    return [sound for sound in room.heard if sound.seconds > 0.1]


def test_the_result_comes_when_the_sound_has_ended_and_evacuation_cuts_a_call_short(tmp_path, room):
    program = Program(tmp_path, AlsaSound(environment=room.environment))
    program.announce("call", "voice.call", number="A012", window=3)
    program.announce("leave", rank=0, once=lambda: hears_a_second(room))
    try:
        program.run()
    finally:
        program.close()
    assert program.results["call"][:2] == ("expired", "evacuation")
    assert program.results["leave"][:2] == ("done", "ok")
    cut, ended = program.ended("call"), program.ended("leave")
    assert in_time(program.when["leave"], 1, ended=cut)
    leave_s = whole_s("voice.rated")
    # the program may be late, and a loudspeaker is never early, but for the 93 ms that a player hands over before
    assert ended - cut > leave_s - 0.1
    assert in_time(cut + leave_s, 0.8, ended=ended)
    assert wait_until(lambda: heard_s(room) > 1 + leave_s, 10)
    said_s = cut - program.when["call"]
    assert heard_s(room) < leave_s + said_s + 0.4
    assert heard_s(room) < leave_s + whole_s("voice.call", number="A012", window=3)


def test_a_speaker_plugged_in_later_is_found(tmp_path, twin, monkeypatch):
    monkeypatch.setattr(announcer, "RETRY_S", 0.3)
    twin.unplugged = True
    program = Program(tmp_path, AlsaSound(environment=twin.environment))
    program.announce("early")
    program.once(lambda: program.failed("early"), "plugged in", lambda: setattr(twin, "unplugged", False))
    program.announce("late", once=lambda: program.failed("early") and not program.agent.alerts)
    try:
        program.run()
    finally:
        program.close()
    assert program.results["early"][:2] == ("failed", "sound-missing")
    assert in_time(program.when["plugged in"], 0.9, ended=program.when["late"])
    assert program.results["late"][:2] == ("done", "ok")


def test_pulled_out_in_mid_sentence_the_waiting_call_fails_at_once_and_only_what_comes_later_is_said(
    tmp_path, room, monkeypatch
):
    monkeypatch.setattr(announcer, "RETRY_S", 0.3)
    program = Program(tmp_path, AlsaSound(environment=room.environment))
    switch = room._loop.call_soon
    program.announce("call", "voice.call", number="A012", window=3)
    program.announce("waiting", "voice.call", number="A013", window=4)
    plug = partial(setattr, room, "unplugged")
    program.once(lambda: hears_a_second(room), "pulled out", lambda: switch(lambda: plug(True)))
    program.once(lambda: program.failed("waiting"), "plugged in", lambda: switch(lambda: plug(False)))
    program.announce("late", once=lambda: program.failed("waiting") and not program.agent.alerts)
    try:
        program.run()
    finally:
        program.close()
    assert program.results["call"][0] == "failed"
    assert program.results["waiting"][0] == "failed"
    assert in_time(program.when["pulled out"], 1, ended=program.ended("waiting"))
    assert in_time(program.when["plugged in"], 2, ended=program.when["late"])
    assert program.results["late"][:2] == ("done", "ok")
    # one thing after the other: what was said before the last one has been heard by the time it has
    assert wait_until(lambda: len(long_sounds(room)) >= 2, 10)
    assert len(long_sounds(room)) == 2
    assert not program.agent.alerts


def test_a_card_that_takes_no_sound_is_noticed_and_the_next_call_is_said_when_it_does(
    tmp_path, room, monkeypatch
):
    monkeypatch.setattr(announcer, "RETRY_S", 0.3)
    room.stuck = True
    program = Program(tmp_path, AlsaSound(environment=room.environment, margin_s=0.5))
    program.announce("call")
    program.once(lambda: program.failed("call"), "moves again", lambda: setattr(room, "stuck", False))
    program.announce("late", once=lambda: program.failed("call") and not program.agent.alerts)
    try:
        program.run()
    finally:
        program.close()
    assert program.results["call"][:2] == ("failed", "sound-stuck")
    assert in_time(program.when["call"], 5.8, ended=program.ended("call"))
    assert in_time(program.when["moves again"], 2, ended=program.when["late"])
    assert program.results["late"][:2] == ("done", "ok")
