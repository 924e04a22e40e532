"""A few lines of shell for what a system's own first-boot file cannot say: an address of one's own, and on the golden image all of it.

They run as root before ``first-boot``, may run any number of times, and read nothing: every value stands in them, quoted.
``HALL_ROOT`` names another root, for whoever looks what they do.
"""

from __future__ import annotations

import re
import shlex
import uuid
from collections.abc import Iterator

from deploy.card.plan import Address, CardPlan, Wifi

NAME = "hall/settle"
_SPACE = uuid.UUID("3f3c2b44-4e4c-5a0a-9d6f-0c6f1f6b6a6e")
_CONNECTIONS = "etc/NetworkManager/system-connections"


def needed(plan: CardPlan) -> bool:
    """Whether the system's own file leaves something unsaid."""
    return plan.address is not None


def address_only(plan: CardPlan) -> bytes:
    """For systems that are told everything else in their own file."""
    return _script([*_connection(plan)])


def everything(plan: CardPlan) -> bytes:
    """For the golden image, which has no other file."""
    lines = [
        f"printf '%s\\n' {plan.member} > \"$root/etc/hostname\"",
        f"printf '127.0.0.1\\tlocalhost\\n127.0.1.1\\t%s\\n::1\\tlocalhost\\n' {plan.member} > \"$root/etc/hosts\"",
        f'ln -sfn {shlex.quote(f"/usr/share/zoneinfo/{plan.timezone}")} "$root/etc/localtime"',
        f"printf '%s\\n' {shlex.quote(plan.timezone)} > \"$root/etc/timezone\"",
        f'[ -n "$root" ] || hostname {plan.member} 2>/dev/null || true',
    ]
    return _script([*lines, *_connection(plan, always=plan.wifi is not None)])


def keyfile(plan: CardPlan) -> str:
    """NetworkManager's own description of the connection."""
    wireless = plan.wifi is not None
    name = "hall-wlan0" if wireless else "hall-eth0"
    sections = [
        ("connection", [f"id={name}", f"uuid={uuid.uuid5(_SPACE, plan.instance)}", f"type={'wifi' if wireless else 'ethernet'}",
                        f"interface-name={'wlan0' if wireless else 'eth0'}", "autoconnect-priority=100"]),
    ]  # fmt: skip
    if plan.wifi is not None:
        sections += _wireless(plan.wifi)
    sections.append(("ipv4", [*_ipv4(plan.address)]))
    sections.append(("ipv6", ["method=auto"]))
    return "\n".join("\n".join([f"[{section}]", *lines, ""]) for section, lines in sections)


def _wireless(wifi: Wifi) -> list[tuple[str, list[str]]]:
    # as numbers, which no character of a name can break out of
    octets = "".join(f"{octet};" for octet in wifi.ssid.encode())
    made = [("wifi", ["mode=infrastructure", f"ssid={octets}", *(["hidden=true"] if wifi.hidden else [])])]
    if wifi.key is not None:
        made.append(("wifi-security", ["key-mgmt=wpa-psk", f"psk={wifi.key}"]))
    return made


def _ipv4(address: Address | None) -> Iterator[str]:
    if address is None:
        yield "method=auto"
        return
    yield "method=manual"
    yield f"address1={address.address}" + (f",{address.gateway}" if address.gateway else "")
    if address.dns:
        yield "dns=" + "".join(f"{each};" for each in address.dns)


def _connection(plan: CardPlan, *, always: bool = False) -> Iterator[str]:
    if plan.address is None and not always:
        return
    text = keyfile(plan)
    if re.search("^HALL$", text, re.MULTILINE):
        raise ValueError("the connection's text ends its own quotation")
    yield f'mkdir -p "$root/{_CONNECTIONS}"'
    yield f"umask 077; cat > \"$root/{_CONNECTIONS}/hall.nmconnection\" <<'HALL'\n{text}HALL"
    yield f'chmod 600 "$root/{_CONNECTIONS}/hall.nmconnection"'


def _script(lines: list[str]) -> bytes:
    head = [
        "#!/bin/sh",
        "# Written by hall flash: what this machine is called and where it is, before hall/first-boot. May run again.",
        "set -eu",
        'root="${HALL_ROOT:-}"',
    ]
    return ("\n".join([*head, *lines, "exit 0"]) + "\n").encode()
