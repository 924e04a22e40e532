"""A folder of wheels for a device: complete for a machine that is not this one, and what is wrong in it is named."""

import json
import re
import shutil

import pytest

from deploy.wheel import sha256
from deploy.wheelhouse import EXTRAS, build, verify
from hall.errors import Fault, Refused
from hall.messages.common import DEVICE_KINDS, MemberKind
from tests.deploy.wheels import wheel

SIGN = "spidev>=3.6; platform_machine == 'aarch64' and extra == 'sign'"
PAD = "lgpio>=0.2.2; platform_machine == 'aarch64' and python_version < '3.13' and extra == 'pad'"


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mirror")
    wheel(folder, "bus")
    wheel(
        folder,
        "panel",
        tag="cp311-cp311-manylinux_2_28_aarch64",
        needs=["only_there; platform_machine == 'aarch64'", "only_here; platform_machine == 'x86_64'"],
    )
    wheel(folder, "panel", tag="cp311-cp311-manylinux_2_28_x86_64")
    for name in ("only_there", "only_here", "keys"):
        wheel(folder, name)
    wheel(folder, "lgpio", "0.2.2.0", tag="cp311-cp311-manylinux_2_34_aarch64")
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    needs = ["bus", "panel; extra == 'sign'", "keys; extra == 'pad'", SIGN, PAD]
    return wheel(tmp_path_factory.mktemp("own"), "hallfleet", "0.1.0", needs=needs)


@pytest.fixture
def make(tmp_path, mirror, own):
    def made(kind=MemberKind.SIGN, *, python="3.11", platform="aarch64", mirror=mirror):
        folder = tmp_path / "wheels"
        build(kind, folder, python=python, platform=platform, source=own, mirror=mirror)
        return folder

    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory, own, mirror):
    """Made once, since pip takes its time; each test spoils a copy."""
    folder = tmp_path_factory.mktemp("built") / "kit/new/sign"
    build(MemberKind.SIGN, folder, python="3.11", platform="aarch64", source=own, mirror=mirror)
    return folder


@pytest.fixture
def wheels(built, tmp_path):
    return shutil.copytree(built, tmp_path / "wheels")


def names(folder):
    return sorted(file.name.partition("-")[0] for file in folder.glob("*.whl"))


def refused(folder):
    with pytest.raises(Refused) as no:
        verify(folder)
    return no.value


class TestBuilt:
    def test_what_another_machine_wants_is_there_and_what_only_this_one_would_want_is_not(self, wheels):
        assert names(wheels) == ["bus", "hallfleet", "only_there", "panel"]

    def test_every_wheel_is_pinned_with_its_hash(self, wheels):
        lines = (wheels / "requirements.txt").read_text().splitlines()
        assert len(lines) == 4
        assert all(re.fullmatch(r"\S+==\S+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)

    def test_it_says_what_it_is_and_which_drivers_debian_has_to_bring(self, wheels):
        assert json.loads((wheels / "release.json").read_text()) == {
            "version": "0.1.0",
            "kind": "sign",
            "python": "3.11",
            "platform": "aarch64",
            "needs_debs": ["python3-spidev", "python3-venv"],
        }

    @pytest.mark.parametrize(
        ("python", "debs"), [("3.11", ("python3-venv",)), ("3.13", ("python3-lgpio", "python3-venv"))]
    )
    def test_where_a_driver_has_a_wheel_it_is_the_wheel(self, make, python, debs):
        folder = make(MemberKind.PAD, python=python)
        assert verify(folder).needs_debs == debs
        assert ("lgpio" in names(folder)) == (python == "3.11")

    def test_a_machine_without_pins_needs_no_drivers(self, make):
        assert verify(make(platform="x86_64")).needs_debs == ("python3-venv",)

    def test_a_wheel_that_nobody_has_is_named_and_nothing_is_left_behind(self, make, mirror, tmp_path):
        poorer = shutil.copytree(mirror, tmp_path / "poorer", ignore=shutil.ignore_patterns("bus-*"))
        with pytest.raises(Fault, match="bus"):
            make(mirror=poorer)
        assert not [file for file in tmp_path.iterdir() if "wheels" in file.name]

    def test_the_folders_above_it_are_made_too(self, built):
        assert verify(built).version == "0.1.0"

    def test_a_folder_that_is_there_stays_as_it_is(self, make, wheels):
        with pytest.raises(Refused, match="there already"):
            make()
        assert verify(wheels).version == "0.1.0"

    @pytest.mark.parametrize(
        ("python", "platform"), [("3.9", "aarch64"), ("3.11", "armv7l"), ("3.11", "../x")]
    )
    def test_a_machine_that_no_release_is_made_for_is_refused_with_those_that_are(
        self, make, python, platform
    ):
        with pytest.raises(Refused, match=r"Python 3\.11 or 3\.13, on aarch64 or x86_64"):
            make(python=python, platform=platform)

    def test_every_kind_of_device_and_the_hall_box_have_a_role(self):
        assert set(EXTRAS) == {*DEVICE_KINDS, None}


class TestVerified:
    def test_a_damaged_wheel_is_named(self, wheels):
        file = next(wheels.glob("panel-*"))
        data = bytearray(file.read_bytes())
        data[60] ^= 1
        file.write_bytes(bytes(data))
        no = refused(wheels)
        assert (no.code, file.name in no.text.en, file.name in no.text.zh) == ("damaged-wheel", True, True)

    def test_a_wheel_damaged_before_it_was_listed_is_named_too(self, wheels):
        file = next(wheels.glob("bus-*"))
        data = bytearray(file.read_bytes())
        data[60] ^= 1
        file.write_bytes(bytes(data))
        relist(wheels, file)
        assert "bus-1.0" in refused(wheels).text.en

    def test_a_line_without_a_hash_is_named(self, wheels):
        file = wheels / "requirements.txt"
        file.write_text(re.sub(r"bus==1.0 .*", "bus==1.0", file.read_text()))
        no = refused(wheels)
        assert (no.code, "“bus==1.0”" in no.text.en) == ("no-hash", True)

    def test_a_wheel_for_another_machine_is_named(self, wheels, mirror):
        (other,) = mirror.glob("panel-*x86_64.whl")
        next(wheels.glob("panel-*")).unlink()
        shutil.copy(other, wheels)
        relist(wheels, other)
        no = refused(wheels)
        assert (no.code, other.name in no.text.en) == ("foreign-wheel", True)

    def test_a_wheel_that_is_in_no_list_is_named(self, wheels, mirror):
        shutil.copy(next(mirror.glob("keys-*")), wheels)
        no = refused(wheels)
        assert (no.code, "keys-1.0" in no.text.en) == ("foreign-file", True)

    def test_a_listed_wheel_that_nothing_needs_is_named(self, wheels, mirror):
        keys = next(mirror.glob("keys-*"))
        shutil.copy(keys, wheels)
        relist(wheels, keys)
        assert "keys-1.0" in refused(wheels).text.en

    @pytest.mark.parametrize("which", ["bus", "only_there", "hallfleet"])
    def test_a_wheel_that_is_missing_is_named(self, wheels, which):
        next(wheels.glob(f"{which}-*")).unlink()
        assert which.replace("_", "-") in refused(wheels).text.en.replace("_", "-")

    def test_a_wheel_that_was_taken_out_of_folder_and_list_is_missed_all_the_same(self, wheels):
        next(wheels.glob("only_there-*")).unlink()
        file = wheels / "requirements.txt"
        file.write_text("".join(x for x in file.read_text().splitlines(keepends=True) if "only" not in x))
        assert (refused(wheels).code, "only_there" in refused(wheels).text.en) == ("wheel-missing", True)

    @pytest.mark.parametrize("spoiled", ["", "{}", '{"version": "1"}', "\xff"])
    def test_a_folder_that_does_not_say_what_it_is_is_none(self, wheels, spoiled):
        (wheels / "release.json").write_text(spoiled, encoding="latin-1")
        assert refused(wheels).code == "no-release"

    def test_no_folder_is_none(self, tmp_path):
        assert refused(tmp_path / "away").code == "no-release"


def relist(wheels, file):
    """Write `file` into the list in place of whatever its package had there."""
    name, version, _ = file.name.split("-", 2)
    listed = wheels / "requirements.txt"
    lines = [line for line in listed.read_text().splitlines() if not line.startswith(f"{name}==")]
    listed.write_text("\n".join([*lines, f"{name}=={version} --hash=sha256:{sha256(file)}"]) + "\n")
