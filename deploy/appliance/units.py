"""The systemd units of a hall: one table of programs, one list of what nobody needs.

Rules:

* Nobody is root, nobody may become anything else, and nobody writes outside their own state folder.
* A device's program gets the device nodes of its kind and no others, by the kernel's own names for them.
* Network: addresses of private networks only; the speaker of a hall has no business with the internet.
* A program says that it is ready and that it lives (``Type=notify``, ``WatchdogSec``) where it can; a hung one is started again.
* Nothing listens on a device. On the hall box the broker, the desk and the pages do, each in a unit of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.appliance import update_units
from deploy.appliance.sandbox import CALLS
from hall.messages.common import MemberKind

#: where an installation lives
HOME = "/opt/hallfleet/current"
ETC = "/etc/hallfleet"
BOOT = "/boot/firmware/hall/enrol.json"
SELECT = "/usr/local/lib/hallfleet/boot-select"
#: what the enrolment says last
TOLD = "/run/hallfleet-enrol/status"

#: What no program of the hall needs. `systemd-analyze security` judges the sum of it.
TAKEN = f"""\
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
PrivateTmp=yes
PrivateMounts=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
KeyringMode=private
{CALLS}RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
IPAddressDeny=any
IPAddressAllow=localhost 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fe80::/10 fc00::/7
UMask=0077
DevicePolicy=closed
OOMPolicy=stop
"""

TIMER = """\
[Unit]
Description=Look once a day whether it is time for a new certificate

[Timer]
OnBootSec=10min
OnUnitActiveSec=1d
RandomizedDelaySec=1h

[Install]
WantedBy=timers.target
"""


@dataclass(frozen=True)
class Unit:
    """One service."""

    name: str
    says: str
    command: str
    #: the account it runs under; None: one of its own that exists only while it runs
    user: str | None = None
    #: groups that own what it opens
    groups: tuple[str, ...] = ()
    #: device nodes, as systemd names them
    nodes: tuple[str, ...] = ()
    memory: str = "256M"
    tasks: int = 32
    notify: bool = True
    before: str = ""
    #: units that are started first
    after: str = ""
    #: what the same account runs before it
    first: str = ""
    #: who may look into its state folder
    state_mode: str = "0700"
    #: what must have ended well first
    needs: str = ""
    #: a file that makes it needless
    unless: str = ""
    lines: tuple[str, ...] = ()
    #: lines that stand after what nobody needs, and so over it
    over: tuple[str, ...] = ()
    #: whether it runs once, before something else
    once: bool = False

    def text(self) -> str:
        """The unit file."""
        return "\n".join([*self._unit(), "", *self._service(), "", *self._install()]) + "\n"

    def _unit(self) -> Iterator[str]:
        yield "[Unit]"
        yield f"Description={self.says}"
        yield f"After=network.target time-set.target {self.after}".rstrip()
        # a device that fails ten times in a row comes up in safe mode by itself: systemd never gives it up
        yield "StartLimitIntervalSec=0"
        if self.before:
            yield f"Before={self.before}"
        if self.unless:
            yield f"ConditionPathExists=!{self.unless}"
        if self.needs:
            yield f"Requires={self.needs}"
            yield f"After={self.needs}"

    def _service(self) -> Iterator[str]:
        yield "[Service]"
        if self.once:
            yield "Type=oneshot"
        else:
            yield f"Type={'notify' if self.notify else 'exec'}"
            yield "Restart=always"
            yield "RestartSec=1"
            if self.notify:
                yield "WatchdogSec=30"
        if self.first:
            yield f"ExecStartPre={self.first}"
            yield "TimeoutStartSec=infinity"
        yield f"ExecStart={self.command}"
        yield f"User={self.user}" if self.user else "DynamicUser=yes"
        if self.groups:
            yield f"SupplementaryGroups={' '.join(self.groups)}"
        yield f"StateDirectory=hallfleet/{self.name}"
        yield f"StateDirectoryMode={self.state_mode}"
        yield f"RuntimeDirectory=hallfleet-{self.name}"
        yield f"WorkingDirectory=%t/hallfleet-{self.name}"
        yield f"MemoryMax={self.memory}"
        yield f"TasksMax={self.tasks}"
        yield from self.lines
        yield "PrivateDevices=yes" if not self.nodes else "PrivateDevices=no"
        for node in self.nodes:
            yield f"DeviceAllow={node} rw"
        yield TAKEN.rstrip()
        yield from self.over

    def _install(self) -> Iterator[str]:
        yield "[Install]"
        yield "WantedBy=multi-user.target"


_PINS = ("gpio", ("char-gpiochip",))
_SPI = ("spi", ("char-spi",))
_SOUND = ("audio", ("char-alsa",))
_PRINTER = ("lp", ("char-usblp", "char-ttyUSB", "char-ttyACM"))
_READER = ("input", ("char-input",))

#: What each kind of device opens: (group, nodes).
HANDS: Mapping[MemberKind, tuple[tuple[str, tuple[str, ...]], ...]] = {
    MemberKind.DISPENSER: (_PINS, _SPI, _PRINTER, _READER),
    MemberKind.SIGN: (_SPI,),
    MemberKind.PAD: (_PINS,),
    MemberKind.SPEAKER: (_SOUND,),
    MemberKind.CALL_KEY: (_PINS, _SPI),
}


def device_units(kind: MemberKind) -> list[Unit]:
    """What runs on a device of this kind: becoming a member, its program, and a new certificate in time."""
    groups = tuple(group for group, _ in HANDS[kind])
    nodes = tuple(node for _, some in HANDS[kind] for node in some)
    identity = f"--card {BOOT} --folder /var/lib/hallfleet/identity"
    shared = ("StateDirectory=hallfleet/identity",)
    return [
        Unit(
            name="enrol",
            says="Become a member of the hall",
            command=f"{HOME}/bin/hall identity enrol {identity}",
            user="hall",
            once=True,
            before="hall-device.service",
            # what it says stays readable: root writes it onto the card (hall-told.service)
            lines=(
                *shared,
                "TimeoutStartSec=infinity",
                "RemainAfterExit=yes",
                "RuntimeDirectoryPreserve=yes",
                # before the device's program opens the same hands
                "ExecStartPost=-+/usr/bin/systemctl stop hall-waiting.service",
            ),
        ),
        Unit(
            name="device",
            says=f"The hall's {kind.value}",
            command=f"{HOME}/bin/python -I -m devices {kind.value} {ETC}/device.yaml",
            user="hall",
            groups=groups,
            nodes=nodes,
            needs="hall-enrol.service",
            lines=(
                # root chooses the release before the program is started, and hears how it ended; see devices/updates/boot_select.py
                f"ExecStartPre=+{SELECT} choose --watcher hall-trial.service",
                f"ExecStopPost=+{SELECT} ended",
                "Environment=GPIOZERO_PIN_FACTORY=lgpio",
                "Environment=LG_WD=%t/hallfleet-device",
                # one thread of a Python allocates at a time: an arena for each is memory that nobody uses
                "Environment=MALLOC_ARENA_MAX=1",
                "ReadOnlyPaths=/var/lib/hallfleet/identity",
            ),
        ),
        Unit(
            name="renew",
            says="A new certificate when it is time for one",
            command=f"{HOME}/bin/hall identity renew {identity}",
            user="hall",
            once=True,
            lines=shared,
        ),
        Unit(
            name="waiting",
            says="Say at the device why it is no member yet",
            command=f"{HOME}/bin/python -I -m devices.waiting {kind.value} {ETC}/device.yaml {TOLD}",
            user="hall",
            groups=groups,
            nodes=nodes,
            unless="/var/lib/hallfleet/identity/current/cert.pem",
            lines=(
                "Environment=GPIOZERO_PIN_FACTORY=lgpio",
                "Environment=LG_WD=%t/hallfleet-waiting",
                "TimeoutStopSec=10s",
                # settings or drivers that are not there do not come by asking every second
                "RestartSec=30",
            ),
        ),
    ]


def files(kind: MemberKind) -> dict[str, str]:
    """File name below ``/etc/systemd/system`` → text, for a device. The hall box's: :mod:`deploy.appliance.box.units`."""
    made = {f"hall-{unit.name}.service": unit.text() for unit in device_units(kind)}
    return made | {"hall-renew.timer": TIMER} | update_units.files(kind)
