"""A dispenser's own settings file. Pins are BCM numbers; a key closes to ground, a lamp lights when its pin is high."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from devices.agent.config import AgentConfig
from devices.agent.settings import AgentSettings
from devices.ticket_dispenser.profiles import profiles
from hall.messages.common import Key

#: BCM number
Pin = Annotated[int, Meta(ge=0, le=27)]
#: how a ticket is set
Paper = Literal["usual", "large", "english"]
#: name of the green-channel key among the keys; no service may be called so
GREEN = "green-channel"
#: name of the code reader among whatever takes tickets
READER = "code-reader"
#: name of the alarm lamp among the lamps
ALARM = "alarm"
#: name of the guide desk's lamp among the lamps
DESK = "desk"


class _Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base: an unknown key in a settings file is a mistake, never ignored."""


class KeySettings(_Settings, frozen=True, kw_only=True):
    """One service's key."""

    pin: Pin
    service: Key
    #: lamp in the key, none when not fitted
    lamp: Pin | None = None


class GreenKeySettings(_Settings, frozen=True, kw_only=True):
    """The green-channel key (绿色通道)."""

    pin: Pin
    lamp: Pin | None = None


class PrinterSettings(_Settings, frozen=True, kw_only=True):
    """The receipt printer and how it is reached."""

    kind: Literal["network", "lp", "usb", "serial"] = "network"
    #: what it can do: a class of ``profiles.yaml``
    profile: str = "any"
    #: network: name or address, and raw port
    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 9100
    #: lp, serial: device file
    path: str = "/dev/usb/lp0"
    #: lp, usb: vendor:product, and :serial number where there are several; lp finds its device file by it, whatever its name is now
    usb: Annotated[str, Meta(pattern=r"^([0-9a-f]{4}:[0-9a-f]{4}(:[!-~]{1,64})?)?$(?!\n)")] = ""
    #: serial: bits per second, and how the printer says that it is busy
    baud: Literal[9600, 19200, 38400, 57600, 115200] = 115200
    flow: Literal["none", "rts-cts", "xon-xoff"] = "none"
    #: 576 for 80 mm paper, 384 for 58 mm
    width_dots: Literal[576, 384] = 576
    #: raster looks the same on every printer; text is for slow serial lines
    render: Literal["raster", "text"] = "raster"
    #: longest silence of the line, seconds
    timeout_s: Annotated[float, Meta(gt=0, le=30)] = 2.0
    #: longest time a slip may take to come out, seconds
    slip_s: Annotated[float, Meta(gt=0, le=120)] = 20.0
    #: length of a new roll, metres; null: 80 on 80 mm paper, 30 on 58 mm
    roll_m: Annotated[float, Meta(ge=5, le=400)] | None = None
    #: what is left when the near-end sensor sees the core, metres; without a sensor `paper-low` is told from here on
    near_end_m: Annotated[float, Meta(ge=0.5, le=20)] = 3.0
    #: a file that keeps what the printer answers and when (and nothing of what is printed); empty: none
    record: str = ""
    #: false for a printer that never answers: what was sent counts as printed, and paper is not watched
    answers: bool = True


class ReaderSettings(_Settings, frozen=True, kw_only=True):
    """A reader of QR and bar codes that types like a keyboard."""

    #: its input device, by the lasting name that udev gives it
    path: Annotated[str, Meta(pattern=r"^/")]


class DisplaySettings(_Settings, frozen=True, kw_only=True):
    """A small MAX7219 panel that shows the number when no paper comes."""

    width: Annotated[int, Meta(ge=40, le=256, multiple_of=8)] = 64
    block_orientation: Literal[0, 90, -90, 180] = -90
    port: Annotated[int, Meta(ge=0, le=1)] = 0
    device: Annotated[int, Meta(ge=0, le=1)] = 0
    brightness: Annotated[int, Meta(ge=0, le=15)] = 6


class DispenserSettings(AgentSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole dispenser."""

    keys: Annotated[tuple[KeySettings, ...], Meta(min_length=1, max_length=24)]
    printer: PrinterSettings
    green: GreenKeySettings | None = None
    display: DisplaySettings | None = None
    reader: ReaderSettings | None = None
    #: how its tickets are set, where the ticket or the hall says nothing else
    paper: Paper = "usual"
    alarm_lamp: Pin | None = None
    #: a discreet lamp at the guide desk: somebody was not satisfied and is still here
    desk_lamp: Pin | None = None
    #: a key held so long prints the list without a number, seconds
    hold_s: Annotated[float, Meta(ge=0.5, le=10)] = 1.5
    #: the same key again within so long takes no second ticket, seconds
    same_key_guard_s: Annotated[float, Meta(ge=0, le=30)] = 5.0
    #: the hub's answer is awaited so long, then a lent number is given, seconds
    answer_wait_s: Annotated[float, Meta(ge=0.2, le=10)] = 2.0
    #: how long the green key waits for the service, seconds
    green_s: Annotated[float, Meta(ge=2, le=60)] = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        green = (self.green.pin, self.green.lamp) if self.green else (None, None)
        pins = [green[0], *(key.pin for key in self.keys), green[1], *(key.lamp for key in self.keys)]
        used = [pin for pin in (*pins, self.alarm_lamp, self.desk_lamp) if pin is not None]
        services = [key.service for key in self.keys]
        if len(set(services)) != len(services) or GREEN in services:
            raise ValueError(
                f"Expected each service once in `keys`, and none called {GREEN}, found {services}"
            )
        if len(set(used)) != len(used):
            raise ValueError(f"Expected each pin once, found {sorted(used)}")
        if self.printer.profile not in profiles():
            known = ", ".join(profiles())
            raise ValueError(f"Expected one of {known} in `printer.profile`, found {self.printer.profile}")
        widths = profiles()[self.printer.profile].widths
        if self.printer.width_dots not in widths:
            raise ValueError(
                f"Expected {' or '.join(map(str, widths))} in `printer.width_dots` of a {self.printer.profile},"
                f" found {self.printer.width_dots}"
            )
        if self.printer.kind == "network" and not self.printer.host:
            raise ValueError("Expected the printer's address in `printer.host`, found nothing")


class DispenserConfig(AgentConfig, frozen=True, kw_only=True):
    """What the hub may change while it runs; None is as in the settings file, where each field is described."""

    paper: Paper | None = None
    same_key_guard_s: Annotated[float, Meta(ge=0, le=30)] | None = None
    green_s: Annotated[float, Meta(ge=2, le=60)] | None = None
