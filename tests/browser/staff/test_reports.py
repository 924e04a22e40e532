"""Figures for those who answer for the hall: a report of any days with its files, and promises beside what was measured."""

import csv
import io
import sqlite3
from contextlib import closing

import pytest

from hub.broker import wait_until

from ...stories.bare import Bare  # noqa: TID252 - tests are no package
from .hands import at, come_in

pytestmark = [pytest.mark.broker, pytest.mark.processes]


@pytest.fixture
def a_number(hall):
    """Somebody took a number today, and the read models have it."""
    with Bare(hall.mqtt_port, "console-reports") as desk:
        number = desk.done("take_ticket", service="enquiry", lane="normal", via="desk")["number"]
    store = sqlite3.connect(f"file:{hall.folder / 'hub.db'}?mode=ro", uri=True)
    with closing(store):
        assert wait_until(
            lambda: store.execute("SELECT 1 FROM tickets WHERE number = ?", (number,)).fetchone(), 20
        )


def test_a_manager_reads_a_week_along_windows_and_takes_it_away(hall, a_number, visitor, passwords):
    come_in(visitor, hall, "manager", passwords["manager"])
    visitor.goto(hall.url + "reports")
    visitor.click(at("range-week"))
    visitor.wait_for_selector(f"{at('part-visits')} svg", timeout=60_000)
    assert "有业务 1 天" in visitor.inner_text(at("tiles"))
    visitor.click(at("by-service"))
    visitor.wait_for_selector("text=咨询查询打印")
    with visitor.expect_download() as taken:
        visitor.click(at("csv"))
    head, *rows = csv.reader(io.StringIO(taken.value.path().read_text("utf-8-sig")))
    assert head[:2] == ["业务", "取号"]
    assert int(rows[-1][1]) >= 1
    with visitor.expect_download() as taken:
        visitor.click(at("xlsx"))
    assert taken.value.path().read_bytes().startswith(b"PK")
    with visitor.expect_download(timeout=60_000) as taken:
        visitor.click(at("official"))
    assert taken.value.path().read_text("utf-8-sig").startswith("工号,事项编码")


@pytest.mark.long
def test_days_that_are_no_range_are_refused_with_a_sentence(hall, visitor, passwords):
    come_in(visitor, hall, "auditor", passwords["auditor"])
    visitor.goto(hall.url + "reports")
    visitor.fill(at("from"), "2026-11-28")
    visitor.fill(at("to"), "2026-11-01")
    visitor.click(at("show"))
    visitor.wait_for_selector("text=开始日期应在结束日期之前")


@pytest.mark.long
def test_a_long_report_may_be_stopped_and_another_asked_for(hall, a_number, visitor, passwords):
    come_in(visitor, hall, "director", passwords["director"])
    visitor.goto(hall.url + "reports")
    visitor.click(at("range-year"))
    visitor.click(at("cancel"))
    visitor.wait_for_selector(at("cancel"), state="hidden")
    visitor.click(at("range-today"))
    visitor.wait_for_selector(f"{at('part-visits')} svg", timeout=60_000)


def test_an_inspector_sees_promises_beside_what_was_measured_and_the_facts_behind(hall, visitor, passwords):
    come_in(visitor, hall, "inspector", passwords["inspector"])
    visitor.goto(hall.url + "inspection")
    visitor.wait_for_selector(at("finding-wait"), timeout=60_000)
    assert "等候不超过30分钟" in visitor.inner_text(at("finding-wait"))
    assert visitor.locator("[data-test^=finding-]").count() == 10
    visitor.emulate_media(media="print")
    assert visitor.locator(".stamp").is_visible()
    assert not visitor.locator(at("look")).is_visible()


@pytest.mark.long
@pytest.mark.parametrize("path", ["reports", "inspection"])
def test_a_clerk_has_neither(hall, visitor, passwords, path):
    come_in(visitor, hall, "clerk", passwords["clerk"])
    visitor.goto(hall.url + path)
    assert "您的岗位没有这个页面" in visitor.inner_text(".mistake")
