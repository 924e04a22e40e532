"""A system with rpi-preseed: one TOML file, whose keys are those of its schema."""

from __future__ import annotations

from deploy.card.formats import Found
from deploy.card.lines import CMDLINE, CONFIG, config, kept, one_line
from deploy.card.plan import CardPlan
from deploy.card.settle import NAME, address_only, needed
from deploy.card.toml_text import Value, text

FILE = "rpi-preseed.toml"


def files(plan: CardPlan, found: Found) -> dict[str, bytes]:
    """Name → content, for the root of the boot partition."""
    made = {
        FILE: preseed(plan),
        CMDLINE: one_line(kept(found.cmdline, plan)),
        CONFIG: config(found.config, plan.hardware),
    }
    return made | {NAME: address_only(plan)} if needed(plan) else made


def preseed(plan: CardPlan) -> bytes:
    """The file. Its late commands are tried again when they fail, and wait neither for a clock nor for apt."""
    run = ["sh /boot/firmware/hall/first-boot"]
    if needed(plan):
        run.insert(0, "sh /boot/firmware/hall/settle")
    return text(
        {"config_version": "1.0"},
        {
            "system": {"hostname": plan.member},
            "user": {
                "name": plan.technician,
                "password": "!",
                "password_encrypted": True,
                "passwordless_sudo": False,
            },
            "ssh": {
                "enabled": bool(plan.ssh_keys),
                "password_authentication": False,
                "authorized_keys": plan.ssh_keys,
            },
            "wlan": _wlan(plan),
            "locale": {"keymap": "us", "timezone": plan.timezone},
            "runcmd": {
                "late": tuple(run),
                "late_require_time_sync": False,
                "late_wait_for_apt_lock": False,
                "late_retries": 3,
            },
        },
    )


def _wlan(plan: CardPlan) -> dict[str, Value]:
    if plan.wifi is None:
        return {}
    if plan.address is not None:  # the connection is `hall/settle`'s
        return {"country": plan.wifi.country}
    said: dict[str, Value] = {
        "ssid": plan.wifi.ssid,
        "hidden": plan.wifi.hidden,
        "country": plan.wifi.country,
    }
    if plan.wifi.key is None:
        return said | {"key_mgmt": "none"}
    return said | {"password": plan.wifi.key, "password_encrypted": True, "key_mgmt": "wpa-psk"}
