"""Reports over rows written by hand: every figure has a sentence that says what it means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.console.reports.count import Count, Promise
from hub.console.reports.figures import OF_VISITS, Axis
from hub.console.reports.rows import DayRows, Seat, Visit, Work
from hub.console.reports.spread import Spread, length_s, outside
from hub.console.reports.staffing import MAY_WAIT, needed, waits_longer

DAY = "2026-11-23"  # a Monday
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATE = NINE + timedelta(hours=12)
USUAL = Promise()


def at(minutes):
    return NINE + timedelta(minutes=minutes)


def visit(ticket="t1", **fields):
    usual = {"service": "withdrawal", "state": "served", "outcome": "done", "sat_at": 1, "arrived": at(0)}
    return Visit(ticket=ticket, day=DAY, **(usual | fields))


def work(ticket="t1", step=1, **fields):
    usual = {
        "window": 1,
        "clerk": "018",
        "service": "withdrawal",
        "first_called": at(5),
        "called": at(5),
        "started": at(6),
        "finished": at(16),
        "freed": at(16),
        "handled_s": 600,
        "outcome": "done",
    }
    return Work(ticket=ticket, step=step, day=DAY, **(usual | fields))


def report(*days, promise=USUAL, zone=None, **rows):
    count = Count(promise, zone)
    for day in days or (DayRows(day=DAY, **rows),):
        count.add(day, LATE)
    return count.report(DAY, DAY, LATE)


def of(made, axis, key):
    return next(group.figures for group in made.groups(axis) if group.key == key)


def test_a_transferred_ticket_is_one_visit_and_several_steps():
    made = report(
        visits=(visit(sat_at=2),),
        works=(
            work(outcome="transferred"),
            work(step=2, window=5, clerk="027", service="review", handled_s=100),
        ),
    )
    assert (made.total.issued, made.total.served, made.total.steps) == (1, 1, 2)
    assert (of(made, Axis.SERVICE, "withdrawal").issued, of(made, Axis.SERVICE, "review").issued) == (1, 0)
    assert of(made, Axis.SERVICE, "review").handling.p50_s == 100
    assert [of(made, Axis.WINDOW, key).issued for key in ("1", "5")] == [1, 1]


def test_a_ticket_called_twice_to_one_window_is_one_visit_there():
    made = report(visits=(visit(),), works=(work(outcome="parked"), work(step=2)))
    assert (of(made, Axis.WINDOW, "1").issued, of(made, Axis.WINDOW, "1").calls) == (1, 2)


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"outcome": "advice"}, True),
        ({"sat_at": 0}, True),
        ({"sat_at": 2}, False),
        ({"outcome": "material-missing"}, False),
        ({"outcome": "onward"}, False),
        ({"slip": True}, False),
        ({"state": "missed"}, False),
    ],
)
def test_one_trip_is_one_window_a_complete_ending_and_no_coming_back(fields, counts):
    assert report(visits=(visit(**fields),)).total.one_trip == counts


def way(*stations):
    """Steps of one visit: windows with the service there; all but the last end with a transfer."""
    return tuple(
        work(step=n, window=window, service=service, outcome="transferred" if n < len(stations) else "done", **more)
        for n, (window, service, more) in enumerate(((*s, {})[:3] for s in stations), start=1)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stations", "counts"),
    [
        (((1, "withdrawal"), (2, "loan"), (3, "enquiry")), True),
        (((1, "withdrawal"), (2, "withdrawal"), (3, "withdrawal")), True),
        (((1, "withdrawal"), (2, "loan")), False),
        (((1, "withdrawal"), (5, "review"), (2, "loan")), False),
        (((1, "withdrawal"), (2, "loan"), (1, "withdrawal")), False),
        (((1, "withdrawal"), (5, "withdrawal", {"carry": True}), (2, "loan")), False),
        (((1, "withdrawal"),), False),
    ],
)
def test_who_was_sent_on_twice_is_counted_and_reviews_ways_back_and_papers_are_not(stations, counts):
    promise = Promise(reviews=frozenset({"review"}))
    made = report(visits=(visit(sat_at=len(stations)),), works=way(*stations), promise=promise)
    assert made.total.sent_on == counts
    assert of(made, Axis.SERVICE, "withdrawal").sent_on == counts


def test_who_was_called_again_after_waiting_aside_was_sent_nowhere():
    works = (work(outcome="parked"), work(step=2, window=2, outcome="parked"), work(step=3, window=3))
    assert report(visits=(visit(),), works=works).total.sent_on == 0


def test_accepted_finished_returned_and_refused_stand_beside_issued():
    outcomes = ["done", "done", "advice", "material-missing", "not-allowed", "proxy-refused", None]
    visits = [visit(f"t{n}", outcome=outcome) for n, outcome in enumerate(outcomes)]
    total = report(visits=(*visits, visit("t9", outcome="withdrawn", accepted=True))).total
    assert (total.issued, total.accepted, total.outcomes["done"]) == (8, 3, 2)
    assert (total.returned, total.refused) == (1, 2)


def test_numbers_of_the_book_are_counted_among_the_others_and_told_apart():
    by_hand = {"by_hand": True, "outcome": None, "sat_at": 0}
    made = report(visits=(visit("a"), visit("b", **by_hand), visit("c", state="left", **by_hand)))
    assert (made.total.issued, made.total.served, made.total.by_hand) == (3, 2, 2)
    assert of(made, Axis.SERVICE, "withdrawal").by_hand == 2


def test_waits_are_judged_by_the_promise_of_their_service():
    visits = [visit(f"t{n}", waited_s=60 * n) for n in (10, 20, 40)]
    made = report(
        visits=(*visits, visit("b", service="loan", waited_s=3000)), promise=Promise(waits_min={"loan": 60})
    )
    waits = of(made, Axis.SERVICE, "withdrawal").waits
    assert (waits.p50_s, waits.p90_s, waits.judged, waits.kept) == (1200, 2400, 3, 2)
    assert of(made, Axis.SERVICE, "loan").waits.kept == 1


def test_handling_is_judged_by_what_was_promised_then_and_not_where_that_is_unknown():
    works = [work(f"t{n}", handled_s=n * 60, target_min=12) for n in (10, 12, 13)]
    handling = report(works=(*works, work("old", handled_s=9999))).total.handling
    assert (handling.count, handling.judged, handling.kept) == (4, 3, 2)


def test_walking_is_from_the_last_call_to_the_chair_where_somebody_pressed_start():
    walked = work("a", called=at(6), started=at(7))
    implied = work("b", called=at(6), started=at(6))
    papers = work("c", called=at(6), started=at(9), carry=True)
    walking = report(works=(walked, implied, papers)).total.walking
    assert (walking.count, walking.p50_s) == (1, 60)


def test_a_call_that_nobody_followed_is_in_vain():
    gone = work("a", started=None, finished=None, handled_s=None, outcome=None, freed=at(8))
    now = work("b", started=None, finished=None, handled_s=None, outcome=None, freed=None)
    total = report(works=(gone, now)).total
    assert (total.calls, total.in_vain, total.steps) == (2, 1, 0)


def test_ratings_are_asked_where_somebody_sat_and_work_ended():
    works = (
        work("a", grade=4),
        work("b", grade=1),
        work("c"),
        work("d", outcome="transferred"),
        work("e", carry=True),
        work("f", outcome="parked"),
        work("g", outcome="transferred", handled_s=0),
    )
    total = report(works=works).total
    assert (total.asked, total.rated, total.grades) == (4, 2, {4: 1, 1: 1})


def test_handling_with_and_without_a_pre_check_is_told_apart_for_first_steps():
    total = report(
        visits=(visit("a", prechecked=True), visit("b")),
        works=(
            work("a", handled_s=300),
            work("b", handled_s=700, outcome="transferred"),
            work("b", 2, handled_s=5),
        ),
    ).total
    assert (total.handling_prechecked.p50_s, total.handling_plain.p50_s) == (300, 700)
    assert (total.handling_prechecked.count, total.handling_plain.count) == (1, 1)


def test_idle_is_a_clerk_with_nobody_called_nobody_served_and_no_pause():
    seats = (
        Seat(day=DAY, window=1, clerk="018", began=at(0), ended=at(60)),
        Seat(day=DAY, window=2, clerk="019", began=at(0), ended=at(30)),
    )
    pauses = (Seat(day=DAY, window=1, clerk="018", began=at(20), ended=at(30)),)
    made = report(works=(work(),), seats=seats, pauses=pauses)
    first = of(made, Axis.WINDOW, "1")
    assert (first.seated_s, first.paused_s, first.idle_s) == (3600, 600, 3600 - 600 - 660)
    assert of(made, Axis.CLERK, "019").idle_s == 1800
    assert made.total.idle_s == first.idle_s + 1800


def test_hours_are_those_of_the_halls_own_clock():
    made = report(visits=(visit(arrived=at(0)),), zone=timezone(timedelta(hours=8)))
    assert [group.key for group in made.groups(Axis.HOUR)] == ["17"]
    assert [(load.weekday, load.hour, load.arrived, load.days) for load in made.load] == [(0, 17, 1, 1)]


def test_a_situation_is_what_the_clerk_said_at_the_end_else_what_was_chosen():
    made = report(
        visits=(
            visit("a", situation="rent"),
            visit("b", situation="rent"),
            visit("c"),
        ),
        works=(work("a"), work("b", situation="purchase"), work("c")),
    )
    found = {g.key: (g.figures.issued, g.figures.steps) for g in made.groups(Axis.SITUATION)}
    assert found == {"withdrawal/rent": (1, 1), "withdrawal/purchase": (1, 1), "withdrawal/": (1, 1)}


states = st.sampled_from(["waiting", "called", "serving", "parked", "served", "missed", "left", "cancelled"])
outcomes = st.sampled_from([None, "done", "advice", "material-missing", "not-allowed", "onward", "withdrawn"])
visits = st.builds(
    visit,
    ticket=st.uuids().map(str),
    service=st.sampled_from(["withdrawal", "loan"]),
    situation=st.sampled_from([None, "rent"]),
    state=states,
    outcome=outcomes,
    arrived=st.integers(0, 700).map(at),
    waited_s=st.none() | st.integers(0, 9000),
    prechecked=st.booleans(),
    slip=st.booleans(),
)


@given(rows=st.lists(visits, max_size=30), extra=st.integers(0, 3))
def test_on_every_axis_of_visits_the_places_add_up_to_the_whole(rows, extra):
    works = tuple(
        work(v.ticket, step, window=step, handled_s=100 * step)
        for v in rows
        for step in range(1, extra + 1)
        if v.waited_s is not None
    )
    made = report(visits=tuple(rows), works=works)
    total = made.total
    assert total.issued == len(rows)
    assert total.issued == total.served + total.missed + total.left + total.cancelled + total.open
    for axis in OF_VISITS:
        groups = [group.figures for group in made.groups(axis)]
        for name in ("issued", "served", "missed", "left", "cancelled", "open", "accepted", "one_trip"):
            assert sum(getattr(one, name) for one in groups) == getattr(total, name)
        assert sum(one.waits.count for one in groups) == total.waits.count
    for axis in Axis:
        groups = [group.figures for group in made.groups(axis)]
        for name in ("calls", "steps", "asked"):
            assert sum(getattr(one, name) for one in groups) == getattr(total, name)
        assert sum(one.handling.sum_s for one in groups) == total.handling.sum_s


@given(st.lists(st.integers(0, 5000), min_size=1))
def test_percentiles_are_exact(lengths):
    spread = Spread()
    for length in lengths:
        spread.add(length)
    found, ordered = spread.lengths(), sorted(lengths)
    assert found.p50_s == ordered[-(-len(ordered) * 50 // 100) - 1]
    assert found.p90_s == ordered[-(-len(ordered) * 90 // 100) - 1]
    assert (found.count, found.sum_s, found.longest_s) == (len(ordered), sum(ordered), ordered[-1])


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted), max_size=8)


@given(spans, spans)
def test_what_is_outside_is_what_a_count_of_minutes_says(wanted, taken):
    def minutes(pairs):
        return {minute for begin, end in pairs for minute in range(begin, end)}

    def moments(pairs):
        return [(at(begin), at(end)) for begin, end in pairs]

    assert length_s(outside(moments(wanted), moments(taken))) == 60 * len(minutes(wanted) - minutes(taken))


class TestHowManyWindows:
    def test_one_window_is_the_textbooks_m_m_1(self):
        # load 0.5: half of the people wait; of those the wait is exponential with mean 1/(mu - lambda) = 2 turns
        assert waits_longer(6, 300, 1, 0) == pytest.approx(0.5)
        assert waits_longer(6, 300, 1, 600) == pytest.approx(0.5 * 2.718281828**-1)

    def test_two_windows_are_the_textbooks_erlang_c(self):
        # load 1 at two windows: C(2, 1) = 1/3
        assert waits_longer(12, 300, 2, 0) == pytest.approx(1 / 3)

    def test_nobody_needs_no_window_and_more_work_than_windows_makes_everybody_wait(self):
        assert needed(0, 300, 1800) == 0
        assert waits_longer(100, 600, 2, 1800) == 1.0

    @given(arrivals=st.integers(1, 300), turn_s=st.integers(30, 3000), promise_s=st.integers(60, 3600))
    def test_the_fewest_windows_keep_the_promise_and_one_less_does_not(self, arrivals, turn_s, promise_s):
        windows = needed(arrivals, turn_s, promise_s)
        assert waits_longer(arrivals, turn_s, windows, promise_s) <= MAY_WAIT
        assert windows == 1 or waits_longer(arrivals, turn_s, windows - 1, promise_s) > MAY_WAIT

    def test_a_report_tells_the_usual_and_the_busy_day(self):
        def day(number, people):
            name = f"2026-11-{number}"
            begin = datetime(2026, 11, number, 9, 0, tzinfo=UTC)
            v = [visit(f"{number}-{n}", arrived=begin) for n in range(people)]
            w = [
                work(x.ticket, first_called=begin, freed=begin + timedelta(minutes=10), finished=begin)
                for x in v
            ]
            seat = Seat(day=name, window=1, clerk="018", began=begin, ended=begin + timedelta(minutes=30))
            return DayRows(day=name, visits=tuple(v), works=tuple(w), seats=(seat,))

        made = report(*(day(n, people) for n, people in zip(range(10, 20), [5] * 8 + [20] * 2, strict=True)))
        [need] = made.staffing
        assert (need.begins_min, need.usual, need.busy, need.turn_s) == (540, 5, 20, 600)
        assert need.open_windows == 1.0
        assert need.needed == needed(10, 600, 1800)
        assert need.needed_busy == needed(40, 600, 1800) > need.needed
        assert need.apart == need.needed
