"""The real voice and the real player: espeak-ng renders, aplay plays through ALSA into the twin's file."""

import re
import shutil
import statistics
import subprocess
import threading
import time
import wave
from array import array

import pytest

from devices.call_speaker import sound, voice_command
from devices.call_speaker.bank import read_index, write_index
from devices.call_speaker.hardware import AlsaSound, EspeakNg, EspeakNgEnglish
from devices.call_speaker.pack import check
from devices.call_speaker.phrases import LETTERS, characters, spoken
from devices.call_speaker.readings import pinyin, readings
from devices.call_speaker.sound import (
    RATE,
    Clip,
    announcement,
    decibels,
    from_wav,
    levelled,
    peak,
    rms,
    to_wav,
    trimmed,
)
from devices.call_speaker.texts import Extent, texts
from devices.call_speaker.voice import Banks, Cache, HallVoice, Saying, Tongue
from hall.errors import Fault
from hall.words import phrases
from sim.twin.sound import SoundFile
from tests.patience import in_time

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
    whole = announcement([clips["voice.call"]] * 2)
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


def test_the_player_has_the_beginning_before_the_rest_is_brought_to_its_volume(tmp_path, monkeypatch):
    heard = tmp_path / "heard"
    player = AlsaSound(program=program(tmp_path, "aplay", f"exec cat >{heard}"))
    long, quieter, with_the_player = Clip(RATE, sound.chime().samples * 4), sound.louder, []

    def watched(clip, gain_db):
        until = time.monotonic() + 5
        while with_the_player and time.monotonic() < until and heard.stat().st_size <= with_the_player[-1]:
            time.sleep(0.002)
        with_the_player.append(heard.stat().st_size if heard.exists() else 0)
        return quieter(clip, gain_db)

    monkeypatch.setattr(sound, "louder", watched)
    player.play(long, volume_db=-12.0)
    assert with_the_player[2] >= 2 * round(sound.PIECE_S * RATE)
    assert from_wav(heard.read_bytes()) == quieter(long, -12.0)


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
    begun = time.monotonic()
    cut.set()
    player.stop()
    thread.join(30)
    assert in_time(begun, 5)
    assert ended == ["sound-stopped"]
    assert process.returncode is not None
    with pytest.raises(Fault, match="sound-stopped"):  # a stop that came before the player had begun
        player.play(sound.chime(), cut.is_set)
    player.close()
    player.close()
    with pytest.raises(Fault, match="sound-stopped"):
        player.play(sound.chime())


# --- banks and packs

SMALL = ("A", 2, 1, "幺")
SOME = ("voice.open", "voice.close", "voice.child", "voice.evacuate", "number-002")
RENDER = {"engine": "espeak-ng", "home": None, "voice": "", "pace": 155, "pairs": False, "only": None}


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """A small bank as `hall voice render` makes it; nobody writes into it."""
    folder = tmp_path_factory.mktemp("bank")
    assert voice_command.render(folder, extent=SMALL, slow=False, **RENDER) == 0
    return folder


@pytest.fixture
def pack(bank, tmp_path):
    """Some of the same, to be damaged."""
    folder = tmp_path / "pack"
    folder.mkdir()
    some = {name: said for name, said in read_index(bank).items() if name in SOME}
    for name in some:
        shutil.copy(bank / f"{name}.wav", folder)
    write_index(folder, some)
    return folder


def codes(pack, texts_=()):
    return {(finding.code, finding.file) for finding in check(pack, texts_)}


def test_a_rendered_bank_speaks_calls_and_sentences_without_any_engine(bank):
    voice = HallVoice(Banks.at(bank), Cache(None, 0), None)
    for display in (
        "请A002号，到1号窗口办理。",
        "再次请A000号，到1号窗口办理。",
        "请A001号到引导台领取材料。",
    ):
        assert voice.say(Saying(spoken(display))).seconds > 2
        assert voice.say(Saying(spoken(display), slow=True)).seconds > 2.5
    for said in texts(Extent(*SMALL)).values():
        assert voice.say(Saying(said)).seconds > 0.3
    assert voice.say(Saying("Please keep your children close.", Tongue.ENGLISH)).seconds > 1


def test_rendering_goes_on_where_it_was_stopped(pack, capsys):
    (pack / "number-002.wav").unlink()
    few = {**RENDER, "only": "number-00"}
    assert voice_command.render(pack, extent=SMALL, slow=False, **few) == 0
    assert "3 made" in capsys.readouterr().out.splitlines()[-1]
    assert voice_command.render(pack, extent=SMALL, slow=False, **few) == 0
    assert "0 made" in capsys.readouterr().out.splitlines()[-1]


def test_a_bank_as_rendered_is_fit_for_use(bank, capsys):
    assert voice_command.examine(bank, extent=SMALL, slow=False) == 0
    said = capsys.readouterr().out
    assert f"{len(texts(Extent(*SMALL)))} sounds, fit for use" in said
    slowest, fastest = re.search(r": (\d+)-(\d+)字/分 chars/min, -2\d\.\d…-\d+\.\d dBFS, peak", said).groups()
    assert 110 <= int(slowest) <= int(fastest) <= 180


def rewrite(pack, name, change):
    path = pack / f"{name}.wav"
    path.write_bytes(to_wav(change(from_wav(path.read_bytes()))))


def scaled(gain):
    return lambda clip: Clip(
        clip.rate, array("h", [max(-32768, min(32767, int(s * gain))) for s in clip.samples])
    )


def padded(before=0.0, after=0.0):
    return lambda c: Clip(c.rate, sound.silence(before, c.rate) + c.samples + sound.silence(after, c.rate))


def holed(clip):
    middle = len(clip.samples) // 2
    return Clip(clip.rate, clip.samples[:middle] + sound.silence(1.2, clip.rate) + clip.samples[middle:])


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("too-quiet", scaled(0.7)),
        ("too-loud", scaled(1.5)),
        ("clipped", scaled(30)),
        ("silent", scaled(0)),
        ("silence", padded(before=0.5)),
        ("silence", padded(after=0.5)),
        ("silence", holed),
        ("other-rate", lambda clip: sound.resampled(clip, 16_000)),
        ("too-fast", lambda clip: Clip(clip.rate, clip.samples[::2])),
        ("too-slow", lambda clip: sound.resampled(clip, 2 * clip.rate)._replace(rate=clip.rate)),
    ],
)
def test_each_mistake_of_a_sound_has_its_code(pack, code, change):
    rewrite(pack, "voice.evacuate", change)
    assert (code, "voice.evacuate") in codes(pack)
    assert {file for _, file in codes(pack)} == {"voice.evacuate"}


def test_each_mistake_of_a_folder_has_its_code(pack):
    assert codes(pack) == set()
    (pack / "voice.open.wav").unlink()
    (pack / "voice.child.wav").write_bytes(b"MP3, in truth")
    (pack / "stray.wav").write_bytes((pack / "voice.close.wav").read_bytes())
    write_index(pack, {"再见": "再见。", "close-2": texts(Extent(*SMALL))["voice.close"]})
    (pack / "close-2.wav").write_bytes((pack / "voice.close.wav").read_bytes())
    assert codes(pack, ["请丙"]) == {
        ("not-there", "voice.open"),
        ("not-a-sound", "voice.child"),
        ("not-listed", "stray"),
        ("bad-name", "再见"),
        ("said-twice", texts(Extent(*SMALL))["voice.close"]),
        ("not-covered", "index.tsv"),
    }
    (pack / "index.tsv").unlink()
    assert codes(pack) == {("no-index", "index.tsv")}


def test_what_is_wrong_is_said_in_both_languages_and_by_the_exit_code(pack, capsys):
    rewrite(pack, "voice.evacuate", scaled(0.5))
    assert voice_command.examine(pack, extent=SMALL, slow=False) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("not-covered\tindex.tsv\t还缺")
    assert lines[1].startswith("too-quiet\tvoice.evacuate\t音量")
    assert "/ level -2" in lines[1]
    assert lines[-1].endswith("2 to put right")


def test_a_recording_that_is_only_too_quiet_and_too_long_at_its_ends_is_put_right_by_levelling(
    pack, tmp_path
):
    for name in read_index(pack):
        rewrite(pack, name, lambda clip: padded(0.6, 0.6)(scaled(0.3)(clip)))
    assert len(codes(pack)) == 2 * len(SOME)
    assert voice_command.level(pack, tmp_path / "out") == 0
    assert codes(tmp_path / "out") == set()


def test_the_list_for_whoever_records_is_the_index_of_a_pack(capsys):
    assert voice_command.listing(("A", 1, 1, "一")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "number-001\t零零一号" in lines
    assert "voice.call-A\t请诶" in lines


def test_nothing_is_downloaded_unless_it_was_agreed_to(tmp_path, capsys):
    assert voice_command.setup(tmp_path / "voice", yes=False) == 1
    assert "Apache-2.0" in capsys.readouterr().out
    assert not (tmp_path / "voice").exists()


def test_a_neural_voice_that_is_not_installed_is_one_line(tmp_path, capsys):
    wanted = {**RENDER, "engine": "neural", "home": tmp_path / "nowhere"}
    assert voice_command.render(tmp_path / "bank", extent=SMALL, slow=False, **wanted) == 1
    assert "hall voice setup" in capsys.readouterr().err


def test_english_is_spoken_by_the_english_voice_and_about_as_loud():
    engine = EspeakNgEnglish()
    clip = levelled(trimmed(engine.render("A, zero, one, two, please come to window three.")))
    assert 2 < clip.seconds < 6
    assert abs(decibels(rms(clip.samples)) - sound.SPEECH_DB) <= sound.SPEECH_TOLERANCE_DB
    assert "en-gb" in engine.manner
