"""One loop, one call at a time, in order; a mistake in one call does not stop the others."""

import fcntl
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from datetime import timedelta

import pytest

from hall.inbox import EX_SOFTWARE, Inbox


def test_calls_are_made_in_the_order_they_came(inbox):
    made = []
    for n in range(100):
        inbox.call_soon(lambda n=n: made.append(n))
    inbox.call_soon(inbox.stop)
    assert inbox.run() == 0
    assert made == list(range(100))


def test_timers_come_by_time_and_then_by_order(inbox):
    made = []
    inbox.call_later(0.02, lambda: made.append("late"))
    inbox.call_later(0.0, lambda: made.append("first"))
    inbox.call_later(0.0, lambda: made.append("second"))
    inbox.call_later(0.03, inbox.stop)
    inbox.run()
    assert made == ["first", "second", "late"]


def test_a_cancelled_timer_is_silent(inbox):
    made = []
    inbox.call_later(0.0, lambda: made.append("no")).cancel()
    inbox.call_later(0.01, inbox.stop)
    inbox.run()
    assert made == []


def test_other_threads_may_only_put_calls_in_and_they_are_made_in_the_loop(inbox):
    threads = []

    def other():
        inbox.call_soon(lambda: threads.append(threading.current_thread()))
        inbox.call_soon(inbox.stop)

    threading.Thread(target=other).start()
    inbox.run()
    assert threads == [threading.current_thread()]


def test_a_busy_queue_does_not_starve_timers_nor_busy_timers_the_queue(inbox):
    made = set()

    def flood():
        if made != {"timer", "call"}:
            inbox.call_soon(flood)
            inbox.call_later(0.0, lambda: None)
        else:
            inbox.stop()

    inbox.call_later(0.005, lambda: made.add("timer"))
    inbox.call_soon(flood)
    inbox.call_soon(lambda: made.add("call"))
    assert inbox.run() == 0
    assert made == {"timer", "call"}


def test_a_call_that_raises_is_logged_with_its_traceback_in_one_record_and_the_loop_goes_on(inbox, caplog):
    made = []
    inbox.call_soon(lambda: 1 / 0)
    inbox.call_soon(lambda: made.append("next"))
    inbox.call_soon(inbox.stop)
    assert inbox.run() == 0
    assert made == ["next"]
    assert inbox.failures == 1
    (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert record.exc_info[0] is ZeroDivisionError


def test_many_failures_in_a_row_end_the_loop_with_an_exit_code():
    inbox = Inbox(None, patience=3)
    made = []
    for _ in range(3):
        inbox.call_soon(lambda: 1 / 0)
    inbox.call_soon(lambda: made.append("never"))
    assert inbox.run() == EX_SOFTWARE
    assert made == []


def test_failures_with_successes_between_never_end_the_loop():
    inbox = Inbox(None, patience=2)
    for _ in range(5):
        inbox.call_soon(lambda: 1 / 0)
        inbox.call_soon(lambda: None)
    inbox.call_soon(inbox.stop)
    assert inbox.run() == 0
    assert inbox.failures == 5


@pytest.fixture
def handlers():
    """Whatever a test does about signals, the next one finds them as they were."""
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
    yield
    for n, handler in before.items():
        signal.signal(n, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_a_waiting_loop(inbox, handlers, number):
    inbox.stop_on_signals()
    timer = threading.Timer(0.02, lambda: os.kill(os.getpid(), number))
    timer.start()
    assert inbox.run() == 0  # it has no timer and no call: only the signal can end it
    timer.join()


def test_a_program_under_nohup_outlives_its_terminal(inbox, handlers):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    inbox.stop_on_signals()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_the_wall_clock_is_aware_and_in_the_halls_zone(inbox):
    assert inbox.now().utcoffset() == timedelta(hours=8)


def test_a_stopped_loop_may_be_run_again_and_a_stop_asked_for_before_counts(inbox):
    made = []
    inbox.call_soon(inbox.stop)
    inbox.run()
    inbox.call_soon(lambda: made.append("second life"))
    inbox.call_soon(inbox.stop)
    inbox.run()
    assert made == ["second life"]
    inbox.stop()
    inbox.call_soon(lambda: made.append("too late"))
    inbox.run()
    assert made == ["second life"]


@pytest.fixture
def wire():
    ends = socket.socketpair()
    yield ends
    for end in ends:
        end.close()


def test_a_watched_socket_is_read_in_the_loop_when_something_comes(inbox, wire):
    near, far = wire
    got = []

    def read():
        got.append((near.recv(100), threading.current_thread()))
        inbox.stop()

    inbox.watch(near, read)
    threading.Timer(0.02, lambda: far.sendall(b"hello")).start()
    assert inbox.run() == 0  # no timer and no call: only the socket can wake it
    assert got == [(b"hello", threading.current_thread())]


def test_room_to_write_is_told_only_to_who_asks_for_it(inbox, wire):
    near, _ = wire
    told = []

    def room():
        told.append("room")
        inbox.watch(near, lambda: told.append("never"))

    inbox.watch(near, lambda: told.append("never"))
    inbox.call_later(0.01, lambda: inbox.watch(near, room, room=True))
    inbox.call_later(0.03, inbox.stop)
    inbox.run()
    assert told == ["room"]


def test_an_unwatched_socket_is_silent_also_when_the_call_before_let_it_go(inbox, wire):
    told = []

    def first_come(own, other):
        told.append(own)
        inbox.unwatch(other)
        inbox.unwatch(other)
        own.recv(1)

    for own, other in (wire, wire[::-1]):
        other.sendall(b"x")
        inbox.watch(own, lambda own=own, other=other: first_come(own, other))
    inbox.call_later(0.02, inbox.stop)
    inbox.run()
    assert len(told) == 1


def test_neither_a_busy_socket_nor_busy_calls_starve_the_other(inbox, wire):
    near, far = wire
    far.sendall(b"x")  # never read: always ready
    seen = {"socket": 0, "call": 0}

    def look(what):
        seen[what] += 1
        if min(seen.values()) > 10:
            inbox.stop()
        elif what == "call":
            inbox.call_soon(lambda: look("call"))

    inbox.watch(near, lambda: look("socket"))
    inbox.call_soon(lambda: look("call"))
    assert inbox.run() == 0


def test_a_call_from_another_thread_wakes_a_sleeping_loop_every_time(inbox):
    turns = []

    def other():
        for n in range(200):
            done = threading.Event()
            inbox.call_soon(lambda n=n, done=done: (turns.append(n), done.set()))
            assert done.wait(5)
        inbox.stop()

    thread = threading.Thread(target=other)
    thread.start()
    assert inbox.run() == 0
    thread.join()
    assert turns == list(range(200))


TALKS = """
import sys
from zoneinfo import ZoneInfo
from hall import logs
from hall.inbox import Inbox
logs.setup("talker", "info")
inbox = Inbox(ZoneInfo("UTC"))
inbox.stop_on_signals()
def talk():
    print("x" * 999, file=sys.stderr, flush=True)
    logs.logging.getLogger("talk").info("y" * 999)
    inbox.call_soon(talk)
inbox.call_soon(talk)
sys.exit(inbox.run())
"""


def test_asked_to_stop_in_the_middle_of_a_line_that_nobody_reads_it_stops_once_it_can():
    with subprocess.Popen([sys.executable, "-c", TALKS], stderr=subprocess.PIPE) as talker:
        pipe = talker.stderr.fileno()
        full = 0.9 * fcntl.fcntl(
            pipe, fcntl.F_GETPIPE_SZ
        )  # a line that does not fit into a page begins the next one
        while struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0] < full:
            time.sleep(0.01)
        talker.send_signal(signal.SIGTERM)
        said = talker.stderr.read()
        assert talker.wait(10) == 0
    assert b"asked to stop" in said.splitlines()[-1]
