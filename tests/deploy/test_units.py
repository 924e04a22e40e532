"""Each unit file asks for as little as it can: systemd itself is the judge."""

import re
import shutil
import subprocess

import pytest

from deploy.appliance.box.units import (
    backup_unit,
    bell_unit,
    box_files,
    box_units,
    broker_drop_in,
    firewall_unit,
    watch_unit,
)
from deploy.appliance.command import write
from deploy.appliance.first_boot import keepers
from deploy.appliance.units import HANDS, TAKEN, device_units, files
from devices.__main__ import main as start_device
from hall.cli_call import DEVICES
from hall.messages.common import DEVICE_KINDS, MemberKind

#: systemd's scale is 0 (safe) … 10; the option counts in tenths
MOST = 2.0
#: of what is root's and reaches the network
ROOTS_MOST = 2.1
ANALYZE = shutil.which("systemd-analyze")


def exposure(unit, most=MOST) -> float:
    """systemd's own figure for a unit file."""
    done = subprocess.run(
        [ANALYZE, "security", "--offline=yes", f"--threshold={most * 10:g}", unit],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert (done.returncode == 0) is (float(found[1]) <= most)
    return float(found[1])


def judged(tmp_path, text, name, most=MOST):
    file = tmp_path / name
    file.write_text(text)
    return exposure(file, most)


def system_calls(text):
    return re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE)


def every_unit():
    for kind in sorted(HANDS, key=lambda kind: kind.value):
        for unit in device_units(kind):
            yield pytest.param(unit, id=f"{kind.value}-{unit.name}")
    for unit in box_units():
        yield pytest.param(unit, id=unit.name)


@pytest.mark.parametrize("unit", list(every_unit()))
def test_no_unit_is_exposed_above_two(tmp_path, unit):
    assert judged(tmp_path, unit.text(), f"hall-{unit.name}.service") <= MOST


@pytest.mark.parametrize("unit", list(every_unit()))
def test_no_program_may_write_code(unit):
    assert "MemoryDenyWriteExecute=yes" in unit.text()


def test_the_broker_is_no_more_exposed_than_ours(tmp_path):
    bare = "[Service]\nExecStart=/usr/sbin/mosquitto -c /etc/mosquitto/mosquitto.conf\n"
    assert judged(tmp_path, bare, "bare.service") > 9
    assert judged(tmp_path, bare + broker_drop_in(), "mosquitto.service") <= MOST


@pytest.mark.parametrize(
    "text",
    [backup_unit(), bell_unit(), firewall_unit(), watch_unit()],
    ids=["backup", "bell", "firewall", "broker-watch"],
)
def test_the_small_units_of_the_box_are_no_more_exposed_either_and_none_is_root(tmp_path, text):
    assert judged(tmp_path, text, "hall-small.service") <= MOST
    assert re.search(r"^(User=(hall-%i|mosquitto)|DynamicUser=yes)$", text, re.MULTILINE)


def test_roots_installer_may_become_the_programs_account_and_ask_the_kernel_for_little_else(tmp_path):
    text = files(MemberKind.PAD)["hall-update.service"]
    assert judged(tmp_path, text, "hall-update.service", ROOTS_MOST) <= ROOTS_MOST
    granted = system_calls(text)
    assert granted[0] == "@system-service"
    for group in ("@privileged", "@resources", "@mount", "@debug", "@module", "@clock"):
        assert group in granted[1].removeprefix("~").split()
    assert granted[1].startswith("~")
    assert set(granted[2].split()) == {"setgroups", "setgroups32", "setreuid", "setreuid32"}
    assert len(granted) == 3


@pytest.mark.parametrize("name", ["hall-told.service", "hall-trial.service"])
def test_what_root_does_beside_the_program_asks_the_kernel_for_no_more_than_a_program(name):
    assert system_calls(keepers.files()[name]) == system_calls(TAKEN) != []


@pytest.mark.parametrize("kind", [*sorted(HANDS, key=lambda kind: kind.value), "box"])
def test_systemd_understands_every_line(tmp_path, kind):
    made = box_files() if kind == "box" else files(kind)
    for name, text in {name: text for name, text in made.items() if "/" not in name}.items():
        # the programs are not installed here; everything else is checked as it stands
        (tmp_path / name).write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text))
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", *tmp_path.iterdir()],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    ours = [
        line
        for line in done.stderr.splitlines()
        if ("hall-" in line and "Unknown" in line) or "Failed to parse" in line
    ]
    assert ours == []


def test_a_file_that_stays_starts_its_service_once():
    made = {**files(MemberKind.PAD), **keepers.files()}
    paths = {name for name in made if name.endswith(".path")}
    assert paths == {"hall-update.path", "hall-told.path"}
    for name in paths:
        # systemd starts a service again, whenever it has ended, as long as such a path is there
        assert not re.search(r"^(PathExists|DirectoryNotEmpty)", made[name], re.MULTILINE)
        assert re.search(r"^PathChanged=/", made[name], re.MULTILINE)


def test_every_kind_of_device_has_units_and_only_its_own_hands():
    assert set(HANDS) == set(DEVICE_KINDS)
    assert "char-alsa" not in "".join(unit.text() for unit in device_units(MemberKind.PAD))
    assert "gpio" not in device_units(MemberKind.SPEAKER)[1].text().replace("GPIOZERO", "").replace(
        "lgpio", ""
    )


@pytest.mark.parametrize("unit", list(every_unit()))
def test_nobody_is_root_and_whatever_hangs_is_started_again(unit):
    text = unit.text()
    assert re.search(r"^User=hall", text, re.MULTILINE)
    assert "CapabilityBoundingSet=\n" in text
    if not unit.once:
        for line in ("Type=notify", "WatchdogSec=30", "Restart=always", "StartLimitIntervalSec=0"):
            assert f"\n{line}\n" in text


def test_a_broker_or_a_clock_that_dies_is_started_again_however_often():
    for text in (broker_drop_in(), box_files()["chrony.service.d/hall.conf"]):
        for line in ("Restart=always", "RestartSec=1", "StartLimitIntervalSec=0"):
            assert f"\n{line}\n" in text


def test_a_members_key_is_not_the_programs_to_change():
    device = device_units(MemberKind.SIGN)[1].text()
    assert "ReadOnlyPaths=/var/lib/hallfleet/identity" in device
    assert device.count("StateDirectory=") == 1


@pytest.mark.parametrize("kind", sorted(DEVICE_KINDS, key=str))
def test_a_devices_unit_starts_its_program(kind):
    [started] = re.findall(
        r"^ExecStart=\S+/bin/python -I -m devices (\S+) \S+$", device_units(kind)[1].text(), re.MULTILINE
    )
    assert started == kind.value
    assert started in DEVICES


def test_a_program_that_cannot_start_says_why_in_one_line(tmp_path, capsys):
    assert start_device(["sign", str(tmp_path / "none.yaml")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert start_device(["kettle", "device.yaml"]) == 2
    assert "sign" in capsys.readouterr().err


def test_the_command_writes_what_a_machine_needs(tmp_path, capsys):
    assert write(kind="box", out=tmp_path) == 0
    assert write(kind="pad", out=tmp_path) == 0
    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()) == [
        "chrony.service.d/hall.conf",
        "hall-backup@.service",
        "hall-backup@.timer",
        "hall-backup@console.timer.d/when.conf",
        "hall-backup@enrolment.timer.d/when.conf",
        "hall-backup@hub.timer.d/when.conf",
        "hall-bell.socket",
        "hall-bell@.service",
        "hall-broker-watch.service",
        "hall-console.service",
        "hall-device.service",
        "hall-enrol.service",
        "hall-enrolment.service",
        "hall-firewall.service",
        "hall-hub.service",
        "hall-renew.service",
        "hall-renew.timer",
        "hall-update.path",
        "hall-update.service",
        "hall-waiting.service",
        "mosquitto.service.d/hall.conf",
    ]
    assert len(capsys.readouterr().out.splitlines()) == 21
