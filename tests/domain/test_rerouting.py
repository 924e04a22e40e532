"""The guide sends somebody who waits to another line: number and arrival stay, and nobody who came before is passed."""

import msgspec
import pytest

from hall.messages import asks
from hall.messages.common import Via
from hall.policy import USUAL
from hall.text import Text
from hub.domain.hall import Hall
from hub.domain.ticket import Life


def reroute(scene, ticket, **more):
    return scene.ask(asks.Reroute, ticket=ticket, **more)[0]


class TestAnotherService:
    def test_keeps_number_and_arrival_and_passes_nobody_who_came_before(self, served):
        early = served.take("loan")
        moved = served.take("withdrawal")
        late = served.take("loan")
        fact = reroute(served, moved.ticket, to="loan", note="材料已看")
        assert (fact.number, fact.service, fact.lane, fact.window) == (moved.number, "loan", "normal", None)
        assert served.order_of_service(5) == [early.number, moved.number, late.number]

    def test_is_told_to_the_clerk(self, served):
        ticket = served.take("withdrawal").ticket
        reroute(served, ticket, to="loan", note="材料已看")
        assert served.hall.state.tickets[ticket].note == "材料已看"
        assert served.call(5).service == "loan"

    def test_is_counted_in_the_new_line_alone(self, served):
        ticket = served.take("withdrawal", situation="rent").ticket
        reroute(served, ticket, to="loan")
        assert (served.hall.waiting("withdrawal"), served.hall.waiting("loan")) == (0, 1)
        served.ask(asks.Cancel, ticket=ticket)
        assert set(served.hall.state.kinds.values()) == {0}

    def test_that_is_stopped_unknown_or_a_review_is_refused(self, served):
        ticket = served.take().ticket
        assert served.refuses(asks.Reroute, ticket=ticket, to="nothing") == "unknown-service"
        assert served.refuses(asks.Reroute, ticket=ticket, to="review") == "transfer-only"
        served.ask(asks.StopService, service="loan", reason=Text(zh="结账", en="closing"))
        assert served.refuses(asks.Reroute, ticket=ticket, to="loan") == "service-stopped"


class TestAWindow:
    def test_takes_the_person_into_its_own_line(self, served):
        ticket = served.take()
        served.take()
        assert reroute(served, ticket.ticket, to=2).window == 2
        assert served.call(2).number == ticket.number

    def test_without_a_clerk_or_that_does_not_serve_it_is_refused(self, served):
        ticket = served.take().ticket
        for window, code in ((3, "not-served-there"), (5, "not-served-there"), (99, "unknown-window")):
            assert served.refuses(asks.Reroute, ticket=ticket, to=window) == code

    def test_that_lost_its_clerk_lets_the_person_go_elsewhere(self, served):
        ticket = served.take()
        reroute(served, ticket.ticket, to=2)
        served.ask(asks.Leave, window=2)
        reroute(served, ticket.ticket, to=1)
        assert served.call(1).number == ticket.number


class TestAnotherLane:
    def test_moves_the_person_among_those_of_that_lane_by_arrival(self, served):
        served.take()
        moved = served.take()
        assert reroute(served, moved.ticket, lane="priority").lane == "priority"
        assert served.call(1).number == moved.number

    def test_stays_in_a_windows_own_line(self, served):
        ticket = served.take().ticket
        reroute(served, ticket, to=2)
        assert reroute(served, ticket, lane="priority").window == 2

    def test_of_appointments_is_for_those_who_booked(self, served):
        ticket = served.take().ticket
        assert served.refuses(asks.Reroute, ticket=ticket, lane="appointment") == "appointment-only"
        assert served.refuses(asks.Reroute, ticket=ticket, lane="nowhere") == "unknown-lane"

    def test_leaves_the_booked_time_behind(self, served):
        slot = served.at.replace(hour=11)
        order = asks.TakeTicket(id="t", service="withdrawal", lane="appointment", via=Via.DESK, slot=slot)
        served.give(order)
        assert served.hall.state.tickets["t"].slot_us
        reroute(served, "t", lane="normal")
        assert served.hall.state.tickets["t"].slot_us is None
        assert served.hall.state.tickets["t"].stands == served.hall.state.tickets["t"].arrival


def test_what_changes_nothing_is_refused(served):
    ticket = served.take().ticket
    for more in ({}, {"to": "withdrawal"}, {"lane": "normal"}, {"to": "withdrawal", "lane": "normal"}):
        assert served.refuses(asks.Reroute, ticket=ticket, **more) == "nothing-changes"
    assert served.refuses(asks.Reroute, ticket="nobody", to=2) == "unknown-ticket"


def test_back_to_the_services_line_from_a_windows_own_is_a_change(served):
    ticket = served.take().ticket
    reroute(served, ticket, to=2)
    assert reroute(served, ticket, to="withdrawal").window is None


def test_a_closed_hall_moves_nobody(make_scene):
    scene = make_scene(policy=msgspec.structs.replace(USUAL, keep_overnight=True)).open(1)
    ticket = scene.take().ticket
    scene.ask(asks.CloseDay)
    assert scene.refuses(asks.Reroute, ticket=ticket, to="loan") == "closed"


def test_a_clerks_act_on_it_cannot_be_taken_back_afterwards(served):
    ticket = served.take().ticket
    served.call(1)
    served.start(1)
    served.transfer(1, "loan")
    reroute(served, ticket, lane="priority")
    assert served.refuses(asks.Undo, window=1) == "undo-built-on"
    assert served.hall.state.tickets[ticket].life is Life.WAITING


@pytest.mark.parametrize("to", ["loan", 2])
def test_a_replay_has_the_same_lines(served, make_plan, to):
    served.take()
    ticket = served.take().ticket
    reroute(served, ticket, to=to)
    again = Hall(make_plan())
    for fact in served.facts:
        again.apply(fact)
    assert again.state.tickets[ticket].key == served.hall.state.tickets[ticket].key
    assert again.state.in_lines == served.hall.state.in_lines
