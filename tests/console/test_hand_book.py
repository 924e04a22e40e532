"""What the guide desk types from the number book becomes entries that the hall takes, with everybody at their time."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.console.desk.hand_book import count_of, counts_of, entries, time_of
from hub.domain.by_hand import MOST

DAY = datetime(2026, 11, 23, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(("typed", "count"), [("8001", 8001), (" a8001 ", 8001), ("A8999", 8999)])
def test_a_number_is_typed_with_or_without_its_letter(typed, count):
    assert count_of(typed, "A") == count


@pytest.mark.parametrize("typed", ["", "8000", "9001", "B8001", "801", "A80011", "x"])
def test_what_is_no_number_of_the_book_is_none(typed):
    assert count_of(typed, "A") is None


@pytest.mark.parametrize(
    ("typed", "counts"),
    [
        ("", set()),
        ("8001", {8001}),
        ("8001-8003", {8001, 8002, 8003}),
        ("A8001 至 A8002，8005、8007", {8001, 8002, 8005, 8007}),
        ("8003-8001", None),
        ("8001-8002-8003", None),
        ("8001-", None),
        ("8001, viele", None),
    ],
)
def test_runs_and_single_numbers_are_read_as_people_write_them(typed, counts):
    assert counts_of(typed, "A") == counts


@pytest.mark.parametrize(
    ("typed", "clock"), [("9:05", (9, 5)), ("14：30", (14, 30)), ("24:00", None), ("9", None)]
)
def test_a_time_is_a_clock_time_of_the_halls_day(typed, clock):
    found = time_of(typed, DAY)
    assert (found and (found.hour, found.minute)) == clock


@given(st.integers(8001, 8999), st.integers(0, 400), st.sets(st.integers(8001, 8999)), st.integers(0, 500))
def test_a_long_run_is_cut_without_losing_a_number_or_the_order_of_times(first, more, served, minutes):
    last = min(8999, first + more)
    served &= set(range(first, last + 1))
    ended = DAY + timedelta(minutes=minutes)
    pieces = list(entries("A", first, last, served, began=DAY, ended=ended))
    counts = [n for p in pieces for n in range(int(p.first[1:]), int(p.last[1:]) + 1)]
    assert counts == list(range(first, last + 1))
    assert {
        n for p in pieces for s in p.served for n in range(int(s.first[1:]), int(s.last[1:]) + 1)
    } == served
    assert all(int(p.last[1:]) - int(p.first[1:]) < MOST for p in pieces)
    assert all(a.ended <= b.began for a, b in pairwise(pieces))
    assert (pieces[0].began, pieces[-1].ended <= ended) == (DAY, True)
