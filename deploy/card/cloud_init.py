"""Raspberry Pi OS trixie: cloud-init's ``user-data``, ``meta-data`` and ``network-config``.

What is never written, and why: ``packages`` and ``package_update`` (no network, and apt would hold the first start up),
``manage_etc_hosts`` (a later name would be undone at every start), ``users`` without the system's own (its groups for pins and
printers would be lost), ``sudo`` left out (cloud-init's default gives all rights without a password).
"""

from __future__ import annotations

from typing import Any

import yaml

from deploy.card.formats import Found
from deploy.card.lines import CMDLINE, CONFIG, config, kept, one_line
from deploy.card.plan import CardPlan

RUN = ["/bin/sh", "/boot/firmware/hall/first-boot"]


class _Plainly(yaml.SafeDumper):
    """No anchors: what is said twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Always."""
        del data
        return True


def files(plan: CardPlan, found: Found) -> dict[str, bytes]:
    """Name → content, for the root of the boot partition."""
    return {
        "user-data": b"#cloud-config\n" + text(user_data(plan)),
        "meta-data": text({"instance-id": plan.instance, "local-hostname": plan.member}),
        "network-config": text({"network": network(plan)}),
        # said here too: without it cloud-init takes every start for the first one
        CMDLINE: one_line([*kept(found.cmdline, plan, "ds="), f"ds=nocloud;i={plan.instance}"]),
        CONFIG: config(found.config, plan.hardware),
    }


def user_data(plan: CardPlan) -> dict[str, Any]:
    """Who the machine is, and what it runs once."""
    account: dict[str, Any] = {"name": plan.technician, "lock_passwd": True, "sudo": None}
    if plan.ssh_keys:
        account["ssh_authorized_keys"] = list(plan.ssh_keys)
    return {
        "hostname": plan.member,
        "preserve_hostname": False,
        "timezone": plan.timezone,
        "locale": "C.UTF-8",
        "user": account,
        "ssh_pwauth": False,
        "ssh_genkeytypes": ["ed25519"],
        "apt": {"preserve_sources_list": True},
        "runcmd": [RUN],
    }


def network(plan: CardPlan) -> dict[str, Any]:
    """Netplan's version 2. A wired card is never waited for."""
    addressed: dict[str, Any] = {"dhcp4": True}
    if plan.address is not None:
        addressed = {"dhcp4": False, "addresses": [plan.address.address]}
        if plan.address.gateway is not None:
            addressed["routes"] = [{"to": "default", "via": plan.address.gateway}]
        if plan.address.dns:
            addressed["nameservers"] = {"addresses": list(plan.address.dns)}
    if plan.wifi is None:
        return {"version": 2, "ethernets": {"eth0": {**addressed, "optional": True}}}
    point: dict[str, Any] = {} if plan.wifi.key is None else {"password": plan.wifi.key}
    if plan.wifi.hidden:
        point["hidden"] = True
    return {
        "version": 2,
        "ethernets": {"eth0": {"dhcp4": True, "optional": True}},
        "wifis": {"wlan0": {**addressed, "optional": True, "access-points": {plan.wifi.ssid: point}}},
    }


def text(value: Any) -> bytes:
    """YAML that reads as it was meant: whatever could be taken for something else is quoted."""
    said = yaml.dump(
        value, Dumper=_Plainly, allow_unicode=True, sort_keys=False, default_flow_style=False, width=4096
    )
    return said.encode()
