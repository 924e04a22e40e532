"""The manual-number bridge: numbers of the pre-printed book come into the hall when the power is back, once, in their order."""

from datetime import timedelta

import pytest

from hall import wire
from hall.messages import asks, facts
from hall.messages.common import FIRST_BY_HAND, LAST_BY_HAND, Span, Via
from hall.topics import HUB_LIMIT
from hub.domain import numbers
from hub.domain.by_hand import MOST
from hub.domain.refusals import TEXTS
from hub.domain.ticket import Life


def enter(scene, first="A8001", last="A8003", service="withdrawal", **more):
    return scene.ask(asks.EnterByHand, service=service, first=first, last=last, **more)


def span(first, last=None):
    return (Span(first=first, last=last or first),)


def lives(scene):
    return {t.number: t.life for t in scene.hall.tickets.values() if t.issued.via is Via.HAND}


class TestWhatIsEntered:
    def test_is_told_as_an_entry_and_then_number_by_number(self, served):
        entered, *issued = enter(served, actor="li")
        assert (entered.first, entered.last, entered.served, entered.actor) == ("A8001", "A8003", 0, "li")
        assert [fact.number for fact in issued] == ["A8001", "A8002", "A8003"]
        assert {(fact.via, fact.paper, fact.offline) for fact in issued} == {(Via.HAND, False, False)}

    def test_waits_in_the_order_of_the_book_behind_whoever_is_there(self, served):
        served.take()
        enter(served)
        served.take()
        assert served.order_of_service(2) == ["A001", "A8001", "A8002", "A8003", "A002"]

    def test_stands_where_it_came_when_the_times_are_told(self, served):
        early = served.at
        served.take()
        served.later(minutes=30).take()
        enter(served, began=early + timedelta(minutes=5), ended=early + timedelta(minutes=25))
        assert served.order_of_service(2) == ["A001", "A8001", "A8002", "A8003", "A002"]

    def test_came_evenly_between_the_times(self, served):
        early = served.at
        _, *issued = enter(
            served.later(minutes=30), began=early + timedelta(minutes=10), ended=early + timedelta(minutes=20)
        )
        assert [(fact.arrived - early).seconds // 60 for fact in issued] == [10, 15, 20]

    def test_knows_how_many_are_ahead(self, served):
        served.take()
        _, *issued = enter(served)
        assert [fact.ahead for fact in issued] == [1, 2, 3]

    def test_goes_into_the_lane_that_is_told(self, served):
        served.take()
        enter(served, "A8001", "A8001", lane="priority")
        assert served.order_of_service(2) == ["A8001", "A001"]

    def test_is_let_in_after_the_posted_hours_for_its_holder_has_the_paper(self, served):
        served.at = served.at.replace(hour=17, minute=30)
        assert len(enter(served)) == 4


class TestWhoWasServed:
    def test_waits_no_more_and_rates_nothing(self, served):
        told = enter(served, served=span("A8001", "A8002"))
        assert [fact.number for fact in told if isinstance(fact, facts.ServedByHand)] == ["A8001", "A8002"]
        assert lives(served) == {"A8001": Life.DONE, "A8002": Life.DONE, "A8003": Life.WAITING}
        assert served.hall.state.steps == {}
        assert served.order_of_service(2) == ["A8003"]

    def test_is_counted_as_served_when_the_day_closes(self, served):
        enter(served, served=span("A8001", "A8002"))
        *_, closed = served.ask(asks.CloseDay)
        assert (closed.issued, closed.served, closed.left) == (3, 2, 1)

    def test_stands_among_the_numbers_that_are_entered(self, served):
        assert (
            served.refuses(
                asks.EnterByHand, service="withdrawal", first="A8001", last="A8003", served=span("A8004")
            )
            == "not-by-hand"
        )


class TestNoNumberTwice:
    def test_what_was_entered_is_entered_once_and_a_refused_entry_enters_nothing(self, served):
        enter(served)
        assert served.no(enter, served, "A8003", "A8005") == "entered-by-hand"
        assert enter(served, "A8004", "A8005")
        assert sorted(lives(served)) == [f"A800{n}" for n in range(1, 6)]

    def test_a_cancelled_one_is_not_given_again(self, served):
        _, issued = enter(served, "A8001", "A8001")
        served.ask(asks.Cancel, ticket=issued.ticket)
        assert served.no(enter, served, "A8001", "A8001") == "entered-by-hand"

    def test_the_day_that_is_opened_again_remembers_them(self, served):
        enter(served)
        served.ask(asks.CloseDay)
        served.ask(asks.OpenDay)
        assert served.no(enter, served) == "entered-by-hand"

    def test_the_book_is_neither_counted_nor_lent(self, served):
        served.lend()
        lent = [(block.first, block.last) for fact in served.of(facts.NumbersLent) for block in fact.blocks]
        assert min(first for first, _ in lent) > LAST_BY_HAND > FIRST_BY_HAND > numbers.LAST_COUNTED


class TestAClosedDay:
    def test_is_completed_afterwards_and_who_was_not_served_has_left(self, served):
        served.ask(asks.CloseDay)
        noon = served.at
        served.later(hours=9)
        told = enter(served, served=span("A8001"), began=noon, ended=noon + timedelta(minutes=30))
        assert [type(fact).__name__ for fact in told[1:]] == [
            "TicketIssued", "ServedByHand", "TicketIssued", "TicketLeft", "TicketIssued", "TicketLeft",
        ]  # fmt: skip
        assert lives(served) == {"A8001": Life.DONE, "A8002": Life.LEFT, "A8003": Life.LEFT}
        assert not served.hall.busy

    def test_must_be_told_when_they_came(self, served):
        served.ask(asks.CloseDay)
        assert served.no(enter, served) == "times-by-hand"

    def test_is_over_when_the_next_one_begins(self, served):
        before = served.at
        served.ask(asks.CloseDay)
        served.later(hours=24).ask(asks.OpenDay)
        assert served.no(enter, served, began=before, ended=before) == "times-by-hand"


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("first", "last", "service"),
        [
            ("A001", "A003", "withdrawal"),
            ("A8003", "A8001", "withdrawal"),
            ("A8001", "B8003", "withdrawal"),
            ("A8001", "A8003", "loan"),
            ("A8999", "A9001", "withdrawal"),
        ],
    )
    def test_what_is_not_in_the_book(self, served, first, last, service):
        assert served.no(enter, served, first, last, service) == "not-by-hand"

    def test_more_at_once_than_an_answer_holds(self, served):
        assert served.no(enter, served, "A8001", f"A{8001 + MOST}") == "too-many-by-hand"
        assert str(MOST) in TEXTS["too-many-by-hand"].zh

    @pytest.mark.parametrize(("began", "ended"), [(0, 10), (-5, -10), (-2000, -1)])
    def test_times_that_are_to_come_or_turned_round_or_of_another_day(self, served, began, ended):
        times = {"began": served.at + timedelta(minutes=began), "ended": served.at + timedelta(minutes=ended)}
        assert served.no(enter, served, **times) == "times-by-hand"

    def test_a_hall_that_was_never_open(self, scene):
        assert scene.no(enter, scene) == "closed"


def test_the_longest_entry_fits_one_answer(served):
    told = enter(
        served,
        "A8001",
        f"A{8000 + MOST}",
        served=span("A8001", f"A{8000 + MOST}"),
        began=served.at,
        ended=served.at,
    )
    waiting = enter(served, f"A{8001 + MOST}", f"A{8000 + 2 * MOST}")
    assert max(sum(len(wire.encode(fact)) for fact in one) for one in (told, waiting)) < HUB_LIMIT / 2
