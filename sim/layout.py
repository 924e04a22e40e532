"""The demo hall's hardware: which pin, panel and port each Pi has, as the agents' settings and as the world's plan.

One table of pins for both, so that a key that the world presses is the key that the agent reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import yaml

from devices.agent.settings import AgentSettings
from devices.call_key.settings import CallKeySettings
from devices.call_speaker.settings import SpeakerSettings
from devices.rating_pad.settings import PadSettings
from devices.ticket_dispenser.settings import (
    ALARM,
    DESK,
    GREEN,
    DispenserSettings,
    DisplaySettings,
    GreenKeySettings,
    KeySettings,
    PrinterSettings,
    ReaderSettings,
)
from devices.window_sign.settings import PanelSettings, SignSettings
from hall.messages.common import MemberKind
from hall.plan import HallPlan, HoursPlan
from hall.plan import MemberPlan as Registered
from hall.settings import load
from hall.tls import BrokerSettings
from hall.topics import HUB
from hub.settings import COMMANDS, HubSettings
from sim.twin.world_plan import MemberPlan, PanelPlan, PrinterPlan, WorldPlan

EXAMPLE = Path(__file__).parent.parent / "deploy" / "hall.example.yaml"

# Dispenser, BCM: everything but SPI0 (7–11), which drives the small display.
KEY_PINS = (4, 5, 6, 12, 13, 16)
LAMP_PINS = (18, 19, 20, 21, 22, 23)
GREEN_PIN, GREEN_LAMP, ALARM_LAMP, DESK_LAMP = 17, 24, 25, 26
DISPLAY_WIDTH = 64
SIGN_WIDTH = 128


def demo_plan(*, always_open: bool, plan: Path = EXAMPLE) -> HallPlan:
    """The example hall, with its posted hours or open whatever the clock says."""
    hall = _read(plan)
    return msgspec.structs.replace(hall, hours=HoursPlan(always=True)) if always_open else hall


@cache
def _read(plan: Path) -> HallPlan:
    return load(plan, HallPlan)


class Layout:
    """Every member's settings and hands, for a hall whose files live in `folder` and whose broker is at `port`."""

    def __init__(
        self,
        plan: HallPlan,
        folder: Path,
        *,
        broker_port: int = 1883,
        printer_port: int = 9100,
        sockets: Path | None = None,
        links: Mapping[str, int] | None = None,
        store: Path | None = None,
        guests: Mapping[str, Registered] | None = None,
        broker: Callable[[str], BrokerSettings] | None = None,
        reader: bool = False,
        enrolment: Path | None = None,
    ) -> None:
        """Nothing is written yet. `sockets` must be a short path (108 bytes hold a socket's whole name).

        `links` names other ports than the broker's for who reaches it through :mod:`sim.twin.proxy`; `store` is the hub's file;
        `guests` are registered like the plan's members and have no hands here: somebody else plays them. `broker` says how
        a member reaches the broker, where that is more than a port; `enrolment` is the settings file of the desk, where there is one.
        """
        self.plan = plan
        self.folder = folder.resolve()
        self.sockets = sockets or self.folder / "sockets"
        self._broker_port = broker_port
        self._links = dict(links or {})
        self._broker = broker or (lambda member: BrokerSettings(port=self._port(member)))
        self.store = store or self.folder / "hub.db"
        self._guests = dict(guests or {})
        self._printer_port = printer_port
        self._enrolment = "" if enrolment is None else str(enrolment)
        self._reader = reader
        self.keys = [key for key, service in plan.services.items() if service.button][: len(KEY_PINS)]

    def members(self, kind: MemberKind) -> list[str]:
        """Members of one kind, in the plan's order."""
        return [name for name, member in self.plan.members.items() if member.kind is kind]

    def settings(self, member: str) -> AgentSettings:
        """The member's settings file as a struct."""
        found = self.plan.members[member]
        common: dict[str, Any] = {
            "hall": self.plan.id,
            "member": member,
            "state_dir": str(self.folder / "cards"),
            "broker": self._broker(member),
            "timezone": self.plan.timezone,
            "fleet": len(self.plan.members),
            "kind": found.kind,
        }
        match found.kind:
            case MemberKind.DISPENSER:
                return self._dispenser(common)
            case MemberKind.SIGN:
                return SignSettings(**common, window=found.window or 1, panel=PanelSettings(width=SIGN_WIDTH))
            case MemberKind.PAD:
                return PadSettings(**common, window=found.window or 1)
            case MemberKind.SPEAKER:
                return SpeakerSettings(**common)
            case MemberKind.CALL_KEY:
                return CallKeySettings(**common, window=found.window or 1)
            case _:
                raise ValueError(f"{member}: no device of kind {found.kind.value}")

    def _dispenser(self, common: dict[str, Any]) -> DispenserSettings:
        fitted = zip(self.keys, KEY_PINS, LAMP_PINS, strict=False)
        return DispenserSettings(
            **common,
            keys=tuple(KeySettings(pin=pin, service=service, lamp=lamp) for service, pin, lamp in fitted),
            green=GreenKeySettings(pin=GREEN_PIN, lamp=GREEN_LAMP),
            alarm_lamp=ALARM_LAMP,
            desk_lamp=DESK_LAMP,
            display=DisplaySettings(width=DISPLAY_WIDTH),
            printer=PrinterSettings(kind="network", host="127.0.0.1", port=self._printer_port),
            reader=ReaderSettings(path=str(self._reader_path(common["member"]))) if self._reader else None,
        )

    def _reader_path(self, member: str) -> Path:
        """Where a world's code reader types (:meth:`sim.twin.world_plan.WorldPlan.socket`)."""
        return self.sockets.resolve() / f"{member}.reader"

    def world(self) -> WorldPlan:
        """The same hands as the world holds them."""
        return WorldPlan(
            folder=str(self.folder / "world"),
            sockets=str(self.sockets),
            zone=self.plan.timezone,
            members=tuple(self._hands(member) for member in self.plan.members),
        )

    def _hands(self, member: str) -> MemberPlan:
        settings = self.settings(member)
        match settings:
            case DispenserSettings():
                keys = {key.service: key.pin for key in settings.keys} | {GREEN: GREEN_PIN}
                lamps = {key.service: key.lamp for key in settings.keys if key.lamp is not None}
                return MemberPlan(
                    member=member,
                    kind="dispenser",
                    keys=keys,
                    lamps=lamps | {GREEN: GREEN_LAMP, ALARM: ALARM_LAMP, DESK: DESK_LAMP},
                    panel=PanelPlan(width=DISPLAY_WIDTH),
                    printer=PrinterPlan(port=self._printer_port),
                    reader=settings.reader is not None,
                )
            case SignSettings():
                return MemberPlan(member=member, kind="sign", panel=PanelPlan(width=SIGN_WIDTH))
            case PadSettings():
                keys, lamps = pad_pins(settings)
                return MemberPlan(member=member, kind="pad", keys=keys, lamps=lamps)
            case CallKeySettings():
                keys = {
                    "next": settings.pins.next,
                    "recall": settings.pins.recall,
                    "pause": settings.pins.pause,
                }
                digits = PanelPlan(width=8, height=8, wiring="generic")
                return MemberPlan(member=member, kind="call-key", keys=keys, panel=digits)
            case _:
                return MemberPlan(member=member, kind="speaker", speaker=True)

    def hub(self) -> HubSettings:
        """The hub's settings."""
        return HubSettings(
            plan="hall.yaml",
            broker=self._broker(HUB),
            store=str(self.store),
            trust_console_names=True,
            enrolment=self._enrolment,
            commands=self._broker(COMMANDS) if self._enrolment else None,
        )

    def _port(self, member: str) -> int:
        """Where the member finds the broker."""
        return self._links.get(member, self._broker_port)

    def write(self) -> None:
        """All settings files, as a technician would write them: ``settings/*.yaml`` and ``world.json``."""
        for name in ("settings", "cards", "world"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.sockets.mkdir(parents=True, exist_ok=True)
        everybody = self.plan.members | self._guests
        _write(self.settings_file("hall"), msgspec.structs.replace(self.plan, members=everybody))
        _write(self.settings_file("hub"), self.hub())
        for member in self.plan.members:
            _write(self.settings_file(member), self.settings(member))
        (self.folder / "world.json").write_bytes(msgspec.json.encode(self.world()))

    def settings_file(self, name: str) -> Path:
        """Where the settings of the hub, a member or the hall are written."""
        return self.folder / "settings" / f"{name}.yaml"


def pad_pins(settings: PadSettings) -> tuple[dict[str, int], dict[str, int]]:
    """Keys and lamps of a pad by name: the grades, and ``beeper``."""
    grades = ("4", "3", "2", "1")  # as one reads them from the left
    lamps = dict(zip(grades, settings.pins.lamps, strict=True))
    if settings.pins.beeper is not None:
        lamps["beeper"] = settings.pins.beeper
    return dict(zip(grades, settings.pins.keys, strict=True)), lamps


def _write(file: Path, settings: msgspec.Struct) -> None:
    plain = json.loads(msgspec.json.encode(settings))
    file.write_text(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), encoding="utf-8")


def zone(plan: HallPlan) -> ZoneInfo:
    """The hall's time zone."""
    return ZoneInfo(plan.timezone)
