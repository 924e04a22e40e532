"""The three-minute apology on the wires: the lamp of the guide desk is lit for one face alone, and goes out whatever fails meanwhile."""

import json

import pytest

from hall.messages import asks, facts


def lit(hall):
    return hall.lamps("dispenser-1")["desk"] > 0


@pytest.fixture
def unsatisfied(quiet_hall, quiet):
    """Somebody pressed the fourth face, and the lamp is lit."""
    quiet.sits(2, "018")
    quiet.takes("withdrawal")
    quiet.serves(2)
    quiet.rates(2, 1)
    rated = quiet.wait_for(facts.TicketRated)
    quiet.until(lambda: lit(quiet_hall), "the lamp is lit")
    return rated


def note(hall, rated, **more):
    return hall.act(asks.NoteApology(id=hall.new_id(), ticket=rated.ticket, step=rated.step, **more))


def test_it_goes_out_when_the_person_was_spoken_to(quiet_hall, quiet, unsatisfied):
    assert note(quiet_hall, unsatisfied).ok
    quiet.until(lambda: not lit(quiet_hall), "the lamp is dark")
    assert quiet.told(facts.ApologyNoted)[-1].spoken


@pytest.mark.parametrize("grade", [4, 3, 2])
def test_it_stays_dark_for_the_other_faces(quiet_hall, quiet, grade):
    quiet.sits(2, "018")
    quiet.takes("withdrawal")
    quiet.serves(2)
    quiet.rates(2, grade)
    quiet.wait_for(facts.TicketRated)
    quiet_hall.run_for(5)
    assert not lit(quiet_hall)


def test_it_goes_out_by_itself_also_while_the_hub_is_gone(quiet_hall, quiet, unsatisfied):
    quiet_hall.kill_hub()
    quiet_hall.run_for(170)
    assert lit(quiet_hall)
    quiet_hall.run_for(15)
    assert not lit(quiet_hall)
    quiet_hall.start_hub()
    quiet_hall.run_for(5)
    assert not lit(quiet_hall)


def test_a_dispenser_that_was_restarted_lights_it_again_for_the_time_that_is_left(
    quiet_hall, quiet, unsatisfied
):
    quiet_hall.run_for(60)
    quiet_hall.kill_member("dispenser-1")
    quiet_hall.start_member("dispenser-1")
    quiet.until(lambda: lit(quiet_hall), "the lamp is lit again")
    quiet_hall.run_for(125)
    assert not lit(quiet_hall)


def test_nothing_on_the_bus_tells_the_dispenser_who_it_is(quiet_hall, quiet, unsatisfied, said):
    wants = [json.loads(payload) for payload in said(quiet_hall, "dispenser-1/down/want/lamp") if payload]
    assert any(want.get("on") for want in wants)
    assert all(set(want) <= {"rev", "on", "until"} for want in wants)
