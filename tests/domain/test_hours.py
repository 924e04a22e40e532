"""When numbers are given: posted hours, lunch, special days, planned and sudden stops, quotas and early stops."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Refused
from hall.messages import asks
from hall.messages.facts import ServiceResumed, ServiceStopped
from hall.plan import DayHours, HoursPlan, Lunch, PlannedStop, SpecialDay
from hall.policy import EarlyStop, Policy, Quota
from hall.text import Text
from hub.domain import admission, calendar, stops, views
from hub.domain.hall import Hall

ZONE = ZoneInfo("Asia/Shanghai")
SETTLEMENT = Text(zh="年度结息", en="yearly interest settlement")
ONLINE = Text(zh="可以网上办理", en="please use the online route")
WEEKDAY = DayHours(open="09:00", close="17:00", lunch=Lunch(begins="12:00", ends="13:00", windows=(2,)))
HOURS = HoursPlan(
    week=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WEEKDAY)
    | {"sat": DayHours(open="09:00", close="12:00", services=("withdrawal",), windows=(2,))},
    special={
        "2026-11-24": SpecialDay(reason=Text(zh="设备检修", en="maintenance")),
        "2026-11-29": SpecialDay(reason=Text(zh="调休上班", en="working Sunday"), hours=WEEKDAY),
    },
    stops=(
        PlannedStop(
            services=("loan",),
            begins="2026-11-23 16:30",
            ends="2026-11-25 09:00",
            reason=SETTLEMENT,
            alternative=ONLINE,
        ),
    ),
)


def no(scene, **ticket):
    """The refusal of a ticket."""
    with pytest.raises(Refused) as refusal:
        scene.take(**ticket)
    return refusal.value


@pytest.fixture
def posted(make_scene):
    return make_scene(hours=HOURS)


class TestCalendar:
    def test_a_special_day_has_its_own_hours_or_none(self, posted):
        plan = posted.hall.plan
        assert calendar.posted(plan, ZONE, date(2026, 11, 24)) is None
        assert calendar.holiday(plan, date(2026, 11, 24)).zh == "设备检修"
        assert calendar.posted(plan, ZONE, date(2026, 11, 29)).opens.hour == 9
        assert calendar.holiday(plan, date(2026, 11, 29)) is None
        assert calendar.holiday(plan, date(2026, 11, 23)) is None

    def test_the_next_opening_is_found_across_a_holiday_a_month_and_a_year(self, make_scene):
        closed = {
            (date(2026, 12, 28) + timedelta(days=n)).isoformat(): SpecialDay(reason=SETTLEMENT)
            for n in range(10)
        }
        plan = make_scene(hours=msgspec.structs.replace(HOURS, special=closed)).hall.plan
        after = datetime(2026, 12, 27, 18, tzinfo=ZONE)
        assert calendar.next_hours(plan, ZONE, after).opens == datetime(2027, 1, 7, 9, tzinfo=ZONE)
        assert calendar.next_open_day(plan, ZONE, date(2026, 12, 26)) == date(2027, 1, 7)

    def test_a_leap_day_is_a_day(self, make_scene):
        plan = make_scene(hours=HOURS).hall.plan
        assert calendar.next_open_day(plan, ZONE, date(2028, 2, 28)) == date(2028, 2, 29)

    def test_hours_are_wall_clock_hours_also_where_the_clock_is_moved(self, make_scene):
        berlin = ZoneInfo("Europe/Berlin")
        plan = make_scene(hours=HOURS, timezone="Europe/Berlin").hall.plan
        before, after = (calendar.posted(plan, berlin, date(2027, 3, day)) for day in (26, 29))
        assert (before.opens.hour, after.opens.hour) == (9, 9)
        assert before.opens.utcoffset() != after.opens.utcoffset()

    def test_a_hall_without_hours_in_sight_says_so(self, make_scene):
        plan = make_scene(hours=HoursPlan(week={})).hall.plan
        assert calendar.next_open_day(plan, ZONE, date(2026, 11, 23)) is None
        always = make_scene(hours=HoursPlan(always=True)).hall.plan
        assert calendar.next_open_day(always, ZONE, date(2026, 12, 31)) == date(2027, 1, 1)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31)))  # noqa: DTZ001 - the zone is put on below
def test_the_next_opening_is_posted_and_nothing_opens_before_it(make_plan, moment):
    plan, at = make_plan(hours=HOURS), moment.replace(tzinfo=ZONE)
    found = calendar.next_hours(plan, ZONE, at)
    assert found.opens > at
    assert calendar.posted(plan, ZONE, found.opens.date()) == found
    days = (found.opens.date() - at.date()).days
    for n in range(days):
        hours = calendar.posted(plan, ZONE, at.date() + timedelta(days=n))
        assert hours is None or hours.opens <= at


class TestLunch:
    def test_the_hall_goes_on_giving_numbers(self, posted):
        posted.open(2)
        posted.at = posted.at.replace(hour=12, minute=30)
        assert posted.take().number == "A001"

    def test_an_empty_window_says_when_it_is_back_unless_it_covers_lunch(self, posted):
        posted.open(1)
        posted.at = posted.at.replace(hour=11, minute=59)
        noon = posted.at.replace(hour=12, minute=0)
        shown, changes = views.display(posted.hall, 3, posted.at)
        assert (shown.mode, changes) == ("closed-window", noon)
        shown, changes = views.display(posted.hall, 3, noon)
        assert (shown.mode, shown.until, changes) == ("lunch", "13:00", noon.replace(hour=13))
        assert views.display(posted.hall, 2, noon)[0].mode == "closed-window"
        assert views.display(posted.hall, 1, noon)[0].mode == "idle"
        assert views.display(posted.hall, 3, noon.replace(hour=13))[0].mode == "closed-window"


class TestStops:
    def test_before_a_planned_stop_numbers_are_given_and_in_it_the_reason_and_the_return_are_told(
        self, posted
    ):
        posted.open(1)
        posted.at = posted.at.replace(hour=16, minute=29)
        assert posted.take("loan").number == "B001"
        posted.at = posted.at.replace(minute=30)
        refusal = no(posted, service="loan")
        assert refusal.code == "service-stopped"
        assert refusal.text == Text(
            zh="对不起，这项业务暂停：年度结息，11月25日9:00恢复，可以网上办理",
            en="Sorry, not available now: yearly interest settlement, back on 25 November, 9:00; please use the online route",
        )
        assert posted.take("withdrawal").number == "A001"

    def test_who_holds_a_number_of_a_stopped_service_is_served(self, posted):
        posted.open(1)
        posted.take("loan")
        posted.ask(asks.StopService, service="loan", reason=SETTLEMENT)
        assert posted.serve(1) == "B001"

    def test_a_manager_stops_a_service_at_once_and_lets_it_go_on(self, posted):
        posted.open(1)
        [told] = posted.ask(asks.StopService, service="withdrawal", reason=SETTLEMENT)
        assert isinstance(told, ServiceStopped)
        assert (told.begins, told.ends) == (posted.at, None)
        assert no(posted).text.zh == "对不起，这项业务暂停：年度结息，引导台可以帮您"
        assert isinstance(posted.ask(asks.ResumeService, service="withdrawal")[0], ServiceResumed)
        assert posted.take().number == "A001"
        assert posted.refuses(asks.ResumeService, service="withdrawal") == "not-stopped"

    def test_a_stop_until_an_hour_of_today_names_the_hour(self, posted):
        posted.open(1)
        until = posted.at.replace(hour=10, minute=30)
        posted.ask(asks.StopService, service="withdrawal", reason=SETTLEMENT, ends=until)
        assert "10:30恢复" in no(posted).text.zh
        posted.at = until
        assert posted.take().number == "A001"

    def test_a_stop_may_begin_later_and_not_end_in_the_past(self, posted):
        posted.open(1)
        noon = posted.at.replace(hour=12)
        early = {"service": "withdrawal", "reason": SETTLEMENT}
        assert posted.refuses(asks.StopService, **early, ends=posted.at) == "time-past"
        assert posted.refuses(asks.StopService, **early, begins=noon, ends=noon) == "time-past"
        assert posted.refuses(asks.StopService, service="tea", reason=SETTLEMENT) == "unknown-service"
        assert posted.refuses(asks.ResumeService, service="tea") == "unknown-service"
        posted.ask(asks.StopService, **early, begins=noon)
        assert posted.take().number == "A001"
        assert stops.changes(posted.hall.state, posted.at) == noon
        posted.at = noon
        assert no(posted).code == "service-stopped"

    def test_a_planned_stop_can_be_lifted_and_the_next_one_still_comes(self, make_scene):
        again = PlannedStop(
            services=("loan",), begins="2026-11-27 09:00", ends="2026-11-27 12:00", reason=SETTLEMENT
        )
        scene = make_scene(hours=msgspec.structs.replace(HOURS, stops=(*HOURS.stops, again))).open(1)
        scene.at = scene.at.replace(hour=16, minute=40)
        scene.ask(asks.ResumeService, service="loan")
        assert scene.take("loan").number == "B001"
        scene.ask(asks.CloseDay)
        scene.at = scene.at.replace(day=27, hour=10)
        scene.open()
        assert no(scene, service="loan").code == "service-stopped"

    def test_stops_and_liftings_cross_the_night(self, posted):
        posted.open(1)
        posted.at = posted.at.replace(hour=16, minute=40)
        posted.ask(asks.StopService, service="withdrawal", reason=SETTLEMENT)
        posted.ask(asks.ResumeService, service="loan")
        posted.ask(asks.CloseDay)
        posted.at = posted.at.replace(day=24, hour=9)
        told = posted.ask(asks.OpenDay)
        fresh = Hall(posted.hall.plan)
        fresh.n = told[0].n - 1
        for fact in told:
            fresh.apply(fact)
        for hall in (posted.hall, fresh):
            assert stops.stopped(hall.state, "withdrawal", posted.at).reason == SETTLEMENT
            assert stops.stopped(hall.state, "loan", posted.at) is None

    def test_of_two_stops_the_longer_one_is_told(self, posted):
        posted.open(1)
        posted.at = posted.at.replace(hour=16, minute=40)
        posted.ask(
            asks.StopService,
            service="loan",
            reason=Text(zh="停电", en="no power"),
            ends=posted.at.replace(hour=17),
        )
        assert "年度结息" in no(posted, service="loan").text.zh

    def test_a_stop_of_every_service_names_none(self, make_scene):
        everything = PlannedStop(begins="2026-11-23 10:00", ends="2026-11-23 11:00", reason=SETTLEMENT)
        scene = make_scene(hours=msgspec.structs.replace(HOURS, stops=(everything,))).open(1)
        scene.at = scene.at.replace(hour=10)
        assert {no(scene, service=service).code for service in ("withdrawal", "loan", "review")} == {
            "service-stopped"
        }

    def test_the_dispenser_is_told_why_until_when_and_what_changes_next(self, posted):
        posted.open(1)
        half = posted.at.replace(hour=16, minute=30)
        told = views.services(posted.hall, half - timedelta(minutes=1))
        assert {service.off for service in told.services} == {None}
        assert views.services_change(posted.hall, half - timedelta(minutes=1)) == half
        loan = next(x for x in views.services(posted.hall, half).services if x.id == "loan")
        assert "年度结息" in loan.off.zh
        assert loan.off_until == datetime(2026, 11, 25, 9, tzinfo=ZONE)


class TestRestrictions:
    """Off by default (C1); on, they say why and what instead."""

    QUOTA = Quota(per_day=2, reason=Text(zh="今天号已领完", en="no more numbers today"), alternative=ONLINE)
    EARLY = EarlyStop(
        before_close_min=30, reason=Text(zh="今天人多", en="it is busy today"), alternative=ONLINE
    )

    def test_without_a_word_of_the_policy_there_is_neither_quota_nor_early_stop(self, posted):
        posted.open(1)
        posted.at = posted.at.replace(hour=16, minute=59)
        assert [posted.take().number for _ in range(20)][-1] == "A020"

    def test_a_quota_ends_a_services_numbers_and_says_why(self, make_scene):
        scene = make_scene(policy=Policy(quotas={"withdrawal": self.QUOTA})).open(1)
        first = scene.take()
        scene.take()
        refusal = no(scene)
        assert (refusal.code, refusal.text.zh) == ("quota-reached", "对不起，今天号已领完，可以网上办理")
        assert scene.take("loan").number == "B001"
        told = {x.id: x.off for x in views.services(scene.hall, scene.at).services}
        assert told["withdrawal"].zh.startswith("对不起")
        assert told["loan"] is None
        scene.ask(asks.Cancel, ticket=first.ticket)
        assert scene.take().number == "A003"

    def test_a_day_that_is_opened_once_more_gives_no_second_quota(self, make_scene):
        scene = make_scene(policy=Policy(quotas={"withdrawal": self.QUOTA})).open(1)
        scene.take()
        scene.ask(asks.CloseDay)
        scene.ask(asks.OpenDay)
        second = scene.take()
        assert scene.no(scene.take) == "quota-reached"
        scene.ask(asks.Cancel, ticket=second.ticket)
        assert scene.take()
        scene.ask(asks.CloseDay)
        scene.later(minutes=24 * 60)
        scene.ask(asks.OpenDay)
        assert scene.take()

    def test_who_has_an_appointment_is_past_the_quota(self, make_scene):
        scene = make_scene(policy=Policy(quotas={"withdrawal": self.QUOTA})).open(1)
        scene.take()
        scene.take()
        assert scene.take(lane="appointment").number == "A003"

    def test_an_early_stop_holds_from_its_minute_on(self, make_scene):
        scene = make_scene(policy=Policy(early_stop=self.EARLY)).open(1)
        scene.at = scene.at.replace(hour=16, minute=29, second=58)
        assert scene.take().number == "A001"
        assert admission.changes(scene.hall.state, scene.at) == scene.at.replace(minute=30, second=0)
        scene.later(seconds=1)
        assert no(scene).code == "stopped-early"

    def test_a_day_with_a_list_of_services_gives_only_those_and_lets_appointments_in(self, posted):
        posted.at = posted.at.replace(day=28)
        posted.open(2)
        assert no(posted, service="loan").code == "not-today"
        assert posted.take("loan", lane="appointment").number == "B001"
        assert posted.take("withdrawal").number == "A001"
