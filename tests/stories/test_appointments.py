"""A booked time from the booking to the chair, and a missing-papers slip that brings its holder straight back the next day."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from hall.messages import asks, facts
from hall.messages.common import Outcome, Via
from hall.plan import LanePlan, StaffPlan
from hall.policy import AppointmentPolicy
from sim.layout import demo_plan
from sim.people import eyes
from sim.people.cast import Cast

ZONE = ZoneInfo("Asia/Shanghai")
TERMS = AppointmentPolicy(quotas={"withdrawal": 2}, due_before_s=300)


@pytest.fixture
def plan():
    """The example hall, always open, in which withdrawals can be booked; 014 covers for 018."""
    plan = demo_plan(always_open=True)
    policy = msgspec.structs.replace(plan.policy, appointment=TERMS)
    staff = (StaffPlan(work_no="018", b="014"), "014")
    lanes = {**plan.lanes, "appointment": LanePlan()}
    return msgspec.structs.replace(plan, policy=policy, staff=staff, lanes=lanes)


def test_a_booked_time_is_reminded_of_checked_in_printed_and_served_before_walk_ins(new_simulated_hall, plan):
    hall = new_simulated_hall(plan=plan, start=datetime(2026, 3, 2, 9, 40, tzinfo=ZONE), quiet=True)
    cast = Cast(hall)
    cast.sits(2, "018")
    slot = datetime(2026, 3, 2, 10, 0, tzinfo=ZONE)
    booked = cast.does(
        asks.Book(
            id=hall.new_id(), service="withdrawal", slot=slot, code="123456", last4="0042", situation="rent"
        )
    )
    reminded = cast.wait_for(facts.AppointmentReminded, within_s=360)
    assert reminded.appointment == booked.appointment
    assert slot - reminded.at <= timedelta(minutes=15)
    walk_ins = [cast.takes("withdrawal") for _ in range(2)]
    checked_in = cast.does(asks.CheckIn(id=hall.new_id(), via=Via.DESK, last4="0042"))
    assert (checked_in.lane, checked_in.appointment) == ("appointment", booked.appointment)
    cast.wait_for(facts.TicketPrinted, ticket=checked_in.ticket)
    paper = hall.papers()[-1].image
    assert eyes.number(paper) == checked_in.number
    read = eyes.text(paper)
    assert "10:00至10:30" in read
    assert "预约" in read
    assert cast.calls(2).ticket == walk_ins[0].ticket, "it is not due yet"
    cast.finishes(2)
    hall.run_for((slot - timedelta(seconds=300) - hall.scheduler.now()).total_seconds() + 1.0)
    called = cast.calls(2)
    assert called.ticket == checked_in.ticket
    cast.finishes(2)
    assert cast.calls(2).ticket == walk_ins[1].ticket


def test_a_missing_papers_slip_is_printed_and_brings_straight_back_the_next_day(new_simulated_hall, plan):
    hall = new_simulated_hall(plan=plan, start=datetime(2026, 3, 2, 23, 55, tzinfo=ZONE), quiet=True)
    cast = Cast(hall)
    cast.sits(2, "018")
    cast.helps("withdrawal")
    cast.calls(2)
    before = len(hall.papers())
    cast.does(
        asks.Finish(
            id=hall.new_id(),
            window=2,
            outcome=Outcome.MATERIAL_MISSING,
            missing=("婚姻状况材料", "租赁合同及发票"),
            situation="rent",
        )
    )
    slip = cast.wait_for(facts.SlipIssued)
    cast.until(lambda: len(hall.papers()) > before, "the slip came out", 30)
    paper = hall.papers()[-1].image
    read = eyes.text(paper)
    assert "补材料告知单" in read
    assert "婚姻状况材料" in read
    assert eyes.codes(paper) == [slip.code]

    hall.run_for(600)
    assert cast.wait_for(facts.DayOpened, count=2).day == "2026-03-03"
    waiting = cast.takes("withdrawal")
    back = cast.does(asks.CheckIn(id=hall.new_id(), via=Via.DESK, code=eyes.codes(paper)[0]))
    assert (back.window, back.situation, back.ahead) == (2, "rent", 0)
    cast.wait_for(facts.TicketPrinted, ticket=back.ticket)
    assert "不用重新排队" in eyes.text(hall.papers()[-1].image)
    assert cast.calls(2).ticket == back.ticket
    cast.finishes(2)
    assert cast.calls(2).ticket == waiting.ticket
    assert cast.refused(asks.CheckIn(id=hall.new_id(), via=Via.DESK, code=slip.code)) == "slip-used"
