"""A technician's card, a Pi that was never switched on, a hall: from power-on to ready, and what is there then."""

import json
import re
import time
from xml.etree import ElementTree as ET

import pytest

from hall.tls import server_name

from .machine import NETWORK, sh, until


@pytest.fixture(scope="module")
def token():
    """The invitations' tokens, by name."""
    return {}


@pytest.fixture(scope="module")
def device(hall, module_pad, module_card, token):
    """A pad that came into service from its card; switched on and left so."""
    invitation = hall.invitation(module_pad.name)
    token[module_pad.name] = invitation.token
    hall.card(module_card, invitation)
    module_pad.boot(module_card, wait=False)
    assert hall.ready(module_pad.name, 120), module_pad.story()
    module_pad.took_s = time.monotonic() - module_pad.switched_on
    module_pad.wait_for_systemd()
    return module_pad


def test_a_blank_pad_becomes_a_member_and_ready_by_itself(hall, device):
    print(f"\npower-on to ready, with installing: {device.took_s:.1f} s")
    assert device.took_s < 120
    assert hall.standing(device.name) == "enrolled"
    assert device.run("systemctl --failed --plain --no-legend") == ""
    assert device.state() == "running"
    active = device.run("systemctl is-active hall-told.path hall-update.path hall-renew.timer hall-read-only")
    assert active.split() == ["active"] * 4


def test_its_certificate_is_for_its_name_and_its_key_is_its_own(device):
    place = "/var/lib/hallfleet/identity/current"
    assert device.run(f"stat -c '%U %a' {place}/key.pem").split() == ["hall", "600"]
    said = device.run(
        f"/opt/hallfleet/current/bin/python -c 'from cryptography import x509; "
        f'print(x509.load_pem_x509_certificates(open("{place}/cert.pem","rb").read())[0].subject.rfc4514_string())'
        "'"
    )
    assert said.strip() == f"CN={device.name}"


def test_the_card_says_in_both_languages_what_became_of_it(device, module_card):
    until(lambda: "已登记" in device.run("cat /boot/firmware/hall/status.txt"), within_s=20)
    assert "a member of the hall" in device.run("cat /boot/firmware/hall/status.txt")


def test_no_secret_is_on_the_card_in_the_journal_or_in_a_support_bundle(hall, device, token):
    until(lambda: '"token":""' in device.run("cat /boot/firmware/hall/enrol.json"), within_s=20)
    key = device.run("grep -v -- --- /var/lib/hallfleet/identity/current/key.pem | head -n 1").strip()
    assert len(key) > 40
    journal = device.run("journalctl --no-pager -o json")
    bundle = hall.bundle(device.name)
    found = json.loads(bundle)
    # it is the device's own, and whole: settings, a log, and what its doctor says
    assert found["settings"]["member"] == device.name
    assert any("started" in line for line in map(str, found["log"]))
    assert "clock" in {finding["code"].partition("-")[0] for finding in found["doctor"]}
    for text in (journal, bundle):
        assert token[device.name] not in text
        assert key not in text
        assert "PRIVATE KEY" not in text
    # 1: looked everywhere, found nowhere
    looked = f"grep -rl -F -e {token[device.name]} /etc /boot/firmware /opt/hallfleet/releases/*/bin; echo $?"
    assert device.run(looked) == "1\n"
    # nor in a block of the card that belongs to no file any more
    assert token[device.name].encode() not in device.card.image.read_bytes()


def test_it_has_said_who_it_is_by_itself(device):
    """The slip, sign, lamps or sound of its first self-test: what the technician looks at before confirming it."""
    until(
        lambda: device.run(f"ls /var/lib/hallfleet/device/{device.name}.introduced", check=False),
        within_s=40,
    )


def test_nothing_listens(device):
    """All of TCP, and what of UDP is ever open on such machines; from the cable's other end, as an attacker would."""
    address = until(lambda: device.address)
    common = "53,67,69,111,123,137,161,500,514,631,1900,3702,4500,5353,5355,49152"
    found = nmap("-sS", "-p-", "--min-rate", "8000", address)
    assert found == {}
    told = nmap("-sU", "-p", common, "--max-retries", "1", address)
    assert told == {}
    # the answers to its own question for an address are all that it waits for
    sockets = device.run("ss -Hlntu")
    waiting = {line.split()[4].rpartition(":")[2] for line in sockets.splitlines() if "127.0.0." not in line}
    assert waiting <= {"68", "546"}, sockets


def nmap(*words):
    """Ports that are open for certain, by number."""
    told = ET.fromstring(sh("nmap", "-n", "-Pn", "-T5", "-oX", "-", *words, timeout=240))
    return {
        port.get("portid"): port.get("protocol")
        for port in told.iter("port")
        if port.find("state").get("state") == "open"
    }


def test_root_cannot_be_written_and_the_halls_folders_can(device):
    # on the first start as soon as the system's own programs have closed their files
    until(lambda: "Read-only" in device.run("touch /etc/x 2>&1", check=False), within_s=60, every_s=1.0)
    for place in ("/", "/etc", "/usr/local/bin", "/home", "/root", "/etc/hallfleet"):
        assert "Read-only" in device.run(f"touch {place}/x 2>&1", check=False), place
    for place in ("/var/lib/hallfleet", "/tmp", "/run"):
        device.run(f"touch {place}/x && rm {place}/x")
    # the program itself has its own folder and no other
    pid = device.run("systemctl show -P MainPID hall-device").strip()
    inside = f"nsenter -t {pid} -m -S $(id -u hall) -G $(id -g hall)"
    assert "Read-only" in device.run(f"{inside} touch /opt/hallfleet/x 2>&1", check=False)
    device.run(f"{inside} touch /var/lib/hallfleet/device/x")


def test_the_system_leaves_out_what_a_device_has_no_use_for(device):
    assert (
        device.run("systemctl is-active avahi-daemon ssh.socket apt-daily.timer", check=False).split()
        == ["inactive"] * 3
    )
    assert device.run("ls /var/log/journal 2>/dev/null | wc -l").strip() == "0"
    assert device.run("cat /proc/swaps").count("\n") == 1
    assert "install usb_storage /bin/false" in device.run("modprobe -c")
    said = device.run("systemd-analyze cat-config systemd/system.conf systemd/timesyncd.conf")
    assert "RuntimeWatchdogSec=14s" in said
    assert f"NTP={NETWORK}.1" in said
    assert device.run("udevadm verify /etc/udev/rules.d/99-hall.rules 2>&1 | tail -n 1").strip().endswith(
        "0 warnings."
    ) or ("Success: 1" in device.run("udevadm verify /etc/udev/rules.d/99-hall.rules"))


def test_its_units_are_no_more_exposed_here_than_on_paper(device):
    for unit in ("hall-device", "hall-enrol", "hall-renew"):
        said = device.run(f"systemd-analyze security --no-pager {unit}.service | tail -n 1")
        assert float(re.search(r"([\d.]+) ", said.split(":")[1])[1]) <= 2.0


def test_it_is_ready_again_soon_when_it_is_switched_on_again(hall, device, module_card):
    device.power_cut()
    assert hall.gone(device.name, 30)
    device.boot(module_card, wait=False)
    assert hall.ready(device.name, 60), device.story()
    print(f"\npower-on to ready, once installed: {time.monotonic() - device.switched_on:.1f} s")
    assert device.wait_for_systemd() == "running"
    assert "cloud-init" not in device.run(
        "systemctl list-units --plain --no-legend --state=active 'cloud-*.service'"
    )
    assert "Read-only" in device.run("touch /etc/x 2>&1", check=False)


def test_it_believes_the_halls_box_and_its_name_alone(device):
    assert server_name("demo") in device.run(
        "/opt/hallfleet/current/bin/python -c 'import ssl;from pathlib import Path;from hall.tls import trusting;"
        'print(trusting(Path("/var/lib/hallfleet/identity/ca.pem"),"demo").name)'
        "'"
    )
