"""The twin's loudspeaker under a real aplay."""

import fcntl
import math
import os
import shutil
import struct
import subprocess
import termios
import threading
import time
import wave

import pytest

from hub.broker import wait_until
from sim.twin.sound import PAGE, RATE, TICK, SoundFile, SpeakerFifo
from sim.twin.wire import WireLoop

PADDING = 0.15
"""Seconds of silence ALSA adds to fill its last period."""


@pytest.fixture(scope="module", autouse=True)
def aplay():
    assert shutil.which("aplay"), "alsa-utils is part of the test machine"


def tone(path, seconds, rate=RATE, channels=1):
    frames = [int(12000 * math.sin(n * 0.2)) for n in range(int(seconds * rate)) for _ in range(channels)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(frames)}h", *frames))
    return path


def play(environment, wav):
    return subprocess.run(
        ["aplay", "-q", str(wav)],
        env={**os.environ, **environment},
        capture_output=True,
        timeout=60,
        check=False,
    )


def frames_of(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return file.readframes(file.getnframes())


def test_in_a_day_every_sound_is_a_file_at_once_and_says_how_long_it_took(tmp_path):
    speaker = SoundFile(tmp_path / "calls")
    wav = tone(tmp_path / "in.wav", 3)
    for _ in range(3):
        assert play(speaker.environment, wav).returncode == 0
    assert [sound.name for sound in speaker.sounds] == ["0001.wav", "0002.wav", "0003.wav"]
    assert speaker.took() == 0
    assert play(speaker.environment, wav).returncode == 0
    assert 3 <= speaker.took() <= 3 + PADDING
    played = frames_of(speaker.sounds[-1])
    assert played[: 3 * RATE * 2] == frames_of(wav)
    assert not any(played[3 * RATE * 2 :])


def test_in_a_day_any_rate_is_converted_and_numbers_go_on_after_a_restart(tmp_path):
    play(SoundFile(tmp_path).environment, tone(tmp_path / "in.wav", 1, rate=48_000, channels=2))
    assert SoundFile(tmp_path).sounds == []  # what an earlier run left half done is not ours
    speaker = SoundFile(tmp_path)
    heard = []
    speaker.on_sound(lambda path, seconds: heard.append((path.name, seconds)))
    play(speaker.environment, tmp_path / "in.wav")
    assert speaker.took() == pytest.approx(1, abs=PADDING)
    assert SoundFile(tmp_path)._count == 1
    assert heard == [("0001.wav", pytest.approx(1, abs=PADDING))]


def test_in_a_day_an_unplugged_speaker_fails_at_once(tmp_path):
    speaker = SoundFile(tmp_path / "calls")
    speaker.unplugged = True
    failed = play(speaker.environment, tone(tmp_path / "in.wav", 1))
    assert failed.returncode != 0
    assert b"audio open error" in failed.stderr
    speaker.unplugged = False
    assert play(speaker.environment, tmp_path / "in.wav").returncode == 0
    assert len(speaker.sounds) == 1


def test_a_path_alsa_cannot_take_is_refused(tmp_path):
    with pytest.raises(ValueError, match="percent"):
        SoundFile(tmp_path / "100%")


class Listening:
    """A loudspeaker in a loop of its own thread."""

    def __init__(self, folder):
        self.loop = WireLoop()
        self.speaker = SpeakerFifo(self.loop, folder / "fifo", folder / "asound.conf")
        self.heard, self.more = [], threading.Condition()
        self.speaker.on_sound(self._sound)
        self.thread = threading.Thread(target=self.loop.run)

    def _sound(self, sound):
        with self.more:
            self.heard.append(sound)
            self.more.notify_all()

    def wait(self, count):
        with self.more:
            assert self.more.wait_for(lambda: len(self.heard) >= count, 30)
            return self.heard

    def set(self, name, value):
        done = threading.Event()
        self.loop.call_soon(lambda: (setattr(self.speaker, name, value), done.set()))
        assert done.wait(10)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.loop.call_soon(self.speaker.close)
        self.loop.call_soon(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


def test_the_world_hears_every_sample_at_the_speed_of_sound(tmp_path):
    wav = tone(tmp_path / "in.wav", 1)
    with Listening(tmp_path) as listening:
        before = time.monotonic()
        assert play(listening.speaker.environment, wav).returncode == 0
        lasted = time.monotonic() - before
        (sound,) = listening.wait(1)
    assert sound.frames[: RATE * 2] == frames_of(wav)
    assert not any(sound.frames[RATE * 2 :])
    # Never faster than its samples, but for what the pipe holds and the tick that is read ahead; how much slower depends on the machine.
    assert lasted >= sound.seconds - PAGE / 2 / RATE - TICK
    sound.save(tmp_path / "out.wav")
    assert frames_of(tmp_path / "out.wav") == sound.frames


def test_a_player_that_is_late_again_and_again_is_heard_no_faster_for_it(tmp_path):
    frames, at_once = bytes(RATE * 2), int(RATE * 1.9 * TICK) * 2
    with Listening(tmp_path), (tmp_path / "fifo").open("wb", buffering=0) as player:
        before = time.monotonic()
        for at in range(0, len(frames), at_once):
            player.write(frames[at : at + at_once])
            assert wait_until(lambda: _is_empty(player), 10)
        lasted = time.monotonic() - before
    assert lasted >= 1 - TICK


def _is_empty(pipe):
    return fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)) == bytes(4)


def test_two_players_one_after_the_other_are_two_sounds(tmp_path):
    first, second = tone(tmp_path / "a.wav", 0.3), tone(tmp_path / "b.wav", 0.5)
    with Listening(tmp_path) as listening:
        for n, wav in enumerate((first, second), start=1):
            assert play(listening.speaker.environment, wav).returncode == 0
            sounds = listening.wait(n)
    assert [sound.seconds for sound in sounds] == [
        pytest.approx(0.3, abs=PADDING),
        pytest.approx(0.5, abs=PADDING),
    ]
    assert sounds[1].at > sounds[0].at


def test_unplugged_the_next_player_fails_and_plugged_in_again_it_plays(tmp_path):
    wav = tone(tmp_path / "in.wav", 0.2)
    with Listening(tmp_path) as listening:
        listening.set("unplugged", True)
        failed = play(listening.speaker.environment, wav)
        assert failed.returncode != 0
        assert b"audio open error" in failed.stderr
        listening.set("unplugged", False)
        assert play(listening.speaker.environment, wav).returncode == 0
        listening.wait(1)


def test_unplugging_cuts_a_player_off_in_the_middle(tmp_path):
    wav = tone(tmp_path / "in.wav", 20)
    with Listening(tmp_path) as listening:
        started = threading.Event()
        listening.speaker.on_start(lambda _: started.set())
        player = subprocess.Popen(["aplay", "-q", wav], env={**os.environ, **listening.speaker.environment})
        assert started.wait(10)
        listening.set("unplugged", True)
        assert player.wait(20) != 0
        assert listening.wait(1)[0].seconds < 10


def test_a_killed_player_leaves_the_speaker_ready(tmp_path):
    wav = tone(tmp_path / "in.wav", 20)
    with Listening(tmp_path) as listening:
        started = threading.Event()
        listening.speaker.on_start(lambda _: started.set())
        player = subprocess.Popen(["aplay", "-q", wav], env={**os.environ, **listening.speaker.environment})
        assert started.wait(10)
        player.kill()
        player.wait()
        listening.wait(1)
        assert play(listening.speaker.environment, tone(tmp_path / "b.wav", 0.2)).returncode == 0
        assert listening.wait(2)[1].seconds == pytest.approx(0.2, abs=PADDING)
