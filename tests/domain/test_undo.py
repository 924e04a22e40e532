"""A clerk's last act can be taken back: then everything is as it was."""

import pytest

from hall import wire
from hall.messages import asks
from hall.messages.common import Act, Outcome, Via
from hall.messages.facts import ActUndone, SlipIssued, TicketRated
from hall.policy import Policy
from hub.domain import orders, views
from hub.domain.views import clerk


@pytest.fixture
def queue(served):
    """Three wait, the first has been called at window 1."""
    served.tickets = [served.take(situation="rent").ticket for _ in range(3)]
    served.call(1)
    return served


def back(scene, window=1):
    return scene.ask(asks.Undo, window=window)[0]


def sign(scene, window=1):
    want, _ = views.display(scene.hall, window, scene.at)
    return want.mode, want.number


def asked(scene, window=1):
    return views.rating(scene.hall, window, scene.at)[0].ticket


class TestEachAct:
    def test_a_call_by_mistake_puts_the_person_back_where_they_stood(self, queue):
        queue.finish(1)
        queue.ask(asks.CallTicket, window=1, ticket=queue.tickets[2])
        undone = back(queue)
        assert (undone.what, undone.number, undone.life) == (Act.CALL, "A003", "waiting")
        assert sign(queue) == ("rate", None)
        assert [c.number for c in views.board(queue.hall, queue.at).calls] == ["A001"]
        assert queue.order_of_service(1) == ["A002", "A003"]

    def test_a_start_by_mistake_leaves_the_person_called(self, queue):
        queue.start(1)
        assert back(queue).what is Act.START
        assert sign(queue) == ("called", "A001")
        assert queue.ask(asks.NoShow, window=1)

    def test_a_no_show_by_mistake_calls_the_person_back(self, queue):
        queue.ask(asks.NoShow, window=1)
        assert back(queue).life == "called"
        assert sign(queue) == ("called", "A001")
        assert queue.phrases()[-1] == "voice.recall"
        assert queue.start(1).step == 1

    def test_a_parked_ticket_is_open_again_and_its_time_runs_on(self, queue):
        queue.start(1)
        queue.later(seconds=40).ask(asks.Park, window=1)
        queue.later(seconds=20)
        assert back(queue).what is Act.PARK
        assert queue.finish(1)[0].seconds == 60

    def test_a_finish_by_mistake_goes_on_and_asks_for_one_rating_only_at_the_true_end(self, queue):
        queue.start(1)
        queue.later(seconds=30).finish(1)
        assert asked(queue)
        back(queue)
        assert (asked(queue), sign(queue)) == (None, ("serving", "A001"))
        (done,) = queue.later(seconds=30).finish(1)
        assert (done.step, done.seconds) == (1, 60)
        assert asked(queue) == done.ticket
        assert queue.hall.state.handlings["withdrawal"].recent == [60]

    def test_a_transfer_by_mistake_comes_back_and_is_told_so(self, queue):
        queue.start(1)
        queue.later(seconds=30)
        queue.transfer(1, "desk", back=True, note="领材料")
        back(queue)
        assert queue.phrases()[-2:] == ["voice.to_desk", "voice.back"]
        assert sign(queue) == ("serving", "A001")
        assert queue.hall.state.desk == {}
        assert len(queue.finish(1)) == 1

    def test_papers_that_were_sent_for_review_are_not_called_back_aloud(self, queue):
        queue.start(1)
        queue.transfer(1, "review", carry=True)
        assert sign(queue)[0] == "carry"
        queue.call(5)
        spoken = len(queue.said)
        back(queue, 5)
        assert len(queue.said) == spoken
        back(queue, 1)
        assert sign(queue) == ("serving", "A001")

    def test_a_finish_after_which_they_were_to_return_takes_the_return_back_too(self, queue):
        queue.transfer(1, "review", back=True)
        queue.call(5)
        queue.finish(5)
        back(queue, 5)
        assert sign(queue, 5) == ("serving", "A001") or sign(queue, 5) == ("called", "A001")
        assert len(queue.hall.state.windows[1].own) == 0
        assert queue.finish(5)[1].window == 1

    def test_next_is_two_acts_and_goes_back_one_by_one(self, queue):
        queue.start(1)
        queue.ask(asks.CallNext, window=1, finish=Outcome.DONE)
        assert back(queue).what is Act.CALL
        assert asked(queue) == queue.tickets[0]
        assert back(queue).what is Act.FINISH
        assert sign(queue) == ("serving", "A001")
        assert back(queue).what is Act.START
        assert back(queue).what is Act.CALL
        assert queue.refuses(asks.Undo, window=1) == "nothing-to-undo"


class TestRating:
    def test_one_that_was_given_stands_and_is_not_asked_for_again(self, queue):
        queue.start(1)
        (done,) = queue.finish(1)
        queue.rate(done, 4)
        back(queue)
        queue.finish(1)
        assert asked(queue) is None
        assert queue.no(queue.rate, done) == "already-rated"
        assert len(queue.of(TicketRated)) == 1

    def test_the_call_of_a_step_that_has_one_is_not_taken_back_for_it_would_be_another_clerks(self, queue):
        queue.start(1)
        (done,) = queue.finish(1)
        queue.rate(done, 1)
        assert [back(queue).what for _ in range(2)] == [Act.FINISH, Act.START]
        assert clerk.undo(queue.hall.state, queue.hall.state.windows[1], queue.at) is None, (
            "nor is it offered"
        )
        assert queue.refuses(asks.Undo, window=1) == "undo-built-on"
        queue.finish(1)
        assert [fact.window for fact in queue.of(TicketRated)] == [1]

    def test_a_vote_for_an_end_that_was_taken_back_is_refused_until_the_true_end(self, queue):
        (done,) = queue.finish(1)
        back(queue)
        assert queue.no(queue.rate, done) == "unknown-step"
        queue.finish(1)
        assert queue.rate(done)[0].step == 1

    def test_the_rating_of_the_person_before_is_asked_for_again(self, queue):
        (done,) = queue.finish(1)
        queue.later(seconds=10).call(1)
        assert asked(queue) is None
        back(queue)
        assert asked(queue) == done.ticket
        assert queue.rate(done, cast_at=queue.at)


class TestRefused:
    def test_nothing_was_done_or_somebody_else_did_it(self, queue):
        assert queue.refuses(asks.Undo, window=2) == "nothing-to-undo"
        assert queue.refuses(asks.Undo, window=3) == "not-seated"
        assert queue.refuses(asks.Undo, window=9) == "unknown-window"
        queue.ask(asks.NoShow, window=1)
        queue.ask(asks.Leave, window=1)
        queue.sit(1, "018")
        assert queue.refuses(asks.Undo, window=1) == "nothing-to-undo"

    def test_too_late(self, queue):
        queue.later(seconds=61)
        assert queue.refuses(asks.Undo, window=1) == "undo-too-late"
        queue.later(seconds=-1)
        assert back(queue)

    def test_a_hall_without_it(self, make_scene):
        scene = make_scene(policy=Policy(weights={})).open(1)
        scene.take()
        scene.call(1)
        assert scene.refuses(asks.Undo, window=1) == "undo-too-late"

    @pytest.mark.parametrize(
        "then",
        [
            lambda s: s.ask(asks.ReturnTicket, ticket=s.tickets[0]),
            lambda s: s.ask(asks.Cancel, ticket=s.tickets[0]),
        ],
    )
    def test_the_ticket_has_gone_on(self, queue, then):
        queue.ask(asks.NoShow, window=1)
        then(queue)
        assert queue.refuses(asks.Undo, window=1) == "undo-built-on"

    def test_the_next_window_has_called_them_already(self, queue):
        queue.start(1)
        queue.transfer(1, "review")
        queue.call(5)
        assert queue.refuses(asks.Undo, window=1) == "undo-built-on"

    def test_the_papers_were_accepted_or_a_parked_ticket_was_taken_up(self, queue):
        queue.ask(asks.Accept, window=1)
        assert queue.refuses(asks.Undo, window=1) == "undo-built-on"
        queue.ask(asks.Park, window=1)
        queue.ask(asks.ResumeTicket, ticket=queue.tickets[0])
        assert queue.refuses(asks.Undo, window=1) == "undo-built-on"

    def test_the_window_was_paused_or_the_day_closed(self, queue):
        queue.ask(asks.NoShow, window=1)
        queue.ask(asks.Pause, window=1, reason="生理")
        assert queue.refuses(asks.Undo, window=1) == "window-paused"
        queue.ask(asks.CloseDay)
        assert queue.refuses(asks.Undo, window=1) == "closed"
        queue.later(hours=24).ask(asks.OpenDay)
        assert queue.refuses(asks.Undo, window=1) == "nothing-to-undo"


class TestOthersMeanwhile:
    def test_what_others_called_meanwhile_stays_on_the_board(self, queue):
        queue.call(2)
        back(queue)
        assert [c.number for c in views.board(queue.hall, queue.at).calls] == ["A002"]
        assert queue.take().now == "A002"
        assert queue.call(1).number == "A001"

    def test_their_handling_times_stay(self, queue):
        queue.call(2)
        for window, seconds in ((1, 20), (2, 30)):
            queue.start(window)
            queue.later(seconds=seconds).finish(window)
        assert queue.hall.state.handlings["withdrawal"].recent == [20, 30]
        back(queue, 1)
        assert queue.hall.state.handlings["withdrawal"].recent == [30]

    def test_a_sample_that_is_forgotten_already_is_not_missed(self, queue):
        queue.later(seconds=7).finish(1)
        for _ in range(24):
            queue.take()
            queue.call(2)
            queue.later(seconds=1).finish(2)
        back(queue)
        assert queue.hall.state.handlings["withdrawal"].recent == [1] * 24

    def test_a_slip_that_was_shown_already_is_not_taken_back(self, queue):
        queue.finish(1, Outcome.MATERIAL_MISSING, "租赁合同")
        slip = queue.of(SlipIssued)[0]
        queue.ask(asks.CheckIn, code=slip.code, via=Via.DESK)
        assert queue.refuses(asks.Undo, window=1) == "undo-built-on"

    def test_a_recall_belongs_to_its_call(self, queue):
        queue.ask(asks.Recall, window=1)
        assert back(queue).what is Act.CALL
        assert views.board(queue.hall, queue.at).calls == ()
        assert queue.call(1).number == "A001"

    def test_what_was_noted_on_the_ticket_meanwhile_stays(self, queue):
        ticket = queue.tickets[0]
        queue.give(orders.NotePrinted(ticket=ticket, copy=1, member="dispenser-1"))
        queue.ask(asks.NotePrecheck, ticket=ticket, papers=("租赁合同",))
        queue.ask(asks.GrantExtension, ticket=ticket, reason="行动不便")
        back(queue)
        kept = queue.hall.tickets[ticket]
        assert (kept.printed, kept.papers, kept.extended) == (1, ("租赁合同",), "行动不便")

    def test_who_was_called_from_the_desk_stands_there_again_in_order(self, served):
        tickets = [served.take().ticket for _ in range(2)]
        for _ in tickets:
            served.call(1)
            served.transfer(1, "desk")
        served.ask(asks.CallTicket, window=1, ticket=tickets[0])
        back(served)
        assert list(served.hall.state.desk) == tickets


def test_a_replay_can_take_back_what_the_hub_before_it_did(queue, make_scene):
    queue.ask(asks.NoShow, window=1)
    again = make_scene()
    for fact in queue.facts:
        again.hall.apply(wire.decode_fact(wire.encode(fact)))
    again.at = queue.at
    assert isinstance(back(again), ActUndone)
    assert again.hall.tickets[queue.tickets[0]].life.value == "called"
