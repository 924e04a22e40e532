"""What the world holds, member by member, and where its sockets and files are. Read from JSON; see `WorldPlan`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from sim.twin.paper import ROLL, SPEED
from sim.twin.spi import Wiring
from sim.twin.strip import Fold

SHIMS = Path(__file__).with_name("shims")
"""The folder whose `spidev` stands in for the real one."""

Pin = Annotated[int, msgspec.Meta(ge=0, le=27)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]


class _Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class PanelPlan(_Plan, frozen=True, kw_only=True):
    """An LED panel: dots, what they are made of, and how its modules are wired or its strip is folded."""

    width: int = 128
    height: int = 16
    kind: Literal["max7219", "ws2812"] = "max7219"
    wiring: Wiring = "fc16"
    wired_back: bool = False
    fold: Fold = "columns-serpentine"
    band: int = 16


class PrinterPlan(_Plan, frozen=True, kw_only=True):
    """A receipt printer at 127.0.0.1:`port` (0: any free one)."""

    port: int = 0
    width_dots: int = 576
    paper_mm: float = ROLL
    #: millimetres of paper a second; small printers are half as quick
    speed_mm_s: Annotated[int, msgspec.Meta(ge=20, le=500)] = SPEED
    #: false: no sensor sees the end of the roll coming
    near_end_sensor: bool = True
    #: a real printer's answers, written by a dispenser (`printer.record`), to be given instead of its own
    recording: str = ""


class MemberPlan(_Plan, frozen=True, kw_only=True):
    """One device and its hands; keys and lamps map names to BCM pins."""

    member: Name
    kind: Literal["dispenser", "sign", "pad", "speaker", "call-key"]
    keys: dict[str, Pin] = {}
    lamps: dict[str, Pin] = {}
    panel: PanelPlan | None = None
    printer: PrinterPlan | None = None
    speaker: bool = False
    #: a code reader on its USB port
    reader: bool = False


class WorldPlan(_Plan, frozen=True, kw_only=True):
    """Everything the world holds. `folder` gets papers, panels and sounds; sockets go there too unless `sockets` says else."""

    folder: str
    members: tuple[MemberPlan, ...]
    sockets: str | None = None
    zone: str = "Asia/Shanghai"

    @property
    def control(self) -> Path:
        """The control socket, for `WorldClient`."""
        return self.socket("world", "control")

    def socket(self, member: str, kind: str) -> Path:
        """Where a member's `gpio`, `spi`, `fifo`, `asound`, `reader` or `machine` is."""
        return Path(self.sockets or self.folder).resolve() / f"{member}.{kind}"

    def member(self, name: str) -> MemberPlan:
        """The member of that name.

        :raises KeyError: when there is none.
        """
        for member in self.members:
            if member.member == name:
                return member
        raise KeyError(name)

    def environment(self, name: str, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """What the agent process of member `name` needs in its environment to live in this world instead of on a Pi."""
        member = self.member(name)
        found = {
            "PYTHONPATH": os.pathsep.join(p for p in (str(SHIMS), base.get("PYTHONPATH", "")) if p),
            "HALL_TWIN_MACHINE": str(self.socket(name, "machine")),
        }
        if member.keys or member.lamps:
            found["GPIOZERO_PIN_FACTORY"] = "hall-twin"
            found["HALL_TWIN_GPIO"] = str(self.socket(name, "gpio"))
        if member.panel is not None:
            found["HALL_TWIN_SPI"] = str(self.socket(name, "spi"))
        if member.speaker:
            found["ALSA_CONFIG_PATH"] = str(self.socket(name, "asound"))
        return found


def read_plan(path: Path) -> WorldPlan:
    """The plan in the JSON file `path`.

    :raises ValueError: names the file, the key and what was expected there.
    """
    try:
        plan = msgspec.json.decode(path.read_bytes(), type=WorldPlan)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: {error}") from error
    names = [member.member for member in plan.members]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{path}: two members are called {name}")
    return plan
