"""The devices' page in a browser: the hall from above, a device in one's hands, and who may only look."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from hub.console.pages.fleet.releases import book_of
from hub.releases.book import Pages
from hub.releases.rollout import Outcome, Rollout

from .hands import at, come_in, judge, whole

pytestmark = [pytest.mark.broker, pytest.mark.processes]


def opened(hall, page, passwords, role, tongue="zh"):
    come_in(page, hall, role, passwords[role])
    page.goto(f"{hall.url}tongue?to={tongue}&back=/fleet")
    page.wait_for_selector(at("place-sign-2"))


def test_a_technician_takes_a_device_from_the_map_and_sees_what_changes_before_it_is_sent(
    hall, visitor, passwords
):
    opened(hall, visitor, passwords, "technician")
    visitor.wait_for_selector(f"{at('morning')} >> text=已就绪")
    assert visitor.locator("[data-test^=place-]").count() == visitor.locator("[data-test^=device-]").count()
    visitor.click(at("place-sign-2"))
    visitor.fill(at("config-name"), "brightness")
    visitor.fill(at("config-value"), "7")
    visitor.press(at("config-value"), "Enter")
    visitor.wait_for_selector(f"{at('config-difference')} >> text=brightness: - → 7")
    visitor.fill(at("config-value"), "6")  # not what was shown: it is shown again, not sent
    visitor.press(at("config-value"), "Enter")
    visitor.wait_for_selector(f"{at('config-difference')} >> text=brightness: - → 6")
    visitor.press(at("config-value"), "Enter")
    visitor.wait_for_selector(at("config-value"), state="hidden")
    visitor.click(at("care-sign-2"))
    visitor.wait_for_selector(f"{at('config-now')} >> text=brightness=6")


def test_who_may_only_look_is_offered_nothing_else(hall, visitor, passwords):
    opened(hall, visitor, passwords, "director")
    visitor.click(at("care-sign-1"))
    visitor.wait_for_selector(at("care-how"))
    for test in ("order-restart", "config-name", "act-replace", "scan-label", "begin-roll-out"):
        assert visitor.locator(at(test)).count() == 0


def test_settings_of_a_kind_are_shown_go_to_one_device_first_and_are_taken_back(hall, visitor, passwords):
    opened(hall, visitor, passwords, "technician")
    visitor.click(at("begin-roll-out"))
    visitor.locator(f".q-select:has({at('roll-kind')}), .q-select{at('roll-kind')}").first.click()
    visitor.locator(".q-menu .q-item", has_text="窗口屏").click()
    visitor.wait_for_selector(".q-menu", state="detached")
    visitor.fill(at("roll-name"), "brightness")
    visitor.fill(at("roll-value"), "8")
    visitor.press(at("roll-value"), "Enter")
    expect(visitor.locator(at("roll-difference"))).to_contain_text("sign-1  brightness: - → 8")
    whole(visitor)
    judge(visitor, "zh")
    visitor.press(at("roll-value"), "Enter")
    visitor.wait_for_selector(at("roll-value"), state="hidden")
    rolling = visitor.locator(at("roll-out"))
    expect(rolling).to_contain_text("sign-1先试")
    expect(rolling).to_contain_text("已生效")
    visitor.click(at("stop-roll-out"))
    expect(rolling).to_contain_text("已停止并恢复原设置")
    visitor.click(at("care-sign-1"))
    expect(visitor.locator(at("config-now"))).not_to_contain_text("brightness")


def test_a_release_that_halted_and_why_is_seen_by_whoever_looks(hall, visitor, passwords):
    book = book_of(str(hall.folder / "hub.db"))
    canary = {"sign-1": Outcome.BAD, "sign-2": Outcome.WAITING}
    halted = Rollout(
        version="9.9.9",
        begun=datetime.now(UTC),
        actor="li",
        canaries=("sign-1",),
        outcomes=canary,
        halted="canary sign-1 rolled-back: crashed",
    )
    book.change(lambda pages: Pages(rollouts=[*pages.rollouts, halted]))
    try:
        opened(hall, visitor, passwords, "director", "en")
        releases = visitor.locator(at("releases"))
        expect(releases).to_contain_text("9.9.9 is halted: 0 done, 1 failed")
        expect(releases).to_contain_text("canary sign-1 rolled-back: crashed")
        judge(visitor, "en")
    finally:
        book.file.unlink()
