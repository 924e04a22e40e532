"""Read models: the day in figures without a replay, and the same whenever they are drawn."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from hall.policy import USUAL
from hub.memory import Batch, FactRow
from hub.store import tables
from hub.store.readmodels import counts, project, rebuild

pytestmark = pytest.mark.both_stores

DAY = "2026-11-23"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def day(rig, console, dispenser):
    """Six tickets: two served (one rated), one missed, one cancelled, one that waits, one on the way through the review."""
    for window in (1, 2):
        console.ask("sit", window=window, clerk=f"01{window}")
    for n in range(1, 7):
        dispenser.take(id_=f"t{n}")
        rig.run_for(10)
    for _ in range(2):
        console.ask("call_next", window=1)
        rig.run_for(60)
        console.ask("finish", window=1, outcome="done")
    console.ask("call_next", window=1)
    console.ask("no_show", window=1)
    console.ask("cancel", ticket="t4")
    console.ask("call_next", window=2)
    console.ask("start", window=2)
    rig.run_for(30)
    console.ask("transfer", window=2, to="loan", note="")
    rig.run_for(5)
    return rig


def rows(rig):
    with rig.store.engine.connect() as connection:
        found = [
            sorted(connection.execute(table.select()).all(), key=str)
            for table in (tables.tickets, tables.steps)
        ]
        connection.rollback()
    return found


def test_the_day_is_counted(day):
    figures = counts(day.store, DAY)
    assert (figures.issued, figures.served, figures.missed, figures.left) == (6, 2, 1, 0)
    assert figures.waits_s == sorted(figures.waits_s)
    assert figures.waits_s[0] == 60


def test_counting_agrees_with_the_hall(day):
    day.members["console-1"].ask("close_day")
    closed = day.facts("DayClosed")[-1]
    day.run_for(5)
    figures = counts(day.store, DAY)
    assert (figures.issued, figures.served, figures.missed, figures.left) == tuple(
        closed[key] for key in ("issued", "served", "missed", "left")
    )


@pytest.mark.parametrize("slice_size", [1, 3, 1000])
def test_drawing_again_gives_the_same_rows_whatever_the_slices(day, slice_size):
    before = rows(day)
    rebuild(day.store)
    assert rows(day) == before
    with day.store.transaction() as connection:
        for table in (tables.tickets, tables.steps):
            connection.execute(table.delete())
    day.store.put("projected", "0")
    while project(day.store, slice_size):
        pass
    assert rows(day) == before


def test_what_was_not_drawn_before_a_kill_is_drawn_after_it(rig, dispenser):
    dispenser.take()
    rig.kill_hub()
    rig.start_hub()
    rig.run_for(2)
    assert counts(rig.store, DAY).issued == 1


def test_another_day_has_its_own_figures(rig, dispenser):
    rig.run_for(2)
    assert counts(rig.store, "2026-11-24").issued == 0


def test_who_collects_something_at_the_desk_was_served_when_the_day_closes(rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    dispenser.take(id_="t1")
    console.ask("call_next", window=1)
    console.ask("start", window=1)
    rig.run_for(60)
    console.ask("transfer", window=1, to="desk", note="")
    rig.run_for(60)
    console.ask("close_day")
    rig.run_for(5)
    closed = rig.facts("DayClosed")[-1]
    assert (closed["served"], closed["left"]) == (1, 0)
    figures = counts(rig.store, DAY)
    assert (figures.served, figures.left) == (1, 0)


def test_a_fact_of_a_newer_program_draws_nothing_and_stops_nothing(rig, dispenser):
    dispenser.take(id_="t1")
    rig.run_for(2)
    row = FactRow(
        rig.hall.n + 1, START, DAY, "FloodReported", b'{"type":"FloodReported"}', "hub", None, "hub", None
    )
    batch = Batch()
    batch.facts.append(row)
    rig.store.commit(batch)
    assert project(rig.store) == 1
    assert project(rig.store) == 0
    assert counts(rig.store, DAY).issued == 1


def test_a_visit_can_be_told_from_its_rows_alone(rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    console.ask("sit", window=3, clerk="013")
    dispenser.take(id_="t1")
    rig.run_for(60)
    console.ask("call_next", window=1)
    rig.run_for(20)
    console.ask("start", window=1)
    rig.run_for(30)
    console.ask("park", window=1)
    rig.run_for(40)
    console.ask("resume_ticket", ticket="t1")
    console.ask("accept", window=1)
    rig.run_for(10)
    console.ask("transfer", window=1, to="loan", note="")
    rig.run_for(5)
    console.ask("call_next", window=3)
    rig.run_for(15)
    console.ask("finish", window=3, outcome="advice")
    rig.run_for(2)
    (tickets, steps) = rows(rig)
    (ticket,) = tickets
    first, second = sorted(steps, key=lambda row: row.step)
    assert (ticket.state, ticket.outcome, ticket.windows, ticket.waited_s) == ("served", "advice", "1,3", 60)
    assert seconds(ticket.arrived_at, ticket.first_called_at) == 60
    assert seconds(ticket.arrived_at, ticket.finished_at) == 180
    assert (first.window, first.service, first.outcome, first.seconds) == (1, "withdrawal", "transferred", 40)
    assert (seconds(first.called_at, first.started_at), first.parked_s, first.parked_at) == (20, 40, None)
    assert seconds(first.started_at, first.accepted_at) == 70
    assert (second.window, second.service, second.outcome, second.seconds) == (3, "loan", "advice", 15)
    assert second.started_at == second.called_at
    assert seconds(first.finished_at, second.called_at) == 5


def seconds(since, until):
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()


@pytest.mark.parametrize(
    ("before", "act"),
    [
        ([], ("call_next", {})),
        (["call_next"], ("start", {})),
        (["call_next"], ("no_show", {})),
        (["call_next"], ("park", {})),
        (["call_next", "start"], ("park", {})),
        (["call_next"], ("finish", {"outcome": "done"})),
        (["call_next", "start"], ("finish", {"outcome": "advice"})),
        (["call_next", "start"], ("transfer", {"to": "loan", "note": ""})),
    ],
)
def test_an_act_that_was_taken_back_leaves_the_rows_as_they_were(rig, console, dispenser, before, act):
    console.ask("sit", window=1, clerk="011")
    dispenser.take(id_="t1")
    for kind in before:
        console.ask(kind, window=1)
        rig.run_for(20)
    rig.run_for(5)
    as_it_was = rows(rig)
    kind, more = act
    console.ask(kind, window=1, **more)
    rig.run_for(5)
    assert rows(rig) != as_it_was
    console.ask("undo", window=1)
    rig.run_for(5)
    assert rows(rig) == as_it_was
    rebuild(rig.store)
    assert rows(rig) == as_it_was


def test_a_change_of_shift_gives_each_clerk_their_own_step(rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    dispenser.take(id_="t1")
    console.ask("call_next", window=1)
    console.ask("start", window=1)
    rig.run_for(40)
    console.ask("take_over", window=1, clerk="018")
    rig.run_for(20)
    console.ask("finish", window=1, outcome="done")
    rig.run_for(5)
    _, steps = rows(rig)
    told = [(row.clerk, row.outcome, row.seconds) for row in sorted(steps, key=lambda row: row.step)]
    assert told == [("011", "handed-over", 40), ("018", "done", 20)]


def test_who_is_served_at_the_desk_was_served(rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    dispenser.take(id_="t1")
    console.ask("call_next", window=1)
    console.ask("transfer", window=1, to="desk", note="")
    console.ask("serve_at_desk", ticket="t1", outcome="done")
    rig.run_for(5)
    ((ticket,), _) = rows(rig)
    assert (ticket.state, ticket.outcome) == ("served", "done")


def test_who_came_with_yesterdays_number_and_collects_something_at_the_desk_was_served(make_rig):
    rig = make_rig(policy=msgspec.structs.replace(USUAL, weights={"priority": 1}, keep_overnight=True))
    rig.start_hub()
    console, dispenser = rig.member("console-1"), rig.member("dispenser-1")
    dispenser.take(id_="t1")
    rig.run_for(15 * 3600 + 600)  # ten minutes past midnight
    console.ask("sit", window=1, clerk="011")
    console.ask("call_next", window=1)
    console.ask("start", window=1)
    rig.run_for(30)
    assert console.ask("transfer", window=1, to="desk", note="")["ok"]
    closed = console.ask("close_day")["facts"][0]
    rig.run_for(2)
    figures = counts(rig.store, DAY)
    assert closed["served"] == figures.served == 1
    assert figures.waits_s == [600], "a night is no wait"
    drawn = rows(rig)
    rebuild(rig.store)
    assert rows(rig) == drawn
