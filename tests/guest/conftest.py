"""Tests that boot a whole Debian. `make guest` runs them in a room of their own; anywhere else they are not even collected."""

import os
from pathlib import Path

import pytest

from .box import EXAMPLE, PLAIN, everything
from .guests_hall import GuestsHall
from .machine import Card, Guest, Network, until

INSIDE = os.environ.get("HALL_GUEST_ROOM") == "yes"
collect_ignore_glob = [] if INSIDE else ["test_*.py"]
KERNEL = bool(os.environ.get("HALL_GUEST_KERNEL"))
if not KERNEL:  # scripts/guest-kernel has said why
    collect_ignore_glob.append("test_kernel_*.py")
if not os.environ.get("HALL_GUEST_ARM64"):  # scripts/guest-arm64 makes the image and says where it is
    collect_ignore_glob.append("test_arm64.py")
#: a machine whose old control groups have it lends it to no guest: then `MemoryMax` holds nobody there
MEMORY_IS_COUNTED = (
    INSIDE and "memory" in Path("/sys/fs/cgroup/cgroup.controllers").read_text(encoding="ascii").split()
)


def pytest_report_header():
    """What is left out is said, and what stands for it."""
    if not INSIDE or MEMORY_IS_COUNTED:
        return None
    instead = (
        "test_kernel_memory.py shows it on a kernel of its own" if KERNEL else "and nothing shows it here"
    )
    return f"left out: a release that takes all memory (this machine's kernel does not count a guest's); {instead}"


def pytest_collection_modifyitems(items):
    """All of them are guests' tests: nobody has to remember the mark."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.guest)


@pytest.fixture(scope="session")
def base():
    """The Debian that every guest begins as."""
    return Path(os.environ["HALL_GUEST_ROOT"])


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """The hall's cable."""
    made = Network(tmp_path_factory.mktemp("network"))
    yield made
    made.close()


@pytest.fixture
def card(tmp_path):
    """An empty boot partition."""
    return Card(tmp_path)


@pytest.fixture
def new_guest(tmp_path, base, network):
    """Makes guests, each with a fresh root; they are off and gone when the test is over."""
    made = []

    def new(name="guest"):
        guest = Guest(tmp_path / name, base, name)
        made.append(guest)
        return guest

    yield new
    for guest in made:
        guest.close()


@pytest.fixture
def guest(new_guest):
    """A guest with a fresh root, switched off."""
    return new_guest()


@pytest.fixture
def box(new_guest, card, tmp_path):
    """A fresh machine beside which lies what it is made a hall box from, and a stick: ``tmp_path / "stick"``, ``/mnt/stick`` in it."""
    wheels, debs = everything(tmp_path)
    stick = tmp_path / "stick"
    stick.mkdir()
    guest = new_guest("box")
    with guest.disk() as root:
        # the cloud-init of Debian 12 puts names behind this as it stands, and reads no network from there
        seed = root / "etc/cloud/cloud.cfg.d/99_raspberry-pi.cfg"
        seed.write_text(seed.read_text().replace("/boot/firmware\n", "/boot/firmware/\n"))
        (root / "etc/systemd/network/50-box.network").write_text("[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n")
        # a container has no clock of its own: chrony serves this machine's, and sets none
        (root / "etc/systemd/system/chrony.service.d").mkdir(parents=True)
        (root / "etc/systemd/system/chrony.service.d/guest.conf").write_text(
            "[Unit]\nConditionCapability=\n[Service]\nEnvironmentFile=/etc/default/chrony-guest\n"
        )
        (root / "etc/default/chrony-guest").write_text('DAEMON_OPTS="-x -F 0"\n')
    for name, text in PLAIN.items():
        card.write(name, text)
    guest.binds = (
        f"{wheels}:/mnt/wheels",
        f"{debs}:/mnt/debs",
        f"{EXAMPLE}:/mnt/hall.yaml",
        f"{stick}:/mnt/stick",
    )
    guest.boot(card)
    until(lambda: guest.address)
    return guest


@pytest.fixture(scope="session")
def hall(tmp_path_factory, network):
    """Hub, desk and broker on this side of the cable."""
    made = GuestsHall(tmp_path_factory.mktemp("hall"))
    yield made
    made.close()


@pytest.fixture
def pad(hall, new_guest):
    """A pad that was never switched on, with keys and lamps, and its name."""
    name = hall.next_pad()
    return with_hands(hall, new_guest(name))


def with_hands(hall, guest):
    """A guest has no header: its keys and lamps are the twin's, through the product's own way to choose its pins."""
    sockets, drop_in = hall.hands(guest.name)
    with guest.disk() as root:
        for unit in ("device", "waiting"):
            folder = root / f"etc/systemd/system/hall-{unit}.service.d"
            folder.mkdir()
            (folder / "twin.conf").write_text(drop_in)
    guest.binds = (f"{sockets}:{sockets}",)
    return guest


@pytest.fixture(scope="module")
def module_card(tmp_path_factory):
    """A boot partition for all tests of a module."""
    return Card(tmp_path_factory.mktemp("card"))


@pytest.fixture(scope="module")
def module_pad(tmp_path_factory, base, hall):
    """A pad for all tests of a module."""
    name = hall.next_pad()
    guest = Guest(tmp_path_factory.mktemp(name), base, name)
    yield with_hands(hall, guest)
    guest.close()
