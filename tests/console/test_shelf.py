"""The situation book as it is edited: nothing rude is saved, every version is kept, and nobody overwrites another."""

import asyncio
from datetime import UTC, datetime

import pytest

from hall.errors import Refused
from hub.console.book import reading
from hub.console.book.shelf import Shelf, objections
from hub.console.door.office import Office
from hub.console.pages.admin.book import pairs, plain

AT = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
FILE = reading.load()


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path / "console.db")
    yield office
    office.close()


@pytest.fixture
def shelf(office):
    return Shelf(office, FILE, lambda: AT)


def edited(zh, en="Hello, please sit"):
    form = plain(FILE)
    form["situations"]["routine"]["opening"] = {"zh": zh, "en": en}
    return form


def save(shelf, form, base=0, reason="更亲切"):
    asyncio.run(shelf.save(form, base=base, by="manager", reason=reason))


def no(shelf, form, base=0):
    with pytest.raises(Refused) as refused:
        save(shelf, form, base)
    return refused.value


def test_before_anybody_saved_the_file_is_used(shelf):
    assert (shelf.n, shelf.book) == (0, FILE)
    assert list(objections(plain(FILE))) == []


def test_what_is_saved_is_used_at_once_with_a_version_a_date_and_who(office, shelf):
    save(shelf, edited("您好，请坐，请讲"))
    assert shelf.book.situations["routine"].opening.zh == "您好，请坐，请讲"
    assert (shelf.book.version, shelf.book.dated) == (f"{FILE.version}.1", "2026-11-28")
    [edition] = shelf.editions
    assert (edition.n, edition.by, edition.reason) == (1, "manager", "更亲切")
    again = Shelf(office, FILE, lambda: AT)
    assert again.editions == shelf.editions, "a restart keeps it"


@pytest.mark.parametrize(
    ("zh", "said"),
    [
        ("您好，可能要等", "可能"),
        ("这个我不管，请走", "不管"),
        ("你好，请坐", "您"),
        ("等着", "礼貌"),
        ("您好，請坐", "GB2312"),
        ("您好，请等{hours}小时", "hours"),
        ("您好，请等{", "大括号"),
        ("", "中文"),
    ],
)
def test_what_must_not_be_said_is_refused_with_its_place_and_nothing_changes(shelf, zh, said):
    refused = no(shelf, edited(zh))
    assert refused.code == "bad-book"
    assert "situations.routine.opening" in refused.text.zh
    assert said in refused.text.zh
    assert shelf.editions == ()


def test_a_form_of_another_shape_is_refused_too(shelf):
    form = plain(FILE)
    form["situations"]["routine"]["kind"] = "song"
    assert "situations.routine.kind" in no(shelf, form).text.en
    del form["situations"]["routine"]
    assert "when: open" in no(shelf, form).text.en


def test_who_edited_another_version_than_the_last_overwrites_nobody(shelf):
    save(shelf, edited("您好，请坐"))
    assert no(shelf, edited("您好，请讲"), base=0).code == "book-moved"
    save(shelf, edited("您好，请讲"), base=1)
    assert [edition.n for edition in shelf.editions] == [1, 2]
    save(shelf, plain(shelf.editions[0].book), base=2)
    assert shelf.book.situations == shelf.editions[0].book.situations, "an older version becomes a new one"
    assert shelf.n == 3


def test_lines_of_both_languages_go_together_and_a_lonely_one_is_found():
    assert pairs("一\n\n二 ", "one\ntwo") == [{"zh": "一", "en": "one"}, {"zh": "二", "en": "two"}]
    assert pairs("一\n二", "one")[1] == {"zh": "二", "en": ""}
