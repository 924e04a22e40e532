"""What consoles are shown beside the lines: the open ticket, pauses, reviews, what can be taken back, who stands aside."""

from datetime import timedelta

import pytest

from hall import wire
from hall.messages import answers, asks
from hall.messages.common import Act, Via
from hall.policy import PausePolicy, Policy
from hub.domain import views


def board(scene):
    return wire.decode(answers.Board, wire.encode(views.board(scene.hall, scene.at)), limit=100_000)


def window(scene, number=1):
    return next(w for w in board(scene).windows if w.window == number)


def aside(scene):
    return [(row.number, row.stands, row.window) for row in board(scene).aside]


class TestTheOpenTicket:
    def test_the_clerk_sees_what_the_desk_has_seen_to_and_what_the_last_clerk_wrote(self, served):
        order = asks.TakeTicket(
            id="t",
            service="withdrawal",
            lane="priority",
            via=Via.DESK,
            situation="rent",
            papers=("身份证",),
            forms=("申请表",),
            aids="轮椅",
        )
        served.give(order)
        served.ask(asks.GrantExtension, ticket="t", reason="行动不便")
        served.call(1)
        served.start(1)
        served.later(minutes=1).transfer(1, 2, note="查询后再办")
        served.call(2)
        seated = served.later(seconds=30).at
        served.start(2)
        served.ask(asks.Accept, window=2)
        card = window(served, 2).open
        assert (card.papers, card.forms, card.aids, card.note) == (
            ("身份证",),
            ("申请表",),
            "轮椅",
            "查询后再办",
        )
        assert (card.situation, card.lane, card.step, card.target_min) == ("rent", "priority", 2, 12)
        assert (card.since, card.accepted, card.extended, card.carry) == (seated, True, True, False)
        assert window(served, 1).open is None

    def test_a_called_ticket_counts_from_its_call(self, served):
        served.take()
        served.call(1)
        assert window(served).open.since == served.at


class TestPauses:
    def test_a_pause_says_why_since_when_and_when_it_is_over_its_time(self, make_scene):
        scene = make_scene(policy=Policy(pause=PausePolicy(max_min=10))).open(1)
        assert window(scene).pause is None
        scene.ask(asks.Pause, window=1, reason="生理")
        begun = scene.at
        told = window(scene).pause
        assert (told.reason, told.since, told.ends, told.overrun) == (
            "生理",
            begun,
            begun + timedelta(minutes=10),
            False,
        )
        scene.later(minutes=10)
        assert window(scene).pause.overrun

    def test_a_pause_without_an_end_is_never_over_it(self, served):
        served.ask(asks.Pause, window=1, reason="生理")
        served.later(hours=5)
        assert (window(served).pause.ends, window(served).pause.overrun) == (None, False)


class TestReviews:
    def test_the_first_window_sees_when_its_papers_are_done(self, served):
        served.take()
        served.call(1)
        served.start(1)
        served.transfer(1, "review", carry=True)
        assert window(served).review.done is False
        assert served.call(5).carry
        assert window(served, 5).open.carry
        _, back = served.finish(5)
        assert (back.reviewed, back.window) == (True, 1)
        assert views.rating(served.hall, 5, served.at)[0].ticket is None
        assert (window(served).review.number, window(served).review.done) == ("A001", True)
        assert served.call(1).back
        assert window(served).review is None

    def test_papers_on_to_a_second_review_still_come_home(self, served):
        served.sit(3)
        served.take()
        served.call(1)
        served.transfer(1, "review", carry=True)
        served.call(5)
        served.start(5)
        served.later(minutes=1).transfer(5, 3, carry=True, back=True)
        assert views.rating(served.hall, 5, served.at)[0].ticket is None
        assert window(served, 5).review is None
        served.call(3)
        assert served.finish(3)[1].window == 1

    def test_a_person_who_went_away_needs_no_papers(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.transfer(1, "review", carry=True)
        served.ask(asks.Cancel, ticket=ticket)
        assert window(served).review is None


class TestTakingBack:
    def test_the_clerk_sees_what_can_be_taken_back_and_until_when(self, served):
        assert window(served).undo is None
        served.take()
        served.call(1)
        told = window(served).undo
        assert (told.what, told.number, told.until) == (
            Act.CALL,
            "A001",
            served.at + timedelta(seconds=60),
        )
        served.later(seconds=61)
        assert window(served).undo is None

    @pytest.mark.parametrize("then", ["accept", "leave", "return"])
    def test_nothing_is_offered_that_would_be_refused(self, served, then):
        ticket = served.take().ticket
        served.call(1)
        if then == "accept":
            served.ask(asks.Accept, window=1)
        else:
            served.ask(asks.NoShow, window=1)
            if then == "return":
                served.ask(asks.ReturnTicket, ticket=ticket)
            else:
                served.ask(asks.Leave, window=1)
        assert window(served).undo is None

    def test_a_hall_without_it_offers_none(self, make_scene):
        scene = make_scene(policy=Policy()).open(1)
        scene.take()
        scene.call(1)
        assert window(scene).undo is None


class TestAside:
    def test_missed_parked_at_the_desk_and_stranded_longest_first(self, served):
        for _ in range(4):
            served.take()
        served.call(1)
        served.ask(asks.NoShow, window=1)
        missed = served.at
        served.later(minutes=1).call(2)
        served.ask(asks.Park, window=2)
        served.later(minutes=1).call(1)
        served.transfer(1, "desk", note="领材料", back=True)
        served.later(minutes=1).call(1)
        served.transfer(1, 5)
        served.later(minutes=1).ask(asks.Leave, window=5)
        assert aside(served) == [
            ("A001", "missed", 1),
            ("A002", "parked", 2),
            ("A003", "at the desk", None),
            ("A004", "stranded", 5),
        ]
        rows = board(served).aside
        assert (rows[0].since, rows[2].note, rows[2].back) == (missed, "领材料", 1)

    def test_who_comes_back_stands_there_no_more(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.ask(asks.NoShow, window=1)
        served.ask(asks.ReturnTicket, ticket=ticket)
        assert aside(served) == []

    def test_of_very_many_the_latest_are_shown(self, served):
        for _ in range(70):
            served.take()
            served.call(1)
            served.ask(asks.NoShow, window=1)
        assert [row.number for row in board(served).aside] == [f"A{n:03d}" for n in range(11, 71)]


def test_each_situation_says_how_long_it_takes_once_enough_is_known(served):
    def minutes():
        services = views.services(served.hall, served.at).services
        withdrawal = next(s for s in services if s.id == "withdrawal")
        return withdrawal.handling_min, withdrawal.situations[0].handling_min

    for handled in (2, 4, 6, 8):
        served.take(situation="rent")
        served.serve(1, handled)
    served.take()
    served.serve(1, 30)
    assert minutes() == (6, None)
    served.take(situation="rent")
    served.serve(1, 10)
    assert minutes()[1] == 6
    served.ask(asks.CloseDay)
    served.later(hours=24).ask(asks.OpenDay)
    assert minutes()[1] == 6


def test_somebody_sent_on_to_another_service_tells_nothing_of_the_situation(served):
    served.take(situation="rent")
    served.call(1)
    served.transfer(1, "loan")
    served.call(5)
    served.finish(5)
    assert served.hall.state.situations == {}
