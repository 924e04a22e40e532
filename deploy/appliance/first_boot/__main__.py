"""``python -m deploy.appliance.first_boot``: what the card's script leaves to Python once a release is there.

Every file is written whole, and all of them may be written again: whoever is cut off here begins here.
"""

from __future__ import annotations

import argparse
import os
import stat
import sys
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from deploy.appliance import units
from deploy.appliance.first_boot import keepers, system
from devices.updates import boot_select
from hall.errors import HallError
from hall.files import link, write_whole
from hall.invitation import FILE, Invitation
from hall.releases import FIRST_ROOT

UNITS = "etc/systemd/system"
#: what starts by itself, and with what
ENABLED = {
    "hall-read-only.service": "local-fs.target",
    "hall-enrol.service": "multi-user.target",
    "hall-device.service": "multi-user.target",
    "hall-told.path": "multi-user.target",
    "hall-update.path": "multi-user.target",
    "hall-update.service": "multi-user.target",
    "hall-waiting.service": "multi-user.target",
    "hall-renew.timer": "timers.target",
}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """``options.json`` on the card; what is not there is as safe as can be."""

    ssh: bool = False
    read_only: bool = True


def settle(card: Path, root: Path, version: str) -> None:
    """Settings, units and the link to this release, below `root`; raises HallError, OSError or ValueError."""
    invitation = msgspec.json.decode((card / FILE).read_bytes(), type=Invitation)
    options = Options()
    if (card / "options.json").exists():
        options = msgspec.json.decode((card / "options.json").read_bytes(), type=Options)
    desk = urlsplit(invitation.desks[0]).hostname or ""
    for name, text in system.files(desk=desk, ssh=options.ssh).items():
        _put(root / name, text)
    for name, text in {**units.files(invitation.kind), **keepers.files()}.items():
        _put(root / UNITS / name, text)
    for name, target in ENABLED.items():
        _link(root / UNITS / f"{target}.wants" / name, f"../{name}")
    for name in system.left_out(ssh=options.ssh):
        _link(root / UNITS / name, os.devnull)
    device = root / "etc/hallfleet/device.yaml"
    _put(device, (card / "device.yaml").read_text(encoding="utf-8"))
    if (card / FIRST_ROOT).exists():  # without it this device installs no release but that of a new card
        _put(root / "etc/hallfleet" / FIRST_ROOT, (card / FIRST_ROOT).read_text(encoding="utf-8"))
    _writable(root, wanted=not options.read_only)
    select = root / units.SELECT.lstrip("/")
    select.parent.mkdir(parents=True, exist_ok=True)
    write_whole(select, (resources.files("devices.updates") / "boot_select.py").read_bytes(), mode=0o755)
    _choose(root, version)


def _choose(root: Path, version: str) -> None:
    """This release runs, and is the one to come back to."""
    place = boot_select.Place(root / "opt/hallfleet", root / "var/lib/hallfleet/boot")
    boot_select.point(place.link, version)
    boot_select.point(place.good, version)
    with boot_select.alone(place):
        boot_select.write(place, boot_select.State(good=version))


def _put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        write_whole(file, text.encode(), mode=0o644)


def _link(name: Path, to: str) -> None:
    if not name.is_symlink() or str(name.readlink()) != to:
        name.parent.mkdir(parents=True, exist_ok=True)
        link(name, to)


def _writable(root: Path, *, wanted: bool) -> None:
    """Whether this device's root may be written: its owner's choice, on the card."""
    mark = root / "etc/hallfleet/writable"
    if wanted:
        mark.touch()
    else:
        mark.unlink(missing_ok=True)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="first-boot")
    parser.add_argument("--card", type=Path, required=True)
    parser.add_argument("--root", type=Path, default=Path("/"))
    parser.add_argument("--version", required=True)
    asked = parser.parse_args()
    try:
        settle(asked.card, asked.root, asked.version)
    except (HallError, OSError, ValueError, msgspec.MsgspecError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    os.umask(stat.S_IWGRP | stat.S_IWOTH)
    sys.exit(main())
