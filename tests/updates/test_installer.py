"""A release takes its place whole or not at all, whatever is cut off, full or broken meanwhile."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from devices.updates import boot_select as boot
from devices.updates import environment
from devices.updates.installer import Installer
from hall.errors import Fault, HallError, Refused
from hall.messages.common import MemberKind
from hall.release import Release
from tests.updates import desk as desk_
from tests.updates import machine
from tests.updates.desk import Desk
from tests.updates.matrix import World

HERE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    made = Desk(tmp_path_factory.mktemp("desk"))
    made.release("1.0")
    made.release("1.1")
    return made


@pytest.fixture
def world(desk, tmp_path):
    return World(tmp_path, desk)


def matrix(*asked):
    done = subprocess.run(
        [sys.executable, "-m", "tests.updates.matrix", *asked],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


class TestCutOff:
    def test_at_each_third_step_by_kill_and_by_an_error_of_the_disk(self):
        found = matrix("steps", "3")
        assert found["wrong"] == []
        assert found["cases"] >= 60

    @pytest.mark.long
    def test_at_each_step(self):
        found = matrix("steps", "1")
        assert found["wrong"] == []
        assert found["cases"] >= 2 * 80

    def test_at_random_through_releases_good_and_bad(self):
        found = matrix("chaos", "20", "7")
        assert found["wrong"] == []
        assert found["kills"] >= 20


class TestAnUpdate:
    def test_is_tried_at_the_next_start_and_not_before(self, world):
        world.install("1.0")
        assert boot.current(world.place) == "0.9"
        assert boot.choose(world.place) == "1.0"

    def test_two_releases_stay(self, world):
        for version in ("1.0", "1.1"):
            world.install(version)
            boot.choose(world.place)
            boot.make_good(world.place, version)
        assert sorted(boot.present(world.place)) == ["1.0", "1.1"]
        assert not list(world.place.home.glob("staging*"))

    def test_the_last_good_one_stays_beside_the_one_on_trial(self, world):
        world.install("1.0")
        assert sorted(boot.present(world.place)) == ["0.9", "1.0"]

    def test_no_trial_is_replaced_by_another(self, world):
        world.install("1.0")
        with pytest.raises(Refused, match="on trial"):
            world.install("1.1")

    def test_a_trial_that_is_held_makes_room_for_another(self, world):
        world.install("1.0", held=True)
        assert boot.choose(world.place) == "0.9"
        world.install("1.1")
        assert boot.choose(world.place) == "1.1"
        assert boot.read(world.place).bad is None
        assert sorted(boot.present(world.place)) == ["0.9", "1.1"]

    def test_what_runs_is_not_installed_again(self, world):
        with pytest.raises(Refused, match="runs here already"):
            world.install("0.9")

    def test_below_what_proved_itself_here_nothing_is_installed(self, world):
        world.install("1.1")
        boot.choose(world.place)
        boot.make_good(world.place, "1.1")
        with pytest.raises(Refused, match="sign it anew"):
            world.install("1.0")

    def test_wheels_that_are_here_are_not_fetched_again(self, world, desk):
        world.install("1.0")
        boot.choose(world.place)
        boot.make_good(world.place, "1.0")
        shared = next((desk.ledger.targets / "wheels").glob("*needed*"))
        away = shared.rename(shared.with_suffix(".away"))
        try:
            world.install("1.1")
        finally:
            away.rename(shared)
        assert boot.choose(world.place) == "1.1"

    def test_one_that_failed_may_be_tried_again(self, world):
        for _ in range(2):
            world.install("1.0")
            boot.choose(world.place)
            boot.give_up(world.place, "self-test")
            assert boot.choose(world.place) == "0.9"


class TestNothingChanges:
    def unchanged(self, world, code, **other):
        installer = Installer(
            world.place, **({"build": world.installer.build, "try_out": world.installer.try_out} | other)
        )
        with pytest.raises(HallError) as why:
            installer.install(desk_.Listed(version="1.0", **desk_.PAD), world.eyes.look)
        assert why.value.code == code
        assert boot.present(world.place) == ["0.9"]
        assert boot.read(world.place).trial is None
        assert not (world.place.home / "staging").exists()

    def test_without_room_for_twice_of_it(self, world):
        self.unchanged(world, "disk-full", free=lambda _: 100)

    def test_when_the_disk_is_full_in_the_middle(self, world):
        def full(**_):
            raise OSError(28, "no space left on device")

        self.unchanged(world, "disk-full", build=full)

    def test_when_the_program_does_not_load(self, world):
        def no(**_):
            raise Fault("selfcheck-failed")

        self.unchanged(world, "selfcheck-failed", try_out=no)

    def test_when_the_clock_is_not_kept(self, world):
        world.eyes.clock = False
        self.unchanged(world, "clock-not-ok")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("environment")
    program = {
        "devices/__init__.py": "",
        "devices/updates/__init__.py": "",
        "devices/updates/selfcheck.py": "import hallpad, sys; sys.stdout.write('1.0\\n')\n",
        "hallpad.py": "def main(): print('runs from', __file__)\n",
    }
    release = desk_.release(folder / "wheels", "1.0", **program)
    said = Release(version="1.0", kind=MemberKind.PAD, python="3.11", platform="x86_64")
    home = folder / "releases" / "1.0"
    environment.build(
        folder=folder / "staging",
        home=home,
        wheels=release,
        requirements=release / "requirements.txt",
        release=said,
    )
    return folder, home, said


@pytest.mark.long
class TestEnvironment:
    """Python's own venv and pip, once each: they take seconds."""

    def test_it_is_tried_where_it_was_made_and_runs_where_it_belongs(self, made):
        folder, home, said = made
        environment.try_out(folder=folder / "staging", release=said, account=None)
        other = Release(version="1.1", kind=MemberKind.PAD, python="3.11", platform="x86_64")
        with pytest.raises(Refused, match="calls itself"):
            environment.try_out(folder=folder / "staging", release=other, account=None)
        environment.lay_down(folder / "staging")
        home.parent.mkdir()
        (folder / "staging").rename(home)
        assert (home / "bin" / "pip").read_text().splitlines()[0].startswith(f"#!{home}/bin/python")
        said = subprocess.run([home / "bin" / "pip", "--version"], capture_output=True, text=True, check=True)
        assert str(home) in said.stdout
        run = subprocess.run(
            [home / "bin" / "python", "-c", "import hallpad; hallpad.main()"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert str(home) in run.stdout

    def test_a_wheel_with_another_content_is_not_taken(self, made, tmp_path):
        said = made[2]
        release = desk_.release(tmp_path / "wheels", "1.0", **{"hallpad.py": ""})
        wheel = next(release.glob("hallfleet*"))
        wheel.write_bytes(wheel.read_bytes() + b"\0")
        with pytest.raises(Fault) as why:
            environment.build(
                folder=tmp_path / "staging",
                home=tmp_path / "home",
                wheels=release,
                requirements=release / "requirements.txt",
                release=said,
            )
        assert why.value.code == "wheels-refused"


def test_half_a_release_is_never_one(tmp_path):
    place = machine.made(tmp_path, "0.9", current="0.9")
    (place.releases / "1.0").mkdir()
    with pytest.raises(ValueError, match=r"1\.0"):
        boot.begin_trial(place, "1.0")
