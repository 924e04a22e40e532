"""In a hall whose policy wants it, who comes next is asked to get ready: together, once, and never instead of a call."""

import msgspec
import pytest

from hall.messages import asks
from hall.policy import USUAL
from hub.domain import voice


@pytest.fixture
def scene(make_scene):
    """Three at a time are asked."""
    return make_scene(policy=msgspec.structs.replace(USUAL, alarms=None, near=3)).open(2)


def take(scene, many, **more):
    return [scene.take("withdrawal", **more).number for _ in range(many)]


def call(scene):
    """One person is called and served."""
    scene.serve(2, minutes=3)


def asked(scene):
    return [(x.fields["first"], x.fields["last"]) for x in scene.said if x.phrase == "voice.near"]


def test_the_next_three_are_asked_together_and_once(scene):
    numbers = take(scene, 8)
    call(scene)
    assert asked(scene) == [(numbers[1], numbers[3])]
    call(scene)
    call(scene)
    assert len(asked(scene)) == 1
    call(scene)
    assert asked(scene)[1:] == [(numbers[4], numbers[6])]


def test_the_call_itself_comes_first_and_what_is_late_is_left_out(scene):
    take(scene, 4)
    call(scene)
    called, ready = scene.said[1:3]
    assert (called.phrase, ready.phrase) == ("voice.call", "voice.near")
    assert called.rank < ready.rank
    assert ready.expires_s < called.expires_s
    assert ready.times == 1
    assert ready.rank == voice.NOTICE


def test_a_quiet_hall_and_one_that_says_nothing_of_it_ask_nobody(make_scene):
    assert USUAL.near is None
    scene = make_scene(policy=msgspec.structs.replace(USUAL, alarms=None)).open(2)
    take(scene, 6)
    for _ in range(3):
        call(scene)
    assert asked(scene) == []


def test_fewer_than_three_are_not_asked(scene):
    take(scene, 3)
    call(scene)
    assert asked(scene) == []


def test_two_minutes_lie_between_two_such_sentences(scene):
    take(scene, 9)
    for _ in range(4):
        scene.serve(2, minutes=0)
        scene.later(seconds=25)
    assert len(asked(scene)) == 1


def test_a_clock_that_was_set_back_silences_nobody(scene):
    numbers = take(scene, 12)
    call(scene)
    scene.later(minutes=-60)
    for _ in range(3):
        call(scene)
    assert asked(scene) == [(numbers[1], numbers[3]), (numbers[4], numbers[6])]


def test_nobody_of_another_lane_is_named(scene):
    take(scene, 2)
    take(scene, 3, lane="priority")
    call(scene)
    assert asked(scene) == []


def test_a_recall_asks_nobody(scene):
    scene.take()
    scene.call(2)
    take(scene, 4)
    scene.later(minutes=3)
    scene.ask(asks.Recall, window=2)
    assert asked(scene) == []


def test_who_was_asked_stays_asked_when_the_call_is_taken_back(scene):
    numbers = take(scene, 8)
    scene.call(2)
    scene.ask(asks.Undo, window=2)
    scene.later(minutes=3)
    call(scene)
    assert asked(scene) == [(numbers[1], numbers[3])]
