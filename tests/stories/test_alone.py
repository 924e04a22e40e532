"""A device without the hub goes on by itself, says so, and nothing is doubled or lost when the hub is back."""

import pytest

from hall.messages import asks, events, facts
from hall.messages.common import MemberState
from hall.wire import decode_event
from sim.people import eyes
from sim.people.cast import Cast

ROOT = "hall/1/demo"


def numbers(cast):
    return [fact.number for fact in cast.told(facts.TicketIssued)]


def press_until_paper(hall, service, papers):
    hall.press(service)
    assert hall.run_until(lambda: len(hall.papers()) == papers, 20), "no paper came out"


def outboxes(hall, member):
    """The names under which a device has reported, in order of appearance."""
    said = [packet.payload for packet in hall.broker.log if packet.topic == f"{ROOT}/{member}/up/event"]
    return list(dict.fromkeys(decode_event(payload).outbox for payload in said))


def test_a_dispenser_whose_cable_broke_prints_lent_numbers_and_reconciles_without_a_number_twice(
    quiet_hall, quiet
):
    quiet.sits(2)
    first = quiet.takes("withdrawal")
    quiet_hall.broker.cut("dispenser-1")
    quiet_hall.run_for(6)
    press_until_paper(quiet_hall, "withdrawal", 2)
    press_until_paper(quiet_hall, "account", 3)
    paper = quiet_hall.papers()[1].image
    assert eyes.number(paper) == "A9001"
    assert "网络中断" in eyes.text(paper)
    assert "A9001" in eyes.codes(paper)[0]
    assert numbers(quiet) == [first.number]  # nobody else knows yet

    at_the_desk = quiet.helps("withdrawal")  # the hub goes on counting meanwhile
    quiet_hall.broker.mend("dispenser-1")
    quiet.wait_for(facts.TicketIssued, number="E9001", offline=True)
    back = quiet.wait_for(facts.TicketIssued, number="A9001")
    assert back.offline
    assert back.replaces is None
    third = quiet.takes("withdrawal")
    found = numbers(quiet)
    assert found == [first.number, at_the_desk.number, "A9001", "E9001", third.number]
    assert [first.number, at_the_desk.number, third.number] == ["A001", "A002", "A003"]
    served = [quiet.serves(2).number for _ in range(5)]
    assert sorted(served) == ["A001", "A002", "A003", "A9001", "E9001"]
    assert served.index("A9001") < served.index("A003")  # who stood there first comes first
    assert quiet_hall.agents["dispenser-1"].outbox.depth == 0


def test_an_answer_that_comes_after_the_lent_number_changes_nothing_and_the_unprinted_number_is_never_called(
    quiet_hall, quiet, said
):
    quiet.sits(2)
    answer_topic = f"{ROOT}/dispenser-1/down/answer"
    quiet_hall.broker.lose_next(answer_topic, 10)
    press_until_paper(quiet_hall, "withdrawal", 1)
    assert eyes.number(quiet_hall.papers()[0].image) == "A9001"
    late = [packet for packet in quiet_hall.broker.log if packet.topic == answer_topic]
    assert b'"A001"' in late[0].payload
    quiet_hall.broker._tricks.clear()
    for packet in late:
        quiet_hall.broker.take("hub", packet)
    quiet_hall.run_for(20)
    assert len(quiet_hall.papers()) == 1

    hub_number, paper_number = quiet.told(facts.TicketIssued)
    assert (hub_number.number, paper_number.number) == ("A001", "A9001")
    assert hub_number.ticket == paper_number.ticket
    assert paper_number.replaces == "A001"
    assert quiet.calls(2).number == "A9001"
    quiet.finishes(2)
    assert quiet.refused(asks.CallNext(id=quiet_hall.new_id(), window=2)) == "nobody-waiting"
    assert quiet.takes("withdrawal").number == "A002"
    assert "A001" not in {fact.number for fact in quiet.told(facts.TicketCalled)}
    assert "A001" not in {fact.number for fact in quiet.told(facts.TicketPrinted)}


def test_an_ask_that_reached_nobody_is_dead_once_the_lent_number_is_out(quiet_hall, quiet):
    quiet_hall.broker.lose_next(f"{ROOT}/dispenser-1/up/ask", 3)
    press_until_paper(quiet_hall, "withdrawal", 1)
    ask = next(p for p in quiet_hall.broker.log if p.topic == f"{ROOT}/dispenser-1/up/ask")
    quiet_hall.run_for(10)
    quiet_hall.broker.take("dispenser-1", ask)  # the network had kept it
    quiet_hall.run_for(10)
    assert numbers(quiet) == ["A9001"]
    assert len(quiet_hall.papers()) == 1


def test_a_dispenser_with_a_new_card_has_a_new_outbox_and_reuses_no_number(quiet_hall, quiet):
    quiet_hall.broker.cut("dispenser-1")
    press_until_paper(quiet_hall, "withdrawal", 1)
    quiet_hall.broker.mend("dispenser-1")
    quiet.wait_for(facts.TicketIssued, number="A9001")

    quiet_hall.kill_member("dispenser-1")
    quiet_hall.wipe_card("dispenser-1")
    quiet_hall.start_member("dispenser-1")
    quiet.wait_for(facts.DeviceStateChanged, member="dispenser-1", state=MemberState.READY, count=2)
    quiet.until(lambda: quiet.told(facts.NumbersLent, fresh=True) != [], "new numbers are lent")
    quiet_hall.run_for(6)
    quiet_hall.broker.cut("dispenser-1")
    press_until_paper(quiet_hall, "withdrawal", 2)
    quiet_hall.broker.mend("dispenser-1")
    quiet.wait_for(facts.TicketIssued, offline=True, count=2)
    quiet_hall.run_for(6)
    taken = quiet.takes("withdrawal")
    found = numbers(quiet)
    assert len(set(found)) == 3
    assert found[0] == "A9001"
    assert found[1].startswith("A9")
    assert taken.number == "A001"
    assert len(outboxes(quiet_hall, "dispenser-1")) == 2
    assert not quiet.told(facts.EventRejected)


def test_a_dispenser_that_never_met_a_hub_gives_no_number_and_sends_people_to_the_desk(
    new_simulated_hall,
):
    hall = new_simulated_hall(quiet=True)
    hall.kill_member("dispenser-1")
    hall.wipe_card("dispenser-1")
    hall.broker.cut("dispenser-1")
    hall.start_member("dispenser-1")
    hall.press("withdrawal")
    hall.run_for(20)
    cast = Cast(hall)
    assert not cast.told(facts.TicketIssued)
    assert len(hall.papers()) == 1
    assert "引导台" in eyes.text(hall.papers()[0].image)


@pytest.fixture
def hub_gone(quiet_hall, quiet):
    """A hall in full swing whose hub is killed: window 2 has called, 3 serves, 4 waits for a rating."""
    for window in (2, 3, 4):
        quiet.sits(window)
    quiet.takes("loan")
    rated = quiet.serves(4)
    quiet.takes("withdrawal")
    quiet.calls(3)
    quiet.starts(3)
    quiet.takes("account")
    quiet.calls(2)
    quiet.until(lambda: quiet.lit(4), "the pad asks")
    quiet_hall.kill_hub()
    return rated


def test_a_hub_that_is_away_for_a_moment_is_not_mentioned(quiet_hall, quiet, hub_gone):
    before = [quiet_hall.dots(f"sign-{window}") for window in (2, 3, 4)]
    quiet_hall.run_for(2)
    quiet_hall.start_hub()
    quiet_hall.run_for(2)
    assert [quiet_hall.dots(f"sign-{window}") for window in (2, 3, 4)] == before


def test_without_the_hub_signs_mark_the_call_and_then_say_so_and_everything_is_reconciled(
    quiet_hall, quiet, hub_gone
):
    quiet_hall.run_for(4)
    assert eyes.reads(quiet_hall.dots("sign-2"), "E001离线叫号")
    assert eyes.reads(quiet_hall.dots("sign-3"), "正在办理A001")
    assert eyes.reads(quiet_hall.dots("sign-4"), "恢复中请稍候")
    assert eyes.reads(quiet_hall.dots("sign-1"), "本窗口今日不开")  # true without the hub too

    quiet_hall.press_face(4, 1)  # kept by the pad
    press_until_paper(quiet_hall, "enquiry", 4)
    assert eyes.number(quiet_hall.papers()[-1].image) == "F9001"
    quiet_hall.run_for(61)
    for window in (2, 3):
        assert eyes.reads(quiet_hall.dots(f"sign-{window}"), "恢复中请稍候")
    assert not quiet.told(facts.TicketRated)

    quiet_hall.start_hub()
    rated = quiet.wait_for(facts.TicketRated)
    assert (rated.ticket, rated.step, rated.grade) == (hub_gone.ticket, hub_gone.step, 1)
    assert quiet.wait_for(facts.TicketIssued, number="F9001").offline
    quiet_hall.run_for(8)
    quiet_hall.agents["sign-2"].look()
    assert eyes.panel_text(quiet_hall.dots("sign-2")).startswith("E001请到")
    assert eyes.reads(quiet_hall.dots("sign-3"), "正在办理A001")
    assert quiet.finishes(3).number == "A001"
    assert quiet.takes("enquiry").number == "F001"
    assert [fact.n for fact in quiet_hall.facts] == list(range(1, len(quiet_hall.facts) + 1))


def test_what_the_hub_had_committed_but_not_told_is_told_by_its_next_life(quiet_hall, quiet):
    quiet.sits(2)
    issued = quiet.takes("withdrawal")
    console = f"{ROOT}/console-1/down/answer"
    quiet_hall.broker.lose_next(console, 1000)
    quiet_hall.broker.lose_next(f"{ROOT}/hub/fact/TicketCalled", 1)
    answers = []
    ask = asks.CallNext(id=quiet_hall.new_id(), window=2)
    quiet_hall.console.act(ask, answers.append)
    quiet_hall.run_for(0.3)
    quiet_hall.kill_hub()
    assert not answers
    assert not quiet.told(facts.TicketCalled)

    quiet_hall.broker._tricks.clear()
    quiet_hall.start_hub()
    quiet.until(lambda: bool(answers), "the repeated ask is answered")
    assert answers[0].ok
    called = quiet.wait_for(facts.TicketCalled)
    assert called.ticket == issued.ticket
    quiet_hall.run_for(5)
    assert len(quiet.told(facts.TicketCalled)) == 1
    assert eyes.panel_text(quiet_hall.dots("sign-2")).startswith("A001")


def test_a_vote_given_while_the_pads_cable_was_broken_counts_for_its_own_step(quiet_hall, quiet):
    quiet.sits(2)
    quiet.takes("withdrawal")
    quiet.takes("account")
    first = quiet.serves(2)
    quiet.until(lambda: quiet.lit(2), "the pad asks")
    quiet_hall.broker.cut("pad-2")
    quiet_hall.run_for(1)
    quiet.rates(2, 2)
    quiet_hall.run_for(20)
    assert not quiet.told(facts.TicketRated)
    quiet_hall.broker.mend("pad-2")
    rated = quiet.wait_for(facts.TicketRated)
    assert (rated.ticket, rated.step, rated.grade) == (first.ticket, first.step, 2)
    sent = [p.payload for p in quiet_hall.broker.log if p.topic == f"{ROOT}/pad-2/up/event"]
    assert all(isinstance(decode_event(payload), events.Rated) for payload in sent)


def test_a_broker_that_is_killed_and_comes_back_empty_has_lost_nobody_anything(quiet_hall, quiet):
    quiet.sits(2)
    quiet.takes("withdrawal")
    finished = quiet.serves(2)
    quiet.until(lambda: quiet.lit(2), "the pad asks")
    quiet_hall.broker.stop()
    quiet_hall.press_face(2, 4)
    press_until_paper(quiet_hall, "account", 2)
    quiet_hall.run_for(30)
    assert eyes.reads(quiet_hall.dots("sign-2"), "恢复中请稍候")
    quiet_hall.broker.start()
    rated = quiet.wait_for(facts.TicketRated)
    assert (rated.ticket, rated.step, rated.grade) == (finished.ticket, finished.step, 4)
    offline = quiet.wait_for(facts.TicketIssued, offline=True)
    assert (offline.number, offline.replaces) == ("E9001", None)
    quiet.until(lambda: quiet_hall.console.view.fresh, "the board is there again")
    assert quiet.calls(2).ticket == offline.ticket
    quiet.until(lambda: eyes.reads(quiet_hall.dots("sign-2"), "E9001"), "the sign shows the call")
    assert [fact.n for fact in quiet_hall.facts] == list(range(1, len(quiet_hall.facts) + 1))
    assert {member: quiet_hall.agents[member].outbox.depth for member in quiet_hall.members} == dict.fromkeys(
        quiet_hall.members, 0
    )


def test_a_killed_dispenser_hears_no_finger_and_its_next_life_answers_once(quiet_hall, quiet):
    quiet_hall.kill_member("dispenser-1")
    quiet_hall.press("withdrawal")
    quiet_hall.run_for(10)
    assert not quiet.told(facts.TicketIssued)
    assert not quiet_hall.papers()
    quiet_hall.start_member("dispenser-1")
    quiet_hall.run_for(5)
    quiet.takes("withdrawal")
    quiet_hall.run_for(10)
    assert len(quiet.told(facts.TicketIssued)) == len(quiet_hall.papers()) == 1
