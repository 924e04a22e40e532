"""Cards, read by Debian's own cloud-init and netplan: what they understand is what was meant."""

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deploy.card import files
from deploy.card.formats import detect
from deploy.card.plan import Address, Wifi
from tests.deploy.card.cards import CARDS

DEBIAN = Path(sys.prefix) / "cloud-init"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample0 technician"
ADDRESS = Address(address="192.168.8.21/24", gateway="192.168.8.1", dns=("192.168.8.2",))


@pytest.fixture(autouse=True)
def _readers():
    assert DEBIAN.is_dir(), f"{DEBIAN} is not there: run `make setup`, which unpacks it"


def write(plan, folder):
    for name, content in files.boot_files(plan, detect(CARDS["trixie"])).items():
        (folder / name).write_bytes(content)
    return folder


def schema(file):
    own = {"PYTHONPATH": str(DEBIAN / "usr/lib/python3/dist-packages"), "PATH": os.environ["PATH"]}
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "cloudinit.cmd.main",
        "schema",
        "--config-file",
        str(file),
    ]
    return subprocess.run(command, env=own, capture_output=True, text=True, check=False, cwd="/")


def netplan(network, folder):
    """What NetworkManager would be told."""
    file = folder / "root/etc/netplan/50-cloud-init.yaml"
    file.parent.mkdir(parents=True)
    told = yaml.safe_load(network.read_text())
    told["network"]["renderer"] = "NetworkManager"  # as Raspberry Pi OS has it by default
    file.write_text(yaml.safe_dump(told, allow_unicode=True))
    file.chmod(0o600)
    libraries = next(DEBIAN.glob("usr/lib/*/libnetplan.so*")).parent
    command = [str(DEBIAN / "usr/libexec/netplan/generate"), "--root-dir", str(folder / "root")]
    subprocess.run(command, env={"LD_LIBRARY_PATH": str(libraries)}, check=True, capture_output=True)
    read = {}
    for made in (folder / "root/run/NetworkManager/system-connections").iterdir():
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(made.read_text())
        read[parser["connection"]["interface-name"]] = parser
    return read


class TestCloudInit:
    @pytest.mark.parametrize("keys", [(), (KEY,)])
    def test_it_finds_nothing_wrong_with_who_the_machine_is(self, plan, tmp_path, keys):
        done = schema(write(plan(ssh_keys=keys), tmp_path) / "user-data")
        assert (done.returncode, "alid" in done.stdout) == (0, True), done.stdout + done.stderr

    def test_it_would_have_found_something_wrong(self, tmp_path):
        (tmp_path / "user-data").write_text("#cloud-config\nruncmd: {a: b}\n")
        done = schema(tmp_path / "user-data")
        assert done.returncode == 1
        assert "runcmd" in done.stdout + done.stderr


class TestNetplan:
    def test_a_cable_asks_the_network_for_its_address(self, plan, tmp_path):
        made = netplan(write(plan(), tmp_path) / "network-config", tmp_path)
        assert made["eth0"]["ipv4"]["method"] == "auto"

    def test_an_address_of_its_own(self, plan, tmp_path):
        made = netplan(write(plan(address=ADDRESS), tmp_path) / "network-config", tmp_path)["eth0"]["ipv4"]
        assert (made["method"], made["address1"]) == ("manual", "192.168.8.21/24")
        assert made["dns"] == "192.168.8.2;"
        assert "192.168.8.1" in (made.get("route1") or made.get("gateway"))

    @pytest.mark.parametrize(
        "ssid", ["hall", "大厅 5G", 'say "hi": yes', "yes", "0123", "# no", "- x", "'", "null"]
    )
    def test_a_network_under_any_name(self, plan, tmp_path, ssid):
        wifi = Wifi.of(ssid, "correct horse battery", hidden=True)
        made = netplan(write(plan(wifi=wifi), tmp_path) / "network-config", tmp_path)["wlan0"]
        assert (made["wifi"]["ssid"], made["wifi"]["hidden"]) == (ssid, "true")
        assert made["wifi-security"]["psk"] == wifi.key

    def test_an_open_network(self, plan, tmp_path):
        made = netplan(write(plan(wifi=Wifi.of("hall", None)), tmp_path) / "network-config", tmp_path)[
            "wlan0"
        ]
        assert "wifi-security" not in made
