"""What brings an update that was cut off to its end, before the hall's services start: the one thing no release replaces.

Rules:

* The unit is written where there is none and never again: a release that is bad cannot take away the way back.
* It runs the last good release's code, by the link ``good``; a release that is put in by hand and runs becomes the good one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.appliance.box.layout import OPT, STATE, UNITS
from deploy.appliance.box.machine import Machine
from hall.files import link, write_whole
from hall.text import Text
from hub.releases import turn as turns
from hub.releases.turn import OVER

SETTLE, UPDATE = "hall-settle.service", "hall-update@.service"
BOOT = f"{STATE}/boot"
_HALL = "hall-enrolment.service mosquitto.service hall-hub.service hall-console.service"

UNIT_TEXTS = {
    SETTLE: f"""\
[Unit]
Description=Bring an update of the hall box that was cut off to its end
ConditionPathExists={BOOT}/box.json
After=local-fs.target hall-firewall.service
Before={_HALL}

[Service]
Type=oneshot
ExecStart={OPT}/good/bin/hall update settle
TimeoutStartSec=30min

[Install]
WantedBy=multi-user.target
""",
    UPDATE: f"""\
[Unit]
Description=The hall box changes to release %I

[Service]
Type=oneshot
ExecStart={OPT}/good/bin/hall update box %I --installed
# also when the line above was killed
ExecStopPost={OPT}/good/bin/hall update settle --start
TimeoutStartSec=90min
TimeoutStopSec=30min
""",
}


@dataclass
class Selector:
    """A step of the installation; see :class:`deploy.appliance.box.steps.Step`."""

    machine: Machine

    name = Text(zh="主机更新", en="the box's own updates")

    def look(self) -> list[Text]:
        """See :class:`deploy.appliance.box.steps.Step`."""
        found = [
            Text(zh=f"缺少文件 {UNITS}/{name}", en=f"{UNITS}/{name} is missing")
            for name in UNIT_TEXTS
            if not self.machine.at(f"{UNITS}/{name}").exists()
        ]
        if not self._wanted().is_symlink():
            found.append(Text(zh=f"{SETTLE} 没有设为自动启动", en=f"{SETTLE} does not start by itself"))
        good, current = self.machine.at(f"{OPT}/good"), self.machine.at(f"{OPT}/current")
        if not self._on_its_way() and current.exists() and good.resolve() != current.resolve():
            found.append(Text(zh=f"{OPT}/good 不是在用版本", en=f"{OPT}/good is not the release in use"))
        return found

    def do(self) -> None:
        """See :class:`deploy.appliance.box.steps.Step`."""
        for name, text in UNIT_TEXTS.items():
            file = self.machine.at(f"{UNITS}/{name}")
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                write_whole(file, text.encode(), mode=0o644)
        wanted = self._wanted()
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted.unlink(missing_ok=True)
        wanted.symlink_to(f"{UNITS}/{SETTLE}")
        good, current = self.machine.at(f"{OPT}/good"), self.machine.at(f"{OPT}/current")
        if not self._on_its_way() and current.exists():
            link(good, os.path.relpath(current.resolve(), good.parent))
        if self.machine.live:
            self.machine.run("systemctl", "daemon-reload")

    def undo(self) -> None:
        """See :class:`deploy.appliance.box.steps.Step`; the links to programs go with the programs."""
        self._wanted().unlink(missing_ok=True)
        for name in UNIT_TEXTS:
            self.machine.at(f"{UNITS}/{name}").unlink(missing_ok=True)

    def _wanted(self) -> Path:
        return self.machine.at(f"{UNITS}/multi-user.target.wants/{SETTLE}")

    def _on_its_way(self) -> bool:
        turn = turns.read(self.machine.at(f"{BOOT}/box.json"))
        return turn is not None and turn.stage not in OVER
