"""The clerk's page by keys alone: what is missing, stepping away, help without a word, what is written down, a number out of turn."""

import pytest
from playwright.sync_api import expect

from .hands import at, come_in

pytestmark = [pytest.mark.broker, pytest.mark.processes]


@pytest.fixture
def clerk(hall, visitor, passwords):
    """A clerk at a window of the demo, with somebody waiting for it; afterwards the window is free again."""
    guide = visitor.context.browser.new_context(locale="zh-CN").new_page()
    come_in(guide, hall, "guide", passwords["guide"])
    guide.goto(hall.url + "guide")
    come_in(visitor, hall, "clerk", passwords["clerk"])
    visitor.goto(hall.url + "clerk")
    visitor.wait_for_selector(at("sit-3"))
    window = next(w for w in (3, 2, 1) if visitor.locator(at(f"sit-{w}")).is_enabled())
    visitor.click(at(f"sit-{window}"))
    visitor.wait_for_selector(at("next"))
    guide.click(at("issue-withdrawal"))
    visitor.wait_for_selector(f"{at('line')} li", timeout=60_000)
    yield visitor
    guide.context.close()
    if visitor.locator(".state.idle").count() == 0:
        visitor.keyboard.press("f")
        visitor.click(at("confirm"))
    visitor.wait_for_selector(".state.idle")
    closed(visitor)  # a dialog that has not gone yet takes the keys
    visitor.keyboard.press("l")
    visitor.wait_for_selector(at("sit-3"))


def called(page):
    """Call by key; the number."""
    page.keyboard.press("n")
    page.wait_for_function(
        "n => /^[A-Z][0-9]{3}$/.test(document.querySelector(n).innerText)", arg=at("number")
    )
    return page.inner_text(at("number"))


def closed(page):
    page.wait_for_selector(".q-dialog", state="detached")


def test_papers_are_ticked_and_the_slip_names_what_was_not(clerk):
    called(clerk)
    clerk.keyboard.press("s")
    clerk.wait_for_selector(".state.serving")
    assert "请坐" in clerk.inner_text(at("opening"))
    assert "{" not in clerk.inner_text(at("script-page"))
    clerk.keyboard.press("1")
    clerk.wait_for_selector(f"{at('papers')} [aria-checked=true]")
    clerk.keyboard.press("f")
    clerk.wait_for_selector(at("confirm"))
    clerk.keyboard.press("3")
    clerk.wait_for_selector(at("missing"))
    ticked = clerk.locator(f"{at('missing')} [aria-checked=true]")
    assert ticked.all_inner_texts() == ["本人一类银行卡"]
    assert "还差本人一类银行卡" in clerk.inner_text(at("ending-words"))
    clerk.keyboard.press("Enter")
    closed(clerk)
    clerk.wait_for_selector(".state.idle")
    clerk.keyboard.press("u")
    clerk.wait_for_selector(".state.serving")


def test_an_ending_that_owes_something_stays_open_until_it_is_written(clerk):
    called(clerk)
    clerk.keyboard.press("f")
    clerk.wait_for_selector(at("confirm"))
    clerk.keyboard.press("6")
    clerk.wait_for_selector(at("office"))
    clerk.keyboard.press("Enter")
    clerk.wait_for_selector(f"{at('owed')} >> text=部门")
    for field, words in (("office", "贷款科"), ("room", "203室"), ("person", "王工"), ("purpose", "签合同")):
        clerk.fill(at(field), words)
    clerk.click(at("confirm"))
    clerk.wait_for_selector(f"{at('owed')} >> text=联系")
    clerk.click(at("contacted"))
    clerk.click(at("confirm"))
    closed(clerk)
    clerk.wait_for_selector(".state.idle")


@pytest.mark.long
def test_stepping_away_help_and_a_record_by_keys(clerk):
    called(clerk)
    clerk.keyboard.press("h")
    clerk.wait_for_selector(f"{at('help-called')} >> text=值班长")
    clerk.keyboard.press("h")
    clerk.wait_for_selector(at("help-called"), state="hidden")
    clerk.keyboard.press("k")
    clerk.wait_for_selector(at("record-about"))
    clerk.fill(at("record-about"), "问异地转入要多久")
    clerk.press(at("record-about"), "Enter")
    clerk.wait_for_selector(".issued")
    closed(clerk)
    clerk.keyboard.press("f")
    clerk.wait_for_selector(at("confirm"))
    clerk.keyboard.press("Enter")
    closed(clerk)
    clerk.wait_for_selector(".state.idle")
    clerk.keyboard.press("b")
    clerk.wait_for_selector(at("reason"))
    clerk.keyboard.press("3")
    clerk.keyboard.press("Enter")
    clerk.wait_for_selector(".state.paused")
    clerk.keyboard.press("b")
    clerk.wait_for_selector(".state.idle")


@pytest.mark.long
def test_a_clerk_who_says_when_they_are_back_is_back_by_one_key(clerk):
    clerk.keyboard.press("b")
    clerk.wait_for_selector(at("reason"))
    clerk.keyboard.press("3")
    clerk.click(at("until"))
    clerk.click(".q-menu >> text=15")
    clerk.wait_for_selector(".q-menu", state="detached")
    clerk.click(at("confirm"))
    clerk.wait_for_selector(".state.paused")
    closed(clerk)
    clerk.keyboard.press("b")
    clerk.wait_for_selector(".state.idle")


@pytest.mark.long
def test_papers_alone_go_to_review_and_the_person_is_told_to_stay_seated(hall, clerk, passwords, chromium):
    number = called(clerk)
    clerk.keyboard.press("s")
    clerk.wait_for_selector(".state.serving")
    clerk.keyboard.press("t")
    clerk.wait_for_selector(at("to"))
    clerk.click(at("carry"))
    clerk.wait_for_selector(".q-dialog .spoken >> text=材料")
    clerk.fill(at("note"), "请核对原件")
    clerk.click(at("confirm"))
    closed(clerk)
    clerk.wait_for_selector(".state.idle")
    reviewer = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN").new_page()
    come_in(reviewer, hall, "reviewer", passwords["reviewer"])
    reviewer.goto(hall.url + "clerk")
    reviewer.click(at("sit-5"))
    reviewer.wait_for_selector(f"{at('line')} >> text={number}")
    reviewer.keyboard.press("n")
    reviewer.wait_for_function(
        "([n, number]) => document.querySelector(n).innerText === number", arg=[at("number"), number]
    )
    expect(reviewer.locator("main.clerk")).to_contain_text("只有材料在此")
    expect(reviewer.locator("main.clerk")).to_contain_text("请核对原件")
    reviewer.keyboard.press("f")
    reviewer.click(at("confirm"))
    reviewer.wait_for_selector(".state.idle")
    closed(reviewer)
    reviewer.keyboard.press("l")
    reviewer.wait_for_selector(at("sit-5"))
    reviewer.context.close()
    clerk.keyboard.press(
        "n"
    )  # whose papers come back is called before everybody else, and leaves with this test
    clerk.wait_for_function(
        "([n, number]) => document.querySelector(n).innerText === number", arg=[at("number"), number]
    )


@pytest.mark.long
def test_a_number_is_called_out_of_turn_and_sent_on(clerk):
    number = clerk.locator(f"{at('line')} .no").last.inner_text()
    clerk.keyboard.press("g")
    clerk.wait_for_selector(at("call-number") + ":focus")
    clerk.keyboard.type(number.lower())
    clerk.keyboard.press("Enter")
    clerk.wait_for_function(
        "([n, number]) => document.querySelector(n).innerText === number", arg=[at("number"), number]
    )
    closed(clerk)
    clerk.keyboard.press("t")
    clerk.wait_for_selector(at("to"))
    assert "复核" in clerk.inner_text(".q-dialog .spoken")
    clerk.keyboard.press("Escape")
    closed(clerk)
    clerk.keyboard.press("p")
    clerk.wait_for_selector(at(f"take-up-{number}"))
    clerk.click(at(f"take-up-{number}"))
    clerk.wait_for_selector(".state.serving")


@pytest.mark.long
def test_help_without_a_word_reaches_the_duty_officer_who_says_that_it_is_over(
    hall, clerk, passwords, chromium
):
    clerk.keyboard.press("h")
    clerk.wait_for_selector(at("help-called"))
    officer = chromium.new_context(locale="zh-CN").new_page()
    come_in(officer, hall, "duty-officer", passwords["duty-officer"])
    officer.goto(hall.url + "live")
    officer.wait_for_selector(f"{at('alarms')} >> text=请值班长到场", timeout=60_000)
    officer.click(at("help-over"))
    clerk.wait_for_selector(at("help-called"), state="hidden")
    officer.context.close()


def test_a_number_further_back_in_the_line_is_called_with_its_own_button(clerk):
    first = clerk.locator(f"{at('line')} .no").first.inner_text()
    clerk.locator(f"{at('line')} .row-button").last.wait_for()
    number = clerk.locator(f"{at('line')} .no").last.inner_text()
    clerk.click(at(f"call-{number}"))
    clerk.wait_for_function(
        "([n, wanted]) => document.querySelector(n).innerText === wanted", arg=[at("number"), number]
    )
    assert first == number or clerk.locator(f"{at('line')} .no").first.inner_text() == first
