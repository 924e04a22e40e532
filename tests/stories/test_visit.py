"""One visit from the press to the rating: the same story in this process and on real processes, with the same facts."""

import re
import wave

import msgspec
import pytest

from hall.messages import asks, facts
from sim.people import eyes
from sim.people.cast import Cast

#: who and when: a hall of processes has other clocks, ids and starting orders
PERSONAL = {"n", "at", "day", "ticket", "arrived", "seconds"}
#: what devices say of themselves when they start, in whatever order they happen to start
COMING_AND_GOING = (facts.DeviceStateChanged, facts.NumbersLent)


def visit(hall):
    """The whole main job, as people meet it; asserts what they see, hears nothing from the inside."""
    cast = Cast(hall)
    cast.sits(3, "018")

    hall.press("withdrawal")
    cast.until(lambda: len(hall.papers()) == 1, "the paper came out")
    issued = cast.wait_for(facts.TicketIssued)
    paper = hall.papers()[0]
    assert issued.number == "A001"
    assert re.fullmatch(
        r"示例市住房公积金服务大厅 A001 \d{4}-\d\d-\d\d \d\d:\d\d", eyes.codes(paper.image)[0]
    )
    assert eyes.number(paper.image) == "A001"
    cast.wait_for(facts.TicketPrinted, ticket=issued.ticket, copy=1)

    sounds = len(hall.sounds)
    idle = hall.dots("sign-3")
    called = cast.calls(3)
    assert (called.number, called.window, called.clerk) == ("A001", 3, "018")
    cast.until(
        lambda: hall.dots("sign-3") != idle and "#" in "".join(hall.dots("sign-3")), "the sign flashes"
    )
    assert eyes.reads(hall.dots("sign-3"), "A001")
    cast.until(lambda: len(hall.sounds) == sounds + 1, "the call was heard", 60)
    with wave.open(str(hall.sounds[-1])) as sound:
        assert sound.getnframes() / sound.getframerate() > 4  # chime, and the sentence twice
        assert any(sound.readframes(sound.getnframes()))

    cast.starts(3)
    cast.until(lambda: hall.dots("sign-3") != idle, "the sign shows who is served")
    assert cast.dark(3)
    hall.run_until(lambda: False, 1.2)  # service takes time; a step of no seconds is not rated
    cast.finishes(3)
    cast.rates(3, 4)
    rated = cast.wait_for(facts.TicketRated)
    assert (rated.ticket, rated.number, rated.window) == (issued.ticket, "A001", 3)
    assert (rated.clerk, rated.step, rated.grade) == ("018", 1, 4)
    cast.until(lambda: cast.dark(3), "the pad is dark")
    cast.until(lambda: eyes.reads(hall.dots("sign-3"), "谢谢请慢走"), "the sign says thanks", 5)
    assert len(hall.papers()) == 1


def impersonal(told):
    """What happened, without who and when."""
    kept = [msgspec.to_builtins(fact) for fact in told if not isinstance(fact, COMING_AND_GOING)]
    return [{key: value for key, value in fact.items() if key not in PERSONAL} for fact in kept]


def test_a_visitor_gets_paper_is_called_served_and_thanked(simulated_hall):
    visit(simulated_hall)
    assert [fact["type"] for fact in impersonal(simulated_hall.facts)] == [
        "DayOpened",
        "WindowOpened",
        "TicketIssued",
        "TicketPrinted",
        "TicketCalled",
        "ServiceStarted",
        "ServiceFinished",
        "TicketRated",
    ]
    assert [fact.n for fact in simulated_hall.facts] == list(range(1, len(simulated_hall.facts) + 1))


@pytest.mark.broker
@pytest.mark.processes
def test_the_same_visit_in_process_and_as_processes_has_the_same_facts(simulated_hall, running_hall):
    visit(running_hall)
    visit(simulated_hall)
    assert impersonal(running_hall.facts) == impersonal(simulated_hall.facts)
    assert impersonal(running_hall.committed()) == impersonal(running_hall.facts)


def test_the_dispenser_is_quiet_before_anybody_came(simulated_hall):
    simulated_hall.run_for(30)
    assert not simulated_hall.papers()
    assert not [fact for fact in simulated_hall.facts if isinstance(fact, facts.TicketFact)]
    assert simulated_hall.act(asks.CallNext(id=simulated_hall.new_id(), window=1)).code == "not-seated"
