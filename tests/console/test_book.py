"""The situation book: every sentence keeps the hall's rules, every moment has its words, and a hall's own book is checked."""

import re
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import BadSettings
from hall.messages.common import Outcome
from hall.plan import Greeting
from hall.text import Text
from hall.words import phrases
from hub.console.book import reading
from hub.console.book.reading import BANNED, FUZZY, SHIPPED, Kind, Moment, Words, ending, fields_of, spoken
from hub.console.pages.clerk.script import closing
from tests.domain.conftest import example_plan

BOOK = reading.load()
EVERY = sorted(BOOK.situations)
#: what the pages can fill in
KNOWN = {"minutes", "x", "list", "alternative", "window", "n", "date"}


def texts(key):
    situation = BOOK.situations[key]
    yield situation.name
    yield spoken(situation.opening)
    yield from situation.steps
    yield spoken(situation.closing)


def written(**changes):
    """The shipped book with one situation changed."""
    raw = msgspec.to_builtins(BOOK)
    raw["situations"]["routine"] |= changes
    return msgspec.convert(raw, reading.Book)


def expected(**changes):
    return [key for key, _ in reading.problems(written(**changes))]


def test_there_are_about_thirty_situations_and_every_heading_has_some():
    assert len(EVERY) >= 30
    assert all(BOOK.of(kind) for kind in Kind)


def test_every_sentence_of_the_desk_stands_in_the_book():
    said = {words.say for s in BOOK.situations.values() for words in (s.opening, s.closing)}
    steps = "".join(text.zh for s in BOOK.situations.values() for text in s.steps)
    desk = {key for key in phrases() if key.startswith("desk.")}
    assert {key for key in desk - said if phrases()[key].zh not in steps} == set()


@pytest.mark.parametrize("key", EVERY)
def test_every_text_is_polite_precise_and_printable(key):
    for text in texts(key):
        assert text.zh.strip()
        assert text.en.strip()
        assert text.zh.encode("gb2312")
        assert "你" not in text.zh
        assert [word for word in (*BANNED, *FUZZY) if word in text.zh] == []
        assert not re.search("[\u4e00-\u9fff]", text.en)


@pytest.mark.parametrize("key", EVERY)
def test_it_says_what_must_not_be_said_in_both_languages_and_does_not_say_it_itself(key):
    for never in BOOK.situations[key].never:
        assert never.zh.strip()
        assert never.en.strip()
        assert all(never.zh not in text.zh for text in texts(key))


@pytest.mark.parametrize("key", EVERY)
def test_it_asks_for_nothing_that_the_page_does_not_know(key):
    situation = BOOK.situations[key]
    assert fields_of(situation.opening) | fields_of(situation.closing) <= KNOWN


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_words(outcome):
    assert BOOK.at(ending(outcome)).steps


@pytest.mark.parametrize("moment", Moment)
def test_every_moment_has_its_words(moment):
    assert BOOK.at(moment).when is moment


def test_a_refusal_opens_with_sorry():
    for moment in (Moment.MATERIAL_MISSING, Moment.NOT_ALLOWED, Moment.PROXY_REFUSED):
        assert spoken(BOOK.at(moment).opening).zh.startswith("对不起")


def test_minutes_are_told_as_they_are_known_and_left_open_where_nothing_is():
    opening = BOOK.at(Moment.APPOINTMENT).opening
    assert "大约需要12分钟" in spoken(opening, minutes=12).zh
    assert "{" not in spoken(opening).zh
    assert "……分钟" in spoken(opening).zh


class TestAHallsOwnBook:
    def test_is_refused_when_it_is_rude_vague_or_not_in_the_fonts_characters(self):
        for zh in ("你好，请坐", "您好，可能要等", "这个我不管，请走", "您好，請坐"):
            assert expected(opening={"zh": zh, "en": "Hello"}) == ["situations.routine.opening"]
        assert expected(opening={"zh": "等着", "en": "Wait"}) == ["situations.routine.opening"]

    def test_is_refused_without_a_language_a_step_or_a_sentence(self):
        assert expected(name={"zh": "普通", "en": " "}) == ["situations.routine.name"]
        assert expected(steps=[]) == ["situations.routine.steps"]
        assert expected(opening={}) == ["situations.routine.opening"]
        assert expected(opening={"say": "desk.open", "zh": "您好", "en": "Hello"}) == [
            "situations.routine.opening"
        ]
        assert expected(closing={"say": "desk.nothing"}) == ["situations.routine.closing.say"]
        assert expected(never=[{"zh": "快点", "en": ""}]) == ["situations.routine.never[0]"]

    def test_is_refused_when_a_moment_has_no_words_or_two_sets_of_them(self):
        assert expected(when=None) == ["situations"]
        assert expected(when="done") == ["situations", "situations"]

    def test_names_file_and_key_of_a_mistake(self, tmp_path):
        file = tmp_path / "book.yaml"
        file.write_text(SHIPPED.read_text().replace("zh: 普通业务", "zh: 你的业务"))
        with pytest.raises(BadSettings) as bad:
            reading.load(file)
        assert "situations.routine.name" in bad.value.text.en
        assert "book.yaml" in bad.value.text.en

    def test_with_another_version_is_the_one_that_is_used(self, tmp_path):
        file = tmp_path / "book.yaml"
        file.write_text(SHIPPED.read_text().replace('version: "1"', 'version: "2-hall"'))
        assert reading.load(file).version == "2-hall"


@given(st.sampled_from(EVERY), st.dictionaries(st.sampled_from(sorted(KNOWN)), st.text(max_size=20)))
def test_whatever_is_filled_in_no_gap_shows_its_name(key, fields):
    situation = BOOK.situations[key]
    for words in (situation.opening, situation.closing):
        text = spoken(words, **fields)
        for name in fields_of(words):
            assert "{" + name + "}" not in text.zh or "{" + name + "}" in "".join(fields.values())


def test_a_sentence_may_hold_a_brace_that_was_typed():
    assert spoken(Words(zh="请补{list}", en="add {list}"), list="{x}").zh == "请补{x}"


@pytest.mark.parametrize(
    ("key", "name", "zh", "en"),
    [
        ("routine", "x", "您好，请坐。请问办什么业务？", "Hello, please sit. What can I do for you?"),
        (
            "appointment",
            "minutes",
            "您好，请坐，您约的时间到了。",
            "Hello, please sit; it is your booked time.",
        ),
    ],
)
def test_where_nobody_knows_how_long_it_takes_nothing_is_said_of_it(key, name, zh, en):
    text = reading.spoken_without(BOOK.situations[key].opening, name)
    assert (text.zh, text.en) == (zh, en)


def test_on_its_days_the_closing_words_end_with_what_the_hall_wishes():
    wish = Text(zh="祝您春节快乐", en="Happy Spring Festival")
    plan = example_plan(greetings=(Greeting(begins="2027-02-06", ends="2027-02-12", text=wish),))
    done = BOOK.at(Moment.DONE)
    assert closing(done, plan, date(2027, 2, 8)) == (spoken(done.closing), wish)
    assert closing(done, plan, date(2027, 2, 13)) == (spoken(done.closing),)
