"""A clerk's own day: what they did, and counts of ratings that tell nothing about one person."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.messages import facts as f
from hall.messages.common import Act, Outcome
from hub.console.reports.my_day import MyDay, MyDays

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Story:
    """Facts in order, as they are told."""

    def __init__(self):
        self.days, self.n = MyDays(), itertools.count(1)

    def tell(self, kind, *, step=1, ticket="t1", clerk="018", **fields):
        fact = kind(
            n=next(self.n), at=AT, ticket=ticket, number="A001", window=1, clerk=clerk, step=step, **fields
        )
        self.days.hear(fact)
        return fact

    def finish(self, seconds, **fields):
        return self.tell(f.ServiceFinished, seconds=seconds, outcome=Outcome.DONE, **fields)

    def rate(self, grade, **fields):
        return self.tell(f.TicketRated, grade=grade, **fields)

    def of(self, clerk="018"):
        return self.days.my_day(clerk)


@pytest.fixture
def story():
    return Story()


def test_who_did_nothing_yet_has_an_empty_day(story):
    assert story.of("999") == MyDay(served=0, handling_median_s=None, grades=None)


def test_steps_that_were_worked_on_count_wherever_the_person_went_then(story):
    story.finish(100)
    story.tell(f.TicketTransferred, ticket="t2", to="loan", seconds=300)
    story.tell(f.TicketTransferred, ticket="t3", to="loan", seconds=0)
    story.finish(200, ticket="t4", clerk="019")
    assert (story.of().served, story.of().handling_median_s) == (2, 200)
    assert story.of("019").served == 1


def test_an_end_that_was_taken_back_was_none(story):
    story.finish(100)
    story.tell(f.ActUndone, what=Act.FINISH, undone=1, life="serving")
    assert story.of() == MyDay()
    story.finish(160)
    assert (story.of().served, story.of().handling_median_s) == (1, 160)


def test_a_fact_that_comes_again_after_a_restart_counts_once(story):
    fact = story.finish(100)
    story.days.hear(fact)
    assert story.of().served == 1


def test_a_new_day_begins_with_nothing(story):
    story.finish(100)
    for n in range(5):
        story.rate(4, ticket=f"t{n}")
    story.days.hear(f.DayOpened(n=next(story.n), at=AT, day="2026-11-24"))
    assert story.of() == MyDay()


@given(grades=st.lists(st.integers(1, 4), max_size=30))
def test_counts_of_ratings_come_from_five_up_and_move_on_by_five(grades):
    story = Story()
    shown = []
    for n, grade in enumerate(grades, 1):
        story.rate(grade, ticket=f"t{n}")
        shown.append(story.of().grades)
    assert all(one is None for one in shown[:4])
    for n, one in enumerate(shown, 1):
        if one is not None:
            assert list(one) == [4, 3, 2, 1]
            assert sum(one.values()) == n // 5 * 5
            assert one == {grade: grades[: n // 5 * 5].count(grade) for grade in (4, 3, 2, 1)}
