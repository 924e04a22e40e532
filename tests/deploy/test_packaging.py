"""What lands on a machine: our names are ours alone, nothing is left behind, and a role brings all that it imports."""

import importlib.metadata
import importlib.util
import itertools
import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
OURS = {"hall", "hub", "devices", "sim", "deploy"}
PROGRAMS = {
    "hub": "hub.__main__",
    "dispenser": "devices.ticket_dispenser.__main__",
    "sign": "devices.window_sign.__main__",
    "pad": "devices.rating_pad.__main__",
    "speaker": "devices.call_speaker.__main__",
    "call-key": "devices.call_key.__main__",
    "flash": "deploy.card.command",
}


# A program that imports `modules` on a machine where the packages `hidden` are not installed.
HIDE = """
import importlib, sys
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden}:
            raise ModuleNotFoundError("not installed for this role: " + name, name=name)
sys.meta_path.insert(0, Hide())
for module in {modules}:
    importlib.import_module(module)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_top_level_name_belongs_to_us_alone(name):
    # PyPI has a `hub`; a second owner would silently overwrite our files.
    assert set(importlib.metadata.packages_distributions().get(name, [])) <= {"hallfleet"}
    assert Path(importlib.util.find_spec(name).origin) == ROOT / name / "__init__.py"


def test_the_wheel_holds_our_five_names_and_nothing_else(wheel):
    top = {name.partition("/")[0] for name in wheel}
    assert {name for name in top if not name.endswith(".dist-info")} == OURS
    assert any(name.endswith("/licenses/LICENSE") for name in wheel)


def test_every_file_of_a_package_travels_in_the_wheel(wheel):
    tracked = subprocess.run(
        ["git", "ls-files", *OURS], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if tracked.returncode == 0 and tracked.stdout:
        wanted = {name for name in tracked.stdout.splitlines() if (ROOT / name).exists()}
    else:  # an unpacked archive instead of a clone
        files = (path for name in OURS for path in (ROOT / name).rglob("*") if path.is_file())
        wanted = {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}
    assert wanted <= set(wheel)


def test_every_entry_point_leads_somewhere():
    points = importlib.metadata.distribution("hallfleet").entry_points
    assert {(point.group, point.name) for point in points} == {
        ("console_scripts", "hall"),
        ("gpiozero_pin_factories", "hall-twin"),
    }
    assert all(callable(point.load()) for point in points)


def test_every_dependency_has_its_reason_beside_it():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    listed = tomllib.loads("\n".join(lines))["project"]
    for requirement in itertools.chain(listed["dependencies"], *listed["optional-dependencies"].values()):
        for at in (number for number, line in enumerate(lines) if f'"{requirement}"' in line):
            assert "#" in lines[at] or lines[at - 1].lstrip().startswith("#"), requirement


def distributions_of(extra: str) -> set[str]:
    """Everything that `pip install 'hallfleet[extra]'` brings to this machine."""
    found: set[str] = set()
    todo = [("hallfleet", frozenset({extra}))]
    while todo:
        name, extras = todo.pop()
        if (key := f"{name.lower().replace('_', '-').replace('.', '-')}{sorted(extras)}") in found:
            continue
        found.add(key)
        for line in importlib.metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras | {""}):
                todo.append((needed.name, frozenset(needed.extras)))
    return {key.partition("[")[0] for key in found}


def on_a_machine_of(role: str, modules: list[str], then: str = "") -> subprocess.CompletedProcess[str]:
    """These modules and what comes `then`, where nothing else is installed: what the role's extra does not bring is hidden before."""
    brought = distributions_of(role)
    owners = importlib.metadata.packages_distributions()
    hidden = {
        module
        for module, names in owners.items()
        if not {name.lower().replace("_", "-").replace(".", "-") for name in names} & brought
    }
    # who makes cards has the hub's register and the devices' settings at hand
    hidden |= {"sim"} if role == "flash" else {"sim", "deploy", "devices" if role == "hub" else "hub"}
    program = HIDE.format(hidden=sorted(hidden), modules=modules) + then
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, text=True
    )


@pytest.mark.parametrize("role", sorted(PROGRAMS))
def test_a_role_imports_only_what_its_extra_brings(role):
    result = on_a_machine_of(role, [PROGRAMS[role], *hardware_of(PROGRAMS[role])])
    assert result.returncode == 0, result.stderr.splitlines()[-1]


@pytest.mark.parametrize("role", sorted(role for role in PROGRAMS if PROGRAMS[role].startswith("devices.")))
def test_the_doctor_looks_at_every_device_with_what_that_device_has(role):
    asked = "from devices.doctor.__main__ import run\nrun(settings=None, hall=None, broker=None, json=True, machine=True)\n"
    result = on_a_machine_of(role, [], asked)
    assert result.returncode == 0, result.stderr.splitlines()[-1]
    codes = {finding["code"].partition("-")[0] for finding in json.loads(result.stdout)["findings"]}
    assert {"clock", "disk"} <= codes, codes


def hardware_of(program: str) -> list[str]:
    """The driver module beside the program, if it has one."""
    package = program.rpartition(".")[0]
    return [f"{package}.hardware"] if (ROOT / package.replace(".", "/") / "hardware.py").exists() else []


@pytest.mark.parametrize(("words", "runs"), [((), "hall demo"), (("secure=1",), "hall demo --secure")])
def test_make_demo_takes_the_halls_certificates_from_one_word(words, runs):
    told = subprocess.run(
        ["make", "--no-print-directory", "-n", "demo", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines()[-1].strip().endswith(runs)
