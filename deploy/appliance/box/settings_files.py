"""What the settings of hub, console and desk must say on a hall box; everything else in them is whoever's who runs the hall."""

from __future__ import annotations

from typing import Any

from deploy.appliance.box.choices import BROKER_PORT, DESK_PORT, Choices, page_names
from deploy.appliance.box.layout import BACKUPS, BELL, ETC, PAGES, PAGES_CA, REGISTER_FILE, STATE
from hub.settings import COMMANDS


def hub(_: Choices) -> dict[str, Any]:
    """``hub.yaml``."""
    return {
        "plan": "hall.yaml",
        "broker": _broker("hub", f"{STATE}/hub/key.pem"),
        "store": f"{STATE}/hub/hub.db",
        # the broker lets nobody in whose certificate does not say so
        "trust_console_names": True,
        "enrolment": "enrolment.yaml",
        "commands": _broker(COMMANDS, f"{STATE}/hub/commands.key"),
        "retention": {"archive": f"{STATE}/hub/archive"},
        "backups": {"folder": f"{BACKUPS}/hub"},
    }


def console(choices: Choices) -> dict[str, Any]:
    """``console.yaml``."""
    return {
        "plan": "hall.yaml",
        "broker": _broker(choices.console, f"{STATE}/console/key.pem"),
        "store": f"{STATE}/hub/hub.db",
        "people": f"{STATE}/console/console.db",
        "enrolment": "enrolment.yaml",
        "member": choices.console,
        "host": "0.0.0.0",  # noqa: S104 - the firewall says who may come
        "port": choices.console_port,
        "secure": {
            "port": choices.secure_port,
            "cert": PAGES,
            "key": f"{STATE}/console/pages.key",
            "ca": PAGES_CA,
        },
    }


def enrolment(choices: Choices) -> dict[str, Any]:
    """``enrolment.yaml``."""
    return {
        "plan": "hall.yaml",
        "authority": f"{STATE}/enrolment/authority",
        "register": REGISTER_FILE,
        "releases": f"{STATE}/enrolment/releases",
        "door": f"{STATE}/door",
        "host": "0.0.0.0",  # noqa: S104 - as above
        "port": DESK_PORT,
        "broker_host": "127.0.0.1",
        "broker_port": BROKER_PORT,
        "bell": BELL,
        "door_group": True,
        "desks": [f"https://{address}:{DESK_PORT}" for address in choices.addresses],
        "home": {
            "hub": f"{STATE}/requests/hub/request.pem",
            choices.console: f"{STATE}/requests/console/request.pem",
            COMMANDS: f"{STATE}/requests/hub/commands.pem",
        },
        "issued": f"{STATE}/issued",
        "pages": {
            "names": page_names(choices),
            "request": f"{STATE}/requests/console/pages.pem",
            "member": choices.console,
        },
    }


def _broker(member: str, key: str) -> dict[str, Any]:
    issued = f"{STATE}/issued"
    tls = {"ca": f"{issued}/ca.pem", "cert": f"{issued}/{member}.pem", "key": key}
    return {"host": "127.0.0.1", "port": BROKER_PORT, "tls": tls}


#: file → what it must say
FILES = {f"{ETC}/hub.yaml": hub, f"{ETC}/console.yaml": console, f"{ETC}/enrolment.yaml": enrolment}
