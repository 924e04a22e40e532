"""The few units of a device that are root's: they prepare what the hall's program then has, and none of them talks to anybody.

``hall-card.service`` is not among them: the card's script writes it before anything else is there.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploy.appliance.sandbox import CALLS
from deploy.appliance.units import SELECT, TOLD

SCRIPT = "/usr/local/lib/hallfleet/first-boot"

_READ_ONLY = f"""\
[Unit]
Description=Nothing but the hall's own folders can be written
DefaultDependencies=no
Conflicts=shutdown.target
After=systemd-remount-fs.service
Before=local-fs.target systemd-timesyncd.service systemd-random-seed.service hall-card.service shutdown.target
ConditionPathExists=!/etc/hallfleet/writable

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={SCRIPT} read-only

[Install]
WantedBy=local-fs.target
"""
#: Not PathExists: what is said stays said, and systemd would start the service again whenever it has ended, for ever. It begins to look
#: before anything can be said.
_PATH = f"""\
[Unit]
Description=Whether there is something to say about becoming a member
Before=hall-enrol.service

[Path]
PathChanged={TOLD}
TriggerLimitIntervalSec=0

[Install]
WantedBy=multi-user.target
"""
_TOLD = f"""\
[Unit]
Description=Write onto the card what became of it
After=hall-card.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart={SCRIPT} told
PrivateNetwork=yes
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=-/boot/firmware
ProtectHome=yes
PrivateTmp=yes
{CALLS}"""
_TRIAL = f"""\
[Unit]
Description=Whether a new release proves itself
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={SELECT} watch
PrivateNetwork=yes
NoNewPrivileges=yes
ProtectHome=yes
PrivateTmp=yes
{CALLS}"""


def files() -> Mapping[str, str]:
    """File name below ``/etc/systemd/system`` → text."""
    return {
        "hall-read-only.service": _READ_ONLY,
        "hall-told.path": _PATH,
        "hall-told.service": _TOLD,
        "hall-trial.service": _TRIAL,
    }
