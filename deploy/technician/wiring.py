"""What goes to which pin, out of the very settings that the programs read: a picture drawn from it cannot say anything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from deploy.technician.board import HEADER, physical
from devices.agent.settings import AgentSettings
from devices.call_key.settings import CallKeySettings
from devices.call_speaker.settings import SpeakerSettings
from devices.rating_pad.settings import PadSettings
from devices.ticket_dispenser.settings import (
    DispenserSettings,
    DisplaySettings,
    GreenKeySettings,
    KeySettings,
    PrinterSettings,
)
from devices.window_sign.settings import SignSettings
from hall.text import Text

Kind = Literal["key", "lamp", "bus", "ground", "power", "sound"]

_ID: Final[dict[str, Any]] = {"hall": "demo", "state_dir": "/var/lib/hall"}
_SERVICES: Final = ("withdrawal", "account", "loan", "settlement", "enquiry", "employer")
#: keys, lamps: everything but SPI0 (7–11), which drives the small display
_KEYS, _LAMPS = (4, 5, 6, 12, 13, 16), (18, 19, 20, 21, 22, 23)

#: a box of each kind as it is delivered; where the settings have defaults these are the defaults
BOXES: Final[dict[str, AgentSettings]] = {
    "dispenser": DispenserSettings(
        **_ID,
        member="dispenser-1",
        keys=tuple(KeySettings(pin=k, service=s, lamp=a) for s, k, a in zip(_SERVICES, _KEYS, _LAMPS, strict=True)),
        green=GreenKeySettings(pin=17, lamp=24),
        alarm_lamp=25,
        desk_lamp=26,
        display=DisplaySettings(),
        printer=PrinterSettings(kind="lp"),
    ),
    "sign": SignSettings(**_ID, member="sign-1", window=1),
    "pad": PadSettings(**_ID, member="pad-1", window=1),
    "speaker": SpeakerSettings(**_ID, member="speaker-1"),
    "call-key": CallKeySettings(**_ID, member="call-key-1", window=1),
}  # fmt: skip

#: I2S on every model: bit clock, word clock, data out. No settings name them: the kernel's overlay does
I2S: Final = {"BCLK": 18, "LRC": 19, "DIN": 21}
_CE: Final = {0: 8, 1: 7}
_GRADES: Final = (
    Text(zh="非常满意", en="very satisfied"),
    Text(zh="满意", en="satisfied"),
    Text(zh="一般", en="fair"),
    Text(zh="不满意", en="not satisfied"),
)


class Wire(NamedTuple):
    """One wire: from a place on the header, 1 … 40, to what is written here."""

    pin: int
    to: Text
    kind: Kind


def wires(settings: AgentSettings) -> list[Wire]:
    """Every wire of a box, by its place on the header. Raises ValueError where two want the same pin."""
    found = sorted(_wires(settings))
    if len({wire.pin for wire in found}) != len(found):
        raise ValueError(f"two wires on one pin: {found}")
    return found


def _wires(settings: AgentSettings) -> Iterator[Wire]:
    match settings:
        case DispenserSettings():
            yield from _dispenser(settings)
        case SignSettings():
            if settings.panel.kind == "ws2812":
                yield _gpio(10, "WS2812 DIN（经 74AHCT125）", "WS2812 DIN, through a 74AHCT125", "bus")
                yield Wire(6, Text(zh="屏电源负极（共地）", en="minus of the panel's supply"), "ground")
            else:
                yield from _panel(settings.panel.port, settings.panel.device, own_supply=True)
            if settings.panel.wired_back:
                yield _gpio(9, "DOUT 经分压回来", "DOUT home, through a divider", "bus")
        case PadSettings():
            pins = settings.pins
            for grade, key, lamp in zip(_GRADES, pins.keys, pins.lamps, strict=True):
                yield _gpio(key, f"{grade.zh} 键", f"key: {grade.en}", "key")
                yield _gpio(lamp, f"{grade.zh} 灯", f"lamp: {grade.en}", "lamp")
            if pins.beeper is not None:
                yield _gpio(pins.beeper, "有源蜂鸣器 ＋", "active buzzer +", "lamp")
            if settings.display is not None:
                yield from _panel(settings.display.port, settings.display.device, own_supply=False)
            yield from _grounds()
        case CallKeySettings():
            for pin, zh, en in (
                (settings.pins.next, "叫下一位", "next"),
                (settings.pins.recall, "重呼", "recall"),
                (settings.pins.pause, "暂停", "pause"),
            ):
                yield _gpio(pin, f"{zh} 键", f"key: {en}", "key")
            yield from _panel(settings.digits.port, settings.digits.device, own_supply=False)
            yield Wire(9, Text(zh="三个按键另一脚", en="the other leg of all keys"), "ground")
        case SpeakerSettings():
            for name, bcm in I2S.items():
                yield _gpio(bcm, f"功放 {name}", f"amplifier {name}", "sound")
            yield Wire(4, Text(zh="功放 VIN", en="amplifier VIN"), "power")
            yield Wire(6, Text(zh="功放 GND", en="amplifier GND"), "ground")
        case _:
            raise ValueError(f"no wiring for {type(settings).__name__}")


def _dispenser(settings: DispenserSettings) -> Iterator[Wire]:
    for place, key in enumerate(settings.keys, start=1):
        yield _gpio(key.pin, f"第{place}键", f"key {place} ({key.service})", "key")
        if key.lamp is not None:
            yield _gpio(key.lamp, f"第{place}键灯", f"lamp of key {place}", "lamp")
    if settings.green is not None:
        yield _gpio(settings.green.pin, "绿色通道键", "green-channel key", "key")
        if settings.green.lamp is not None:
            yield _gpio(settings.green.lamp, "绿色通道灯", "green-channel lamp", "lamp")
    for pin, zh, en in (
        (settings.alarm_lamp, "需要协助灯", "lamp: needs help"),
        (settings.desk_lamp, "引导台灯", "lamp at the guide desk"),
    ):
        if pin is not None:
            yield _gpio(pin, zh, en, "lamp")
    if settings.display is not None:
        yield from _panel(settings.display.port, settings.display.device, own_supply=True)
    yield Wire(9, Text(zh="所有按键另一脚", en="the other leg of all keys"), "ground")
    yield Wire(14, Text(zh="所有灯的负极", en="minus of all lamps"), "ground")


def _panel(port: int, device: int, *, own_supply: bool) -> Iterator[Wire]:
    """A MAX7219 chain on SPI0; a big one has a supply of its own, and shares the ground."""
    if port != 0:
        raise ValueError("only SPI0 is drawn")
    yield _gpio(10, "MAX7219 DIN", "MAX7219 DIN", "bus")
    yield _gpio(11, "MAX7219 CLK", "MAX7219 CLK", "bus")
    yield _gpio(_CE[device], "MAX7219 CS", "MAX7219 CS", "bus")
    if own_supply:
        yield Wire(6, Text(zh="屏电源负极（共地）", en="minus of the panel's supply"), "ground")
    else:
        yield Wire(2, Text(zh="MAX7219 VCC", en="MAX7219 VCC"), "power")
        yield Wire(6, Text(zh="MAX7219 GND", en="MAX7219 GND"), "ground")


def _grounds() -> Iterator[Wire]:
    yield Wire(9, Text(zh="所有按键另一脚", en="the other leg of all keys"), "ground")
    yield Wire(14, Text(zh="灯、蜂鸣器负极", en="minus of lamps and buzzer"), "ground")


def _gpio(bcm: int, zh: str, en: str, kind: Kind) -> Wire:
    assert bcm in HEADER
    return Wire(physical(bcm), Text(zh=zh, en=en), kind)
