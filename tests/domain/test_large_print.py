"""The ticket in large print: who asked for it is called slowly the second time, and why they asked is on no record."""

import pytest

from hall.messages import asks
from hall.messages.common import Via
from hub.domain import orders


@pytest.fixture
def hall(scene):
    scene.open(2)
    return scene


def take(hall, *, large_print=True, via=Via.DISPENSER):
    hall.later(seconds=1)
    return hall.ask(asks.TakeTicket, service="withdrawal", lane="priority", via=via, large_print=large_print)[
        0
    ]


def calls(hall):
    return [(said.phrase, said.times, said.slow_from) for said in hall.said if said.number]


class TestTheCall:
    def test_is_said_once_as_ever_and_once_slowly(self, hall):
        take(hall)
        hall.call(2)
        assert calls(hall) == [("voice.call", 2, 2)]

    def test_is_slow_from_the_first_word_when_it_is_said_again(self, hall):
        take(hall)
        hall.call(2)
        hall.later(seconds=30).ask(asks.Recall, window=2)
        assert calls(hall)[-1] == ("voice.recall", 2, 1)

    def test_of_everybody_else_stays_as_it_is(self, hall):
        take(hall, large_print=False)
        hall.call(2)
        hall.later(seconds=30).ask(asks.Recall, window=2)
        assert [slow for _, _, slow in calls(hall)] == [0, 0]


class TestTheTicket:
    @pytest.mark.parametrize("via", [Via.DISPENSER, Via.DESK, Via.PHONE])
    def test_is_asked_for_at_the_key_at_the_desk_and_by_phone(self, hall, via):
        assert take(hall, via=via).large_print

    def test_is_in_large_print_as_well_when_the_dispenser_gave_the_number_itself(self, hall):
        hall.give(orders.LendNumbers(member="dispenser-1", day=hall.hall.day))
        told = hall.give(
            orders.NoteIssuedOffline(
                ticket="t-1",
                number="A9001",
                service="withdrawal",
                situation=None,
                lane="priority",
                day=hall.hall.day,
                arrived=None,
                large_print=True,
            ),
            "dispenser-1",
        )
        assert told[0].large_print
        hall.call(2)
        assert calls(hall)[-1] == ("voice.call", 2, 2)

    def test_says_no_reason(self, hall):
        fact = take(hall)
        assert (fact.lane, fact.aids, fact.papers) == ("priority", None, ())
