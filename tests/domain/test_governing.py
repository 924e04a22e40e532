"""A manager changes the rules while the hall runs."""

import msgspec
import pytest

from hall.errors import Refused
from hall.messages import asks
from hall.messages.common import Via
from hall.messages.facts import DayOpened, PolicyChanged, PolicySource
from hall.plan import LanePlan
from hall.policy import Order, Policy
from hub.domain import orders, views
from hub.domain.hall import Hall

TURNS = Policy(order=Order.WEIGHTED, weights={"priority": 1, "normal": 1, "appointment": 1})
CAPPED = Policy(weights={"priority": 9}, streak_cap=1)


def replayed(scene, plan=None):
    """The hall as its journal makes it, from the last opening on."""
    since = max(i for i, fact in enumerate(scene.facts) if isinstance(fact, DayOpened))
    hall = Hall(plan or scene.hall.plan)
    for fact in scene.facts[since:]:
        hall.apply(fact)
    return hall


class TestPolicy:
    def test_a_new_policy_holds_at_once_and_moves_nobody(self, served):
        for lane in ("normal", "normal", "priority", "priority"):
            served.take(lane=lane)
        assert served.call(2).number == "A003"
        changed = served.ask(asks.SetPolicy, policy=TURNS, reason="排队的人多")[0]
        assert (changed.version, changed.source, changed.reason) == (1, PolicySource.ASK, "排队的人多")
        served.finish(2)
        assert served.order_of_service(2) == ["A004", "A001", "A002"]

    def test_turns_are_counted_anew(self, served):
        served.ask(asks.SetPolicy, policy=CAPPED)
        for lane in ("normal", "priority", "priority"):
            served.take(lane=lane)
        served.call(2)
        served.ask(asks.SetPolicy, policy=msgspec.structs.replace(CAPPED, undo_s=5))
        served.finish(2)
        assert served.order_of_service(2) == ["A003", "A001"]

    def test_an_unfair_one_is_refused_with_the_first_objection(self, served):
        with pytest.raises(Refused) as no:
            served.ask(asks.SetPolicy, policy=Policy(weights={"priority": 1}))
        assert no.value.code == "bad-policy"
        assert "starvation_min" in no.value.text.en
        assert "starvation_min" in no.value.text.zh

    def test_heart_lanes_alone_could_starve_everybody_else_at_a_heart_window(self, served):
        assert served.refuses(asks.SetPolicy, policy=Policy(heart_lanes=("priority",))) == "bad-policy"
        everybody = msgspec.structs.replace(TURNS, heart_lanes=("priority",))
        assert served.refuses(asks.SetPolicy, policy=everybody) == "bad-policy"
        served.ask(asks.SetPolicy, policy=msgspec.structs.replace(everybody, streak_cap=3))

    def test_the_same_one_is_no_change(self, served):
        assert served.ask(asks.SetPolicy, policy=served.hall.plan.policy) == []

    def test_versions_count_up_across_nights_and_replays(self, served):
        served.ask(asks.SetPolicy, policy=TURNS)
        served.ask(asks.CloseDay)
        served.later(days=1).open()
        changed = served.ask(asks.SetPolicy, policy=CAPPED)[0]
        assert changed.version == 2
        again = replayed(served)
        assert (again.state.policy, again.state.policy_version) == (CAPPED, 2)

    def test_it_is_in_force_after_a_night_whatever_the_settings_of_the_replay(self, make_scene):
        scene = make_scene().open(1)
        scene.ask(asks.SetPolicy, policy=TURNS)
        scene.ask(asks.CloseDay)
        scene.later(days=1).open()
        other = make_scene(policy=CAPPED).hall.plan
        assert replayed(scene, other).state.policy == TURNS


class TestSettings:
    def test_settings_that_did_not_change_leave_what_was_asked_for(self, served):
        served.ask(asks.SetPolicy, policy=TURNS)
        assert served.give(orders.AdoptSettings(), "hub") == []
        served.ask(asks.CloseDay)
        served.later(days=1).open()
        assert served.give(orders.AdoptSettings(), "hub") == []
        assert served.hall.state.policy == TURNS

    def test_changed_settings_are_adopted_once(self, make_scene):
        before = make_scene().open(1)
        before.ask(asks.SetPolicy, policy=TURNS)
        after = make_scene(policy=CAPPED)
        for fact in before.facts:
            after.hall.apply(fact)
        after.at = before.at
        (adopted,) = after.give(orders.AdoptSettings(), "hub")
        assert isinstance(adopted, PolicyChanged)
        assert (adopted.version, adopted.source, adopted.policy) == (2, PolicySource.SETTINGS, CAPPED)
        assert after.give(orders.AdoptSettings(), "hub") == []
        after.ask(asks.SetPolicy, policy=TURNS)
        assert after.give(orders.AdoptSettings(), "hub") == []

    def test_a_fresh_hall_has_its_settings_policy_already(self, scene):
        assert scene.give(orders.AdoptSettings(), "hub") == []

    def test_what_no_longer_fits_the_hall_gives_way_to_the_settings(self, make_scene):
        before = make_scene().open(1)
        before.ask(asks.SetPolicy, policy=TURNS)
        lanes = {"normal": LanePlan(), "appointment": LanePlan(), "elder": LanePlan()}
        after = make_scene(lanes=lanes)
        for fact in before.facts:
            after.hall.apply(fact)
        after.at = before.at
        (adopted,) = after.give(orders.AdoptSettings(), "hub")
        assert adopted.policy == after.hall.plan.policy


class TestProfile:
    def test_a_window_serves_something_else_from_now_on(self, served):
        served.take("loan")
        assert served.refuses(asks.CallNext, window=2) == "nobody-waiting"
        served.ask(asks.SetProfile, window=2, serves=("loan",))
        assert served.call(2).number == "B001"
        board = views.board(served.hall, served.at)
        assert next(w.services for w in board.windows if w.window == 2) == ("loan",)
        sign, _ = views.display(served.hall, 2, served.at)
        assert [name.zh for name in sign.services] == ["贷款"]

    def test_papers_name_the_windows_that_serve_it_now(self, served):
        served.ask(asks.SetProfile, window=2, serves=("loan",))
        assert served.take("withdrawal").windows == (1,)
        assert served.take("loan").windows == (1, 2, 5)

    def test_the_heart_stays_unless_it_is_named(self, served):
        assert served.ask(asks.SetProfile, window=1, serves=("loan",))[0].heart
        assert not served.ask(asks.SetProfile, window=1, serves=("loan",), heart=False)[0].heart
        assert not views.display(served.hall, 1, served.at)[0].heart

    def test_it_lasts_until_the_day_ends(self, served):
        served.ask(asks.SetProfile, window=2, serves=("loan",), helps=("review",))
        served.ask(asks.CloseDay)
        served.ask(asks.OpenDay)
        assert served.hall.state.pool(2) == ("loan",)
        assert replayed(served).state.profile(2).helps == ("review",)
        served.ask(asks.CloseDay)
        served.later(days=1).open()
        assert served.hall.state.pool(2) == ("withdrawal",)

    def test_what_makes_no_sense_is_refused(self, served):
        assert served.refuses(asks.SetProfile, window=9, serves=("loan",)) == "unknown-window"
        assert served.refuses(asks.SetProfile, window=2, serves=("tax",)) == "unknown-service"
        assert served.refuses(asks.SetProfile, window=2, serves=()) == "bad-profile"
        assert served.refuses(asks.SetProfile, window=2, serves=("loan",), helps=("loan",)) == "bad-profile"
        assert served.ask(asks.SetProfile, window=2, serves=("withdrawal",)) == []


class TestHelps:
    def test_a_helper_helps_only_while_its_own_lines_are_empty(self, served):
        served.ask(asks.SetProfile, window=2, serves=("withdrawal",), helps=("loan",))
        served.take("loan", lane="priority")
        served.take("withdrawal")
        assert served.order_of_service(2) == ["A001", "B001"]

    def test_who_was_sent_to_the_window_comes_before_it_helps(self, served):
        served.ask(asks.SetProfile, window=2, serves=("withdrawal",), helps=("loan",))
        served.take("withdrawal")
        served.call(1)
        served.take("loan", lane="priority")
        served.transfer(1, 2)
        assert served.order_of_service(2) == ["A001", "B001"]


class TestAppointmentsInTheOrder:
    def test_a_late_one_stands_in_the_normal_lane_by_arrival(self, make_scene):
        policy = msgspec.convert(
            {"appointment": {"due_before_s": 120, "late_after_min": 10}, "starvation_min": 60}, Policy
        )
        scene = make_scene(policy=policy).open(2)
        slot = scene.at.replace(minute=10)
        scene.later(minutes=20, seconds=1)
        scene.take()
        late = scene.ask(asks.TakeTicket, service="withdrawal", lane="appointment", via=Via.DESK, slot=slot)[
            0
        ]
        assert (late.lane, late.slot, late.ahead) == ("normal", slot, 1)
        on_time = scene.ask(
            asks.TakeTicket, service="withdrawal", lane="appointment", via=Via.DESK, slot=scene.at
        )[0]
        assert (on_time.lane, on_time.ahead) == ("appointment", 0)
