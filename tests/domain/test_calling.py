import pytest

from hall.messages import asks
from hall.messages.common import Outcome
from hall.messages.facts import TicketReturned
from hall.plan import LanePlan
from hall.policy import Policy
from hub.domain import views


class TestOrder:
    def test_first_come_first_called(self, served):
        for _ in range(3):
            served.take()
        assert served.order_of_service(2) == ["A001", "A002", "A003"]

    def test_a_window_prefers_its_first_service_among_people_of_about_the_same_time(self, served):
        served.take("loan")
        served.later(minutes=4).take()
        assert served.order_of_service(1) == ["A001", "B001"]

    def test_nobody_is_passed_by_who_came_much_later(self, served):
        served.take("loan")
        served.later(minutes=6).take()
        assert served.order_of_service(1) == ["B001", "A001"]

    def test_a_window_calls_only_for_its_services(self, served):
        served.take("loan")
        assert served.refuses(asks.CallNext, window=2) == "nobody-waiting"
        assert served.call(5).number == "B001"

    def test_rank_decides_across_services(self, served):
        served.take()
        served.later(minutes=30).take("loan", lane="priority")
        assert served.order_of_service(1) == ["B001", "A001"]

    def test_after_the_cap_a_lower_lane_has_its_turn_and_the_count_begins_again(self, served):
        for _ in range(3):
            served.take()
        for _ in range(5):
            served.take(lane="priority")
        numbers = served.order_of_service(2)
        assert numbers == ["A004", "A005", "A001", "A006", "A007", "A002", "A008", "A003"]

    def test_the_middle_lane_has_a_cap_of_its_own(self, served):
        served.take()
        for _ in range(4):
            served.take(lane="appointment")
        for _ in range(8):
            served.take(lane="priority")
        order = served.order_of_service(2)
        assert order.index("A001") == 8
        assert order[2] == "A002"

    def test_priority_counts_in_a_row_only_while_somebody_else_waits(self, served):
        for _ in range(4):
            served.take(lane="priority")
        for _ in range(2):
            served.serve(2)
        served.take()
        served.take(lane="priority")
        assert served.order_of_service(2) == ["A003", "A004", "A005", "A006"]

    def test_a_capped_lane_goes_on_when_the_others_have_left(self, served):
        gone = served.take().ticket
        for _ in range(3):
            served.take(lane="priority")
        served.serve(2)
        served.serve(2)
        served.ask(asks.Cancel, ticket=gone)
        assert served.order_of_service(2) == ["A004"]

    def test_windows_with_the_same_services_share_the_count(self, make_scene):
        scene = make_scene().open(1, 3)
        for lane in ("normal", "priority", "priority", "priority"):
            scene.take(lane=lane)
        numbers = []
        for window in (1, 3, 1, 3):
            numbers.append(scene.call(window).number)
            scene.finish(window)
        assert numbers == ["A002", "A003", "A001", "A004"]

    def test_a_window_calls_its_own_line_first_but_not_for_ever(self, served):
        for _ in range(6):
            served.take()
        for _ in range(4):
            served.call(1)
            served.transfer(1, 2)
        assert served.order_of_service(2) == ["A001", "A002", "A005", "A003", "A004", "A006"]

    def test_the_own_line_counts_no_streak_when_nobody_else_waits(self, served):
        for _ in range(3):
            served.take()
            served.call(1)
            served.transfer(1, 2)
        assert served.order_of_service(2) == ["A001", "A002", "A003"]

    def test_a_ticket_of_a_lane_the_settings_dropped_waits_in_the_lowest(self, make_scene):
        before = make_scene().open(2)
        before.take(lane="priority")
        after = make_scene(lanes={"normal": LanePlan()})
        for fact in before.facts:
            after.hall.apply(fact)
        after.at = before.at
        assert after.order_of_service(2) == ["A001"]


class TestCall:
    def test_a_call_begins_a_step_at_the_window(self, served):
        served.take()
        call = served.call(1)
        assert (call.window, call.round, call.step, call.clerk, call.service) == (
            1,
            1,
            1,
            "001",
            "withdrawal",
        )
        assert not call.chosen

    @pytest.mark.parametrize(
        ("window", "code"),
        [(9, "unknown-window"), (3, "not-seated"), (1, "window-busy"), (5, "window-paused")],
    )
    def test_a_window_that_cannot_call_says_why(self, served, window, code):
        for _ in range(3):
            served.take()
        served.call(1)
        served.ask(asks.Pause, window=5, reason="生理")
        assert served.refuses(asks.CallNext, window=window) == code
        assert served.refuses(asks.CallTicket, window=window, ticket="x") == code

    def test_a_recall_is_the_next_round_of_the_same_step(self, served):
        served.take()
        served.call(1)
        again = served.ask(asks.Recall, window=1)[0]
        assert (again.round, again.step, again.number) == (2, 1, "A001")
        assert [c.round for c in views.board(served.hall, served.at).calls] == [2]

    def test_without_a_call_there_is_nothing_to_recall_miss_start_accept_finish_transfer_or_park(
        self, served
    ):
        for kind, more in (
            (asks.Recall, {}),
            (asks.NoShow, {}),
            (asks.Start, {}),
            (asks.Accept, {}),
            (asks.Finish, {"outcome": "done"}),
            (asks.Transfer, {"to": "desk"}),
            (asks.Park, {}),
        ):
            assert served.refuses(kind, window=1, **more) == "not-called"
            assert served.refuses(kind, window=3, **more) == "not-seated"

    def test_after_the_person_sat_down_there_is_no_recall_and_no_no_show(self, served):
        served.take()
        served.call(1)
        served.start(1)
        for kind in (asks.Recall, asks.NoShow, asks.Start):
            assert served.refuses(kind, window=1) == "already-started"

    def test_steps_stop_counting_where_the_wire_does(self, served):
        ticket = served.take().ticket
        served.hall.state.tickets[ticket].step = 999
        assert served.call(1).step == 999


class TestCallByName:
    def test_a_clerk_calls_somebody_from_the_middle_of_any_line(self, served):
        served.take()
        chosen = served.take("loan").ticket
        call = served.ask(asks.CallTicket, window=2, ticket=chosen)[0]
        assert (call.number, call.chosen, call.service) == ("B001", True, "loan")
        assert served.order_of_service(1) == ["A001"]

    def test_it_counts_in_no_streak(self, served):
        served.take()
        urgent = [served.take(lane="priority").ticket for _ in range(4)]
        for ticket in urgent[:2]:
            served.ask(asks.CallTicket, window=2, ticket=ticket)
            served.finish(2)
        assert served.order_of_service(2) == ["A004", "A005", "A001"]

    def test_only_who_waits_can_be_called_by_name(self, served):
        first, second, third = (served.take().ticket for _ in range(3))
        served.call(1)
        assert served.refuses(asks.CallTicket, window=2, ticket=first) == "not-waiting"
        served.ask(asks.NoShow, window=1)
        assert served.refuses(asks.CallTicket, window=2, ticket=first) == "not-waiting"
        served.ask(asks.Cancel, ticket=third)
        assert served.refuses(asks.CallTicket, window=2, ticket=third) == "ticket-closed"
        assert served.refuses(asks.CallTicket, window=2, ticket="x") == "unknown-ticket"
        assert served.ask(asks.CallTicket, window=2, ticket=second)

    def test_who_waits_at_the_desk_can_be_called_by_name_and_goes_back_to_its_service(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.transfer(1, "desk")
        served.ask(asks.CallTicket, window=2, ticket=ticket)
        _, back = served.ask(asks.Pause, window=2, reason="生理")
        assert (back.position, back.window) == (1, None)
        assert served.order_of_service(1) == ["A001"]


class TestMissed:
    def missed(self, scene, window=1):
        ticket = scene.call(window).ticket
        fact = scene.ask(asks.NoShow, window=window)[0]
        assert fact.ticket == ticket
        return ticket

    def test_who_was_missed_is_called_no_more_until_the_desk_says_so(self, served):
        served.take()
        self.missed(served)
        assert served.refuses(asks.CallNext, window=1) == "nobody-waiting"

    def test_it_comes_back_behind_three_others(self, served):
        for _ in range(6):
            served.take()
        ticket = self.missed(served)
        assert served.ask(asks.ReturnTicket, ticket=ticket)[0].position == 4
        assert served.order_of_service(1) == ["A002", "A003", "A004", "A001", "A005", "A006"]

    def test_who_comes_back_later_stands_behind_who_came_back_before(self, served):
        for _ in range(6):
            served.take()
        first, second = self.missed(served), self.missed(served)
        assert served.ask(asks.ReturnTicket, ticket=first)[0].position == 4
        assert served.ask(asks.ReturnTicket, ticket=second)[0].position == 5
        assert served.order_of_service(1) == ["A003", "A004", "A005", "A001", "A002", "A006"]

    @pytest.mark.parametrize("waiting", [0, 1, 2])
    def test_in_a_short_line_it_comes_last(self, served, waiting):
        for _ in range(1 + waiting):
            served.take()
        ticket = self.missed(served)
        assert served.ask(asks.ReturnTicket, ticket=ticket)[0].position == waiting + 1

    def test_a_hall_may_let_it_come_first(self, make_scene):
        scene = make_scene(policy=Policy(return_after=0)).open(1)
        for _ in range(2):
            scene.take()
        assert scene.ask(asks.ReturnTicket, ticket=self.missed(scene))[0].position == 1
        assert scene.order_of_service(1) == ["A001", "A002"]

    def test_who_was_missed_in_a_windows_own_line_comes_back_there_while_it_is_seated(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.transfer(1, 5)
        self.missed(served, 5)
        assert served.ask(asks.ReturnTicket, ticket=ticket)[0].window == 5
        self.missed(served, 5)
        served.ask(asks.Leave, window=5)
        assert served.ask(asks.ReturnTicket, ticket=ticket)[0].window is None
        assert served.order_of_service(1) == ["A001"]

    def test_who_waits_for_a_window_without_clerk_is_brought_back_into_line(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.transfer(1, 5)
        assert served.refuses(asks.ReturnTicket, ticket=ticket) == "not-missed"
        served.ask(asks.Leave, window=5)
        served.ask(asks.ReturnTicket, ticket=ticket)
        assert served.order_of_service(2) == ["A001"]

    def test_only_who_was_missed_comes_back(self, served):
        ticket = served.take().ticket
        assert served.refuses(asks.ReturnTicket, ticket=ticket) == "not-missed"
        served.serve(1)
        assert served.refuses(asks.ReturnTicket, ticket=ticket) == "ticket-closed"
        assert served.refuses(asks.ReturnTicket, ticket="x") == "unknown-ticket"
        served.take()
        missed = self.missed(served)
        served.ask(asks.CloseDay)
        assert served.refuses(asks.ReturnTicket, ticket=missed) == "closed"


class TestBackToTheFront:
    def test_two_who_go_back_to_the_front_stand_before_everybody(self, served):
        for _ in range(3):
            served.take()
        served.call(1)
        served.call(2)
        served.ask(asks.Pause, window=1, reason="生理")
        served.ask(asks.Pause, window=2, reason="生理")
        served.sit(3)
        assert sorted(served.order_of_service(3)[:2]) == ["A001", "A002"]

    def test_who_was_called_out_of_order_still_goes_to_the_front(self, served):
        for _ in range(2):
            served.take()
        third = served.take().ticket
        served.ask(asks.CallTicket, window=1, ticket=third)
        served.ask(asks.Leave, window=1)
        assert served.of(TicketReturned)[0].position == 1
        assert served.order_of_service(2) == ["A003", "A001", "A002"]


class TestLocks:
    @pytest.fixture
    def strict(self, make_scene):
        policy = Policy(recall_lock_s=20, recall_limit=2, no_show_after_s=30)
        scene = make_scene(policy=policy).open(1)
        scene.take()
        scene.call(1)
        return scene

    def test_a_recall_waits_for_the_lock_and_stops_at_the_limit(self, strict):
        assert strict.later(seconds=19).refuses(asks.Recall, window=1) == "recall-too-soon"
        strict.later(seconds=1).ask(asks.Recall, window=1)
        assert strict.refuses(asks.Recall, window=1) == "recall-too-soon"
        strict.later(seconds=20).ask(asks.Recall, window=1)
        assert strict.later(seconds=20).refuses(asks.Recall, window=1) == "recall-limit"

    def test_nobody_is_missed_before_they_could_come(self, strict):
        assert strict.later(seconds=29).refuses(asks.NoShow, window=1) == "no-show-too-soon"
        strict.ask(asks.Recall, window=1)
        assert strict.later(seconds=29).refuses(asks.NoShow, window=1) == "no-show-too-soon"
        assert strict.later(seconds=1).ask(asks.NoShow, window=1)

    def test_a_clock_that_was_set_back_locks_nobody(self, strict):
        strict.later(seconds=-60)
        assert strict.ask(asks.Recall, window=1)
        assert strict.later(seconds=-60).ask(asks.NoShow, window=1)


class TestNextWithTheEndOfTheLast:
    def test_the_open_ticket_ends_and_the_next_is_called_in_one_act(self, served):
        for _ in range(2):
            served.take()
        served.call(1)
        served.later(minutes=3)
        done, called = served.ask(asks.CallNext, window=1, finish=Outcome.DONE)
        assert (done.number, done.seconds, called.number) == ("A001", 180, "A002")

    def test_its_pad_asks_on_until_the_next_person_sits(self, served):
        for _ in range(2):
            served.take()
        served.call(1)
        done, _ = served.ask(asks.CallNext, window=1, finish=Outcome.DONE)
        served.later(seconds=20)
        assert views.rating(served.hall, 1, served.at)[0].ticket == done.ticket
        served.start(1)
        assert views.rating(served.hall, 1, served.at)[0].ticket is None
        assert served.rate(done, cast_at=served.at)

    def test_a_person_who_is_not_said_to_sit_ends_the_asking_when_their_own_step_ends(self, served):
        for _ in range(2):
            served.take()
        served.call(1)
        first, _ = served.ask(asks.CallNext, window=1, finish=Outcome.DONE)
        (second,) = served.later(seconds=20).finish(1)
        assert views.rating(served.hall, 1, served.at)[0].ticket == second.ticket
        assert served.no(served.rate, first, cast_at=served.later(seconds=1).at) == "rating-closed"

    def test_who_wants_back_goes_back_in_the_same_act(self, served):
        for _ in range(2):
            served.take("loan")
        served.call(1)
        served.transfer(1, 5, back=True)
        served.call(5)
        _, back, called = served.ask(asks.CallNext, window=5, finish=Outcome.DONE)
        assert (back.window, called.number) == (1, "B002")

    def test_with_nobody_waiting_it_only_ends_and_with_nobody_open_it_only_calls(self, served):
        served.take()
        assert served.ask(asks.CallNext, window=1, finish=Outcome.DONE)[0].number == "A001"
        (done,) = served.ask(asks.CallNext, window=1, finish=Outcome.DONE)
        assert done.outcome is Outcome.DONE
        assert served.refuses(asks.CallNext, window=1, finish=Outcome.DONE) == "nobody-waiting"

    def test_what_an_ending_owes_is_owed_here_too_and_a_paused_window_calls_nobody(self, served):
        for _ in range(2):
            served.take()
        served.call(1)
        assert served.refuses(asks.CallNext, window=1, finish=Outcome.NOT_ALLOWED) == "alternative-required"
        served.start(1)
        served.ask(asks.Pause, window=1, reason="生理")
        assert served.refuses(asks.CallNext, window=1, finish=Outcome.DONE) == "window-paused"
