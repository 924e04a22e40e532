"""The card's script and the system's settings it brings, without a machine: which clock it believes, and that every file may be written again."""

import hashlib
import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

import deploy.appliance.first_boot as room
from deploy.appliance.first_boot import keepers, system
from deploy.appliance.first_boot.__main__ import Options, settle
from deploy.card.files import Options as Written
from devices.enrolment.used import take_off
from hall.invitation import FILE, Invitation
from hall.messages.common import MemberKind
from sim.twin.paper import PaperPrinter

SCRIPT = Path(room.__file__).with_name("first-boot")
STAMP = 1_795_000_000
DAY = 86_400


def clock(*words):
    done = subprocess.run(
        ["sh", SCRIPT, "clock", *map(str, words)], capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("now", "done", "wanted"),
    [
        pytest.param(0, "", str(STAMP), id="1970"),
        pytest.param(STAMP - 3 * 365 * DAY, "", str(STAMP), id="asleep for years"),
        pytest.param(STAMP - 1, "done", str(STAMP), id="a second before the card was written, later too"),
        pytest.param(STAMP, "", "", id="the very second"),
        pytest.param(STAMP + 3 * DAY, "", "", id="a card that waited"),
        pytest.param(STAMP + 5 * 365 * DAY, "", str(STAMP), id="years ahead, on the first start"),
        pytest.param(STAMP + 5 * 365 * DAY, "done", "", id="years after, on a device in service"),
    ],
)
def test_the_clock_is_the_later_of_its_own_and_the_cards_and_no_fantasy(now, done, wanted):
    assert clock(now, STAMP, done) == wanted


def invitation(**more):
    found = {
        "hall": "demo",
        "member": "pad-3",
        "kind": MemberKind.PAD,
        "desks": ("https://10.1.2.3:8443",),
        "ca": "-",
        "stamp": datetime(2026, 11, 28, tzinfo=UTC),
        "token": "token-for-once",
    }
    return Invitation(**(found | more))


@pytest.fixture
def card(tmp_path):
    folder = tmp_path / "hall"
    folder.mkdir()
    (folder / FILE).write_bytes(msgspec.json.encode(invitation()))
    (folder / "device.yaml").write_text("hall: demo\n")
    return folder


def everything(root):
    """Each file's and link's content, by name."""
    return {
        str(path.relative_to(root)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_a_second_time_changes_nothing_and_a_torn_first_time_is_mended(card, tmp_path):
    root = tmp_path / "root"
    (root / "opt/hallfleet/releases/1.0").mkdir(parents=True)
    settle(card, root, "1.0")
    once = everything(root)
    (root / "etc/systemd/system/hall-device.service").write_text("[Unit]\nDescr")
    (root / "etc/systemd/system/ssh.service").unlink()
    settle(card, root, "1.0")
    assert everything(root) == once
    assert once["opt/hallfleet/current"] == "releases/1.0"
    assert json.loads(once["var/lib/hallfleet/boot/state.json"])["good"] == "1.0"
    assert b"NTP=10.1.2.3\n" in once["etc/systemd/timesyncd.conf.d/90-hall.conf"]


def test_login_from_outside_and_a_writable_root_are_only_where_the_card_asks_for_them(card, tmp_path):
    root = tmp_path / "root"
    (root / "opt/hallfleet/releases/1.0").mkdir(parents=True)
    settle(card, root, "1.0")
    assert str((root / "etc/systemd/system/ssh.service").readlink()) == os.devnull
    assert not (root / "etc/hallfleet/writable").exists()
    (card / "options.json").write_bytes(msgspec.json.encode(Written(ssh=True, read_only=False)))
    root = tmp_path / "another"
    (root / "opt/hallfleet/releases/1.0").mkdir(parents=True)
    settle(card, root, "1.0")
    assert not (root / "etc/systemd/system/ssh.service").exists()
    assert (root / "etc/hallfleet/writable").exists()


def test_what_a_card_may_ask_for_is_what_first_boot_understands():
    assert msgspec.structs.asdict(Options()) == msgspec.structs.asdict(Written())


def test_only_a_used_token_is_taken_off_the_card(card, tmp_path):
    identity = tmp_path / "identity"
    (identity / "current").mkdir(parents=True)
    mark = identity / "current" / "token.sha256"
    mark.write_text("0" * 64)
    assert not take_off(card / FILE, identity)
    assert "token-for-once" in (card / FILE).read_text()
    mark.write_text(hashlib.sha256(b"token-for-once").hexdigest())
    assert take_off(card / FILE, identity)
    assert "token-for-once" not in (card / FILE).read_text()
    assert msgspec.json.decode((card / FILE).read_bytes(), type=Invitation).member == "pad-3"


def test_what_a_person_reads_on_the_card_can_be_printed_and_is_polite():
    text = SCRIPT.read_text(encoding="utf-8")
    assert "您" in text or "请" in text
    text.encode("gb2312")
    assert "你" not in text


@pytest.fixture
def bare(tmp_path):
    """A dispenser's card in a machine on which nothing of the hall is installed yet: its lamp, its printer, its packages."""
    card = tmp_path / "boot/hall"
    (card / "wheels").mkdir(parents=True)
    (card / FILE).write_bytes(
        msgspec.json.encode(invitation(kind=MemberKind.DISPENSER, member="dispenser-1"))
    )
    (card / "device.yaml").write_text("hall: demo\n")
    lamp = tmp_path / "leds/ACT"
    lamp.mkdir(parents=True)
    for name in ("trigger", "delay_on", "delay_off"):
        (lamp / name).write_text("mmc0\n")
    (tmp_path / "usb").mkdir()
    (tmp_path / "usb/lp0").write_bytes(b"")
    return tmp_path


def carry_out(place, **release):
    """The card is carried out; what it says on the card."""
    said = {"version": "1.0", "kind": "dispenser", "python": "0.0", "platform": "none", **release}
    (place / "boot/hall/wheels/release.json").write_text(json.dumps(said))
    where = {
        "HALL_BOOT": place / "boot",
        "HALL_ROOT": place / "root",
        "HALL_LEDS": place / "leds",
        "HALL_PORTS": place / "usb",
    }
    environment = {**os.environ, **{name: str(folder) for name, folder in where.items()}}
    done = subprocess.run(
        ["sh", SCRIPT, "run"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return (place / "boot/hall/status.txt").read_text()


def test_before_anything_is_installed_the_pis_own_lamp_and_the_printer_say_that_a_card_cannot_be_used(bare):
    assert "write the card again" in carry_out(bare)
    shown = {each.name: each.read_text().strip() for each in (bare / "leds/ACT").iterdir()}
    assert shown == {"trigger": "timer", "delay_on": "500", "delay_off": "500"}
    paper = PaperPrinter(576)
    paper.port().write((bare / "usb/lp0").read_bytes())
    (slip,) = paper.slips
    assert slip.text[0].strip() == "dispenser-1"
    assert "对不起，安装包适用于" in "".join(slip.text)
    assert "write the card again" in "".join(slip.text)
    assert "token-for-once" not in "".join(slip.text)


def test_only_a_dispenser_prints(bare):
    (bare / "boot/hall" / FILE).write_bytes(msgspec.json.encode(invitation()))
    carry_out(bare)
    assert (bare / "usb/lp0").read_bytes() == b""


def test_a_system_that_lacks_what_the_release_needs_from_debian_is_told_by_name(bare):
    python = subprocess.run(
        ["python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True, text=True, check=True, timeout=20,
    ).stdout.strip()  # fmt: skip
    machine = os.uname().machine
    said = carry_out(bare, python=python, platform=machine, needs_debs=["dpkg", "python3-never-made"])
    assert "this system lacks python3-never-made: " in said
    assert not (bare / "root/opt/hallfleet/releases/1.0").exists()


def test_the_few_units_of_root_talk_to_nobody():
    for name, text in keepers.files().items():
        if name.endswith(".service") and name != "hall-read-only.service":
            assert "PrivateNetwork=yes" in text
            assert "NoNewPrivileges=yes" in text


def test_systemd_understands_every_line_of_them(tmp_path):
    for name, text in keepers.files().items():
        (tmp_path / name).write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text))
    words = ["systemd-analyze", "verify", "--man=no", *tmp_path.iterdir()]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert [line for line in done.stderr.splitlines() if "hall-" in line] == []


def test_a_device_knows_whose_releases_it_may_believe_when_its_card_says_so(card, tmp_path):
    root = tmp_path / "root"
    (root / "opt/hallfleet/releases/1.0").mkdir(parents=True)
    (card / "releases-root.json").write_text("{}")
    settle(card, root, "1.0")
    assert (root / "etc/hallfleet/releases-root.json").read_text() == "{}"


def test_nothing_of_the_systems_that_listens_is_forgotten():
    for name in ("avahi-daemon.socket", "rpcbind.socket", "ssh.socket", "bluetooth.service"):
        assert name in system.left_out(ssh=False)
