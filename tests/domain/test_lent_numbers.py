import pytest

from hall.messages import asks
from hall.messages.common import MemberKind
from hall.plan import MemberPlan
from hub.domain import numbers, orders, views


class TestLentNumbers:
    def test_a_dispenser_is_lent_a_block_of_every_letter_with_a_key(self, served):
        (lent,) = served.lend()
        assert [(b.letter, b.first, b.last) for b in lent.blocks] == [("A", 9001, 9300), ("B", 9001, 9300)]

    def test_lending_again_lends_nothing(self, served):
        served.lend()
        assert served.lend() == []

    @pytest.mark.parametrize(("dispensers", "size"), [(1, 300), (2, 300), (3, 249), (8, 111), (98, 10)])
    def test_a_block_is_a_share_with_one_to_spare(self, make_scene, dispensers, size):
        members = {f"d-{i}": MemberPlan(kind=MemberKind.DISPENSER) for i in range(dispensers)}
        scene = make_scene(members=members).open()
        blocks = [scene.lend(member)[0].blocks[0] for member in members]
        assert numbers.block_size(scene.hall.plan) == size
        assert all(b.last - b.first + 1 == size for b in blocks)
        taken = [n for b in blocks for n in range(b.first, b.last + 1)]
        assert len(set(taken)) == len(taken)
        assert min(taken) >= 9001
        assert max(taken) <= 9999 - size

    def test_what_was_lent_stays_lent_when_dispensers_are_added(self, make_scene):
        members = {f"d-{i}": MemberPlan(kind=MemberKind.DISPENSER) for i in range(5)}
        before = make_scene(members={"d-0": members["d-0"], "d-1": members["d-1"]}).open()
        for member in ("d-0", "d-1"):
            before.lend(member)
        after = make_scene(members=members)
        for fact in before.facts:
            after.hall.apply(fact)
        assert after.lend("d-0") == []
        got = [after.lend(f"d-{i}")[0].blocks[0] for i in (2, 3, 4)]
        assert [(b.first, b.last) for b in got] == [(9601, 9766), (9767, 9932), (9933, 9999)]
        assert after.lend("d-4", fresh=True) == []

    def test_only_dispensers_and_only_from_today_on(self, served):
        assert served.no(served.lend, "sign-1") == "not-a-dispenser"
        assert served.no(served.lend, "nobody") == "not-a-dispenser"
        assert served.no(served.lend, day="2026-11-22") == "wrong-day"

    def test_numbers_of_the_next_day_are_lent_today_and_count_tomorrow(self, served):
        served.lend()
        served.lend(day="2026-11-24")
        want = views.numbers(served.hall, "dispenser-1")
        assert (want.day, want.next.day) == ("2026-11-23", "2026-11-24")
        served.ask(asks.CloseDay)
        assert views.numbers(served.hall, "dispenser-1").day == "2026-11-23"
        served.later(days=1).ask(asks.OpenDay)
        assert served.lend(day="2026-11-24") == []
        served.offline("A9001", day="2026-11-24")
        want = views.numbers(served.hall, "dispenser-1")
        assert (want.day, want.next) == ("2026-11-24", None)
        assert want.blocks[0].first == 9002

    def test_a_dispenser_that_was_lent_nothing_wants_nothing(self, served):
        assert views.numbers(served.hall, "dispenser-1") is None

    def test_a_dispenser_is_lent_more_when_a_letter_is_used_up(self, make_scene):
        members = {f"d-{i}": MemberPlan(kind=MemberKind.DISPENSER) for i in range(98)}
        scene = make_scene(members=members).open()
        scene.lend("d-0")
        scene.lend("d-1")
        for n in range(9001, 9011):
            scene.offline(f"A{n}", member="d-0")
        (more,) = scene.lend("d-0")
        assert [(b.letter, b.first, b.last) for b in more.blocks] == [("A", 9021, 9030)]
        assert [b.letter for b in views.numbers(scene.hall, "d-0").blocks] == ["B", "A"]

    def test_a_dispenser_whose_memory_is_gone_gets_numbers_nobody_holds(self, served):
        served.lend()
        (lent,) = served.lend(fresh=True)
        assert [(b.letter, b.first) for b in lent.blocks] == [("A", 9301), ("B", 9301)]
        assert [b.first for b in views.numbers(served.hall, "dispenser-1").blocks] == [9301, 9301]
        served.offline("A9005")  # a paper of before, reported late, is still good
        served.ask(asks.CloseDay)
        served.ask(asks.OpenDay)
        assert [b.first for b in views.numbers(served.hall, "dispenser-1").blocks] == [9301, 9301]

    def test_a_hole_between_two_blocks_is_lent_up_to_its_end(self):
        book = numbers.Book()
        book.leases = [numbers.Lease("x", "A", 9001, 9010), numbers.Lease("y", "A", 9014, 9999)]
        (block,) = book.offer("z", "A", 300, fresh=False)
        assert (block.first, block.last) == (9011, 9013)


class TestIssuedOffline:
    def test_a_number_from_the_block_stands_in_line_by_arrival(self, served):
        served.lend()
        came = served.at
        served.take()
        served.later(minutes=5)
        (ticket,) = served.offline("A9001", arrived=came)
        assert (ticket.offline, ticket.number, ticket.arrived, ticket.ahead) == (True, "A9001", came, 0)
        assert served.order_of_service(2) == ["A9001", "A001"]

    def test_without_a_good_clock_the_person_came_now(self, served):
        served.lend()
        served.take()
        for arrived in (None, served.at.replace(hour=23), served.at.replace(day=20)):
            (ticket,) = served.offline(f"A{9001 + len(served.hall.tickets)}", arrived=arrived)
            assert ticket.arrived is None
            assert ticket.ahead == len(served.hall.tickets) - 1

    def test_it_counts_even_after_closing_because_the_person_holds_the_paper(self, served):
        served.lend()
        served.at = served.at.replace(hour=17, minute=5)
        assert served.offline("A9001")

    @pytest.mark.parametrize("number", ["A001", "A9301", "B9001", "A09001"])
    def test_a_number_outside_the_block_is_refused(self, served, number):
        served.lend()
        assert served.no(served.offline, number) == "not-lent"

    def test_a_number_of_another_dispenser_is_refused(self, served):
        served.lend()
        assert served.no(served.offline, "A9001", member="dispenser-2") == "not-lent"

    def test_a_number_is_used_once(self, served):
        served.lend()
        served.offline("A9001")
        assert served.no(served.offline, "A9001") == "number-taken"

    def test_the_same_report_again_is_nothing_new(self, served):
        served.lend()
        served.offline("A9001", ticket="t")
        assert served.offline("A9001", ticket="t") == []

    def test_a_ticket_that_has_its_paper_gets_no_other_number(self, served):
        served.lend()
        served.offline("A9001", ticket="t")
        assert served.no(served.offline, "A9002", ticket="t") == "ticket-known"
        served.take(id_="u")
        served.give(orders.NotePrinted(ticket="u", copy=1, member="dispenser-1"))
        assert served.no(served.offline, "A9002", ticket="u") == "ticket-known"

    def test_a_number_of_yesterday_is_refused(self, served):
        served.lend()
        served.ask(asks.CloseDay)
        assert served.no(served.offline, "A9001") == "wrong-day"
        served.later(days=1).ask(asks.OpenDay)
        assert served.no(served.offline, "A9001") == "wrong-day"

    def test_the_papers_number_replaces_one_that_nobody_printed(self, served):
        served.lend()
        served.take()
        served.take(id_="t")
        served.take()
        (again,) = served.offline("A9001", ticket="t")
        assert (again.number, again.replaces, again.ahead) == ("A9001", "A002", 1)
        assert served.take().number == "A004"
        assert served.hall.issued("t").number == "A9001"
        assert served.order_of_service(2) == ["A001", "A9001", "A003", "A004"]

    def test_a_ticket_already_called_keeps_its_state_and_shows_the_new_number(self, served):
        served.lend()
        served.take(id_="t")
        served.call(1)
        (again,) = served.offline("A9001", ticket="t")
        assert again.ahead == 0
        display, _ = views.display(served.hall, 1, served.at)
        assert (display.mode, display.number) == ("called", "A9001")
        assert [c.number for c in views.board(served.hall, served.at).calls] == ["A9001"]
        (done,) = served.finish(1)
        assert served.rate(done)[0].number == "A9001"

    @pytest.mark.parametrize("gone", ["missed", "cancelled"])
    def test_who_was_missed_or_cancelled_under_a_number_nobody_held_stands_in_line_again(self, served, gone):
        served.lend()
        served.take(id_="t")
        if gone == "missed":
            served.call(1)
            served.ask(asks.NoShow, window=1)
        else:
            served.ask(asks.Cancel, ticket="t")
        served.offline("A9001", ticket="t")
        assert served.order_of_service(2) == ["A9001"]
