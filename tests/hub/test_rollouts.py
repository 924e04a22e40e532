"""A roll-out on the bus: devices are told, say what came of it, and a hub that is killed goes on where it was."""

import pytest


@pytest.fixture
def signs(rig):
    return {name: rig.member(name) for name in ("sign-1", "sign-2", "sign-3")}


def roll_out(console, **more):
    answer = console.ask("roll_out", members=["sign-1", "sign-2", "sign-3"], values={"brightness": 9}, **more)
    assert answer["ok"], answer
    return answer["facts"][0]


def takes(rig, sign, *, ok=True):
    want = rig.wants(sign.member, "config")
    sign.say("up/have/config", {"rev": want["rev"], "ok": ok, "code": None if ok else "not-valid"})
    rig.settle()


def alive(rig, signs, seconds):
    for _ in range(int(seconds / 5)):
        rig.run_for(5)
        for sign in signs.values():
            sign.beat()


def test_the_others_are_told_once_the_first_has_stood_it_also_through_a_kill(rig, console, signs):
    roll_out(console)
    assert rig.wants("sign-1", "config")["values"] == {"brightness": 9}
    assert rig.wants("sign-2", "config") is None
    alive(rig, signs, 10)
    takes(rig, signs["sign-1"])
    alive(rig, signs, 40)
    rig.kill_hub()
    rig.start_hub()
    alive(rig, signs, 10)
    assert rig.wants("sign-2", "config") is None
    alive(rig, signs, 20)
    assert rig.wants("sign-2", "config")["values"] == {"brightness": 9}
    takes(rig, signs["sign-2"])
    takes(rig, signs["sign-3"])
    alive(rig, signs, 70)
    (ended,) = rig.facts("RollOutEnded")
    assert ended["outcome"] == "done"


def test_a_device_that_refuses_stops_it_at_once_and_is_told_what_it_had(rig, console, signs):
    roll_out(console)
    takes(rig, signs["sign-1"], ok=False)
    alive(rig, signs, 10)
    (ended,) = rig.facts("RollOutEnded")
    assert (ended["outcome"], ended["member"], ended["code"]) == ("halted", "sign-1", "not-valid")
    assert rig.wants("sign-1", "config").get("values", {}) == {}
    assert rig.wants("sign-2", "config") is None


def test_what_a_device_says_of_older_settings_is_no_answer(rig, console, signs):
    roll_out(console)
    signs["sign-1"].say("up/have/config", {"rev": "0123456789abcdef", "ok": True})
    alive(rig, signs, 90)
    assert rig.facts("RollOutAnswered") == []
    assert rig.facts("RollOutWidened") == []
