"""``python -m tests.guest.kernel_memory``, as root on a kernel that counts memory: systemd, a device's own unit, and a release that takes all there is.

Prints what the boot selector has in the end and which release runs then, as JSON. The release is no program of ours: what is looked at is
the unit's limit, what systemd makes of it, and what the selector makes of that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from deploy.appliance.units import SELECT, device_units
from devices.updates import boot_select
from devices.updates.boot_select import Place
from hall.messages.common import MemberKind

GOOD, BAD = "1.0", "1.1"
#: what each release does with itself
PROGRAMS = {GOOD: "exec sleep 900", BAD: "exec tail /dev/zero"}
UNITS = Path("/run/units")
#: what systemd and the unit need beside it, empty as it is
STUBS = {
    "default.target": "[Unit]\nWants=hall-device.service\n",
    **{
        f"{name}.target": "[Unit]\n"
        for name in ("sysinit", "basic", "shutdown", "network", "time-set", "sockets", "slices")
    },
    "hall-enrol.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
}
#: an emulated processor; and how often it is looked whether the selector has gone back
PATIENCE_S, LOOK_S = 200.0, 0.5


def prepare(place: Place) -> None:
    """Folders that can be written, the account, two releases, the units."""
    for folder in ("/opt", "/var/lib", "/var/tmp", "/sys/fs/cgroup"):
        kind = "cgroup2" if folder.startswith("/sys") else "tmpfs"
        subprocess.run(["mount", "-t", kind, kind, folder], check=True)
    for name, line in (("passwd", "hall:x:990:990::/:/bin/false"), ("group", "hall:x:990:\ngpio:x:991:")):
        own = Path("/run") / name
        own.write_text(Path("/etc", name).read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
        subprocess.run(["mount", "--bind", own, f"/etc/{name}"], check=True)
    for version, program in PROGRAMS.items():
        folder = place.releases / version / "bin"
        folder.mkdir(parents=True)
        for name in ("python", "hall"):
            (folder / name).write_text(f"#!/bin/sh\n{program}\n", encoding="ascii")
            (folder / name).chmod(0o755)
    boot_select.point(place.link, GOOD)
    Path("/var/lib/hallfleet/identity").mkdir(parents=True)
    UNITS.mkdir()
    (unit,) = (each for each in device_units(MemberKind.PAD) if each.name == "device")
    selector = f"{sys.executable} {boot_select.__file__}"
    for name, text in {**STUBS, "hall-device.service": unit.text().replace(SELECT, selector)}.items():
        (UNITS / name).write_text(text, encoding="utf-8")


def main() -> None:
    """See the module."""
    place = Place()
    prepare(place)
    boot_select.begin_trial(place, BAD)
    environment = {
        "PATH": os.environ["PATH"],
        "container": "hall",
        "SYSTEMD_UNIT_PATH": str(UNITS),
        "SYSTEMD_LOG_TARGET": "console",
    }
    # its own processes: then it is the first of them, as it must be
    inside = [
        "unshare",
        "--pid",
        "--mount",
        "--mount-proc",
        "--fork",
        "--kill-child",
        "/lib/systemd/systemd",
        "--system",
    ]
    with Path("/run/console").open("wb") as console:
        first = subprocess.Popen(
            inside, env=environment, stdin=subprocess.DEVNULL, stdout=console, stderr=console
        )
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and (
        boot_select.read(place).bad is None or boot_select.current(place) != GOOD
    ):
        time.sleep(LOOK_S)
    said = {"runs": boot_select.current(place), **asdict(boot_select.read(place))}
    print(json.dumps(said))
    if said["bad"] is None:
        print(Path("/run/console").read_text(errors="replace")[-4000:])
    first.kill()


if __name__ == "__main__":
    main()
