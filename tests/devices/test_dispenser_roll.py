"""What is left on the roll: counted, corrected by sensors, and begun anew when a roll was changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.ticket_dispenser.roll import Roll
from devices.ticket_dispenser.status import Condition, Trouble
from hall.card import Card

WELL, LOW = Condition(), Condition(paper_low=True)
OUT = Condition(trouble=Trouble.PAPER_OUT, paper_low=True)
OPEN = Condition(trouble=Trouble.COVER_OPEN)


def roll(*, sensor=True, card=None, roll_m=80.0):
    return Roll(card or Card(":memory:"), roll_m=roll_m, near_end_m=3.0, sensor=sensor)


def after(one, *conditions):
    for condition in conditions:
        one.seen(condition)
    return one.left_m


class TestCounting:
    def test_every_slip_takes_its_length(self):
        one = roll()
        for _ in range(100):
            one.printed(120, ticket=True)
        one.printed(500, ticket=False)
        assert one.left_m == pytest.approx(80 - 12 - 0.5)
        assert one.tickets_left == pytest.approx((67.5 - 0.3) / 0.12, abs=1)

    def test_before_the_first_ticket_nobody_knows_how_many(self):
        one = roll()
        one.printed(400, ticket=False)
        assert one.tickets_left is None

    def test_it_is_remembered_over_a_restart(self):
        card = Card(":memory:")
        roll(card=card).printed(20_000, ticket=True)
        assert roll(card=card).left_m == pytest.approx(60)

    @given(
        st.lists(st.one_of(st.floats(0, 3000), st.sampled_from([WELL, LOW, OUT, OPEN])), max_size=60),
        st.booleans(),
    )
    def test_it_is_never_less_than_nothing_nor_more_than_a_roll(self, history, sensor):
        one = roll(sensor=sensor)
        for happening in history:
            if isinstance(happening, Condition):
                one.seen(happening)
            else:
                one.printed(happening, ticket=True)
            assert 0 <= one.left_m <= 80
            assert one.tickets_left is None or one.tickets_left >= 0


class TestSensors:
    def test_out_is_nothing_left_whatever_was_counted(self):
        assert after(roll(), OUT) == 0

    def test_a_near_end_is_believed_and_so_is_its_absence(self):
        assert after(roll(), LOW) == 3
        counted_out = roll(roll_m=10)
        counted_out.printed(9_900, ticket=True)
        assert after(counted_out, WELL) == 3

    def test_a_printer_without_the_sensor_is_low_by_counting(self):
        one = roll(sensor=False, roll_m=10)
        assert not one.low
        one.printed(7_500, ticket=True)
        assert one.low


class TestANewRoll:
    def test_paper_that_is_back_is_a_new_roll(self):
        assert after(roll(), OUT, OPEN, WELL) == 80

    def test_a_near_end_that_stays_away_is_a_new_roll(self):
        assert after(roll(), LOW, WELL, WELL) == 80

    def test_a_sensor_at_its_edge_flickers(self):
        assert after(roll(), LOW, WELL, LOW, WELL, LOW) == 3

    def test_a_cleared_jam_is_no_new_roll(self):
        one = roll()
        one.printed(20_000, ticket=True)
        assert after(one, OPEN, WELL, WELL) == pytest.approx(60)

    @pytest.mark.parametrize(("used", "left"), [(65_000, 80), (30_000, 50)])
    def test_without_a_sensor_an_opened_cover_counts_when_little_was_left(self, used, left):
        one = roll(sensor=False)
        one.printed(used, ticket=True)
        assert after(one, OPEN, WELL) == pytest.approx(left)

    def test_a_printer_that_says_nothing_changes_nothing(self):
        one = roll()
        one.printed(20_000, ticket=True)
        assert after(one, LOW, Condition(trouble=Trouble.OFFLINE), LOW) == 3
