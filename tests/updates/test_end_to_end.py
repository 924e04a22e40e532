"""A release goes through a real hall: hub, broker and desk behind certificates, devices that run from release environments.

Signed by the commands that people type, fetched over the desk's HTTPS, tried under what their units do, proved for the whole minute.
"""

import hashlib
import json
import platform
import sys
import sysconfig
from pathlib import Path

import msgspec
import pytest

from devices.updates import boot_select as boot
from devices.updates import environment
from hall.messages.common import MemberKind
from hall.release import FILE, REQUIREMENTS, Release
from hall.settings import load
from sim.layout import demo_plan
from sim.stage import RunningStage
from tests.updates.desk import wheel
from tests.updates.release_desk import HALL, Desk, hall

pytestmark = [
    pytest.mark.broker,
    pytest.mark.processes,
    pytest.mark.long,
    pytest.mark.xdist_group("processes"),
    pytest.mark.timeout(900),
]
HERE = Path(__file__).parents[2]
PADS = ("pad-1", "pad-2")
SCRIPTS = """\
[console_scripts]
hall = hall.cli:main
[gpiozero_pin_factories]
hall-twin = sim.twin.pins:RemoteFactory
"""
#: this machine may be a container, whose kernel is told nothing of who keeps the clock
CLOCK = "import hall.timekeeping\nhall.timekeeping.clock_ok = lambda: True\n"
#: loads when it is tried, and ends when it is to be a device
CRASHES = "import os, sys\n'devices' in sys.orig_argv and os._exit(3)\n"


def release(folder, version, bad=False):
    """A folder of wheels whose program is this tree under another version: everything else about it is real."""
    folder.mkdir()
    files = {
        "a_tree.pth": f"{HERE}\n{sysconfig.get_path('purelib')}\n",
        "b_clock.pth": "import hall_test_clock\n",
        "hall_test_clock.py": CLOCK,
    }
    if bad:
        files |= {"c_crash.pth": "import hall_test_crash\n", "hall_test_crash.py": CRASHES}
    made = wheel(folder, "hallfleet", version, files, SCRIPTS)
    (folder / REQUIREMENTS).write_text(
        f"hallfleet=={version} --hash=sha256:{hashlib.sha256(made.read_bytes()).hexdigest()}\n"
    )
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    said = Release(version=version, kind=MemberKind.PAD, python=python, platform=platform.machine())
    (folder / FILE).write_bytes(msgspec.json.encode(said))
    return said


class House:
    """A hall of two pads, each on a disk of its own with release 1.0."""

    def __init__(self, folder):
        plan = demo_plan(always_open=True)
        members = {name: plan.members[name] for name in PADS}
        self.folder = folder
        self.stage = RunningStage(
            folder / "hall",
            plan=msgspec.structs.replace(plan, members=members),
            console="console-demo",
            secure=True,
        )
        self.stage.hall._program = self._program
        self.mirror = self.stage.hall.secure.folder / "releases"
        self.settings = self.stage.folder / "settings" / "hub.yaml"
        (folder / "desk").mkdir()
        self.desk = Desk(folder / "desk")
        self.make("1.0")
        first = next((folder / "desk").rglob("releases-root.json")).read_bytes()
        said = msgspec.json.decode((folder / "made-1.0" / FILE).read_bytes(), type=Release)
        for name in PADS:
            place = self.place(name)
            (folder / name / "state").mkdir(parents=True)
            place.boot.mkdir()
            place.releases.mkdir(parents=True)
            environment.build(
                folder=place.releases / "1.0",
                home=place.releases / "1.0",
                wheels=folder / "made-1.0",
                requirements=folder / "made-1.0" / REQUIREMENTS,
                release=said,
            )
            boot.point(place.link, "1.0")
            (folder / name / "root.json").write_bytes(first)

    def _program(self, *words):
        if words[0] != "device":
            return [sys.executable, str(HALL), *words]
        settings = Path(words[-1])
        return [
            sys.executable,
            "-m",
            "tests.updates.unit",
            str(self.folder / settings.stem),
            words[1],
            str(settings),
        ]

    def place(self, name):
        return boot.Place(self.folder / name / "opt", self.folder / name / "boot")

    def make(self, version, bad=False):
        release(self.folder / f"made-{version}", version, bad=bad)
        self.desk.publish(self.folder / f"made-{version}", self.mirror)

    def rollout(self, version):
        port = load(self.stage.hall.secure.settings_file, dict)["port"]
        source = f"https://127.0.0.1:{port}/releases"
        # fmt: off
        hall(self.folder, "release", "rollout", version, "--settings", self.settings, "--mirror", self.mirror, "--source", source, "--now")
        # fmt: on

    @property
    def book(self):
        """What the hub has written down of the rollout, looked at while the hall goes on."""
        return json.loads((self.stage.folder / "rollouts.json").read_bytes())["rollouts"][-1]

    def status(self):
        return hall(self.folder, "release", "status", "--settings", self.settings, "--mirror", self.mirror)

    def shown(self):
        """Device → version, as `hall fleet list` shows it."""
        said = hall(self.folder, "fleet", "list", "--json", "--settings", self.settings)
        return {each["member"]: each["version"] for each in json.loads(said)}

    def until(self, true, within_s=300.0):
        return self.stage.run_until(true, within_s)


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    try:
        made.stage.start()
        yield made
    finally:
        made.stage.stop()


def test_a_release_goes_canary_first_through_the_hall_and_a_bad_one_comes_back_and_halts(house):
    def running():
        return {name: boot.current(house.place(name)) for name in PADS}

    def seen(version):
        return house.until(lambda: house.shown() == dict.fromkeys(PADS, version), 60.0)

    assert seen("1.0")
    house.make("1.1")
    house.rollout("1.1")
    assert house.until(lambda: house.book["outcomes"].get("pad-1") == "good"), house.status()
    assert house.book["canaries"] == ["pad-1"]
    assert running()["pad-1"] == "1.1"
    assert house.until(lambda: {*house.book["outcomes"].values()} == {"good"}), house.status()
    assert running() == dict.fromkeys(PADS, "1.1")
    assert house.until(lambda: all(boot.read(house.place(name)).good == "1.1" for name in PADS), 30.0)
    assert "done" in house.status()
    assert seen("1.1")

    house.make("1.2", bad=True)
    house.rollout("1.2")
    assert house.until(lambda: house.book["halted"] is not None), house.status()
    assert "HALTED: canary pad-1 rolled-back: crashed" in house.status()
    assert running() == dict.fromkeys(PADS, "1.1")
    assert seen("1.1")
    assert "1.2" not in boot.present(house.place("pad-2"))
