"""Raspberry Pi OS bookworm: ``custom.toml`` says who the machine is, ``firstrun.sh`` runs ``hall/first-boot`` at the start after.

The firmware's own program reads ``custom.toml`` at the very first start and restarts; only then does the kernel's argument
``systemd.run`` take effect. That argument names ``/boot/firmware/…``: in a script under ``/boot/`` the system deletes lines.
"""

from __future__ import annotations

from deploy.card.formats import Found
from deploy.card.lines import CMDLINE, CONFIG, config, kept, one_line
from deploy.card.plan import CardPlan, Wifi
from deploy.card.settle import NAME, address_only, needed
from deploy.card.toml_text import Value, text
from hall.errors import Refused
from hall.text import Text

#: A start that ends here often enough goes on without: a machine that comes up can be asked what is wrong.
TRIES = 5
_RUN = (
    "systemd.run=/boot/firmware/firstrun.sh",
    "systemd.run_success_action=reboot",
    "systemd.run_failure_action=reboot",
    "systemd.unit=kernel-command-line.target",
)
FIRSTRUN = f"""\
#!/bin/sh
# Written by hall flash. Runs hall/first-boot at the start, again at the next one if that did not end well ({TRIES} times at most),
# then takes itself out of the kernel's arguments. HALL_BOOT names another folder, for whoever looks what it does.
boot="${{HALL_BOOT:-/boot/firmware}}"

tries=$(cat "$boot/hall/tries" 2>/dev/null || echo 0)
case "$tries" in ''|*[!0-9]*) tries=0 ;; esac
tries=$((tries + 1))
echo "$tries" > "$boot/hall/tries" 2>/dev/null || true
sync

done=yes
if [ -f "$boot/hall/settle" ]; then /bin/sh "$boot/hall/settle" || done=no; fi
/bin/sh "$boot/hall/first-boot" || done=no

if [ "$done" = yes ] || [ "$tries" -ge {TRIES} ]; then
    sed 's| systemd\\.[^ ]*||g' "$boot/cmdline.txt" > "$boot/cmdline.new" && [ -s "$boot/cmdline.new" ] &&
        sync && mv "$boot/cmdline.new" "$boot/cmdline.txt"
    rm -f "$boot/hall/tries" "$boot/hall/settle" "$boot/firstrun.sh"
    sync
fi
exit 0
"""


def files(plan: CardPlan, found: Found) -> dict[str, bytes]:
    """Name → content, for the root of the boot partition."""
    made = {
        "custom.toml": custom(plan),
        "firstrun.sh": FIRSTRUN.encode(),
        CMDLINE: one_line([*kept(found.cmdline, plan, "systemd."), *_RUN]),
        CONFIG: config(found.config, plan.hardware),
    }
    return made | {NAME: address_only(plan)} if needed(plan) else made


def custom(plan: CardPlan) -> bytes:
    """``custom.toml``, with the keys that the system's ``init_config`` reads and no others."""
    wlan: dict[str, Value] = {}
    # a wireless connection with an address of its own is `hall/settle`'s alone: two for one network would take turns
    if plan.wifi is not None:
        wlan["country"] = plan.wifi.country
        if plan.address is None:
            wlan = _network(plan.wifi) | wlan
    return text(
        {"config_version": 1},
        {
            "system": {"hostname": plan.member},
            "user": {"name": plan.technician, "password": "!", "password_encrypted": True},
            "ssh": {
                "enabled": bool(plan.ssh_keys),
                "password_authentication": False,
                "authorized_keys": plan.ssh_keys,
            },
            "wlan": wlan,
            "locale": {"keymap": "us", "timezone": plan.timezone},
        },
    )


def _network(wifi: Wifi) -> dict[str, Value]:
    """The system writes the name as it is into a file where these characters mean something, so it gets none of them."""
    if wifi.ssid != wifi.ssid.strip() or wifi.ssid.startswith("-") or set(wifi.ssid) & {"\\", ";"}:
        raise Refused(
            "bad-wifi",
            Text(
                zh=f"Raspberry Pi OS bookworm 不能正确写入无线网络名称“{wifi.ssid}”，请用固定地址（--address）、trixie 系统或有线网络",
                en=f"Raspberry Pi OS bookworm cannot be told the network “{wifi.ssid}”: give an address of its own (--address), "
                "use trixie, or a cable",
            ),
        )
    network: dict[str, Value] = {"ssid": wifi.ssid, "hidden": wifi.hidden}
    return network if wifi.key is None else network | {"password": wifi.key, "password_encrypted": True}
