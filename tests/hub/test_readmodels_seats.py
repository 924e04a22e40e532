"""Who sat where and who had stepped away, as rows; and what else a report asks of a visit."""

from __future__ import annotations

from datetime import datetime

import pytest

from hub.store import tables as t
from hub.store.readmodels import project, rebuild

pytestmark = pytest.mark.both_stores


def rows(rig, table):
    rig.run_for(2)
    with rig.store.transaction() as connection:
        return [row._asdict() for row in connection.execute(table.select().order_by(*table.primary_key))]


def spans(rig, table):
    """Window, clerk, and how long; None for one that goes on."""
    return [(row["window"], row["clerk"], lasted(row)) for row in rows(rig, table)]


def lasted(row):
    if row["ended_at"] is None:
        return None
    return round(
        (datetime.fromisoformat(row["ended_at"]) - datetime.fromisoformat(row["began_at"])).total_seconds()
    )


def test_a_seat_lasts_until_its_clerk_leaves_and_a_pause_until_they_are_back(rig, console):
    console.ask("sit", window=1, clerk="011")
    rig.run_for(60)
    console.ask("pause", window=1, reason="午餐")
    rig.run_for(30)
    console.ask("resume", window=1)
    rig.run_for(10)
    assert spans(rig, t.seats) == [(1, "011", None)]
    console.ask("pause", window=1, reason="设备故障")
    rig.run_for(20)
    console.ask("leave", window=1)
    assert [(row["reason"], lasted(row)) for row in rows(rig, t.pauses)] == [("午餐", 30), ("设备故障", 20)]
    [seat] = spans(rig, t.seats)
    assert seat[2] == 122


def test_a_change_of_shift_and_a_move_end_one_seat_and_begin_another(rig, console):
    console.ask("sit", window=1, clerk="011")
    rig.run_for(60)
    console.ask("take_over", window=1, clerk="012")
    rig.run_for(40)
    console.ask("sit", window=2, clerk="012", move=True)
    assert [one[:2] for one in spans(rig, t.seats)] == [(1, "011"), (1, "012"), (2, "012")]
    assert [one[2] for one in spans(rig, t.seats)] == [60, 40, None]


def test_the_day_ends_every_seat_and_who_is_there_in_the_morning_begins_anew(rig, console):
    console.ask("sit", window=1, clerk="011")
    console.ask("pause", window=1, reason="午餐")
    rig.run_for(100)
    console.ask("close_day")
    rig.run_for(24 * 3600)
    console.ask("open_day")
    assert [(row["day"], row["ended_at"] is None) for row in rows(rig, t.seats)] == [
        ("2026-11-23", False),
        ("2026-11-24", True),
    ]
    assert [(row["day"], row["reason"]) for row in rows(rig, t.pauses)] == [
        ("2026-11-23", "午餐"),
        ("2026-11-24", "午餐"),
    ]


def test_sitting_in_a_hall_that_is_closed_is_not_remembered(rig, console):
    console.ask("close_day")
    console.ask("sit", window=1, clerk="011")
    rig.run_for(3600)
    console.ask("open_day")
    [seat] = rows(rig, t.seats)
    opened = datetime.fromisoformat(rig.facts("DayOpened")[-1]["at"])
    assert datetime.fromisoformat(seat["began_at"]) == opened


@pytest.mark.parametrize("slice_size", [1, 2, 500])
def test_seats_drawn_again_are_the_same_whatever_the_slices(rig, console, slice_size):
    for window in (1, 2):
        console.ask("sit", window=window, clerk=f"01{window}")
    console.ask("pause", window=1, reason="午餐")
    console.ask("close_day")
    console.ask("open_day")
    console.ask("take_over", window=2, clerk="019")
    before = rows(rig, t.seats), rows(rig, t.pauses)
    rebuild(rig.store)
    with rig.store.transaction() as connection:
        for table in (t.seats, t.pauses):
            connection.execute(table.delete())
    rig.store.put("projected", "0")
    while project(rig.store, slice_size):
        pass
    assert (rows(rig, t.seats), rows(rig, t.pauses)) == before


def test_a_visit_tells_pre_check_acceptance_extension_and_what_was_promised(rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    dispenser.take(id_="t1")
    console.ask("note_precheck", ticket="t1", papers=["本人身份证", "银行卡"], forms=["申请表"])
    console.ask("grant_extension", ticket="t1", reason="老人")
    console.ask("call_next", window=1)
    console.ask("start", window=1)
    rig.run_for(30)
    console.ask("accept", window=1)
    console.ask("finish", window=1, outcome="done")
    [ticket], [step] = rows(rig, t.tickets), rows(rig, t.steps)
    assert (ticket["prechecked"], ticket["extended"], ticket["accepted"], ticket["sat_at"]) == (3, 1, 1, 1)
    assert (step["target_min"], step["carry"]) == (12, 0)


def test_where_only_the_papers_went_nobody_sat(rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    console.ask("sit", window=3, clerk="013")
    dispenser.take(id_="t1")
    console.ask("call_next", window=1)
    console.ask("start", window=1)
    rig.run_for(30)
    console.ask("transfer", window=1, to="loan", note="", carry=True)
    console.ask("call_next", window=3)
    rig.run_for(30)
    console.ask("finish", window=3, outcome="done")
    [ticket] = rows(rig, t.tickets)
    assert (ticket["windows"], ticket["sat_at"]) == ("1,3", 1)
    assert [row["carry"] for row in rows(rig, t.steps)][:2] == [0, 1]


def test_a_window_is_free_again_when_somebody_is_missed_and_taken_when_that_was_taken_back(
    rig, console, dispenser
):
    console.ask("sit", window=1, clerk="011")
    dispenser.take(id_="t1")
    console.ask("call_next", window=1)
    rig.run_for(40)
    console.ask("no_show", window=1)
    [step] = rows(rig, t.steps)
    called, freed = (datetime.fromisoformat(step[key]) for key in ("called_at", "freed_at"))
    assert round((freed - called).total_seconds()) == 40
    console.ask("undo", window=1)
    [step] = rows(rig, t.steps)
    assert step["freed_at"] is None
    console.ask("pause", window=1, reason="午餐")
    [step] = rows(rig, t.steps)
    assert step["freed_at"] is not None
