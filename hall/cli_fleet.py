"""``hall fleet …``: look after the devices of a running hall from the hub's machine (docs/devices.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call
from hall.messages.common import DeviceOrder

CONFIG = Target("hub.console.plans.devices:config", "hub")
TELL = Target("hub.console.plans.devices:tell", "hub")

fleet_app = typer.Typer(
    help="Look after the devices of a running hall.", no_args_is_help=True, rich_markup_mode=None
)

Settings = Annotated[
    Path,
    typer.Option("--settings", metavar="FILE", help="The hub's settings file; it names store and broker."),
]
Device = Annotated[str, typer.Argument(metavar="DEVICE", help="A registered device, such as sign-3.")]
Member = Annotated[
    str, typer.Option(metavar="NAME", help="The console's name on the bus; the hall must know it as one.")
]


def add_to(app: typer.Typer) -> None:
    """These commands are part of `hall`."""
    app.add_typer(fleet_app, name="fleet")


@fleet_app.command()
def config(
    device: Device,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME=VALUE", help="Such as brightness=8; an empty value is as in the device's own file."
        ),
    ] = None,
    *,
    settings: Settings,
    member: Member = "console-fleet",
) -> None:
    """Change settings of a device while it runs; without a NAME=VALUE show what the hall has changed."""
    raise typer.Exit(call(CONFIG, settings=settings, device=device, values=values or [], member=member))


@fleet_app.command()
def tell(
    device: Device,
    order: Annotated[
        DeviceOrder,
        typer.Argument(metavar="ORDER", help="identify, self-test, restart, log-level or bundle."),
    ],
    *,
    settings: Settings,
    level: Annotated[
        str, typer.Option(metavar="LEVEL", help="With log-level: debug, info, warning or error.")
    ] = "debug",
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="With log-level: for how long.")] = 60,
    member: Member = "console-fleet",
) -> None:
    """Have a device say who it is, test itself, restart, log otherwise or hand out its bundle, and say how that ended."""
    code = call(
        TELL, settings=settings, device=device, order=order, level=level, minutes=minutes, member=member
    )
    raise typer.Exit(code)
