"""The inspection view: each promise beside what was measured, and the facts that count against it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hall.messages import facts as f
from hall.messages.common import AlarmCode, AlarmLevel
from hall.text import Text
from hub.console.reports.count import Promise
from hub.console.reports.inspection import Looked, inspect
from hub.console.reports.rows import DayRows, Seat, Visit, Work

DAY, NINE = "2026-11-23", datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TEXT = Text(zh="3号窗口无人在岗", en="nobody sits at window 3")
count = itertools.count(1)


def at(minutes):
    return NINE + timedelta(minutes=minutes)


def visit(ticket, **fields):
    usual = {"service": "loan", "arrived": at(0), "state": "served", "outcome": "done", "sat_at": 1}
    return Visit(ticket=ticket, day=DAY, **(usual | fields))


def work(ticket, **fields):
    usual = {"window": 3, "clerk": "018", "service": "loan", "finished": at(9), "handled_s": 600, "step": 1}
    return Work(ticket=ticket, number="B001", day=DAY, **(usual | fields))


def told(kind, **fields):
    return kind(n=next(count), at=at(1), **fields)


def findings(*facts, called_back=None, spoken_to=None, promise=None, **rows):
    looked = Looked(
        rows=DayRows(day=DAY, **rows), facts=facts, called_back=called_back or {}, spoken_to=spoken_to or {}
    )
    return {finding.key: finding for finding in inspect(looked, promise or Promise())}


def test_of_an_empty_day_nothing_is_said_to_be_kept_or_broken():
    found = findings()
    judged = {key: finding.ok for key, finding in found.items() if finding.ok is not None}
    assert judged == {"no-ping-pong": True, "no-empty-seat": True}
    assert all(not finding.evidence for finding in found.values())


def test_whoever_waited_longer_than_promised_stands_behind_the_figure_by_number():
    visits = (visit("a", waited_s=1700), visit("b", number="B002", waited_s=1801), visit("c"))
    wait = findings(visits=visits)["wait"]
    assert (wait.kept, wait.of, wait.ok, wait.minutes) == (1, 2, False, 30)
    [one] = wait.evidence
    assert (one.number, one.lasted_s) == ("B002", 1801)


def test_a_service_with_a_promise_of_its_own_is_judged_by_it():
    found = findings(visits=(visit("a", waited_s=3000),), promise=Promise(waits_min={"loan": 60}))
    assert found["wait"].ok is True


def test_handling_is_judged_where_a_target_was_known():
    works = (work("a", target_min=10), work("b", target_min=9), work("c"))
    handling = findings(works=works)["handling"]
    assert (handling.kept, handling.of, [one.lasted_s for one in handling.evidence]) == (1, 2, [600])


def test_told_once_is_broken_when_somebody_who_came_back_was_sent_for_papers_again():
    slip = told(
        f.SlipIssued,
        ticket="b",
        number="B002",
        slip="s",
        code="12345678",
        service="loan",
        window=3,
        clerk="018",
        missing=("身份证", "合同"),
        valid_until="2026-12-08",
    )
    visits = (visit("a", slip=True), visit("b", slip=True, outcome="material-missing"), visit("c"))
    once = findings(slip, visits=visits)["told-once"]
    assert (once.kept, once.of, once.ok) == (1, 2, False)
    assert [one.papers for one in once.evidence] == [2]


def test_an_empty_seat_and_how_long_it_stood_empty():
    rung = told(
        f.AlarmRung,
        alarm="alarm-1",
        code=AlarmCode.WINDOW_UNSTAFFED,
        level=AlarmLevel.WARNING,
        text=TEXT,
        window=3,
    )
    stopped = told(f.AlarmStopped, alarm="alarm-1", code=AlarmCode.WINDOW_UNSTAFFED, seconds=420)
    found = findings(rung, stopped)
    seat = found["no-empty-seat"]
    assert (seat.kept, seat.ok, seat.evidence[0].text, seat.evidence[0].lasted_s) == (1, False, TEXT, 420)
    assert found["no-ping-pong"].ok is True


def test_every_bad_rating_that_nobody_called_back_stands_there():
    works = (work("a", grade=1), work("b", grade=1), work("c", grade=2))
    back = findings(works=works, called_back={("a", 1): True})["called-back"]
    assert (back.kept, back.of, back.ok, len(back.evidence)) == (1, 2, False, 1)


def test_who_was_spoken_to_before_leaving_is_a_figure_of_its_own_and_no_verdict():
    works = (work("a", grade=1), work("b", grade=1), work("c", grade=4))
    met = findings(works=works, spoken_to={("a", 1): True, ("b", 1): False})["spoken-to"]
    assert (met.kept, met.of, met.ok, len(met.evidence)) == (1, 2, None, 1)


def test_an_extension_names_the_number_once_and_no_reason():
    grant = {"ticket": "a", "number": "B001", "reason": "腿脚不便"}
    extended = findings(told(f.TicketExtended, **grant), told(f.TicketExtended, **grant))["extended"]
    assert (extended.kept, extended.ok) == (1, None)
    assert "腿脚" not in repr(extended)


def test_one_trip_counts_what_the_report_counts():
    visits = (visit("a"), visit("b", sat_at=2), visit("c", slip=True), visit("d", state="missed"))
    trip = findings(visits=visits)["one-trip"]
    assert (trip.kept, trip.of, len(trip.evidence)) == (1, 3, 2)


def test_whoever_sits_now_is_shown_by_work_number():
    seats = (
        Seat(day=DAY, window=1, clerk="018", began=at(0)),
        Seat(day=DAY, window=2, clerk="019", began=at(0), ended=at(30)),
    )
    assert [one.clerk for one in findings(seats=seats)["identity"].evidence] == ["018"]
