"""A hall box as a guest: what it is made from, and what is seen of it from outside."""

import os
import socket
from pathlib import Path

from deploy.wheelhouse import build

from .wheels import PLATFORM, PYTHON

#: what the hall needs from outside, and nothing else
OPEN = {8080, 8443, 8444, 8883}
#: The whole hall starts with this machine: on a busy one it takes longer than a device.
STARTS_S = 180.0
EXAMPLE = Path(__file__).parents[2] / "deploy" / "hall.example.yaml"
#: a card that says no more than that the network gives an address
PLAIN = {
    "meta-data": "instance-id: box-1\ndsmode: local\n",
    "user-data": "#cloud-config\nhostname: hall-hub\n",
    "network-config": "network: {version: 2, ethernets: {eth0: {dhcp4: true, optional: true}}}\n",
}
#: as the pages and every message call it
HALL = "hall"


def everything(tmp_path):
    """What a technician carries: Debian's packages, the hall's wheels, the hall's settings."""
    mirror = Path(os.environ["HALL_GUEST_WHEELS"])
    build(None, tmp_path / "wheels", python=PYTHON, platform=PLATFORM, mirror=mirror)
    return tmp_path / "wheels", Path(os.environ["HALL_GUEST_DEBS"])


def installed(box, hall="/mnt/hall.yaml"):
    """The three lines of the page, typed."""
    box.run("apt-get install -y -q --no-install-recommends /mnt/debs/*.deb", timeout=240)
    return programs_and_hall(box, hall)


def programs_and_hall(box, hall="/mnt/hall.yaml"):
    """The last two of them."""
    box.run(
        "python3 -m venv /opt/hallfleet/releases/0.1.0 && /opt/hallfleet/releases/0.1.0/bin/pip install -q --no-index"
        " --find-links /mnt/wheels --require-hashes --only-binary :all: -r /mnt/wheels/requirements.txt",
        timeout=240,
    )
    return box.run(f"/opt/hallfleet/releases/0.1.0/bin/hall hub install --hall {hall}", timeout=240)


def open_ports(address, ports):
    return {port for port in ports if reached(address, port)}


def reached(address, port):
    try:
        socket.create_connection((address, port), timeout=2).close()
    except OSError:
        return False
    return True


def answered(line, said):
    """What comes back; nothing from whoever hangs up."""
    try:
        line.sendall(said)
        return line.recv(4)
    except OSError:
        return b""


def greeted(own, address):
    """Whether the broker lets in whoever shows this."""
    try:
        with socket.create_connection((address, 8883), 5) as bare, own.wrap_socket(bare) as line:
            line.settimeout(5)
            line.sendall(b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05pad-3")
            return line.recv(4) == b"\x20\x02\x00\x00"
    except OSError:
        return False
