"""The console's own settings file; the hall itself (``hall.yaml``) is named in it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hall.messages.common import Name
from hall.plan import HallPlan
from hall.settings import load
from hall.tls import BrokerSettings

Port = Annotated[int, Meta(ge=1, le=65535)]
File = Annotated[str, Meta(min_length=1)]


class Plain(StrEnum):
    """Who comes without TLS where the pages have it."""

    #: visitors' phones, which cannot be asked to install a certificate: a ticket's page, bookings, busy hours, suggestions
    PHONES = "phones"
    #: boards on the wall, which show what everybody hears
    BOARDS = "boards"


class SecureSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pages over TLS. Paths are relative to the settings file."""

    port: Port = 8444
    #: the pages' certificate and its key, PEM; a new one is shown from the next visitor on, without a restart
    cert: File
    key: File
    #: the authority that browsers are asked to believe, PEM: it is given out at ``/ca``
    ca: File
    #: who may come to the other port, without TLS; everybody else is sent here
    plain: tuple[Plain, ...] = (Plain.PHONES, Plain.BOARDS)


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
    #: where pages are served; the hall's network needs an address of its own here, and `secure`
    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Port = 8080
    #: the pages over TLS; none: they are served as they are at `port`, on the loopback or behind a proxy
    secure: SecureSettings | None = None
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
        secure=settings.secure and _below(settings.secure, here),
    )
    return settings, load(settings.plan, HallPlan)


def _below(secure: SecureSettings, here: Path) -> SecureSettings:
    files = {name: str(here / getattr(secure, name)) for name in ("cert", "key", "ca")}
    return msgspec.structs.replace(secure, **files)
