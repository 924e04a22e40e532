"""``hall fleet …``: look after the devices of a running hall from the hub's machine (docs/fleet.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call
from hall.cli_help import group
from hall.messages.common import DeviceOrder

CONFIG = Target("hub.console.plans.devices:config", "hub")
TELL = Target("hub.console.plans.devices:tell", "hub")
LIST = Target("hub.console.fleet_command:show_all", "hub")
SHOW = Target("hub.console.fleet_command:show", "hub")
LOGS = Target("hub.console.fleet_command:logs", "hub")
BUNDLE = Target("hub.console.fleet_command:bundle", "hub")
COMPARE = Target("hub.console.fleet_command:compare", "hub")
ROLL_OUT = Target("hub.console.fleet_command:roll_out", "hub")
STOP_ROLL_OUT = Target("hub.console.fleet_command:stop_roll_out", "hub")
REPLACE = Target("hub.console.fleet_command:replace", "hub")
QUARANTINE = Target("hub.console.fleet_command:quarantine", "hub")
ACT = Target("hub.console.fleet_command:act", "hub")
RETIRE = Target("hub.console.fleet_command:retire", "hub")
MORNING = Target("hub.console.fleet_command:morning", "hub")

fleet_app = group("Look after the devices of a running hall.")

Settings = Annotated[
    Path,
    typer.Option("--settings", metavar="FILE", help="The hub's settings file; it names store and broker."),
]
Device = Annotated[str, typer.Argument(metavar="DEVICE", help="A registered device, such as sign-3.")]
Member = Annotated[
    str, typer.Option(metavar="NAME", help="The console's name on the bus; the hall must know it as one.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Values = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=VALUE", help="Such as brightness=8; an empty value is as in the device's own file."
    ),
]
Dry = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]
US = "console-fleet"


def add_to(app: typer.Typer) -> None:
    """These commands are part of `hall`."""
    app.add_typer(fleet_app, name="fleet")


@fleet_app.command("list")
def list_(*, settings: Settings, json: Json = False, member: Member = US) -> None:
    """Every device: state, window, standing, days left of its certificate, version, alerts; those that need somebody first."""
    raise typer.Exit(call(LIST, settings=settings, member=member, json=json))


@fleet_app.command()
def show(device: Device, *, settings: Settings, json: Json = False, member: Member = US) -> None:
    """One device, with health, settings and what was done to it."""
    raise typer.Exit(call(SHOW, settings=settings, device=device, member=member, json=json))


@fleet_app.command()
def locate(device: Device, *, settings: Settings, member: Member = US) -> None:
    """Have it show, print or say who it is."""
    _tell(DeviceOrder.IDENTIFY, device, settings, member)


@fleet_app.command()
def restart(device: Device, *, settings: Settings, member: Member = US) -> None:
    """Restart its program."""
    _tell(DeviceOrder.RESTART, device, settings, member)


@fleet_app.command("self-test")
def self_test(device: Device, *, settings: Settings, member: Member = US) -> None:
    """Have it test its hands, and print what it found."""
    _tell(DeviceOrder.SELF_TEST, device, settings, member)


@fleet_app.command()
def logs(
    device: Device,
    *,
    settings: Settings,
    lines: Annotated[int, typer.Option(min=1, max=10_000, help="So many of the last lines.")] = 200,
    member: Member = US,
) -> None:
    """Fetch and print the end of its log."""
    raise typer.Exit(call(LOGS, settings=settings, device=device, lines=lines, member=member))


@fleet_app.command()
def bundle(
    device: Device,
    *,
    settings: Settings,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Copy it there, onto a stick for instance.")
    ] = None,
    member: Member = US,
) -> None:
    """Fetch its support bundle, and print where it lies."""
    raise typer.Exit(call(BUNDLE, settings=settings, device=device, out=out, member=member))


@fleet_app.command()
def config(
    device: Device, values: Values = None, *, settings: Settings, dry: Dry = False, member: Member = US
) -> None:
    """Change settings of a device while it runs; without a NAME=VALUE show what the hall has changed."""
    if dry:
        raise typer.Exit(call(COMPARE, settings=settings, device=device, values=values or [], member=member))
    raise typer.Exit(call(CONFIG, settings=settings, device=device, values=values or [], member=member))


@fleet_app.command()
def rollout(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="dispenser, sign, pad, speaker or call-key.")],
    values: Values = None,
    *,
    settings: Settings,
    first: Annotated[
        str, typer.Option(metavar="DEVICE", help="Which goes first; else the first in the settings.")
    ] = "",
    prove: Annotated[
        int, typer.Option(min=10, max=86_400, metavar="SECONDS", help="How long it has to stand them.")
    ] = 60,
    dry: Dry = False,
    member: Member = US,
) -> None:
    """Change settings of all devices of a kind: one first, the others once it has proved itself; it halts by itself and takes back."""
    code = call(
        ROLL_OUT,
        settings=settings,
        kind=kind,
        values=values or [],
        first=first,
        prove=prove,
        member=member,
        dry=dry,
    )
    raise typer.Exit(code)


@fleet_app.command("stop-rollout")
def stop_rollout(*, settings: Settings, member: Member = US) -> None:
    """Stop the roll-out that is under way; everybody has what was before."""
    raise typer.Exit(call(STOP_ROLL_OUT, settings=settings, member=member))


@fleet_app.command()
def replace(
    device: Device,
    *,
    settings: Settings,
    card: Annotated[
        Path, typer.Option("--card", metavar="DIR", help="Where the new card's boot partition is mounted.")
    ],
) -> None:
    """Another box takes the name over: its card is written, the former box is out within five seconds, its settings follow."""
    raise typer.Exit(call(REPLACE, settings=settings, device=device, card=card))


@fleet_app.command()
def quarantine(
    device: Device,
    *,
    settings: Settings,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="What was seen; it is written down.")],
) -> None:
    """Nothing of this name counts until it is released or replaced."""
    raise typer.Exit(call(QUARANTINE, settings=settings, device=device, why=why))


@fleet_app.command()
def release(device: Device, *, settings: Settings) -> None:
    """End a quarantine: the second box is gone."""
    raise typer.Exit(call(ACT, settings=settings, device=device, what="release"))


@fleet_app.command()
def confirm(device: Device, *, settings: Settings) -> None:
    """You have seen the device say who it is: it is in service."""
    raise typer.Exit(call(ACT, settings=settings, device=device, what="confirm"))


@fleet_app.command()
def retire(device: Device, *, settings: Settings, member: Member = US) -> None:
    """Decommission: it forgets who it is when it is there, and is out in any case."""
    raise typer.Exit(call(RETIRE, settings=settings, device=device, member=member))


@fleet_app.command()
def morning(*, settings: Settings, json: Json = False, member: Member = US) -> None:
    """Whether the hall can open: what is ready, what is missing, what to do; exit code 1 when something is missing."""
    raise typer.Exit(call(MORNING, settings=settings, member=member, json=json))


@fleet_app.command()
def tell(
    device: Device,
    order: Annotated[
        DeviceOrder,
        typer.Argument(metavar="ORDER", help="identify, self-test, restart, log-level, bundle or wipe."),
    ],
    *,
    settings: Settings,
    level: Annotated[
        str, typer.Option(metavar="LEVEL", help="With log-level: debug, info, warning or error.")
    ] = "debug",
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="With log-level: for how long.")] = 60,
    member: Member = US,
) -> None:
    """Have a device do something by the order's own name, and say how that ended."""
    _tell(order, device, settings, member, level, minutes)


def _tell(
    order: DeviceOrder,
    device: str,
    settings: Path,
    member: str,
    level: str = "debug",
    minutes: int = 60,
) -> None:
    code = call(
        TELL, settings=settings, device=device, order=order, level=level, minutes=minutes, member=member
    )
    raise typer.Exit(code)
