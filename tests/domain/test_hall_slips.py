"""The papers of the hall's own day are ordered once, for today, where there is something to print them on."""

from hall.messages import asks, facts
from hall.messages.hall_slips import DaySlip, MorningSlip


def test_a_slip_of_today_is_on_record_with_what_stands_on_it(served):
    slip = DaySlip(day="2026-11-23", issued=3, grades=(1, 0, 0, 0))
    (ordered,) = served.ask(asks.PrintSlip, slip=slip, actor="manager")
    assert (ordered.slip, ordered.actor) == (slip, "manager")
    assert served.of(facts.HallSlipOrdered) == [ordered]


def test_a_slip_of_another_day_is_refused(served):
    assert served.refuses(asks.PrintSlip, slip=DaySlip(day="2026-11-22")) == "wrong-day"


def test_the_morning_slip_is_ordered_before_the_day_opens(scene):
    scene.ask(asks.PrintSlip, slip=MorningSlip(day="2026-11-23"))


def test_a_hall_without_a_dispenser_says_so(make_scene):
    hall = make_scene(members={})
    assert hall.refuses(asks.PrintSlip, slip=MorningSlip(day="2026-11-23")) == "no-printer"
