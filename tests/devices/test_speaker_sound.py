"""Announcements as samples: what stands where, how loud, and how the bank and the cache keep it."""

import math
from array import array
from itertools import pairwise
from pathlib import Path

import pytest

from devices.call_speaker import sound
from devices.call_speaker.bank import Bank, key, missing, read_index, write_index
from devices.call_speaker.sound import (
    BadClip,
    Clip,
    announcement,
    chime,
    decibels,
    from_wav,
    levelled,
    peak,
    rms,
    to_wav,
)
from devices.call_speaker.texts import Extent, paired_texts
from devices.call_speaker.voice import Banks, Cache, HallVoice, Saying, Tongue
from hall.errors import Fault


def tone(seconds=0.5, level=8000, rate=22_050, frequency=300):
    turn = 2 * math.pi * frequency / rate
    return Clip(rate, array("h", [int(level * math.sin(turn * i)) for i in range(round(seconds * rate))]))


class Engine:
    manner = "test 1"

    def __init__(self, clip=None):
        self.asked = []
        self.clip = clip or tone()

    def render(self, said):
        self.asked.append(said)
        return self.clip


def test_an_announcement_is_chime_sentence_pause_sentence_to_the_sample():
    sentence = tone()
    whole = announcement([sentence] * 2)
    ring = chime(22_050).samples
    at = 0
    for part in (
        ring,
        sound.silence(sound.AFTER_CHIME_S, 22_050),
        sentence.samples,
        sound.silence(sound.BETWEEN_S, 22_050),
        sentence.samples,
        sound.silence(sound.AFTER_S, 22_050),
    ):
        assert whole.samples[at : at + len(part)] == part
        at += len(part)
    assert at == len(whole.samples)
    assert whole.seconds == pytest.approx(0.8 + 0.25 + 0.5 + 0.5 + 0.5 + 0.15, abs=1e-3)


def test_an_evacuation_has_no_chime_and_short_pauses():
    sentence = tone()
    whole = announcement([sentence] * 3, chimed=False, between_s=0.4)
    assert whole.samples[: len(sentence.samples)] == sentence.samples
    assert whole.seconds == pytest.approx(3 * 0.5 + 2 * 0.4 + 0.15, abs=1e-3)


def test_without_a_voice_the_chime_still_rings():
    whole = announcement([])
    assert whole.samples[: len(chime().samples)] == chime().samples
    assert whole.seconds == pytest.approx(0.95, abs=1e-3)


def test_the_chime_follows_the_sentence_s_rate():
    whole = announcement([tone(rate=24_000)])
    assert whole.rate == 24_000
    assert whole.samples[: len(chime(24_000).samples)] == chime(24_000).samples


def test_the_chime_is_two_notes_that_decay():
    ring = chime()
    assert decibels(peak(ring.samples)) == pytest.approx(-7, abs=0.5)
    first, second = ring.samples[: round(0.3 * 22_050)], ring.samples[round(0.3 * 22_050) :]
    for note, frequency in ((first, 660), (second, 523)):
        crossings = sum(1 for a, b in pairwise(note) if a < 0 <= b)
        assert crossings / (len(note) / 22_050) == pytest.approx(frequency, rel=0.02)
        assert rms(note[-2000:]) < 0.1 * rms(note[:2000])
    assert abs(ring.samples[-1]) < 120


@pytest.mark.parametrize("level", [300, 2000, 8000, 32_000])
def test_speech_is_levelled_and_never_clipped(level):
    even = levelled(tone(level=level))
    assert abs(decibels(rms(even.samples)) - sound.SPEECH_DB) <= sound.SPEECH_TOLERANCE_DB
    assert decibels(peak(even.samples)) <= sound.PEAK_DB + 0.01


def test_a_peaky_clip_stays_quieter_rather_than_being_clipped():
    peaky = Clip(22_050, array("h", ([0] * 999 + [20_000]) * 20))
    even = levelled(peaky)
    assert decibels(peak(even.samples)) <= sound.PEAK_DB + 0.01
    assert levelled(Clip(22_050, array("h", [0] * 100))).samples == array("h", [0] * 100)


def test_silence_at_the_ends_is_trimmed_and_inside_kept():
    quiet = sound.silence(0.4, 22_050)
    clip = Clip(22_050, quiet + tone().samples + quiet + tone().samples + quiet)
    assert sound.trimmed(clip).seconds == pytest.approx(0.5 + 0.4 + 0.5 + 0.04, abs=0.02)
    assert not sound.trimmed(Clip(22_050, quiet)).samples


def test_a_volume_below_the_amplifier_s_is_a_plain_gain():
    assert peak(sound.louder(tone(level=8000), -6).samples) == pytest.approx(4009, abs=3)
    assert peak(sound.louder(tone(level=30_000), 6).samples) == 32_767


def test_a_sound_piece_by_piece_is_the_same_sound_at_its_volume():
    long = Clip(22_050, tone(level=8000).samples * 5)
    some = list(sound.pieces(long, -6))
    assert sum((piece.samples for piece in some), array("h")) == sound.louder(long, -6).samples
    assert all(piece.seconds <= sound.PIECE_S for piece in some)
    assert len(some) >= long.seconds / sound.PIECE_S
    assert list(sound.pieces(Clip(22_050, array("h")))) == []


def test_wav_keeps_every_sample_and_refuses_what_is_no_sound():
    clip = tone()
    assert from_wav(to_wav(clip)) == clip
    stereo = bytearray(to_wav(clip))
    stereo[22] = 2
    for wrong in (
        b"",
        b"RIFF",
        b"x" * 100,
        to_wav(clip)[:30],
        bytes(stereo),
        to_wav(Clip(22_050, array("h"))),
    ):
        with pytest.raises(BadClip):
            from_wav(wrong)


def test_the_bank_is_asked_first_then_the_cache_then_the_engine(tmp_path):
    engine, banked = Engine(), tone(0.3, rate=24_000)
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / f"{key('您好。')}.wav").write_bytes(to_wav(banked))
    voice = HallVoice(Banks(Bank(tmp_path / "bank")), Cache(tmp_path / "cache", 1 << 20), engine)
    assert voice.say(Saying("您好。")) == banked
    assert not engine.asked
    first, again = voice.say(Saying("再见。")), voice.say(Saying("再见。"))
    assert first == again
    assert engine.asked == ["再见。"]


def twice(folder, said="再见。"):
    """Somebody says it, and again, and both were heard; the voice."""
    voice = HallVoice(Banks(), Cache(folder, 1 << 20), Engine())
    assert voice.say(Saying(said)) == voice.say(Saying(said))
    voice.settle()
    return voice


def test_what_was_said_twice_survives_a_restart(tmp_path):
    twice(tmp_path)
    engine = Engine()
    HallVoice(Banks(), Cache(tmp_path, 1 << 20), engine).say(Saying("再见。"))
    assert not engine.asked


def test_what_is_said_once_is_no_wear_of_the_card(tmp_path):
    voice = HallVoice(Banks(), Cache(tmp_path, 1 << 20), Engine())
    for number in range(50):
        voice.say(Saying(f"请诶零{number}号。"))
        voice.settle()
    assert not list(tmp_path.iterdir())


def test_nobody_waits_for_the_card_however_often_a_sentence_is_said_before_the_sound_is_over(tmp_path):
    engine = Engine()
    voice = HallVoice(Banks(), Cache(tmp_path, 1 << 20), engine)
    said = [voice.say(Saying("再见。")) for _ in range(4)]
    assert not list(tmp_path.iterdir())
    voice.settle()
    (file,) = tmp_path.iterdir()
    assert from_wav(file.read_bytes()) == said[0] == said[3]
    file.unlink()
    voice.settle()
    assert not list(tmp_path.iterdir()), "written twice"
    assert len(engine.asked) == 1


def test_another_manner_is_another_sound(tmp_path):
    twice(tmp_path)
    engine = Engine()
    engine.manner = "slower"
    HallVoice(Banks(), Cache(tmp_path, 1 << 20), engine).say(Saying("再见。"))
    assert engine.asked == ["再见。"]


def test_half_a_file_in_the_cache_is_rendered_again(tmp_path):
    whole = twice(tmp_path).say(Saying("再见。"))
    (file,) = tmp_path.glob("*.wav")
    for damaged in (b"", b"RIFF", file.read_bytes()[:40]):
        file.write_bytes(damaged)
        assert twice(tmp_path).say(Saying("再见。")) == whole
        assert from_wav(file.read_bytes()) == whole
    assert not list(tmp_path.glob("*.part"))


def test_the_cache_stays_within_its_bound_and_lets_the_oldest_go(tmp_path):
    cache = Cache(tmp_path, 10 * len(to_wav(tone())))
    for i in range(25):
        cache.keep(f"{i:03}", tone())
        cache.find(f"{i:03}")
        cache.settle()
        cache.find("000")
    kept = sorted(path.stem for path in tmp_path.glob("*.wav"))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 10 * len(to_wav(tone()))
    assert "024" in kept
    assert len(kept) >= 8


@pytest.mark.parametrize("folder", ["/proc/no-such", None])
def test_a_cache_that_cannot_be_written_is_no_reason_to_be_silent(folder):
    voice = HallVoice(Banks(), Cache(Path(folder) if folder else None, 1 << 20), Engine())
    assert voice.say(Saying("再见。")) == voice.say(Saying("再见。"))
    voice.settle()
    assert voice.say(Saying("再见。")).samples


def test_no_voice_at_all_is_said_by_name(tmp_path):
    for voice in (
        HallVoice(Banks(Bank(tmp_path)), Cache(tmp_path, 1 << 20), None),
        HallVoice(Banks(), Cache(None, 0), Engine(Clip(22_050, sound.silence(1, 22_050)))),
    ):
        with pytest.raises(Fault, match="voice-missing"):
            voice.say(Saying("再见。"))


def test_a_bank_says_what_its_index_says_and_sees_a_new_line_at_once(tmp_path):
    bank = Bank(tmp_path)
    assert bank.find("谢谢。") is None
    (tmp_path / "thanks.wav").write_bytes(to_wav(tone(0.3)))
    write_index(tmp_path, {"thanks": "谢谢。"})
    assert bank.find("谢谢。") == tone(0.3)
    assert missing(tmp_path, ["谢谢。", "再见。"]) == ["再见。"]
    write_index(tmp_path, {"../secret": "再见。"})
    assert read_index(tmp_path) == {"thanks": "谢谢。"}
    assert bank.find("再见。") is None


def filed(folder, texts, *, rate=24_000, level=8000):
    """A bank in which each text is told from another by its length."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(len(texts)):
        (folder / f"{i}.wav").write_bytes(to_wav(tone(0.1 * (i + 1), rate=rate, level=level)))
    write_index(folder, {str(i): said for i, said in enumerate(texts)})
    return Bank(folder)


PARTS = ["请诶", "零幺二号", "到三号窗口办理。"]
CALL = "请诶零幺二号，到三号窗口办理。"


def test_a_call_is_put_together_from_its_parts_with_a_pause_at_the_comma(tmp_path):
    voice = HallVoice(Banks(filed(tmp_path, PARTS)), Cache(None, 0), None)
    clip = voice.say(Saying(CALL))
    assert clip.rate == 24_000
    assert clip.seconds == pytest.approx(0.1 + 0.03 + 0.2 + 0.28 + 0.3, abs=1e-3)
    slow = voice.say(Saying(CALL, slow=True))
    assert slow.seconds == pytest.approx(0.1 + 0.3 + 0.2 + 0.8 + 0.3, abs=1e-3)


def test_a_letter_and_its_number_as_one_part_are_taken_where_the_bank_has_them(tmp_path):
    texts = [*PARTS, "请诶零幺二号"]
    voice = HallVoice(Banks(filed(tmp_path, texts)), Cache(None, 0), None)
    assert voice.say(Saying(CALL)).seconds == pytest.approx(0.4 + 0.28 + 0.3, abs=1e-3)
    assert paired_texts(Extent("A", 12, 1))["call-A-012"] == "请诶零幺二号"


def test_a_call_of_which_a_part_is_missing_is_said_by_the_engine_as_a_whole(tmp_path):
    engine = Engine()
    HallVoice(Banks(filed(tmp_path, PARTS[:2])), Cache(None, 0), engine).say(Saying(CALL))
    assert engine.asked == [CALL]


def test_parts_at_different_rates_are_not_put_together(tmp_path):
    engine, bank = Engine(), filed(tmp_path, PARTS)
    (tmp_path / "1.wav").write_bytes(to_wav(tone(0.2, rate=22_050)))
    HallVoice(Banks(bank), Cache(None, 0), engine).say(Saying(CALL))
    assert engine.asked == [CALL]


def test_what_the_dialect_s_pack_lacks_is_said_in_mandarin(tmp_path):
    engine = Engine()
    banks = Banks(dialect=filed(tmp_path, PARTS, level=4000))
    voice = HallVoice(banks, Cache(None, 0), engine)
    assert voice.say(Saying(CALL, Tongue.DIALECT, slow=True)).rate == 24_000
    assert not engine.asked
    voice.say(Saying("您好。", Tongue.DIALECT))
    assert engine.asked == ["您好。"]


def test_english_has_its_own_bank_and_its_own_engine(tmp_path):
    engine, english = Engine(), Engine()
    banks = Banks(english=filed(tmp_path, ["Goodbye."]))
    voice = HallVoice(banks, Cache(None, 0), engine, english=english)
    assert voice.say(Saying("Goodbye.", Tongue.ENGLISH)).rate == 24_000
    voice.say(Saying("Hello.", Tongue.ENGLISH))
    assert (engine.asked, english.asked) == ([], ["Hello."])


def test_another_rate_is_the_same_sound_as_long():
    clip = sound.resampled(tone(0.5, rate=22_050), 24_000)
    assert clip.seconds == pytest.approx(0.5, abs=1e-3)
    crossings = sum(1 for a, b in pairwise(clip.samples) if a < 0 <= b)
    assert crossings == pytest.approx(150, abs=1)
    assert rms(clip.samples) == pytest.approx(rms(tone(0.5).samples), rel=0.01)
