"""A code reader at its line: keys through a pipe in the place of the kernel's input device."""

import threading
import time

import pytest

from devices.ticket_dispenser import reader_line
from devices.ticket_dispenser.reader_line import ReaderLine
from sim.twin.reader import TypingReader
from tests.patience import in_time


class Heard:
    def __init__(self):
        self.keys, self.there = [], []
        self.changed = threading.Condition()

    def soon(self, call):
        with self.changed:
            call()
            self.changed.notify_all()

    def until(self, question):
        with self.changed:
            begun = time.monotonic()
            assert self.changed.wait_for(question, 30)
            assert in_time(begun, 5)


@pytest.fixture
def line(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_line, "RETRY_S", 0.05)
    heard = Heard()
    reader = TypingReader(tmp_path / "kbd")
    opened = ReaderLine(
        str(reader.path),
        soon=heard.soon,
        on_key=lambda code, value: heard.keys.append((code, value)),
        on_there=heard.there.append,
    )
    yield reader, heard
    opened.close()
    opened.close()
    reader.unplug()


def test_every_key_arrives_in_order_and_nothing_else(line):
    reader, heard = line
    heard.until(lambda: heard.there == [True])
    reader.scan("19")
    heard.until(lambda: len(heard.keys) == 6)
    assert heard.keys == [(2, 1), (2, 0), (10, 1), (10, 0), (28, 1), (28, 0)]


def test_unplugged_it_is_missed_and_plugged_in_again_it_reads(line):
    reader, heard = line
    heard.until(lambda: heard.there == [True])
    reader.unplug()
    heard.until(lambda: heard.there == [True, False])
    reader.plug()
    heard.until(lambda: heard.there == [True, False, True])
    reader.scan("5")
    heard.until(lambda: (28, 0) in heard.keys)


def test_ending_does_not_wait_for_a_key(tmp_path):
    heard = Heard()
    opened = ReaderLine(
        str(tmp_path / "nothing"), soon=heard.soon, on_key=lambda *_: None, on_there=heard.there.append
    )
    heard.until(lambda: heard.there == [False])
    begun = time.monotonic()
    opened.close()
    assert in_time(begun, 1)
