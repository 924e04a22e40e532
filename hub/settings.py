"""The hub's own settings file; the hall itself (``hall.yaml``) is named in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from hall.plan import HallPlan
from hall.settings import load
from hall.tls import BrokerSettings
from hub.store.engine import store_file
from hub.store.heads import heads_file
from hub.store.keeping import Retention

#: As whom commands speak where the broker asks for certificates.
COMMANDS = "console-fleet"
#: Folder of what devices hand out for technicians: beside the store's file, or beside the settings file.
BUNDLES: Final = "bundles"


class BackupSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``hall backup`` does unless told otherwise."""

    #: folder, relative to the settings file; better on another disk
    folder: Annotated[str, Meta(min_length=1)] = "backups"
    #: how many of them stay
    keep: Annotated[int, Meta(ge=1, le=10_000)] = 7


class HubSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a hub needs to know about its machine. Paths are relative to the settings file."""

    #: the hall's own settings
    plan: Annotated[str, Meta(min_length=1)]
    broker: BrokerSettings = BrokerSettings()
    #: path of the SQLite file, or an SQLAlchemy URL
    store: Annotated[str, Meta(min_length=1)] = "hub.db"
    #: whoever calls itself console-… is a console: only where the broker lets nobody in from outside
    trust_console_names: bool = False
    #: how commands that speak to the hall as a console (`hall fleet`, `hall settings`) reach a broker that asks for certificates: as
    #: the member :data:`COMMANDS`; none: as the hub does, under a name of their own
    commands: BrokerSettings | None = None
    #: the enrolment desk's settings file, in a hall with certificates: it names the register of members; empty: none
    enrolment: str = ""
    log: Literal["debug", "info", "warning", "error"] = "info"
    #: how long what is kept
    retention: Retention = Retention()
    backups: BackupSettings = BackupSettings()

    @property
    def heads(self) -> str:
        """Where the days' last hashes are noted: beside the store's file, or beside this settings file."""
        file = store_file(self.store)
        return str(Path(self.plan).with_name("hub.heads") if file is None else heads_file(file))

    @property
    def bundles(self) -> Path:
        """See :data:`BUNDLES`."""
        return Path(self.heads).parent / BUNDLES


def read(path: Path) -> tuple[HubSettings, HallPlan]:
    """The hub's settings with absolute paths, and the hall's plan; raises ``BadSettings``."""
    settings = load(path, HubSettings)
    here = path.parent.absolute()
    store = settings.store
    if "://" not in store and store != ":memory:":
        store = str(here / store)
    settings = msgspec.structs.replace(
        settings,
        plan=str(here / settings.plan),
        store=store,
        enrolment=str(here / settings.enrolment) if settings.enrolment else "",
        retention=msgspec.structs.replace(settings.retention, archive=str(here / settings.retention.archive)),
        backups=msgspec.structs.replace(settings.backups, folder=str(here / settings.backups.folder)),
    )
    return settings, load(settings.plan, HallPlan)
