"""What a code reader types, and what of it is a code: layouts, halves, floods and rubbish, each with its rule."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.ticket_dispenser.reader import GAP_S, MOST, REST_S, SAME_S, Codes
from hall.clock import VirtualScheduler
from sim.twin.reader import TypingReader

ENTER = 28


class Typed(TypingReader):
    """The twin's reader with its keys in our hands."""

    def __init__(self):
        self.scheduler = VirtualScheduler(datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai")))
        self.heard = []
        self.codes = Codes(self.scheduler, self)

    def write(self, code, value):
        self.codes.key(code, value)

    def on_code(self, code):
        self.heard.append(code)

    def on_no_code(self):
        self.heard.append(None)

    def wait(self, seconds):
        self.scheduler.run_for(seconds)


@pytest.fixture
def reader():
    return Typed()


class TestACode:
    @pytest.mark.parametrize("code", ["482913", "48291375", "000000"])
    @pytest.mark.parametrize("layout", ["us", "fr", "pad"])
    def test_it_is_read_whatever_keyboard_the_reader_is_set_to(self, reader, code, layout):
        reader.scan(code, layout=layout)
        assert reader.heard == [code]

    def test_the_same_piece_of_paper_held_too_long_is_one_code(self, reader):
        for _ in range(4):
            reader.scan("482913")
            reader.wait(SAME_S - 1)
        assert reader.heard == ["482913"] * 1
        reader.wait(SAME_S)
        reader.scan("482913")
        assert reader.heard == ["482913"] * 2

    def test_two_people_after_each_other_are_two_codes(self, reader):
        reader.scan("482913")
        reader.scan("110022")
        assert reader.heard == ["482913", "110022"]

    def test_a_key_that_repeats_by_itself_types_nothing(self, reader):
        for code, value in ((5, 1), (5, 2), (5, 2), (5, 0)):
            reader.write(code, value)
        reader.scan("82913")
        assert reader.heard == ["482913"]


class TestNoCode:
    def test_half_a_code_is_nobodys(self, reader):
        reader.scan("4829", enter=False)
        reader.wait(GAP_S + 0.1)
        assert reader.heard == [None]
        reader.scan("13")
        assert reader.heard == [None, None]

    def test_the_rest_after_a_pause_is_not_put_to_the_first_half(self, reader):
        reader.scan("482", enter=False)
        reader.wait(GAP_S + 0.1)
        reader.scan("482913")
        assert reader.heard == [None, "482913"]

    @pytest.mark.parametrize(
        "text", ["1", "12345", "1234567", "a82913", "http://hall.example/t/0123", "48291-"]
    )
    def test_what_is_something_else_is_told_once(self, reader, text):
        reader.scan(text)
        assert reader.heard == [None]

    def test_a_reader_that_types_with_alt_is_not_believed(self, reader):
        reader.scan("48", layout="alt")
        assert reader.heard == [None]

    def test_enter_alone_is_nothing(self, reader):
        reader.scan("")
        reader.scan("")
        assert reader.heard == []


class TestAFlood:
    def test_typing_without_end_is_not_listened_to_until_it_is_quiet(self, reader):
        reader.scan("7" * 500)
        assert reader.heard == []
        reader.scan("482913")
        assert reader.heard == [], "not quiet yet"
        reader.wait(REST_S + 0.1)
        reader.scan("482913")
        assert reader.heard == ["482913"]

    def test_rubbish_again_and_again_costs_no_more_paper(self, reader):
        for _ in range(40):
            reader.scan("xyz")
            reader.wait(1)
        assert reader.heard == [None] * MOST

    @given(
        st.lists(st.tuples(st.integers(0, 250), st.sampled_from([0, 1, 2]), st.floats(0, 2)), max_size=200)
    )
    def test_whatever_comes_only_codes_are_codes(self, keys):
        reader = Typed()
        for code, value, pause in keys:
            reader.write(code, value)
            reader.wait(pause)
        assert all(code is None or (len(code) in {6, 8} and code.isdigit()) for code in reader.heard)
