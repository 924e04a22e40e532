"""Where everything lies on a hall box, and whose it is.

Rules:

* An account per program: hub, console and desk read of each other what the table says, and nothing else.
* Keys are made by the account that uses them, and no other account can read them. The authority's are the desk's.
* The broker's account reads the door's files through its group; the desk writes them.
* The register is one file that the three change: they share a group for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

ETC = "/etc/hallfleet"
STATE = "/var/lib/hallfleet"
BACKUPS = "/var/backups/hallfleet"
OPT = "/opt/hallfleet"
UNITS = "/etc/systemd/system"

HUB, CONSOLE, DESK = "hall-hub", "hall-console", "hall-enrolment"
#: of the file in which hub, console and desk keep who is a member
REGISTER = "hall-register"
#: Debian's account of the broker
BROKER = "mosquitto"

SYSUSERS = "/etc/sysusers.d/hallfleet.conf"
TMPFILES = "/etc/tmpfiles.d/hallfleet.conf"
MOSQUITTO = f"{ETC}/mosquitto.conf"
FIREWALL = f"{ETC}/firewall.nft"
CHRONY = "/etc/chrony/conf.d/hallfleet.conf"
REGISTER_FILE = f"{STATE}/register/register.db"
#: the certificate of the staff's pages, and what browsers are asked to believe
PAGES = f"{STATE}/issued/pages.pem"
PAGES_CA = f"{STATE}/issued/pages-ca.pem"
PID_FILE = "/run/mosquitto/mosquitto.pid"
#: the broker's own copy of the access list: a newer mosquitto will read none that belongs to another account
ACCESS = "/run/mosquitto/access"
BELL = "/run/hallfleet-bell"


@dataclass(frozen=True)
class Folder:
    """A folder of the box."""

    path: str
    mode: int
    user: str = "root"
    group: str = "root"


#: In the order in which they are made.
FOLDERS = (
    Folder(ETC, 0o755),
    Folder(OPT, 0o755),
    Folder(f"{OPT}/releases", 0o755),
    Folder(STATE, 0o755),
    Folder(f"{STATE}/hub", 0o750, HUB, HUB),
    Folder(f"{STATE}/console", 0o700, CONSOLE, CONSOLE),
    Folder(f"{STATE}/enrolment", 0o700, DESK, DESK),
    Folder(f"{STATE}/register", 0o2770, DESK, REGISTER),
    Folder(f"{STATE}/issued", 0o755, DESK, DESK),
    Folder(f"{STATE}/door", 0o2750, DESK, BROKER),
    Folder(f"{STATE}/requests", 0o755),
    Folder(f"{STATE}/requests/hub", 0o750, HUB, DESK),
    Folder(f"{STATE}/requests/console", 0o750, CONSOLE, DESK),
    Folder(BACKUPS, 0o755),
    Folder(f"{BACKUPS}/hub", 0o700, HUB, HUB),
    Folder(f"{BACKUPS}/console", 0o700, CONSOLE, CONSOLE),
    Folder(f"{BACKUPS}/enrolment", 0o700, DESK, DESK),
)


def sysusers() -> str:
    """``sysusers.d``: the accounts, none of which anybody can log in to."""
    return f"""\
# Written by `hall hub install`; changes here are lost.
g {REGISTER} - -
u {HUB} - "The hall's hub" {STATE}/hub
u {CONSOLE} - "The staff's pages" {STATE}/console
u {DESK} - "The enrolment desk" {STATE}/enrolment
m {HUB} {REGISTER}
m {CONSOLE} {REGISTER}
m {CONSOLE} {HUB}
m {DESK} {REGISTER}
"""


def tmpfiles() -> str:
    """``tmpfiles.d``: the folders with their owners, made anew at every start of the machine."""
    return "\n".join(["# Written by `hall hub install`; changes here are lost.", *_tmpfiles(), ""])


def _tmpfiles() -> Iterator[str]:
    for folder in FOLDERS:
        yield f"d {folder.path} {folder.mode:04o} {folder.user} {folder.group} -"
    # SQLite gives the files beside it the mode of this one
    yield f"f {REGISTER_FILE} 0660 {DESK} {REGISTER} -"
    yield f"z {REGISTER_FILE} 0660 {DESK} {REGISTER} -"
