import msgspec
import pytest

from hall import wire
from hall.messages import asks
from hall.messages.common import Level, MemberKind, MemberState
from hall.messages.facts import AlertCleared, DayClosed, DayOpened, TicketLeft
from hall.plan import MemberPlan
from hall.text import Text
from hub.domain import calendar, numbers, orders, views
from hub.domain.hall import Hall


def test_the_day_is_the_date_in_the_halls_zone(scene):
    scene.at = scene.at.replace(hour=0, minute=5).astimezone(tz=None)
    assert scene.ask(asks.OpenDay)[0].day == "2026-11-23"


def test_one_day_at_a_time(scene):
    assert scene.refuses(asks.CloseDay) == "closed"
    assert scene.refuses(asks.ExtendHours, until=scene.at.replace(hour=18)) == "closed"
    scene.open()
    assert scene.refuses(asks.OpenDay) == "already-open"


def test_hours_are_extended_into_the_future_only(served):
    assert served.refuses(asks.ExtendHours, until=served.at) == "time-past"
    served.ask(asks.ExtendHours, until=served.at.replace(hour=18))
    assert served.hall.extended_until == served.at.replace(hour=18)
    served.ask(asks.CloseDay)
    assert served.hall.extended_until is None


def test_closing_names_everybody_who_was_not_served_and_counts_the_day(served):
    for _ in range(8):
        served.take()
    served.serve(1)
    served.call(1)
    served.ask(asks.NoShow, window=1)
    served.call(1)
    served.ask(asks.Park, window=1)
    served.call(1)
    served.call(2)
    served.start(2)
    served.ask(asks.Cancel, ticket=served.take().ticket)
    told = served.ask(asks.CloseDay)
    assert [f.number for f in told[:-1]] == ["A003", "A004", "A005", "A006", "A007", "A008"]
    assert all(isinstance(f, TicketLeft) for f in told[:-1])
    closed = told[-1]
    assert isinstance(closed, DayClosed)
    assert (closed.issued, closed.served, closed.missed, closed.left) == (9, 1, 1, 6)
    assert not served.hall.busy


def test_who_was_served_and_collects_papers_at_the_desk_was_served(served):
    for _ in range(2):
        served.take()
    served.call(1)
    served.start(1)
    served.transfer(1, "desk")
    served.call(1)
    served.transfer(1, "desk")
    assert served.hall.busy
    *left, closed = served.ask(asks.CloseDay)
    assert [f.number for f in left] == ["A002"]
    assert (closed.served, closed.left) == (1, 1)


def test_the_hall_is_busy_while_anybody_must_be_served(served):
    assert not served.hall.busy
    served.take()
    assert served.hall.busy
    served.call(1)
    assert served.hall.busy
    served.start(1)
    served.transfer(1, "desk")
    assert not served.hall.busy


def test_a_new_day_begins_empty_and_counts_from_001(served):
    served.take()
    served.call(1)
    served.ask(asks.CloseDay)
    served.later(days=1).ask(asks.OpenDay)
    board = views.board(served.hall, served.at)
    assert (board.day, board.open, board.calls) == ("2026-11-24", True, ())
    assert [w.state.value for w in board.windows] == ["idle", "idle", "closed", "idle"]
    assert served.take().number == "A001"


def test_a_day_opened_again_goes_on_counting(served):
    served.take()
    served.ask(asks.CloseDay)
    served.ask(asks.OpenDay)
    assert served.take().number == "A002"


def test_a_clock_that_was_wrong_for_a_day_gives_no_number_twice(served):
    served.lend()
    served.take()
    served.offline("A9001", ticket="t")
    right = served.at
    served.ask(asks.CloseDay)
    served.at = right.replace(year=2036)
    served.open()
    served.ask(asks.CloseDay)
    served.at = right
    served.open()
    assert served.take().number == "A002"
    assert served.no(served.offline, "A9001") == "number-taken"


def test_books_are_kept_for_three_days_past_and_a_week_to_come():
    days = {f"2026-11-{d:02d}" for d in range(1, 31)}
    kept = numbers.books_kept(days, "2026-11-15")
    assert kept == {f"2026-11-{d}" for d in range(12, 22)}


def test_used_numbers_cross_the_night_as_runs():
    book = numbers.Book()
    for n in (9001, 9002, 9003, 9010):
        book.take("A", n)
    assert book.kept()["used"] == {"A": [[9001, 9003], [9010, 9010]]}
    assert numbers.Book.read(book.kept()).used == book.used


def test_what_crosses_the_night_fits_a_message(make_scene):
    members = {f"dispenser-{i}": MemberPlan(kind=MemberKind.DISPENSER) for i in range(8)}
    scene = make_scene(members=members).open(1, 2, 3, 5)
    for member in members:
        for day in ("2026-11-23", "2026-11-24", "2026-11-27"):
            scene.lend(member, day)
        for number in range(9001, 9999):
            if scene.hall.state.books["2026-11-23"].is_lent(member, "A", number):
                scene.offline(f"A{number}", member=member, ticket=f"{member}-{'x' * 30}-{number}")
    for i in range(500):
        scene.give(
            orders.NoteDeviceState(member=f"sign-{i}", kind=MemberKind.SIGN, state=MemberState.DEGRADED)
        )
        alert = {"member": f"sign-{i}", "alert": "panel", "level": Level.FAULT, "code": "panel-fault"}
        scene.give(orders.RaiseAlert(**alert, text=Text(zh="坏" * 2000, en="x" * 2000)))
    while scene.hall.busy:
        for window in (1, 2, 3):
            if scene.hall.waiting("withdrawal"):
                scene.call(window)
                scene.finish(window)
    scene.ask(asks.CloseDay)
    (opened,) = scene.later(days=1).ask(asks.OpenDay)
    assert isinstance(opened, DayOpened)
    assert len(wire.encode(opened)) < 60 * 1024


class TestReplay:
    def test_from_the_last_day_opened_alone(self, served):
        served.lend()
        served.take()
        served.serve(1)
        served.ask(asks.Pause, window=2, reason="午休", until=served.at.replace(hour=13, minute=0))
        served.give(orders.NoteDeviceState(member="sign-1", kind=MemberKind.SIGN, state=MemberState.READY))
        served.ask(asks.CloseDay)
        served.later(days=1).ask(asks.OpenDay)
        served.take()
        served.call(1)
        since = next(i for i, f in reversed(list(enumerate(served.facts))) if isinstance(f, DayOpened))
        again = Hall(served.hall.plan)
        for fact in served.facts[since:]:
            again.apply(wire.decode_fact(wire.encode(fact)))
        assert again.n == served.hall.n
        assert views.board(again, served.at) == views.board(served.hall, served.at)
        assert again.devices == {"sign-1": MemberState.READY}
        sign, _ = views.display(again, 2, served.at)
        assert (sign.mode, sign.until) == ("lunch", "13:00")

    def test_a_gap_is_an_error(self, served):
        with pytest.raises(AssertionError):
            served.hall.apply(msgspec.structs.replace(served.facts[-1], n=served.hall.n + 2))

    def test_a_journal_may_begin_anywhere(self, scene):
        scene.hall.n = 41
        assert scene.ask(asks.OpenDay)[0].n == 42


class TestDevices:
    def test_a_state_is_told_when_it_changes(self, scene):
        order = orders.NoteDeviceState(member="sign-1", kind=MemberKind.SIGN, state=MemberState.READY)
        assert scene.give(order)[0].state is MemberState.READY
        assert scene.give(order) == []
        assert scene.hall.devices["sign-1"] is MemberState.READY

    def test_an_alert_is_raised_and_cleared_once(self, scene):
        text = Text(zh="缺纸", en="paper")
        order = orders.RaiseAlert(member="d", alert="paper", level=Level.WARNING, code="paper-low", text=text)
        assert scene.give(order)
        assert scene.give(order) == []
        assert scene.give(msgspec.structs.replace(order, level=Level.FAULT, code="paper-out"))
        assert scene.hall.alerts["d", "paper"].code == "paper-out"
        (cleared,) = scene.give(orders.ClearAlert(member="d", alert="paper"))
        assert isinstance(cleared, AlertCleared)
        assert cleared.code == "paper-out"
        assert scene.give(orders.ClearAlert(member="d", alert="paper")) == []

    def test_an_event_nobody_can_use_is_on_record(self, scene):
        text = Text(zh="坏", en="bad")
        order = orders.RejectEvent(member="d", outbox="o", seq=7, code="not-valid", text=text)
        (fact,) = scene.give(order)
        assert (fact.outbox, fact.seq, fact.code, fact.text) == ("o", 7, "not-valid", text)


class TestCalendar:
    def test_the_next_opening_is_looked_for_over_closed_days(self, scene):
        found = calendar.next_hours(scene.hall.plan, scene.at.tzinfo, scene.at.replace(day=24))
        assert found.opens.isoformat() == "2026-11-27T09:00:00+08:00"

    def test_before_opening_it_is_today(self, scene):
        found = calendar.next_hours(scene.hall.plan, scene.at.tzinfo, scene.at.replace(hour=8))
        assert found.opens == scene.at


def test_an_unknown_order_or_fact_is_a_programming_error(scene):
    with pytest.raises(AssertionError):
        scene.hall.decide(object(), scene.at, "hub")
    fact = type("Odd", (), {"n": 1})()
    with pytest.raises(AssertionError):
        scene.hall.apply(fact)
