"""Whether this machine still has the addresses by which its hall's devices look for it.

Rules:

* Devices know the hall box by what stands on their cards, and by nothing else: they ask no name service and listen to no neighbourhood.
* Only an address can be looked at. A name is the business of whoever runs the hall's name service.
* What cannot be told counts as there: nobody is sent to a router for nothing.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit


def gone(hosts: Iterable[str]) -> tuple[str, ...]:
    """Those of these hosts that are addresses which no interface of this machine has."""
    return tuple(host for host in dict.fromkeys(hosts) if not _here(host))


def hosts(desks: Iterable[str]) -> tuple[str, ...]:
    """Where a card says that the box is."""
    return tuple(urlsplit(desk).hostname or "" for desk in desks)


def _here(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as line:
            line.bind((host, 0))  # nothing is sent: the kernel says whose address it is
    except OSError as error:
        return error.errno != errno.EADDRNOTAVAIL
    return True
