"""What stands on the papers of the hall's own day, and when they are due."""

from datetime import datetime, timedelta

import msgspec
import pytest

from devices.ticket_dispenser import hall_slips
from hall.messages import asks
from hall.messages.common import MemberKind, MemberState
from hall.messages.hall_slips import MOST_SUPPLIES, ShortOf
from hall.messages.wants import PaperLeft, Services
from hall.plan import DayHours, HoursPlan, PlannedStop, SpecialDay, StaffPlan
from hall.policy import USUAL
from hall.text import Text
from hall.troubles import TROUBLES
from hub.console.mirror.picture import MemberSeen
from hub.console.mirror.today import Today
from hub.console.slips import content
from hub.console.slips.content import CasesNow, LastDay
from hub.console.slips.printing import due_now
from hub.trust.register import Entry, Machine, Standing
from tests.domain.conftest import MONDAY, Scene, example_plan, text

EARLY = MONDAY - timedelta(minutes=10)
WEEK = {day: DayHours(open="09:00", close="17:00") for day in ("mon", "tue", "wed")}


def member(name, *, state=MemberState.READY, troubles=(), alerts=(), kind="sign"):
    return MemberSeen(member=name, kind=kind, window=3, state=state, troubles=troubles, alerts=alerts)


def scene(at=EARLY, **changes):
    return Scene(example_plan(**changes), at)


class TestMorning:
    def test_it_tells_who_sits_where_and_who_covers(self):
        staff = (StaffPlan(work_no="011", b="018"), "018")
        hall = scene(roster={2: "018", 1: "011"}, staff=staff).hall
        slip = content.morning(hall, EARLY, members=())
        assert [(seat.window, seat.clerk, seat.cover) for seat in slip.seats] == [
            (1, "011", "018"),
            (2, "018", None),
        ]
        assert (slip.opens, slip.closes, slip.day) == ("9:00", "17:00", "2026-11-23")

    def test_it_names_what_is_not_ready_and_whose_paper_is_low(self):
        low = text("打印纸快用完了")
        members = [
            member("sign-3", state=None),
            member("pad-1", troubles=(text("按键卡住"),), alerts=("button-stuck",)),
            member("dispenser-1", troubles=(low,), alerts=("paper-low",)),
            member("sign-1"),
            member("console-web", kind="console", state=None),
        ]
        slip = content.morning(scene().hall, EARLY, members=members)
        assert [(x.member, x.text.zh) for x in slip.not_ready] == [
            ("sign-3", "没有应答"),
            ("pad-1", "按键卡住"),
        ]
        assert "电源灯" in slip.not_ready[0].do.zh
        assert slip.not_ready[1].do == TROUBLES["button-stuck"].do
        assert slip.low_paper == ("dispenser-1",)

    def test_it_names_who_waits_to_be_confirmed_and_whose_certificate_runs_out(self):
        standing = {
            name: Entry(
                name=name,
                kind=MemberKind.SIGN,
                standing=stands,
                since=EARLY,
                machine=Machine(),
                until=EARLY + timedelta(days=days, hours=1),
            )
            for name, stands, days in (
                ("sign-1", Standing.IN_SERVICE, 60),
                ("sign-2", Standing.ENROLLED, 90),
                ("sign-3", Standing.IN_SERVICE, 5),
                ("sign-4", Standing.EXPECTED, 90),
            )
        }
        members = [*map(member, ("sign-1", "sign-2", "sign-3")), member("sign-4", state=None)]
        slip = content.morning(scene().hall, EARLY, members=members, standing=standing)
        assert [(x.member, x.text.zh) for x in slip.not_ready] == [
            ("sign-2", "已登记，尚未确认"),
            ("sign-3", "证书还剩5天"),
            ("sign-4", "等待登记"),
        ]
        assert all(x.do.zh.startswith("请") for x in slip.not_ready)

    def test_it_tells_what_the_rolls_still_give(self):
        left = PaperLeft(left_m=60, tickets=420)
        seen = [
            msgspec.structs.replace(member("dispenser-1"), paper=left),
            msgspec.structs.replace(member("dispenser-2"), paper=PaperLeft(left_m=80)),
        ]
        slip = content.morning(scene().hall, EARLY, members=seen)
        assert [(roll.member, roll.tickets) for roll in slip.paper] == [("dispenser-1", 420)]

    def test_what_nobody_knows_is_not_on_it(self):
        slip = content.morning(scene().hall, EARLY, members=())
        assert (slip.cases_due, slip.last_issued, slip.bad) == (None, None, ())
        last = LastDay(issued=312, bad={5: 2, 3: 1})
        told = content.morning(
            scene().hall, EARLY, members=(), cases=CasesNow(open=4, due=2, late=1), last=last
        )
        assert (told.cases_due, told.cases_late, told.last_issued) == (2, 1, 312)
        assert [(bad.window, bad.count) for bad in told.bad] == [(3, 1), (5, 2)]

    def test_a_stop_of_this_afternoon_is_on_it_and_one_of_tomorrow_is_not(self):
        stops = (
            PlannedStop(
                services=("loan",),
                begins="2026-11-23 14:00",
                ends="2026-11-23 16:00",
                reason=text("系统结算"),
            ),
            PlannedStop(
                services=("withdrawal",),
                begins="2026-11-24 09:00",
                ends="2026-11-24 16:00",
                reason=text("明天"),
            ),
        )
        slip = content.morning(scene(hours=HoursPlan(week=WEEK, stops=stops)).hall, EARLY, members=())
        assert [(stop.service.zh, stop.reason.zh) for stop in slip.stops] == [("贷款", "系统结算")]

    def test_a_holiday_is_told_a_week_before_and_its_words_are_for_its_eve(self):
        special = {"2026-11-25": SpecialDay(reason=text("国庆节"))}
        hall = scene(hours=HoursPlan(week=WEEK, special=special)).hall
        slip = content.morning(hall, EARLY, members=())
        assert (slip.closed_ahead.day, slip.greeting) == ("2026-11-25", None)
        eve = content.morning(hall, EARLY + timedelta(days=1), members=())
        assert eve.greeting.zh == "祝您节日快乐"

    def test_it_names_the_numbers_of_the_book(self):
        slip = content.morning(scene().hall, EARLY, members=())
        paper = hall_slips.paper(
            Services(rev="", hall="demo", name=text("大厅"), services=()), slip, at=EARLY
        )
        assert "停电用手工号本：各业务8001至8999" in paper.texts

    def test_forms_that_are_short_are_an_order_note_with_a_box_to_tick(self):
        short = (ShortOf(name="提取申请表", count=12, least=50), ShortOf(name="印泥", least=2))
        slip = content.morning(scene().hall, EARLY, members=(), short_of=short)
        hall = Services(rev="", hall="demo", name=text("大厅"), services=())
        said = hall_slips.paper(hall, slip, at=EARLY).texts
        at = said.index("请大厅主任订购")
        assert {"□提取申请表剩12，最低50", "□印泥请清点，最低2"} <= set(said[at:])
        assert (
            "请大厅主任订购"
            not in hall_slips.paper(hall, content.morning(scene().hall, EARLY, members=()), at=EARLY).texts
        )

    def test_the_largest_hall_fits_one_message(self):
        seats = {n: f"{n:03d}" for n in range(1, 41)}
        staff = tuple(StaffPlan(work_no=c, b="999") for c in seats.values())
        many = [
            member(f"sign-{n}", troubles=(Text(zh="显示屏" * 6, en="panel " * 8),), alerts=("panel",))
            for n in range(40)
        ]
        short = tuple(
            ShortOf(name=f"{n:02d}" + "表" * 18, count=n, least=99_999) for n in range(MOST_SUPPLIES)
        )
        hall = scene(roster=seats, staff=staff).hall
        slip = content.morning(hall, EARLY, members=many, short_of=short)
        ask = asks.PrintSlip(id="x" * 40, slip=slip)
        assert len(msgspec.json.encode(ask)) < 8 * 1024
        assert slip.short_of == short
        assert len(slip.not_ready) > 10


class TestDay:
    @pytest.fixture
    def lived(self):
        hall = scene(at=MONDAY).open(2)
        for _ in range(4):
            hall.take()
        for grade in (4, 1):
            hall.call(2)
            (finished,) = hall.later(minutes=5).finish(2)
            hall.rate(finished, grade)
        hall.call(2)
        hall.later(minutes=2).ask(asks.NoShow, window=2)
        return hall

    def slip(self, hall):
        today = Today(USUAL.alarms)
        for fact in hall.facts:
            today.hear(fact)
        return content.day(hall.hall, today.figures(), hall.at, duty=("006",))

    def test_it_counts_everybody_once(self, lived):
        lived.ask(asks.CloseDay)
        slip = self.slip(lived)
        assert (slip.issued, slip.served, slip.missed, slip.left) == (4, 2, 1, 1)
        assert (slip.waited, slip.kept, slip.asked, slip.grades) == (3, 3, 2, (1, 0, 0, 1))
        assert [(x.name.zh, x.issued) for x in slip.services] == [("提取", 4)]
        assert [(x.window, x.first, x.calls) for x in slip.windows] == [(2, "9:00", 3)]
        assert (slip.duty, slip.cases_open) == (("006",), None)

    def test_it_says_how_many_numbers_came_from_the_book(self, lived):
        lived.ask(asks.EnterByHand, service="withdrawal", first="A8001", last="A8003")
        slip = self.slip(lived)
        assert (slip.issued, slip.by_hand) == (7, 3)
        paper = hall_slips.paper(
            Services(rev="", hall="demo", name=text("大厅"), services=()), slip, at=lived.at
        )
        assert "其中手工号3" in paper.texts

    def test_before_closing_who_still_waits_is_not_served_yet(self, lived):
        assert self.slip(lived).left == 1


class TestDue:
    def hall(self, **switches):
        return scene(policy=msgspec.structs.replace(USUAL, **switches))

    @pytest.mark.parametrize(
        ("minutes", "due"), [(-11, None), (-10, "2026-11-23"), (-1, "2026-11-23"), (0, None)]
    )
    def test_the_morning_slip_is_due_in_the_ten_minutes_before_opening(self, minutes, due):
        now: datetime = MONDAY + timedelta(minutes=minutes)
        assert due_now(self.hall(morning_slip=True).hall, now)[0] == due
        assert due_now(self.hall().hall, now) == (None, None), "nobody switched it on"

    def test_the_day_slip_is_due_once_today_is_closed(self):
        hall = self.hall(day_slip=True)
        assert due_now(hall.hall, hall.at) == (None, None)
        hall.at = MONDAY
        hall.open(2)
        assert due_now(hall.hall, hall.at)[1] is None
        hall.ask(asks.CloseDay)
        assert due_now(hall.hall, hall.at)[1] == "2026-11-23"
        assert due_now(hall.hall, hall.at + timedelta(days=1))[1] is None
