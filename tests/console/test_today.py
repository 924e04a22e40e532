"""The day in figures as it goes, and the crowd procedure, from the facts of a hall that lives."""

from datetime import timedelta

import msgspec
import pytest

from hall.messages import asks, facts
from hall.messages.common import NoticeKind
from hall.policy import USUAL, AlarmPolicy, WaitLimit
from hub.console.mirror.procedure import Did, Procedures
from hub.console.mirror.today import DayFigures, Today, WindowDay
from hub.domain import orders
from tests.domain.conftest import Scene, example_plan

ALARMS = AlarmPolicy(
    wait=WaitLimit(warn_min=5, breach_min=10), waiting_per_window=3, waiting_in_hall=None, unstaffed_min=None
)


@pytest.fixture
def scene():
    return Scene(example_plan(policy=msgspec.structs.replace(USUAL, alarms=ALARMS))).open(2)


def figures(scene):
    today = Today(ALARMS)
    for fact in [*scene.facts, *scene.facts]:  # told twice, as after a restart
        today.hear(fact)
    return today.figures()


def log(scene):
    procedures = Procedures()
    for fact in [*scene.facts, *scene.facts]:
        procedures.hear(fact)
    return procedures.log


class TestToday:
    def test_a_wait_ends_with_the_first_call_and_is_held_against_the_promise(self, scene):
        for _ in range(3):
            scene.take()
        scene.serve(2, minutes=6)
        scene.serve(2, minutes=6)
        scene.serve(2, minutes=6)
        seen = figures(scene)
        assert (seen.waited, seen.kept, seen.limit_min) == (3, 2, 10)
        assert (seen.median_min, seen.longest_min, seen.kept_percent) == (7, 12, 66)

    def test_a_recall_is_no_second_wait_and_a_call_that_was_taken_back_is_none(self, scene):
        scene.take()
        scene.call(2)
        scene.later(minutes=1).ask(asks.Recall, window=2)
        assert figures(scene).waited == 1
        scene.ask(asks.Undo, window=2)
        assert figures(scene).waited == 0

    def test_each_window_has_its_first_and_last_call(self, scene):
        scene.take()
        scene.take()
        first = scene.at
        scene.serve(2, minutes=4)
        last = scene.at
        scene.call(2)
        assert figures(scene).windows == {2: WindowDay(first=first, last=last, calls=2)}

    def test_ratings_are_counted_by_grade_and_another_day_begins_with_nothing(self, scene):
        for grade in (4, 4, 1):
            scene.take()
            scene.call(2)
            (finished,) = scene.finish(2)
            scene.rate(finished, grade)
        assert figures(scene).grades == (2, 0, 0, 1)
        assert figures(scene).rated == 3
        scene.ask(asks.CloseDay)
        scene.later(days=1).ask(asks.OpenDay)
        assert figures(scene) == DayFigures(limit_min=10)

    def test_nobody_called_is_no_hundred_per_cent(self, scene):
        assert figures(scene).kept_percent is None


class TestProcedure:
    def test_a_breach_tells_who_did_what_and_when_it_was_over(self, scene):
        for _ in range(3):
            scene.take()
        scene.give(orders.LookAround(), "hub")
        (rung,) = scene.of(facts.AlarmRung)
        assert [breach.deeds for breach in log(scene)] == [()]
        scene.later(minutes=1).ask(asks.AnswerAlarm, alarm=rung.alarm, did="请三号窗口开窗", actor="值班 006")
        scene.later(minutes=1).sit(3)
        scene.ask(asks.SetProfile, window=5, serves=("review", "loan"), helps=("withdrawal",))
        scene.later(minutes=11).give(asks.Broadcast(id="n", kind=NoticeKind.CROWD, actor="guide"))
        scene.serve(3, minutes=1)
        scene.serve(2, minutes=1)
        scene.give(orders.LookAround(), "hub")
        (breach,) = [breach for breach in log(scene) if breach.alarm == rung.alarm]
        assert [deed.did for deed in breach.deeds] == [Did.ANSWERED, Did.OPENED, Did.PROFILE, Did.TOLD]
        assert [deed.who for deed in breach.deeds] == ["值班 006", "003", None, "guide"]
        assert breach.ended is not None
        assert breach.ended - breach.at >= timedelta(minutes=13)

    def test_the_reserve_is_paged_answers_and_sits_and_all_of_it_is_in_the_log(self):
        policy = msgspec.structs.replace(USUAL, alarms=ALARMS)
        scene = Scene(example_plan(policy=policy, reserve=("003", "005"))).open(2)
        for _ in range(3):
            scene.take()
        scene.give(orders.LookAround(), "hub")
        scene.later(minutes=1).ask(asks.AnswerPage, clerk="005", coming=False)
        scene.ask(asks.AnswerPage, clerk="003")
        scene.later(minutes=1).sit(3)
        scene.serve(3, minutes=1)
        scene.serve(2, minutes=1)
        scene.give(orders.LookAround(), "hub")
        [breach] = log(scene)
        assert [(deed.did, deed.who) for deed in breach.deeds] == [
            (Did.PAGED, "003"),
            (Did.PAGED, "005"),
            (Did.UNABLE, "005"),
            (Did.COMING, "003"),
            (Did.OPENED, "003"),
        ]
        assert breach.ended is not None

    def test_what_happens_without_a_breach_is_no_part_of_it(self, scene):
        scene.sit(3)
        assert log(scene) == ()

    def test_what_is_done_after_it_is_over_is_not_added(self, scene):
        for _ in range(3):
            scene.take()
        scene.give(orders.LookAround(), "hub")
        scene.serve(2, minutes=1)
        scene.give(orders.LookAround(), "hub")
        scene.sit(3)
        assert [breach.deeds for breach in log(scene)] == [()]
