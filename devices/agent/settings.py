"""What every device's settings file holds; a device's own settings subclass this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from hall.messages.common import LogLevel, MemberKind, Name
from hall.settings_plan import zone_exists
from hall.tls import BrokerSettings


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who the device is, where its bus is, where it remembers.

    Relative folders are taken from the directory the program is started in.
    """

    hall: Name
    member: Name
    #: where card and logs live
    state_dir: Annotated[str, Meta(min_length=1)]
    broker: BrokerSettings = BrokerSettings()
    #: the hall's zone: what a day is
    timezone: str = "Asia/Shanghai"
    log_level: LogLevel = "info"
    #: how many devices share the broker: they spread out when they all reconnect
    fleet: Annotated[int, Meta(ge=1, le=100_000)] = 20
    #: where releases of the program are, and what the boot selector remembers
    releases: Annotated[str, Meta(min_length=1)] = "/opt/hallfleet"
    boot: Annotated[str, Meta(min_length=1)] = "/var/lib/hallfleet/boot"
    #: may be written down, and is then checked against the program that is started
    kind: MemberKind | None = None
    #: whether it tests itself once, on its first start on the bus, so that whoever put it up sees who it is
    introduce: bool = False

    def __post_init__(self) -> None:
        if not zone_exists(self.timezone):
            raise ValueError(
                f"Expected a time zone like Asia/Shanghai in `timezone`, found {self.timezone!r}"
            )

    @property
    def card(self) -> Path:
        """The file of the device's memory."""
        return Path(self.state_dir) / f"{self.member}.card"

    @property
    def introduced(self) -> Path:
        """A file that is there once it has said who it is."""
        return self.card.with_suffix(".introduced")
