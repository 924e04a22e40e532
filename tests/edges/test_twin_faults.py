"""Everything that can go wrong with a device can be switched on, seen and switched off: by a test, and by ``hall twin`` in a running world."""

import fcntl
import os
import queue
import re
import subprocess
import sys
import termios
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from devices.ticket_dispenser.reader_line import ReaderLine
from hall.cli import app
from hall.clock import VirtualScheduler
from hall.errors import Refused
from hub.broker import free_port, wait_until
from sim.switches import demo_folder, findable
from sim.twin.faults import FAULTS, HANDS, NoSuchHand, named, possible
from sim.twin.links import SWITCH_WORDS, SWITCHES, LinksClient, LinksPlan
from sim.twin.reader import TypingReader
from sim.twin.sound import SoundFile
from sim.twin.world import MemberPlan, PanelPlan, PrinterPlan, WorldClient, WorldPlan
from sim.twin.world_twin import READ_S, MemberTwin

ROOT = Path(__file__).parents[2]

EVERYTHING = MemberPlan(
    member="dispenser-1",
    kind="dispenser",
    keys={"A": 5, "B": 6},
    lamps={"A": 17},
    panel=PanelPlan(width=64, height=8),
    printer=PrinterPlan(),
    speaker=True,
    reader=True,
)
LOUD = MemberPlan(member="speaker-1", kind="speaker", speaker=True)


@pytest.fixture
def twin(tmp_path):
    clock = VirtualScheduler(datetime(2026, 11, 20, 9, tzinfo=UTC))
    reader = TypingReader(tmp_path / "keyboard")
    yield MemberTwin(EVERYTHING, clock, speaker=SoundFile(tmp_path), reader=reader)
    reader.unplug()


def wrong(twin):
    return {seen.name: seen.where for seen in twin.faults() if seen.active}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_goes_on_is_seen_and_goes_off_at_every_place_it_can_be(twin, name):
    choices = FAULTS[name].choices(EVERYTHING)
    for place in choices or (None,):
        twin.fault(name, place)
        twin.fault(name, place)
        assert wrong(twin) == {name: (place,) if place is not None else ()}
        twin.heal(name)
        twin.heal(name)
        if wrong(twin):  # garbage in registers goes when a driver writes them again, as after a power cut
            assert name == "module-corrupt"
            twin.panel.power_cycle()
        assert wrong(twin) == {}
    twin.fault(name)
    assert wrong(twin) == {name: choices[:1]}


def test_a_fault_has_its_own_name_in_both_languages_and_a_hand_that_exists():
    for fault in FAULTS.values():
        assert fault.hand in HANDS
    for words in ([f.zh for f in FAULTS.values()], [f.en for f in FAULTS.values()]):
        assert all(words)
        assert len(set(words)) == len(words)
    assert SWITCH_WORDS.keys() == SWITCHES.keys()


def test_a_member_has_the_faults_of_its_hands_and_refuses_others(twin):
    assert possible(EVERYTHING) == list(FAULTS)
    assert possible(LOUD) == [name for name, fault in FAULTS.items() if fault.hand in {"speaker", "machine"}]
    with pytest.raises(NoSuchHand, match="cannot have"):
        twin.fault("coffee")
    with pytest.raises(NoSuchHand, match="it can be at A, B"):
        twin.fault("key-stuck", "C")
    with pytest.raises(NoSuchHand, match="it can be at 0, 1"):
        twin.fault("module-dead", "8")
    with pytest.raises(NoSuchHand, match="it has no place"):
        twin.fault("paper-out", "A")


def test_a_fault_is_named_with_its_member_and_its_place():
    assert named("paper-out") == ("paper-out", "", None)
    assert named("module-dead@sign-3") == ("module-dead", "sign-3", None)
    assert named("key-stuck@pad-2:4") == ("key-stuck", "pad-2", "4")
    with pytest.raises(Refused, match="paper-low"):
        named("papr-out")


# --- hall twin ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def running(tmp_path):
    """A world and its cables as a demo leaves them in its folder."""
    folder = tmp_path / "hall-demo-x"
    folder.mkdir()
    plan = WorldPlan(
        folder=str(folder / "world"),
        sockets=str(tmp_path),
        members=(msgspec.structs.replace(EVERYTHING, speaker=False), LOUD),
    )
    links = LinksPlan(
        broker_port=free_port(), ports={"speaker-1": free_port()}, control=str(tmp_path / "links")
    )
    (folder / "world.json").write_bytes(msgspec.json.encode(plan))
    (folder / "links.json").write_bytes(msgspec.json.encode(links))
    programs = [
        subprocess.Popen([sys.executable, "-m", program, "--plan", str(folder / file)])
        for program, file in (("sim.twin.world", "world.json"), ("sim.twin.proxy", "links.json"))
    ]
    with WorldClient(plan.control, timeout_s=30) as world, LinksClient(links.control, timeout_s=30) as cables:
        world.members()
        cables.look()
        yield folder, world, cables
    for program in programs:
        program.terminate()
    for program in programs:
        program.wait(20)


def hall(*arguments):
    result = CliRunner(env={"LANG": "C"}).invoke(app, ["twin", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.processes
def test_hall_twin_lists_breaks_and_repairs_a_running_world(running):
    folder, world, cables = running
    state = ("--state", folder)

    def broken(member):
        return {seen.name: seen.where for seen in world.faults(member) if seen.active}

    code, said, _ = hall("faults", *state)
    assert code == 0
    for name, fault in FAULTS.items():
        member = "speaker-1" if fault.hand == "speaker" else "dispenser-1"
        assert any(line.split()[:3] == ["○", member, name] for line in said.splitlines()), name
        assert hall("fault", name, "on", *state)[0] == 0
        assert name in broken(member)
        assert hall("fault", name, "off", *state)[0] == 0
    assert hall("fault", "key-stuck", "--member", "dispenser-1", "--where", "B", *state) == (
        0,
        "dispenser-1: 按键卡住，已设故障 · key stuck, broken\n",
        "",
    )
    assert broken("dispenser-1")["key-stuck"] == ("B",)
    hall("fault", "cable-cut", "--member", "speaker-1", *state)
    assert cables.look()["speaker-1"].faults.cut
    found = msgspec.json.decode(hall("faults", "--json", *state)[1])["faults"]
    there = {(row["member"], row["name"]): row["where"] for row in found if row["active"]}
    assert there.items() >= {("dispenser-1", "key-stuck"): ["B"], ("speaker-1", "cable-cut"): []}.items()
    assert hall("heal", *state)[0] == 0
    assert not cables.look()["speaker-1"].faults.cut
    assert "key-stuck" not in broken("dispenser-1")


@pytest.mark.processes
def test_hall_twin_finds_the_only_demo_that_runs_and_says_what_it_cannot_do(running, monkeypatch):
    folder, world, _ = running
    monkeypatch.setattr("tempfile.tempdir", str(folder.parent))
    (folder.parent / "hall-demo-over").mkdir()  # what an ended demo left behind is no choice
    assert hall("fault", "paper-out")[0] == 0
    assert world.look("dispenser-1").printer.paper_left_mm == 0
    for wrong_words, why in (
        (("fault", "coffee"), "no such fault: coffee"),
        (("fault", "paper-out", "--member", "speaker-1"), "cannot have"),
        (("fault", "paper-out", "--member", "desk-9"), "no member"),
        (("fault", "cable-cut"), "there are speaker-1"),
        (("faults", "--member", "desk-9"), "no such member: desk-9"),
        (("heal", "--member", "desk-9"), "there are dispenser-1, speaker-1"),
        (("faults", "--state", folder.parent), "no demo is running in"),
    ):
        code, _, said = hall(*wrong_words)
        assert code == 1
        assert why in said
        assert said.count("\n") == 1


@pytest.mark.processes
def test_a_demo_in_a_folder_of_ones_own_is_found_too(running, tmp_path, monkeypatch):
    folder, world, _ = running
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    with findable(folder):
        assert demo_folder(None) == folder.resolve()
        assert hall("fault", "paper-out")[0] == 0
        assert world.look("dispenser-1").printer.paper_left_mm == 0
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.processes
def test_hall_twin_plays_what_real_keys_did(running, tmp_path):
    folder, _, _ = running
    (tmp_path / "keys.txt").write_text(
        "1.000000000\tfalling\tgpiochip0 5\n1.250000000\trising\tgpiochip0 5\n"
    )
    played = hall("replay", tmp_path / "keys.txt", "--member", "dispenser-1", "--state", folder)
    assert played == (0, f"dispenser-1: {tmp_path / 'keys.txt'} 0.250 s\n", "")
    code, _, said = hall("replay", tmp_path / "none.txt", "--member", "dispenser-1", "--state", folder)
    assert (code, "No such file" in said) == (1, True)


def test_without_a_demo_hall_twin_says_how_to_start_one(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, _, said = hall("faults")
    assert (code, said) == (
        1,
        "hall: no demo is running: start `hall demo` first, or name its folder with --state\n",
    )


def test_the_page_about_the_twin_lists_every_fault_there_is_and_no_other():
    said = (ROOT / "docs" / "twin.md").read_text(encoding="utf-8")
    rows = [
        line.split("|")[1:4] for line in said.splitlines() if line.startswith("| `") and ".py" not in line
    ]
    listed = [tuple(cell.strip() for cell in row) for row in rows]
    assert listed == [(f"`{name}`", fault.zh, fault.en) for name, fault in FAULTS.items()]
    for cable in SWITCHES:
        assert f"`cable-{cable}`" in said


def test_every_test_and_file_that_the_page_names_is_there():
    said = (ROOT / "docs" / "twin.md").read_text(encoding="utf-8")
    file = ""
    for path, name in re.findall(r"`(tests/[\w/]+\.py)?(?:::(\w+))?`", said):
        file = path or file
        if path:
            assert (ROOT / path).exists(), path
        if name:
            assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), name
    for link in re.findall(r"\]\(\.\./(sim/[\w/.]+)\)", said):
        assert (ROOT / link).exists(), link


def test_a_code_shown_soon_after_another_is_not_forgotten_with_it(tmp_path):
    clock = VirtualScheduler(datetime(2026, 11, 20, 9, tzinfo=UTC))
    reader = TypingReader(tmp_path / "keyboard")
    twin = MemberTwin(EVERYTHING, clock, speaker=SoundFile(tmp_path), reader=reader)
    left = []
    for _ in range(2):
        twin.scan("1")
        clock.run_for(0.8 * READ_S)
        left.append(waiting(reader.path))
    clock.run_for(READ_S)
    left.append(waiting(reader.path))
    reader.unplug()
    assert left == [left[0], 2 * left[0], 0]


@pytest.mark.processes
def test_hall_twin_shows_a_code_to_the_dispensers_reader(running, tmp_path):
    folder, world, _ = running
    where, keys, there = ("--state", folder), queue.Queue(), queue.Queue()
    assert hall("scan", "999999", *where) == (0, "dispenser-1: 999999 已扫 scanned\n", "")
    assert wait_until(lambda: not waiting(tmp_path / "dispenser-1.reader"), 10), (
        "nobody listened: it is forgotten, as a keyboard does"
    )
    line = ReaderLine(
        str(tmp_path / "dispenser-1.reader"),
        soon=lambda call: call(),
        on_key=lambda code, value: keys.put((code, value)),
        on_there=there.put,
    )
    try:
        assert there.get(timeout=10)
        assert hall("scan", "12", *where)[0] == 0
        assert [keys.get(timeout=10)[0] for _ in range(6)] == [2, 2, 3, 3, 28, 28]
        assert hall("fault", "reader-gone", *where)[0] == 0
        assert there.get(timeout=10) is False
        code, _, said = hall("scan", "12", *where)
        assert (code, "no code reader that is plugged in" in said) == (1, True)
        world.heal("dispenser-1")
        assert there.get(timeout=10)
    finally:
        line.close()
    assert "no such member: speaker-1" in hall("scan", "12", "--member", "speaker-1", *where)[2]
    assert "letters and digits" in hall("scan", "1 2", *where)[2]


def waiting(pipe):
    """Bytes that nobody has read."""
    fd = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, bytes(4)), sys.byteorder)
    finally:
        os.close(fd)
