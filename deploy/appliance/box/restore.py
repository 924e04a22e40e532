"""``hall hub restore DIR``: a box takes up where another, or it itself, was when its last backups were made.

Rules:

* Everything is read and checked before anything is touched; then the services stop, and what is here is kept beside what comes.
* What is signed by the authority that was here is taken away: hub and console get certificates of the one that comes.
* Devices notice nothing but a pause: they believe the authority, not the machine, as long as it has the address that their cards name.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from deploy.appliance.box.bundle import contents
from deploy.appliance.box.layout import CONSOLE, DESK, ETC, HUB, REGISTER, REGISTER_FILE, STATE
from deploy.appliance.box.machine import Machine
from hall.cli_call import spoken
from hall.errors import Fault
from hall.files import write_whole
from hall.text import Text
from hub.store.restore import check_backup
from hub.store.restore import restore as restore_store

_STOPPED = ("hall-console.service", "hall-hub.service", "mosquitto.service", "hall-enrolment.service")
Contents = dict[str, tuple[bytes, int]]


def restore(*, folder: Path, root: Path = Path("/")) -> int:
    """See the module; the exit code."""
    machine = Machine(root.resolve())
    if machine.live and os.geteuid() != 0:
        raise Fault(
            "not-root",
            Text(
                zh="需要管理员权限，请用 sudo hall hub restore",
                en="this takes root's rights: sudo hall hub restore",
            ),
        )
    store = _newest(folder / "hub", "hub-*.db")
    check_backup(store)
    settings = contents(_newest(folder / "hub", "settings-*.tar"))
    console = contents(_newest(folder / "console", "console-*.tar"))
    trust = contents(_newest(folder / "enrolment", "enrolment-*.tar"))
    if machine.live:
        for unit in _STOPPED:
            machine.says("systemctl", "stop", unit)
    stamp = f"{datetime.now().astimezone():%Y%m%dT%H%M%S}"
    for name, (data, _) in settings.items():
        _put(machine.at(f"{ETC}/{name}"), data, 0o644, stamp)
    restore_store(store, str(machine.at(f"{STATE}/hub/hub.db")), force=True)
    for name, (data, mode) in console.items():
        _put(machine.at(f"{STATE}/console/{name}"), data, mode, stamp)
    _trust(machine, trust, stamp)
    if machine.live:
        _own(machine)
    print(
        spoken(
            Text(
                zh=f"已恢复：{store.name}。请接着运行 hall hub install，它会启动各项服务",
                en=f"restored: {store.name}. Now run hall hub install: it starts everything",
            )
        )
    )
    return 0


def _trust(machine: Machine, found: Contents, stamp: str) -> None:
    authority = machine.at(f"{STATE}/enrolment/authority")
    if authority.exists():
        authority.rename(authority.with_name(f"authority.before-{stamp}"))
    authority.mkdir(mode=0o700, parents=True)
    for name, (data, mode) in found.items():
        if name.startswith("authority/"):
            write_whole(authority / name.removeprefix("authority/"), data, mode=mode)
    _put(machine.at(REGISTER_FILE), found["register.db"][0], 0o660, stamp)
    for folder in ("issued", "door"):
        for file in machine.at(f"{STATE}/{folder}").glob("*"):
            file.unlink()


def _put(file: Path, data: bytes, mode: int, stamp: str) -> None:
    """The file is this; one that was there, with what SQLite keeps beside it, is beside it now."""
    if file.exists() and file.suffix != ".db" and file.read_bytes() == data:
        return
    for tail in ("", "-wal", "-shm"):
        old = file.with_name(f"{file.name}{tail}")
        if old.exists():
            old.rename(file.with_name(f"{file.name}.before-{stamp}{tail}"))
    write_whole(file, data, mode=mode)


def _own(machine: Machine) -> None:
    """Everybody has their own again."""
    owners = {
        "hub": (HUB, HUB),
        "console": (CONSOLE, CONSOLE),
        "enrolment": (DESK, DESK),
        "register": (DESK, REGISTER),
    }
    for place, (user, group) in owners.items():
        # a link in an account's own folder gives that account nothing that lies elsewhere
        machine.run("chown", "-R", "--no-dereference", f"{user}:{group}", f"{STATE}/{place}")
    machine.at(f"{STATE}/hub/hub.db").chmod(0o640)


def _newest(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise Fault(
            "backup-missing",
            Text(
                zh=f"{folder} 里没有备份 {pattern}，请指明大厅主机的备份目录",
                en=f"there is no {pattern} in {folder}: name the folder of a hall box's backups",
            ),
        )
    return found[-1]
