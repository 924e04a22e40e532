"""The world as a process: agents' real drivers on one side, the control socket on the other."""

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import wave
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from sim.twin.faults import possible
from sim.twin.spi import WIRINGS
from sim.twin.world import MemberPlan, PanelPlan, PrinterPlan, WorldClient, WorldError, WorldPlan, read_plan
from sim.twin.world_talk import FaultEvent, LampEvent, PanelEvent, SlipEvent, SoundEvent

ROOT = Path(__file__).parents[2]
KEYS = {"A": 5, "B": 6}

AGENT = """
import sys
from gpiozero import PWMLED, DigitalInputDevice
from luma.core.interface.serial import noop, spi
from luma.core.render import canvas
from luma.led_matrix.device import max7219

device = max7219(spi(port=0, device=0, gpio=noop(), bus_speed_hz=1000000), width=64, height=16, block_orientation=-90)
device.persist = True
with canvas(device) as draw:
    draw.rectangle((0, 0, 63, 15), outline="white")
lamp = PWMLED(17)
key = DigitalInputDevice(5, pull_up=True, bounce_time=0.02)
print("held" if key.is_active else "open", flush=True)
key.when_activated = lambda: print("down", flush=True)
key.when_deactivated = lambda: print("up", flush=True)
lamp.value = 0.5
sys.stdin.read()
"""
"""A program without one line about a twin: what the environment says is all it knows."""


@pytest.fixture
def plan(tmp_path):
    return WorldPlan(
        folder=str(tmp_path / "world"),
        sockets=str(tmp_path),
        members=(
            MemberPlan(
                member="dispenser-1",
                kind="dispenser",
                keys=KEYS,
                lamps={"A": 17, "B": 18},
                printer=PrinterPlan(),
            ),
            MemberPlan(
                member="sign-1", kind="sign", panel=PanelPlan(width=64), keys={"x": 5}, lamps={"x": 17}
            ),
            MemberPlan(member="speaker-1", kind="speaker", speaker=True),
        ),
    )


class Process:
    """The world as its own process."""

    def __init__(self, plan, tmp_path):
        self.path, self.log = tmp_path / "plan.json", tmp_path / "world.log"
        self.path.write_bytes(msgspec.json.encode(plan))
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sim.twin.world", "--plan", str(self.path)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def stop(self, number=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(number)
            code, self.process = self.process.wait(20), None
            return code
        return None


@pytest.fixture
def world(plan, tmp_path):
    process = Process(plan, tmp_path)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def client(plan, world):
    with WorldClient(plan.control, timeout_s=20) as client:
        yield client


@pytest.fixture
def agent(plan, world, client):
    agents = []

    def start():
        agents.append(
            subprocess.Popen(
                [sys.executable, "-c", AGENT],
                cwd=ROOT,
                env={**os.environ, **plan.environment("sign-1")},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return agents[-1]

    yield start
    for process in agents:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_a_program_that_knows_nothing_of_a_twin_lives_in_the_world(client, agent):
    with client.events() as events:
        program = agent()
        events.wait_for(LampEvent, "sign-1", where=lambda e: e.value == 0.5, timeout_s=20)
    assert program.stdout.readline() == "open\n"
    rows = client.dots("sign-1")
    assert rows[0] == rows[15] == "#" * 64
    assert set(rows[1:15]) == {"#" + "." * 62 + "#"}
    client.press("sign-1", "x", seconds=0.06)
    assert [program.stdout.readline() for _ in range(2)] == ["down\n", "up\n"]


def test_a_killed_program_leaves_its_panel_lit_and_the_next_one_finds_the_key_held(client, agent):
    with client.events() as events:
        program = agent()
        events.wait_for(LampEvent, "sign-1", where=lambda e: e.value == 0.5, timeout_s=20)
        program.kill()
        program.wait()
    assert client.dots("sign-1")[0] == "#" * 64
    assert client.lamps("sign-1") == {"x": 0.5}
    with Image.open(client.panel_png("sign-1")) as photo:
        assert photo.size == (66 * 8, 18 * 8)
    client.stick("sign-1", "x")
    assert client.look("sign-1").pressed == {"x": True}
    assert agent().stdout.readline() == "held\n"


def print_slip(client, text=b"A012\n"):
    port = client.look("dispenser-1").printer.port
    host = socket.create_connection(("127.0.0.1", port), timeout=20)
    host.sendall(b"\x1b@" + text + b"\x1bd\x04\x1dV\x01\x1dr\x01")
    return host


def test_a_slip_is_an_event_with_picture_and_bytes(client, tmp_path):
    with client.events() as events, print_slip(client) as host:
        slip = events.wait_for(SlipEvent, "dispenser-1").slip
        assert host.recv(1) == b"\x00"
    assert slip.text == ("A012",)
    assert slip.number == 1
    assert Path(slip.escpos).read_bytes() == b"\x1b@A012\n\x1bd\x04\x1dV\x01"
    with Image.open(slip.png) as photo:
        assert photo.width == 672
    assert client.last_slip("dispenser-1") == slip
    assert Path(slip.png).is_relative_to(tmp_path / "world" / "papers")


@pytest.mark.parametrize("fault", ["paper-out", "cover-open", "printer-jam"])
def test_a_printer_fault_holds_the_paper_back_until_it_is_healed(client, fault):
    with client.events() as events:
        client.fault("dispenser-1", fault)
        assert events.wait_for(FaultEvent, "dispenser-1").fault == fault
        with print_slip(client) as host:
            host.sendall(b"\x10\x04\x01")
            assert host.recv(1)[0] & 0x08
            assert client.look("dispenser-1").printer.offline
            client.heal("dispenser-1", fault)
            assert events.wait_for(SlipEvent, "dispenser-1").slip.text == ("A012",)
            assert host.recv(1) == b"\x00"
    assert not any(seen.active for seen in client.faults("dispenser-1"))


def test_a_printer_that_is_gone_refuses_and_comes_back_at_the_same_port(client):
    port = client.look("dispenser-1").printer.port
    client.fault("dispenser-1", "printer-gone")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=20)
    client.heal("dispenser-1")
    print_slip(client).close()
    assert client.look("dispenser-1").printer.port == port


def test_every_fault_can_be_switched_on_named_and_healed(plan, client):
    for member in plan.members:
        names = [seen.name for seen in client.faults(member.member)]
        assert names == possible(member)
        for name in set(names) - {"module-corrupt"}:
            client.fault(member.member, name)
            active = [seen for seen in client.faults(member.member) if seen.active]
            assert [seen.name for seen in active] == [name]
            assert active[0].zh
            assert active[0].en
            client.heal(member.member, name)
            assert not any(seen.active for seen in client.faults(member.member))


def test_a_garbled_module_heals_when_a_driver_writes_it_again(client, agent):
    client.fault("sign-1", "module-corrupt", "2")
    assert [seen.where for seen in client.faults("sign-1") if seen.active] == [("2",)]
    with client.events() as events:
        agent()
        events.wait_for(LampEvent, "sign-1", where=lambda e: e.value == 0.5, timeout_s=20)
    assert not any(seen.active for seen in client.faults("sign-1"))


def test_a_fault_at_a_place_is_there_and_nowhere_else(client):
    client.fault("dispenser-1", "key-stuck", "B")
    client.fault("sign-1", "module-dead", "3")
    assert client.look("dispenser-1").pressed == {"A": False, "B": True}
    assert [seen.where for seen in client.faults("sign-1") if seen.active] == [("3",)]


def test_a_sound_is_heard_with_its_beginning_and_its_end(plan, client, tmp_path):
    aplay = shutil.which("aplay")
    assert aplay, "alsa-utils is part of the test machine"
    with wave.open(str(tmp_path / "in.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes(struct.pack("<6000h", *range(6000)))
    environment = {**os.environ, **plan.environment("speaker-1")}
    with client.events() as events:
        subprocess.run([aplay, "-q", tmp_path / "in.wav"], env=environment, check=True, timeout=30)
        assert events.wait_for(SoundEvent, "speaker-1").phase == "start"
        sound = events.wait_for(SoundEvent, "speaker-1").sound
    with wave.open(sound.wav) as file:
        assert file.readframes(6000) == struct.pack("<6000h", *range(6000))
    assert client.last_sound("speaker-1") == sound
    client.fault("speaker-1", "sound-unplugged")
    assert subprocess.run(
        [aplay, "-q", tmp_path / "in.wav"], env=environment, capture_output=True, check=False
    ).returncode


def test_the_world_ends_cleanly_and_the_next_one_takes_the_same_sockets(plan, world, client, agent, tmp_path):
    with client.events() as events:
        program = agent()
        events.wait_for(LampEvent, "sign-1", where=lambda e: e.value == 0.5, timeout_s=20)
        assert program.stdout.readline() == "open\n"
        print_slip(client).close()
        assert events.wait_for(SlipEvent).slip.number == 1
    assert world.stop() == 0
    assert not list(tmp_path.glob("*.gpio"))
    assert not plan.control.exists()
    for number in (
        signal.SIGKILL,
        signal.SIGINT,
    ):  # a killed world leaves its sockets behind; the next takes them over
        world.start()
        with client.events() as events:
            if client.lamps("sign-1") != {"x": 0.5}:  # the program claims its pins again by itself
                events.wait_for(LampEvent, "sign-1", where=lambda e: e.value == 0.5)
        client.press("sign-1", "x", seconds=0.06)
        assert [program.stdout.readline() for _ in range(2)] == ["down\n", "up\n"]
        world.stop(number)
    world.start()
    with client.events() as events:
        print_slip(client).close()
        assert events.wait_for(SlipEvent).slip.number == 2


def test_a_listener_hears_events_from_its_own_thread(client):
    import queue

    heard = queue.Queue()
    stop = client.listen(heard.put)
    client.fault("sign-1", "module-dead")
    assert [type(heard.get(timeout=10)) for _ in range(2)] == [PanelEvent, FaultEvent]
    stop()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\xff\xfe", "not a JSON line"),
        (b"[1, 2", "not a JSON line"),
        (b"[]", "Expected `object`"),
        (b'{"verb":"fly"}', "Invalid value"),
        (b'{"verb":"press","member":"dispenser-1"}', "missing required field"),
        (b'{"verb":"press","member":"nobody","key":"A"}', "no member"),
        (b'{"verb":"press","member":"dispenser-1","key":"Z"}', "no key"),
        (b'{"verb":"fault","member":"sign-1","fault":"paper-out"}', "cannot have the fault"),
        (b'{"verb":"fault","member":"sign-1","fault":"module-dead","where":"99"}', "it can be at 0, 1"),
    ],
)
def test_nonsense_on_the_control_socket_is_refused_with_a_reason_and_one_line(
    plan, world, client, line, reason
):
    client.members()
    with socket.socket(socket.AF_UNIX) as vandal:
        vandal.connect(str(plan.control))
        vandal.sendall(line + b"\n")
        reply = json.loads(vandal.recv(10_000))
    assert reply["ok"] is False
    assert reason in reply["error"]
    assert len(client.members()) == 3
    assert world.log.read_text().count("WARNING") == 1


def test_a_refusal_is_an_error_with_the_reason(client):
    with pytest.raises(WorldError, match="no key 'Q'; it has A, B"):
        client.press("dispenser-1", "Q")
    assert client.lamps("dispenser-1") == {"A": 0.0, "B": 0.0}


def test_without_a_world_a_call_says_so(plan):
    with WorldClient(plan.control, timeout_s=0.1) as client, pytest.raises(WorldError, match="no world at"):
        client.members()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "JSON is malformed|truncated"),
        ('{"folder":"/x","members":[{"member":"A!","kind":"sign"}]}', r"members\[0\].member"),
        ('{"folder":"/x","members":[{"member":"a","kind":"oven"}]}', "oven"),
        ('{"folder":"/x","members":[{"member":"a","kind":"sign"},{"member":"a","kind":"pad"}]}', "called a"),
        ('{"folder":"/x","members":[],"colour":1}', "colour"),
    ],
)
def test_a_wrong_plan_names_the_file_and_what_is_wrong(tmp_path, text, reason):
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(ValueError, match=f"(?s)plan.json.*({reason})"):
        read_plan(tmp_path / "plan.json")


def test_a_socket_path_too_long_for_linux_is_one_plain_line(plan, tmp_path):
    deep = tmp_path / ("x" * 90)
    process = Process(msgspec.structs.replace(plan, sockets=str(deep)), tmp_path)
    process.start()
    assert process.process.wait(20) == 2
    assert "Linux takes 107" in process.log.read_text()


def test_wirings_are_what_a_plan_may_say():
    fields = {field.name: field.type for field in msgspec.inspect.type_info(PanelPlan).fields}
    assert set(fields["wiring"].values) == set(WIRINGS)
