"""Keys, lamps and beeper through real gpiozero devices: what reaches the program, and what happens when the pins are not there."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from devices.parts.keys import Beeper, Keys, Lamps
from devices.parts.patterns import Pattern
from devices.rating_pad.hardware import PadHands
from devices.rating_pad.settings import PadPins
from hall.clock import VirtualScheduler
from hall.errors import Fault
from sim.twin.pins import Board, BoardFactory

A, B = 5, 6


@pytest.fixture
def time():
    return VirtualScheduler(datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")))


@pytest.fixture
def board(time):
    return Board(time)


def keys_on(board, time, seen):
    return Keys(
        {"a": A, "b": B},
        soon=time.call_soon,
        on_press=lambda name: seen.append(("press", name)),
        on_release=lambda name: seen.append(("release", name)),
        pin_factory=BoardFactory(board),
    )


def test_each_of_a_hundred_bouncing_presses_is_one_press_and_one_release(board, time):
    seen = []
    keys_on(board, time, seen)
    for _ in range(100):
        board.press(A, 0.06)
        time.run_for(0.2)
    assert seen == [("press", "a"), ("release", "a")] * 100


def test_a_press_is_reported_within_fifty_milliseconds(board, time):
    seen = []
    keys_on(board, time, seen)
    board.close(B)
    time.run_for(0.05)
    assert seen == [("press", "b")]


def test_a_key_closed_at_the_start_makes_no_press_but_can_be_asked_for(board, time):
    board.stick(A)
    time.run_for(1)
    seen = []
    keys = keys_on(board, time, seen)
    time.run_for(1)
    assert (seen, keys.closed()) == ([], {"a"})
    board.free(A)
    time.run_for(1)
    assert (seen, keys.closed()) == ([("release", "a")], set())


def test_a_press_only_hands_over_the_loop_makes_the_call(board, time):
    handed, seen = [], []
    Keys(
        {"a": A},
        soon=handed.append,
        on_press=seen.append,
        on_release=seen.append,
        pin_factory=BoardFactory(board),
    )
    board.close(A)
    time.run_for(1)
    assert (len(handed), seen) == (1, [])
    handed[0]()
    assert seen == ["a"]


def test_lamps_are_dark_at_the_start_and_at_the_end(board):
    lamps = Lamps({"a": 12, "b": 16}, pin_factory=BoardFactory(board))
    assert board.outputs() == {12: 0, 16: 0}
    lamps.light({"b"})
    assert board.outputs() == {12: 0, 16: 1}
    lamps.set("a", lit=True)
    assert board.outputs() == {12: 1, 16: 1}
    lamps.close()
    lamps.close()
    assert board.value(12) == board.value(16) == 0


def test_a_beeper_without_a_pin_is_silent_and_no_trouble(board):
    silent = Beeper(None)
    silent.sound(on=True)
    silent.close()
    beeper = Beeper(26, pin_factory=BoardFactory(board))
    beeper.sound(on=True)
    assert board.value(26) == 1
    beeper.close()
    assert board.value(26) == 0


class NoPins(BoardFactory):
    """A factory on a machine whose GPIO chip is not there from pin `first` on."""

    def __init__(self, board, first=0):
        super().__init__(board)
        self.first = first

    def pin(self, name):
        if int(str(name).removeprefix("GPIO")) >= self.first:
            raise OSError(2, "No such file or directory: /dev/gpiochip0")
        return super().pin(name)


@pytest.mark.parametrize("first", [0, 16, 26, 13])
def test_hands_that_cannot_be_had_are_a_fault_leave_nothing_open_and_may_be_tried_again(board, time, first):
    factory = NoPins(board, first)
    hands = PadHands(PadPins(), soon=time.call_soon, pin_factory=factory)
    with pytest.raises(Fault):
        hands.open(print, print)
    assert board.outputs() == {}
    hands.light({"4"})  # harmless meanwhile
    hands.sound(on=True)
    factory.first = 99
    hands.open(print, print)
    hands.light({"4"})
    assert board.value(PadPins().lamps[0]) == 1
    hands.close()


def test_two_things_on_one_pin_are_refused(board, time):
    with pytest.raises(Fault, match="keys-fault"):
        Keys(
            {"a": A, "b": A},
            soon=time.call_soon,
            on_press=print,
            on_release=print,
            pin_factory=BoardFactory(board),
        )


def test_a_pattern_plays_in_order_and_ends_where_it_should(time):
    seen, ended = [], []
    pattern = Pattern(time, lambda value: seen.append((round(time.mono(), 2), value)))
    pattern.play([("on", 0.5), ("off", 0.25)], "rest", lambda: ended.append(time.mono()))
    time.run_for(2)
    assert (seen, ended) == ([(0, "on"), (0.5, "off"), (0.75, "rest")], [0.75])


def test_a_new_pattern_ends_the_one_before(time):
    seen = []
    pattern = Pattern(time, seen.append)
    pattern.blink("lit", "dark", 0.5, 0.5)
    time.run_for(1.1)
    pattern.steady("done")
    time.run_for(5)
    assert seen == ["lit", "dark", "lit", "done"]
