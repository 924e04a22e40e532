"""Who held the green key and is answered by nobody of the desk: the hall's voice calls the guide, once, and in no other case (M8)."""

import msgspec
import pytest

from hall.messages import asks, facts
from hall.messages.common import Level, NoticeKind, Via
from hall.policy import USUAL
from hall.text import Text
from hub.domain import orders

WANTED = Text(zh="有人需要引导", en="somebody wants a guide")


@pytest.fixture
def scene(make_scene):
    """An open hall with what is usual: a minute for the desk."""
    return make_scene(policy=msgspec.structs.replace(USUAL, alarms=None)).open(2)


def hold(scene, member="dispenser-1", code="escort-wanted"):
    """Somebody holds the green key; the number of the call."""
    alert = orders.RaiseAlert(member=member, alert="escort", level=Level.WARNING, code=code, text=WANTED)
    scene.give(orders.ClearAlert(member=member, alert="escort"))
    (told,) = scene.give(alert, member)
    return told.n


def called(scene):
    """The calls for which the voice called a guide, as the hub's look around told them now."""
    due = scene.hall.next_look(scene.at)
    told = scene.give(orders.LookAround(), "hub") if due is not None and due <= scene.at else []
    return [fact.call for fact in told if isinstance(fact, facts.GuideCalled)]


def aloud(scene):
    return sum(said.phrase == "voice.escort" for said in scene.said)


def test_after_a_minute_without_an_answer_the_voice_calls_the_guide_once(scene):
    call = hold(scene)
    assert (scene.hall.next_look(scene.at) - scene.at).total_seconds() == 60
    scene.later(seconds=59)
    assert called(scene) == []
    scene.later(seconds=1)
    assert called(scene) == [call]
    assert aloud(scene) == 1
    scene.later(minutes=30)
    assert called(scene) == []
    assert scene.hall.next_look(scene.at) is None


def test_where_somebody_of_the_desk_goes_nothing_is_said(scene):
    call = hold(scene)
    scene.later(seconds=50)
    (answered,) = scene.ask(asks.AnswerEscort, call=call, actor="guide")
    assert (answered.member, answered.actor) == ("dispenser-1", "guide")
    scene.later(seconds=60)
    assert called(scene) == []
    assert scene.ask(asks.AnswerEscort, call=call) == [], "it was answered already"


def test_that_the_keys_lamp_is_out_again_answers_nothing(scene):
    call = hold(scene)
    scene.give(orders.ClearAlert(member="dispenser-1", alert="escort"))
    scene.later(seconds=60)
    assert called(scene) == [call]


def in_hand(scene, lane="priority", large_print=False, member="dispenser-1"):
    """Somebody at the dispenser took a number, and its paper came out."""
    take = {"service": "withdrawal", "lane": lane, "via": Via.DISPENSER, "large_print": large_print}
    (issued, *_) = scene.give(asks.TakeTicket(id=scene.new_id(), **take), member)
    scene.give(orders.NotePrinted(ticket=issued.ticket, copy=1, member=member), member)


def test_who_tapped_the_key_and_has_a_priority_number_in_hand_is_not_called_for_aloud(scene):
    hold(scene)
    in_hand(scene)
    scene.later(seconds=60)
    assert called(scene) == []
    assert scene.hall.next_look(scene.at) is None


@pytest.mark.parametrize(
    "number", [{"large_print": True}, {"lane": "normal"}, {"member": "dispenser-2"}], ids=str
)
def test_who_held_it_and_who_has_no_such_number_from_that_dispenser_is_called_for(scene, number):
    call = hold(scene)
    in_hand(scene, **number)
    scene.later(seconds=60)
    assert called(scene) == [call]


def test_a_number_that_was_only_tapped_for_silences_nobody_who_held_the_key_before(scene):
    call = hold(scene)
    in_hand(scene, large_print=True)
    in_hand(scene)
    scene.later(seconds=60)
    assert called(scene) == [call]


def test_two_dispensers_are_two_calls_with_two_minutes_between_them(scene):
    first = hold(scene)
    scene.later(seconds=10)
    second = hold(scene, "dispenser-2")
    scene.later(seconds=60)
    assert called(scene) == [first]
    assert called(scene) == []
    scene.later(seconds=119)
    assert called(scene) == []
    scene.later(seconds=1)
    assert called(scene) == [second]


def test_a_key_that_is_pressed_all_day_is_heard_every_two_minutes_at_most(scene):
    for _ in range(30):
        hold(scene)
        scene.later(seconds=20)
        called(scene)
    assert 1 <= aloud(scene) <= 30 * 20 // 120


def test_one_sentence_is_for_everybody_who_waits_at_that_dispenser_and_nothing_is_said_long_after_it(scene):
    first = hold(scene)
    for _ in range(5):
        scene.later(seconds=10)
        hold(scene)
    scene.later(seconds=10)
    assert called(scene) == [first]
    for _ in range(20):
        scene.later(minutes=1)
        assert called(scene) == []
    again = hold(scene)
    scene.later(seconds=60)
    assert called(scene) == [again], "who comes later is called for anew"


def test_whoever_goes_to_a_dispenser_goes_to_everybody_there_and_to_nobody_elsewhere(scene):
    call = hold(scene)
    hold(scene)
    elsewhere = hold(scene, "dispenser-2")
    scene.ask(asks.AnswerEscort, call=call)
    scene.later(seconds=60)
    assert called(scene) == [elsewhere]


def test_what_could_not_be_said_in_time_is_not_said_late(scene):
    hold(scene)
    scene.later(seconds=60 + 121)
    assert scene.hall.next_look(scene.at) is None
    assert called(scene) == []


def test_a_clock_that_was_set_back_lets_nobody_wait_for_an_hour(scene):
    hold(scene)
    scene.later(minutes=1)
    assert called(scene)
    scene.later(minutes=-60)
    call = hold(scene, "dispenser-2")
    scene.later(minutes=1)
    assert called(scene) == [call]


def test_nobody_is_called_into_a_hall_that_people_are_to_leave_or_that_is_closed(scene):
    hold(scene)
    leave = asks.Broadcast(id="leave", kind=NoticeKind.EVACUATE, confirmed=True)
    scene.give(leave)
    scene.later(seconds=70)
    assert called(scene) == []
    scene.ask(asks.WithdrawNotice, notice="leave")
    scene.later(minutes=5)
    hold(scene)
    scene.ask(asks.CloseDay)
    assert called(scene) == []
    hold(scene)
    scene.later(seconds=60)
    assert called(scene) == []


@pytest.mark.parametrize(("seconds", "said"), [(0, 0), (20, 1)])
def test_the_policy_says_how_long_the_desk_has_and_whether_the_voice_calls_at_all(make_scene, seconds, said):
    scene = make_scene(policy=msgspec.structs.replace(USUAL, alarms=None, escort_voice_s=seconds)).open(2)
    hold(scene)
    scene.later(seconds=20)
    called(scene)
    assert aloud(scene) == said


def test_another_trouble_of_a_dispenser_calls_no_guide(scene):
    hold(scene, code="paper-low")
    scene.later(minutes=2)
    assert called(scene) == []
