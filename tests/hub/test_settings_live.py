"""Settings changed while a ticket waits and a dispenser listens: devices are told anew, a restart keeps them, the file no longer counts."""

import json

import msgspec
import pytest

from hall.messages import asks
from hall.settings_form import form_of
from hall.text import Text

from .conftest import hall_plan

pytestmark = pytest.mark.both_stores

TAX = {"letter": "T", "name": {"zh": "税务", "en": "Tax"}, "target_min": 9}


def change(console, base=0, **fields):
    return console.ask("set_plan", base=base, **fields)


def test_a_dispenser_offers_a_new_service_and_gives_its_number_at_once(rig, console, dispenser):
    assert dispenser.take()["ok"]
    assert change(console, change={"services": {"tax": TAX}}, reason="新业务")["ok"]
    rig.run_for(1)
    offered = rig.wants("dispenser-1", "services")["services"]
    assert [service["id"] for service in offered] == ["withdrawal", "loan", "tax"]
    assert dispenser.take("tax")["facts"][0]["number"] == "T001"
    assert rig.waiting("withdrawal") == 1


def test_a_dispenser_is_lent_numbers_of_a_new_letter(rig, console, dispenser):
    change(console, change={"services": {"tax": TAX}})
    rig.run_for(1)
    letters = {block["letter"] for block in rig.wants("dispenser-1", "numbers")["blocks"]}
    assert "T" in letters


def test_a_change_that_leaves_somebody_behind_is_refused_and_nothing_is_told(rig, console, dispenser):
    dispenser.take("loan")
    windows = [{"window": w, "serves": ["withdrawal"]} for w in (1, 2, 3)]
    no = change(console, change={"services": {"loan": None}, "windows": windows})
    assert no["code"] == "plan-in-use"
    assert rig.facts("PlanChanged") == []


def test_a_restart_keeps_what_was_changed_whatever_the_file_says(rig, console):
    change(console, change={"hotline": "12345"}, actor="manager")
    rig.kill_hub()
    rig.plan = hall_plan(name=Text(zh="旧大厅", en="Old hall"))
    rig.start_hub()
    assert (rig.hall.plan.hotline, rig.hall.plan.name.zh) == ("12345", "示例大厅")
    assert change(console, base=2, change={"hotline": "12366"})["ok"]
    assert [(f["version"], f.get("actor")) for f in rig.facts("PlanChanged")] == [
        (1, None),
        (2, "manager"),
        (3, None),
    ]


def test_a_new_sign_shows_its_window_and_one_that_goes_has_nothing_left_on_the_bus(rig, console):
    form = form_of(rig.plan)
    windows = [*form["windows"], {"window": 4, "serves": ["loan"]}]
    members = {"sign-4": {"kind": "sign", "window": 4}, "sign-3": None, "pad-3": None}
    assert change(console, change={"windows": windows, "members": members})["ok"]
    rig.run_for(1)
    assert [s["zh"] for s in rig.wants("sign-4", "display")["services"]] == ["贷款"]
    assert rig.wants("sign-3", "display") is None


def test_a_window_that_was_given_a_service_for_today_shows_the_others_when_the_file_forgets_it(
    rig, console, dispenser
):
    dispenser.take("loan")
    console.ask("sit", window=2, clerk="001")
    assert console.ask("set_profile", window=2, serves=["loan", "withdrawal"])["ok"]
    rig.kill_hub()
    windows = tuple(msgspec.structs.replace(window, serves=("withdrawal",)) for window in rig.plan.windows)
    rig.plan = hall_plan(services={"withdrawal": rig.plan.services["withdrawal"]}, windows=windows)
    rig.start_hub()
    rig.run_for(1)
    assert [s["zh"] for s in rig.wants("sign-2", "display")["services"]] == ["提取"]


def test_a_device_that_goes_while_the_hub_is_cut_off_has_nothing_left_on_the_bus_either(rig):
    rig.run_for(1)
    assert rig.wants("sign-3", "display")
    rig.broker.cut("hub")
    rig.settle()
    rig.hub.coordinator.order(asks.SetPlan(id="cut-off", base=0, change={"members": {"sign-3": None}}))
    rig.settle()
    rig.broker.mend("hub")
    rig.run_for(1)
    assert rig.wants("sign-3", "display") is None


def test_a_device_that_goes_while_the_link_is_full_has_nothing_left_on_the_bus_once_there_is_room(
    rig, monkeypatch
):
    rig.run_for(1)
    with monkeypatch.context() as full:
        full.setattr(rig.hub.link, "publish", lambda _: False)
        rig.hub.coordinator.order(asks.SetPlan(id="full", base=0, change={"members": {"sign-3": None}}))
        rig.run_for(1)
    rig.run_for(1)
    assert rig.wants("sign-3", "display") is None


def test_values_of_a_device_that_came_back_to_the_file_s_are_no_other_settings(rig, console, caplog):
    for values, others in (({"brightness": 9}, True), ({"brightness": None}, False)):
        assert console.ask("configure", member="sign-1", values=values)["ok"]
        rig.kill_hub()
        caplog.clear()
        rig.start_hub()
        assert ("the settings file is not what is in force" in caplog.text) is others


def test_the_alerts_of_a_device_that_goes_end_with_it(rig, console):
    dead = {"zh": "屏不亮", "en": "the panel is dark"}
    since = rig.scheduler.now().isoformat()
    rig.member("sign-3").say(
        "$alert/panel", {"level": "fault", "code": "panel-dead", "text": dead, "since": since}, retain=True
    )
    rig.settle()
    assert rig.hall.alerts
    assert change(console, change={"members": {"sign-3": None}})["ok"]
    rig.run_for(1)
    assert not rig.hall.alerts
    assert [(f["member"], f["alert"]) for f in rig.facts("AlertCleared")] == [("sign-3", "panel")]


def test_posted_hours_that_change_open_and_close_the_hall(make_rig):
    rig = make_rig(always=False)
    rig.start_hub()
    console = rig.member("console-1")
    assert rig.hall.open
    day = {"open": "08:00", "close": "08:30"}
    assert change(console, change={"hours": {"week": {"mon": day}}})["ok"]
    rig.run_for(1)
    assert not rig.hall.open


def test_settings_longer_than_an_ask_come_in_pieces(rig, console):
    papers = [f"第{n}份材料的复印件" for n in range(400)]
    listed = {"common": papers, "version": "1", "dated": "2026-11-23", "owner": "业务科"}
    form = form_of(rig.plan)
    form["services"]["loan"] |= listed
    whole = msgspec.json.encode(form).decode()
    assert len(whole.encode()) > 8192
    for part, begin in enumerate(range(0, len(whole), 1800), 1):
        assert console.ask("draft_plan", draft="d", part=part, text=whole[begin : begin + 1800])["ok"]
    answer = change(console, draft="d")
    assert answer["ok"]
    assert len(rig.hall.plan.services["loan"].common) == 400
    assert len(json.dumps(answer)) < 200_000


def test_a_device_may_not_change_settings(rig, dispenser):
    assert dispenser.ask("set_plan", base=0, change={"hotline": "1"})["code"] == "not-allowed"
