"""Who opens a page after the hall has opened reads once what is still missing, and sees a number until it was seen to."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect

from ..staff.hands import at, judge, log_in  # noqa: TID252 - tests are no package

pytestmark = [pytest.mark.broker, pytest.mark.processes]

HALL = Path(sys.prefix) / "bin" / "hall"


@contextmanager
def opened_today(hall, folder):
    """The hall's own hours, in the running hall: it opened at midnight. Afterwards it is always open again."""
    usual = hall.folder / "settings" / "hall.yaml"
    plan = yaml.safe_load(usual.read_text())
    day = {"open": "00:00", "close": "23:59"}
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), day)
    plan["hours"] = plan["hours"] | {"always": False, "week": week}
    (folder / "hall.yaml").write_text(json.dumps(plan, ensure_ascii=False))
    taken(hall, folder / "hall.yaml")
    try:
        yield
    finally:
        taken(hall, usual)


def taken(hall, file):
    settings = hall.folder / "settings" / "hub.yaml"
    command = [HALL, "settings", "import", file, "--settings", settings]
    done = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_manager_who_comes_late_is_told_once_and_the_number_stays(hall, chromium, passwords, tmp_path):
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(60_000)
    log_in(page, hall, "manager", passwords["manager"])
    page.goto(hall.url + "live")
    page.wait_for_selector(".window-card")
    assert page.locator(at("not-ready")).is_hidden()
    with opened_today(hall, tmp_path):
        expect(page.locator(at("not-ready"))).to_contain_text("项还没有处理，请看设备页")
        expect(page.locator(at("morning-badge"))).to_be_visible()
        judge(page, "zh")
        page.click(at("not-ready"))
        page.wait_for_selector(at("morning"))
        page.goto(hall.url + "live")
        expect(page.locator(at("morning-badge"))).to_be_visible()
        expect(page.locator(at("not-ready"))).to_be_hidden()
    context.close()
