"""The twin's pins under real gpiozero devices, in virtual time and through the wire."""

import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from gpiozero import LED, PWMLED, Buzzer, DigitalInputDevice, TonalBuzzer
from gpiozero.exc import BadPinFactory
from gpiozero.tones import Tone

from hall.clock import VirtualScheduler
from hub.broker import wait_until
from sim.twin.pins import Board, BoardFactory, RemoteFactory
from sim.twin.wire import WireLoop
from sim.twin.wire_gpio import BoardServer

KEY, OTHER, LAMP = 5, 6, 17


@pytest.fixture
def clock():
    return VirtualScheduler(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))


@pytest.fixture
def board(clock):
    return Board(clock)


@pytest.fixture
def factory(board):
    factory = BoardFactory(board)
    yield factory
    factory.close()


def key(factory, pin, bounce_time=0.02):
    """A key as the agents wire it, and the list of what it reports."""
    device = DigitalInputDevice(pin, pull_up=True, bounce_time=bounce_time, pin_factory=factory)
    told = []
    device.when_activated = lambda: told.append("down")
    device.when_deactivated = lambda: told.append("up")
    return device, told


def test_thirty_bouncing_presses_give_thirty_reports(clock, board, factory):
    _device, told = key(factory, KEY)
    for _ in range(30):
        board.press(KEY)
        clock.run_for(0.5)
    assert told == ["down", "up"] * 30


def test_a_press_is_reported_once_it_was_stable_for_the_bounce_time(clock, board, factory):
    device, told = key(factory, KEY)
    board.press(KEY)
    clock.run_for(0.0248)  # the last bounce is at 4.9 ms
    assert told == []
    clock.run_for(0.0002)
    assert told == ["down"]
    assert device.is_active


def test_without_debounce_every_bounce_is_reported(clock, board, factory):
    _device, told = key(factory, KEY, bounce_time=None)
    board.press(KEY)
    clock.run_for(1)
    assert told.count("down") > 5


def test_a_tap_shorter_than_the_bounce_time_is_not_reported(clock, board, factory):
    _device, told = key(factory, KEY)
    board.press(KEY, seconds=0.01)
    clock.run_for(1)
    assert told == []


def test_a_worn_contact_gives_several_reports_for_one_press(clock, board, factory):
    _device, told = key(factory, KEY)
    board.wear(KEY)
    board.press(KEY, seconds=0.3)
    clock.run_for(1)
    assert told == ["down", "up"] * 3
    board.free(KEY)
    board.press(KEY)
    clock.run_for(1)
    assert told == ["down", "up"] * 4


def test_a_key_held_at_start_reads_active_without_an_event(clock, board, factory):
    board.close(KEY)
    device, told = key(factory, KEY)
    clock.run_for(1)
    assert device.is_active
    assert told == []
    board.open(KEY)
    clock.run_for(1)
    assert told == ["up"]


def test_a_stuck_key_stays_down_until_it_is_freed(clock, board, factory):
    device, told = key(factory, KEY)
    board.stick(KEY)
    board.press(KEY)
    clock.run_for(60)
    assert device.is_active
    assert told == ["down"]
    board.free(KEY)
    clock.run_for(1)
    assert told == ["down", "up"]


def test_two_keys_pressed_at_once_are_both_heard(clock, board, factory):
    (_one, first), (_two, second) = key(factory, KEY), key(factory, OTHER)
    board.press(KEY)
    board.press(OTHER)
    clock.run_for(1)
    assert first == second == ["down", "up"]


def test_a_second_finger_on_a_held_key_holds_it_longer_and_is_no_second_press(clock, board, factory):
    _device, told = key(factory, KEY)
    board.press(KEY, seconds=0.3)
    clock.run_for(0.2)
    board.press(KEY, seconds=0.3)
    clock.run_for(0.25)
    assert told == ["down"]
    clock.run_for(0.1)
    assert told == ["down", "up"]


def test_a_lamp_is_seen_by_its_brightness(board, factory):
    seen = []
    board.on_output(lambda pin, value: seen.append((pin, value)))
    lamp = PWMLED(LAMP, pin_factory=factory)
    lamp.value = 0.25
    lamp.on()
    lamp.close()
    assert seen == [(LAMP, 0.25), (LAMP, 1.0), (LAMP, 0.0)]
    assert [state.value for state in board.states(LAMP)] == [0.25, 1.0, 0.0]


def test_a_plain_led_is_on_or_off(board, factory):
    lamp = LED(LAMP, pin_factory=factory)
    lamp.on()
    assert board.outputs() == {LAMP: 1.0}
    lamp.off()
    assert board.value(LAMP) == 0.0


def test_a_tonal_buzzer_sounds_at_its_frequency_and_a_buzzer_is_on(board, factory):
    tone = TonalBuzzer(LAMP, pin_factory=factory)
    tone.play(Tone(440.0))
    assert board.frequency(LAMP) == pytest.approx(440)
    assert board.value(LAMP) == 0.5
    tone.stop()
    assert board.value(LAMP) == 0.0
    buzzer = Buzzer(18, pin_factory=factory)
    buzzer.on()
    assert board.value(18) == 1.0


def test_many_boards_live_in_one_process(clock):
    boards = [Board(clock) for _ in range(20)]
    devices = [key(BoardFactory(board), KEY) for board in boards]
    boards[7].press(KEY)
    clock.run_for(1)
    assert [len(told) for _, told in devices] == [2 if n == 7 else 0 for n in range(20)]


# -- through the wire -------------------------------------------------------------------------------------------------


class Told(list):
    """What a key told, from another thread, with a way to wait for it."""

    def __init__(self):
        super().__init__()
        self.more = threading.Condition()

    def add(self, what):
        with self.more:
            self.append(what)
            self.more.notify_all()

    def wait_for(self, count):
        with self.more:
            assert self.more.wait_for(lambda: len(self) >= count, 10), list(self)


@contextmanager
def world(path):
    """A board in a loop of its own thread, served at `path`; gives (board, do) where do() runs a call in the loop."""
    loop = WireLoop()
    board = Board(loop)
    server = BoardServer(loop, board, path)
    thread = threading.Thread(target=loop.run)
    thread.start()

    def do(call):
        done, result = threading.Event(), []
        loop.call_soon(lambda: (result.append(call()), done.set()))
        assert done.wait(10)
        return result[0]

    try:
        yield board, do
    finally:
        do(server.close)
        loop.call_soon(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture
def remote(tmp_path, monkeypatch):
    monkeypatch.setenv("HALL_TWIN_GPIO", str(tmp_path / "gpio"))
    factories = []

    def make():
        factories.append(RemoteFactory())
        return factories[-1]

    yield make
    for factory in factories:
        factory.close()


def remote_key(factory, pin):
    device = DigitalInputDevice(pin, pull_up=True, bounce_time=0.02, pin_factory=factory)
    told = Told()
    device.when_activated = lambda: told.add("down")
    device.when_deactivated = lambda: told.add("up")
    return device, told


def test_thirty_bouncing_presses_through_the_wire_give_thirty_reports(tmp_path, remote):
    with world(tmp_path / "gpio") as (board, do):
        _device, told = remote_key(remote(), KEY)
        for n in range(1, 31):
            do(lambda: board.press(KEY, seconds=0.06))
            told.wait_for(2 * n)
        assert told == ["down", "up"] * 30


def test_through_the_wire_a_held_key_reads_active_at_start_and_lamps_are_seen(tmp_path, remote):
    with world(tmp_path / "gpio") as (board, do):
        do(lambda: board.stick(KEY))
        seen = Told()
        do(lambda: board.on_output(lambda pin, value: seen.add((pin, value))))
        factory = remote()
        device, told = remote_key(factory, KEY)
        lamp = PWMLED(LAMP, pin_factory=factory)
        lamp.value = 0.5
        seen.wait_for(1)
        assert device.is_active
        assert told == []
        assert seen == [(LAMP, 0.5)]


def test_a_program_outlives_the_world_and_claims_its_pins_again(tmp_path, remote):
    with world(tmp_path / "gpio"):
        factory = remote()
        _device, told = remote_key(factory, KEY)
        lamp = PWMLED(LAMP, pin_factory=factory)
        lamp.value = 0.5
    lamp.value = 0.75  # the wires are cut: nobody sees it yet, and nothing fails
    with world(tmp_path / "gpio") as (board, do):
        seen = Told()
        do(lambda: board.on_output(lambda pin, value: seen.add((pin, value))))
        if not do(board.outputs):
            seen.wait_for(1)
        assert do(board.outputs) == {LAMP: 0.75}
        do(lambda: board.press(KEY, seconds=0.06))
        told.wait_for(2)
        assert told == ["down", "up"]


def test_a_killed_program_leaves_its_lamp_lit(tmp_path, remote):
    with world(tmp_path / "gpio") as (board, do):
        factory = remote()
        lamp = LED(LAMP, pin_factory=factory)
        lamp.on()
        assert wait_until(lambda: do(lambda: board.value(LAMP)) == 1.0, 10)
        factory._link.close()  # what the kernel does to a killed program's sockets
        another = remote()  # served after the other one's end was seen
        another_lamp = LED(LAMP + 1, pin_factory=another)
        another_lamp.on()
        assert wait_until(lambda: do(lambda: board.value(LAMP + 1)) == 1.0, 10)
        assert do(lambda: board.value(LAMP)) == 1.0


def test_nonsense_on_the_pins_socket_is_one_line_and_hurts_nobody(tmp_path, remote, caplog):
    with world(tmp_path / "gpio") as (board, do):
        _device, told = remote_key(remote(), KEY)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as vandal:
            vandal.connect(str(tmp_path / "gpio"))
            for nonsense in (
                b"\xff\x00",
                b"[1]",
                b'["claim",99,"input","up",0,null]',
                b'["claim",5,"x","up",0,null]',
            ):
                vandal.send(nonsense)
            do(lambda: None)
            do(lambda: board.press(KEY, seconds=0.06))
            told.wait_for(2)
        assert len([r for r in caplog.records if "not an order" in r.message]) == 4
        assert told == ["down", "up"]


def test_a_program_that_does_not_read_is_dropped_and_the_world_goes_on(tmp_path):
    with world(tmp_path / "gpio") as (board, do):
        sleeper = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sleeper.connect(str(tmp_path / "gpio"))
        sleeper.send(b'["claim",5,"input","up",0,null]')
        sleeper.recv(1000)

        def press_much():
            for _ in range(2000):
                board.close(KEY)
                board.open(KEY)

        do(press_much)
        do(lambda: None)
        with sleeper, pytest.raises(ConnectionError):
            sleeper.send(b'["claim",5,"input","up",0,null]')


def test_a_factory_without_a_world_says_which_variable_is_missing(monkeypatch):
    monkeypatch.delenv("HALL_TWIN_GPIO", raising=False)
    with pytest.raises(BadPinFactory, match="HALL_TWIN_GPIO"):
        RemoteFactory()
