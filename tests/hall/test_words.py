"""The hall's sentences keep the hall's own rules: characters, width, politeness, nothing vague, nothing promised by a template."""

import re
from pathlib import Path
from string import Formatter

import pytest

import hall
from devices.parts.bitmap_font import font
from hall.words import Phrase, phrases, say

SURFACES = {"any", "sign", "voice", "paper", "phone", "board", "desk"}
#: fixed by the service standards: what is never said to a citizen
BANNED = ("不知道", "不管", "你错了", "明白吗", "没办法", "急什么", "不归我管", "自己看", "不行就投诉")
#: vague words: a machine says what is so, or says that it does not know and who does
FUZZY = ("可能", "也许", "大概", "好像", "应该是", "差不多", "估计", "尽量")
#: groups of people who are cared for; others only ever see 优先
GROUPS = ("老人", "残疾", "孕", "病人", "军人")
SIGN_DOTS = 128
EVERY = sorted(phrases())
SIGNS = [key for key in EVERY if phrases()[key].surface == "sign"]
SPOKEN_OR_SHOWN = [
    key for key in EVERY if phrases()[key].surface in {"any", "sign", "voice", "paper", "board"}
]


def filled(key: str) -> str:
    """A phrase as people meet it: its example, or the phrase itself when it has nothing to fill in."""
    phrase = phrases()[key]
    return phrase.example or phrase.zh


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", EVERY)
def test_a_sentence_is_written_in_gb2312(key):
    text = re.sub(r"{\w+}", "", phrases()[key].zh)
    assert text.encode("gb2312")
    assert filled(key).encode("gb2312")


@pytest.mark.parametrize("key", EVERY)
def test_our_font_has_every_character(key):
    assert font().missing(filled(key) + phrases()[key].en) == ""


@pytest.mark.parametrize("key", EVERY)
def test_people_are_addressed_as_nin(key):
    assert "你" not in phrases()[key].zh


@pytest.mark.parametrize("key", EVERY)
def test_nothing_banned_and_nothing_vague_is_said(key):
    said = phrases()[key].zh + filled(key)
    assert [word for word in (*BANNED, *FUZZY) if word in said] == []


@pytest.mark.parametrize("key", SPOKEN_OR_SHOWN)
def test_no_care_group_is_named_where_others_see_or_hear_it(key):
    assert [group for group in GROUPS if group in phrases()[key].zh] == []


@pytest.mark.parametrize("key", EVERY)
def test_both_languages_are_there_and_their_surface_is_known(key):
    phrase = phrases()[key]
    assert phrase.surface in SURFACES
    assert phrase.zh.strip() == phrase.zh != ""
    assert phrase.en.strip() == phrase.en != ""
    assert not re.search(r"[\u4e00-\u9fff]", phrase.en)


@pytest.mark.parametrize("key", EVERY)
def test_english_asks_for_no_field_that_chinese_does_not_know(key):
    phrase = phrases()[key]
    known = fields(phrase.zh)
    assert {name.removesuffix("_en") for name in fields(phrase.en)} <= known


@pytest.mark.parametrize("key", SIGNS)
def test_a_sign_line_fits_a_panel_of_128_dots(key):
    assert font().width(filled(key)) <= SIGN_DOTS


@pytest.mark.parametrize("key", [key for key in SIGNS if key.startswith("sign.short.")])
def test_a_short_form_fits_a_panel_of_64_dots(key):
    assert font().width(filled(key)) <= 64


@pytest.mark.parametrize("key", SIGNS)
def test_the_width_in_the_note_is_the_width_in_dots(key):
    stated = re.match(r"(\d+) px", phrases()[key].note)
    assert stated is None or font().width(filled(key)) == int(stated[1])


def test_a_missing_field_is_a_mistake_that_shows_at_once():
    with pytest.raises(KeyError):
        say("voice.call", number="A012")


def test_a_filled_sentence_says_it_in_both_languages():
    text = say("voice.call", number="A012", window=3)
    assert (text.zh, text.en) == ("请A012号，到3号窗口办理。", "A012, please come to window 3.")


def test_a_refusal_fault_or_delay_opens_with_sorry_where_it_is_spoken():
    for key in ("voice.fault", "voice.fault.long", "disp.nopaper", "disp.quota", "rated.bad.sorry"):
        assert phrases()[key].zh.startswith("对不起")


def test_no_sentence_about_a_rating_names_a_grade():
    rating: list[Phrase] = [
        phrases()[key] for key in ("voice.rate", "voice.rated", "desk.rate", "sign.rate", "sign.thanks")
    ]
    assert not any("满意" in phrase.zh or "一般" in phrase.zh for phrase in rating)


#: sentences of the list that no program says, and why
UNSAID = {
    "polite.please": "a rule for every sentence",
    "polite.thanks": "a rule for every sentence",
    "polite.bye": "a rule for every sentence",
    "polite.wait": "a rule for every sentence",
    "disp.quota": "the hall's own reason and way out are said, which a quota must have",
    "disp.service_off": "the same for a stop, with sorry before it and what can be done behind",
    "board.supervise": "its two halves stand apart on the board",
    "board.busy": "nobody measures whether it is quiet before nine; the board tells each wait",
    "desk.id": "a step of the situation book, with what the clerk does",
    "desk.sign": "a step of the situation book, with what the clerk does",
    "phone.visit.coming": "visits at home are not built",
    "phone.visit.absent": "visits at home are not built",
}


def test_every_sentence_is_said_by_some_program_or_named_with_the_reason():
    root = Path(hall.__file__).parents[1]
    spoken = "".join(
        file.read_text(encoding="utf-8")
        for room in ("hall", "hub", "devices", "sim", "deploy")
        for ending in ("*.py", "book.yaml")
        for file in (root / room).rglob(ending)
    )
    keys = phrases()
    unsaid = {key for key in keys if key not in spoken and f"{key.rpartition('.')[0]}.{{" not in spoken}
    assert unsaid == set(UNSAID)
