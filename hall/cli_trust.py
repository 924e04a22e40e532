"""`hall enrolment …`, `hall member …` and `hall identity …`: how a box becomes a member of the hall, and stops being one."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call
from hall.cli_help import group

DESK = Target("hub.trust.service:run", "enrolment")
PREPARE = Target("hub.trust.service:be_ready", "enrolment")
AT_HOME = Target("hub.trust.service:at_home", "enrolment")
EXPECT = Target("hub.trust.command:expect", "enrolment")
REPLACE = Target("hub.trust.command:replace", "enrolment")
ACT = Target("hub.trust.command:act", "enrolment")
QUARANTINE = Target("hub.trust.command:quarantine", "enrolment")
TAKE_ROOT = Target("hub.trust.command:take_root", "enrolment")
SHOW = Target("hub.trust.command:show", "enrolment")
HISTORY = Target("hub.trust.command:history", "enrolment")
ENROL = Target("devices.enrolment.command:enrol", "member")
UNITS = Target("deploy.appliance.command:write", "hub")
RENEW = Target("devices.enrolment.command:renew", "member")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The member's name, as in the hall's settings.")]
Settings = Annotated[
    Path, typer.Option("--settings", metavar="FILE", help="The enrolment desk's YAML settings file.")
]
Card = Annotated[
    Path, typer.Option("--card", metavar="DIR", help="Where the card's boot partition is mounted.")
]
CardFile = Annotated[Path, typer.Option("--card", metavar="FILE", help="The invitation on the card.")]
Folder = Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where the device keeps who it is.")]
HERE = Path("enrolment.yaml")

enrolment_app = group("The desk where devices become members.")
member_app = group("Who may become a member, who is one, who is one no more.")
identity_app = group("This device's own certificate.")


def add_to(app: typer.Typer) -> None:
    """Hang the commands into `hall`."""
    app.add_typer(enrolment_app, name="enrolment")
    app.add_typer(member_app, name="member")
    app.add_typer(identity_app, name="identity")
    app.command("units")(units)


class Machine(StrEnum):
    """What a machine is in the hall."""

    box = "box"
    dispenser = "dispenser"
    sign = "sign"
    pad = "pad"
    speaker = "speaker"
    call_key = "call-key"


def units(
    kind: Annotated[Machine, typer.Argument(metavar="KIND", help="box (the hall box), or a kind of device.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Into this folder.")],
) -> None:
    """Write a machine's systemd units into a folder, to be looked at; `hall hub install` and `hall flash` put them where they belong."""
    raise typer.Exit(call(UNITS, kind=kind.value, out=out))


@enrolment_app.callback()
def _desk() -> None:
    """The desk where devices become members."""


@enrolment_app.command("run")
def run(settings: Settings = HERE) -> None:
    """Serve the desk, and keep the broker's access list and revocations."""
    raise typer.Exit(call(DESK, settings=settings))


@enrolment_app.command("prepare")
def prepare(settings: Settings = HERE) -> None:
    """Make what the desk and the broker need to start: authority, certificate, access list. The desk's unit runs it first."""
    raise typer.Exit(call(PREPARE, settings=settings))


@enrolment_app.command("at-home")
def at_home(
    name: Annotated[str, typer.Argument(metavar="NAME", help="hub, or the console's name.")],
    key: Annotated[
        Path, typer.Option("--key", metavar="FILE", help="Its key, made here when there is none.")
    ],
    settings: Settings = HERE,
) -> None:
    """Have a certificate for a member that lives on the hall box; waits for the desk. Units of hub and console run it first."""
    raise typer.Exit(call(AT_HOME, settings=settings, name=name, key=key))


@enrolment_app.command("take-root")
def take_root(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Where the stick is mounted.")],
    settings: Settings = HERE,
) -> None:
    """Move the root's key onto a stick and delete it here; members are signed without it."""
    raise typer.Exit(call(TAKE_ROOT, settings=settings, to=to))


@member_app.command("list")
def list_(
    settings: Settings = HERE,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """Every member, where it stands, and what to do next."""
    raise typer.Exit(call(SHOW, settings=settings, json=json))


@member_app.command()
def expect(name: Name, card: Card, settings: Settings = HERE) -> None:
    """Write the invitation of a new device onto its card."""
    raise typer.Exit(call(EXPECT, settings=settings, name=name, card=card))


@member_app.command()
def replace(name: Name, card: Card, settings: Settings = HERE) -> None:
    """Write a card for another box under this name; the former box is out at once."""
    raise typer.Exit(call(REPLACE, settings=settings, name=name, card=card))


@member_app.command()
def confirm(name: Name, settings: Settings = HERE) -> None:
    """You have seen the device say who it is: it is in service."""
    raise typer.Exit(call(ACT, settings=settings, what="confirm", name=name))


@member_app.command()
def quarantine(
    name: Name,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="What was seen; it is written down.")],
    settings: Settings = HERE,
) -> None:
    """Two boxes have this name: nothing of it counts until `release` or `replace`."""
    raise typer.Exit(call(QUARANTINE, settings=settings, name=name, why=why))


@member_app.command()
def release(name: Name, settings: Settings = HERE) -> None:
    """End a quarantine: the second box is gone."""
    raise typer.Exit(call(ACT, settings=settings, what="release", name=name))


@member_app.command()
def retire(name: Name, settings: Settings = HERE) -> None:
    """The name is nobody's any more: its certificate counts no more, its connection ends."""
    raise typer.Exit(call(ACT, settings=settings, what="retire", name=name))


@member_app.command()
def history(name: Name, settings: Settings = HERE) -> None:
    """What was done to a name, and by whom."""
    raise typer.Exit(call(HISTORY, settings=settings, name=name))


@identity_app.command()
def enrol(card: CardFile, folder: Folder) -> None:
    """Become a member with the card's invitation; waits for the hall box as long as it takes."""
    raise typer.Exit(call(ENROL, card=card, folder=folder))


@identity_app.command()
def renew(card: CardFile, folder: Folder) -> None:
    """Get a new certificate, when it is time for one."""
    raise typer.Exit(call(RENEW, card=card, folder=folder))
