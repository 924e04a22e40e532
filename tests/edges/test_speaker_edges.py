"""The real voice and the real player: espeak-ng renders, aplay plays through ALSA into the twin's file."""

import shutil
import statistics
import subprocess
import threading
import time
import wave
from array import array

import pytest

from devices.call_speaker import sound
from devices.call_speaker.__main__ import bank_sentences, main
from devices.call_speaker.hardware import AlsaSound, EspeakNg
from devices.call_speaker.phrases import LETTERS, characters, spoken
from devices.call_speaker.readings import pinyin, readings
from devices.call_speaker.sound import RATE, Clip, announcement, decibels, levelled, peak, rms, trimmed
from devices.call_speaker.voice import Bank, Cache, HallVoice
from hall.errors import Fault
from hall.words import phrases
from sim.twin.sound import SoundFile

SENTENCES = {key: spoken(p.example or p.zh) for key, p in phrases().items() if p.surface == "voice"}


@pytest.fixture(scope="module", autouse=True)
def _programs():
    for program, package in (("espeak-ng", "espeak-ng"), ("aplay", "alsa-utils")):
        assert shutil.which(program), f"{program} is missing: apt-get install {package} (make setup does it)"


@pytest.fixture(scope="module")
def clips():
    """Every voice sentence of the hall, as the speaker would play it."""
    engine = EspeakNg()
    return {key: levelled(trimmed(engine.render(said))) for key, said in SENTENCES.items()}


def program(folder, name, script):
    """A stand-in for aplay or espeak-ng that misbehaves."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def phonemes(spelled):
    command = ["espeak-ng", "-v", "cmn-latn-pinyin", "-q", "-x", spelled]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# --- the voice


def test_every_sentence_is_spoken_at_the_pace_of_calm_talk(clips):
    paces = {key: 60 * characters(SENTENCES[key]) / clip.seconds for key, clip in clips.items()}
    assert {key: round(pace) for key, pace in paces.items() if not 110 <= pace <= 180} == {}
    assert statistics.mean(paces.values()) == pytest.approx(155, abs=8)


@pytest.mark.parametrize("wanted", [110, 160])
def test_the_pace_follows_the_setting(wanted):
    engine = EspeakNg(wanted)
    paces = [60 * characters(said) / trimmed(engine.render(said)).seconds for said in SENTENCES.values()]
    assert statistics.mean(paces) == pytest.approx(wanted, rel=0.06)


def test_every_sentence_is_equally_loud_and_none_is_clipped(clips):
    for key, clip in clips.items():
        assert abs(decibels(rms(clip.samples)) - sound.SPEECH_DB) <= sound.SPEECH_TOLERANCE_DB, key
        assert decibels(peak(clip.samples)) <= sound.PEAK_DB + 0.01, key


def test_no_sentence_is_read_as_english():
    """espeak-ng marks a change of language in its phonemes, ``(en)``: the fault of ``-v cmn``."""
    letters = " ".join(pinyin(name) for name in LETTERS.values())
    for spelled in [*map(pinyin, SENTENCES.values()), letters]:
        said = phonemes(spelled)
        assert "(" not in said
        assert said.strip()


def test_every_syllable_of_the_tables_is_one_that_espeak_ng_knows():
    characters_, words = readings()
    syllables = sorted({*characters_.values(), *(s for read in words.values() for s in read)})
    said = phonemes("\n\n".join(f"{syllable}." for syllable in syllables)).split()
    assert len(said) == len(syllables)
    assert [
        s for s, p in zip(syllables, said, strict=True) if not any(c.isdigit() for c in p) or "(" in p
    ] == []


def test_a_sentence_is_rendered_in_milliseconds():
    engine, began = EspeakNg(), time.process_time()
    wall = time.perf_counter()
    for number in range(20):
        levelled(trimmed(engine.render(spoken(f"请A{number:03}号，到3号窗口办理。"))))
    assert time.process_time() - began < 20 * 0.05
    assert time.perf_counter() - wall < 20 * 0.5  # 19 ms here; a loud alarm, not a speed limit


def test_an_engine_that_is_missing_broken_or_hung_is_a_missing_voice(tmp_path):
    wrong = [
        EspeakNg(program=str(tmp_path / "nothing-here")),
        EspeakNg(program=program(tmp_path, "fails", "echo no voice data >&2; exit 1")),
        EspeakNg(program=program(tmp_path, "garbage", "echo garbage")),
        EspeakNg(program=program(tmp_path, "hangs", "exec sleep 60"), timeout_s=0.2),
    ]
    for engine in wrong:
        with pytest.raises(Fault, match="voice-missing"):
            engine.render("您好。")
    with pytest.raises(Fault, match="voice-missing"):
        EspeakNg().render("，")


# --- the player


def played(twin):
    with wave.open(str(twin.sounds[-1])) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return array("h", file.readframes(file.getnframes()))


def test_what_is_played_arrives_sample_by_sample(tmp_path, clips):
    twin = SoundFile(tmp_path / "calls")
    whole = announcement(clips["voice.call"], times=2)
    AlsaSound(environment=twin.environment).play(whole)
    heard = played(twin)
    assert heard[: len(whole.samples)] == whole.samples
    assert not any(heard[len(whole.samples) :])  # ALSA fills its last period with silence


def test_trying_the_device_makes_no_sound(tmp_path):
    twin = SoundFile(tmp_path / "calls")
    AlsaSound(environment=twin.environment).probe()
    assert twin.took() == 0
    assert twin.sounds == []


def test_a_missing_device_says_so_and_plays_again_when_it_is_back(tmp_path):
    twin = SoundFile(tmp_path / "calls")
    player = AlsaSound(environment=twin.environment)
    twin.unplugged = True
    for attempt in (player.probe, lambda: player.play(sound.chime())):
        with pytest.raises(Fault, match="sound-missing"):
            attempt()
    twin.unplugged = False
    player.probe()
    player.play(sound.chime())
    assert len(played(twin)) >= len(sound.chime().samples)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("echo 'aplay: main:831: audio open error: Device or resource busy' >&2; exit 1", "sound-busy"),
        ("echo 'aplay: main:831: audio open error: No such device' >&2; exit 1", "sound-missing"),
        (
            "cat >/dev/null; echo 'aplay: pcm_write:2061: write error: Input/output error' >&2; exit 1",
            "sound-failed",
        ),
        ("cat >/dev/null; echo 'underrun!!! (at least 3.1 ms long)' >&2", "ok"),
        ("exit 3", "sound-failed"),
        ("exec sleep 60", "sound-stuck"),
    ],
)
def test_what_the_player_says_becomes_a_fault_with_a_code(tmp_path, script, code):
    player = AlsaSound(program=program(tmp_path, "aplay", script), margin_s=0.3)
    short = Clip(RATE, array("h", [0] * 100))
    if code == "ok":
        player.play(short)
        return
    with pytest.raises(Fault, match=code):
        player.play(short)


def test_a_player_that_is_not_installed_is_a_missing_sound(tmp_path):
    with pytest.raises(Fault, match="sound-missing"):
        AlsaSound(program=str(tmp_path / "aplay")).probe()


def test_stopping_ends_the_sound_at_once_and_leaves_no_process(tmp_path):
    player = AlsaSound(program=program(tmp_path, "aplay", "exec sleep 60"))
    cut, ended = threading.Event(), []

    def play():
        try:
            player.play(sound.chime(), cut.is_set)
        except Fault as fault:
            ended.append(fault.code)

    thread = threading.Thread(target=play)
    thread.start()
    while player._playing is None:
        time.sleep(0.005)
    process = player._playing
    cut.set()
    player.stop()
    thread.join(5)
    assert ended == ["sound-stopped"]
    assert process.returncode is not None
    with pytest.raises(Fault, match="sound-stopped"):  # a stop that came before the player had begun
        player.play(sound.chime(), cut.is_set)
    player.close()
    player.close()
    with pytest.raises(Fault, match="sound-stopped"):
        player.play(sound.chime())


# --- the bank


def test_a_built_bank_speaks_without_any_engine(tmp_path, capsys):
    settings = tmp_path / "speaker.yaml"
    settings.write_text(
        f"hall: demo\nmember: speaker-1\nstate_dir: {tmp_path}/state\nbank: {tmp_path}/bank\n"
    )
    assert main(["--settings", str(settings), "--build-bank", "--windows", "2"]) == 0
    assert "sentences made" in capsys.readouterr().out
    voice = HallVoice(Bank(tmp_path / "bank"), Cache(None, 0), None)
    for said in bank_sentences(2):
        assert voice.say(said).seconds > 0.8
    assert main(["--settings", str(settings), "--build-bank", "--windows", "2"]) == 0
    assert ": 0 sentences made" in capsys.readouterr().out


def test_a_mistake_in_the_settings_is_one_line(tmp_path, capsys):
    settings = tmp_path / "speaker.yaml"
    settings.write_text(f"hall: demo\nmember: speaker-1\nstate_dir: {tmp_path}\nchars_per_min: 300\n")
    assert main(["--settings", str(settings)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
