"""The guide desk: people sent there, people brought to a window, papers looked through before."""

import pytest

from hall.messages import asks
from hall.messages.common import Outcome, Via
from hall.messages.facts import TicketIssued
from hub.domain import views


def at_desk(scene, **more):
    ticket = scene.take().ticket
    scene.call(1)
    scene.transfer(1, "desk", **more)
    return ticket


class TestServedAtTheDesk:
    def test_the_visit_ends_there_with_an_outcome_and_no_rating(self, served):
        ticket = at_desk(served)
        (done,) = served.ask(asks.ServeAtDesk, ticket=ticket, outcome=Outcome.DONE, detail="解押材料")
        assert (done.number, done.outcome, done.detail) == ("A001", Outcome.DONE, "解押材料")
        assert served.hall.tickets[ticket].life.value == "done"
        assert views.rating(served.hall, 1, served.at)[0].ticket is None
        assert not served.hall.busy
        assert served.refuses(asks.ServeAtDesk, ticket=ticket, outcome=Outcome.DONE) == "not-at-desk"

    def test_a_window_that_wants_them_back_gets_them_at_its_front(self, served):
        ticket = at_desk(served, back=True)
        _, back = served.ask(asks.ServeAtDesk, ticket=ticket, outcome=Outcome.DONE)
        assert (back.window, back.position, back.reviewed) == (1, 1, False)
        assert served.call(1).back

    def test_papers_that_were_carried_to_the_desk_come_back_as_reviewed(self, served):
        ticket = at_desk(served, carry=True)
        assert "voice.to_desk" not in served.phrases()
        assert served.ask(asks.ServeAtDesk, ticket=ticket, outcome=Outcome.DONE)[1].reviewed

    def test_the_desk_owes_the_same_words_as_a_window(self, served):
        ticket = at_desk(served)
        assert (
            served.refuses(asks.ServeAtDesk, ticket=ticket, outcome=Outcome.NOT_ALLOWED)
            == "alternative-required"
        )

    def test_who_waits_for_a_window_is_not_at_the_desk(self, served):
        ticket = served.take().ticket
        for one in (ticket, "x"):
            code = "not-at-desk" if one == ticket else "unknown-ticket"
            assert served.refuses(asks.ServeAtDesk, ticket=one, outcome=Outcome.DONE) == code


class TestSeatedByTheGuide:
    def seat(self, scene, window=1, **more):
        return scene.ask(
            asks.SeatDirectly, window=window, service="withdrawal", lane="priority", aids="轮椅", **more
        )

    def test_ticket_call_and_start_are_one_act_without_paper_or_voice(self, served):
        spoken = len(served.said)
        issued, called, started = self.seat(served, situation="rent")
        assert (issued.via, issued.paper, issued.aids, issued.situation) == (Via.DESK, False, "轮椅", "rent")
        assert (called.seated, called.chosen, called.step, called.ticket) == (True, True, 1, issued.ticket)
        assert (started.window, started.step) == (1, 1)
        assert len(served.said) == spoken
        want, _ = views.display(served.hall, 1, served.at)
        assert (want.mode, want.number) == ("serving", "A001")
        board = views.board(served.hall, served.at)
        assert board.calls == ()
        assert served.take().now is None
        assert served.finish(1)[0].step == 1

    def test_only_a_heart_window_that_is_free_and_only_while_numbers_are_given(self, served):
        assert served.no(self.seat, served, 2) == "not-heart-window"
        assert served.no(self.seat, served, 9) == "unknown-window"
        served.take()
        served.call(1)
        assert served.no(self.seat, served) == "window-busy"
        served.finish(1)
        served.at = served.at.replace(hour=17)
        assert served.no(self.seat, served) == "closed"

    def test_it_counts_in_no_order(self, served):
        for lane in ("normal", "priority", "priority"):
            served.take(lane=lane)
        self.seat(served)
        served.finish(1)
        assert [served.serve(1, 1) for _ in range(3)] == ["A002", "A003", "A001"]

    def test_the_start_can_be_taken_back_but_not_the_seat(self, served):
        self.seat(served)
        assert served.ask(asks.Undo, window=1)[0].life == "called"
        assert served.refuses(asks.Undo, window=1) == "nothing-to-undo"
        assert served.ask(asks.NoShow, window=1)


class TestLookedThroughBefore:
    def test_the_desk_notes_papers_and_forms_with_the_ticket(self, served):
        order = asks.TakeTicket(
            id="t",
            service="withdrawal",
            lane="normal",
            via=Via.DESK,
            papers=("身份证", "租赁合同"),
            forms=("提取申请表",),
        )
        issued = served.give(order)[0]
        assert (issued.papers, issued.forms) == (("身份证", "租赁合同"), ("提取申请表",))
        ticket = served.hall.tickets["t"]
        assert (ticket.papers, ticket.forms) == (issued.papers, issued.forms)

    @pytest.mark.parametrize("more", [{"papers": ("x",)}, {"forms": ("x",)}, {"aids": "轮椅"}])
    def test_nobody_but_the_desk_notes_them(self, served, more):
        order = {"service": "withdrawal", "lane": "normal", "via": Via.DISPENSER}
        assert served.refuses(asks.TakeTicket, **order, **more) == "desk-only"
        assert served.of(TicketIssued) == []

    def test_a_later_note_replaces_an_earlier_one_until_the_visit_is_over(self, served):
        ticket = served.take().ticket
        served.ask(asks.NotePrecheck, ticket=ticket, papers=("身份证",))
        served.ask(asks.NotePrecheck, ticket=ticket, papers=("身份证", "租赁合同"), forms=("申请表",))
        assert served.hall.tickets[ticket].papers == ("身份证", "租赁合同")
        served.call(1)
        served.ask(asks.NoShow, window=1)
        assert served.ask(asks.NotePrecheck, ticket=ticket)
        served.ask(asks.Cancel, ticket=ticket)
        assert served.refuses(asks.NotePrecheck, ticket=ticket) == "ticket-closed"
        assert served.refuses(asks.NotePrecheck, ticket="x") == "unknown-ticket"
