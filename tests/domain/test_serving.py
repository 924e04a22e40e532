import pytest

from hall.messages import asks
from hall.messages.common import Outcome
from hall.messages.facts import ServiceFinished, TicketReturned
from hub.domain import views


class TestStartAndFinish:
    def test_handling_runs_from_start_to_finish(self, served):
        served.take()
        served.call(1)
        served.later(seconds=30).start(1)
        served.later(seconds=90.2)
        (done,) = served.finish(1)
        assert (done.seconds, done.outcome, done.step, done.clerk) == (91, Outcome.DONE, 1, "001")

    def test_finish_implies_start_from_the_last_call(self, served):
        served.take()
        served.call(1)
        served.later(seconds=30).ask(asks.Recall, window=1)
        served.later(seconds=40)
        assert served.finish(1)[0].seconds == 40

    def test_accept_implies_start_too_and_is_said_once(self, served):
        served.take()
        served.call(1)
        served.later(seconds=30)
        assert served.ask(asks.Accept, window=1)[0].step == 1
        assert served.refuses(asks.Accept, window=1) == "already-accepted"
        assert served.refuses(asks.NoShow, window=1) == "already-started"
        served.later(seconds=30)
        assert served.finish(1)[0].seconds == 60

    def test_accept_after_start_keeps_the_time(self, served):
        served.take()
        served.call(1)
        served.later(seconds=30).start(1)
        served.later(seconds=5).ask(asks.Accept, window=1)
        assert served.later(seconds=5).finish(1)[0].seconds == 10

    def test_a_clock_that_was_set_back_gives_no_negative_time(self, served):
        served.take()
        served.call(1)
        served.start(1)
        served.later(minutes=-5)
        assert served.finish(1)[0].seconds == 1

    @pytest.mark.parametrize(
        ("outcome", "code"),
        [
            (Outcome.NOT_ALLOWED, "alternative-required"),
            (Outcome.MATERIAL_MISSING, "detail-required"),
            (Outcome.ONWARD, "detail-required"),
        ],
    )
    def test_some_endings_owe_the_person_a_word(self, served, outcome, code):
        served.take()
        served.call(1)
        assert served.no(served.finish, 1, outcome) == code
        assert served.no(served.finish, 1, outcome, "  ") == code
        assert served.finish(1, outcome, "网上办理")[0].detail == "网上办理"

    def test_after_finish_the_window_is_free(self, served):
        served.take()
        served.take()
        served.serve(1)
        assert served.call(1).number == "A002"


class TestTransfer:
    def test_number_and_arrival_are_kept(self, served):
        served.take()
        served.take("loan")
        served.call(2)
        served.start(2)
        served.later(minutes=2)
        moved = served.transfer(2, "loan", note="查询后办贷款")
        assert (moved.to, moved.seconds, moved.note) == ("loan", 120, "查询后办贷款")
        assert served.order_of_service(5) == ["A001", "B001"]

    def test_before_any_work_nothing_is_asked_and_no_time_counts(self, served):
        served.take()
        served.call(1)
        served.later(minutes=2)
        assert served.transfer(1, "loan").seconds == 0
        assert views.rating(served.hall, 1, served.at)[0].ticket is None
        assert served.hall.state.handlings == {}

    def test_a_ticket_sent_to_a_window_waits_for_exactly_that_one(self, served):
        served.sit(3)
        served.take()
        served.call(1)
        served.transfer(1, 3)
        assert served.refuses(asks.CallNext, window=2) == "nobody-waiting"
        assert served.call(3).number == "A001"

    def test_its_lane_goes_with_it(self, served):
        served.take("loan")
        served.take(lane="priority")
        served.call(2)
        served.transfer(2, "loan")
        assert served.order_of_service(5) == ["A001", "B001"]

    @pytest.mark.parametrize(
        ("to", "code"), [("nothing", "unknown-service"), (9, "unknown-window"), (1, "same-window")]
    )
    def test_nobody_is_sent_to_nowhere(self, served, to, code):
        served.take()
        served.call(1)
        assert served.refuses(asks.Transfer, window=1, to=to) == code
        assert served.ask(asks.Recall, window=1)

    def test_at_the_desk_nobody_is_called_until_the_desk_returns_them(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.start(1)
        served.transfer(1, "desk")
        assert served.refuses(asks.CallNext, window=1) == "nobody-waiting"
        assert served.ask(asks.ReturnTicket, ticket=ticket)[0].window is None
        assert served.call(2).step == 2


class TestBack:
    def test_after_the_review_it_returns_to_the_front_of_the_first_window(self, served):
        for _ in range(3):
            served.take()
        served.call(1)
        served.start(1)
        served.transfer(1, "review", back=True)
        served.call(5)
        _, back = served.finish(5)
        assert (back.position, back.window) == (1, 1)
        call = served.call(1)
        assert (call.number, call.back, call.step) == ("A001", True, 3)
        served.ask(asks.Recall, window=1)
        assert served.facts[-1].back
        assert isinstance(served.finish(1)[0], ServiceFinished)
        assert len(served.of(TicketReturned)) == 1
        assert not served.call(1).back

    def test_who_comes_back_stands_before_others_sent_to_that_window(self, served):
        for _ in range(2):
            served.take()
        served.call(1)
        served.transfer(1, "review", back=True)
        served.call(2)
        served.transfer(2, 1)
        served.serve(5)
        assert served.order_of_service(1) == ["A001", "A002"]

    def test_going_on_elsewhere_keeps_the_promise(self, served):
        served.take()
        served.call(1)
        served.transfer(1, "review", back=True)
        served.call(5)
        served.transfer(5, 2)
        served.call(2)
        assert served.finish(2)[1].window == 1

    def test_who_comes_back_by_themselves_is_done_there(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.transfer(1, "desk", back=True)
        served.ask(asks.CallTicket, window=1, ticket=ticket)
        assert len(served.finish(1)) == 1

    def test_the_desk_sends_them_back_to_the_front_of_the_window_that_waits_for_them(self, served):
        tickets = [served.take().ticket for _ in range(2)]
        served.call(1)
        served.transfer(1, "desk", back=True)
        fact = served.ask(asks.ReturnTicket, ticket=tickets[0])[0]
        assert (fact.position, fact.window) == (1, 1)
        assert served.call(1).back

    def test_paused_on_the_way_it_is_still_called_as_coming_back(self, served):
        served.take()
        served.call(1)
        served.transfer(1, "review", back=True)
        served.serve(5)
        served.call(1)
        served.ask(asks.Pause, window=1, reason="生理")
        served.ask(asks.Resume, window=1)
        assert served.call(1).back


class TestCarry:
    def test_only_the_papers_travel_and_the_first_window_says_so(self, served):
        served.take()
        served.call(1)
        served.start(1)
        served.transfer(1, "review", carry=True, back=True)
        assert [said.phrase for said in served.said].count("voice.call") == 1
        spoken = len(served.said)
        served.later(minutes=2)
        first, _ = views.display(served.hall, 1, served.at)
        assert (first.mode, first.number) == ("carry", None)
        assert served.call(5).carry
        assert len(served.said) == spoken
        there, _ = views.display(served.hall, 5, served.at)
        assert (there.mode, there.number) == ("carry", "A001")
        served.finish(5)
        first, _ = views.display(served.hall, 1, served.at)
        assert first.mode == "idle"
        assert not served.call(1).carry
        assert served.phrases()[-1] == "voice.back"

    def test_papers_that_never_come_back_leave_the_sign_idle(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.transfer(1, "review", carry=True)
        served.ask(asks.Cancel, ticket=ticket)
        assert views.display(served.hall, 1, served.at)[0].mode == "idle"


class TestPark:
    def test_parked_time_does_not_count(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.start(1)
        served.later(minutes=3).ask(asks.Park, window=1)
        served.later(minutes=30)
        resumed = served.ask(asks.ResumeTicket, ticket=ticket)[0]
        assert (resumed.window, resumed.step) == (1, 1)
        served.later(minutes=2)
        assert served.finish(1)[0].seconds == 300

    def test_the_window_is_free_meanwhile_and_nobody_calls_the_parked(self, served):
        served.take()
        served.take()
        served.call(1)
        served.ask(asks.Park, window=1)
        assert served.order_of_service(1) == ["A002"]

    def test_elsewhere_or_with_another_clerk_it_is_a_new_step(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.start(1)
        served.later(minutes=3).ask(asks.Accept, window=1)
        served.ask(asks.Park, window=1)
        resumed = served.ask(asks.ResumeTicket, ticket=ticket, window=2)[0]
        assert (resumed.window, resumed.step, resumed.clerk) == (2, 2, "002")
        assert served.ask(asks.Accept, window=2)
        assert served.later(minutes=1).finish(2)[0].seconds == 60

    def test_a_window_that_cannot_call_cannot_take_up_a_ticket_either(self, served):
        ticket = served.take().ticket
        served.take()
        served.call(1)
        served.ask(asks.Park, window=1)
        served.call(1)
        assert served.refuses(asks.ResumeTicket, ticket=ticket) == "window-busy"
        assert served.refuses(asks.ResumeTicket, ticket=ticket, window=3) == "not-seated"
        assert served.refuses(asks.ResumeTicket, ticket=ticket, window=9) == "unknown-window"

    def test_only_what_is_parked_is_taken_up(self, served):
        ticket = served.take().ticket
        assert served.refuses(asks.ResumeTicket, ticket=ticket) == "not-parked"
        assert served.refuses(asks.ResumeTicket, ticket="x") == "unknown-ticket"
