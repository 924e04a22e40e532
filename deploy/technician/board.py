"""The Raspberry Pi as a technician meets it: its 40 pins, and in what the models differ. From the makers' documentation."""

from __future__ import annotations

from typing import Final, NamedTuple

from hall.text import Text

#: physical pin → what it is: a supply, or a BCM number
HEADER: Final[tuple[str | int, ...]] = (
    "3V3", "5V", 2, "5V", 3, "GND", 4, 14, "GND", 15, 17, 18, 27, "GND", 22, 23, "3V3", 24, 10, "GND",
    9, 25, 11, 8, "GND", 7, 0, 1, 5, "GND", 6, 12, 13, "GND", 19, 16, 26, 20, "GND", 21,
)  # fmt: skip
#: what the fixed buses call their pins
ROLES: Final[dict[int, str]] = {
    2: "SDA", 3: "SCL", 7: "CE1", 8: "CE0", 9: "MISO", 10: "MOSI", 11: "SCLK", 14: "TXD", 15: "RXD", 18: "BCLK", 19: "LRCLK",
    21: "DOUT",
}  # fmt: skip


def physical(bcm: int) -> int:
    """The place on the header, 1 … 40, of a BCM number."""
    return HEADER.index(bcm) + 1


class Model(NamedTuple):
    """A model: its supply, its sockets, and what a technician must know of it. Currents in milliamperes, board alone."""

    key: str
    name: str
    supply: Text
    typical_ma: int
    most_ma: int
    supply_a: float
    network: Text
    sound: Text
    note: Text


MODELS: Final = (
    Model(
        "pi3", "Raspberry Pi 3 B+", Text(zh="micro-USB，5.1 V 2.5 A", en="micro-USB, 5.1 V 2.5 A"), 500, 1000, 2.5,
        Text(zh="网口", en="Ethernet socket"), Text(zh="3.5 毫米音频口", en="3.5 mm jack"),
        Text(zh="四个 USB-A 口共 1.2 A", en="four USB-A sockets, 1.2 A together"),
    ),
    Model(
        "pi4", "Raspberry Pi 4 B", Text(zh="USB-C，5.1 V 3 A", en="USB-C, 5.1 V 3 A"), 600, 1250, 3.0,
        Text(zh="网口", en="Ethernet socket"), Text(zh="3.5 毫米音频口", en="3.5 mm jack"),
        Text(zh="长时间工作请装散热片", en="fit a heat sink for work all day"),
    ),
    Model(
        "pi5", "Raspberry Pi 5", Text(zh="USB-C，5.1 V 5 A", en="USB-C, 5.1 V 5 A"), 800, 2400, 5.0,
        Text(zh="网口", en="Ethernet socket"), Text(zh="无音频口：用 USB 声卡或 I2S 功放", en="no jack: a USB sound card or an I2S amplifier"),
        Text(zh="引脚只能用 lgpio；必须装风扇；3 A 电源下 USB 限 0.6 A",
             en="pins through lgpio only; a fan is needed; with a 3 A supply USB gives 0.6 A"),
    ),
    Model(
        "zero2", "Raspberry Pi Zero 2 W", Text(zh="micro-USB（PWR 口），5.1 V 2.5 A", en="micro-USB (PWR), 5.1 V 2.5 A"), 350, 600, 2.5,
        Text(zh="只有无线；有线要 USB 网卡", en="radio only; a cable needs a USB adapter"),
        Text(zh="无音频口：用 USB 声卡或 I2S 功放", en="no jack: a USB sound card or an I2S amplifier"),
        Text(zh="排针要自己焊（或买 WH 型）；USB 要 OTG 线", en="solder the header (or buy the WH); USB needs an OTG cable"),
    ),
)  # fmt: skip
