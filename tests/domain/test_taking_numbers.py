import pytest

from hall.messages import asks
from hall.messages.common import Outcome, Via
from hall.plan import HoursPlan, LanePlan
from hall.policy import Policy
from hub.domain import orders, views


def test_each_letter_counts_from_001_without_gaps(served):
    taken = [served.take(s).number for s in ("withdrawal", "loan", "withdrawal", "withdrawal")]
    assert taken == ["A001", "B001", "A002", "A003"]


def test_a_refused_ask_costs_no_number(served):
    served.take()
    assert served.no(served.take, lane="royal") == "unknown-lane"
    assert served.take().number == "A002"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"service": "nothing"}, "unknown-service"),
        ({"lane": "royal"}, "unknown-lane"),
        ({"situation": "wedding"}, "unknown-situation"),
    ],
)
def test_what_the_hall_does_not_have_is_refused(served, wrong, code):
    assert served.no(served.take, **wrong) == code


def test_the_ticket_says_what_the_paper_needs(served):
    served.take()
    served.call(1)
    ticket = served.take(situation="rent", via=Via.DESK)
    assert (ticket.situation, ticket.via, ticket.windows, ticket.now) == ("rent", Via.DESK, (1, 2), "A001")


def test_an_id_is_a_ticket_only_once(served):
    served.take(id_="t")
    assert served.no(served.take, id_="t") == "ticket-known"


def test_the_hub_never_counts_into_the_numbers_of_the_book_and_those_it_lends(served):
    served.hall.state.books[served.hall.day].counted["A"] = 7999
    assert served.take().number == "A8000"
    assert served.no(served.take) == "numbers-used-up"
    assert served.take("loan").number == "B001"


class TestHours:
    def test_nobody_takes_a_number_while_no_day_is_open(self, scene):
        assert scene.no(scene.take) == "closed"

    def test_numbers_are_given_from_the_posted_minute_to_the_posted_minute(self, scene):
        scene.at = scene.at.replace(hour=8, minute=50)
        scene.open()
        assert scene.no(scene.take) == "closed"
        scene.at = scene.at.replace(hour=9, minute=0, second=0)
        scene.take()
        scene.at = scene.at.replace(hour=16, minute=59, second=58)
        scene.take()
        assert scene.no(scene.take) == "closed"

    def test_extended_hours_serve_who_waits_and_give_no_new_numbers(self, served):
        served.take()
        served.ask(asks.ExtendHours, until=served.at.replace(hour=18))
        served.at = served.at.replace(hour=17, minute=30)
        assert served.no(served.take) == "closed"
        assert served.call(1).number == "A001"

    def test_a_day_that_is_not_posted_and_opened_by_a_manager_has_no_posted_close(self, scene):
        scene.later(days=2)  # a Wednesday
        scene.open()
        scene.at = scene.at.replace(hour=20)
        assert scene.take().number == "A001"

    def test_yesterday_left_open_gives_no_numbers_today(self, served):
        served.later(days=1)
        assert served.no(served.take) == "closed"

    def test_a_hall_that_is_always_open_gives_numbers_at_night(self, make_scene):
        scene = make_scene(hours=HoursPlan(always=True)).open()
        scene.at = scene.at.replace(hour=23, minute=59)
        scene.take()
        assert scene.later(hours=1).take().number == "A002"


class TestAhead:
    def test_only_people_still_to_be_called_are_ahead(self, served):
        assert [served.take().ahead for _ in range(4)] == [0, 1, 2, 3]
        served.serve(1)
        served.call(2)
        assert served.take().ahead == 2

    def test_people_of_another_service_are_not_ahead(self, served):
        served.take("loan")
        assert served.take().ahead == 0

    def test_priority_passes_and_the_streak_cap_lets_one_through(self, served):
        for _ in range(2):
            served.take()
        assert [served.take(lane="priority").ahead for _ in range(3)] == [0, 1, 3]
        assert served.take().ahead == 5
        assert served.order_of_service(2) == ["A003", "A004", "A001", "A005", "A002", "A006"]

    def test_a_ticket_that_does_not_wait_in_a_line_has_nobody_ahead(self, served):
        ticket = served.take().ticket
        assert views.ahead(served.hall, ticket, served.at) == 0
        served.call(1)
        assert views.ahead(served.hall, ticket, served.at) is None
        served.start(1)
        served.transfer(1, "desk")
        assert views.ahead(served.hall, ticket, served.at) is None

    def test_people_sent_to_one_window_count_there_and_not_in_the_service(self, served):
        first, second = served.take().ticket, served.take().ticket
        for window in (1, 2):
            served.call(window)
            served.transfer(window, 5)
        assert [views.ahead(served.hall, t, served.at) for t in (first, second)] == [0, 1]
        assert served.take().ahead == 0
        assert views.waiting(served.hall, "withdrawal") == 3


class TestWait:
    def test_no_estimate_from_thin_data(self, served):
        for _ in range(4):
            served.take()
            served.serve(1)
        assert served.take().wait_max_s is None

    def test_no_estimate_without_an_open_window(self, served):
        for _ in range(5):
            served.take()
            served.serve(1)
        for window in (1, 2):
            served.ask(asks.Leave, window=window)
        ticket = served.take()
        assert (ticket.wait_min_s, ticket.wait_max_s, ticket.windows) == (None, None, ())

    def test_a_range_around_what_those_ahead_take_at_the_open_windows(self, served):
        for minutes in (10, 10, 12, 12, 14, 14):
            served.take()
            served.serve(2, minutes=minutes)
        for window in (1, 2):
            served.take()
            served.call(window)
        for _ in range(4):
            served.take()
        ticket = served.take()
        # four ahead, two windows that have just begun with turns of 12 minutes: the fifth call after 2.5 turns
        assert ticket.ahead == 4
        assert ticket.wait_min_s < 2.5 * 12 * 60 < ticket.wait_max_s
        assert abs(ticket.expected_s - 2.5 * 12 * 60) < 60

    def test_a_window_that_has_been_busy_for_long_is_free_the_sooner(self, served):
        for minutes in (10, 10, 12, 12, 14, 14):
            served.take()
            served.serve(2, minutes=minutes)
        served.ask(asks.Leave, window=1)
        served.take()
        served.call(2)
        first = served.take()
        served.later(minutes=9)
        served.ask(asks.Cancel, ticket=first.ticket)
        assert first.expected_s - served.take().expected_s > 8 * 60

    def test_a_window_shared_with_another_line_counts_in_part(self, served):
        for _ in range(5):
            served.take()
            served.serve(2)
        for window in (2, 5):
            served.ask(asks.Leave, window=window)
        served.take()
        served.call(1)
        alone = served.take().expected_s
        served.take("loan")
        assert served.take().expected_s - alone > 1.7 * 600, "one of each before, of ten minutes"

    def test_a_free_window_means_hardly_any_wait(self, served):
        for _ in range(5):
            served.take()
            served.serve(2)
        ticket = served.take()
        assert (ticket.wait_min_s, ticket.wait_max_s) == (0, 60)

    def test_only_recent_handling_counts_and_it_crosses_the_night(self, served):
        for _ in range(5):
            served.take()
            served.serve(2, minutes=60)
        served.at = served.at.replace(hour=9)
        for _ in range(24):
            served.take()
            served.serve(2, minutes=2)
        assert served.hall.state.handlings["withdrawal"].median_s == 120
        served.ask(asks.CloseDay)
        served.later(days=1).ask(asks.OpenDay)
        assert served.hall.state.handlings["withdrawal"].median_s == 120

    def test_times_of_a_transfer_count_for_the_service_they_were_worked_for(self, served):
        served.take()
        served.call(1)
        served.start(1)
        served.later(minutes=3)
        served.transfer(1, "review")
        served.serve(5, minutes=2)
        recent = {s: h.recent for s, h in served.hall.state.handlings.items()}
        assert recent == {"withdrawal": [180], "review": [120]}


class TestPapers:
    def test_a_paper_is_noted_once_per_copy(self, served):
        served.take(id_="t")
        printed = orders.NotePrinted(ticket="t", copy=1, member="dispenser-1")
        assert served.give(printed)[0].copy == 1
        assert served.give(printed) == []
        assert served.give(orders.NotePrinted(ticket="t", copy=2, member="dispenser-1"))[0].copy == 2

    def test_papers_of_strangers_are_refused(self, served):
        for order in (
            orders.NotePrinted(ticket="x", copy=1, member="dispenser-1"),
            orders.NotePrintFailed(ticket="x", code="paper-out", member="dispenser-1"),
        ):
            assert served.no(served.give, order) == "unknown-ticket"

    def test_a_reprint_needs_a_ticket_that_is_good(self, served):
        served.take(id_="t")
        assert served.ask(asks.Reprint, ticket="t") == []
        served.ask(asks.Cancel, ticket="t")
        assert served.refuses(asks.Reprint, ticket="t") == "ticket-closed"
        assert served.refuses(asks.Reprint, ticket="x") == "unknown-ticket"

    def test_a_withdrawn_ask_takes_its_unprinted_ticket_back(self, served):
        served.take(id_="t")
        (gone,) = served.give(orders.WithdrawTicket(ticket="t"))
        assert gone.reason == "withdrawn"
        assert views.waiting(served.hall, "withdrawal") == 0

    def test_a_withdrawn_ask_leaves_printed_called_and_unknown_tickets_alone(self, served):
        served.take(id_="t")
        served.call(1)
        served.take(id_="u")
        served.give(orders.NotePrinted(ticket="u", copy=1, member="dispenser-1"))
        for ticket in ("t", "u", "x"):
            assert served.give(orders.WithdrawTicket(ticket=ticket)) == []


class TestCancel:
    def test_who_gives_up_is_called_no_more(self, served):
        first = served.take().ticket
        served.take()
        served.ask(asks.Cancel, ticket=first)
        assert served.order_of_service(1) == ["A002"]

    def test_cancelling_who_was_called_frees_the_window(self, served):
        first = served.take().ticket
        served.take()
        served.call(1)
        served.ask(asks.Cancel, ticket=first)
        assert served.call(1).number == "A002"

    def test_who_was_missed_parked_or_sent_to_the_desk_may_give_up(self, served):
        tickets = [served.take().ticket for _ in range(3)]
        served.call(1)
        served.ask(asks.NoShow, window=1)
        served.call(1)
        served.ask(asks.Park, window=1)
        served.call(1)
        served.transfer(1, "desk")
        for ticket in tickets:
            assert served.ask(asks.Cancel, ticket=ticket)

    def test_what_has_begun_or_ended_is_not_cancelled(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.start(1)
        assert served.refuses(asks.Cancel, ticket=ticket) == "already-started"
        served.finish(1, Outcome.ADVICE)
        assert served.refuses(asks.Cancel, ticket=ticket) == "ticket-closed"
        assert served.refuses(asks.Cancel, ticket="x") == "unknown-ticket"
        served.ask(asks.CloseDay)
        assert served.refuses(asks.Cancel, ticket=ticket) == "closed"


def test_lanes_of_equal_weight_are_served_as_one_line(make_scene):
    lanes = {
        "normal": LanePlan(),
        "priority": LanePlan(),
        "hero": LanePlan(),
    }
    policy = Policy(weights={"priority": 10, "hero": 10}, streak_cap=1)
    scene = make_scene(lanes=lanes, policy=policy).open(2)
    for lane in ("normal", "priority", "hero", "priority"):
        scene.take(lane=lane)
    assert scene.order_of_service(2) == ["A002", "A001", "A003", "A004"]


def test_nobody_takes_a_number_as_if_it_came_from_the_book(served):
    assert served.no(served.take, via=Via.HAND) == "not-by-hand"


def test_a_number_taken_by_phone_needs_no_paper_and_every_other_one_does(served):
    papers = {via: served.take(via=via).paper for via in Via if via is not Via.HAND}
    assert papers == {Via.DISPENSER: True, Via.DESK: True, Via.PHONE: False}
