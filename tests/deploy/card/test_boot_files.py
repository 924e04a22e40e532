"""What a card is told, in each system's own words: read back by what that system reads it with, and never more than it should say."""

import hashlib
import os
import re
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.card import files
from deploy.card.bookworm import TRIES
from deploy.card.formats import FIRSTBOOT, Format, detect
from deploy.card.plan import Address, CardPlan, Wifi
from deploy.card.settle import NAME as SETTLE
from hall.errors import Refused
from tests.deploy.card.cards import CARDS, CMDLINE, COMMON

GOLDEN = Path(__file__).with_name("golden")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample0 technician"
ADDRESS = Address(address="192.168.8.21/24", gateway="192.168.8.1", dns=("192.168.8.2",))
SECRET = "correct horse battery"
PLANS = {
    "wired": {},
    "wireless": {"wifi": Wifi.of("大厅 5G", SECRET, hidden=True), "ssh_keys": (KEY,)},
    "addressed": {"address": ADDRESS},
    "serial": {"serial": True, "hardware": ("enable_uart=1",), "arguments": ("spidev.bufsiz=65536",)},
}
#: the keys that each system's reader knows
CUSTOM = {
    "config_version", "system.hostname", "user.name", "user.password", "user.password_encrypted", "ssh.enabled",
    "ssh.password_authentication", "ssh.authorized_keys", "ssh.ssh_import_id", "wlan.ssid", "wlan.password",
    "wlan.password_encrypted", "wlan.hidden", "wlan.country", "locale.keymap", "locale.timezone",
}  # fmt: skip
PRESEED = (CUSTOM - {"ssh.ssh_import_id"}) | {
    "user.passwordless_sudo", "wlan.key_mgmt", "runcmd.late", "runcmd.late_require_time_sync",
    "runcmd.late_wait_for_apt_lock", "runcmd.late_retries",
}  # fmt: skip


def written(plan, card):
    return files.boot_files(plan, detect(CARDS[card]))


def keys(toml):
    flat = set()
    for name, value in toml.items():
        flat |= {f"{name}.{key}" for key in value} if isinstance(value, dict) else {name}
    return flat


class TestGolden:
    @pytest.mark.parametrize("card", CARDS)
    @pytest.mark.parametrize("which", PLANS)
    def test_every_file_of_every_system_is_the_one_that_was_looked_at(self, plan, card, which):
        for name, content in written(plan(**PLANS[which]), card).items():
            golden = GOLDEN / card / which / name.replace("/", "-")
            if os.environ.get("HALL_GOLDEN") == "write":
                golden.parent.mkdir(parents=True, exist_ok=True)
                golden.write_bytes(content)
            assert content.decode() == golden.read_text(encoding="utf-8"), golden.name

    def test_nothing_else_lies_among_the_golden_files(self, plan):
        wanted = {
            f"{card}/{which}/{name.replace('/', '-')}"
            for card in CARDS
            for which in PLANS
            for name in written(plan(**PLANS[which]), card)
        }
        assert {str(file.relative_to(GOLDEN)) for file in GOLDEN.rglob("*") if file.is_file()} == wanted


class TestEverySystem:
    @pytest.mark.parametrize("card", CARDS)
    @pytest.mark.parametrize("which", PLANS)
    def test_the_kernels_arguments_stay_one_line_and_keep_what_was_there(self, plan, card, which):
        line = written(plan(**PLANS[which]), card)["cmdline.txt"].decode()
        assert line.count("\n") == 1
        assert line.endswith("\n")
        kept = CMDLINE.replace("console=serial0,115200 ", "") if which == "serial" else CMDLINE
        assert line.startswith(kept)

    @pytest.mark.parametrize("card", CARDS)
    def test_the_kernel_is_told_to_count_memory_for_no_pi_does_unasked(self, plan, card):
        told = {**CARDS[card], "cmdline.txt": b"cgroup_enable=cpuset " + CARDS[card]["cmdline.txt"]}
        arguments = files.boot_files(plan(), detect(told))["cmdline.txt"].decode().split()
        assert arguments.count("cgroup_enable=memory") == 1
        assert "cgroup_enable=cpuset" in arguments

    @pytest.mark.parametrize("card", CARDS)
    def test_a_card_written_twice_is_as_if_written_once(self, plan, card):
        once = written(plan(wifi=Wifi.of("hall", SECRET)), card)
        again = files.boot_files(plan(wifi=Wifi.of("hall", SECRET)), detect(CARDS[card] | once))
        assert again == once

    @pytest.mark.parametrize("card", CARDS)
    def test_buses_are_switched_on_for_every_board_and_only_once(self, plan, card):
        config = written(plan(), card)["config.txt"].decode()
        assert config.startswith(COMMON["config.txt"].decode().rstrip())
        assert config.count("dtparam=spi=on") == 1
        assert "[all]\ndtparam=spi=on" in config

    @pytest.mark.parametrize("card", CARDS)
    @pytest.mark.parametrize("which", PLANS)
    def test_nothing_is_fetched_nobody_may_become_root_and_no_password_is_readable(self, plan, card, which):
        everything = b"\n".join(written(plan(**PLANS[which]), card).values()).decode()
        assert not re.search(
            r"packages|package_up|apt-get|manage_etc_hosts|NOPASSWD|curl|wget|https?:", everything
        )
        assert SECRET not in everything

    def test_a_plan_that_is_shown_shows_no_key(self, plan):
        made = plan(wifi=Wifi.of("hall", SECRET))
        assert SECRET not in repr(made)
        assert made.wifi.key not in repr(made)


class TestTrixie:
    def test_who_the_machine_is(self, plan):
        made = written(plan(ssh_keys=(KEY,)), "trixie")
        assert made["user-data"].startswith(b"#cloud-config\n")
        told = yaml.safe_load(made["user-data"])
        assert told["hostname"] == "sign-2"
        assert told["user"] == {
            "name": "hall-tech",
            "lock_passwd": True,
            "sudo": None,
            "ssh_authorized_keys": [KEY],
        }
        assert "users" not in told
        assert told["runcmd"] == [["/bin/sh", "/boot/firmware/hall/first-boot"]]

    def test_each_writing_has_a_name_of_its_own_said_in_both_places(self, plan):
        made = [written(plan(once=once), "trixie") for once in ("aaaa", "bbbb")]
        names = [yaml.safe_load(each["meta-data"])["instance-id"] for each in made]
        assert len(set(names)) == 2
        for each, name in zip(made, names, strict=True):
            assert each["cmdline.txt"].decode().split()[-1] == f"ds=nocloud;i={name}"

    def test_a_cable_is_never_waited_for(self, plan):
        for which in PLANS.values():
            told = yaml.safe_load(written(plan(**which), "trixie")["network-config"])
            assert told["network"]["ethernets"]["eth0"]["optional"] is True

    def test_an_address_of_its_own_belongs_to_the_network_that_is_used(self, plan):
        wired = yaml.safe_load(written(plan(address=ADDRESS), "trixie")["network-config"])["network"]
        assert wired["ethernets"]["eth0"]["addresses"] == ["192.168.8.21/24"]
        both = written(plan(address=ADDRESS, wifi=Wifi.of("hall", None)), "trixie")
        wireless = yaml.safe_load(both["network-config"])["network"]["wifis"]["wlan0"]
        assert wireless["routes"] == [{"to": "default", "via": "192.168.8.1"}]
        assert wireless["access-points"] == {"hall": {}}


class TestBookworm:
    def test_the_systems_own_reader_knows_every_key(self, plan):
        for which in PLANS.values():
            assert keys(tomllib.loads(written(plan(**which), "bookworm")["custom.toml"].decode())) <= CUSTOM

    def test_the_first_start_is_left_as_it_is_and_ours_is_named_by_its_whole_path(self, plan):
        arguments = written(plan(), "bookworm")["cmdline.txt"].decode().split()
        assert FIRSTBOOT in arguments
        assert "systemd.run=/boot/firmware/firstrun.sh" in arguments

    @pytest.mark.parametrize("ssid", ["a;b", "a\\b", " hall", "hall ", "-h"])
    def test_a_network_that_the_system_would_write_wrongly_is_refused_beforehand(self, plan, ssid):
        with pytest.raises(Refused, match="cannot be told the network"):
            written(plan(wifi=Wifi.of(ssid, None)), "bookworm")
        assert (
            f"ssid={''.join(f'{octet};' for octet in ssid.encode())}"
            in written(plan(wifi=Wifi.of(ssid, None), address=ADDRESS), "bookworm")[SETTLE].decode()
        )


class TestFirstRun:
    """``firstrun.sh``, run in a folder that stands for the boot partition."""

    @pytest.fixture
    def boot(self, tmp_path, plan):
        for name, content in written(plan(address=ADDRESS), "bookworm").items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
        return tmp_path

    def run(self, boot, first_boot):
        (boot / "hall/first-boot").write_text(first_boot)
        own = {"HALL_BOOT": str(boot), "HALL_ROOT": str(boot / "root"), "PATH": os.environ["PATH"]}
        done = subprocess.run(["sh", str(boot / "firstrun.sh")], env=own, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")

    def test_it_is_a_script_that_sh_understands(self, boot):
        for name in ("firstrun.sh", SETTLE):
            subprocess.run(["sh", "-n", str(boot / name)], check=True)

    def test_once_all_went_well_it_takes_itself_away(self, boot):
        self.run(boot, f"echo ran >> {boot}/log")
        assert (boot / "log").read_text() == "ran\n"
        assert not (boot / "firstrun.sh").exists()
        assert not (boot / SETTLE).exists()
        line = (boot / "cmdline.txt").read_text()
        assert "systemd." not in line
        assert line.startswith(CMDLINE)

    def test_what_did_not_end_well_is_run_again_and_not_for_ever(self, boot):
        for _ in range(TRIES - 1):
            self.run(boot, "exit 1")
            assert "systemd.run=" in (boot / "cmdline.txt").read_text()
        self.run(boot, "exit 1")
        assert "systemd." not in (boot / "cmdline.txt").read_text()

    def test_a_count_that_the_plug_spoiled_counts_from_the_beginning(self, boot):
        (boot / "hall/tries").write_bytes(b"\0\0\0")
        self.run(boot, "exit 0")
        assert not (boot / "firstrun.sh").exists()

    def test_the_address_is_there_for_nobody_but_root_to_read(self, boot):
        self.run(boot, "exit 0")
        file = boot / "root/etc/NetworkManager/system-connections/hall.nmconnection"
        assert "address1=192.168.8.21/24,192.168.8.1" in file.read_text()
        assert file.stat().st_mode & 0o777 == 0o600


class TestPreseed:
    def test_its_schema_knows_every_key(self, plan):
        for which in PLANS.values():
            told = tomllib.loads(written(plan(**which), "preseed")["rpi-preseed.toml"].decode())
            assert keys(told) <= PRESEED
            assert told["config_version"] == "1.0"

    def test_it_waits_neither_for_a_clock_nor_for_apt(self, plan):
        run = tomllib.loads(written(plan(), "preseed")["rpi-preseed.toml"].decode())["runcmd"]
        assert run["late"] == ["sh /boot/firmware/hall/first-boot"]
        assert (run["late_require_time_sync"], run["late_wait_for_apt_lock"]) == (False, False)


class TestGoldenImage:
    def test_the_script_makes_the_machine_what_it_is_called(self, plan, tmp_path):
        script = tmp_path / "settle"
        script.write_bytes(written(plan(wifi=Wifi.of("大厅", SECRET)), "golden")[SETTLE])
        (tmp_path / "root/etc").mkdir(parents=True)
        for _ in range(2):
            own = {"HALL_ROOT": str(tmp_path / "root"), "PATH": os.environ["PATH"]}
            subprocess.run(["sh", str(script)], env=own, check=True)
        etc = tmp_path / "root/etc"
        assert (etc / "hostname").read_text() == "sign-2\n"
        assert "127.0.1.1\tsign-2" in (etc / "hosts").read_text()
        assert (etc / "localtime").readlink() == Path("/usr/share/zoneinfo/Asia/Shanghai")
        assert "psk=" in (etc / "NetworkManager/system-connections/hall.nmconnection").read_text()


class TestDetection:
    @pytest.mark.parametrize(
        ("card", "format_", "python"),
        [
            ("bookworm", Format.BOOKWORM, "3.11"),
            ("trixie", Format.TRIXIE, "3.13"),
            ("preseed", Format.PRESEED, None),
            ("golden", Format.GOLDEN, "3.13"),
        ],
    )
    def test_each_system_is_known_with_its_python(self, card, format_, python):
        found = detect(CARDS[card])
        assert (found.format, found.python) == (format_, python)

    def test_the_first_trixie_images_read_bookworms_files_and_have_trixies_python(self):
        found = detect(CARDS["bookworm"] | {"issue.txt": b"Raspberry Pi reference 2025-10-01\n"})
        assert (found.format, found.python) == (Format.BOOKWORM, "3.13")

    @pytest.mark.parametrize(
        ("boot", "seen"),
        [
            ({}, "none of the files"),
            (COMMON, "cmdline.txt, config.txt"),
            ({**COMMON, "user-data": b""}, "user-data"),
            ({**CARDS["trixie"], "rpi-preseed.toml": b""}, "rpi-preseed.toml"),
            ({**CARDS["bookworm"], "meta-data": b""}, "meta-data"),
            ({"cmdline.txt": b"a"}, "cmdline.txt"),
            ({**CARDS["golden"], "hall/image.json": b"{"}, "hall/image.json cannot be read"),
        ],
    )
    def test_whoever_is_not_sure_says_what_was_seen(self, boot, seen):
        with pytest.raises(Refused) as no:
            detect(boot)
        assert no.value.code == "unknown-card"
        assert seen in no.value.text.en
        assert seen in no.value.text.zh

    @pytest.mark.parametrize("cmdline", [b"", b"\n", b"a b\nc d\n", b"a\rb\n"])
    def test_arguments_on_two_lines_are_refused(self, cmdline):
        with pytest.raises(Refused, match="exactly one line"):
            detect({**CARDS["trixie"], "cmdline.txt": cmdline})


class TestRefused:
    @pytest.mark.parametrize("bad", ["pass\r\nword", "password\r", "pass\0word", "passwo\u2028rd"])
    def test_a_line_end_pasted_along(self, bad):
        with pytest.raises(Refused, match="line end or control character"):
            Wifi.of("hall", bad)
        with pytest.raises(Refused, match="line end or control character"):
            Wifi.of(bad, "password")

    @pytest.mark.parametrize(("ssid", "password"), [("", "12345678"), ("x" * 33, "12345678"), ("大" * 11, None), ("a", "1234567"), ("a", "x" * 64)])  # fmt: skip
    def test_what_no_network_can_be_called_or_have(self, ssid, password):
        with pytest.raises(Refused):
            Wifi.of(ssid, password)

    @pytest.mark.parametrize(
        "address",
        [
            {"address": "192.168.8.21"},
            {"address": "192.168.8.256/24"},
            {"address": "192.168.8.0/24"},
            {"address": "192.168.8.255/24"},
            {"address": "192.168.8.21/24", "gateway": "192.168.9.1"},
            {"address": "192.168.8.21/24", "gateway": "192.168.8.21"},
            {"address": "192.168.8.21/24", "dns": ("here",)},
        ],
    )
    def test_half_an_address(self, address):
        with pytest.raises(Refused):
            Address(**address)

    @pytest.mark.parametrize(
        "key", ["", "ssh-ed25519", KEY + "\nroot", "-----BEGIN OPENSSH PRIVATE KEY-----"]
    )
    def test_what_is_no_public_key(self, plan, key):
        with pytest.raises(Refused):
            plan(ssh_keys=(key,))

    def test_a_zone_that_is_nowhere(self, plan):
        with pytest.raises(Refused):
            plan(timezone="Asia/Nowhere")


STAMP = datetime(2026, 11, 28, tzinfo=UTC)
LINE = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u2028\u2029"),
    min_size=1,
    max_size=32,
)
SSIDS = LINE.filter(lambda text: len(text.encode()) <= 32)
PASSWORDS = LINE.filter(lambda text: 8 <= len(text.encode()) <= 63)
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)


class TestWhateverItIsCalled:
    # a network's key takes its time to make
    @settings(max_examples=settings.default.max_examples // 4)
    @given(NAMES, SSIDS, PASSWORDS, st.booleans())
    def test_what_is_written_reads_back_the_same(self, name, ssid, password, hidden):
        wifi = Wifi.of(ssid, password, hidden=hidden)
        key = hashlib.pbkdf2_hmac("sha1", password.encode(), ssid.encode(), 4096, 32).hex()
        usual = {"timezone": "UTC", "stamp": STAMP, "once": "0000"}
        made = CardPlan(hall="demo", member=name, wifi=wifi, **usual)

        trixie = written(made, "trixie")
        assert yaml.safe_load(trixie["user-data"])["hostname"] == name
        points = yaml.safe_load(trixie["network-config"])["network"]["wifis"]["wlan0"]["access-points"]
        assert points == {ssid: {"password": key} | ({"hidden": True} if hidden else {})}

        preseed = tomllib.loads(written(made, "preseed")["rpi-preseed.toml"].decode())
        assert preseed["system"]["hostname"] == name
        assert (preseed["wlan"]["ssid"], preseed["wlan"]["password"]) == (ssid, key)

        settle = written(made, "golden")[SETTLE].decode()
        octets = bytes(int(each) for each in re.search("^ssid=(.*);$", settle, re.MULTILINE)[1].split(";"))
        assert octets.decode() == ssid

        try:
            custom = tomllib.loads(written(made, "bookworm")["custom.toml"].decode())
        except Refused:
            assert ssid != ssid.strip() or ssid[0] == "-" or {";", "\\"} & {*ssid}
        else:
            assert (custom["system"]["hostname"], custom["wlan"]["ssid"]) == (name, ssid)
            assert custom["wlan"]["password"] == key
