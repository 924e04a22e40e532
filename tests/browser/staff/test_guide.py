"""The guide desk: a number by its letter, papers seen before, somebody sent to another line, a slip again, an alarm answered."""

import re

import pytest

from .hands import at, come_in, judge

pytestmark = [pytest.mark.broker, pytest.mark.processes]


@pytest.fixture
def guide(hall, visitor, passwords):
    come_in(visitor, hall, "guide", passwords["guide"])
    visitor.goto(hall.url + "guide")
    visitor.wait_for_selector(at("issue-withdrawal"))
    return visitor


def issued(page, by):
    """A number, by whatever `by` does; the one that is told."""
    before = page.locator(".issued").count()
    by()
    page.wait_for_function("n => document.querySelectorAll('.issued').length > n", arg=before)
    return re.search(r"[A-Z]\d{3}", page.locator(".issued").first.inner_text())[0]


def found(page, number):
    """Look the number up."""
    page.fill(at("find"), number.lower())
    page.wait_for_selector(f"{at('found')} >> text={number}")


def test_a_number_by_keys_is_found_with_its_history_and_goes_to_another_lane(guide):
    guide.keyboard.press("2")
    number = issued(guide, lambda: guide.keyboard.press("e"))
    assert number.startswith("E")
    guide.keyboard.press("/")
    guide.wait_for_selector(at("find") + ":focus")
    found(guide, number)
    assert "优先" in guide.inner_text(at("found"))
    assert "取号" in guide.inner_text(at("trail"))
    guide.click(at(f"reroute-{number}"))
    guide.wait_for_selector(at("reroute-to"))
    guide.click(f"{at('reroute-lane')} >> text=普通")
    guide.fill(at("reroute-note"), "家属陪同")
    guide.press(at("reroute-note"), "Enter")
    guide.wait_for_selector(f"{at('trail')} >> text=改排")
    assert "优先" not in guide.inner_text(at("found"))
    guide.click(at(f"cancel-ticket-{number}"))
    guide.wait_for_selector(f"{at('found')} >> text=已取消")
    assert guide.locator(at(f"reroute-{number}")).count() == 0


def test_keys_work_again_after_something_was_chosen_from_a_list(guide):
    guide.click(at("situation-withdrawal"))
    assert issued(guide, lambda: guide.click(".q-menu >> text=退休")).startswith("A")
    guide.wait_for_selector(".q-menu", state="detached")
    guide.wait_for_function("() => document.activeElement === document.body")
    guide.keyboard.press("e")
    guide.wait_for_selector(".issued >> text=/E[0-9]{3}/")


def test_papers_seen_before_the_number_are_ticked_at_the_window(hall, guide, passwords, chromium):
    guide.click(at("papers-first"))
    guide.click(at("situation-withdrawal"))
    guide.click(".q-menu >> text=退休")
    guide.wait_for_selector(at("precheck-list"))
    assert "还差 3 项" in guide.inner_text(at("precheck-hint"))
    for key in "123":
        guide.keyboard.press(key)
    guide.wait_for_selector("text=材料齐全")
    number = issued(guide, lambda: guide.click(at("confirm")))
    clerk = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN").new_page()
    come_in(clerk, hall, "reviewer", passwords["reviewer"])
    clerk.goto(hall.url + "clerk")
    clerk.wait_for_selector(at("sit-2"))
    window = next(w for w in (2, 1, 3) if clerk.locator(at(f"sit-{w}")).is_enabled())
    clerk.click(at(f"sit-{window}"))
    clerk.wait_for_selector(at("next"))
    clerk.keyboard.press("g")
    clerk.wait_for_selector(at("call-number") + ":focus")
    clerk.keyboard.type(number)
    clerk.keyboard.press("Enter")
    clerk.wait_for_function(
        "([n, number]) => document.querySelector(n).innerText === number", arg=[at("number"), number]
    )
    assert clerk.locator(f"{at('papers')} [aria-checked=true]").count() == 3
    assert "已核过" in clerk.inner_text(at("papers"))
    clerk.wait_for_selector(".q-dialog", state="detached")
    clerk.keyboard.press("f")
    clerk.wait_for_selector(at("confirm"))
    clerk.keyboard.press("3")
    clerk.fill(at("missing-lines"), "审批表原件")
    clerk.click(at("confirm"))
    clerk.wait_for_selector(".state.idle")
    found(guide, number)
    guide.click(at(f"reprint-slip-{number}"))
    guide.wait_for_selector(f"{at('trail')} >> text=补打告知单")
    clerk.keyboard.press("l")
    clerk.wait_for_selector(at(f"sit-{window}"))
    clerk.context.close()


def test_forms_are_counted_before_opening_and_what_is_short_stands_in_the_list(guide):
    guide.click(at("supplies"))
    guide.fill(at("supply-name-0"), "提取申请表")
    guide.fill(at("supply-least-0"), "many")
    guide.click(at("confirm"))
    guide.wait_for_selector(f"{at('owed')} >> text=数量请填0至99999")
    guide.fill(at("supply-least-0"), "50")
    guide.fill(at("supply-count-0"), "12")
    guide.press(at("supply-count-0"), "Enter")
    guide.wait_for_selector(at("supply-name-0"), state="hidden")
    guide.click(at("supplies"))
    guide.wait_for_selector(at("supply-name-1"))
    assert guide.input_value(at("supply-name-0")) == "提取申请表"
    guide.wait_for_selector("text=/清点：12/")
    guide.fill(at("supply-name-0"), "")
    guide.click(at("confirm"))
    guide.wait_for_selector(at("supply-name-1"), state="hidden")


def test_numbers_of_the_book_are_entered_after_a_power_cut(guide):
    guide.click(at("by-hand"))
    guide.wait_for_selector(at("by-hand-first"))
    guide.click(at("by-hand-service"))
    guide.click(".q-menu >> text=提取")
    guide.fill(at("by-hand-first"), "8003")
    guide.fill(at("by-hand-last"), "8001")
    guide.click(at("confirm"))
    guide.wait_for_selector(f"{at('owed')} >> text=先小后大")
    guide.fill(at("by-hand-first"), "8001")
    guide.fill(at("by-hand-last"), "a8003")
    guide.fill(at("by-hand-served"), "8001-8002")
    guide.fill(at("by-hand-began"), "0:00")
    guide.fill(at("by-hand-ended"), "0:00")
    guide.click(at("confirm"))
    guide.wait_for_selector(f"{at('by-hand-done')} >> text=已录入3个号，其中已办2个")
    guide.keyboard.press("Escape")
    guide.wait_for_selector(at("by-hand-first"), state="hidden")
    found(guide, "A8001")
    assert "停电时已办" in guide.inner_text(at("trail"))
    found(guide, "A8003")
    assert "等候" in guide.inner_text(at("found"))


@pytest.mark.long
def test_a_line_past_its_limit_pages_the_reserve_and_keeps_what_was_done(
    hall, guide, passwords, chromium, request
):
    context = chromium.new_context(viewport={"width": 390, "height": 800}, locale="zh-CN")
    request.addfinalizer(context.close)
    phone = context.new_page()
    come_in(phone, hall, "clerk", passwords["clerk"])
    phone.goto(hall.url + "clerk")
    for _ in range(8):
        guide.keyboard.press("d")
        guide.wait_for_timeout(150)
    guide.wait_for_selector(f"{at('alarms')} >> text=单位归集", timeout=60_000)
    ringing = guide.locator(f"{at('alarms')} .alarm").filter(has_text="单位归集").first
    assert "播报" in ringing.inner_text()
    ringing.locator(at("did-told")).click()
    guide.wait_for_selector(f"{at('crowd-log')} >> text=已向群众说明")
    phone.wait_for_selector(f"{at('summons')} >> text=请您到窗口增援", timeout=60_000)
    judge(phone, "zh")
    phone.set_viewport_size({"width": 390, "height": 800})
    phone.click(at("summons-yes"))
    guide.wait_for_selector(f"{at('alarms')} >> text=031马上到")
    phone.click(at("sit-6"))
    phone.wait_for_selector(at("next"))
    phone.wait_for_selector(at("summons"), state="hidden")
    guide.wait_for_selector(f"{at('crowd-log')} >> text=开窗 6号窗口 031")
    log = guide.inner_text(at("crowd-log"))
    assert log.index("请增援 031") < log.index("马上到 031") < log.index("6号窗口 031")
    phone.keyboard.press("l")
    phone.wait_for_selector(at("sit-6"))


@pytest.mark.long
def test_the_green_key_asks_for_somebody_and_who_goes_is_named(guide, opened):
    green = opened.locator(at("key-green-channel"))
    green.dispatch_event("pointerdown")
    guide.wait_for_selector(f"{at('escorts')} >> text=取号机旁有人需要引导", timeout=60_000)
    green.dispatch_event("pointerup")
    guide.locator(at("escort-take")).first.click()
    guide.wait_for_selector(f"{at('escorts')} >> text=已有人过去")
    assert "guide" in guide.inner_text(at("escorts"))
    guide.locator(at("escort-end")).first.click()
    guide.wait_for_selector(f"{at('escorts')} >> text=已引导到位")
    assert guide.locator(at("escort-take")).count() == 0


@pytest.mark.long
def test_a_fault_is_written_down_with_a_number_to_call(guide):
    guide.click(at("register-fault"))
    guide.wait_for_selector(at("about"))
    guide.fill(at("about"), "取号机没有出票")
    guide.fill(at("phone"), "13800000000")
    guide.click(at("confirm"))
    guide.wait_for_selector(".issued")
