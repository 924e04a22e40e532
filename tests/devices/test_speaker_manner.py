"""How the speaker speaks: how loud at what hour, in which tongues, in which parts, and what an English number sounds like."""

from datetime import time

import pytest

from devices.call_speaker import phrases_en
from devices.call_speaker.phrases import LETTERS, characters, spoken
from devices.call_speaker.script import Manner, script
from devices.call_speaker.segments import split
from devices.call_speaker.texts import FORTY_CALLS, Extent, english_texts, texts
from devices.call_speaker.voice import Saying, Tongue
from devices.call_speaker.volume import volume_at
from hall.messages.commands import Announce
from hall.words import phrases, say

DAY = "12:00 -9, 09:00 -3"
NIGHT = "20:00-07:30 -12"


@pytest.mark.parametrize(
    ("clock", "schedule", "night", "volume"),
    [
        ("10:00", "", "", -1.0),
        ("08:59", DAY, "", -9.0),  # the last of the day before
        ("09:00", DAY, "", -3.0),
        ("11:59", DAY, "", -3.0),
        ("12:00", DAY, "", -9.0),
        ("19:59", "", NIGHT, -1.0),
        ("20:00", "", NIGHT, -12.0),
        ("02:00", "", NIGHT, -12.0),
        ("07:29", "", NIGHT, -12.0),
        ("07:30", "", NIGHT, -1.0),
        ("21:00", "00:00 -20", NIGHT, -20.0),
        ("13:00", "", "12:30-14:00 -6.0", -6.0),
    ],
)
def test_the_volume_follows_the_schedule_and_never_passes_the_night_s_limit(clock, schedule, night, volume):
    assert volume_at(time.fromisoformat(clock), -1.0, schedule, night) == volume


def announce(phrase="voice.call", *, times=2, rank=1, slow_from=0, **fields):
    fields = fields or {"number": "A012", "window": 3}
    return Announce(
        id="a", expires_s=60, phrase=phrase, text=say(phrase, **fields), times=times, rank=rank, slow_from=slow_from
    )  # fmt: skip


CALL = "请诶零幺二号，到三号窗口办理。"
IN_ENGLISH = "A, zero, one, two, please come to window three."


def test_mandarin_comes_first_and_english_once_after_it_where_it_is_set():
    assert script(announce(), Manner()) == (Saying(CALL), Saying(CALL))
    english = Saying(IN_ENGLISH, Tongue.ENGLISH)
    assert script(announce(), Manner(english=True)) == (Saying(CALL), Saying(CALL), english)


def test_an_order_to_leave_is_said_in_both_languages_each_time():
    order = Announce(
        id="e", expires_s=60, phrase="voice.evacuate", text=say("voice.evacuate"), times=2, rank=0
    )
    tongues = [saying.tongue for saying in script(order, Manner(english=True))]
    assert tongues == [Tongue.MANDARIN, Tongue.ENGLISH] * 2


def test_the_second_time_is_slow_for_large_print_and_in_the_dialect_where_there_is_a_pack():
    assert script(announce(slow_from=2), Manner()) == (Saying(CALL), Saying(CALL, slow=True))
    dialect = Saying(CALL, Tongue.DIALECT, slow=True)
    assert script(announce(slow_from=2), Manner(dialect=True)) == (Saying(CALL), dialect)
    assert script(announce(slow_from=1, times=1), Manner()) == (Saying(CALL, slow=True),)


@pytest.mark.parametrize(
    ("display", "said"),
    [
        ("A012, please come to window 3.", IN_ENGLISH),
        ("Z1000 to window 12", "Z, one, zero, zero, zero to window twelve"),
        ("Hello, we stay open until 18:00 today", "Hello, we stay open until eighteen o'clock today"),
        ("until 17:30", "until seventeen thirty"),
        ("until 9:05", "until nine oh five"),
        ("30 minutes to closing", "thirty minutes to closing"),
        ("window 25, room 007", "window twenty-five, room zero, zero, seven"),
        ("Window 3 → 住房", "Window three"),
        ("", ""),
    ],
)
def test_english_reads_numbers_figure_by_figure_and_windows_as_words(display, said):
    assert phrases_en.spoken(display) == said


def test_english_numbers_are_words():
    read = {
        0: "zero",
        19: "nineteen",
        20: "twenty",
        99: "ninety-nine",
        100: "one hundred",
        345: "three hundred and forty-five",
    }
    assert {n: phrases_en.number(n) for n in read} == read
    assert phrases_en.number(2026) == "two thousand twenty-six"


def test_every_calling_sentence_is_cut_so_that_the_parts_say_the_whole():
    calling = [p.example for p in phrases().values() if p.surface == "voice" and "{number}号" in p.zh]
    assert len(calling) >= 8
    for display in calling:
        said = spoken(display)
        parts = split(said)
        assert len(parts) == 3, display
        whole = "".join(part.said + ("，" if part.comma and part.said[-1] != "，" else "") for part in parts)
        assert whole == said


@pytest.mark.parametrize("letter", LETTERS)
def test_each_letter_leads_and_each_number_stays_one_part(letter):
    parts = split(spoken(f"请{letter}107号，到12号窗口办理。"))
    assert [part.said for part in parts] == [f"请{LETTERS[letter]}", "幺零七号", "到十二号窗口办理。"]


def test_what_calls_no_number_is_one_part():
    assert split(spoken("3号窗口暂停服务，请留意其他窗口叫号，谢谢。")) == ()
    assert split(spoken("您好，现在开始办理业务，请您先取号。")) == ()


def test_the_texts_of_a_bank_say_every_call_and_every_sentence_of_its_extent():
    known = set(texts(Extent("AB", 20, 5)).values())
    for key in (
        "call",
        "recall",
        "last",
        "review",
        "back",
        "appointment",
        "to_desk",
        "given_back",
        "wait_on",
    ):
        for number, window in (("A000", 1), ("B020", 5)):
            said = spoken(say(f"voice.{key}", number=number, window=window).zh)
            assert {part.said for part in split(said)} <= known, said
    for display in (
        say("voice.evacuate").zh,
        say("voice.crowd").zh,
        say("voice.fault.long").zh,
        say("voice.fault", window=5).zh,
        say("voice.pause", window=1).zh,
        say("voice.closing_soon", minutes=30).zh,
        say("voice.closing_soon", minutes=10).zh,
        say("voice.extended", time="18:00").zh,
    ):
        assert spoken(display) in known


def test_the_names_in_a_bank_are_names_for_people_and_each_text_has_one():
    named = texts(Extent())
    assert named["number-012"] == "零幺二号"
    assert named["voice.call-A"] == "请诶"
    assert named["voice.call-to-3"] == "到三号窗口办理。"
    assert len(set(named.values())) == len(named)
    assert all(characters(said) and "{" not in said for said in named.values())
    assert not any("{" in said for said in english_texts(Extent()).values())


def test_the_forty_calls_that_a_voice_is_judged_by_have_every_letter_figure_and_window():
    assert len(set(FORTY_CALLS)) == 40
    assert {number[0] for number, _ in FORTY_CALLS} == set(LETTERS)
    assert {window for _, window in FORTY_CALLS} == set(range(1, 13))
    for place in (1, 2, 3):
        assert len({number[place] for number, _ in FORTY_CALLS}) == 10
