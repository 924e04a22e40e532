"""The programs: what this device's role needs, and its settings file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from devices.agent.settings import AgentSettings
from devices.call_key.settings import CallKeySettings
from devices.call_speaker.settings import SpeakerSettings
from devices.doctor.finding import Finding, fault, fine
from devices.doctor.machine import Machine
from devices.rating_pad.settings import PadSettings
from devices.ticket_dispenser.settings import DispenserSettings
from devices.window_sign.settings import SignSettings
from hall.errors import HallError
from hall.messages.common import MemberKind
from hall.settings import load, parse
from hall.settings import read as read_file

SETTINGS: dict[MemberKind, type[AgentSettings]] = {
    MemberKind.DISPENSER: DispenserSettings,
    MemberKind.SIGN: SignSettings,
    MemberKind.PAD: PadSettings,
    MemberKind.SPEAKER: SpeakerSettings,
    MemberKind.CALL_KEY: CallKeySettings,
}
#: what each role's driver is made of
_NEEDS = {
    MemberKind.DISPENSER: ("gpiozero", "escpos", "PIL", "qrcode"),
    MemberKind.SIGN: ("luma.led_matrix", "PIL"),
    MemberKind.PAD: ("gpiozero",),
    MemberKind.SPEAKER: (),
    MemberKind.CALL_KEY: ("gpiozero", "luma.led_matrix", "PIL"),
}


def read(file: Path | None) -> tuple[AgentSettings | None, list[Finding]]:
    """The settings, if there are any that can be read, and what there is to say about them."""
    if file is None:
        return None, [
            fine(
                "not-configured",
                "没有指定配置，只看本机；用 --settings 看一台设备",
                "no settings were named, so only the machine was looked at; --settings looks at a device",
            )
        ]
    try:
        kind = kind_of(file)
        own = load(file, SETTINGS[kind])
    except HallError as error:
        do = ("请按文字改这个文件", "change the file as it says")
        return None, [fault("settings-wrong", (error.text.zh, error.text.en), do)]
    except OSError as error:
        why = error.strerror or str(error)
        do = ("请检查路径，或重新写卡", "look at the path, or prepare the card again")
        return None, [fault("settings-missing", (f"{file}：{why}", f"{file}: {why}"), do)]
    return own, [fine("settings", f"{own.member} 的配置可用", f"the settings of {own.member} are right")]


def kind_of(file: Path) -> MemberKind:
    """What kind of device a settings file is for: as it says, or by its member's name."""
    said = parse(read_file(str(file)), str(file))
    said = said if isinstance(said, dict) else {}
    name = str(said.get("kind") or said.get("member", ""))
    return next((kind for kind in SETTINGS if name.startswith(kind.value)), MemberKind.PAD)


def look(machine: Machine, kind: MemberKind | None) -> Iterator[Finding]:
    """Whether what this role needs is installed; without a role nothing is asked."""
    if kind is None:
        return
    missing = [module for module in _NEEDS[kind] if not _found(module)]
    if missing:
        names = ", ".join(missing)
        yield fault(
            "driver-missing",
            (f"缺少驱动：{names}", f"drivers are missing: {names}"),
            (
                f"请安装：pip install 'hallfleet[{kind.value}]'",
                f"install them: pip install 'hallfleet[{kind.value}]'",
            ),
        )
    else:
        yield fine("driver", "驱动已安装", "the drivers are installed")
    if kind is MemberKind.SPEAKER:
        yield from _voice(machine)


def _voice(machine: Machine) -> Iterator[Finding]:
    for program, package in (("aplay", "alsa-utils"), ("espeak-ng", "espeak-ng")):
        if not machine.program(program):
            yield fault(
                "voice-missing",
                (f"缺少 {program}", f"{program} is missing"),
                (f"请安装：apt-get install {package}", f"install it: apt-get install {package}"),
            )


def _found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
