"""``hall hub backup PART``: what one account has, into a folder that is its own.

Rules:

* hub: its store, as ``hall backup`` makes it, and the settings. console: people, cases and what else its pages keep. enrolment: the
  register and the authority.
* The root's key is in no backup: whoever has it can make a hall of their own that this one's devices believe. It lies where
  ``hall enrolment take-root`` has put it; until then on the box alone.
* The hall goes on meanwhile, and nobody needs another's rights.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from deploy.appliance.box.bundle import make
from deploy.appliance.box.choices import Choices
from deploy.appliance.box.layout import BACKUPS, ETC, REGISTER_FILE, STATE
from deploy.appliance.box.machine import Machine
from hall.errors import Fault
from hall.plan import HallPlan
from hall.settings import load
from hall.text import Text
from hub.store.backup import backup as backup_store

#: never in a backup
ROOT_KEY = "root.key"


def backup(*, part: str, root: Path = Path("/")) -> int:
    """See the module; the exit code."""
    machine = Machine(root)
    file = machine.at(f"{ETC}/box.yaml")
    keep = (load(file, Choices) if file.exists() else Choices()).keep
    folder = machine.at(f"{BACKUPS}/{part}")
    if not folder.is_dir():
        raise Fault(
            "not-installed",
            Text(
                zh=f"没有目录 {folder}，请先运行 hall hub install",
                en=f"there is no {folder}: run hall hub install first",
            ),
        )
    now = datetime.now().astimezone()
    if part == "hub":
        plan = load(machine.at(f"{ETC}/hall.yaml"), HallPlan)
        print(backup_store(str(machine.at(f"{STATE}/hub/hub.db")), folder, hall=plan.id, keep=keep))
        settings = ((each.name, each) for each in sorted(machine.at(ETC).glob("*.yaml")))
        print(make(folder, "settings", settings, keep=keep, now=now))
    elif part == "console":
        files = ((each.name, each) for each in sorted(machine.at(f"{STATE}/console").glob("*.db")))
        print(make(folder, "console", files, keep=keep, now=now))
    else:
        print(make(folder, "enrolment", _trust(machine), keep=keep, now=now))
    return 0


def _trust(machine: Machine) -> Iterator[tuple[str, Path]]:
    yield "register.db", machine.at(REGISTER_FILE)
    for file in sorted(machine.at(f"{STATE}/enrolment/authority").iterdir()):
        if file.suffix in {".pem", ".key"} and file.name != ROOT_KEY:
            yield f"authority/{file.name}", file
