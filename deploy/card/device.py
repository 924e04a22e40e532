"""A device's settings file, whole: out of the hall's plan and the wiring that the technician's papers draw.

Where a box is built otherwise (another printer, a strip in place of modules, keys in another order), a settings file of its own is
given instead, and only who it is and where the hall is are put in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from deploy.card.cloud_init import text
from deploy.technician.wiring import BOXES
from devices.agent.settings import AgentSettings
from devices.call_key.settings import CallKeySettings
from devices.call_speaker.settings import SpeakerSettings
from devices.rating_pad.settings import PadSettings
from devices.ticket_dispenser.settings import DispenserSettings, KeySettings
from devices.window_sign.settings import SignSettings
from hall.errors import BadSettings, Refused
from hall.invitation import Invitation
from hall.messages.common import MemberKind, WindowNumber
from hall.plan import HallPlan
from hall.settings import convert, load, parse
from hall.text import Text
from hall.tls import BrokerSettings, TlsSettings

#: where a device keeps who it is and what it has not told yet
IDENTITY = "/var/lib/hallfleet/identity"
STATE = "/var/lib/hallfleet/device"
BROKER_PORT = 8883
KINDS: dict[MemberKind, type[AgentSettings]] = {
    MemberKind.DISPENSER: DispenserSettings,
    MemberKind.SIGN: SignSettings,
    MemberKind.PAD: PadSettings,
    MemberKind.SPEAKER: SpeakerSettings,
    MemberKind.CALL_KEY: CallKeySettings,
}


def settings_of(
    invitation: Invitation, plan: HallPlan, *, own: Path | None = None, broker: tuple[str, int] | None = None
) -> AgentSettings:
    """The settings of the invited device, as its program reads them; raises ``Refused`` or ``BadSettings``.

    `own` is a settings file whose hardware is kept; `broker` where the bus is, else the desk's host and the usual port.
    """
    kind = KINDS.get(invitation.kind)
    registered = plan.members.get(invitation.member)
    if (
        kind is None
        or registered is None
        or registered.kind is not invitation.kind
        or plan.id != invitation.hall
    ):
        raise Refused(
            "unknown-member",
            Text(
                zh=f"本厅设置中没有设备 {invitation.member}（{invitation.kind.value}）",
                en=f"the hall's settings have no device {invitation.member} of kind {invitation.kind.value}",
            ),
        )
    host, port = broker or (_host(invitation), BROKER_PORT)
    said: dict[str, Any] = {
        "hall": plan.id,
        "member": invitation.member,
        "state_dir": STATE,
        "broker": BrokerSettings(host=host, port=port, tls=_tls()),
        "timezone": plan.timezone,
        "fleet": max(1, len(plan.members)),
        "kind": invitation.kind,
        "introduce": True,
    }
    if "window" in kind.__struct_fields__:
        said["window"] = _window(invitation, registered.window)
    try:
        if own is not None:
            return _with_own(load(own, dict), said, kind, own)
        base = BOXES[invitation.kind.value]
        if isinstance(base, DispenserSettings):
            said["keys"] = _keys(base, plan)
        return msgspec.structs.replace(base, **said)
    except ValueError as error:
        raise BadSettings(str(own or "device.yaml"), "(file)", str(error)) from error


def as_yaml(settings: AgentSettings) -> bytes:
    """The file, read back by the device's own loader before anybody gets it."""
    written = text(msgspec.to_builtins(settings))
    again = convert(parse(written.decode(), "device.yaml"), type(settings), "device.yaml")
    if again != settings:
        raise AssertionError("a settings file that says something else than it was made from")
    return written


def hardware(settings: AgentSettings) -> tuple[str, ...]:
    """``config.txt``: the buses that these settings use."""
    lines = []
    if _spi(settings):
        lines.append("dtparam=spi=on")
    if _serial(settings):
        lines.append("enable_uart=1")
    if isinstance(settings, SpeakerSettings):
        lines.append("dtparam=audio=on")
    return tuple(lines)


def arguments(settings: AgentSettings) -> tuple[str, ...]:
    """The kernel's arguments: a strip's whole picture in one go."""
    strip = isinstance(settings, SignSettings) and settings.panel.kind == "ws2812"
    return ("spidev.bufsiz=65536",) if strip else ()


def serial(settings: AgentSettings) -> bool:
    """Whether the Pi's own serial port is the role's, so that no console may speak on it."""
    return _serial(settings)


def _spi(settings: AgentSettings) -> bool:
    match settings:
        case SignSettings() | CallKeySettings():
            return True
        case DispenserSettings() | PadSettings():
            return settings.display is not None
        case _:
            return False


def _serial(settings: AgentSettings) -> bool:
    if not isinstance(settings, DispenserSettings) or settings.printer.kind != "serial":
        return False
    return settings.printer.path in {"/dev/serial0", "/dev/ttyAMA0", "/dev/ttyS0"}


def _with_own(
    raw: dict[str, Any], said: dict[str, Any], kind: type[AgentSettings], file: Path
) -> AgentSettings:
    merged = raw | msgspec.to_builtins(said)
    return convert(merged, kind, str(file))


def _keys(base: DispenserSettings, plan: HallPlan) -> tuple[KeySettings, ...]:
    """The services that have a key, in the plan's order, on the box's pins from the left."""
    services = [key for key, service in plan.services.items() if service.button]
    if not 1 <= len(services) <= len(base.keys):
        raise Refused(
            "too-many-keys",
            Text(
                zh=f"大厅有 {len(services)} 项业务要按键，标准取号机有 {len(base.keys)} 个键；请给出设备设置文件（--device-settings）",
                en=f"{len(services)} services want a key and the usual dispenser has {len(base.keys)}: "
                "give a settings file of its own (--device-settings)",
            ),
        )
    return tuple(
        msgspec.structs.replace(key, service=service)
        for key, service in zip(base.keys, services, strict=False)
    )


def _window(invitation: Invitation, window: WindowNumber | None) -> WindowNumber:
    if window is None:
        raise Refused(
            "no-window",
            Text(
                zh=f"设备 {invitation.member} 没有登记窗口，请先在大厅设置中填写",
                en=f"{invitation.member} is registered at no window: write it into the hall's settings first",
            ),
        )
    return window


def _host(invitation: Invitation) -> str:
    return urlsplit(invitation.desks[0]).hostname or ""


def _tls() -> TlsSettings:
    return TlsSettings(
        ca=f"{IDENTITY}/ca.pem", cert=f"{IDENTITY}/current/cert.pem", key=f"{IDENTITY}/current/key.pem"
    )
