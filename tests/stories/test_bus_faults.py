"""The bus loses and doubles what it likes, and many ask at once: everything happens once, nothing is lost, nobody is two."""

import json

import pytest

from hall.messages import asks, facts
from hall.messages.common import Via
from hall.wire import decode_fact
from sim.people.cast import Cast

ROOT = "hall/1/demo"


def serve_and_rate(cast, window=2, grade=3):
    cast.serves(window)
    cast.rates(window, grade)


def nothing_twice(hall):
    """What the whole story must have kept: facts without gaps, no number twice, one paper and one first copy per ticket."""
    told = hall.facts
    assert [fact.n for fact in told] == list(range(1, len(told) + 1))
    numbers = [fact.number for fact in told if isinstance(fact, facts.TicketIssued)]
    assert len(set(numbers)) == len(numbers)
    printed = [(fact.ticket, fact.copy) for fact in told if isinstance(fact, facts.TicketPrinted)]
    assert len(set(printed)) == len(printed) == len(numbers)
    rated = [(fact.ticket, fact.step) for fact in told if isinstance(fact, facts.TicketRated)]
    assert len(set(rated)) == len(rated)


def test_a_doubled_ask_acts_once_and_is_answered_with_the_same_bytes(quiet_hall, quiet, said):
    quiet_hall.broker.duplicate_next(f"{ROOT}/dispenser-1/up/ask")
    issued = quiet.takes("withdrawal")
    quiet_hall.run_for(5)
    assert quiet.told(facts.TicketIssued) == [issued]
    assert len(quiet_hall.papers()) == 1
    answers = said(quiet_hall, "dispenser-1/down/answer")
    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert json.loads(answers[0])["ok"] is True
    nothing_twice(quiet_hall)


def test_the_same_ask_much_later_is_the_same_answer_and_no_second_ticket(quiet_hall, quiet):
    quiet.sits(2)
    ask = asks.TakeTicket(id="told-twice-1", service="withdrawal", lane="normal", via=Via.DESK)
    first = quiet_hall.act(ask)
    quiet.wait_for(facts.TicketPrinted)
    quiet.calls(2)
    quiet_hall.run_for(900)
    again = quiet_hall.act(ask)
    assert (again.ok, bytes(again.facts[0])) == (True, bytes(first.facts[0]))
    assert len(quiet.told(facts.TicketIssued)) == 1


@pytest.mark.parametrize(
    "lost",
    [
        "dispenser-1/up/ask",
        "dispenser-1/down/answer",
        "dispenser-1/up/event",
        "dispenser-1/down/receipt",
        "console-1/up/ask",
        "console-1/down/answer",
        "sign-2/up/have/+",
        "pad-2/up/event",
        "pad-2/down/receipt",
    ],
)
@pytest.mark.parametrize("trick", ["lost", "doubled"])
def test_a_whole_visit_survives_any_message_lost_or_doubled(quiet_hall, quiet, lost, trick):
    do = quiet_hall.broker.lose_next if trick == "lost" else quiet_hall.broker.duplicate_next
    do(f"{ROOT}/{lost}")
    quiet.sits(2)
    issued = quiet.takes("withdrawal")
    do(f"{ROOT}/{lost}")
    serve_and_rate(quiet)
    rated = quiet.wait_for(facts.TicketRated)
    assert (rated.ticket, rated.grade, rated.number) == (issued.ticket, 3, "A001")
    quiet_hall.run_for(10)
    assert len(quiet.told(facts.TicketIssued)) == len(quiet_hall.papers()) == 1
    assert quiet_hall.agents["pad-2"].outbox.depth == quiet_hall.agents["dispenser-1"].outbox.depth == 0
    nothing_twice(quiet_hall)


def test_two_clerks_who_press_next_at_one_moment_get_two_people(quiet_hall, quiet):
    quiet.sits(2)
    quiet.sits(3)
    first, second = quiet.takes("withdrawal"), quiet.takes("withdrawal")
    answers = []
    for window in (2, 3):
        ask = asks.CallNext(id=quiet_hall.new_id(), window=window)
        quiet_hall.console.act(ask, answers.append)
    quiet.until(lambda: len(answers) == 2, "both are answered")
    called = [decode_fact(answer.facts[0]) for answer in answers]
    assert [fact.ticket for fact in called] == [first.ticket, second.ticket]
    assert [fact.window for fact in called] == [2, 3]
    assert called[1].n == called[0].n + 1  # one batch


def test_two_clerks_and_one_person_waiting_is_one_call_and_one_clear_refusal(quiet_hall, quiet):
    quiet.sits(2)
    quiet.sits(3)
    quiet.takes("withdrawal")
    answers = []
    for window in (2, 3):
        quiet_hall.console.act(asks.CallNext(id=quiet_hall.new_id(), window=window), answers.append)
    quiet.until(lambda: len(answers) == 2, "both are answered")
    assert [answer.code for answer in answers] == [None, "nobody-waiting"]
    assert len(quiet.told(facts.TicketCalled)) == 1


def test_eight_windows_at_once_hand_out_no_ticket_twice(new_simulated_hall, eight_windows):
    hall = new_simulated_hall(plan=eight_windows, quiet=True)
    cast = Cast(hall)
    for window in range(1, 9):
        cast.sits(window, f"{window:03}")
    waiting = [cast.helps(service) for service in ("withdrawal", "account", "enquiry") for _ in range(8)]
    served = []
    for _ in range(3):
        answers = []
        for window in range(1, 9):
            hall.console.act(asks.CallNext(id=hall.new_id(), window=window), answers.append)
        cast.until(lambda answers=answers: len(answers) == 8, "eight windows are answered")
        called = [decode_fact(answer.facts[0]) for answer in answers]
        assert sorted(fact.window for fact in called) == list(range(1, 9))
        served += [fact.ticket for fact in called]
        pictures = {"\n".join(hall.dots(f"sign-{window}")) for window in range(1, 9)}
        assert len(pictures) == 8  # each sign shows a number of its own
        for window in range(1, 9):
            cast.finishes(window)
    assert sorted(served) == sorted(issued.ticket for issued in waiting)


def test_eight_dispensers_at_once_give_no_number_twice_and_leave_none_out(
    new_simulated_hall, eight_dispensers
):
    hall = new_simulated_hall(plan=eight_dispensers, quiet=True)
    dispensers = [f"dispenser-{n}" for n in range(1, 9)]
    for _ in range(3):
        for service in ("withdrawal", "loan"):
            for dispenser in dispensers:
                hall.press(service, dispenser)
            hall.run_for(6)
    issued = [fact for fact in hall.facts if isinstance(fact, facts.TicketIssued)]
    assert sorted(fact.number for fact in issued) == [f"{a}{n:03}" for a in "AB" for n in range(1, 25)]
    printed = [fact for fact in hall.facts if isinstance(fact, facts.TicketPrinted)]
    assert {fact.ticket for fact in printed} == {fact.ticket for fact in issued}
    assert [sum(f.member == d for f in printed) for d in dispensers] == [6] * 8
    assert [len(hall.slips(dispenser)) for dispenser in dispensers] == [6] * 8
    assert not [fact for fact in issued if fact.offline]
