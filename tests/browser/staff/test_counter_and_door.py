"""The staff's pages: a clerk's main path by mouse and by key, the hall board, and who is not let in."""

import urllib.error
import urllib.request
from contextlib import suppress

import pytest

from .hands import at, come_in, log_in

pytestmark = [pytest.mark.broker, pytest.mark.processes]


def free_window(page, *windows):
    """Sit down at the first of these that is free."""
    page.wait_for_selector(at(f"sit-{windows[0]}"))
    for window in windows:
        if page.locator(at(f"sit-{window}")).is_enabled():
            page.click(at(f"sit-{window}"))
            page.wait_for_selector(at("next"))
            return window
    raise AssertionError("no window is free")


def served_at(page):
    """How many this clerk has served at this window today."""
    return int("".join(char for char in page.inner_text(".served") if char.isdigit()))


def test_a_clerk_serves_somebody_by_keys_alone_and_the_board_shows_the_call(
    hall, page, visitor, passwords, chromium
):
    log_in(visitor, hall, "clerk", passwords["clerk"])
    window = free_window(visitor, 3, 2)
    page.click(at("key-withdrawal"))
    visitor.wait_for_function(
        "w => document.querySelector(w).innerText.match(/[1-9]/)", arg=at("waiting"), timeout=60_000
    )
    visitor.keyboard.press("n")
    visitor.wait_for_function(
        "n => /^A[0-9]{3}$/.test(document.querySelector(n).innerText)", arg=at("number")
    )
    number = visitor.inner_text(at("number"))
    board = visitor.context.new_page()
    board.set_viewport_size({"width": 1920, "height": 1080})
    board.goto(hall.url + "board")
    board.wait_for_function("n => document.querySelector('.last').innerText.includes(n)", arg=number)
    assert f"{window}号窗口" in board.inner_text(".last")
    cut = "[...document.querySelectorAll('header, main, footer, .last > *')].filter(e => { const r = e.getBoundingClientRect(); return r.left < 0 || r.right > innerWidth || r.bottom > innerHeight }).length"
    assert board.evaluate(cut) == 0
    board.close()
    before = served_at(visitor)
    visitor.keyboard.press("s")
    visitor.wait_for_selector(".state.serving")
    assert "本人身份证" in visitor.inner_text(".papers")
    visitor.keyboard.press("f")
    visitor.wait_for_selector(at("confirm"))
    visitor.click(at("confirm"))
    visitor.wait_for_selector(".state.idle")
    assert served_at(visitor) == before + 1
    visitor.click(at("leave"))
    visitor.wait_for_selector(at(f"sit-{window}"))


def test_the_guide_desk_checks_in_by_code_and_says_why_not(hall, visitor, passwords):
    come_in(visitor, hall, "guide", passwords["guide"])
    visitor.goto(hall.url + "guide")
    visitor.wait_for_selector(at("code"))
    visitor.fill(f"{at('code')}", "1234 5678")
    visitor.click(at("check-in"))
    visitor.wait_for_selector("text=没有找到这个号码", timeout=60_000)
    visitor.fill(f"{at('code')}", "12")
    visitor.click(at("check-in"))
    visitor.wait_for_selector("text=手机号后四位")
    visitor.click(at("displaced"))
    visitor.wait_for_selector("text=没有需改时间的预约")
    visitor.click(at("book-service"))
    visitor.click(".q-menu >> text=提取")
    visitor.wait_for_selector("text=这项业务没有可约时间")


def test_from_the_hall_two_presses_lead_to_the_page_of_any_role(hall, visitor):
    visitor.goto(hall.url)
    with visitor.context.expect_page() as opened:
        visitor.click(at("staff"))
    start = opened.value
    start.set_viewport_size({"width": 390, "height": 800})
    assert start.evaluate("document.documentElement.scrollWidth") <= 390
    start.click("tr:has(code:text-is('guide')) button")
    start.wait_for_selector("main.guide")


def test_a_wrong_password_is_refused_in_a_sentence_and_opens_nothing(hall, visitor):
    log_in(visitor, hall, "clerk", "not the password")
    assert "登录名或密码不对" in visitor.inner_text(".mistake")
    visitor.goto(hall.url + "clerk")
    assert visitor.url.endswith("/login")


def test_a_role_without_the_page_is_told_so(hall, visitor, passwords):
    come_in(visitor, hall, "auditor", passwords["auditor"])
    visitor.goto(hall.url + "clerk")
    assert "您的岗位没有这个页面" in visitor.inner_text(".mistake")


def test_forms_of_another_site_and_without_the_sessions_token_do_nothing(hall, visitor, passwords):
    log_in(visitor, hall, "guide", passwords["guide"])
    cookies = visitor.context.cookies()
    [session] = [c for c in cookies if c["name"] == "hall-session"]
    assert session["httpOnly"]
    assert session["sameSite"] == "Strict"
    cookie = {"Cookie": f"hall-session={session['value']}"}
    for headers in (cookie | {"Origin": "http://evil.example"}, cookie):
        request = urllib.request.Request(
            hall.url + "logout", data=b"csrf=guess", headers=headers, method="POST"
        )
        with pytest.raises(urllib.error.HTTPError) as no:
            urllib.request.urlopen(request, timeout=10)
        assert no.value.code == 403
    visitor.reload()
    assert not visitor.url.endswith("/login")


def test_what_somebody_types_is_text_wherever_it_is_shown(hall, visitor):
    nasty = "<img src=x onerror=document.title='owned'>"
    log_in(visitor, hall, nasty, nasty)
    assert visitor.title() != "owned"
    with suppress(Exception):
        visitor.wait_for_timeout(200)
    assert "owned" not in visitor.title()
