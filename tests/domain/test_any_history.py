"""R4: the rules hold for any history. Everything people and devices can do, in any order, and after each step everything is looked at."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    run_state_machine_as_test,
)

from hall.messages import asks
from hall.messages.common import (
    MemberKind,
    Outcome,
    Via,
)
from hall.plan import HoursPlan, LanePlan, MemberPlan, WindowPlan
from hall.policy import PausePolicy, Policy
from hub.domain import views
from hub.domain.hall import Hall
from hub.domain.ticket import Life

from .any_history.clerks import Clerks
from .any_history.devices import Devices
from .any_history.draws import LANES, MONDAY, SERVICES
from .any_history.managers import Managers
from .any_history.people import People
from .any_history.policies import ALARMS, POLICIES
from .any_history.witness import Witness


class AnyHistory(People, Clerks, Managers, Devices):
    """The hall, and everybody who could do anything in it."""


@pytest.mark.hypothesis
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_the_rules_hold_for_any_history(make_plan, policy):
    pause = PausePolicy(forbidden_while_waiting=("整理档案",))
    plan = make_plan(
        hours=HoursPlan(always=True),
        members={f"dispenser-{i}": MemberPlan(kind=MemberKind.DISPENSER) for i in (1, 2)},
        windows=(
            WindowPlan(window=1, serves=("withdrawal", "loan"), heart=True),
            WindowPlan(window=2, serves=("withdrawal",)),
            WindowPlan(window=3, serves=("withdrawal", "loan")),
            WindowPlan(window=5, serves=("review", "loan"), helps=("withdrawal",)),
        ),
        policy=msgspec.structs.replace(
            policy, recall_limit=2, return_after=3, undo_s=600, pause=pause, alarms=ALARMS
        ),
        roster={1: "001", 5: "005"},
        reserve=("031", "003"),
    )
    run_state_machine_as_test(
        lambda: AnyHistory(plan),
        settings=settings(max_examples=settings.default.max_examples // 4, stateful_step_count=80),
    )


@settings(max_examples=settings.default.max_examples * 3 // 5)
@given(
    flow=st.lists(
        st.tuples(st.sampled_from([1, 2]), SERVICES, LANES, st.integers(0, 400)), min_size=20, max_size=150
    ),
    cap=st.integers(1, 3),
)
def test_nobody_starves_however_many_come_after(make_plan, flow, cap):
    """An endless stream of newcomers, one window: for each that comes one is called."""
    lanes = {
        "normal": LanePlan(),
        "appointment": LanePlan(),
        "priority": LanePlan(),
    }
    policy = Policy(weights={"appointment": 5, "priority": 10}, streak_cap=cap)
    windows = (
        WindowPlan(window=1, serves=("withdrawal", "loan", "review")),
        WindowPlan(window=2, serves=("withdrawal", "loan", "review")),
    )
    hall = Hall(make_plan(hours=HoursPlan(always=True), lanes=lanes, policy=policy, windows=windows))
    witness, at = Witness(hall), MONDAY
    ids = iter(range(10_000))

    def give(order):
        for fact in hall.decide(order, at, "x"):
            witness.before(fact)
            hall.apply(fact)

    give(asks.OpenDay(id="o"))
    for window in (1, 2):
        give(asks.Sit(id="s", window=window, clerk=f"{window}"))
    for service in ("withdrawal", "loan", "review"):
        for lane in lanes:
            give(asks.TakeTicket(id=f"t{next(ids)}", service=service, lane=lane, via=Via.DESK))
    for window, service, lane, seconds in flow:
        if seconds > 300:  # somebody is sent to this very window
            other = 3 - window
            give(asks.CallNext(id="c", window=other))
            give(asks.Transfer(id="m", window=other, to=window))
            give(asks.TakeTicket(id=f"t{next(ids)}", service=service, lane=lane, via=Via.DESK))
        at += timedelta(seconds=seconds)
        give(asks.TakeTicket(id=f"t{next(ids)}", service=service, lane=lane, via=Via.DESK))
        give(asks.CallNext(id="c", window=window))
        give(asks.Finish(id="f", window=window, outcome=Outcome.DONE))
    witness.after()


@settings(max_examples=settings.default.max_examples * 4 // 5)
@given(
    people=st.lists(
        st.tuples(LANES, st.sampled_from(["wait", "wait", "call", "miss", "cancel"])), max_size=40
    ),
    cap=st.integers(1, 3),
)
def test_people_ahead_is_exactly_who_is_called_before(make_plan, people, cap):
    lanes = {
        "normal": LanePlan(),
        "appointment": LanePlan(),
        "priority": LanePlan(),
    }
    policy = Policy(weights={"appointment": 5, "priority": 10}, streak_cap=cap)
    windows = (WindowPlan(window=1, serves=("withdrawal",)),)
    hall = Hall(make_plan(hours=HoursPlan(always=True), lanes=lanes, policy=policy, windows=windows))

    def give(order):
        told = hall.decide(order, MONDAY, "x")
        for fact in told:
            hall.apply(fact)
        return told[0]

    give(asks.OpenDay(id="o"))
    give(asks.Sit(id="s", window=1, clerk="1"))
    for i, (lane, then) in enumerate(people):
        issued = give(asks.TakeTicket(id=f"t{i}", service="withdrawal", lane=lane, via=Via.DESK))
        assert issued.ahead == views.ahead(hall, issued.ticket, MONDAY)
        if then == "cancel":
            give(asks.Cancel(id="x", ticket=f"t{i}"))
        elif then in {"call", "miss"}:
            called = give(asks.CallNext(id="c", window=1)).ticket
            give(
                asks.NoShow(id="n", window=1)
                if then == "miss"
                else asks.Finish(id="f", window=1, outcome=Outcome.DONE)
            )
            if then == "miss":
                give(asks.ReturnTicket(id="r", ticket=called))
    expected = {
        t.id: views.ahead(hall, t.id, MONDAY) for t in hall.tickets.values() if t.life is Life.WAITING
    }
    order = {}
    while hall.busy:
        order[give(asks.CallNext(id="c", window=1)).ticket] = len(order)
        give(asks.Finish(id="f", window=1, outcome=Outcome.DONE))
    assert order == expected
