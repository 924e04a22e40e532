"""The page of a ticket on small phones without JavaScript: everything can be done, nothing is cut off, nothing is asked of anybody else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from hall.messages import asks

pytestmark = [pytest.mark.broker, pytest.mark.processes]

#: anything that sticks out to the side
CUT = "[...document.querySelectorAll('body *')].filter(e => { const r = e.getBoundingClientRect(); return r.width > 0 && (r.left < -1 || r.right > innerWidth + 1) }).length"
#: fingers are thick: links and buttons on their own lines
SMALL = "[...document.querySelectorAll('button, a.big')].filter(e => e.getBoundingClientRect().height < 40).length"


@pytest.fixture(params=[320, 390])
def phone(request, hall, chromium):
    """An old phone: no script, small. Afterwards: nothing was asked of anybody else, and no error was shown."""
    context = chromium.new_context(
        viewport={"width": request.param, "height": 640}, java_script_enabled=False
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    asked, errors = [], []
    page.on("request", lambda one: asked.append(one.url))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert [url for url in asked if not url.startswith(hall.url + "/")] == []
    assert errors == []


def fits(page):
    assert page.evaluate(CUT) == 0
    assert page.evaluate(SMALL) == 0


def sees(page, where):
    """It stands on the page, or on the one that a press is on its way to: a form's answer takes its time."""
    expect(page.locator(where).first).to_be_visible()


def hears(page, words):
    """How things stand is said in these words, here or on the page that a press is on its way to."""
    expect(page.locator("[role=status]")).to_contain_text(words)


def test_a_visit_from_the_line_to_the_rating(hall, phone):
    hall.ask(asks.Sit, window=1, clerk="011")
    issued, path = hall.take(situation="rent")
    phone.goto(hall.url + path)
    assert phone.inner_text("[data-test=number]") == issued.number
    hears(phone, "您是下一位")
    fits(phone)
    phone.click("summary")
    sees(phone, "text=租赁合同及发票")
    fits(phone)
    phone.click("text=取消这个号")
    sees(phone, "text=您要取消吗")
    fits(phone)
    phone.click("text=不取消，继续等候")
    hall.ask(asks.CallNext, window=1)
    phone.click("text=刷新 >> nth=0")
    hears(phone, "请到1号窗口")
    fits(phone)
    hall.ask(asks.Start, window=1)
    hall.ask(asks.Finish, window=1, outcome="done")
    phone.reload()
    fits(phone)
    phone.click("[data-test=rate-1]")
    phone.wait_for_selector("[name=reason], .mistake")
    assert phone.url.endswith("/tell/1"), phone.inner_text("body")
    fits(phone)
    phone.check("input[value=manner]")
    phone.fill("#words", "没有人理我")
    phone.fill("#phone", "13900000000")
    phone.click("button[type=submit]")
    sees(phone, "text=已记下，我们给您回电")
    fits(phone)
    told = hall.case(re.search(r"编号([\d-]+)", phone.inner_text("[role=status]"))[1])[1]
    assert told[-1].words == "没有人理我"


def test_a_suggestion_is_written_and_sent(hall, phone):
    phone.goto(hall.url + "/suggest")
    phone.fill("#words", "多放几把椅子")
    fits(phone)
    phone.click("button[type=submit]")
    hears(phone, "已记下，谢谢您告诉我们")
    fits(phone)


@pytest.mark.long
def test_it_looks_again_by_itself_and_stops_when_one_wants_it_to(hall, phone):
    hall.ask(asks.Sit, window=1, clerk="011")
    _, path = hall.take()
    phone.goto(hall.url + path)
    hall.ask(asks.CallNext, window=1)
    phone.wait_for_selector("text=请到1号窗口")
    phone.click("text=不再自动刷新")
    phone.wait_for_url("**still=1")
    hears(phone, "请到1号窗口")


@pytest.mark.long
def test_a_number_is_given_up_with_two_presses(hall, phone):
    _, path = hall.take()
    phone.goto(f"{hall.url}{path}/cancel")
    phone.click("button[type=submit]")
    hears(phone, "这个号已取消")


def test_a_time_is_booked_seen_and_given_up_by_the_rules_of_every_booking(hall, phone):
    phone.goto(hall.url + "/book")
    fits(phone)
    phone.click("a.big >> nth=0")
    phone.fill("#last4", "0831")
    phone.check("input[name=slot] >> nth=0")
    fits(phone)
    phone.click("button[type=submit]")
    phone.wait_for_url(re.compile(r"/book/[0-9a-f]{32}$"))
    fits(phone)
    code = phone.inner_text("[data-test=code]")
    assert re.fullmatch("[0-9]{6}", code)
    mine = phone.url.rpartition("/")[2]
    kept = hall.backstage.look(lambda r: r.hall.state.promises.appointments[mine]).result(5)
    assert (kept.code, kept.last4) == (code, "0831")
    sees(phone, "text=加到手机日历，到时提醒")
    reminder = hall.web.get(f"/book/{mine}/reminder.ics")
    assert reminder.headers["content-type"] == "text/calendar; charset=utf-8"
    assert code in reminder.text
    assert mine not in reminder.text
    phone.click("text=取消预约")
    sees(phone, "text=已取消")
    assert hall.web.get(f"/book/{mine}/reminder.ics").headers["location"] == f"/book/{mine}"
    assert not hall.backstage.look(lambda r: r.hall.state.promises.appointments[mine].awaited).result(5)
    fits(phone)


def test_a_time_of_somebody_else_and_a_form_of_another_page_open_nothing(hall):
    assert hall.web.get(f"/book/{'0' * 32}").status_code == 404
    no = hall.web.post(
        "/book", data={"service": "withdrawal", "slot": "2099-01-01T09:00:00+08:00", "stamp": "x"}
    )
    assert no.status_code == 403
