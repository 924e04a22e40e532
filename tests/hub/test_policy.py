"""The policy through restarts: what was asked for stays until somebody changes the settings."""

import msgspec

from hall.policy import USUAL, Quota

from .conftest import hall_plan, name

CAPPED = {"weights": {"priority": 1}, "streak_cap": 1}


def in_force(rig):
    return rig.hall.state.policy


def test_a_manager_changes_the_order_live_and_a_restart_keeps_it(rig, console):
    answer = console.ask("set_policy", policy=CAPPED, reason="人多")
    assert answer["ok"]
    changed = rig.facts("PolicyChanged")
    assert [(c["version"], c["source"], c["reason"]) for c in changed] == [(1, "ask", "人多")]
    rig.kill_hub()
    rig.start_hub()
    assert in_force(rig).streak_cap == 1
    assert rig.facts("PolicyChanged") == changed


def test_changed_settings_are_adopted_at_the_next_start_and_only_once(rig, console):
    console.ask("set_policy", policy=CAPPED)
    for _ in range(2):
        rig.kill_hub()
        rig.plan = hall_plan(policy=msgspec.structs.replace(USUAL, streak_cap=4))
        rig.start_hub()
        assert in_force(rig).streak_cap == 4
    assert [(c["version"], c["source"]) for c in rig.facts("PolicyChanged")] == [(1, "ask"), (2, "settings")]


def test_an_unfair_policy_is_refused_with_what_is_wrong(rig, console):
    no = console.ask("set_policy", policy={"weights": {"priority": 1}})
    assert no["code"] == "bad-policy"
    assert "starvation_min" in no["text"]["zh"]


def test_a_policy_with_an_unknown_key_is_no_policy(rig, console):
    assert console.ask("set_policy", policy={"streak": 2})["code"] == "not-valid"
    assert rig.facts("PolicyChanged") == []


def test_a_window_that_serves_something_else_says_so_on_its_sign(rig, console):
    console.ask("set_profile", window=3, serves=["withdrawal"])
    rig.run_for(1)
    assert [s["zh"] for s in rig.wants("sign-3", "display")["services"]] == ["提取"]


def test_a_key_goes_dark_with_the_last_number_of_its_quota(make_rig):
    few = Quota(reason=name("人手不足", "few staff"), alternative=name("请预约", "please book"), per_day=2)
    rig = make_rig(policy=msgspec.structs.replace(USUAL, weights={"priority": 1}, quotas={"loan": few}))
    rig.start_hub()
    dispenser = rig.member("dispenser-1")

    def dark():
        rig.run_for(6)
        return [s["id"] for s in rig.wants("dispenser-1", "services")["services"] if s.get("off")]

    seen = [dark()]
    for _ in range(2):
        assert dispenser.take("loan")["ok"]
        seen.append(dark())
    assert seen == [[], [], ["loan"]]
