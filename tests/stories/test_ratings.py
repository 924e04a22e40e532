"""A rating belongs to one step of one person: it counts once, also late, and never for somebody else."""

import json

import pytest

from hall.link import Packet
from hall.messages import asks, facts

ROOT = "hall/1/demo"


def votes(cast):
    return [(fact.number, fact.step, fact.window, fact.grade) for fact in cast.told(facts.TicketRated)]


@pytest.mark.parametrize("grade", [4, 3, 2, 1])
def test_each_face_is_its_grade_and_all_are_thanked_alike(quiet_hall, quiet, grade):
    quiet.sits(2, "018")
    quiet.takes("withdrawal")
    seen = []
    quiet_hall.twin("pad-2").on_lamp(lambda lamp, value: seen.append((lamp, value)))
    quiet.serves(2)
    quiet.rates(2, grade)
    rated = quiet.wait_for(facts.TicketRated)
    assert (rated.number, rated.clerk, rated.step, rated.grade) == ("A001", "018", 1, grade)
    quiet.until(lambda: quiet.dark(2), "the pad is dark")
    quiet_hall.run_for(3)
    lamps = {lamp: [value for name, value in seen if name == lamp] for lamp in "1234"}
    assert lamps["1"] == lamps["2"] == lamps["3"] == lamps["4"]  # nobody sees which face it was
    assert [value for name, value in seen if name == "beeper"] == [1, 0]


def test_a_second_press_and_a_press_on_a_dark_pad_are_no_votes(quiet_hall, quiet):
    quiet.sits(2)
    quiet_hall.press_face(2, 1)
    quiet_hall.run_for(2)
    quiet.takes("withdrawal")
    quiet_hall.press_face(2, 1)
    quiet.serves(2)
    quiet.rates(2, 3)
    for _ in range(4):
        quiet_hall.run_for(0.7)
        quiet_hall.press_face(2, 1)
    quiet_hall.run_for(20)
    assert votes(quiet) == [("A001", 1, 2, 3)]


def test_the_same_vote_told_twice_and_two_votes_for_one_step_count_once(quiet_hall, quiet, said):
    quiet.sits(2)
    quiet.takes("withdrawal")
    quiet.serves(2)
    quiet.rates(2, 3)
    quiet.wait_for(facts.TicketRated)
    sent = said(quiet_hall, "pad-2/up/event")[-1]
    quiet_hall.broker.take("pad-2", _packet("pad-2/up/event", sent))
    quiet_hall.run_for(3)
    assert votes(quiet) == [("A001", 1, 2, 3)]
    assert not quiet.told(facts.EventRejected)

    again = json.loads(sent) | {"seq": 2, "grade": 1}
    quiet_hall.broker.take("pad-2", _packet("pad-2/up/event", json.dumps(again).encode()))
    rejected = quiet.wait_for(facts.EventRejected)
    assert rejected.code == "already-rated"
    assert votes(quiet) == [("A001", 1, 2, 3)]


def test_a_vote_cast_in_time_counts_however_late_it_arrives(quiet_hall, quiet):
    quiet.sits(2)
    quiet.takes("withdrawal")
    quiet.serves(2)
    quiet.until(lambda: quiet.lit(2), "the pad asks")
    quiet_hall.broker.cut("pad-2")
    quiet_hall.run_for(1)
    quiet.rates(2, 1)
    quiet.helps("withdrawal")
    assert quiet.calls(2).number == "A002"  # the next person sits there by now
    quiet_hall.run_for(1200)
    quiet_hall.broker.mend("pad-2")
    quiet.wait_for(facts.TicketRated)
    assert votes(quiet) == [("A001", 1, 2, 1)]
    quiet_hall.run_for(60)
    assert quiet_hall.agents["pad-2"].outbox.depth == 0


def test_a_press_after_the_next_call_is_rejected_for_the_last_person_and_is_nobody_elses(
    quiet_hall, quiet, said
):
    quiet.sits(2)
    quiet.takes("withdrawal")
    quiet.takes("account")
    quiet.serves(2)
    quiet.until(lambda: quiet.lit(2), "the pad asks")
    quiet_hall.broker.cut("pad-2")
    quiet.calls(2)
    quiet_hall.run_for(5)
    quiet.rates(2, 1)  # the pad does not know yet that the next person was called
    quiet_hall.run_for(5)
    quiet_hall.broker.mend("pad-2")
    rejected = quiet.wait_for(facts.EventRejected)
    assert (rejected.member, rejected.code) == ("pad-2", "rating-closed")
    assert rejected.text.zh
    assert rejected.text.en
    quiet_hall.run_for(20)
    assert votes(quiet) == []
    assert quiet_hall.agents["pad-2"].outbox.depth == 0  # receipted, so the pad goes on
    quiet.finishes(2)
    quiet.rates(2, 4)
    quiet.wait_for(facts.TicketRated)
    assert votes(quiet) == [("E001", 1, 2, 4)]


def test_nobody_pressing_is_unrated_and_the_pad_goes_dark_after_its_time(quiet_hall, quiet):
    quiet.sits(2)
    quiet.takes("withdrawal")
    quiet.serves(2)
    quiet.until(lambda: quiet.lit(2), "the pad asks")
    quiet_hall.run_for(quiet_hall.plan.policy.rating_s - 5)
    assert quiet.lit(2)
    quiet_hall.run_for(6)
    assert quiet.dark(2)
    quiet_hall.press_face(2, 4)
    quiet_hall.run_for(20)
    assert votes(quiet) == []


def test_a_pad_killed_after_the_press_has_not_forgotten_the_vote(quiet_hall, quiet):
    quiet.sits(2)
    quiet.takes("withdrawal")
    quiet.serves(2)
    quiet.until(lambda: quiet.lit(2), "the pad asks")
    quiet_hall.broker.cut("pad-2")
    quiet.rates(2, 2)
    quiet_hall.run_for(2)
    quiet_hall.kill_member("pad-2")
    quiet_hall.broker.mend("pad-2")
    quiet_hall.run_for(2)
    assert not votes(quiet)
    quiet_hall.start_member("pad-2")
    quiet.wait_for(facts.TicketRated)
    assert votes(quiet) == [("A001", 1, 2, 2)]
    quiet_hall.run_for(5)
    assert quiet.dark(2)  # and does not ask the same person again


def test_a_vote_that_the_hub_never_asked_for_is_rejected_by_name(quiet_hall, quiet):
    quiet.sits(2)
    issued = quiet.takes("withdrawal")
    event = {
        "outbox": "forged-1",
        "seq": 1,
        "boot": "b",
        "mono_ms": 1,
        "at": "2026-03-02T09:00:00+08:00",
        "clock_ok": True,
        "type": "rated",
        "ticket": issued.ticket,
        "window": 2,
        "step": 7,
        "grade": 4,
    }
    quiet_hall.broker.take("pad-2", _packet("pad-2/up/event", json.dumps(event).encode()))
    assert quiet.wait_for(facts.EventRejected).code == "unknown-step"
    other = event | {"seq": 2, "step": 1, "window": 3}
    quiet_hall.broker.take("pad-2", _packet("pad-2/up/event", json.dumps(other).encode()))
    quiet.wait_for(facts.EventRejected, count=2)
    assert votes(quiet) == []
    assert quiet.refused(asks.CallNext(id=quiet_hall.new_id(), window=9)) == "unknown-window"


def _packet(topic, payload):
    return Packet(f"{ROOT}/{topic}", payload)
