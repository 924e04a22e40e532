"""The hall box as systemd has it: its services, its door, and which code is asked what."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.appliance.box import layout
from deploy.appliance.box.choices import BROKER_PORT, DESK_PORT, Choices
from deploy.appliance.box.machine import Machine
from deploy.appliance.box.pages import Pages
from deploy.appliance.box.plan import CHOICES, steps
from deploy.appliance.box.programs import Packages
from deploy.appliance.box.services import Services
from hall.errors import Fault
from hall.settings import load
from hall.text import Text

#: in the order in which they stop
UNITS = ("hall-console.service", "hall-hub.service", "mosquitto.service", "hall-enrolment.service")
#: A table of its own, gone with a start of the machine, before every other rule: what does not come from the box itself does not come in.
DOOR = "inet hallfleet_update"
_SHUT = """\
table {door} {{
	chain input {{
		type filter hook input priority -200; policy accept;
		iif != "lo" tcp dport {{ {ports} }} drop
	}}
}}
"""
_SCHEMA = "from hub.store.tables import SCHEMA; print(SCHEMA)"


@dataclass(frozen=True)
class Systemd:
    """This machine."""

    machine: Machine

    def shut(self) -> None:
        """See :class:`deploy.appliance.box_update.errand.Hands`."""
        self.open()
        own = self._choices()
        ports = ", ".join(map(str, (BROKER_PORT, DESK_PORT, own.console_port, own.secure_port)))
        said = subprocess.run(
            ["/usr/sbin/nft", "-f", "-"],
            input=_SHUT.format(door=DOOR, ports=ports),
            capture_output=True,
            text=True,
            check=False,
        )
        if said.returncode:
            why = (said.stderr.strip().splitlines() or ["-"])[0]
            raise Fault(
                "door-open", Text(zh=f"不能暂停对外服务：{why}", en=f"the door cannot be shut: {why}")
            )

    def open(self) -> None:
        """See :class:`deploy.appliance.box_update.errand.Hands`."""
        self.machine.says("/usr/sbin/nft", "delete", "table", *DOOR.split())

    def stop(self) -> None:
        """See :class:`deploy.appliance.box_update.errand.Hands`."""
        self.machine.run("systemctl", "stop", *UNITS)

    def start(self, release: Path) -> None:
        """See :class:`deploy.appliance.box_update.errand.Hands`."""
        self._as(release, "not-started", "hub", "install")

    def files(self, release: Path) -> None:
        """The steps of the release that this is the code of, up to where something is started."""
        del release
        plan = steps(self.machine, self._choices(), hall=None, wheels=None, debs=None)
        for step in plan:
            if not isinstance(step, Packages | Services | Pages) and step.look():
                step.do()

    def schema(self, release: Path) -> str | None:
        """See :class:`deploy.appliance.box_update.errand.Hands`."""
        return self.machine.run(str(release / "bin" / "python"), "-I", "-c", _SCHEMA).strip() or None

    def prove(self, release: Path) -> None:
        """By the release's own code."""
        self._as(release, "not-proved", "update", "prove")

    def _as(self, release: Path, code: str, *command: str) -> None:
        """A command of this release; ``Fault`` with our word and its last words."""
        program = str(release / "bin" / "hall")
        try:
            self.machine.run(program, *command)
        except Fault as fault:
            said = fault.text.en.partition(" failed: ")[2].removeprefix("hall: ")
            raise Fault(code, Text(zh=said, en=said)) from fault

    def _choices(self) -> Choices:
        file = self.machine.at(CHOICES)
        return load(file, Choices) if file.exists() else Choices()


def running(machine: Machine) -> dict[str, str | None]:
    """Each service of the hall → its process, None when it does not run."""
    found: dict[str, str | None] = {}
    for unit in UNITS:
        alive = machine.says("systemctl", "is-active", unit) == "active"
        pid = machine.says("systemctl", "show", "--value", "-p", "MainPID", unit)
        found[unit] = pid if alive and pid not in {"", "0"} else None
    return found


def as_hub(machine: Machine, *arguments: str) -> None:
    """A command of the release in use, under the hub's account; ``Fault`` with its last words."""
    program = f"{layout.OPT}/current/bin/hall"
    machine.run("runuser", "-u", layout.HUB, "--", program, *arguments)
