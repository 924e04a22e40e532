"""The files of a hall box that nobody but the installation writes: broker, clock, firewall."""

from __future__ import annotations

from pathlib import Path

from deploy.appliance.box import layout
from deploy.appliance.box.choices import BROKER_PORT, DESK_PORT, NEAR4, NEAR6, Choices
from hub.broker import Door, config

_WRITTEN = "# Written by `hall hub install`; changes here are lost.\n"


def broker() -> str:
    """``mosquitto.conf``, by the same hand that writes it for demo and tests."""
    door = Path(layout.STATE) / "door"
    files = Door(
        ca=door / "ca.pem",
        cert=door / "server.pem",
        key=door / "server.key",
        revoked=door / "revoked.pem",
        access=Path(layout.ACCESS),
    )
    return config(BROKER_PORT, "", layout.BROKER, files, Path(layout.PID_FILE))


def clock(choices: Choices) -> str:
    """chrony's: this box gives the hall its time, also when it gets none itself."""
    servers = "".join(f"server {name} iburst\n" for name in choices.time_servers)
    allowed = "".join(f"allow {network}\n" for network in (*NEAR4, *NEAR6))
    return f"""\
{_WRITTEN}{servers}{allowed}\
# Without anybody to ask the hall still has one time: this box's.
local stratum 10 orphan
# A box that wakes up in the past is put right at once, and again at its first three answers.
makestep 1 3
"""


def firewall(choices: Choices) -> str:
    """nftables': who may speak to this box. A table of our own, replaced in one step; others' rules stay what they are."""
    ports = sorted(
        {BROKER_PORT, DESK_PORT, choices.console_port, choices.secure_port} | ({22} if choices.ssh else set())
    )
    return f"""\
#!/usr/sbin/nft -f
{_WRITTEN}table inet hallfleet
delete table inet hallfleet
table inet hallfleet {{
    chain near {{
        tcp dport {{ {", ".join(map(str, ports))} }} accept
        udp dport 123 accept
    }}
    chain in {{
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        iifname "lo" accept
        icmp type {{ echo-request, destination-unreachable, time-exceeded }} limit rate 50/second accept
        icmpv6 type {{ echo-request, destination-unreachable, packet-too-big, time-exceeded, nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert }} accept
        udp sport 67 udp dport 68 accept
        udp sport 547 udp dport 546 accept
        ip saddr {{ {", ".join(NEAR4)} }} jump near
        ip6 saddr {{ {", ".join(NEAR6)} }} jump near
    }}
    chain through {{
        type filter hook forward priority filter; policy drop;
    }}
}}
"""


CHRONY_DROP_IN = """\
# Debian's unit leaves a clock that died as it is.
[Unit]
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=1
"""
