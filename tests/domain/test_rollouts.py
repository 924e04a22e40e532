"""Other settings for several devices: one first, the others when it has proved itself; halted by itself, and then everybody has what was."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.messages import asks
from hall.messages.common import Level, MemberKind, MemberState, RollOutOutcome
from hall.messages.facts import RollOutAnswered, RollOutBegun, RollOutEnded, RollOutWidened
from hall.plan import MemberPlan
from hall.text import Text
from hub.domain import orders
from hub.domain.hall import Hall
from hub.domain.rollouts import WAIT_S

from .conftest import Scene, example_plan

SIGNS = ("sign-1", "sign-2", "sign-3")


@pytest.fixture
def scene(make_scene):
    members = {f"sign-{n}": MemberPlan(kind=MemberKind.SIGN, window=n) for n in (1, 2, 3)}
    members["sign-2"] = MemberPlan(kind=MemberKind.SIGN, window=2, config={"brightness": 3, "flash": True})
    members["pad-1"] = MemberPlan(kind=MemberKind.PAD, window=1)
    scene = make_scene(members=members)
    for sign in SIGNS:
        state(scene, sign, MemberState.READY)
    return scene


def state(scene, member, to):
    kind = scene.hall.plan.members[member].kind
    scene.give(orders.NoteDeviceState(member=member, kind=kind, state=to), "hub")


def begin(scene, members=SIGNS, **more):
    return scene.ask(asks.RollOut, members=members, values={"brightness": 9}, actor="tech", **more)[0]


def answers(scene, member, code="ok"):
    return scene.give(orders.NoteConfigured(member=member, code=code), "hub")


def trouble(scene, member, code="panel-fault", level=Level.FAULT):
    text = Text(zh="坏", en="bad")
    scene.give(orders.RaiseAlert(member=member, alert=code, level=level, code=code, text=text), "hub")


def look(scene, seconds=0):
    """The hub looks when the hall says that it is time, until `seconds` are over."""
    end = scene.at + timedelta(seconds=seconds)
    while (due := scene.hall.next_look(scene.at)) is not None and due <= end:
        scene.at = max(scene.at, due)
        if not scene.give(orders.LookAround(), "hub"):
            break
    scene.at = end


def bright(scene):
    return {sign: (scene.hall.plan.members[sign].config or {}).get("brightness") for sign in SIGNS}


BEFORE = {"sign-1": None, "sign-2": 3, "sign-3": None}
ALL = dict.fromkeys(SIGNS, 9)


def ended(scene):
    return [(e.outcome, e.member, e.code, e.missing) for e in scene.of(RollOutEnded)]


def test_the_first_gets_them_alone_and_the_others_after_it_stood_them_long_enough(scene):
    begin(scene)
    assert bright(scene) == BEFORE | {"sign-1": 9}
    look(scene, 30)
    answers(scene, "sign-1")
    look(scene, 59)
    assert bright(scene) == BEFORE | {"sign-1": 9}
    look(scene, 1)
    assert bright(scene) == ALL
    assert scene.hall.plan.members["sign-2"].config == {"brightness": 9, "flash": True}
    for sign in SIGNS[1:]:
        answers(scene, sign)
    look(scene, 61)
    assert ended(scene) == [(RollOutOutcome.DONE, None, None, ())]
    assert bright(scene) == ALL


def test_every_answer_counts_once_and_of_those_alone_who_got_the_settings(scene):
    begin(scene)
    assert answers(scene, "sign-2") == []
    assert answers(scene, "pad-1") == []
    assert len(answers(scene, "sign-1")) == 1
    assert answers(scene, "sign-1", "config-failed") == []
    assert [(fact.member, fact.code) for fact in scene.of(RollOutAnswered)] == [("sign-1", "ok")]


@pytest.mark.parametrize("widened", [False, True])
@pytest.mark.parametrize("bad", ["refuses", "lost", "degraded", "fault", "config-refused"])
def test_whoever_shows_that_they_are_bad_halts_it_and_everybody_has_what_was_before(scene, bad, widened):
    begin(scene)
    member = "sign-1"
    if widened:
        answers(scene, "sign-1")
        look(scene, 60)
        member = "sign-2"
    if bad == "refuses":
        answers(scene, member, "config-failed")
    else:
        answers(scene, member)
        match bad:
            case "lost" | "degraded":
                state(scene, member, MemberState(bad))
            case "fault":
                trouble(scene, member)
            case _:
                trouble(scene, member, bad, Level.WARNING)
    look(scene, 1)
    code = {"refuses": "config-failed", "fault": "panel-fault"}.get(bad, bad)
    assert ended(scene) == [(RollOutOutcome.HALTED, member, code, ())]
    assert bright(scene) == BEFORE
    assert scene.hall.plan.members["sign-2"].config == {"brightness": 3, "flash": True}
    look(scene, 3600)
    assert bright(scene) == BEFORE


def test_what_was_the_matter_before_and_what_only_has_to_be_seen_to_halts_nothing(scene):
    trouble(scene, "sign-1")
    state(scene, "sign-1", MemberState.DEGRADED)
    begin(scene)
    answers(scene, "sign-1")
    trouble(scene, "sign-1", "over-temperature", Level.WARNING)
    trouble(scene, "pad-1")
    look(scene, 60)
    assert len(scene.of(RollOutWidened)) == 1


def test_a_first_device_that_never_answers_halts_it(scene):
    begin(scene)
    look(scene, WAIT_S - 1)
    assert ended(scene) == []
    look(scene, 1)
    assert ended(scene) == [(RollOutOutcome.HALTED, "sign-1", "silent", ())]
    assert bright(scene) == BEFORE


def test_who_is_away_of_the_others_is_named_and_gets_them_when_it_is_back(scene):
    state(scene, "sign-3", MemberState.LOST)
    begin(scene)
    answers(scene, "sign-1")
    look(scene, 60)
    answers(scene, "sign-2")
    look(scene, WAIT_S)
    assert ended(scene) == [(RollOutOutcome.DONE, None, None, ("sign-3",))]
    assert bright(scene) == ALL


def test_one_device_alone_is_done_when_it_has_proved_itself(scene):
    begin(scene, ("sign-3",))
    answers(scene, "sign-3")
    look(scene, 60)
    assert ended(scene) == [(RollOutOutcome.DONE, None, None, ())]


def test_whoever_stops_it_has_everybody_as_before_and_only_the_one_that_stands(scene):
    begun = begin(scene)
    assert scene.refuses(asks.StopRollOut, rollout=begun.n + 1) == "no-roll-out"
    scene.ask(asks.StopRollOut, rollout=begun.n, actor="tech")
    assert ended(scene) == [(RollOutOutcome.STOPPED, None, None, ())]
    assert bright(scene) == BEFORE
    assert scene.refuses(asks.StopRollOut, rollout=begun.n) == "no-roll-out"


def test_what_cannot_be_is_refused(scene):
    def refuses(*members, values=None):
        return scene.refuses(asks.RollOut, members=members, values=values or {"brightness": 9})

    assert refuses("sign-1", "sign-77") == "unknown-device"
    assert refuses("sign-1", "pad-1") == "other-kinds"
    assert refuses("sign-2", values={"brightness": 3}) == "same-settings"
    state(scene, "sign-1", MemberState.LOST)
    assert refuses("sign-1", "sign-2") == "first-away"
    begin(scene, ("sign-2", "sign-3"))
    assert refuses("sign-3") == "roll-out-stands"


def test_who_has_the_settings_already_is_left_out(scene):
    begin(scene, ("sign-2", "sign-1"))
    answers(scene, "sign-2")
    look(scene, 60)
    answers(scene, "sign-1")
    look(scene, 60)
    begun = begin(scene)
    assert begun.members == ("sign-3",)


def test_a_device_that_was_removed_from_the_settings_meanwhile_is_nobodys_any_more(scene):
    begin(scene)
    answers(scene, "sign-1")
    base = scene.hall.state.plan_version
    scene.ask(asks.SetPlan, base=base, change={"members": {"sign-3": None}})
    look(scene, 60)
    assert {name for name in scene.hall.plan.members if name.startswith("sign")} == {"sign-1", "sign-2"}
    assert scene.hall.plan.members["sign-2"].config["brightness"] == 9


def test_it_crosses_the_night_and_a_replay_from_the_days_opening_goes_on_where_it_was(scene):
    begin(scene, prove_s=86_400)
    answers(scene, "sign-1")
    scene.open()
    scene.ask(asks.CloseDay)
    scene.later(hours=20)
    opened = scene.hall.n + 1
    scene.open()
    again = Hall(scene.hall.plan)
    again.n = opened - 1
    for fact in scene.facts:
        if fact.n >= opened:
            again.apply(fact)
    assert msgspec.json.encode(again.state.rollout) == msgspec.json.encode(scene.hall.state.rollout)
    look(scene, 4 * 3600)
    assert bright(scene) == ALL


@given(st.data())
def test_whatever_happens_it_ends_with_everybody_alike(data):
    """Everybody who is not missing has the new settings, or everybody has the old ones."""
    members = {f"sign-{n}": MemberPlan(kind=MemberKind.SIGN, window=n) for n in (1, 2, 3)}
    scene = Scene(example_plan(members=members))
    for sign in SIGNS:
        state(scene, sign, MemberState.READY)
    begin(scene, prove_s=20)
    happens = st.tuples(
        st.sampled_from(SIGNS),
        st.sampled_from(("ok", "no", MemberState.LOST, MemberState.READY, MemberState.DEGRADED, "fault")),
        st.integers(0, 30),
    )
    for sign, what, wait in data.draw(st.lists(happens, max_size=12)):
        if isinstance(what, MemberState):
            state(scene, sign, what)
        elif what == "fault":
            trouble(scene, sign)
        else:
            answers(scene, sign, what)
        look(scene, wait)
    look(scene, 3 * WAIT_S)
    (begun,), ((outcome, *_),) = scene.of(RollOutBegun), ended(scene)
    wanted = 9 if outcome is RollOutOutcome.DONE else None
    assert set(bright(scene).values()) == {wanted}
    assert begun.members == SIGNS
    assert scene.hall.next_look(scene.at) is None
