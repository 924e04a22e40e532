"""The console's own settings file; the hall itself (``hall.yaml``) is named in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hall.messages.common import Name
from hall.plan import HallPlan
from hall.settings import load
from hall.tls import BrokerSettings


class ConsoleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a console needs to know about its machine. Paths are relative to the settings file."""

    #: the hall's own settings
    plan: Annotated[str, Meta(min_length=1)]
    broker: BrokerSettings = BrokerSettings()
    #: the hub's store, which is only read
    store: Annotated[str, Meta(min_length=1)] = "hub.db"
    #: the console's own store: people, sessions, audit
    people: Annotated[str, Meta(min_length=1)] = "console.db"
    #: the hall's own situation book; empty: the one that is shipped
    book: str = ""
    #: how long personal data of cases is kept, and what their kinds demand beyond the standards: :mod:`hub.console.cases.settings`
    cases: dict[str, Any] = {}
    #: the enrolment desk's settings file, in a hall with certificates: it names the register of members; empty: none
    enrolment: str = ""
    #: its name on the bus
    member: Name = "console-web"
    #: where pages are served; the hall's network needs an address of its own here, and TLS before it
    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8080
    log: Literal["debug", "info", "warning", "error"] = "info"


def read(path: Path) -> tuple[ConsoleSettings, HallPlan]:
    """The console's settings with absolute paths, and the hall's plan; raises ``BadSettings``."""
    settings = load(path, ConsoleSettings)
    here = path.parent.absolute()
    store = settings.store if "://" in settings.store else str(here / settings.store)
    settings = msgspec.structs.replace(
        settings,
        plan=str(here / settings.plan),
        store=store,
        people=str(here / settings.people),
        enrolment=str(here / settings.enrolment) if settings.enrolment else "",
        book=str(here / settings.book) if settings.book else "",
    )
    return settings, load(settings.plan, HallPlan)
