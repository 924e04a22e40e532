"""When a line is past its limit the reserve is paged by name, answers with a tap, and is paged once (M7)."""

import msgspec
import pytest

from hall.messages import asks, facts
from hall.plan import StaffPlan
from hall.policy import USUAL, AlarmPolicy, WaitLimit
from hall.settings_plan import problems
from hub.domain import orders

CROWD_OF_THREE = AlarmPolicy(
    wait=WaitLimit(warn_min=1440, breach_min=1440),
    waiting_per_window=None,
    waiting_in_hall=3,
    unstaffed_min=None,
    transfers=None,
    forgotten_factor=None,
)


@pytest.fixture
def crowded(make_scene):
    """A hall with a crowd of three and two in reserve, where 002 sits; before anybody looked around."""
    policy = msgspec.structs.replace(USUAL, alarms=CROWD_OF_THREE)
    scene = make_scene(policy=policy, reserve=("031", "032")).open(2)
    for _ in range(3):
        scene.take()
    return scene


def look(scene):
    told = scene.give(orders.LookAround(), "hub")
    assert scene.give(orders.LookAround(), "hub") == [], "told twice"
    return told


def paged(told):
    return [fact.clerk for fact in told if isinstance(fact, facts.ClerkPaged)]


def the_alarm(scene):
    return scene.of(facts.AlarmRung)[-1].alarm


def test_the_look_that_rings_pages_the_reserve_by_name_each_once(crowded):
    told = look(crowded)
    assert [type(fact) for fact in told] == [facts.AlarmRung, facts.ClerkPaged, facts.ClerkPaged]
    assert paged(told) == ["031", "032"]
    assert {fact.alarm for fact in told} == {told[0].alarm}
    crowded.take()
    assert paged(look(crowded)) == []


def test_who_sits_already_is_not_paged(crowded):
    crowded.sit(3, "031")
    assert paged(look(crowded)) == ["032"]


def test_who_answers_comes_or_cannot_and_may_think_again(crowded):
    look(crowded)
    (answered,) = crowded.ask(asks.AnswerPage, clerk="031", coming=False)
    assert (answered.clerk, answered.coming, answered.alarm) == ("031", False, the_alarm(crowded))
    assert paged(look(crowded)) == [], "who cannot come is not asked again by the hall"
    (answered,) = crowded.ask(asks.AnswerPage, clerk="031")
    assert answered.coming is True
    assert crowded.refuses(asks.AnswerPage, clerk="006") == "not-paged"


def test_who_sits_down_is_paged_no_more_and_again_when_they_get_up_too_early(crowded):
    look(crowded)
    crowded.sit(3, "031")
    assert crowded.refuses(asks.AnswerPage, clerk="031") == "not-paged"
    crowded.ask(asks.Leave, window=3, clerk="031")
    assert crowded.hall.next_look(crowded.at) == crowded.at
    assert paged(look(crowded)) == ["031"]


def test_back_under_the_limit_nobody_is_wanted_any_more(crowded):
    look(crowded)
    for _ in range(2):
        crowded.call(2)
        crowded.start(2)
        crowded.finish(2)
    (stopped,) = look(crowded)
    assert isinstance(stopped, facts.AlarmStopped)
    assert crowded.refuses(asks.AnswerPage, clerk="031") == "not-paged"
    assert crowded.hall.state.pages == {}
    for _ in range(3):
        crowded.take()
    assert paged(look(crowded)) == ["031", "032"], "another crowd asks anew"


def test_the_guide_desk_pages_anybody_of_the_staff_who_sits_nowhere(crowded):
    look(crowded)
    alarm = the_alarm(crowded)
    (fact,) = crowded.ask(asks.PageClerk, alarm=alarm, clerk="011", actor="guide")
    assert (fact.clerk, fact.actor) == ("011", "guide")
    assert crowded.refuses(asks.PageClerk, alarm=alarm, clerk="011") == "already-paged"
    assert crowded.refuses(asks.PageClerk, alarm=alarm, clerk="002") == "clerk-elsewhere"
    assert crowded.refuses(asks.PageClerk, alarm="alarm-0", clerk="012") == "unknown-alarm"
    crowded.ask(asks.AnswerPage, clerk="011", coming=False)
    assert crowded.ask(asks.PageClerk, alarm=alarm, clerk="011"), "after a no the desk may ask again"


def test_a_number_of_nobody_here_is_not_paged(make_scene):
    policy = msgspec.structs.replace(USUAL, alarms=CROWD_OF_THREE)
    scene = make_scene(policy=policy, staff=("002", StaffPlan(work_no="011"))).open(2)
    for _ in range(3):
        scene.take()
    look(scene)
    assert scene.refuses(asks.PageClerk, alarm=the_alarm(scene), clerk="099") == "not-staff"
    assert scene.ask(asks.PageClerk, alarm=the_alarm(scene), clerk="011")


def test_closing_the_day_ends_every_page(crowded):
    look(crowded)
    crowded.ask(asks.CloseDay)
    assert crowded.hall.state.pages == {}


def test_other_alarms_page_nobody(make_scene):
    alarms = msgspec.structs.replace(CROWD_OF_THREE, waiting_in_hall=None, unstaffed_min=5)
    policy = msgspec.structs.replace(USUAL, alarms=alarms)
    scene = make_scene(policy=policy, reserve=("031",), roster={1: "001"}).open(2)
    told = look(scene.later(minutes=6))
    assert [fact.code.value for fact in told] == ["window-unstaffed"]


def test_the_reserve_is_of_the_halls_staff_each_once(make_plan):
    found = dict(problems(make_plan(staff=("002", "031"), reserve=("031", "031", "077"))))
    assert set(found) == {"reserve[1]", "reserve[2]"}
