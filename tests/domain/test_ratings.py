from datetime import timedelta

import pytest

from hall.messages import asks
from hub.domain import ratings, views


@pytest.fixture
def done(served):
    """Somebody was served at window 1 and walks to the pad."""
    served.take()
    served.call(1)
    served.start(1)
    served.later(minutes=5)
    return served.finish(1)[0]


def asked(scene, window=1):
    want, _ = views.rating(scene.hall, window, scene.at)
    return (want.ticket, want.step) if want.ticket else None


def test_the_pad_asks_at_finish_for_a_minute(served, done):
    want, changes = views.rating(served.hall, 1, served.at)
    assert (want.ticket, want.step, want.window) == (done.ticket, 1, 1)
    assert want.until == changes == served.at + timedelta(seconds=60)
    served.later(seconds=60)
    assert asked(served) is None


def test_the_pad_asks_at_a_transfer_after_work_and_each_step_has_its_own_rating(served):
    served.take()
    served.call(1)
    served.start(1)
    served.later(minutes=1)
    first = served.transfer(1, "review")
    assert asked(served) == (first.ticket, 1)
    served.call(5)
    (second,) = served.finish(5)
    assert asked(served, 5) == (first.ticket, 2)
    served.rate(first, 1)
    (rated,) = served.rate(second, 4)
    assert (rated.window, rated.clerk, rated.step, rated.grade) == (5, "005", 2, 4)


def test_a_rating_names_window_clerk_step_and_grade(served, done):
    (rated,) = served.rate(done, 2, cast_at=served.at)
    assert (rated.number, rated.window, rated.clerk, rated.step, rated.grade) == ("A001", 1, "001", 1, 2)
    assert asked(served) is None


def test_one_press_per_step(served, done):
    served.rate(done)
    assert served.no(served.rate, done) == "already-rated"


@pytest.mark.parametrize("wrong", [{"ticket": "x"}, {"window": 2}, {"step": 2}])
def test_a_vote_for_a_step_that_was_not_asked_is_refused(served, done, wrong):
    assert served.no(served.rate, done, **wrong) == "unknown-step"


def test_a_vote_cast_in_time_counts_however_late_it_comes(served, done):
    cast = served.at + timedelta(seconds=60)
    served.take()
    served.later(hours=7)
    assert served.rate(done, cast_at=cast)


def test_a_vote_cast_too_late_is_refused(served, done):
    served.later(seconds=61)
    assert served.no(served.rate, done, cast_at=served.at) == "rating-closed"


def test_a_vote_that_comes_in_time_counts_though_the_hubs_clock_is_behind_the_pads(served, done):
    served.later(seconds=5)
    assert served.rate(done, cast_at=served.at + timedelta(hours=2))


def test_the_next_call_there_closes_the_rating(served, done):
    served.take()
    served.later(seconds=10)
    served.call(1)
    assert asked(served) is None
    called = served.at
    served.later(seconds=1)
    assert served.no(served.rate, done, cast_at=served.at) == "rating-closed"
    assert served.rate(done, cast_at=called)


def test_a_call_elsewhere_closes_nothing(served, done):
    served.take()
    served.call(2)
    assert asked(served) == (done.ticket, 1)


def test_a_pad_without_a_good_clock_is_believed(served, done):
    served.later(hours=3)
    assert served.rate(done, cast_at=None)


class TestOverNight:
    def test_a_late_vote_counts_the_next_morning(self, served, done):
        cast = served.at
        served.ask(asks.CloseDay)
        assert served.rate(done, cast_at=cast, ticket=done.ticket)

    def test_and_after_the_new_day_began(self, served, done):
        cast = served.at
        served.ask(asks.CloseDay)
        served.later(days=1).ask(asks.OpenDay)
        assert asked(served) is None
        assert served.no(served.rate, done, cast_at=cast + timedelta(seconds=61)) == "rating-closed"
        (rated,) = served.rate(done, cast_at=cast)
        assert rated.number == "A001"

    def test_but_not_after_two_nights_nor_for_what_was_rated(self, served, done):
        served.take()
        served.call(1)
        (other,) = served.finish(1)
        served.rate(other)
        served.ask(asks.CloseDay)
        served.later(days=1).ask(asks.OpenDay)
        assert served.no(served.rate, other) == "unknown-step"
        served.ask(asks.CloseDay)
        served.later(days=1).ask(asks.OpenDay)
        assert served.rate(done)

    def test_each_window_keeps_its_last_eight(self, served):
        done = []
        for _ in range(10):
            served.take()
            served.call(1)
            done += served.finish(1)
        served.ask(asks.CloseDay)
        served.later(days=1).ask(asks.OpenDay)
        assert served.no(served.rate, done[1]) == "unknown-step"
        for step in done[2:]:
            assert served.rate(step)


def by_phone(scene, done, official=5, step=1, **changes):
    fields = {"ticket": done.ticket, "step": step, "official": official}
    return scene.ask(asks.RateService, **(fields | changes))


@pytest.mark.parametrize(("official", "grade"), [(5, 4), (4, 3), (3, 2), (2, 1), (1, 1)])
def test_the_phone_page_rates_on_the_official_scale_and_says_so(served, done, official, grade):
    (rated,) = by_phone(served, done, official)
    assert (rated.grade, rated.official, rated.via.value) == (grade, official, "phone")
    assert (rated.ticket, rated.window, rated.clerk, rated.step) == (done.ticket, 1, "001", 1)


def test_what_the_pad_says_is_declared_on_the_official_scale_without_its_lowest(served, done):
    (rated,) = served.rate(done, 1)
    assert (rated.via, rated.official) == (None, None)
    assert ratings.OFFICIAL == {4: 5, 3: 4, 2: 3, 1: 2}
    assert all(ratings.GRADES[official] == grade for grade, official in ratings.OFFICIAL.items())


def test_a_step_is_rated_once_at_the_pad_or_by_phone(served, done):
    served.rate(done, 4)
    assert served.no(by_phone, served, done) == "already-rated"


def test_who_rated_by_phone_is_not_asked_at_the_pad_any_more(served, done):
    by_phone(served, done)
    assert asked(served) is None
    assert served.no(served.rate, done) == "already-rated"


def test_the_phone_page_rates_what_the_pad_no_longer_asks_about_until_a_day_has_passed(served, done):
    served.take()
    served.call(1)
    assert asked(served) is None
    assert served.no(by_phone, served, done, step=2) == "unknown-step"
    assert served.no(by_phone, served, done, ticket="x") == "unknown-step"
    served.later(hours=24, seconds=1)
    assert served.no(by_phone, served, done) == "rating-closed"
    served.later(seconds=-2)
    assert by_phone(served, done)


def test_a_step_that_is_not_over_is_not_rated_by_phone(served):
    issued = served.take()
    served.call(1)
    served.start(1)
    assert served.no(by_phone, served, issued, step=1) == "unknown-step"


def test_whoever_was_served_last_may_still_rate_by_phone_the_next_morning(served, done):
    served.later(hours=8)
    served.ask(asks.CloseDay)
    served.later(hours=15)
    served.ask(asks.OpenDay)
    (rated,) = by_phone(served, done, 2)
    assert (rated.grade, rated.official) == (1, 2)
