"""Numbers that outlive the night where the hall switched that on, and nothing where it did not."""

from datetime import date, timedelta
from itertools import pairwise

import msgspec
import pytest

from hall.messages import asks
from hall.messages.common import AlarmCode
from hall.messages.facts import AlarmRung, NumbersLent, TicketLeft
from hall.policy import AlarmPolicy, Policy, Quota, WaitLimit
from hall.text import Text
from hub.domain import numbers, orders
from hub.domain.hall import Hall

KEEPING = Policy(weights={"priority": 1}, streak_cap=2, keep_overnight=True)


@pytest.fixture
def keeping(make_scene):
    return make_scene(policy=KEEPING).open(1, 2)


def night(scene):
    """Close, and open the next morning; gives the facts of the opening."""
    closed = scene.ask(asks.CloseDay)[-1]
    scene.at = scene.at.replace(hour=9, minute=0) + timedelta(days=1)
    return closed, scene.ask(asks.OpenDay)


def test_who_was_not_served_keeps_the_number_and_the_place(keeping):
    for lane in ("normal", "priority", "normal"):
        keeping.take(lane=lane)
    closed, _ = night(keeping)
    assert (closed.left, closed.kept) == (3, 3)
    keeping.take(lane="priority")
    assert keeping.order_of_service(1) == ["A002", "A004", "A001", "A003"]


def test_without_the_switch_nothing_crosses_the_night(make_scene):
    scene = make_scene().open(1)
    scene.take()
    closed, _ = night(scene)
    assert (closed.left, closed.kept) == (1, 0)
    assert scene.order_of_service(1) == []
    assert scene.take().number == "A001"


def test_the_new_day_counts_on_behind_a_kept_number(keeping):
    keeping.take()
    keeping.take()
    keeping.take("loan")
    night(keeping)
    assert keeping.take().number == "A003"
    assert keeping.take("loan").number == "B002"


def test_a_kept_number_that_is_given_up_leaves_no_place_under_the_new_day_s_quota(make_scene):
    few = Quota(
        reason=Text(zh="人手不足", en="few staff"), alternative=Text(zh="请预约", en="book"), per_day=2
    )
    scene = make_scene(policy=msgspec.structs.replace(KEEPING, quotas={"withdrawal": few})).open(1)
    kept = scene.take()
    night(scene)
    first = scene.take()
    scene.take()
    scene.ask(asks.Cancel, ticket=kept.ticket)
    assert scene.no(scene.take) == "quota-reached"
    scene.ask(asks.Cancel, ticket=first.ticket)
    assert scene.take()


def test_called_and_parked_people_keep_it_served_and_missed_ones_do_not(keeping):
    for _ in range(5):
        keeping.take()
    keeping.serve(1)
    keeping.call(1)
    keeping.ask(asks.NoShow, window=1)
    keeping.call(1)
    keeping.start(1)
    keeping.ask(asks.Park, window=1)
    keeping.call(1)
    keeping.call(2)
    keeping.start(2)
    night(keeping)
    kept = {fact.number: fact.kept for fact in keeping.of(TicketLeft)}
    assert kept == {"A003": True, "A004": True, "A005": False}
    assert keeping.order_of_service(1) == ["A003", "A004"]


def test_who_was_sent_to_a_window_or_the_desk_waits_there_again(keeping):
    for to in (2, "desk"):
        keeping.take()
        keeping.call(1)
        keeping.transfer(1, to)
    night(keeping)
    assert [t.number for t in keeping.hall.state.windows[2].own.people] == ["A001"]
    assert [t.number for t in keeping.hall.state.desk.values()] == ["A002"]


def test_whatever_was_known_of_a_person_is_known_the_next_morning(keeping):
    first = keeping.take(situation="rent").ticket
    keeping.ask(asks.NotePrecheck, ticket=first, papers=("本人身份证",), forms=("申请表",))
    keeping.give(orders.NotePrinted(ticket=first, copy=1, member="dispenser-1"), "dispenser-1")
    keeping.call(1)
    keeping.start(1)
    keeping.transfer(1, 2, note="请复核", back=True)
    second = keeping.take(lane="priority").ticket
    before = {id_: msgspec.structs.asdict(keeping.hall.tickets[id_]) for id_ in (first, second)}
    night(keeping)
    #: of the day that is over, not of the person
    fleeting = {
        "kept",
        "touched",
        "since_us",
        "key",
        "called_us",
        "started_us",
        "handled_us",
        "accepted",
        "window",
        "clerk",
    }
    for id_, was in before.items():
        now = msgspec.structs.asdict(keeping.hall.tickets[id_])
        assert {k: v for k, v in now.items() if k not in fleeting} == {
            k: v for k, v in was.items() if k not in fleeting
        }
    assert before[first]["back"] == 1
    assert keeping.take().number == "A003"


def test_a_hall_that_replays_from_the_opening_is_the_hall_that_lived_through_the_night(keeping):
    keeping.take(situation="rent")
    keeping.call(1)
    keeping.start(1)
    keeping.transfer(1, "loan", note="请复核")
    keeping.take(lane="priority")
    _, opened = night(keeping)
    fresh = Hall(keeping.hall.plan)
    fresh.n = opened[0].n - 1
    for fact in opened:
        fresh.apply(fact)
    assert {id_: msgspec.structs.asdict(t) for id_, t in fresh.tickets.items()} == {
        id_: msgspec.structs.asdict(t) for id_, t in keeping.hall.tickets.items()
    }
    assert fresh.tickets[next(iter(fresh.tickets))].note == "请复核"


def test_a_ticket_is_kept_over_several_nights_and_then_served_once(keeping):
    ticket = keeping.take()
    for _ in range(3):
        night(keeping)
    assert keeping.serve(1) == ticket.number
    closed, _ = night(keeping)
    assert (closed.served, closed.left) == (1, 0)


def test_no_number_lent_on_one_day_is_lent_on_the_next(keeping):
    lent = []
    for day in ("2026-11-23", "2026-11-24", "2026-11-25"):
        keeping.lend(day=day)
        blocks = keeping.of(NumbersLent)[-1].blocks
        lent.append({(b.letter, n) for b in blocks for n in range(b.first, b.last + 1)})
    assert all(lent)
    assert not lent[0] & lent[1]
    assert lent[0] == lent[2]


def test_the_two_halves_take_turns_day_by_day_and_are_all_there_is_to_lend():
    days = [(date(2026, 12, 28) + timedelta(days=n)).isoformat() for n in range(8)]
    halves = [numbers.half(day) for day in days]
    assert all(one != other for one, other in pairwise(halves))
    (low, middle), (after, high) = sorted(set(halves))
    assert (low, middle + 1, high) == (numbers.FIRST_LENT, after, numbers.LAST_LENT)


def test_a_lent_number_that_is_kept_cannot_be_given_again_the_next_day(keeping):
    keeping.lend(day="2026-11-23")
    first = next(b.first for b in keeping.of(NumbersLent)[-1].blocks if b.letter == "A")
    keeping.offline(f"A{first}")
    night(keeping)
    assert keeping.hall.state.books["2026-11-24"].is_used("A", first)
    assert keeping.serve(1) == f"A{first}"


def test_the_night_is_no_wait(make_scene):
    limits = AlarmPolicy(wait=WaitLimit(warn_min=20, breach_min=40))
    scene = make_scene(policy=msgspec.structs.replace(KEEPING, alarms=limits)).open(1, 2)
    scene.take()
    night(scene)

    def rung():
        told = scene.give(orders.LookAround(), "hub")
        return {fact.code for fact in told if isinstance(fact, AlarmRung) and fact.service}

    assert rung() == set()
    scene.later(minutes=21)
    assert rung() == {AlarmCode.WAIT_WARN}


def test_a_forecast_of_yesterday_is_not_judged_by_the_night(keeping):
    for _ in range(40):
        keeping.take()
        keeping.later(minutes=1)
        keeping.serve(1)
    tracks = keeping.hall.state.tracks
    keeping.take()
    told = keeping.take()
    assert told.expected_s is not None
    assert told.wait_max_s is not None
    before = dict(tracks)
    night(keeping)
    keeping.call(1)
    keeping.call(2)
    assert keeping.hall.state.tracks == before
