"""Root's installer on a device: started when the program has written an order, gone when it is done (docs/updates.md)."""

from __future__ import annotations

from deploy.appliance.sandbox import CALLS
from hall.messages.common import MemberKind

HOME, ETC = "/opt/hallfleet/current", "/etc/hallfleet"
ORDER = "/var/lib/hallfleet/device/update.json"

#: Not PathExists: an order stays where it is, and systemd would start the service again whenever it has ended, for ever. What a power cut
#: left half done is taken up with the machine's start.
_PATH = f"""\
[Unit]
Description=Whether the program asks for another release

[Path]
PathChanged={ORDER}
TriggerLimitIntervalSec=0

[Install]
WantedBy=multi-user.target
"""

#: Root, for it writes what nobody else may; it reaches the desk, its own folders, and no device node.
_SERVICE = """\
[Unit]
Description=Install the release that the program asks for
After=network.target time-set.target
ConditionPathExists={order}
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart={home}/bin/hall update follow --kind {kind} --settings {etc}/device.yaml --order {order} --account hall
TimeoutStartSec=45min
Nice=10
IOSchedulingClass=idle
MemoryMax=512M
TasksMax=64
NoNewPrivileges=yes
# it reads what the program's account wrote, and starts the new program once under that account
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_DAC_READ_SEARCH
AmbientCapabilities=
ProtectSystem=strict
ReadWritePaths=/opt/hallfleet /var/lib/hallfleet/boot
ReadOnlyPaths=-/boot/firmware
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateMounts=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
KeyringMode=private
{calls}# what another account takes, and nothing else of what root may ask the kernel for
SystemCallFilter=setgroups setgroups32 setreuid setreuid32
RestrictAddressFamilies=AF_INET AF_INET6
IPAddressDeny=any
IPAddressAllow=localhost 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fe80::/10 fc00::/7

[Install]
WantedBy=multi-user.target
"""


def files(kind: MemberKind) -> dict[str, str]:
    """File name below ``/etc/systemd/system`` → text."""
    return {
        "hall-update.path": _PATH,
        "hall-update.service": _SERVICE.format(kind=kind.value, order=ORDER, home=HOME, etc=ETC, calls=CALLS),
    }
