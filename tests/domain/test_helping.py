"""Silent help: the duty officer hears of it at once, and nobody in the hall does (M33)."""

import msgspec

from hall.messages import asks
from hall.messages.common import AlarmCode, AlarmLevel
from hall.policy import USUAL
from hub.domain import orders, views


def look(scene):
    return scene.give(orders.LookAround(), "hub")


def test_a_call_for_help_rings_at_once_for_the_duty_officer_and_nobody_else_hears_it(served):
    number = served.take().number
    served.call(1)
    said, sign = len(served.said), views.display(served.hall, 1, served.at)
    (called,) = served.ask(asks.CallHelp, window=1)
    assert (called.window, called.clerk, called.number) == (1, "001", number)
    assert served.hall.next_look(served.at) == served.at
    (rung,) = look(served)
    assert (rung.code, rung.level, rung.window, rung.clerk) == (
        AlarmCode.HELP_CALLED,
        AlarmLevel.URGENT,
        1,
        "001",
    )
    assert "值班长" in rung.text.zh
    assert len(served.said) == said
    assert views.display(served.hall, 1, served.at) == sign


def test_it_stands_until_somebody_says_that_it_is_over(served):
    served.ask(asks.CallHelp, window=2)
    (rung,) = look(served)
    served.later(minutes=20)
    assert look(served) == []
    served.ask(asks.AnswerAlarm, alarm=rung.alarm, did="值班长已到场")
    assert look(served) == []
    (ended,) = served.ask(asks.EndHelp, window=2)
    assert ended.seconds == 20 * 60
    (stopped,) = look(served)
    assert stopped.alarm == rung.alarm


def test_it_is_called_once_and_ended_once(served):
    served.ask(asks.CallHelp, window=1)
    assert served.refuses(asks.CallHelp, window=1) == "help-called"
    served.ask(asks.EndHelp, window=1)
    assert served.refuses(asks.EndHelp, window=1) == "no-help-called"
    assert served.ask(asks.CallHelp, window=1)


def test_who_does_not_sit_there_cannot_call_and_a_closed_hall_has_nobody_to_come(served):
    assert served.refuses(asks.CallHelp, window=3) == "not-seated"
    assert served.refuses(asks.CallHelp, window=99) == "unknown-window"
    served.ask(asks.CloseDay)
    assert served.refuses(asks.CallHelp, window=1) == "closed"


def test_it_rings_in_a_hall_without_any_other_alarm_and_stops_with_the_day(make_scene):
    scene = make_scene(policy=msgspec.structs.replace(USUAL, alarms=None)).open(1)
    scene.ask(asks.CallHelp, window=1)
    (rung,) = look(scene)
    closed = scene.ask(asks.CloseDay)
    assert rung.alarm in {getattr(fact, "alarm", None) for fact in closed}
    scene.ask(asks.OpenDay)
    assert look(scene) == []


def test_it_stands_though_the_clerk_leaves(served):
    served.ask(asks.CallHelp, window=1)
    look(served)
    served.ask(asks.Leave, window=1)
    assert look(served) == []
    assert served.hall.state.helps
