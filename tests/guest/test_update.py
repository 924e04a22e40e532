"""A device comes to another release, and back, on a machine with its own systemd: real units, a root that cannot be written, the plug.

The release is signed, published and sent by the commands that people type; it comes over the desk's TLS, and the hub hears what became of it.
"""

import json
import time
from itertools import count

import pytest

from tests.updates.release_desk import Desk, hall

from .conftest import MEMORY_IS_COUNTED
from .guests_hall import DESK
from .machine import HOST, until
from .releases import built, source

pytestmark = pytest.mark.timeout(1200)
MAIN = "    match argv:\n        case [kind, file]"
HANDS = '"ok" if of not in self.alerts else self.alerts[of].code for name, of in names.items()}'
#: what is wrong with a release → where that stands in it, and the reasons that may be told. All of them load when they are tried.
BAD = {
    "crashes": (("devices/__main__.py", MAIN, f"    __import__('os')._exit(3)\n{MAIN}"), {"crashed"}),
    "never-ready": (
        ("devices/__main__.py", MAIN, f"    __import__('time').sleep(1000)\n{MAIN}"),
        {"not-ready-in-time"},
    ),
    "hangs": (
        (
            "devices/agent/run.py",
            "    _when_on_the_bus(inbox, link, starts.good)\n",
            "    _when_on_the_bus(inbox, link, starts.good)\n            inbox.call_later(5.0, lambda: __import__('time').sleep(1000))\n",
        ),
        {"hung"},
    ),
    "no-broker": (
        ("devices/agent/run.py", "host=settings.broker.host,", 'host="127.0.0.1",'),
        {"no-broker"},
    ),
    "no-hand": (
        ("devices/rating_pad/agent.py", HANDS, HANDS.replace('"ok"', '"lamps-gone"', 1)),
        {"self-test-keys", "self-test-lamps", "self-test-display"},
    ),
    # each piece is written to: memory that is only asked for is nobody's yet. A limit that holds nobody costs this machine a gigabyte
    "takes-all-memory": (
        (
            "devices/__main__.py",
            MAIN,
            f"    taken = []\n    for _ in range(100):\n        taken.append(b'x' * 10_000_000)\n{MAIN}",
        ),
        {"out-of-memory"},
    ),
}
#: how long a plug stays in after a trial has begun, which takes a minute; and what looks each five seconds has looked again, seconds
INTO_TRIAL_S, LOOKED_S = 10.0, 6
#: installing and proving on a busy machine
PATIENCE_S = 400.0


class Releases:
    """The release desk, the hall's mirror, and what the hub knows of them."""

    def __init__(self, folder, guests_hall):
        (folder / "desk").mkdir()
        self._folder, self._hall = folder, guests_hall
        self._desk = Desk(folder / "desk")
        self._numbers = count(1)
        self._mirror = guests_hall.stage.hall.secure.folder / "releases"
        self._settings = guests_hall.stage.folder / "settings" / "hub.yaml"
        #: what a card needs is made when the first release is published
        self.first = self.publish()
        self.root = (folder / "desk" / "releases" / "releases-root.json").read_bytes()

    def publish(self, *changes):
        """A new release, signed, in the hall's mirror: its version."""
        version = f"0.2.{next(self._numbers)}"
        tree = source(self._folder / f"source-{version}", version, *changes)
        made = built(self._desk, "pad", self._folder / f"pad-{version}", tree)
        # the hall has a speaker too, and a rollout is for all of it
        wheel = made / f"hallfleet-{version}-py3-none-any.whl"
        self._desk.hall("add", built(self._desk, "speaker", self._folder / f"speaker-{version}", wheel))
        self._desk.publish(made, self._mirror)
        return version

    def send(self, version):
        """It is sent through the hall, at once."""
        source_of = f"https://{HOST}:{DESK}/releases"
        # fmt: off
        hall(
            self._folder, "release", "rollout", version, "--settings", self._settings, "--mirror", self._mirror,
            "--source", source_of, "--now", "--again",
        )
        # fmt: on

    def status(self):
        """As a technician sees it."""
        where = ("--settings", self._settings, "--mirror", self._mirror)
        return hall(self._folder, "release", "status", *where)

    def told(self, device):
        """What this device has told of the rollout that is on its way; the hall goes on meanwhile."""
        self._hall.stage.run_for(0.2)
        book = json.loads((self._hall.stage.folder / "rollouts.json").read_bytes())
        return book["rollouts"][-1].get("said", {}).get(device.name, "")


@pytest.fixture(scope="module")
def releases(tmp_path_factory, hall):
    return Releases(tmp_path_factory.mktemp("releases"), hall)


@pytest.fixture(scope="module")
def device(hall, releases, module_pad, module_card):
    """A pad in service, whose card said whose releases it may believe."""
    hall.card(module_card, hall.invitation(module_pad.name), releases_root=releases.root)
    switched_on(hall, module_pad, module_card)
    return module_pad


def switched_on(hall, device, card):
    device.boot(card, wait=False)
    assert hall.ready(device.name, 150), device.story()
    device.wait_for_systemd()
    keeps_time(device)


def keeps_time(device):
    """A container may not set this machine's clock, so that its timesyncd never says that it keeps it."""
    device.run("mkdir -p /run/systemd/timesync && touch /run/systemd/timesync/synchronized")


def runs(hall, device, version, *others):
    """This release runs, proved, and these are there too; the rest of the machine is as ever."""
    assert hall.ready(device.name, 60), device.story()
    # the selector has it within seconds
    links = "readlink /opt/hallfleet/current /opt/hallfleet/good"
    until(lambda: device.run(links).split() == [f"releases/{version}"] * 2, within_s=10)
    assert device.run("/opt/hallfleet/current/bin/hall --version") == f"hallfleet {version}\n"
    assert {*device.run("ls -A /opt/hallfleet/releases").split()} == {version, *others}
    assert device.run("ls -d /opt/hallfleet/staging 2>/dev/null", check=False) == ""
    program = device.run("cat /proc/$(systemctl show -P MainPID hall-device)/cmdline").split("\0")
    assert program[0].startswith("/opt/hallfleet/current/bin/python")
    assert device.run("systemctl --failed --plain --no-legend") == ""
    # who watched the trial looks again each two seconds, and then sees that it is over
    units = "systemctl is-active hall-trial hall-update"
    until(lambda: device.run(units, check=False).split() == ["inactive"] * 2, within_s=10)
    assert "Read-only" in device.run("touch /etc/x 2>&1", check=False)


def now_runs(device):
    return device.run("basename $(readlink /opt/hallfleet/good)").strip()


def test_a_release_comes_beside_the_old_proves_itself_and_stays(hall, releases, device):
    was, version = now_runs(device), releases.first
    begun = time.monotonic()
    releases.send(version)
    until(lambda: releases.told(device) == "trial", within_s=PATIENCE_S)
    print(f"\nsent to on trial: {time.monotonic() - begun:.1f} s")
    # for a minute it is not believed
    assert device.run("readlink /opt/hallfleet/current /opt/hallfleet/good").split() == [
        f"releases/{version}",
        f"releases/{was}",
    ]
    until(lambda: releases.told(device) == "good", within_s=PATIENCE_S)
    print(f"sent to good: {time.monotonic() - begun:.1f} s")
    runs(hall, device, version, was)


def test_one_that_crashes_goes_back_by_itself_and_the_hub_is_told_why(hall, releases, device):
    comes_back(hall, releases, device, "crashes")


@pytest.mark.long
@pytest.mark.parametrize(
    "what",
    ["never-ready", "hangs", "no-broker", "no-hand", *(["takes-all-memory"] if MEMORY_IS_COUNTED else [])],
)
def test_whatever_is_wrong_with_it_it_goes_back_and_the_hub_is_told_why(hall, releases, device, what):
    comes_back(hall, releases, device, what)


def comes_back(hall, releases, device, what):
    change, reasons = BAD[what]
    was, version = now_runs(device), releases.publish(change)
    begun = time.monotonic()
    releases.send(version)
    until(lambda: releases.told(device).startswith("rolled-back"), within_s=2 * PATIENCE_S)
    print(f"\n{what}: sent to rolled back: {time.monotonic() - begun:.1f} s")
    reason = releases.told(device).partition(": ")[2]
    assert reason in reasons
    assert f"HALTED: canary {device.name} rolled-back: {reason}" in releases.status()
    assert f"bad    {version}: {reason}" in device.run("/opt/hallfleet/current/bin/hall update show")
    # two releases stay: the one that runs, and the one that failed until another comes
    runs(hall, device, was, version)


@pytest.mark.long
@pytest.mark.parametrize("after_s", [1.0, 6.0])
def test_a_plug_pulled_in_the_middle_of_installing_costs_a_start(
    hall, releases, device, module_card, after_s
):
    """And the hall has lost its power with it: the network comes a while after the device, and so does the time."""
    was, version = now_runs(device), releases.publish()
    releases.send(version)
    until(lambda: device.run("ls /opt/hallfleet/staging/made 2>/dev/null", check=False), within_s=PATIENCE_S)
    time.sleep(after_s)  # where in pip's work the plug is pulled
    device.power_cut()
    assert hall.gone(device.name, 90)
    device.boot(module_card, plugged=False, wait=False)
    both = "systemctl is-active hall-device hall-update"
    until(lambda: device.run(both, check=False).split() == ["active", "activating"])
    assert device.run("readlink /opt/hallfleet/current") == f"releases/{was}\n"
    # it has looked, and goes on looking
    device.run(f"sleep {LOOKED_S}")
    assert device.run(both, check=False).split() == ["active", "activating"]
    device.plug(into_network=True)
    assert hall.ready(device.name, 150), device.story()
    keeps_time(device)
    until(lambda: releases.told(device) == "good", within_s=PATIENCE_S)
    runs(hall, device, version, was)


@pytest.mark.long
def test_a_plug_pulled_while_it_proves_itself_costs_one_of_its_starts(hall, releases, device, module_card):
    was, version = now_runs(device), releases.publish()
    releases.send(version)
    until(lambda: releases.told(device) == "trial", within_s=PATIENCE_S)
    time.sleep(INTO_TRIAL_S)  # in the middle of its minute, and nothing tells that moment but a clock
    device.power_cut()
    assert hall.gone(device.name, 90)
    switched_on(hall, device, module_card)
    assert device.run("readlink /opt/hallfleet/current /opt/hallfleet/good").split() == [
        f"releases/{version}",
        f"releases/{was}",
    ]
    until(lambda: releases.told(device) == "good", within_s=PATIENCE_S)
    runs(hall, device, version, was)
