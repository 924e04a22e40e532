"""The installation of a hall box as a list, from a fresh machine to a hall that runs."""

from __future__ import annotations

from pathlib import Path

import msgspec

from deploy.appliance.box import layout, settings_files, texts
from deploy.appliance.box.choices import BROKER_PORT, DESK_PORT, Choices, page_names, plain
from deploy.appliance.box.machine import Machine
from deploy.appliance.box.pages import Pages
from deploy.appliance.box.programs import Packages, Programs
from deploy.appliance.box.services import OneClock, Services, services
from deploy.appliance.box.steps import Files, Folders, HallFile, SettingsFile, Step
from deploy.appliance.box.units import box_files
from deploy.appliance.box_update.selector import Selector
from hall.plan import HallPlan
from hall.settings_write import written
from hall.text import Text
from hub.console.settings import ConsoleSettings
from hub.settings import HubSettings
from hub.trust.settings import TrustSettings

CHOICES = f"{layout.ETC}/box.yaml"
HALL = f"{layout.ETC}/hall.yaml"
EXAMPLE = Path(__file__).parents[2] / "hall.example.yaml"
_KINDS: dict[str, type[msgspec.Struct]] = {
    f"{layout.ETC}/hub.yaml": HubSettings,
    f"{layout.ETC}/console.yaml": ConsoleSettings,
    f"{layout.ETC}/enrolment.yaml": TrustSettings,
}


def steps(
    machine: Machine, choices: Choices, *, hall: Path | None, wheels: Path | None, debs: Path | None
) -> list[Step]:
    """In the order in which they are done; they are undone in the reverse."""

    def accounts() -> None:
        # taken away, the accounts stay: the data is theirs
        if machine.live and machine.at(layout.SYSUSERS).exists():
            machine.run("systemd-sysusers", layout.SYSUSERS)

    def folders() -> None:
        machine.run("systemd-tmpfiles", "--create", layout.TMPFILES)

    def reload() -> None:
        if machine.live:
            machine.run("systemctl", "daemon-reload")

    units = {f"{layout.UNITS}/{name}": text for name, text in box_files(choices.console).items()}
    return [
        Packages(machine, debs),
        Files(
            machine,
            Text(zh="账户", en="accounts"),
            {layout.SYSUSERS: layout.sysusers(), layout.TMPFILES: layout.tmpfiles()},
            then=accounts,
        ),
        Folders(machine, Text(zh="目录", en="folders"), folders),
        Programs(machine, wheels),
        Files(
            machine,
            Text(zh="本机选择", en="what was chosen"),
            {CHOICES: written(plain(choices))},
            stays=True,
        ),
        HallFile(machine, HALL, HallPlan, hall or EXAMPLE, hall is not None),
        *(
            SettingsFile(machine, path, _KINDS[path], wanted(choices))
            for path, wanted in settings_files.FILES.items()
        ),
        Files(machine, Text(zh="消息服务", en="broker"), {layout.MOSQUITTO: texts.broker()}),
        Files(machine, Text(zh="授时", en="the hall's time"), {layout.CHRONY: texts.clock(choices)}),
        OneClock(machine),
        Files(machine, Text(zh="防火墙", en="firewall"), {layout.FIREWALL: texts.firewall(choices)}),
        Files(machine, Text(zh="服务单元", en="units"), units, then=reload),
        Selector(machine),
        Services(machine, services(BROKER_PORT, DESK_PORT, (choices.console_port, choices.secure_port))),
        Pages(machine, page_names(choices)),
    ]
