"""Endings that go on another day or elsewhere: missing-papers slips, onward slips, the earliest next date (C6, M1, M4, M46)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall import wire
from hall.errors import Refused
from hall.messages import asks, facts
from hall.messages.common import Onward, Outcome, Via
from hall.plan import HoursPlan, StaffPlan
from hall.policy import USUAL, EarlyStop
from hall.text import Text
from hub.domain import orders, slips
from hub.domain.hall import Hall

ZONE = ZoneInfo("Asia/Shanghai")
MISSING = ("婚姻状况材料", "租赁合同")
OFFICE = Onward(office="贷款科", room="203室", person="王工", purpose="签合同", confirmed=True)


def on(clock, day=23, month=11, year=2026):
    hour, minute = map(int, clock.split(":"))
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def hall(make_scene):
    """An open hall: 001 at window 1, 002 at window 2; 003 is 002's B cover."""
    staff = ("001", StaffPlan(work_no="002", b="003"), "003", "005")
    policy = msgspec.structs.replace(USUAL, slip_days=15)
    return make_scene(staff=staff, hours=HoursPlan(always=True), policy=policy).open(1, 2)


def give_slip(scene, window=2, missing=MISSING, situation="rent"):
    """Somebody is served at `window` and lacks papers; gives the slip."""
    scene.take(situation=situation)
    scene.call(window)
    return scene.ask(asks.Finish, window=window, outcome=Outcome.MATERIAL_MISSING, missing=missing)[1]


def show(scene, slip, via=Via.DISPENSER):
    return scene.ask(asks.CheckIn, via=via, code=slip.code)[0]


def next_day(scene, day, *seats, month=11):
    for window in list(scene.hall.state.seats.values()):
        scene.ask(asks.Leave, window=window)
    scene.ask(asks.CloseDay)
    scene.at = on("09:00", day, month)
    scene.ask(asks.OpenDay)
    for window, clerk in seats:
        scene.sit(window, clerk)


class TestAMissingPapersSlip:
    def test_it_names_each_paper_and_who_gave_it_and_until_when_it_counts(self, hall):
        slip = give_slip(hall)
        assert (slip.missing, slip.window, slip.clerk) == (MISSING, 2, "002")
        assert (slip.service, slip.situation, slip.valid_until) == ("withdrawal", "rent", "2026-12-08")
        assert len(slip.code) == 8
        assert hall.of(facts.ServiceFinished)[-1].slip == slip.slip

    def test_what_is_missing_must_be_said(self, hall):
        hall.take()
        hall.call(2)
        ask = {"window": 2, "outcome": Outcome.MATERIAL_MISSING}
        assert hall.refuses(asks.Finish, **ask) == "detail-required"
        assert hall.refuses(asks.Finish, **ask, missing=("身份证", " ")) == "detail-required"
        _, slip = hall.ask(asks.Finish, **ask, detail="身份证原件")
        assert slip.missing == ("身份证原件",), "one line said in the old way is one line"

    def test_each_slip_has_a_code_of_its_own(self, hall):
        assert len({give_slip(hall).code for _ in range(50)}) == 50

    def test_it_brings_straight_back_to_the_same_clerk_before_all_who_wait(self, hall):
        slip = give_slip(hall)
        next_day(hall, 24, (3, "002"), (1, "001"))
        waiting = [hall.take() for _ in range(3)]
        back = show(hall, slip)
        assert (back.window, back.windows, back.slip, back.situation, back.ahead) == (
            3,
            (3,),
            slip.slip,
            "rent",
            0,
        )
        assert hall.call(1).ticket == waiting[0].ticket, "no other window is given this person"
        assert hall.call(3).ticket == back.ticket

    def test_who_came_back_first_is_first(self, hall):
        slips = [give_slip(hall) for _ in range(3)]
        tickets = [show(hall, slip) for slip in slips]
        assert [ticket.ahead for ticket in tickets] == [0, 1, 2]
        assert hall.order_of_service(2) == [ticket.number for ticket in tickets]

    @pytest.mark.parametrize(
        ("seats", "paused", "window"),
        [
            (((2, "002"), (3, "003")), (), 2),
            (((3, "003"),), (), 3),
            (((2, "002"), (3, "003")), (2,), 3),
            (((2, "002"),), (2,), 2),
            (((5, "003"),), (), None),
            (((1, "001"),), (), None),
            ((), (), None),
        ],
        ids=[
            "the clerk", "the cover", "the cover while the clerk is away", "the clerk who is back soon",
            "a cover who does something else today", "neither", "nobody at all",
        ],
    )  # fmt: skip
    def test_it_is_the_clerk_else_the_cover_who_serves_it(self, hall, seats, paused, window):
        slip = give_slip(hall)
        next_day(hall, 24, *seats)
        for away in paused:
            hall.ask(asks.Pause, window=away, reason="生理")
        assert show(hall, slip).window == window

    def test_where_neither_sits_the_person_is_first_in_the_normal_lane(self, hall):
        slips = [give_slip(hall), give_slip(hall)]
        next_day(hall, 24, (1, "001"))
        waiting = [hall.take() for _ in range(2)]
        back = [show(hall, slip) for slip in slips]
        assert {(ticket.window, ticket.lane) for ticket in back} == {(None, "normal")}
        assert [ticket.ahead for ticket in back] == [0, 1]
        numbers = [ticket.number for ticket in (*back, *waiting)]
        assert hall.order_of_service(1) == numbers

    def test_it_works_once(self, hall):
        slip = give_slip(hall)
        show(hall, slip)
        assert hall.no(show, hall, slip) == "already-checked-in"
        hall.serve(2)
        assert hall.no(show, hall, slip) == "slip-used"
        next_day(hall, 24, (2, "002"))
        assert hall.no(show, hall, slip) == "unknown-code"

    def test_who_was_not_served_may_show_it_again(self, hall):
        slip = give_slip(hall)
        withdrawn = show(hall, slip)
        hall.give(orders.WithdrawTicket(ticket=withdrawn.ticket))
        show(hall, slip)
        next_day(hall, 24, (2, "002"))
        assert show(hall, slip).window == 2, "the hall closed on them"

    def test_a_slip_whose_ending_was_taken_back_was_never_given(self, hall):
        slip = give_slip(hall)
        hall.ask(asks.Undo, window=2)
        assert hall.no(show, hall, slip) == "unknown-code"
        _, other = hall.ask(asks.Finish, window=2, outcome=Outcome.MATERIAL_MISSING, missing=("身份证",))
        assert show(hall, other).window == 2

    def test_it_counts_until_its_last_day_and_says_when_it_has_expired(self, hall):
        slip, other = give_slip(hall), give_slip(hall)
        next_day(hall, 8, (2, "002"), month=12)
        assert show(hall, slip).window == 2
        next_day(hall, 9, (2, "002"), month=12)
        assert hall.no(show, hall, other) == "slip-expired"

    def test_without_days_it_counts_on_its_own_day(self, make_scene):
        policy = msgspec.structs.replace(USUAL, slip_days=0)
        scene = make_scene(hours=HoursPlan(always=True), policy=policy).open(2)
        slip = give_slip(scene)
        assert slip.valid_until == "2026-11-23"
        assert show(scene, slip).window == 2

    def test_the_right_holds_past_an_early_stop(self, make_scene):
        stop = EarlyStop(
            before_close_min=60, reason=Text(zh="盘点", en="stock"), alternative=Text(zh="网办", en="online")
        )
        scene = make_scene(policy=msgspec.structs.replace(USUAL, early_stop=stop)).open(2)
        slip = give_slip(scene)
        scene.at = on("16:30")
        assert scene.no(scene.take) == "stopped-early"
        assert show(scene, slip).window == 2

    def test_a_replay_from_the_last_opening_knows_every_slip(self, hall):
        slips = [give_slip(hall) for _ in range(3)]
        next_day(hall, 24, (2, "002"))
        show(hall, slips[0])
        again = Hall(hall.hall.plan)
        opened = max(i for i, fact in enumerate(hall.facts) if isinstance(fact, facts.DayOpened))
        for fact in hall.facts[opened:]:
            again.apply(fact)
        assert again.state.promises == hall.hall.state.promises
        assert [t.number for t in again.state.windows[2].own.people] == [
            t.number for t in hall.hall.state.windows[2].own.people
        ]

    def test_two_thousand_slips_cross_the_night_in_pages_that_fit_a_message(self, hall):
        for _ in range(2000):
            give_slip(hall)
        hall.ask(asks.CloseDay)
        hall.at = on("09:00", 24)
        _, *pages = hall.ask(asks.OpenDay)
        assert len(pages) > 5
        assert all(len(wire.encode(page)) <= 40_000 for page in pages)
        assert len(hall.hall.state.promises.slips) == 2000


class TestOtherEndings:
    def finish(self, hall, outcome, **more):
        return hall.ask(asks.Finish, window=2, outcome=outcome, **more)

    @pytest.mark.parametrize(
        ("outcome", "code"),
        [
            (Outcome.NOT_ALLOWED, "alternative-required"),
            (Outcome.PROXY_REFUSED, "detail-required"),
            (Outcome.ONWARD, "detail-required"),
        ],
    )
    def test_they_owe_a_word(self, hall, outcome, code):
        hall.take()
        hall.call(2)
        assert hall.refuses(asks.Finish, window=2, outcome=outcome) == code
        assert hall.refuses(asks.Finish, window=2, outcome=outcome, detail="  ") == code
        assert self.finish(hall, outcome, detail="请本人来")[0].detail == "请本人来"

    def test_onward_is_recorded_once_the_other_office_has_confirmed(self, hall):
        hall.take()
        hall.call(2)
        early = msgspec.structs.replace(OFFICE, confirmed=False)
        assert hall.refuses(asks.Finish, window=2, outcome=Outcome.ONWARD, onward=early) == "not-confirmed"
        nobody = msgspec.structs.replace(OFFICE, person=" ")
        assert hall.refuses(asks.Finish, window=2, outcome=Outcome.ONWARD, onward=nobody) == "detail-required"
        finished = self.finish(hall, Outcome.ONWARD, onward=OFFICE)
        assert [fact.onward for fact in finished] == [OFFICE]


class TestTheEarliestNextDate:
    def finish(self, scene, outcome=Outcome.DONE, **more):
        return scene.ask(asks.Finish, window=2, outcome=outcome, detail="x", **more)[0]

    @pytest.mark.parametrize(
        ("day", "next_date"),
        [
            ((2026, 11, 21), "2027-11-21"),
            ((2027, 3, 1), "2028-02-29"),
            ((2028, 2, 28), "2029-02-27"),
            ((2028, 2, 29), "2029-02-28"),
            ((2026, 12, 31), "2027-12-31"),
            ((2027, 12, 31), "2028-12-30"),
        ],
    )
    def test_it_is_so_many_days_later_over_leap_days_and_new_year(self, make_scene, day, next_date):
        year, month, number = day
        scene = make_scene(at=on("09:00", number, month, year), hours=HoursPlan(always=True)).open(2)
        scene.take(situation="rent")
        scene.call(2)
        assert self.finish(scene).again_from == next_date

    def test_the_hall_s_own_day_counts_not_the_world_s(self, make_scene):
        scene = make_scene(at=on("00:30", 1, 1, 2027), hours=HoursPlan(always=True)).open(2)
        scene.take(situation="rent")
        scene.call(2)
        assert self.finish(scene).again_from == "2028-01-01"

    def test_only_a_visit_that_is_done_in_such_a_situation_has_one(self, hall):
        for situation, outcome in (
            (None, Outcome.DONE),
            ("rent", Outcome.ADVICE),
            ("rent", Outcome.WITHDRAWN),
            ("rent", Outcome.MATERIAL_MISSING),
        ):
            hall.take(situation=situation)
            hall.call(2)
            assert self.finish(hall, outcome).again_from is None

    def test_the_clerk_may_say_the_situation_at_the_end(self, hall):
        hall.take()
        hall.call(2)
        assert (
            hall.refuses(asks.Finish, window=2, outcome=Outcome.DONE, situation="nothing")
            == "unknown-situation"
        )
        finished = self.finish(hall, situation="rent")
        assert (finished.situation, finished.again_from) == ("rent", "2027-11-23")

    def test_after_a_review_elsewhere_it_is_told_once_at_the_end_of_the_visit(self, hall):
        hall.sit(5)
        hall.take(situation="rent")
        hall.call(2)
        hall.transfer(2, "review", back=True)
        hall.call(5)
        assert hall.ask(asks.Finish, window=5, outcome=Outcome.DONE)[0].again_from is None
        hall.call(2)
        assert self.finish(hall).again_from == "2027-11-23"


@given(
    outcome=st.sampled_from(Outcome),
    detail=st.none() | st.text("材料 ", max_size=4),
    papers=st.lists(st.text("身份证 ", min_size=1), max_size=3),
)
def test_no_ending_says_less_than_it_owes(outcome, detail, papers):
    order = asks.Finish(id="f", window=1, outcome=outcome, detail=detail, missing=tuple(papers))
    owes = outcome in {Outcome.NOT_ALLOWED, Outcome.PROXY_REFUSED, Outcome.ONWARD, Outcome.MATERIAL_MISSING}
    said = bool((detail or "").strip())
    if outcome is Outcome.MATERIAL_MISSING and papers:
        said = all(paper.strip() for paper in papers)
    try:
        slips.check_ending(order.outcome, order.detail, missing=order.missing)
    except Refused:
        assert owes
        assert not said
    else:
        assert said or not owes


class TestPrintedOnceMore:
    def test_a_missing_papers_slip_has_the_same_code_and_counts_its_copies(self, hall):
        slip = give_slip(hall)
        (again,) = hall.ask(asks.ReprintSlip, ticket=slip.ticket)
        assert (again.number, again.copy) == (slip.number, 2)
        assert hall.ask(asks.ReprintSlip, ticket=slip.ticket)[0].copy == 3
        kept = hall.hall.state.promises.slips[slip.slip]
        assert (kept.code, kept.missing) == (slip.code, MISSING)

    def test_an_onward_slip_and_a_date_are_printed_again_too(self, hall):
        for more in (
            {"outcome": Outcome.ONWARD, "onward": OFFICE},
            {"outcome": Outcome.DONE, "situation": "rent"},
        ):
            ticket = hall.take().ticket
            hall.call(1)
            hall.ask(asks.Finish, window=1, **more)
            assert hall.ask(asks.ReprintSlip, ticket=ticket)[0].copy == 2

    def test_a_visit_that_gave_nothing_on_paper_has_nothing_to_print(self, hall):
        ticket = hall.take().ticket
        assert hall.refuses(asks.ReprintSlip, ticket=ticket) == "no-slip"
        hall.call(1)
        hall.finish(1)
        assert hall.refuses(asks.ReprintSlip, ticket=ticket) == "no-slip"
        assert hall.refuses(asks.ReprintSlip, ticket="nobody") == "unknown-ticket"

    def test_a_slip_that_was_used_or_taken_back_is_not_printed_again(self, hall):
        slip = give_slip(hall)
        show(hall, slip)
        assert hall.refuses(asks.ReprintSlip, ticket=slip.ticket) == "already-checked-in"
        other = give_slip(hall)
        hall.ask(asks.Undo, window=2)
        assert hall.refuses(asks.ReprintSlip, ticket=other.ticket) == "no-slip"

    def test_what_was_missing_is_known_on_another_day(self, hall):
        slip = give_slip(hall)
        next_day(hall, 24, (2, "002"))
        shown = show(hall, slip)
        assert hall.hall.state.promises.slips[shown.slip].missing == MISSING
