"""The system's own settings on a device, as one table: file → text.

Rules:

* Nothing listens: no name service of the neighbourhood (mDNS, LLMNR), no login from outside unless the card asks for one.
* What happens is remembered in memory only, and not without end; what must last is in the hall's own folder.
* No swap, no daily jobs of the system: the card is not worn out by anybody but the hall's program.
* A machine that hangs is started again by its own hardware.
* A USB stick is not even looked at.
* Pins, buses and printers belong to groups; of several pin controllers only the one behind the header does, whatever its number.
"""

from __future__ import annotations

from collections.abc import Mapping

#: systemd units that a device has no use for: what they do would listen, write to the card, or fetch.
LEFT_OUT = (
    "avahi-daemon.service",
    "avahi-daemon.socket",
    "rpcbind.service",
    "rpcbind.socket",
    "cups.service",
    "cups.socket",
    "triggerhappy.service",
    "triggerhappy.socket",
    "bluetooth.service",
    "hciuart.service",
    "ModemManager.service",
    "apt-daily.service",
    "apt-daily.timer",
    "apt-daily-upgrade.service",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "logrotate.timer",
    "man-db.timer",
    "dphys-swapfile.service",
    "rpi-zram-writeback.timer",
    "rpi-eeprom-update.service",
)
SSH = ("ssh.service", "ssh.socket", "sshswitch.service")

#: Drivers of the pin controllers behind the 40-pin header, Pi 2 to Pi 5.
HEADERS = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1", "rp1-pinctrl")

_JOURNAL = """\
# In memory: a card has so many writes and no more. What people must know stands on the hub.
[Journal]
Storage=volatile
RuntimeMaxUse=16M
RuntimeMaxFileSize=4M
RateLimitIntervalSec=30s
RateLimitBurst=1000
ForwardToSyslog=no
"""
_MANAGER = """\
# The Pi's watchdog knows at most 15 seconds.
[Manager]
RuntimeWatchdogSec=14s
RebootWatchdogSec=2min
"""
_RESOLVED = """\
[Resolve]
LLMNR=no
MulticastDNS=no
"""
_NETWORK_MANAGER = """\
[connection]
connection.llmnr=0
connection.mdns=0
"""
_SWAP = """\
[Main]
Mechanism=none
"""
_MODULES = """\
# A stick in a device's socket is nobody's way into it.
blacklist usb_storage
blacklist uas
install usb_storage /bin/false
install uas /bin/false
"""
_CORES = """\
[Coredump]
Storage=none
ProcessSizeMax=0
"""


def _time(desk: str) -> str:
    return (
        f"# The hall box keeps the time; there is nobody else to ask.\n[Time]\nNTP={desk}\nFallbackNTP=\n"
        "RootDistanceMaxSec=30\nSaveIntervalSec=10min\n"
    )


def _devices() -> str:
    header = "|".join(HEADERS)
    return f"""\
# The pins behind the header, by their driver: their number differs from Pi to Pi. Others are nobody's.
SUBSYSTEM=="gpio", KERNEL=="gpiochip[0-9]*", GROUP="root", MODE="0600"
SUBSYSTEM=="gpio", KERNEL=="gpiochip[0-9]*", DRIVERS=="{header}", GROUP="gpio", MODE="0660", SYMLINK+="gpiochip-header"
SUBSYSTEM=="spidev", GROUP="spi", MODE="0660"
SUBSYSTEM=="usbmisc", KERNEL=="lp[0-9]*", GROUP="lp", MODE="0660"
"""


def left_out(*, ssh: bool) -> tuple[str, ...]:
    """The units that never start here."""
    return LEFT_OUT if ssh else (*LEFT_OUT, *SSH)


def files(*, desk: str, ssh: bool) -> Mapping[str, str]:
    """Below ``/``: file → text; `desk` is the hall box's host."""
    return {
        "etc/systemd/journald.conf.d/90-hall.conf": _JOURNAL,
        "etc/systemd/system.conf.d/90-hall.conf": _MANAGER,
        "etc/systemd/timesyncd.conf.d/90-hall.conf": _time(desk),
        "etc/systemd/resolved.conf.d/90-hall.conf": _RESOLVED,
        "etc/systemd/coredump.conf.d/90-hall.conf": _CORES,
        "etc/NetworkManager/conf.d/90-hall.conf": _NETWORK_MANAGER,
        "etc/rpi/swap.conf.d/90-hall.conf": _SWAP,
        "etc/modprobe.d/hall.conf": _MODULES,
        "etc/udev/rules.d/99-hall.rules": _devices(),
        "etc/hallfleet/left-out": "\n".join(left_out(ssh=ssh)) + "\n",
    }
