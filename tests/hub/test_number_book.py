"""``hall number-book``: every number once, with its stub, and a page that needs nothing from anywhere."""

import re
from pathlib import Path

import msgspec
import pytest

from hall import cli, cli_number_book
from hall.plan import HallPlan
from hall.settings import load
from hall.text import Text
from hub.number_book import book

EXAMPLE = Path(__file__).parents[2] / "deploy" / "hall.example.yaml"


@pytest.fixture
def make(tmp_path):
    def make(first=8001, last=8010, services=()):
        out = tmp_path / "book.html"
        asked = {"file": EXAMPLE, "out": out, "first": first, "last": last, "services": list(services)}
        assert cli.call(cli_number_book.NUMBER_BOOK, **asked) == 0
        return out.read_text(encoding="utf-8")

    return make


def test_every_number_stands_on_its_slip_and_on_its_stub_and_nowhere_else(make):
    page = make(services=["withdrawal"])
    letter = load(EXAMPLE, HallPlan).services["withdrawal"].letter
    assert re.findall(rf"<b>({letter}\d+)</b>", page) == [
        f"{letter}{n}" for n in range(8001, 8011) for _ in range(2)
    ]


def test_every_service_that_people_come_for_has_its_sheet(make):
    page = make()
    services = [s for s in load(EXAMPLE, HallPlan).services.values() if not s.review]
    assert page.count("<section>") == len(services)
    assert all(service.name.zh in page and service.name.en in page for service in services)


def test_it_says_in_both_languages_that_the_number_is_valid(make):
    page = make()
    assert "请留意窗口叫号，本号当天有效" in page
    assert "Please listen for your number, valid today" in page


def test_it_takes_nothing_from_elsewhere(make):
    assert not re.search(r"<script|https?://|src=|@import", make())


def test_a_name_is_text_whatever_stands_in_it():
    plan = msgspec.structs.replace(load(EXAMPLE, HallPlan), name=Text(zh="<b>厅</b>", en="<i>"))
    assert "<b>厅" not in book(plan, ["withdrawal"], range(8001, 8002))


def test_a_service_that_is_not_there_is_named_in_one_line(capfd, tmp_path):
    asked = {"file": EXAMPLE, "out": tmp_path / "x", "first": 8001, "last": 8001, "services": ["tax"]}
    assert cli.call(cli_number_book.NUMBER_BOOK, **asked) == 1
    assert "services.tax" in capfd.readouterr().err
