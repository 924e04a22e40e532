"""Any policy, any people: the hall calls whom the plainest reading of the policy calls, and `ahead` counts just those."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.messages import asks
from hall.messages.common import Outcome, Via
from hall.plan import HoursPlan, LanePlan, WindowPlan
from hall.policy import AppointmentPolicy, Order, Policy
from hub.domain import views
from hub.domain.hall import Hall
from hub.domain.moments import micros
from hub.domain.ticket import Life

from .oracle import Oracle

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
LANES = ("normal", "appointment", "priority", "veteran")
WEIGHTS = st.dictionaries(st.sampled_from(LANES), st.integers(0, 4))
POLICIES = st.builds(
    Policy,
    order=st.sampled_from(Order),
    weights=WEIGHTS,
    streak_cap=st.none() | st.integers(1, 3),
    starvation_min=st.none() | st.integers(1, 30),
    head_start_min=st.sampled_from([0, 0, 5]),
    heart_lanes=st.sampled_from([(), (), ("priority",), ("veteran", "priority")]),
    appointment=st.none() | st.builds(AppointmentPolicy, due_before_s=st.sampled_from([0, 120, 600])),
    offer_again_after_s=st.sampled_from([0, 0, 300]),
)


class Day:
    """A hall under one policy, its oracle beside it."""

    def __init__(self, plan, at):
        self.hall, self.at = Hall(plan), at
        self.oracle = Oracle(plan.policy)
        self.ids = 0
        self.give(asks.OpenDay, id="open")
        for window in plan.windows:
            self.give(asks.Sit, window=window.window, clerk=f"{window.window}")

    def give(self, kind, **fields):
        self.ids += 1
        told = self.hall.decide(kind(**({"id": f"t{self.ids}"} | fields)), self.at, "x")
        for fact in told:
            self.hall.apply(fact)
        return told[0]

    def people(self, *, own=None):
        return [
            {
                "id": t.id,
                "lane": t.lane,
                "service": t.service,
                "key": t.key,
                "unanswered": t.unanswered_us,
            }
            for t in self.hall.tickets.values()
            if t.life is Life.WAITING and t.place == own
        ]

    def take(self, service, lane, slot=None):
        booked = None if slot is None else self.at + timedelta(minutes=slot)
        return self.give(asks.TakeTicket, service=service, lane=lane, via=Via.DESK, slot=booked)

    def gives_up(self, which):
        people = self.people()
        if people:
            self.give(asks.Cancel, ticket=people[int(which * len(people))]["id"])

    def call(self, window, *, then):
        """Call at a window, and see that the oracle says the same; False when nobody is there."""
        now, people = micros(self.at), self.people()
        s = self.hall.state
        serves, helps, heart = s.pool(window), s.profile(window).helps, s.turns(window).heart
        expected = self.oracle.next(people, serves, heart, now)
        pool = (serves, heart)
        if expected is None:
            expected, pool = self.oracle.next(people, helps, False, now), (helps, False)
        if expected is None:
            return False
        called = self.give(asks.CallNext, window=window)
        assert called.ticket == expected["id"]
        rest = [p for p in people if p is not expected]
        for services, hearts in dict.fromkeys((pool, tuple(s.alone(expected["service"])))):
            self.oracle.called(expected, rest, services, hearts, now)
        if then == "back":
            self.give(asks.Pause, window=window, reason="x")
            self.give(asks.Resume, window=window)
        elif then == "missed":
            self.give(asks.NoShow, window=window)
            self.give(asks.ReturnTicket, ticket=called.ticket)
        else:
            self.give(asks.Finish, window=window, outcome=Outcome.DONE)
        return True


@pytest.fixture(scope="session")
def make_day(make_plan):
    def make(policy, windows):
        plan = make_plan(
            hours=HoursPlan(always=True),
            lanes={lane: LanePlan() for lane in LANES},
            policy=policy,
            windows=windows,
        )
        return Day(plan, MONDAY)

    return make


COMING = st.tuples(
    st.sampled_from(["withdrawal", "withdrawal", "loan", "review"]),
    st.sampled_from(LANES),
    st.none() | st.integers(-5, 20),
)
STEPS = st.lists(
    st.one_of(
        st.lists(COMING, min_size=1, max_size=5),
        st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from(["done", "done", "done", "back", "missed"])),
        st.integers(0, 500),
        st.floats(0, 1, exclude_max=True),
    ),
    max_size=40,
)


@settings(max_examples=settings.default.max_examples * 5 // 2)
@given(policy=POLICIES, steps=STEPS, return_after=st.integers(0, 3))
def test_a_window_calls_whom_the_policy_names(make_day, policy, steps, return_after):
    day = make_day(
        msgspec.structs.replace(policy, return_after=return_after),
        (
            WindowPlan(window=1, serves=("withdrawal", "loan"), heart=True),
            WindowPlan(window=2, serves=("withdrawal", "loan"), helps=("review",)),
            WindowPlan(window=3, serves=("review",), helps=("loan", "withdrawal")),
        ),
    )
    for step in steps:
        match step:
            case int():
                day.at += timedelta(seconds=step)
            case float():
                day.gives_up(step)
            case list():
                for service, lane, slot in step:
                    day.take(service, lane, slot)
            case (window, then):
                day.call(window, then=then)


@settings(max_examples=settings.default.max_examples * 5 // 2)
@given(policy=POLICIES, steps=STEPS, heart=st.booleans())
def test_ahead_is_exactly_who_is_called_before(make_day, policy, steps, heart):
    """For everybody in line, for whoever comes, under any policy, after any calls."""
    day = make_day(
        msgspec.structs.replace(policy, return_after=1),
        tuple(WindowPlan(window=n, serves=("withdrawal",), heart=heart) for n in (1, 2, 3)),
    )
    for step in steps:
        match step:
            case int():
                day.at += timedelta(seconds=step)
            case float():
                day.gives_up(step)
            case list():
                for _, lane, slot in step:
                    issued = day.take("withdrawal", lane, slot)
                    assert issued.ahead == views.ahead(day.hall, issued.ticket, day.at)
            case (window, then):
                day.call(window, then=then)
        services, hearts = day.hall.state.alone("withdrawal")
        now, people = micros(day.at), day.people()
        order = day.oracle.order(people, services, hearts, now)
        for place, ticket in enumerate(order):
            assert views.ahead(day.hall, ticket, day.at) == place
        for person in people:
            if day.oracle.held(person, now):
                person["unanswered"] = None
                alone = day.oracle.order(people, services, hearts, now)
                person["unanswered"] = now
                assert views.ahead(day.hall, person["id"], day.at) == alone.index(person["id"])


MANY = [
    Policy(
        order=order,
        weights={"priority": 9, "veteran": 4, "normal": 3, **more},
        streak_cap=cap,
        heart_lanes=("veteran",),
    )
    for order in Order
    for cap in (None, 2, 7)
    for more in ({}, {"appointment": 4})
]


@pytest.mark.parametrize("policy", MANY)
@pytest.mark.parametrize("heart", [False, True])
def test_many_people_and_heavy_weights_change_nothing(make_day, policy, heart):
    """Whole rounds are arithmetic and whole periods are skipped, and the count is the same."""
    day, chance = (
        make_day(policy, (WindowPlan(window=1, serves=("withdrawal",), heart=heart),)),
        random.Random(7),
    )
    for n in range(90):
        day.take("withdrawal", chance.choices(LANES, (4, 2, 4, 3))[0])
        day.at += timedelta(seconds=chance.randint(0, 9))
        if n % 6 == 0:
            day.call(1, then="done")
    services, hearts = day.hall.state.alone("withdrawal")
    ids = day.oracle.order(day.people(), services, hearts, micros(day.at))
    assert [views.ahead(day.hall, ticket, day.at) for ticket in ids] == list(range(len(ids)))


class TestCorners:
    """What any history reaches too seldom."""

    def windows(self, *serves, heart=False):
        return (WindowPlan(window=1, serves=serves, heart=heart),)

    def test_an_appointment_is_due_by_its_own_time_whatever_the_windows_order(self, make_day):
        policy = Policy(head_start_min=5, appointment=AppointmentPolicy(due_before_s=0))
        day = make_day(policy, self.windows("withdrawal", "loan"))
        day.take("withdrawal", "normal")
        booked = day.take("loan", "appointment", slot=2)
        day.at += timedelta(minutes=2)
        assert day.hall.decide(asks.CallNext(id="c", window=1), day.at, "x")[0].ticket == booked.ticket
        assert day.call(1, then="done")

    def test_among_those_who_waited_too_long_a_windows_order_counts_nothing(self, make_day):
        policy = Policy(head_start_min=5, starvation_min=10, appointment=AppointmentPolicy())
        day = make_day(policy, self.windows("withdrawal", "loan"))
        first = day.take("loan", "appointment", slot=0)
        day.at += timedelta(minutes=1)
        day.take("withdrawal", "appointment", slot=0)
        day.at += timedelta(minutes=20)
        assert day.hall.decide(asks.CallNext(id="c", window=1), day.at, "x")[0].ticket == first.ticket
        assert day.call(1, then="done")

    def test_a_row_of_calls_is_forgotten_once_nobody_lighter_waits(self, make_day):
        day = make_day(Policy(weights={"priority": 1}, streak_cap=2), self.windows("withdrawal"))
        lighter = day.take("withdrawal", "normal")
        for _ in range(5):
            day.take("withdrawal", "priority")
        assert day.call(1, then="done")
        day.give(asks.Cancel, ticket=lighter.ticket)
        assert day.call(1, then="done")
        day.take("withdrawal", "normal")
        while day.call(1, then="done"):  # two more of priority before the one of normal
            pass

    @pytest.mark.parametrize("order", Order)
    def test_whom_it_was_about_to_be_may_be_gone(self, make_day, order):
        day = make_day(Policy(order=order, weights={"priority": 1}, streak_cap=1), self.windows("withdrawal"))
        lighter = day.take("withdrawal", "normal")
        heavier = [day.take("withdrawal", "priority").ticket for _ in range(4)]
        day.at += timedelta(minutes=1)
        assert day.call(1, then="done")
        day.give(asks.Cancel, ticket=lighter.ticket)
        waiting = [ticket for ticket in heavier if ticket in {p["id"] for p in day.people()}]
        assert [views.ahead(day.hall, ticket, day.at) for ticket in waiting] == list(range(len(waiting)))

    def test_at_other_windows_a_heart_lane_weighs_what_it_weighs(self, make_day):
        policy = Policy(weights={"veteran": 2, "priority": 1}, streak_cap=1, heart_lanes=("priority",))
        day = make_day(policy, self.windows("withdrawal"))
        for lane in ("veteran", "veteran", "priority", "priority", "normal"):
            day.take("withdrawal", lane)
        while day.call(1, then="done"):
            pass

    def test_who_comes_back_into_the_appointments_stands_behind_those_that_are_due_alone(self, make_day):
        policy = Policy(return_after=3, appointment=AppointmentPolicy())
        day = make_day(policy, self.windows("withdrawal"))
        missed = day.take("withdrawal", "appointment", slot=0)
        for slot in (0, 60, 90):
            day.take("withdrawal", "appointment", slot=slot)
        day.take("withdrawal", "normal")
        assert day.call(1, then="missed")
        returned = day.hall.tickets[missed.ticket]
        assert views.ahead(day.hall, returned.id, day.at) == 1
        assert day.call(1, then="done")
        assert day.hall.decide(asks.CallNext(id="c", window=1), day.at, "x")[0].ticket == missed.ticket
