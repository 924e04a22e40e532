"""What people are told about their wait: eight of ten waits lie within, and nothing is said that nobody can know."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.weeks import figures
from bench.weeks.hall import run
from bench.weeks.people import POLICIES
from hall.messages import asks
from hall.plan import DayHours, HoursPlan, Lunch
from hall.policy import AppointmentPolicy, Policy
from hub.domain import waits
from hub.domain.hall import Hall
from hub.domain.turns import BELOW, Track, turns


def practised(scene, minutes=10, times=6, service="withdrawal", window=2):
    """The hall knows how long a turn takes."""
    for _ in range(times):
        scene.take(service)
        scene.serve(window, minutes=minutes)
    return scene


def expected(scene, service="withdrawal", lane="normal"):
    return waits.estimate(scene.hall.state, service, lane, scene.at).expected_s


class TestWhatCounts:
    def test_a_pause_with_a_time_is_waited_for_and_one_without_is_not(self, make_scene):
        hall = practised(make_scene().open(2, 3))
        hall.ask(asks.Pause, window=2, reason="x", until=hall.at + timedelta(minutes=5))
        hall.take()
        hall.call(3)
        back_in_five = expected(hall)
        assert 120 < back_in_five <= 300
        hall.ask(asks.Resume, window=2)
        hall.ask(asks.Pause, window=2, reason="x")
        assert expected(hall) > 500

    def test_windows_that_eat_call_nobody_meanwhile(self, make_scene):
        lunch = Lunch(begins="12:00", ends="13:00", windows=(3,))
        week = {"mon": DayHours(open="09:00", close="17:00", lunch=lunch)}
        hall = practised(make_scene(hours=HoursPlan(week=week)).open(2, 3))
        hall.at = hall.at.replace(hour=11, minute=50)
        for window in (2, 3):
            hall.take()
            hall.call(window)
        for _ in range(3):
            hall.take()
        near_noon = expected(hall)
        hall.at = hall.at.replace(hour=14)
        early = make_scene(hours=HoursPlan(week=week)).open(2, 3)
        practised(early)
        for window in (2, 3):
            early.take()
            early.call(window)
        for _ in range(3):
            early.take()
        assert near_noon > expected(early) + 300

    def test_booked_people_who_are_due_before_are_in_front(self, make_scene):
        policy = Policy(
            streak_cap=2, appointment=AppointmentPolicy(due_before_s=300, quotas={"withdrawal": 2})
        )
        hall = practised(make_scene(policy=policy).open(2))
        hall.at = hall.at.replace(hour=10, minute=50)
        hall.take()
        hall.call(2)
        for _ in range(2):
            hall.take()
        before = expected(hall)
        for code in ("111111", "222222"):
            hall.ask(
                asks.Book, service="withdrawal", slot=hall.at.replace(hour=11, minute=0, second=0), code=code
            )
        assert expected(hall) == pytest.approx(before + 2 * 600, abs=60)

    def test_people_sent_to_a_window_keep_it_busy(self, make_scene):
        hall = practised(make_scene().open(1, 2))
        hall.take()
        hall.call(1)
        hall.take()
        hall.call(2)
        before = expected(hall)
        hall.transfer(1, 2)
        hall.take()
        hall.call(1)
        assert expected(hall) > before

    def test_what_is_learned_crosses_the_night(self, make_scene):
        hall = practised(make_scene().open(2))
        told = expected(hall)
        hall.ask(asks.CloseDay)
        hall.later(days=1)
        hall.ask(asks.OpenDay)
        hall.at = hall.at.replace(hour=9)
        assert expected(hall) == told
        again = Hall(hall.hall.plan)
        again.n = hall.facts[-1].n - 1
        again.apply(hall.facts[-1])
        assert (again.state.took, again.state.tracks) == (hall.hall.state.took, hall.hall.state.tracks)

    def test_a_call_taken_back_teaches_nothing(self, make_scene):
        hall = practised(make_scene().open(2))
        hall.take()
        before = dict(hall.hall.state.tracks), dict(hall.hall.state.took)
        hall.call(2)
        hall.ask(asks.Undo, window=2)
        assert (hall.hall.state.tracks, hall.hall.state.took) == before


@settings(max_examples=30)
@given(people=st.lists(st.sampled_from(["withdrawal", "loan"]), max_size=25))
def test_who_comes_later_is_never_told_a_shorter_wait(make_plan, people):
    from .conftest import Scene

    hall = practised(Scene(make_plan()).open(1, 2, 3))
    last = {}
    for service in people:
        told = hall.take(service)
        if told.expected_s is not None:
            assert told.expected_s >= last.get(service, 0) - 2
            assert told.wait_min_s <= told.expected_s <= told.wait_max_s
            last[service] = told.expected_s


@given(seconds=st.lists(st.integers(1, 10_000), min_size=1, max_size=80), elapsed=st.integers(0, 20_000))
def test_what_is_left_of_a_turn_is_never_negative(seconds, elapsed):
    assert turns(seconds).remaining_s(elapsed) > 0


@given(waits_=st.lists(st.floats(-3, 3), min_size=400, max_size=400))
def test_a_track_leaves_its_shares_below_whatever_the_waits_are(waits_):
    """The long-run promise of the method, for any sequence that stays within what a track can reach."""
    track, below = Track(), [0, 0, 0]
    for x in waits_:
        ends = (track.low, track.middle, track.high)
        was = [x < end for end in ends]
        below = [count + one for count, one in zip(below, was, strict=True)]
        track = track.after(below_low=was[0], below_middle=was[1], below_high=was[2])
    for count, share in zip(below, BELOW, strict=True):
        assert abs(count / len(waits_) - share) < 0.3


def test_ranges_hold_over_a_simulated_week_and_beat_the_naive_guess():
    """A small share of what ``make waits`` measures."""
    told = run(POLICIES["strict, capped"], weeks=2, seed=7)
    everybody = figures.figures("everybody", told)
    assert everybody.told > 0.9 * everybody.people
    assert 0.7 <= everybody.covered <= 0.9
    assert everybody.error_min < everybody.naive_min
