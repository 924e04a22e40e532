"""A copied card: two boxes take turns under one name, are found, put away and named; whoever only starts often is left alone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.clock import VirtualScheduler
from hall.messages.common import MemberKind
from hall.worker import InlineWorker
from hub.fleet.clones import LOOK_S, MEMORY_S, Turns
from hub.trust.authority import Certificate
from hub.trust.register import Machine, Register, Standing
from hub.warden import RegisterWarden

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@st.composite
def one_box(draw):
    """All that one box ever says: boots in a row, each connecting some times, with epochs that grow or (a wiped card) begin again."""
    said, epoch = [], draw(st.integers(0, 5))
    for boot in range(draw(st.integers(1, 12))):
        if draw(st.booleans()):
            epoch = draw(st.integers(0, 3))
        for _ in range(draw(st.integers(1, 4))):
            epoch += 1
            said += [(f"boot-{boot}", epoch)] * draw(st.integers(1, 2))
    return said


@given(one_box(), st.data())
def test_a_device_that_starts_however_often_and_is_heard_late_or_twice_is_no_clone(said, data):
    turns, at = Turns(), 0.0
    for nth, one in enumerate(said):
        at += data.draw(st.floats(0, 2))
        assert not turns.hear(*one, at)
        for late in data.draw(st.lists(st.sampled_from(said[: nth + 1]), max_size=2)):
            assert not turns.hear(*late, at)


@given(st.integers(0, 20), st.integers(0, 20), st.lists(st.floats(0.1, MEMORY_S / 3), min_size=2, max_size=2))
def test_two_boxes_that_take_turns_are_found_with_the_third_of_them_whatever_they_count(a, b, waits):
    turns = Turns()
    assert not turns.hear("a", a, 0.0)
    assert not turns.hear("b", b, waits[0])
    assert turns.hear("a", a + 1, sum(waits))


def test_a_box_that_starts_while_its_copy_takes_turns_does_not_hide_it():
    turns = Turns()
    heard = [("a", 1), ("b", 1), ("c", 2), ("d", 3), ("b", 4)]
    assert [turns.hear(*one, at) for at, one in enumerate(heard)] == [False, False, False, False, True]


def test_turns_that_nobody_remembers_are_none():
    turns = Turns()
    assert not turns.hear("a", 1, 0.0)
    assert not turns.hear("b", 1, 1.0)
    assert not turns.hear("a", 2, MEMORY_S + 5.0)


# ------------------------------------------------------------------ in the hub


def turns(sign, boots="ABAB"):
    for epoch, boot in enumerate(boots, 1):
        sign.say_state("ready", boot=boot, epoch=epoch)


def clone_alerts(rig):
    return [(f["type"], f["member"], f["code"]) for f in rig.facts() if f.get("alert") == "clone"]


def test_a_clone_is_said_once_with_what_to_do_and_no_device_can_say_otherwise(rig):
    sign = rig.member("sign-1")
    turns(sign, "ABABAB")
    sign.say("$alert/clone", b"", retain=True)
    rig.settle()
    rig.run_for(30)
    sign.beat()
    assert clone_alerts(rig) == [("AlertRaised", "sign-1", "cloned")]
    raised = next(f for f in rig.facts("AlertRaised"))
    assert "轮流上线" in raised["text"]["zh"]
    assert "take turns" in raised["text"]["en"]


def test_without_certificates_the_alert_ends_once_nobody_takes_turns_any_more_also_through_a_kill(rig):
    sign = rig.member("sign-1")
    turns(sign)
    rig.run_for(60)
    rig.kill_hub()
    rig.start_hub()
    rig.run_for(MEMORY_S - 10)
    assert clone_alerts(rig) == [("AlertRaised", "sign-1", "cloned")]
    rig.run_for(20)
    assert clone_alerts(rig)[1:] == [("AlertCleared", "sign-1", "cloned")]


def test_a_device_that_is_switched_on_and_off_all_morning_is_left_alone(rig):
    sign = rig.member("sign-1")
    for n in range(40):
        sign.say_state("ready", boot=f"boot-{n}", epoch=n)
        sign.say_state("lost", boot=f"boot-{n}", epoch=n)
        rig.run_for(7)
    assert clone_alerts(rig) == []


@pytest.fixture
def register(tmp_path):
    register = Register(tmp_path / "register.db")
    token = register.expect("sign-1", MemberKind.SIGN, now=AT, actor="test")
    made = Certificate(b"", 7, AT.replace(year=2027))
    register.enrol(token, "key", Machine(), AT, lambda _: made)
    yield register
    register.close()


def standing(register):
    return register.entries()[0].standing


def test_the_register_puts_the_name_away_by_itself_and_the_alert_stands_until_somebody_released_it(
    make_rig, register, tmp_path
):
    rig = make_rig()
    worker = InlineWorker(rig.scheduler, lambda: 0.1)
    rig.warden = warden = RegisterWarden(tmp_path / "register.db", worker, rig.scheduler)
    rig.start_hub()
    warden.open()
    turns(rig.member("sign-1"))
    rig.run_for(1)
    assert standing(register) is Standing.QUARANTINED
    assert register.acts("sign-1")[0].actor == "hub"
    assert "took turns" in register.acts("sign-1")[0].what
    rig.run_for(2 * MEMORY_S)
    assert clone_alerts(rig) == [("AlertRaised", "sign-1", "cloned")]
    register.release("sign-1", now=AT, actor="technician")
    rig.run_for(2 * LOOK_S)
    assert clone_alerts(rig)[1:] == [("AlertCleared", "sign-1", "cloned")]
    warden.close()


def test_a_name_that_nobody_holds_any_more_needs_no_quarantine(register, tmp_path):
    time = VirtualScheduler(AT)
    warden = RegisterWarden(tmp_path / "register.db", InlineWorker(time, lambda: 0.1), time)
    register.retire("sign-1", now=AT, actor="test")
    warden.open()
    warden.quarantine("sign-1", "two boxes")
    time.run_for(1)
    assert not warden.quarantined("sign-1")
    assert standing(register) is Standing.RETIRED
    warden.close()
