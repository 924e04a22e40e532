"""Deadlines count the hall's working time: posted hours, no lunch, no holiday, working Saturdays."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.plan import DayHours, HoursPlan, Lunch, SpecialDay
from hall.text import Text
from hub.console.cases.kinds import Term
from hub.console.cases.working import WorkingTime

ZONE = ZoneInfo("Asia/Shanghai")
WEEKDAY = DayHours(open="09:00", close="17:00", lunch=Lunch(begins="12:00", ends="13:00", windows=(2,)))
HOURS = HoursPlan(
    week=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WEEKDAY),
    special={
        "2026-12-01": SpecialDay(reason=Text(zh="设备检修", en="maintenance")),
        "2026-12-05": SpecialDay(
            reason=Text(zh="调休上班", en="working Saturday"), hours=DayHours(open="09:00", close="12:00")
        ),
    },
)


def hall(hours=HOURS):
    return WorkingTime(SimpleNamespace(hours=hours), ZONE)


def at(day, clock="09:00"):
    return datetime.fromisoformat(f"2026-{day}T{clock}:00").replace(tzinfo=ZONE)


#: any minute of six weeks around the holiday, the working Saturday and the change of the year
MOMENTS = st.integers(0, 42 * 24 * 60).map(lambda m: at("11-20", "00:00") + timedelta(minutes=m))
MINUTES = st.integers(1, 20 * 420)


class TestByHand:
    @pytest.mark.parametrize(
        ("begins", "minutes", "ends"),
        [
            (at("11-27", "10:00"), 60, at("11-27", "11:00")),
            (at("11-27", "11:30"), 60, at("11-27", "13:30")),  # over lunch
            (at("11-27", "16:30"), 60, at("11-30", "09:30")),  # over a weekend
            (at("11-28", "12:00"), 120, at("11-30", "11:00")),  # from a Saturday on
            (at("11-30", "16:00"), 120, at("12-02", "10:00")),  # over a holiday
            (at("12-04", "16:00"), 120, at("12-05", "10:00")),  # into a working Saturday
        ],
    )
    def test_minutes_run_while_the_hall_works(self, begins, minutes, ends):
        assert hall().after(begins, Term(minutes=minutes)) == ends

    @pytest.mark.parametrize(
        ("begins", "days", "ends"),
        [
            (at("11-26", "16:59"), 1, at("11-27", "17:00")),
            (at("11-27", "09:00"), 1, at("11-30", "17:00")),
            (at("11-28", "20:00"), 1, at("11-30", "17:00")),
            (at("11-30", "09:00"), 1, at("12-02", "17:00")),
            (at("12-03", "09:00"), 2, at("12-05", "12:00")),
        ],
    )
    def test_days_end_with_the_closing_of_the_last_working_day(self, begins, days, ends):
        assert hall().after(begins, Term(days=days)) == ends

    def test_a_hall_that_never_closes_works_day_and_night(self):
        always = hall(HoursPlan(always=True))
        assert always.after(at("11-28", "23:30"), Term(minutes=60)) == at("11-29", "00:30")
        assert always.after(at("11-28", "23:30"), Term(days=1)) == at("11-30", "00:00")

    def test_a_calendar_that_nobody_filled_in_still_gives_a_deadline(self):
        assert hall(HoursPlan()).after(at("11-28"), Term(days=1)) < at("11-28") + timedelta(days=60)


class TestAnyMoment:
    @given(MOMENTS, MINUTES)
    def test_what_is_counted_to_the_deadline_is_what_was_given(self, begins, minutes):
        ends = hall().after(begins, Term(minutes=minutes))
        assert hall().between(begins, ends) == pytest.approx(minutes * 60)

    @given(
        MOMENTS,
        st.one_of(MINUTES.map(lambda m: Term(minutes=m)), st.integers(1, 20).map(lambda d: Term(days=d))),
    )
    def test_a_deadline_is_later_and_within_the_hours_or_at_their_end(self, begins, term):
        ends = hall().after(begins, term)
        assert ends > begins
        assert any(first < ends <= last for first, last in hall().of(ends.date()))

    @given(MOMENTS, st.integers(0, 5000), MINUTES, st.integers(1, 20))
    def test_who_begins_later_is_not_due_earlier(self, begins, later, minutes, days):
        after = begins + timedelta(minutes=later)
        for term in (Term(minutes=minutes), Term(days=days)):
            assert hall().after(begins, term) <= hall().after(after, term)

    @given(MOMENTS, MINUTES, MINUTES)
    def test_two_terms_one_after_the_other_are_their_sum(self, begins, one, two):
        first = hall().after(begins, Term(minutes=one))
        assert hall().after(first, Term(minutes=two)) == hall().after(begins, Term(minutes=one + two))

    @given(MOMENTS, st.integers(1, 20))
    def test_so_many_working_days_close_between_beginning_and_deadline(self, begins, days):
        ends = hall().after(begins, Term(days=days))
        between = (begins.date() + timedelta(days=n) for n in range(1, 400))
        worked = [day for day in between if day <= ends.date() and hall().of(day)]
        assert len(worked) == days

    @given(MOMENTS, st.integers(1, 20), st.floats(0.01, 1.0))
    def test_a_share_of_the_time_lies_between_and_is_that_share(self, begins, days, share):
        ends = hall().after(begins, Term(days=days))
        part = hall().part(begins, ends, share)
        assert part <= ends
        assert hall().between(begins, part) == pytest.approx(hall().between(begins, ends) * share, abs=0.01)

    @given(MOMENTS, MOMENTS)
    def test_nothing_is_worked_backwards_or_on_a_holiday(self, one, two):
        assert hall().between(one, two) >= 0
        assert hall().between(two, one) == 0 or two < one
        assert hall().of(date(2026, 12, 1)) == ()
        assert hall().between(at("12-01", "00:00"), at("12-02", "00:00")) == 0


def test_a_change_of_the_clocks_takes_no_working_time():
    berlin = ZoneInfo("Europe/Berlin")
    night = WorkingTime(SimpleNamespace(hours=HoursPlan(always=True)), berlin)
    begins = datetime(2026, 10, 24, 12, tzinfo=berlin)
    assert night.between(begins, datetime(2026, 10, 25, 12, tzinfo=berlin)) == 25 * 3600
