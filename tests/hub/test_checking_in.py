"""Checking in over the bus: who may ask, whose secret it is, and how often a code may be guessed."""

from hub.guesses import MISSES, WITHIN_S


def check_in(member, code="000000", **more):
    return member.ask("check_in", via="dispenser", code=code, **more)


def test_a_dispenser_checks_somebody_in_and_books_for_nobody(rig, dispenser):
    assert check_in(dispenser)["code"] == "unknown-code"
    assert (
        dispenser.ask("book", service="withdrawal", slot="2026-11-24T10:00:00+08:00", code="123456")["code"]
        == "not-allowed"
    )


def test_after_some_misses_a_member_waits_a_minute(rig, dispenser, console):
    said = [check_in(dispenser, code=f"{n:06d}")["code"] for n in range(MISSES + 2)]
    assert said == ["unknown-code"] * MISSES + ["too-many-tries"] * 2
    assert check_in(console)["code"] == "unknown-code", "others may go on"
    rig.run_for(WITHIN_S + 1.0)
    assert check_in(dispenser)["code"] == "unknown-code"
