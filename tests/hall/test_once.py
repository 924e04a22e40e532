"""A command is done once per id: over repetitions, restarts and delays."""

import pytest

from hall import wire
from hall.card import Card
from hall.errors import Fault
from hall.link import Packet
from hall.messages.commands import Announce, Identify, Result
from hall.once import MOST_OPEN, REMEMBERED, Once
from hall.text import Text


class Device:
    """Does what it is told, and remembers."""

    def __init__(self, clock, card, again=lambda _c: False):
        self.results, self.done = [], []
        self.once = Once(card, clock, self.results.append, again=again)

    def hear(self, command, retain=False):
        payload = command if isinstance(command, bytes) else wire.encode(command)
        command = self.once.receive(Packet("down/command", payload, 1, retain))
        if command is not None:
            self.done.append(command.id)
        return command


def call(command_id="c-1", expires_s=30.0, age_s=0.0):
    text = Text(zh="请A012号", en="A012")
    return Announce(id=command_id, expires_s=expires_s, age_s=age_s, phrase="voice.call", text=text)


@pytest.fixture
def card():
    return Card(":memory:")


@pytest.fixture
def device(clock, card):
    return Device(clock, card)


def test_a_repeated_command_is_done_once_and_its_result_is_repeated(device):
    device.hear(call())
    device.hear(call())  # in progress: nothing
    assert device.results == []
    device.once.finish("c-1", "done")
    device.hear(call())
    assert device.done == ["c-1"]
    assert device.results == [Result(id="c-1", phase="done"), Result(id="c-1", phase="done")]


def test_a_result_survives_a_restart(tmp_path, clock):
    card = Card(tmp_path / "card")
    first = Device(clock, card)
    first.hear(call())
    first.once.finish("c-1", "failed", "sound-missing")
    card.close()
    card = Card(tmp_path / "card")
    second = Device(clock, card)
    second.hear(call())
    assert second.done == []
    assert second.results == [Result(id="c-1", phase="failed", code="sound-missing")]
    card.close()


def test_a_command_interrupted_by_a_restart_is_not_done_twice(clock, card):
    Device(clock, card).hear(call())
    second = Device(clock, card)
    second.hear(call())
    second.hear(call())
    assert second.done == []
    assert second.results == [Result(id="c-1", phase="failed", code="interrupted")] * 2


def test_unless_the_program_says_it_is_done_at_least_once(clock, card):
    Device(clock, card).hear(call())
    second = Device(clock, card, again=lambda command: command.id == "c-1")
    second.hear(call())
    second.once.finish("c-1", "done")
    third = Device(clock, card)
    third.hear(call())
    assert (second.done, third.done) == (["c-1"], [])
    assert third.results == [Result(id="c-1", phase="done")]


@pytest.mark.parametrize(
    ("expires_s", "age_s"), [(30.0, 30.0), (30.0, 31.0), (0.0, 0.0), (-1.0, 0.0), (1.0, 1e308)]
)
def test_a_command_that_comes_too_late_is_not_done(device, expires_s, age_s):
    device.hear(call(expires_s=expires_s, age_s=age_s))
    device.hear(call(expires_s=expires_s, age_s=age_s))
    assert device.done == []
    assert {r.phase for r in device.results} == {"expired"}


def test_one_that_waited_too_long_in_the_device_says_so_by_the_monotonic_clock(device, clock):
    device.hear(call(expires_s=30, age_s=10))
    clock.run_for(19.9)
    assert not device.once.expired("c-1")
    clock.run_for(0.2)
    assert device.once.expired("c-1")
    device.once.finish("c-1", "expired")
    assert device.once.expired("c-1") is False
    device.hear(call())
    assert device.results == [Result(id="c-1", phase="expired")] * 2


def test_a_retained_command_is_dropped_with_one_line(device, caplog):
    device.hear(call(), retain=True)
    assert (device.done, device.results) == ([], [])
    assert [r.getMessage() for r in caplog.records] == ["retained command dropped"]


@pytest.mark.parametrize(
    ("payload", "results"),
    [
        (
            b'{"id":"c-9","type":"explode","expires_s":5}',
            [Result(id="c-9", phase="rejected", code="unsupported")],
        ),
        (
            b'{"id":"c-9","type":"announce","expires_s":5}',
            [Result(id="c-9", phase="rejected", code="not-valid")],
        ),
        (b'{"id":"c-9","expires_s":5}', [Result(id="c-9", phase="rejected", code="not-valid")]),
        (b'{"id":"c/9","type":"identify","expires_s":5}', []),
        (b"rubbish", []),
        (b'{"id":"c-9","x":' + b"[" * 5000, []),
        (b"\xff\xfe", []),
        (b"", []),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_when_it_has_one(device, payload, results):
    device.hear(payload)
    assert device.results == results
    assert device.done == []


def test_finishing_what_is_not_being_done_is_harmless(device):
    device.once.finish("never-heard-of", "done")
    device.hear(call())
    device.once.finish("c-1", "done")
    device.once.finish("c-1", "failed")
    assert device.results == [Result(id="c-1", phase="done")]


def test_only_the_newest_results_are_kept(device, card):
    for n in range(REMEMBERED + 50):
        device.hear(call(f"c-{n}"))
        device.once.finish(f"c-{n}", "done")
    assert card.row("SELECT count(*) FROM commands") == (REMEMBERED,)
    device.hear(call(f"c-{REMEMBERED + 49}"))
    assert len(device.done) == REMEMBERED + 50


def test_a_flood_of_commands_nobody_can_do_is_refused(device):
    for n in range(MOST_OPEN + 1):
        device.hear(Identify(id=f"c-{n}", expires_s=60))
    assert device.results == [Result(id=f"c-{MOST_OPEN}", phase="rejected", code="busy")]


def test_with_a_card_that_cannot_be_read_calls_are_still_made(clock, card, monkeypatch):
    def spoilt(*_):
        raise Fault("card-unusable")

    monkeypatch.setattr(card, "row", spoilt)
    device = Device(clock, card)
    device.hear(call())
    device.hear(call())
    device.once.finish("c-1", "done")
    assert device.done == ["c-1"]
    assert device.results == [Result(id="c-1", phase="done")]


def test_with_a_full_card_calls_are_still_made(clock, card, monkeypatch):
    device = Device(clock, card)

    def full(*_):
        raise Fault("card-full")

    monkeypatch.setattr(card, "write", full)
    device.hear(call())
    device.once.finish("c-1", "done")
    assert device.done == ["c-1"]
    assert device.results == [Result(id="c-1", phase="done")]
