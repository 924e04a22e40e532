"""A call key acts for its own window and no other, and shows what that window is doing and how many it could call."""

import msgspec
import pytest

from hall.messages.common import MemberKind
from hall.plan import MemberPlan


@pytest.fixture
def rig(make_rig):
    rig = make_rig()
    members = {
        **rig.plan.members,
        "call-key-1": MemberPlan(kind=MemberKind.CALL_KEY, window=1),
        "call-key-2": MemberPlan(kind=MemberKind.CALL_KEY, window=2),
    }
    rig.plan = msgspec.structs.replace(rig.plan, members=members)
    rig.start_hub()
    return rig


@pytest.fixture
def key(rig):
    return rig.member("call-key-1")


@pytest.fixture
def seated(rig, console):
    console.ask("sit", window=1, clerk="011")
    console.ask("sit", window=2, clerk="018")


def shows(rig, member="call-key-1"):
    rig.run_for(0.3)
    want = rig.wants(member, "counter")
    return want["state"], want.get("number"), want.get("waiting", 0)


@pytest.mark.parametrize(
    ("type_", "fields"),
    [
        ("call_next", {"finish": "done"}),
        ("recall", {}),
        ("no_show", {}),
        ("pause", {"reason": "暂时离开"}),
        ("resume", {}),
    ],
)
def test_it_may_not_act_for_another_window(rig, key, dispenser, seated, type_, fields):
    dispenser.take()
    rig.member("console-2").ask("call_next", window=2)
    before = rig.hall.n
    assert key.ask(type_, window=2, **fields)["code"] == "not-yours"
    assert rig.hall.n == before


@pytest.mark.parametrize(
    ("type_", "fields"),
    [
        ("call_ticket", {"window": 1, "ticket": "t1"}),
        ("start", {"window": 1}),
        ("finish", {"window": 1, "outcome": "done"}),
        ("call_next", {"window": 1, "finish": "proxy-refused"}),
        ("transfer", {"window": 1, "to": "desk"}),
        ("sit", {"window": 1, "clerk": "031"}),
        ("leave", {"window": 1}),
        ("take_ticket", {"service": "loan", "lane": "normal", "via": "dispenser"}),
        ("close_day", {}),
    ],
)
def test_it_may_ask_nothing_else(rig, key, dispenser, seated, type_, fields):
    dispenser.take(id_="t1")
    assert key.ask(type_, **fields)["code"] == "not-allowed"


def test_it_vouches_for_nobody_else(rig, key, dispenser, seated):
    dispenser.take()
    assert key.ask("call_next", window=1, actor="manager")["ok"]
    assert rig.facts("TicketCalled")[0]["clerk"] == "011"


def test_a_window_is_worked_with_three_keys_and_its_digits_follow(rig, key, dispenser, seated):
    assert shows(rig) == ("idle", None, 0)
    assert key.ask("call_next", window=1)["code"] == "nobody-waiting"
    for ticket in ("t1", "t2", "t3"):
        dispenser.take(id_=ticket)
    assert shows(rig) == ("idle", None, 3)
    assert shows(rig, "call-key-2")[2] == 3
    assert key.ask("call_next", window=1)["ok"]
    assert shows(rig) == ("called", "A001", 2)
    rig.run_for(60)
    assert key.ask("recall", window=1)["ok"]
    assert key.ask("call_next", window=1, finish="done")["ok"]
    assert [f["ticket"] for f in rig.facts("ServiceFinished")] == ["t1"]
    assert shows(rig) == ("called", "A002", 1)
    rig.run_for(60)
    assert key.ask("no_show", window=1)["ok"]
    assert key.ask("pause", window=1, reason="暂时离开")["ok"]
    assert shows(rig) == ("paused", None, 1)
    assert key.ask("call_next", window=1)["code"] == "window-paused"
    assert key.ask("resume", window=1)["ok"]
    assert shows(rig)[0] == "idle"


def test_with_nobody_at_the_window_it_calls_nobody_and_says_closed(rig, key, dispenser):
    dispenser.take()
    assert shows(rig)[0] == "closed"
    assert key.ask("call_next", window=1)["code"] == "not-seated"


def test_people_who_come_fast_are_told_at_most_five_times_a_second_and_the_last_count_always(
    rig, key, dispenser, seated
):
    rig.run_for(1)
    before = len(key.raw("/down/want/counter"))
    for _ in range(40):
        dispenser.take()
        rig.run_for(0.05)
    told = key.got("/down/want/counter")[before:]
    assert len(told) <= 12
    assert shows(rig)[2] == 40


def test_a_restarted_hub_tells_it_again_without_another_rev(rig, key, dispenser, seated):
    dispenser.take()
    rig.run_for(1)
    before = rig.wants("call-key-1", "counter")
    rig.kill_hub()
    rig.start_hub()
    assert rig.wants("call-key-1", "counter") == before
