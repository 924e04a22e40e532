"""The enrolment desk's settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hall.messages.common import Name
from hall.plan import HallPlan
from hall.settings import load

Port = Annotated[int, Meta(ge=1, le=65535)]


#: A host's name or address.
PageName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9:](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9:])?$(?!\n)")]


class PagesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The staff's pages, which browsers reach over TLS."""

    #: how browsers name the machine: host names and addresses, the one that people read first
    names: Annotated[tuple[PageName, ...], Meta(min_length=1, max_length=30)]
    #: where the console puts its request; the certificate becomes ``pages.pem`` in `issued`, beside ``pages-ca.pem`` for browsers
    request: Annotated[str, Meta(min_length=1)]
    #: whose pages they are
    member: Name = "console-web"


class TrustSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the desk needs to know about its machine. Paths are relative to the settings file."""

    #: the hall's own settings: who may be expected, and as what
    plan: Annotated[str, Meta(min_length=1)]
    #: the authority's keys
    authority: Annotated[str, Meta(min_length=1)] = "authority"
    #: who is expected, who is a member
    register: Annotated[str, Meta(min_length=1)] = "register/register.db"
    #: the mirror of releases, handed out below ``/releases``
    releases: Annotated[str, Meta(min_length=1)] = "releases"
    #: what the broker reads: the hall box's certificate, access list, revocations
    door: Annotated[str, Meta(min_length=1)] = "door"
    #: where the desk is; devices must reach it
    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Port = 8443
    #: the broker, to put out whoever is out
    broker_host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    broker_port: Port = 8883
    #: makes the broker read its files again
    reload: tuple[str, ...] = ()
    #: the same where the broker belongs to another account: a socket; whoever connects is answered by its end once the broker was told
    bell: str = ""
    #: the broker's account reads the hall box's key through the group of the door's folder
    door_group: bool = False
    #: members that live on this machine → where each puts its request
    home: dict[Name, Annotated[str, Meta(min_length=1)]] = {}
    #: where their certificates are put
    issued: Annotated[str, Meta(min_length=1)] = "issued"
    #: the staff's pages over TLS; none: they are not
    pages: PagesSettings | None = None
    #: how devices reach the desk, as written on their cards; empty: `host` and `port`
    desks: tuple[str, ...] = ()
    log: Literal["debug", "info", "warning", "error"] = "info"


def read(path: Path) -> tuple[TrustSettings, HallPlan]:
    """The settings with absolute paths, and the hall's plan; raises ``BadSettings``."""
    own = load(path, TrustSettings)
    here = path.parent.absolute()
    own = msgspec.structs.replace(
        own,
        plan=str(here / own.plan),
        authority=str(here / own.authority),
        register=str(here / own.register),
        door=str(here / own.door),
        releases=str(here / own.releases),
        bell=str(here / own.bell) if own.bell else "",
        home={name: str(here / file) for name, file in own.home.items()},
        issued=str(here / own.issued),
        pages=own.pages and msgspec.structs.replace(own.pages, request=str(here / own.pages.request)),
    )
    return own, load(own.plan, HallPlan)
