"""A fresh Debian becomes the hall's hub without any internet: it runs, it answers, it lets nobody else in, it comes back, and it can be removed."""

import re
import socket
import ssl
import struct
import subprocess
import sys
import urllib.request
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import pytest

from deploy.appliance.box.units import firewall_unit
from hall.tls import trusting
from hub.broker import wait_until

from .box import (
    HALL,
    OPEN,
    PLAIN,
    STARTS_S,
    answered,
    greeted,
    installed,
    open_ports,
    programs_and_hall,
    reached,
)
from .machine import until

UNITS = ("hall-enrolment", "mosquitto", "hall-hub", "hall-console", "chrony", "hall-firewall")
RESTARTED = ("hall-enrolment", "mosquitto", "hall-hub", "hall-console", "chrony")
WATCHED = ("hall-enrolment", "hall-hub", "hall-console")


def asked(address, browser, path, **form):
    """What the staff's pages answer by name, whatever address the network has given the box since; a `form` is posted."""
    body = urlencode(form)
    words = [
        f"{'POST' if form else 'GET'} {path} HTTP/1.1",
        "Host: hall.local:8444",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    with (
        socket.create_connection((address, 8444), timeout=20) as bare,
        browser.wrap_socket(bare, server_hostname="hall.local") as line,
    ):
        line.sendall(("\r\n".join([*words, "", ""]) + body).encode())
        return b"".join(iter(lambda: line.recv(65536), b"")).decode()


def asked_time(address):
    """An NTP question; the stratum of the answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(5)
        line.sendto(b"\x23" + 47 * b"\0", (address, 123))
        return struct.unpack("!B", line.recv(48)[1:2])[0]


def page(url, believed=None):
    """What a browser is answered that believes this certificate, and what its address is in the end."""
    with urllib.request.urlopen(url, timeout=20, context=believed) as answer:
        return answer.read().decode(), answer.url


def believing(address, said):
    """A browser into which somebody has put the certificate that the box hands out, after comparing what they saw."""
    with urllib.request.urlopen(f"http://{address}:8080/ca/hall.crt", timeout=20) as answer:
        given = answer.read()
    fingerprint = sha256(given).hexdigest().upper()
    shown = ":".join(fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2))
    assert f"open http://{address}:8080/ca and install the certificate; its fingerprint is {shown}" in said
    return ssl.create_default_context(cadata=given)


def test_the_firewall_is_there_before_the_network_and_keeps_nothing_else_from_starting(guest, card):
    for name, text in PLAIN.items():
        card.write(name, text)
    with guest.disk() as root:
        units = root / "etc/systemd/system"
        # this Debian has no nft yet: when it is started is what is looked at
        (units / "hall-firewall.service").write_text(
            re.sub(r"=/usr/sbin/nft.*", "=/bin/true", firewall_unit())
        )
        (units / "multi-user.target.wants").mkdir(exist_ok=True)
        (units / "multi-user.target.wants/hall-firewall.service").symlink_to("../hall-firewall.service")
    guest.boot(card)
    # where two wait for each other, systemd leaves one of them out and says so nowhere but on the console
    for unit in ("hall-firewall", "cloud-init-network", "cloud-config"):
        assert guest.run(f"systemctl is-active {unit}", check=False).strip() == "active", unit


# all of it in one machine: making it takes a minute and a half, and each part stands on the one before
@pytest.mark.long
@pytest.mark.timeout(1500)
def test_a_fresh_debian_becomes_the_halls_hub(box, card, tmp_path):
    said = installed(box)

    # it runs, whole
    for unit in UNITS:
        assert box.run(f"systemctl is-active {unit}").strip() == "active", box.story()
    assert box.run("systemctl --failed --plain --no-legend") == ""
    assert box.run(f"{HALL} hub install --check") == "everything is as it was installed\n"
    again = box.run(f"{HALL} hub install", timeout=120)
    assert "nothing was changed" in again

    # an address that the network lends is said at once, and one that it has taken away whenever somebody looks
    was, other = box.address, f"{box.address.rpartition('.')[0]}.250"
    assert f"mind: {was} is lent by the network" in said
    box.run(f"ip address add {other}/32 dev eth0 && ip address del {was}/24 dev eth0")
    moved = box.run(f"{HALL} hub install --check", check=False)
    assert f"the devices' cards say {was}, and this machine has {other}" in moved
    box.run(f"ip address add {was}/24 dev eth0 && ip address del {other}/32 dev eth0")

    # the first administrator is told where to go, and the page answers over the network
    code = re.search(rf"open https://{box.address}:8444/ .* code ([0-9a-f]{{8}});", said)[1]
    assert code in again
    browser = believing(box.address, said)
    first, where = page(f"http://{box.address}:8080/login", browser)
    assert 'name="code"' in first
    assert where == f"https://{box.address}:8444/first"
    assert "<html" in page(f"http://{box.address}:8080/board")[0]

    # it gives the time, and only what the hall needs can be reached
    assert asked_time(box.address) == 10
    box.run("systemd-run --unit=listener python3 -m http.server 9999 --bind 0.0.0.0")
    until(lambda: box.run("ss -ltn").count(":9999"))
    assert open_ports(box.address, (22, 1883, 8080, 8443, 8444, 8883, 9999)) == OPEN
    assert "table inet hallfleet" in box.run("nft list tables")

    # nobody without a certificate, and each account has its own and no other's
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody.check_hostname, nobody.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((box.address, 8883), 5) as bare, nobody.wrap_socket(bare) as line:
        assert not answered(line, b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02ab")
    keys = box.run("find /var/lib/hallfleet -name '*key*' -printf '%m %u %f\\n' | sort").splitlines()
    assert keys == [
        "600 hall-console key.pem",
        "600 hall-console pages.key",
        "600 hall-enrolment issuing.key",
        "600 hall-enrolment pages.key",
        "600 hall-enrolment root.key",
        "600 hall-hub key.pem",
        "640 hall-enrolment server.key",
    ]
    users = {
        unit: box.run(f"stat -c %U /proc/$(systemctl show -P MainPID {unit})").strip()
        for unit in RESTARTED[:4]
    }
    assert users == {
        "hall-enrolment": "hall-enrolment",
        "mosquitto": "mosquitto",
        "hall-hub": "hall-hub",
        "hall-console": "hall-console",
    }

    # the root's key leaves the box, and signing goes on without it
    box.run(
        f"{HALL} enrolment take-root --settings /etc/hallfleet/enrolment.yaml --to /root/stick-of-the-root"
    )
    assert "PRIVATE KEY" in box.run("cat /root/stick-of-the-root/root.key")
    assert not box.run("find /var/lib/hallfleet -name root.key")

    # a device on the cable becomes a member, and is put out when it is retired
    device = tmp_path / "device"
    device.mkdir()
    box.run(
        f"mkdir /tmp/card && {HALL} member expect pad-3 --card /tmp/card --settings /etc/hallfleet/enrolment.yaml"
    )
    (device / "enrol.json").write_text(box.run("cat /tmp/card/enrol.json"))
    assert f"https://{box.address}:8443" in (device / "enrol.json").read_text()
    hall = Path(sys.prefix) / "bin" / "hall"
    joined = [hall, "identity", "enrol", "--card", device / "enrol.json", "--folder", device / "identity"]
    subprocess.run(joined, check=True, timeout=60)
    own = trusting(device / "identity" / "ca.pem", "demo")
    own.load_cert_chain(device / "identity/current/cert.pem", device / "identity/current/key.pem")
    assert greeted(own, box.address), box.run(
        "journalctl -b --no-pager -n 60; ls -la /var/lib/hallfleet/door"
    )
    box.run(f"{HALL} member retire pad-3 --settings /etc/hallfleet/enrolment.yaml")
    assert wait_until(lambda: not greeted(own, box.address), 5)

    # the broker complains of no file that a newer one would refuse, before and after it was read anew
    assert "Future versions" not in box.run("journalctl -b -u mosquitto --no-pager")

    # backups by their own accounts, and the way back
    for part in ("hub", "console", "enrolment"):
        box.run(f"systemctl start hall-backup@{part}.service")
    assert len(box.run("ls /var/backups/hallfleet/*/*.tar").splitlines()) == 3
    box.run(f"cp -r /var/backups/hallfleet /root/stick && {HALL} hub restore /root/stick", timeout=120)
    box.run(f"{HALL} hub install", timeout=240)
    assert box.run(f"{HALL} hub install --check") == "everything is as it was installed\n"
    assert not greeted(own, box.address)

    # whoever is killed comes back
    for unit in RESTARTED:
        before = box.run(f"systemctl show -P MainPID {unit}").strip()
        box.run(f"kill -9 {before}")
        until(
            lambda unit=unit, before=before: (
                box.run(f"systemctl is-active {unit}", check=False).strip() == "active"
                and box.run(f"systemctl show -P MainPID {unit}").strip() not in {before, "0"}
            )
        )
    until(lambda: reached(box.address, 8080))
    assert box.run("systemctl --failed --plain --no-legend") == ""

    # whoever hangs is started again
    hung = {unit: box.run(f"systemctl show -P MainPID {unit}").strip() for unit in (*WATCHED, "mosquitto")}
    box.run(f"kill -STOP {' '.join(hung.values())}")
    for unit, process in hung.items():
        gone = {process, "0"}
        until(lambda: box.run(f"systemctl show -P MainPID {unit}").strip() not in gone, within_s=120)  # noqa: B023
        until(lambda: box.run(f"systemctl is-active {unit}", check=False).strip() == "active", within_s=90)  # noqa: B023
        by = "hall-broker-watch" if unit == "mosquitto" else unit
        says = "hung and was ended" if unit == "mosquitto" else "watchdog"
        assert says in box.run(f"journalctl -b -u {by} --no-pager", check=False).lower()

    # after a night without power it is there again
    box.power_cut()
    box.boot(card, wait=False)
    box.wait_for_systemd(within_s=STARTS_S)
    until(lambda: box.address)
    until(lambda: open_ports(box.address, OPEN) == OPEN)
    assert 'name="code"' in asked(box.address, browser, "/first")
    assert box.run("systemctl --failed --plain --no-legend") == ""

    # removed, its data stays and is named
    said = box.run(f"{HALL} hub install --uninstall")
    assert "/var/lib/hallfleet" in said
    assert open_ports(box.address, OPEN) == set()
    assert "hallfleet" not in box.run("nft list tables")
    assert box.run(
        "ls /var/lib/hallfleet/hub/hub.db /etc/hallfleet/hall.yaml /var/lib/hallfleet/enrolment/authority/issuing.key"
        " /var/lib/hallfleet/enrolment/authority.before-*/issuing.key /var/backups/hallfleet/hub/*.db"
    )
    assert not box.run("ls /etc/systemd/system | grep '^hall-'", check=False)
    assert box.run("systemctl --failed --plain --no-legend") == ""
    assert box.run("ls -A /opt", check=False) == ""

    # and installed again it takes all of it up: the same authority, the same settings
    root = box.run("sha256sum /var/lib/hallfleet/enrolment/authority/root.pem")
    said = programs_and_hall(box)
    assert code in said
    assert box.run("sha256sum /var/lib/hallfleet/enrolment/authority/root.pem") == root
    # the network may have given it another address since: that is all there is to say
    differs = box.run(f"{HALL} hub install --check", check=False).splitlines()
    moved = [] if box.address == was else [f"address: the devices' cards say {was}"]
    assert [line.partition(",")[0] for line in differs if "everything is" not in line] == moved
    assert open_ports(box.address, OPEN) == OPEN
    assert box.run(f"{HALL} hub install", timeout=240).count(code) == 1

    # nobody has a password before the first administrator has given themselves one, by a code that is good once
    own = {"code": code, "login": "admin", "name": "管理员", "new": "three quiet windows"}
    assert "location: /login" in asked(box.address, browser, "/first", **own)
    again = asked(box.address, browser, "/first", **own | {"login": "second"})
    stranger = asked(box.address, browser, "/login", login="second", password="three quiet windows")
    assert (again[:12], stranger[:12]) == ("HTTP/1.1 403", "HTTP/1.1 403")
    entered = asked(box.address, browser, "/login", login="admin", password="three quiet windows")
    assert "__Host-hall-session=" in entered
    assert code not in box.run(f"{HALL} hub install", timeout=240)
