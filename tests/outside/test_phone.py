"""The page of a ticket: what it says at every station of a visit, what it lets one do, and what it never tells."""

from __future__ import annotations

import re
import secrets

import pytest

from hall.messages import asks
from hall.messages.common import Outcome
from hub.broker import wait_until
from hub.console.cases.kinds import Kind, Source
from hub.console.door.limits import MOST, Limits, Rate
from hub.console.phone.routes import HEADERS
from hub.console.phone.suggest import STAMP_S, Stamps

pytestmark = pytest.mark.broker


def text(answer):
    """What a person reads."""
    return re.sub(r"<[^>]+>", "", answer.text)


def headers(answer):
    return {name: value for name, value in answer.headers.items() if name != "date"}


def sit(hall, window=1, clerk="011"):
    hall.ask(asks.Sit, window=window, clerk=clerk)


def serve(hall, window=1):
    hall.ask(asks.CallNext, window=window)
    hall.ask(asks.Start, window=window)
    hall.ask(asks.Finish, window=window, outcome=Outcome.DONE)


class TestWhereItStands:
    def test_it_says_number_service_and_that_one_is_next(self, hall):
        issued, page = hall.take(situation="rent")
        answer = hall.web.get(page)
        assert answer.status_code == 200
        said = text(answer)
        assert issued.number in said
        assert "提取 Withdrawal · 租房 Rent" in said
        assert "您是下一位，请留意叫号" in said
        assert "You are next" in said
        assert "暂无窗口，请留意大屏" in said

    def test_it_counts_who_is_ahead_and_calls_one_back_when_three_are(self, hall):
        for _ in range(3):
            hall.take()
        near = hall.take()[1]
        far = hall.take()[1]
        assert "快到您了，前面还有3位，请回到大厅" in text(hall.web.get(near))
        assert "您前面还有4人" in text(hall.web.get(far))
        assert hall.web.get(near).headers["refresh"].startswith("10; url=/t/")
        assert hall.web.get(far).headers["refresh"].startswith("20; url=/t/")

    def test_a_wait_is_told_as_soon_as_the_hall_knows_one(self, hall):
        sit(hall)
        for _ in range(6):
            hall.take()
            serve(hall)
        pages = [hall.take()[1] for _ in range(5)]
        assert re.search(r"前面还有4人，大约\d+至\d+分钟 4 ahead, about", text(hall.web.get(pages[4])))
        assert "可办窗口：1号 Windows 1" in text(hall.web.get(pages[4]))

    def test_it_says_the_window_when_it_is_called_and_what_comes_then(self, hall):
        sit(hall)
        issued, page = hall.take()
        hall.ask(asks.CallNext, window=1)
        assert "请到1号窗口 Window 1, please" in text(hall.web.get(page))
        hall.ask(asks.Start, window=1)
        assert "正在1号窗口办理" in text(hall.web.get(page))
        hall.ask(asks.Park, window=1)
        assert "1号窗口会继续为您办理，请稍候" in text(hall.web.get(page))
        hall.ask(asks.ResumeTicket, ticket=issued.ticket)
        hall.ask(asks.Transfer, window=1, to="desk")
        assert "请到引导台" in text(hall.web.get(page))

    def test_who_missed_the_call_reads_what_to_do(self, hall):
        sit(hall)
        _, page = hall.take()
        hall.ask(asks.CallNext, window=1)
        hall.ask(asks.NoShow, window=1)
        assert "叫号未到请找引导台，当天有效" in text(hall.web.get(page))

    def test_a_priority_ticket_says_priority_and_no_reason(self, hall):
        said = text(hall.web.get(hall.take(lane="priority")[1]))
        assert "优先 Priority" in said
        assert not re.search("老人|残疾|孕|军人|病人|priority lane", said)

    def test_it_lists_the_papers_of_the_situation_and_all_where_none_was_chosen(self, hall):
        rent = text(hall.web.get(hall.take(situation="rent")[1]))
        assert "□ 租赁合同及发票（超出定额时） lease and invoice (above the fixed sum)" in rent
        assert "退休证" not in rent
        anything = text(hall.web.get(hall.take()[1]))
        assert "□ 本人身份证" in anything
        assert "退休另需" in anything
        assert "清单版本：2026-01 2026-01-05" in anything

    def test_the_steps_of_the_service_are_told_to_who_waits(self, hall):
        assert "流程：取号、受理、复核（需要时）、办结" in text(hall.web.get(hall.take()[1]))

    def test_papers_that_the_guide_has_seen_are_ticked(self, hall):
        issued, page = hall.take(situation="rent")
        hall.ask(asks.NotePrecheck, ticket=issued.ticket, papers=("本人身份证",))
        assert "☑ 本人身份证" in text(hall.web.get(page))

    def test_numbers_to_ring_hours_and_promises_stand_below(self, hall):
        said = text(hall.web.get(hall.take()[1]))
        assert "咨询12329 监督电话0000-0000000" in said
        assert "投诉电话0000-0000001" in said
        assert "收费：各项业务均不收费 Fees: no service costs anything" in said
        assert "谢谢，祝您办事顺利" in said


class TestComingAgain:
    def test_the_first_date_is_told_and_who_wants_to_be_reminded_takes_it_along(self, hall):
        sit(hall)
        _, page = hall.take(situation="rent")
        serve(hall)
        said = text(hall.web.get(page))
        assert "提取后满365天可再办，最早日期：" in said
        assert "加到手机日历，到时提醒" in said
        reminder = hall.web.get(f"{page}/reminder.ics")
        assert reminder.headers["content-type"] == "text/calendar; charset=utf-8"
        assert "您已可以再次办理提取" in reminder.text.replace("\r\n ", "")
        assert page.rpartition("/")[2] not in reminder.text

    def test_where_one_may_come_at_any_time_nothing_is_said_of_it(self, hall):
        sit(hall)
        _, page = hall.take(situation="retirement")
        serve(hall)
        assert "最早日期" not in text(hall.web.get(page))
        assert hall.web.get(f"{page}/reminder.ics").status_code == 303
        assert hall.web.get(f"/t/{'0' * 32}/reminder.ics").status_code == 404


class TestGivingUp:
    def test_one_is_asked_before_the_number_is_void(self, hall):
        issued, page = hall.take()
        assert "不等了，取消这个号" in text(hall.web.get(page))
        sure = hall.web.get(f"{page}/cancel")
        assert "您要取消吗？" in text(sure)
        assert 'method="post"' in sure.text
        assert issued.ticket in set(hall.backstage.look(lambda r: list(r.hall.tickets)).result(5))
        done = hall.web.post(f"{page}/cancel")
        assert (done.status_code, done.headers["location"]) == (303, page)
        then = hall.web.get(page)  # at once, as a phone does that is sent there
        assert "这个号已取消" in text(then)
        assert "refresh" not in then.headers

    def test_looking_never_changes_anything(self, hall):
        _, page = hall.take()
        hall.web.get(f"{page}/cancel")
        hall.web.get(page)
        assert "您是下一位" in text(hall.web.get(page))

    def test_who_is_being_served_cannot_and_reads_why(self, hall):
        sit(hall)
        _, page = hall.take()
        hall.ask(asks.CallNext, window=1)
        hall.ask(asks.Start, window=1)
        assert "取消这个号" not in text(hall.web.get(page))
        assert hall.web.get(f"{page}/cancel").status_code == 303
        no = hall.web.post(f"{page}/cancel")
        assert no.status_code == 409
        assert "对不起，已经开始办理" in text(no)


class TestRating:
    @pytest.fixture
    def served(self, hall):
        """Somebody was served at window 1; the page."""
        sit(hall)
        _, page = hall.take()
        serve(hall)
        return page

    def test_five_grades_are_offered_once_after_the_service(self, hall, served):
        said = hall.web.get(served)
        assert [hall.web.get(served).text.count(f'value="{n}"') for n in range(1, 6)] == [1] * 5
        assert "请您评价1号窗口的服务" in text(said)
        done = hall.web.post(f"{served}/rate/1", data={"official": "5"})
        assert done.status_code == 303
        assert done.headers["location"] == served
        assert "请您评价" not in text(hall.web.get(served))
        again = hall.web.post(f"{served}/rate/1", data={"official": "1"})
        assert again.status_code == 409
        assert "这次服务已经评价，谢谢您" in text(again)

    def test_a_step_that_is_not_over_cannot_be_rated(self, hall):
        sit(hall)
        _, page = hall.take()
        hall.ask(asks.CallNext, window=1)
        assert "请您评价" not in text(hall.web.get(page))
        assert hall.web.post(f"{page}/rate/1", data={"official": "5"}).status_code == 409

    @pytest.mark.parametrize("nonsense", [{}, {"official": "0"}, {"official": "6"}, {"official": "x"}])
    def test_nonsense_rates_nothing(self, hall, served, nonsense):
        assert hall.web.post(f"{served}/rate/1", data=nonsense).status_code == 303
        assert "请您评价" in text(hall.web.get(served))

    def test_a_bad_one_asks_why_and_only_who_follows_up_hears_it(self, hall, served):
        asked = hall.web.post(f"{served}/rate/1", data={"official": "1"})
        assert asked.headers["location"] == f"{served}/tell/1"
        form = hall.web.get(f"{served}/tell/1")
        assert form.status_code == 200
        assert "对不起，这次没让您满意。请留个电话，我们尽快给您回电。" in text(form)
        assert "请告诉我们哪里没做好，我们给您回电" in text(form)
        told = {
            "reason": ["waiting", "manner", "made-up"],
            "words": "等了\x00一个<b>小时",
            "phone": "139 0000 0000",
        }
        noted = hall.web.post(f"{served}/tell/1", data=told)
        assert "已记下，我们给您回电" in text(noted)
        reference = re.search(r"编号([\d-]+)", text(noted))[1]
        case, (*_, told) = hall.case(reference)
        assert (told.words, told.phone) == ("等了一个<b>小时", "13900000000")
        assert (case.kind, case.opened.clerk, case.opened.step) == (Kind.BAD_RATING, "011", 1)
        assert set(case.reasons) == {"waiting", "manner"}
        kept = hall.kept_in("hub.db")
        assert b"13900000000" not in kept
        assert b"139 0000 0000" not in kept
        assert "一个<b>小时".encode() not in kept

    def test_why_is_asked_of_who_pressed_the_pad_too_but_not_of_who_was_content(self, hall, served):
        assert hall.web.get(f"{served}/tell/1").status_code == 303
        hall.web.post(f"{served}/rate/1", data={"official": "4"})
        assert hall.web.post(f"{served}/tell/1", data={"words": "x"}).status_code == 303

    @pytest.mark.parametrize(
        ("form", "why"),
        [
            ({"phone": "call me", "words": "x"}, "请核对电话号码"),
            ({"phone": "13900000000"}, "请选一个原因或写几句"),
        ],
    )
    def test_what_cannot_be_used_is_said_and_what_was_written_stays(self, hall, served, form, why):
        hall.web.post(f"{served}/rate/1", data={"official": "2"})
        no = hall.web.post(f"{served}/tell/1", data=form)
        assert no.status_code == 422
        assert why in text(no)
        assert 'name="words"' in no.text


class TestNobodyElses:
    @pytest.mark.parametrize(
        "way",
        [
            "/t/{0}",
            "/t/{0}/cancel",
            "/t/{0}/tell/1",
            "/t/{0}/anything/else",
            "/t/short",
            "/t/",
            "/t/%00",
            "/t/' or 1=1--",
        ],
    )
    def test_whatever_opens_nothing_is_answered_alike(self, hall, way):
        unknown = hall.web.get(f"/t/{secrets.token_hex(16)}")
        answer = hall.web.get(way.format(secrets.token_hex(16)))
        assert (answer.status_code, answer.text) == (404, unknown.text)
        assert headers(answer) == headers(unknown)

    def test_nor_does_a_form_open_more(self, hall):
        unknown = hall.web.get(f"/t/{secrets.token_hex(16)}")
        for act in ("cancel", "rate/1", "tell/1"):
            answer = hall.web.post(f"/t/{secrets.token_hex(16)}/{act}", data={"official": "5"})
            assert (answer.status_code, answer.text) == (404, unknown.text)

    def test_a_page_names_no_other_ticket_but_the_one_called_last(self, hall):
        sit(hall)
        others = [hall.take()[0].number for _ in range(4)]
        hall.ask(asks.CallNext, window=1)
        issued, page = hall.take()
        said = text(hall.web.get(page))
        assert set(re.findall(r"[A-Z]\d{3}", said)) == {issued.number, others[0]}
        assert "工号" not in said
        assert not re.search(r"\b011\b", said)

    def test_every_answer_keeps_itself_to_the_person(self, hall):
        _, page = hall.take()
        for answer in (
            hall.web.get(page),
            hall.web.get(f"{page}/cancel"),
            hall.web.get(f"/t/{secrets.token_hex(16)}"),
            hall.web.post(f"{page}/rate/1"),
        ):
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
            assert "set-cookie" not in answer.headers
            assert "<script" not in answer.text
        assert "noindex" in hall.web.get(page).text


class TestTooMuch:
    def test_a_page_that_is_opened_too_often_waits_and_another_does_not(self, hall):
        _, page = hall.take()
        answers = [hall.web.get(page) for _ in range(40)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert int(refused[0].headers["retry-after"]) >= 1
        assert "打开得太频繁" in text(refused[0])
        assert hall.web.get(hall.take()[1]).status_code == 200

    def test_a_body_that_nobody_will_read_is_not_read(self, hall):
        sit(hall)
        _, page = hall.take()
        serve(hall)
        assert hall.web.post(f"{page}/rate/1", data={"official": "5" * 9000}).status_code == 413
        assert hall.web.post(f"{page}/rate/1", content=iter([b"x" * 5000] * 4)).status_code == 413

    def test_a_bucket_fills_again_and_forgets_the_longest_unused(self):
        clock = [0.0]
        limits = Limits(Rate(burst=2, per_s=0.5), now=lambda: clock[0])
        assert [limits.knock("a").wait_s for _ in range(4)] == [None, None, 2, 2]
        assert limits.knock("b").wait_s is None
        clock[0] += 2
        assert [limits.knock("a").wait_s for _ in range(2)] == [None, 2]
        for n in range(MOST):
            limits.knock(f"x{n}")
        assert limits.knock("a").wait_s is None


class TestWithoutTheHub:
    def test_the_page_says_so_shows_what_it_knew_and_is_right_again_afterwards(self, hall):
        issued, page = hall.take()
        hall.kill_hub()
        said = text(hall.web.get(page))
        assert "叫号主机正在恢复" in said
        assert issued.number in said
        assert "您是下一位" in said
        no = hall.web.post(f"{page}/cancel")
        assert no.status_code == 409
        assert "叫号主机没有应答" in text(no)
        hall.start_hub()
        assert wait_until(lambda: "叫号主机正在恢复" not in text(hall.web.get(f"{page}?still=1")), 20)


class TestSuggestions:
    @pytest.fixture
    def stamp(self, hall):
        return re.search(r'name="stamp" value="([^"]+)"', hall.web.get("/suggest").text)[1]

    def test_anybody_tells_the_hall_something_and_gets_a_reference(self, hall, stamp):
        told = {"stamp": stamp, "words": "多放几把椅子 <script>", "phone": "0571-8888 0000"}
        noted = hall.web.post("/suggest", data=told)
        assert "已记下，我们给您回电" in text(noted)
        case, (personal,) = hall.case(re.search(r"编号([\d-]+)", text(noted))[1])
        assert (case.kind, case.opened.source) == (Kind.SUGGESTION, Source.SUGGESTION_PAGE)
        assert (personal.words, personal.phone) == ("多放几把椅子 <script>", "057188880000")

    @pytest.mark.parametrize("forged", ["", "1", "1.2", "99999999.abc", "-1.x", "٣.x"])
    def test_who_never_opened_the_form_says_nothing_and_loses_nothing(self, hall, forged):
        before = len(hall.cases.seen.cases)
        no = hall.web.post("/suggest", data={"stamp": forged, "words": "很长的<b>一段话"})
        assert no.status_code == 403
        assert "请再提交一次" in text(no)
        assert "很长的&lt;b&gt;一段话" in no.text
        assert len(hall.cases.seen.cases) == before

    def test_a_stamp_ends_after_two_hours(self):
        clock = [10.0]
        stamps = Stamps(lambda: clock[0])
        stamp = stamps.new()
        assert stamps.good(stamp)
        assert not Stamps(lambda: clock[0]).good(stamp)
        clock[0] += STAMP_S + 1
        assert not stamps.good(stamp)

    @pytest.mark.parametrize(
        ("form", "why"),
        [({"words": " "}, "请先写几句"), ({"words": "x", "phone": "me@home"}, "请核对电话号码")],
    )
    def test_what_cannot_be_used_is_said(self, hall, stamp, form, why):
        no = hall.web.post("/suggest", data={"stamp": stamp} | form)
        assert no.status_code == 422
        assert why in text(no)


def test_when_the_hall_is_busy_is_told_only_from_measured_days(hall):
    answer = hall.web.get("/busy")
    assert answer.status_code == 200
    assert "记录的天数太少" in text(answer)
    _, page = hall.take()
    hall.web.post(f"{page}/cancel", headers={"Origin": hall.url})
    given_up = hall.web.get(page)
    assert 'href="/busy"' in given_up.text
    assert "今天" not in text(given_up)
