"""What the board says: true, in both languages, and in turns where there is more than a screen holds."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from hall.messages.common import NoticeKind
from hall.messages.facts import NoticeGiven
from hall.plan import DayHours, Greeting, HoursPlan, PlannedStop, SpecialDay
from hall.text import Text
from hub.console.mirror.picture import ClosedSeen, LineSeen
from hub.console.mirror.today import DayFigures
from hub.console.pages.board import words
from hub.console.phone.seen import posted
from hub.domain.hall import Hall
from tests.domain.conftest import MONDAY, ZONE, example_plan, text

WEEK = {day: DayHours(open="09:00", close="17:00") for day in ("mon", "tue", "wed")}


def picture(**changes):
    fields = {"at": MONDAY, "notices": (), "lines": (), "today": DayFigures(), "hours": None}
    return SimpleNamespace(**(fields | changes))


def line(service, stopped):
    return LineSeen(service=service, since=None, warn_min=20, limit_min=30, stopped=stopped, stop=None)


class TestPromise:
    def test_before_the_first_call_no_figure_stands_beside_the_promise(self):
        promised, measured = words.promise(picture())
        assert "30分钟" in promised.zh
        assert measured.zh == "今日实际：还没有叫号"

    def test_afterwards_the_days_own_figure_does_and_is_not_rounded_up(self):
        day = DayFigures(waited=1000, kept=999, limit_min=20)
        promised, measured = words.promise(picture(today=day))
        assert "20分钟" in promised.zh
        assert "1000人中999人" in measured.zh
        assert "（99%）" in measured.zh
        assert "999 of 1000" in measured.en


class TestNews:
    def test_what_is_told_comes_first_then_what_is_stopped_and_what_will_be(self):
        given = NoticeGiven(
            n=1, at=MONDAY, notice="x", kind=NoticeKind.FOUND, text=text("请认领"), by="console-1"
        )
        stops = (
            PlannedStop(
                services=("loan",),
                begins="2026-11-25 17:00",
                ends="2026-11-26 09:00",
                reason=Text(zh="年度结息", en="settlement"),
            ),
        )
        special = {"2026-11-24": SpecialDay(reason=Text(zh="元旦", en="New Year"))}
        plan = example_plan(hours=HoursPlan(week=WEEK, stops=stops, special=special))
        now = picture(notices=(given,), lines=(line("withdrawal", text("检修")),))
        assert [said.zh for said in words.news(now, plan, ZONE)] == [
            "请认领",
            "提取停办：检修",
            "贷款11月25日17:00起停办：年度结息，11月26日9:00恢复",
            "11月24日休息：元旦",
        ]

    @pytest.mark.parametrize("begins", ["2026-11-22 17:00", "2026-12-20 17:00"])
    def test_what_is_over_or_far_away_is_not_told(self, begins):
        stops = (PlannedStop(begins=begins, ends="2026-12-31 09:00", reason=text("结息")),)
        plan = example_plan(hours=HoursPlan(week=WEEK, stops=stops))
        assert words.news(picture(), plan, ZONE) == []


class TestTurns:
    def test_twelve_services_are_shown_in_two_turns_each_whole_and_nothing_is_left_out(self):
        services = list(range(12))
        first, which, turns = words.turn(services, 6, 0)
        second, again, _ = words.turn(services, 6, 1)
        assert (*first, *second) == tuple(services)
        assert (which, again, turns) == (1, 2, 2)
        assert words.turn(services, 6, 2)[0] == first

    def test_the_last_turn_is_not_left_with_one(self):
        assert [len(words.turn(range(6), 5, nth)[0]) for nth in range(2)] == [3, 3]
        assert [len(words.turn(range(11), 5, nth)[0]) for nth in range(3)] == [4, 4, 3]

    def test_what_fits_has_one_turn(self):
        assert words.turn([1, 2], 6, 41) == ([1, 2], 1, 1)
        assert words.turn([], 6, 3) == ([], 1, 1)


class TestWhatIsPosted:
    def test_a_hall_with_two_numbers_posts_them_and_its_foot(self):
        assert [said.zh for said in words.posted(example_plan(), MONDAY.date())] == [
            "咨询12329",
            "监督电话0000-0000000",
            "谢谢，祝您办事顺利",
        ]

    def test_where_to_complain_and_what_it_costs_stand_there_too(self):
        plan = example_plan(complaints="12345", fees=Text(zh="均不收费", en="free"))
        told = words.posted(plan, MONDAY.date())
        assert [said.zh for said in told[2:4]] == ["投诉电话12345", "收费：均不收费"]
        assert [said.en for said in told[2:4]] == ["Complaints 12345", "Fees: free"]

    def test_on_a_festival_board_and_phone_wish_what_the_papers_wish(self):
        wish = Greeting(begins="2026-11-22", ends="2026-11-23", text=text("祝您节日快乐"))
        plan = example_plan(greetings=(wish,))
        for day, said in ((MONDAY, "祝您节日快乐"), (MONDAY + timedelta(days=1), "谢谢，祝您办事顺利")):
            assert words.posted(plan, day.date())[-1].zh == said
            assert posted(Hall(plan), day).foot.zh == said


def test_a_closed_board_says_when_the_hall_opens_if_that_is_posted():
    opens = datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)
    said = words.opening(picture(hours=ClosedSeen(closes=None, opens=opens)), ZONE)
    assert said.zh == "11月24日9:00开始办理"
    assert words.opening(picture(hours=ClosedSeen(closes=None, opens=None)), ZONE) is None


def test_a_duty_officer_is_named_by_work_number_and_nobody_when_nobody_is_there():
    assert words.duty(("006",)).zh == "今日值班：工号006"
    assert words.duty(("006", "018")) == Text(zh="今日值班：工号006、018", en="Duty officer today: 006, 018")
    assert words.duty(()) is None
