"""The demo hall is always open; at midnight a day ends and the next begins, and nothing of the first is lost or carried wrongly."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hall.messages import asks, facts
from sim.people.cast import Cast

LATE = datetime(2026, 3, 2, 23, 55, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def late_hall(new_simulated_hall):
    return new_simulated_hall(start=LATE, quiet=True)


@pytest.fixture
def late(late_hall):
    return Cast(late_hall)


def test_at_midnight_who_waits_is_recorded_and_numbers_begin_again(late_hall, late):
    late.sits(2, "018")
    served = late.takes("withdrawal")
    late.serves(2)
    left = late.takes("withdrawal")
    late_hall.run_for(300)
    closed, opened = late.wait_for(facts.DayClosed), late.wait_for(facts.DayOpened, count=2)
    assert (closed.day, closed.issued, closed.served, closed.left) == ("2026-03-02", 2, 1, 1)
    assert (opened.day, f"{opened.at:%H:%M}") == ("2026-03-03", "00:00")
    assert [fact.ticket for fact in late.told(facts.TicketLeft)] == [left.ticket]
    assert late.takes("withdrawal").number == served.number == "A001"
    assert late.calls(2).clerk == "018"  # the night does not make a clerk stand up
    assert late.refused(asks.ReturnTicket(id=late_hall.new_id(), ticket=left.ticket)) == "unknown-ticket"


def test_a_number_lent_for_today_is_used_today_and_yesterdays_are_void(late_hall, late, said):
    late_hall.run_for(310)
    late.wait_for(facts.DayOpened, count=2)
    late_hall.broker.cut("dispenser-1")
    late_hall.press("withdrawal")
    late.until(lambda: len(late_hall.papers()) == 1, "the paper came out")
    late_hall.broker.mend("dispenser-1")
    issued = late.wait_for(facts.TicketIssued, offline=True)
    event = json.loads(said(late_hall, "dispenser-1/up/event")[0])
    assert (event["type"], event["day"]) == ("issued_offline", "2026-03-03")
    lent = [
        block
        for fact in late.told(facts.NumbersLent, day="2026-03-03")
        for block in fact.blocks
        if block.letter == "A"
    ]
    assert any(block.first <= int(issued.number[1:]) <= block.last for block in lent)
    assert not late.told(facts.EventRejected)


def test_a_dispenser_alone_over_midnight_issues_for_the_new_day(late_hall, late):
    late_hall.broker.cut("dispenser-1")
    late_hall.press("withdrawal")
    late_hall.run_for(400)
    late_hall.press("withdrawal")
    late.until(lambda: len(late_hall.papers()) == 2, "two papers came out")
    late_hall.broker.mend("dispenser-1")
    late_hall.run_for(30)
    (today,) = late.told(facts.TicketIssued, offline=True)
    assert today.arrived.isoformat()[:10] == "2026-03-03"
    rejected = late.told(facts.EventRejected)  # yesterday is closed: said, receipted, and in nobody's way
    assert [fact.code for fact in rejected] == ["wrong-day", "unknown-ticket"]
    late.sits(2)
    assert late.calls(2).ticket == today.ticket
    assert late_hall.agents["dispenser-1"].outbox.depth == 0


def test_a_hub_that_was_away_over_midnight_closes_yesterday_first(late_hall, late):
    late.sits(2)
    waiting = late.takes("withdrawal")
    late_hall.kill_hub()
    late_hall.run_for(900)
    late_hall.start_hub()
    late.wait_for(facts.DayOpened, count=2)
    kinds = [type(fact).__name__ for fact in late_hall.facts]
    assert kinds.index("TicketLeft") < kinds.index("DayClosed") < kinds.index("DayOpened", 10)
    assert [fact.ticket for fact in late.told(facts.TicketLeft)] == [waiting.ticket]
    assert [fact.n for fact in late_hall.facts] == list(range(1, len(late_hall.facts) + 1))
    assert late.takes("withdrawal").number == "A001"


def test_a_vote_cast_before_midnight_counts_after_it(late_hall, late):
    late.sits(2)
    late_hall.run_for(240)
    issued = late.takes("withdrawal")
    late.serves(2, seconds=10)
    late.until(lambda: late.lit(2), "the pad asks")
    late_hall.broker.cut("pad-2")
    late_hall.run_for(1)
    late.rates(2, 4)
    late_hall.run_for(600)
    assert late.told(facts.DayOpened)[-1].day == "2026-03-03"
    late_hall.broker.mend("pad-2")
    rated = late.wait_for(facts.TicketRated)
    assert (rated.ticket, rated.grade) == (issued.ticket, 4)
