"""What a real key did, edge by edge, comes through the twin's pins and the real driver as it would on a Pi."""

from datetime import UTC, datetime

import pytest
from gpiozero import DigitalInputDevice

from hall.clock import VirtualScheduler
from sim.twin.faults import NoSuchHand
from sim.twin.key_recording import RecordedEdge, read
from sim.twin.pins import BoardFactory
from sim.twin.world_plan import MemberPlan
from sim.twin.world_twin import MemberTwin

PLAN = MemberPlan(member="call-key-6", kind="call-key", keys={"next": 5, "recall": 6, "pause": 13})


@pytest.fixture
def twin():
    return MemberTwin(PLAN, VirtualScheduler(datetime(2026, 11, 20, 9, tzinfo=UTC)))


@pytest.fixture
def presses(twin):
    """When the real driver, with its 20 ms, reported a press of next."""
    seen = []
    key = DigitalInputDevice(5, pull_up=True, bounce_time=0.02, pin_factory=BoardFactory(twin.board))
    key.when_activated = lambda: seen.append(round(twin.board.scheduler.mono(), 4))
    yield seen
    key.close()


def gpiomon(*edges):
    return "".join(f"{at:.9f}\t{edge}\tgpiochip0 {pin}\n" for at, edge, pin in edges)


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_gpiomon_say_the_same(tmp_path, version):
    file = tmp_path / "keys.txt"
    file.write_text(
        gpiomon((123.5, "falling", 5), (123.75, "rising", 5))
        if version == "2"
        else "event: FALLING EDGE offset: 5 timestamp: [     123.500000000]\n"
        "event:  RISING EDGE offset: 5 timestamp: [     123.750000000]\n"
    )
    assert read(file) == (RecordedEdge(0.0, 5, True), RecordedEdge(0.25, 5, False))


@pytest.mark.parametrize(
    ("text", "why"), [("", "no edge in it"), (gpiomon((1.0, "falling", 5)) + "hello\n", "line 2")]
)
def test_what_gpiomon_did_not_write_is_refused_with_its_line(tmp_path, text, why):
    file = tmp_path / "keys.txt"
    file.write_text(text)
    with pytest.raises(ValueError, match=why):
        read(file)


def test_a_burst_is_one_press_at_the_end_of_its_bounce(twin, presses, tmp_path):
    bounce = [(10 + 0.0007 * n, "rising" if n % 2 else "falling", 5) for n in range(19)]
    file = tmp_path / "keys.txt"
    file.write_text(gpiomon(*bounce, (10.2, "rising", 5)))
    assert twin.replay(file) == pytest.approx(0.2)
    twin.board.scheduler.run_for(1)
    assert presses == [pytest.approx(18 * 0.0007 + 0.02, abs=0.001)]


def test_a_contact_that_lets_go_too_long_is_two_presses_as_on_the_pi(twin, presses, tmp_path):
    file = tmp_path / "keys.txt"
    file.write_text(gpiomon((1, "falling", 5), (1.05, "rising", 5), (1.08, "falling", 5), (1.2, "rising", 5)))
    twin.replay(file)
    twin.board.scheduler.run_for(1)
    assert len(presses) == 2


def test_the_models_own_bounce_is_not_added(twin, tmp_path):
    DigitalInputDevice(5, pull_up=True, pin_factory=BoardFactory(twin.board))
    file = tmp_path / "keys.txt"
    file.write_text(gpiomon((1, "falling", 5), (1.3, "rising", 5)))
    before = len(twin.board.states(5))
    twin.replay(file)
    twin.board.scheduler.run_for(1)
    assert [state.value for state in twin.board.states(5)[before:]] == [0.0, 1.0]


def test_a_recording_of_other_pins_is_refused(twin, tmp_path):
    file = tmp_path / "keys.txt"
    file.write_text(gpiomon((1, "falling", 17)))
    with pytest.raises(NoSuchHand, match="no key at GPIO 17"):
        twin.replay(file)
    with pytest.raises(NoSuchHand, match="No such file"):
        twin.replay(tmp_path / "missing.txt")
