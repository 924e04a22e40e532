"""What chaos found, as a story: the event of a lent number is lost on its way, and the paper's event comes first."""

from hall.messages import facts


def test_a_person_with_a_lent_number_is_called_by_the_paper_also_when_its_event_comes_late(simulated_hall):
    hall = simulated_hall
    for _ in range(3):
        hall.broker.lose_next("hall/1/+/dispenser-1/down/answer")
    hall.broker.lose_next("hall/1/+/dispenser-1/up/event")
    hall.press("withdrawal")

    def told(kind):
        return [fact for fact in hall.facts if isinstance(fact, kind)]

    assert hall.run_until(lambda: told(facts.TicketPrinted), within_s=30)
    first, second = told(facts.TicketIssued)
    assert (first.offline, second.offline, second.replaces) == (False, True, first.number)
    assert [printed.number for printed in told(facts.TicketPrinted)] == [second.number]
    assert told(facts.EventRejected) == []
