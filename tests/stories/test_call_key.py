"""A clerk without a computer works a whole morning with three keys."""

from hall.messages import asks, facts
from sim.twin import segments


def test_a_clerk_without_a_computer_calls_waits_recalls_and_pauses(quiet_hall, quiet):
    hall = quiet_hall
    key = hall.twin("call-key-6")

    def press(name, seconds=0.15):
        key.press(name, seconds)
        hall.run_for(seconds + 1.5)

    def digits():
        return segments.text(key.panel.dots())

    assert digits() == segments.as_read("CLOSEd")
    quiet.sits(6)
    hall.run_for(1)
    assert digits() == "----   0"
    press("next")
    assert digits() == segments.as_read("nonE")
    first, second = quiet.takes("employer"), quiet.takes("employer")
    hall.run_for(3)
    assert digits() == "----   2"

    press("next")
    called = quiet.told(facts.TicketCalled)
    assert [fact.ticket for fact in called] == [first.ticket]
    assert digits() == segments.as_read(f"{first.number}.   1")
    hall.run_for(30)
    press("recall")
    assert quiet.told(facts.TicketCalled)[-1].round == 2
    hall.run_for(60)
    press("recall", 2.0)
    assert [fact.ticket for fact in quiet.told(facts.TicketMissed)] == [first.ticket]

    press("next")
    assert quiet.told(facts.TicketCalled)[-1].ticket == second.ticket
    quiet.does(asks.Start(id=hall.new_id(), window=6))
    hall.run_for(1)
    assert digits() == segments.as_read(f"{second.number}   0")
    press("next")  # nobody waits any more: it ends, and calls nobody
    assert [fact.ticket for fact in quiet.told(facts.ServiceFinished)] == [second.ticket]
    press("pause")
    assert digits() == segments.as_read("PAUSE  0")
    press("pause")
    assert digits() == "----   0"
    hall.kill_hub()
    hall.run_for(30)
    press("next")
    assert digits() == segments.as_read("OFFLInE")
