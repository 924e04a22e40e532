"""The printer fails in every way it can: nobody loses a number, everybody is told, and the paper comes later."""

import json

import pytest

from hall.messages import asks, facts
from hall.messages.common import Level, MemberState
from sim.people import eyes

#: what the alert is called for each fault of the printer
CODES = {"paper-out": "paper-out", "cover-open": "cover-open", "printer-gone": "printer-offline"}


def commands(payloads, **fields):
    said = [json.loads(payload) for payload in payloads]
    return [one for one in said if all(one.get(key) == value for key, value in fields.items())]


@pytest.mark.parametrize("fault", CODES)
def test_without_paper_the_number_is_shown_said_and_kept_and_the_paper_comes_later_marked(
    simulated_hall, cast, said, fault
):
    hall = simulated_hall
    hall.fault("dispenser-1", fault)
    hall.press("withdrawal")
    issued = cast.wait_for(facts.TicketIssued)
    failed = cast.wait_for(facts.PrintFailed, within_s=40)
    raised = cast.wait_for(facts.AlertRaised, member="dispenser-1")
    assert (failed.ticket, failed.number, failed.member) == (issued.ticket, "A001", "dispenser-1")
    assert (raised.code, raised.level) == (CODES[fault], Level.FAULT)
    assert raised.text.zh
    assert raised.text.en
    cast.wait_for(facts.DeviceStateChanged, member="dispenser-1", state=MemberState.DEGRADED)
    assert hall.papers() == []
    assert eyes.reads(hall.dots("dispenser-1"), "A001")
    assert hall.lamps("dispenser-1")["alarm"] == 1
    spoken = commands(said(hall, "speaker-1/down/command"), number="A001")
    assert ("打印纸用完" in spoken[0]["text"]["zh"]) == (fault == "paper-out")  # only what is true is said
    assert "A001" in spoken[0]["text"]["zh"]
    cast.until(
        lambda: commands(said(hall, "speaker-1/up/result"), id=spoken[0]["id"], phase="done") != [],
        "the sentence was spoken",
        60,
    )
    assert hall.sounds

    cast.sits(2)  # the number is as good as any
    assert cast.calls(2).ticket == issued.ticket

    hall.heal("dispenser-1")
    printed = cast.wait_for(facts.TicketPrinted, within_s=40)
    assert (printed.ticket, printed.copy) == (issued.ticket, 2)
    paper = hall.papers()[-1]
    assert eyes.number(paper.image) == "A001"
    assert "补打" in eyes.mark(paper.image)
    assert "A001" in eyes.codes(paper.image)[0]
    assert cast.wait_for(facts.AlertCleared, member="dispenser-1").alert == raised.alert
    cast.wait_for(facts.DeviceStateChanged, member="dispenser-1", state=MemberState.READY, count=2)
    cast.until(lambda: "#" not in "".join(hall.dots("dispenser-1")), "the display is dark again")
    assert hall.lamps("dispenser-1")["alarm"] == 0
    hall.run_for(30)
    assert len(cast.told(facts.TicketPrinted)) == 1
    assert len(hall.papers()) == 1


def test_everybody_who_pressed_while_there_was_no_paper_gets_one_in_order(quiet_hall, quiet):
    quiet_hall.fault("dispenser-1", "paper-out")
    for service in ("withdrawal", "loan", "account", "enquiry"):
        quiet_hall.press(service)
        quiet_hall.run_for(2)
    issued = quiet.told(facts.TicketIssued)
    assert [fact.number for fact in issued] == ["A001", "B001", "E001", "F001"]
    assert {fact.ticket for fact in quiet.told(facts.PrintFailed)} == {fact.ticket for fact in issued}
    quiet_hall.heal("dispenser-1")
    quiet.wait_for(facts.TicketPrinted, count=4, within_s=60)
    printed = quiet.told(facts.TicketPrinted)
    assert [fact.number for fact in printed] == ["A001", "B001", "E001", "F001"]
    assert [eyes.number(slip.image) for slip in quiet_hall.papers()] == ["A001", "B001", "E001", "F001"]
    assert quiet.takes("settlement").number == "C001"
    assert quiet.told(facts.TicketPrinted)[-1].copy == 1


def test_a_desk_ticket_whose_paper_fails_can_be_printed_again_at_the_desk(quiet_hall, quiet):
    quiet_hall.fault("dispenser-1", "cover-open")
    issued = quiet.helps("enquiry")
    failed = quiet.wait_for(facts.PrintFailed, within_s=40)
    assert failed.ticket == issued.ticket
    quiet_hall.heal("dispenser-1")
    quiet.wait_for(facts.AlertCleared, member="dispenser-1")
    again = quiet_hall.act(asks.Reprint(id=quiet_hall.new_id(), ticket=issued.ticket))
    assert again.ok
    printed = quiet.wait_for(facts.TicketPrinted)
    assert printed.ticket == issued.ticket
    assert printed.copy >= 2
    assert "补打" in eyes.text(quiet_hall.papers()[-1].image)


def test_a_dispenser_killed_while_it_prints_prints_again_and_marks_it(quiet_hall, quiet):
    quiet_hall.press("withdrawal")
    quiet.until(lambda: len(quiet_hall.papers()) == 1, "paper is coming out")
    assert not quiet.told(facts.TicketPrinted)
    quiet_hall.kill_member("dispenser-1")
    quiet_hall.run_for(2)
    quiet_hall.start_member("dispenser-1")
    printed = quiet.wait_for(facts.TicketPrinted)
    assert (printed.number, printed.copy) == ("A001", 2)
    assert "补打" in eyes.mark(quiet_hall.papers()[-1].image)
    quiet_hall.run_for(30)
    assert len(quiet_hall.papers()) == 2
    assert len(quiet.told(facts.TicketIssued)) == 1


def test_a_roll_that_runs_low_is_said_before_it_is_out_and_tickets_go_on(quiet_hall, quiet):
    quiet_hall.fault("dispenser-1", "paper-low")
    quiet.takes("withdrawal")
    raised = quiet.wait_for(facts.AlertRaised, code="paper-low", within_s=30)
    assert raised.level is Level.WARNING
    assert not quiet.told(facts.PrintFailed)
    quiet_hall.heal("dispenser-1", "paper-low")
    quiet.wait_for(facts.AlertCleared, code="paper-low", within_s=30)


@pytest.mark.parametrize("when", ["while the program runs", "already when it starts"])
def test_a_stuck_key_is_reported_and_the_others_give_tickets(quiet_hall, quiet, when):
    if when == "already when it starts":
        quiet_hall.kill_member("dispenser-1")
        quiet_hall.fault("dispenser-1", "key-stuck", "withdrawal")
        quiet_hall.start_member("dispenser-1")
    else:
        quiet_hall.fault("dispenser-1", "key-stuck", "withdrawal")
    raised = quiet.wait_for(facts.AlertRaised, member="dispenser-1", within_s=45)
    assert raised.code == "key-stuck"
    assert "提取" in raised.text.zh
    assert quiet.takes("loan").number == "B001"
    assert not quiet.told(facts.TicketIssued, service="withdrawal")  # the key alone is no citizen
    assert quiet_hall.lamps("dispenser-1")["withdrawal"] == 0
    quiet_hall.heal("dispenser-1")
    quiet.wait_for(facts.AlertCleared, code="key-stuck")
    quiet_hall.run_for(2)
    assert not quiet.told(facts.TicketIssued, service="withdrawal")  # letting go is no press either
    assert quiet.takes("withdrawal").number == "A001"
    assert quiet_hall.lamps("dispenser-1")["withdrawal"] > 0


def test_a_worn_key_that_bounces_for_long_still_gives_one_ticket_per_press(quiet_hall, quiet):
    quiet_hall.fault("dispenser-1", "key-bounce", "account")
    quiet_hall.press("account")
    quiet_hall.run_for(8)
    assert [fact.number for fact in quiet.told(facts.TicketIssued)] == ["E001"]
    assert [eyes.number(slip.image) for slip in quiet_hall.papers()][:1] == ["E001"]
