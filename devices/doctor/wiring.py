"""The wires: pins and the panel's bus, and whether this user may use them."""

from __future__ import annotations

from collections.abc import Iterator

from devices.agent.settings import AgentSettings
from devices.doctor.finding import Finding, fault, fine
from devices.doctor.machine import Machine
from devices.rating_pad.settings import PadSettings
from devices.ticket_dispenser.settings import DispenserSettings
from devices.window_sign.settings import SignSettings


def look(machine: Machine, own: AgentSettings | None) -> Iterator[Finding]:
    """Pins for keys and lamps, SPI for panels; nothing is asked of a device that has neither."""
    if isinstance(own, DispenserSettings | PadSettings):
        yield _pins(machine)
    if isinstance(own, SignSettings):
        yield _spi(machine, own.panel.port, own.panel.device)
    if isinstance(own, DispenserSettings) and own.display is not None:
        yield _spi(machine, own.display.port, own.display.device)


def _pins(machine: Machine) -> Finding:
    chips = machine.matching("/dev", "gpiochip*")
    if not chips:
        return fault(
            "pins-missing",
            ("没有找到引脚 /dev/gpiochip0", "there are no pins: /dev/gpiochip0 is not there"),
            (
                "请确认是树莓派，系统是 Raspberry Pi OS",
                "make sure that this is a Raspberry Pi with Raspberry Pi OS",
            ),
        )
    if not any(machine.may_use(f"/dev/{chip}") for chip in chips):
        return _forbidden(machine, f"/dev/{chips[0]}", "pins-forbidden")
    return fine("pins", "引脚可用", "the pins can be used")


def _spi(machine: Machine, port: int, device: int) -> Finding:
    name = f"/dev/spidev{port}.{device}"
    if not machine.there(name):
        line = "dtparam=spi=on" if port == 0 else f"dtoverlay=spi{port}-1cs"
        return fault(
            "panel-bus-missing",
            (f"没有找到屏的接口 {name}", f"the panel's bus is not there: {name}"),
            (
                f"请在 /boot/firmware/config.txt 写上 {line}，再重启",
                f"put {line} into /boot/firmware/config.txt and restart",
            ),
        )
    if not machine.may_use(name):
        return _forbidden(machine, name, "panel-bus-forbidden")
    return fine("panel-bus", f"屏的接口 {name} 可用", f"the panel's bus {name} can be used")


def _forbidden(machine: Machine, name: str, code: str) -> Finding:
    group = machine.group_of(name)
    return fault(
        code,
        (f"当前用户不能用 {name}", f"this user may not use {name}"),
        (
            f"请把用户加入 {group} 组：usermod -aG {group} 用户名，再重新登录",
            f"add the user to the group {group}: usermod -aG {group} USER, and log in again",
        ),
    )
