"""What is in the image: packages with their reasons, and the few files that are not Debian's. Pure.

Bookworm is the usual one: its Python 3.11 has a wheel of lgpio, and Debian packages spidev. Debian has no python3-lgpio (only the
Raspberry Pi's own archive has), so on trixie's Python 3.13 a device with keys finds no driver: signs and speakers do.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from deploy.card.formats import GoldenImage
from deploy.card.plan import TECHNICIAN
from hall.errors import Refused
from hall.text import Text

#: suite → its Python
SUITES: Mapping[str, str] = {"bookworm": "3.11", "trixie": "3.13"}
#: Debian's name → what a wheel calls the machine
ARCHITECTURES: Mapping[str, str] = {"arm64": "aarch64", "amd64": "x86_64"}
#: package → why
PACKAGES: Mapping[str, str] = {
    "systemd-sysv": "starts the machine",
    "systemd-timesyncd": "time from the hall box",
    "dbus": "NetworkManager and systemd talk over it",
    "udev": "device nodes and their groups",
    "kmod": "loads drivers",
    "network-manager": "network, as on Raspberry Pi OS",
    "wpasupplicant": "wireless networks",
    "wireless-regdb": "whose radio rules hold",
    "iproute2": "what a technician looks at first",
    "ca-certificates": "Python's ssl looks for the folder",
    "tzdata": "the hall's time",
    "python3": "runs the devices' programs",
    "python3-venv": "makes the environment that a release is",
    "python3-spidev": "the bus of signs and digits; PyPI has no wheel of it",
    "libusb-1.0-0": "printers on USB without usblp",
    "alsa-utils": "aplay, for the speaker",
    "espeak-ng": "a voice for calls not in the bank",
    "fonts-wqy-zenhei": "Chinese type on tickets",
}
#: what a Pi boots with
PI_PACKAGES: Mapping[str, str] = {
    "raspi-firmware": "the Pi's own first stage, and the boot partition's files",
    "linux-image-arm64": "the kernel",
    "firmware-brcm80211": "the Pi's radio",
}
#: whether the kernel's first root is made anew when what is in it changes; a package brings this file too
INITRAMFS = "etc/initramfs-tools/update-initramfs.conf"
#: what differs from one making to the next, and is made anew by itself or not missed
LEFT_OVER = (
    "var/log/*.log",
    "var/log/apt",
    "var/cache/ldconfig/aux-cache",
    "var/cache/fontconfig",
    "var/lib/dbus/machine-id",
    *(f"etc/{name}-" for name in ("passwd", "shadow", "group", "gshadow")),
)
UNIT = """\
[Unit]
Description=Make this machine what its card says it is
RequiresMountsFor=/boot/firmware
ConditionPathExists=/boot/firmware/hall/enrol.json
ConditionPathExists=/boot/firmware/hall/first-boot
# what first-boot leaves behind goes on by itself at every start
ConditionPathExists=!/usr/local/lib/hallfleet/first-boot
After=local-fs.target
Before=NetworkManager.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStartPre=-/bin/sh /boot/firmware/hall/settle
ExecStart=/bin/sh /boot/firmware/hall/first-boot
TimeoutStartSec=infinity

[Install]
WantedBy=multi-user.target
"""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """One image; raises ``Refused`` for a suite or machine that it cannot be made for."""

    suite: str = "bookworm"
    architecture: str = "arm64"
    #: seconds since 1970: every time in the image
    epoch: int

    def __post_init__(self) -> None:
        """Only what was thought of."""
        if self.suite not in SUITES or self.architecture not in ARCHITECTURES:
            raise Refused(
                "unknown-image",
                Text(
                    zh=f"可选系统 {'、'.join(SUITES)}，架构 {'、'.join(ARCHITECTURES)}",
                    en=f"there are images of {' and '.join(SUITES)}, for {' and '.join(ARCHITECTURES)}",
                ),
            )

    @property
    def packages(self) -> tuple[str, ...]:
        """What is asked for; Debian adds what these need."""
        return (*PACKAGES, *(PI_PACKAGES if self.architecture == "arm64" else ()))

    @property
    def components(self) -> str:
        """The Pi's firmware is not free."""
        return "main,non-free-firmware" if self.architecture == "arm64" else "main"

    @property
    def says(self) -> bytes:
        """``hall/image.json``: by this the card is known."""
        made = GoldenImage(
            python=SUITES[self.suite],
            platform=ARCHITECTURES[self.architecture],
            suite=self.suite,
            debs=self.packages,
        )
        return msgspec.json.format(msgspec.json.encode(made)) + b"\n"

    def files(self) -> dict[str, str]:
        """Path below the root → text; all root's, readable by everybody."""
        own = {
            "etc/fstab": "LABEL=hallroot / ext4 defaults,noatime 0 1\n"
            "LABEL=HALLBOOT /boot/firmware vfat defaults,noatime,nofail 0 2\n",
            "etc/hostname": "hall\n",
            "etc/hosts": "127.0.0.1\tlocalhost\n127.0.1.1\thall\n::1\tlocalhost\n",
            "etc/systemd/system/hall-first-boot.service": UNIT,
            # nothing is fetched by itself, ever: releases are the hall's to give
            "etc/apt/apt.conf.d/90hall": 'APT::Periodic::Enable "0";\n',
        }
        if self.architecture != "arm64":
            return own
        return own | {
            "etc/default/raspi-firmware": "ROOTPART=LABEL=hallroot\nCONSOLES=tty0\nKERNEL_ARCH=arm64\n",
            # the kernel's own first root is enough while the image is made; another one costs minutes where programs are emulated
            INITRAMFS: "update_initramfs=no\nbackup_initramfs=no\n",
        }

    @property
    def starts_by(self) -> tuple[str, ...]:
        """How the names begin of what a Pi's firmware reads, and Debian's packages put onto the boot partition."""
        return ("cmdline.txt", "config.txt", "vmlinuz", "initrd") if self.architecture == "arm64" else ()

    def boot_files(self) -> dict[str, bytes]:
        """Files of the boot partition that nothing else brings; a Pi's firmware package writes better ones of these names."""
        return {
            "cmdline.txt": b"console=tty0 root=LABEL=hallroot rw rootwait\n",
            "config.txt": b"arm_64bit=1\n",
            "issue.txt": f"hallfleet golden image, Debian {self.suite} {self.architecture}\n".encode(),
            "hall/image.json": self.says,
        }

    def hooks(self) -> list[str]:
        """What is done in the finished tree (``$1``), in this order, after the files are in."""
        enabled = "hall-first-boot.service"
        link = f"/etc/systemd/system/multi-user.target.wants/{enabled}"
        later = [f'sed -i s/update_initramfs=no/update_initramfs=yes/ "$1/{INITRAMFS}"']
        return [
            *(later if self.architecture == "arm64" else ()),
            # what mmdebstrap had dpkg do is not for the days after
            'rm -f "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap"',
            f'mkdir -p "$1/etc/systemd/system/multi-user.target.wants" && ln -sfn ../{enabled} "$1{link}"',
            f'chroot "$1" useradd --create-home --shell /bin/bash {TECHNICIAN}',
            # timers that fetch or tidy on their own
            'for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer; do ln -sfn /dev/null "$1/etc/systemd/system/$unit"; done',
            'cd "$1" && rm -rf ' + " ".join(LEFT_OVER) + " && : > etc/machine-id",
            # Python's compiled files hold the time of compiling
            'find "$1/usr" "$1/etc" -name __pycache__ -type d -prune -exec rm -rf {} +',
        ]
