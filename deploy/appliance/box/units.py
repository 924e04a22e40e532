"""The hall box's units: hub, console and desk, and the small ones around them.

Rules, beside those of :mod:`deploy.appliance.units`:

* The desk prepares what the broker needs before it counts as started; then come broker, hub and console. Each comes back by itself,
  and desk, hub and console also when they hang: they count as started once they serve, and say that they live.
* The broker reads its files anew when somebody connects to the bell: a unit of the broker's own account takes the access list over and
  sends the signal, so that the desk, which has the authority's keys, needs no right over other processes. A watched path would lose
  what changes while it acts.
* mosquitto says nothing to systemd's watchdog: another unit of the broker's account knocks, and ends one that hangs.
* A backup is each account's own: nobody reads another's keys for it.
"""

from __future__ import annotations

from deploy.appliance.box.choices import BROKER_PORT
from deploy.appliance.box.layout import (
    ACCESS,
    BACKUPS,
    BELL,
    BROKER,
    CONSOLE,
    DESK,
    ETC,
    FIREWALL,
    HUB,
    MOSQUITTO,
    PID_FILE,
    REGISTER,
    STATE,
)
from deploy.appliance.box.texts import CHRONY_DROP_IN
from deploy.appliance.units import HOME, TAKEN, Unit

#: Who has a backup, and when it is made: one after the other, at night.
PARTS = {"hub": "02:20", "console": "02:30", "enrolment": "02:40"}


def box_units(console: str = "console-web") -> list[Unit]:
    """What runs on the hall box beside the broker; `console` is its name on the bus."""
    desk = f"--settings {ETC}/enrolment.yaml"
    return [
        Unit(
            name="enrolment",
            says="The desk where devices become members of the hall",
            first=f"{HOME}/bin/hall enrolment prepare {desk}",
            command=f"{HOME}/bin/hall enrolment run {desk}",
            user=DESK,
            groups=(REGISTER,),
            lines=(f"ReadWritePaths={STATE}/register {STATE}/door {STATE}/issued",),
        ),
        Unit(
            name="hub",
            says="The hall's hub: decides, remembers and tells",
            after="hall-enrolment.service mosquitto.service",
            first=f"{HOME}/bin/hall enrolment at-home hub --key {STATE}/hub/key.pem {desk}",
            command=f"{HOME}/bin/hall hub --settings {ETC}/hub.yaml",
            user=HUB,
            groups=(REGISTER,),
            memory="1G",
            state_mode="0750",
            lines=(f"ReadWritePaths={STATE}/register {STATE}/requests/hub",),
            # the console reads the store, through the group
            over=("UMask=0027",),
        ),
        Unit(
            name="console",
            says="The staff's pages, and the hall board",
            after="hall-enrolment.service mosquitto.service hall-hub.service",
            first=f"{HOME}/bin/hall enrolment at-home {console} --key {STATE}/console/key.pem {desk}",
            command=f"{HOME}/bin/hall console run --settings {ETC}/console.yaml",
            user=CONSOLE,
            groups=(HUB, REGISTER),
            memory="1G",
            tasks=64,
            lines=(f"ReadWritePaths={STATE}/register {STATE}/requests/console",),
            # NiceGUI asks the kernel for this machine's addresses when it starts
            over=("RestrictAddressFamilies=AF_NETLINK",),
        ),
    ]


def broker_drop_in() -> str:
    """What Debian's mosquitto.service lacks."""
    return f"""\
# Debian's unit leaves the broker nearly everything; it needs a port, its files and nothing else.
[Unit]
After=hall-enrolment.service
StartLimitIntervalSec=0

[Service]
User={BROKER}
ExecStart=
ExecStart=/usr/sbin/mosquitto -c {MOSQUITTO}
ExecStartPre=
ExecStartPre=/usr/bin/install -m 0600 {STATE}/door/access {ACCESS}
Type=exec
Restart=always
RestartSec=1
RuntimeDirectory=mosquitto
PrivateDevices=yes
MemoryMax=512M
TasksMax=16
{TAKEN}"""


def backup_unit() -> str:
    """A backup of one account's part, by that account."""
    return f"""\
[Unit]
Description=The day's backup of the hall's %i

[Service]
Type=oneshot
User=hall-%i
SupplementaryGroups={REGISTER}
ExecStart={HOME}/bin/hall hub backup %i
WorkingDirectory={STATE}
Nice=10
MemoryMax=512M
TasksMax=32
PrivateDevices=yes
PrivateNetwork=yes
ReadWritePaths={BACKUPS}/%i {STATE}/%i {STATE}/register
{TAKEN}"""


def _backup_timer() -> str:
    return """\
[Unit]
Description=Back up the hall's %i once a day

[Timer]
Persistent=yes

[Install]
WantedBy=timers.target
"""


def firewall_unit() -> str:
    """The hall's own table of rules, loaded before the network is there; it may change rules and do nothing else."""
    rules = "CAP_NET_ADMIN"
    return f"""\
[Unit]
Description=Who may speak to the hall box
# as nftables.service: cloud-init has the network before sysinit.target, and whoever waits for that could not come before the network
DefaultDependencies=no
Conflicts=shutdown.target
Wants=network-pre.target
Before=network-pre.target shutdown.target
After=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f {FIREWALL}
ExecReload=/usr/sbin/nft -f {FIREWALL}
ExecStop=/usr/sbin/nft delete table inet hallfleet
DynamicUser=yes
PrivateDevices=yes
{TAKEN}\
CapabilityBoundingSet={rules}
AmbientCapabilities={rules}
RestrictAddressFamilies=
RestrictAddressFamilies=AF_NETLINK

[Install]
WantedBy=multi-user.target
"""


def bell_socket() -> str:
    """Who may ring: the desk."""
    return f"""\
[Unit]
Description=The bell at which the broker reads its files anew

[Socket]
ListenStream={BELL}
SocketUser={DESK}
SocketGroup={DESK}
SocketMode=0600
Accept=yes
MaxConnections=64

[Install]
WantedBy=sockets.target
"""


def bell_unit() -> str:
    """What ringing does."""
    return f"""\
[Unit]
Description=The broker reads its files anew
StartLimitIntervalSec=0
CollectMode=inactive-or-failed

[Service]
Type=oneshot
User={BROKER}
# a broker that does not run reads them when it starts
ExecStart=-/bin/sh -c '/usr/bin/install -m 0600 {STATE}/door/access {ACCESS}.new && mv {ACCESS}.new {ACCESS} && kill -HUP "$(cat {PID_FILE})"'
StandardInput=null
StandardOutput=null
PrivateDevices=yes
PrivateNetwork=yes
ReadWritePaths=-/run/mosquitto
MemoryMax=32M
TasksMax=4
{TAKEN}"""


def watch_unit() -> str:
    """Who knocks at the broker, under the broker's own account; see :mod:`deploy.appliance.box.broker_watch`."""
    return f"""\
[Unit]
Description=A broker that hangs is started anew
After=mosquitto.service
StartLimitIntervalSec=0
# a release from before this unit has no such program, and a box may go back to one
ConditionPathExistsGlob={HOME}/lib/python3*/site-packages/deploy/appliance/box/broker_watch.py

[Service]
Type=notify
Restart=always
RestartSec=10
WatchdogSec=60
User={BROKER}
ExecStart={HOME}/bin/python -I -m deploy.appliance.box.broker_watch {BROKER_PORT} {PID_FILE}
StandardInput=null
PrivateDevices=yes
MemoryMax=64M
TasksMax=4
{TAKEN}\
RestrictAddressFamilies=
RestrictAddressFamilies=AF_INET AF_UNIX
IPAddressAllow=
IPAddressAllow=localhost

[Install]
WantedBy=multi-user.target
"""


def box_files(console: str = "console-web") -> dict[str, str]:
    """File name below ``/etc/systemd/system`` → text."""
    made = {f"hall-{unit.name}.service": unit.text() for unit in box_units(console)}
    for part, at in PARTS.items():
        made[f"hall-backup@{part}.timer.d/when.conf"] = f"[Timer]\nOnCalendar={at}\nRandomizedDelaySec=5min\n"
    return made | {
        "hall-backup@.service": backup_unit(),
        "hall-backup@.timer": _backup_timer(),
        "hall-bell.socket": bell_socket(),
        "hall-bell@.service": bell_unit(),
        "hall-broker-watch.service": watch_unit(),
        "hall-firewall.service": firewall_unit(),
        "mosquitto.service.d/hall.conf": broker_drop_in(),
        "chrony.service.d/hall.conf": CHRONY_DROP_IN,
    }
