"""The hall box changes to another release and back, on a machine with its own systemd: real units, a real door, the plug."""

import json
import shutil
from datetime import UTC, datetime

import pytest

from tests.updates.release_desk import Desk

from .box import EXAMPLE, HALL, OPEN, STARTS_S, installed, open_ports
from .machine import until
from .releases import WAS, built, source

GOOD, BAD = "0.2.0", "0.2.1"
#: what only the new releases' unit of the pages says
SAYS, SAYS_NEW = "The staff's pages, and the hall board", "The staff's pages and the hall board, anew"
ANEW = ("deploy/appliance/box/units.py", SAYS, SAYS_NEW)
#: a hub that lives long enough to answer, and not for a minute
RUN = "def run(settings: Path) -> int:\n"
DIES = ("hub/__main__.py", RUN, f"{RUN}    __import__('threading').Timer(30, os._exit, (3,)).start()\n")
#: making a release ready, and a trial that waits for all that a box may take
PATIENCE_S = 900.0
TOLD = "import sqlite3; db = sqlite3.connect('/var/lib/hallfleet/hub/hub.db'); print(*db.execute('SELECT body FROM facts ORDER BY n'), sep='\\n')"


def on_a_stick(tmp_path):
    """Both releases, signed by two people and published."""
    work = tmp_path / "desk"
    work.mkdir()
    desk = Desk(work)
    for version in (GOOD, BAD):
        tree = source(tmp_path / f"source-{version}", version, ANEW, *([DIES] if version == BAD else []))
        desk.publish(built(desk, "box", work / f"box-{version}", tree), tmp_path / "stick")
    shutil.copy2(work / "releases" / "releases-root.json", tmp_path / "stick")


def night():
    """A zone in which it is one in the morning."""
    ahead = 1 - datetime.now(UTC).hour
    return f"Etc/GMT{-(ahead if ahead >= -12 else ahead + 24):+d}"


def turn(box):
    """How far the last update is, or how it ended."""
    return json.loads(box.run("cat /var/lib/hallfleet/boot/box.json", check=False) or "{}")


def facts(box):
    """Everything that the journal has."""
    return box.run(f'/opt/hallfleet/current/bin/python -c "{TOLD}"').splitlines()


def tell(box, number):
    """Somebody changes something that the hall remembers; what the journal has then."""
    box.run(
        f'sed \'s/"12329"/"{number}"/\' /mnt/stick/hall.yaml >/tmp/told.yaml && chmod 0644 /tmp/told.yaml'
    )
    settings = "--settings /etc/hallfleet/hub.yaml --reason 'another number'"
    box.run(f"runuser -u hall-hub -- {HALL} settings import {settings} /tmp/told.yaml")
    assert number in facts(box)[-1]
    return facts(box)


def runs(box, version):
    """All of this release runs, as it was installed, can be reached, and nothing is left of how it came to that."""
    assert box.run(f"{HALL} --version") == f"hallfleet {version}\n"
    links = box.run("readlink /opt/hallfleet/current /opt/hallfleet/good").split()
    assert links == [f"releases/{version}"] * 2
    for unit in ("hall-enrolment", "hall-hub", "hall-console"):
        command = box.run(f"cat /proc/$(systemctl show -P MainPID {unit})/cmdline")
        assert command.startswith(f"/opt/hallfleet/releases/{version}/bin/python"), unit
    says = SAYS if version == WAS else SAYS_NEW
    assert box.run("systemctl show -P Description hall-console") == f"{says}\n"
    assert box.run(f"{HALL} hub install --check") == "everything is as it was installed\n"
    box.run(f"runuser -u hall-hub -- {HALL} update ask")
    box.run(f"runuser -u hall-hub -- {HALL} journal verify --settings /etc/hallfleet/hub.yaml")
    assert not box.run("ls -d /var/lib/hallfleet/update/before", check=False)
    assert box.run("nft list tables") == "table inet hallfleet\n"
    assert open_ports(box.address, OPEN) == OPEN


def on_trial(box):
    """Wait until the new release has taken the box over, and nobody from outside reaches it."""

    def taken():
        new = SAYS_NEW in box.run("systemctl show -P Description hall-console", check=False)
        return new and box.run("systemctl is-active hall-console", check=False) == "active\n"

    until(taken, within_s=PATIENCE_S)
    assert turn(box)["stage"] == "trying"
    assert open_ports(box.address, OPEN) == set()
    assert box.run("readlink /opt/hallfleet/current /opt/hallfleet/good").split() == [
        f"releases/{GOOD}",
        f"releases/{WAS}",
    ]


# all of it in one machine: making it takes a minute and a half, and each part stands on the one before
@pytest.mark.long
@pytest.mark.timeout(2400)
def test_a_hall_box_goes_to_another_release_and_comes_back_from_whatever_ends_badly(box, card, tmp_path):
    on_a_stick(tmp_path)
    plan = EXAMPLE.read_text()
    assert plan.count("Asia/Shanghai") == 1
    (tmp_path / "stick/hall.yaml").write_text(plan.replace("Asia/Shanghai", night()))
    installed(box, hall="/mnt/stick/hall.yaml")
    mirror = "/var/lib/hallfleet/enrolment/releases"
    box.run(
        f"cp /mnt/stick/releases-root.json /etc/hallfleet/ && {HALL} release bring --repository /mnt/stick --to {mirror}"
    )
    before = tell(box, "12330")

    # the plug is pulled while a release is on trial behind the shut door
    box.run(f"systemd-run --unit=typed {HALL} update box {GOOD}")
    on_trial(box)
    box.power_cut()
    box.boot(card, wait=False)
    assert box.wait_for_systemd(within_s=STARTS_S) == "running", box.story()
    until(lambda: box.address)
    assert (turn(box)["stage"], turn(box)["reason"]) == ("failed", "interrupted while trying")
    runs(box, WAS)
    assert facts(box) == before

    # what tries it is killed
    box.run(f"systemd-run --unit=typed {HALL} update box {GOOD}")
    on_trial(box)
    box.run(f"systemctl kill --signal=KILL --kill-whom=main hall-update@{GOOD}.service")
    until(lambda: turn(box)["stage"] == "failed", within_s=PATIENCE_S)
    until(lambda: box.run("systemctl is-active typed", check=False) == "failed\n")
    runs(box, WAS)
    assert facts(box) == before

    # a release whose hub dies a while after its start: what ran runs again with every fact, and the reason is said
    said = box.run(f"{HALL} update box {BAD} 2>&1; echo $?", timeout=PATIENCE_S)
    why = "not-proved: hall-hub.service did not stay up for a minute"
    assert said == f"{BAD} did not prove itself ({why}): the hall box runs {WAS} with its data as before\n1\n"
    runs(box, WAS)
    assert facts(box) == before
    status = f"{HALL} release status --settings /etc/hallfleet/hub.yaml --mirror {mirror}"
    assert why in box.run(status)
    before = tell(box, "12331")

    # with nothing in its way it stays, and so does what the hall knows
    said = box.run(f"{HALL} update box {GOOD}", timeout=PATIENCE_S)
    assert said == f"the hall box runs {GOOD}, and ran {WAS} before\n"
    runs(box, GOOD)
    assert facts(box)[: len(before)] == before
    assert f"the hall box runs {GOOD}" in box.run(status)
    tell(box, "12332")
    box.run("systemctl reset-failed typed.service")
    assert box.run("systemctl --failed --plain --no-legend") == ""
