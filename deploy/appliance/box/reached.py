"""Under which addresses the box is reached: those it has, and those that stand on its devices' cards.

A card says where the hall box is, and a device keeps that. So an address that the network gives and takes away again is a hall that stands
still one morning; nothing of it shows in the files that were installed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from deploy.appliance.box.choices import Choices
from deploy.appliance.box.machine import Machine
from hall.errors import Fault
from hall.text import Text
from hub.trust.reached import gone

#: so many of them go onto a card
MOST = 4


def own_addresses(machine: Machine) -> list[str]:
    """Where this machine is in its network; Fault ``no-address``."""
    found = [str(each["local"]) for each in _found(machine)]
    if not found:
        raise Fault(
            "no-address",
            Text(
                zh="本机还没有网络地址，请先接好网线，或用 --address 指明设备用来找到本机的地址",
                en="this machine has no address yet: plug its network in, or say with --address how devices will reach it",
            ),
        )
    return found[:MOST]


def lost(machine: Machine, choices: Choices) -> list[Text]:
    """What is to be said of chosen addresses that this machine does not have."""
    if not machine.live:
        return []
    has = " ".join(str(each["local"]) for each in _found(machine)[:MOST])
    return [
        Text(
            zh=f"地址：设备存储卡上写的是 {address}，本机现在却是 {has or '没有地址'}，设备找不到本机。请让路由器为本机保留 {address}；"
            "做不到时，运行 hall hub install --address 新地址，再为每台设备重新制卡",
            en=f"address: the devices' cards say {address}, and this machine has {has or 'none'}: they do not find it. Have the router keep "
            f"{address} for this machine; where that cannot be, run hall hub install --address NEW and write each device's card anew",
        )
        for address in gone(choices.addresses)
    ]


def lent(machine: Machine, choices: Choices) -> list[Text]:
    """What is to be said of chosen addresses that the network has only lent to this machine."""
    if not machine.live:
        return []
    return [
        Text(
            zh=f"请注意：{each['local']} 是路由器临时分配的（DHCP），请在路由器上为本机保留它，或设为固定地址：设备只按卡上的地址找本机",
            en=f"mind: {each['local']} is lent by the network (DHCP). Have the router keep it for this machine, or set it by hand: devices "
            "look for this machine where their cards say",
        )
        for each in _found(machine)
        if each.get("dynamic") and each["local"] in choices.addresses
    ]


def _found(machine: Machine) -> list[dict[str, Any]]:
    said = machine.says("ip", "-j", "-4", "address", "show", "scope", "global")
    links: list[dict[str, Any]] = msgspec.json.decode(said or "[]")
    return [each for link in links for each in link.get("addr_info", ()) if "local" in each]
