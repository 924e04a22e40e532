"""What whoever installs a hall box may choose; kept in ``box.yaml``, so that a second installation asks for nothing."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hall.messages.common import Name

Port = Annotated[int, Meta(ge=1, le=65535)]
#: A host name or an address, as it stands in a URL.
HOST = r"^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$(?!\n)"
Address = Annotated[str, Meta(pattern=HOST)]

BROKER_PORT, DESK_PORT = 8883, 8443
#: Addresses of private networks, IPv4 and IPv6: nobody else is answered.
NEAR4 = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
NEAR6 = ("fe80::/10", "fc00::/7")


class Choices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How this box differs from every other."""

    #: how devices reach it, as written on their cards
    addresses: tuple[Address, ...] = ()
    #: the machine's own name, as its `/etc/hostname` has it; browsers may use it
    host: Address = "hall-hub"
    #: where the staff's pages are, over TLS
    secure_port: Port = 8444
    #: where phones and boards come without it, and whoever looks for the way to the first
    console_port: Port = 8080
    #: the name of the pages' program on the bus
    console: Name = "console-web"
    #: whether somebody may come in over the network as with a keyboard
    ssh: bool = False
    #: where this box gets its time, beside Debian's servers; in a closed network usually nowhere
    time_servers: tuple[Address, ...] = ()
    #: how many daily backups stay
    keep: Annotated[int, Meta(ge=1, le=1000)] = 14


def plain(choices: Choices) -> dict[str, Any]:
    """The choices as a settings file has them."""
    made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(choices))
    return made


def page_names(choices: Choices) -> list[str]:
    """How browsers may name the box, the first as people are told it. A name service or mDNS of the hall's network may give the last ones."""
    return list(
        dict.fromkeys([*choices.addresses, choices.host, f"{choices.host}.local", "hall.local", "localhost"])
    )
