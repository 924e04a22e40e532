"""`hall hub`: run the hub, or make a machine the hall's hub, its backups, and the way back."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call
from hall.cli_help import group

HUB = Target("hub.__main__:run", "hub")
INSTALL = Target("deploy.appliance.box.command:install", "hub,console,enrolment")
BACKUP = Target("deploy.appliance.box.backup:backup", "hub,console,enrolment")
RESTORE = Target("deploy.appliance.box.restore:restore", "hub,console,enrolment")

Root = Annotated[
    Path,
    typer.Option("--root", metavar="DIR", help="Into this tree instead of this machine; nothing is started."),
]
hub_app = group("Run the hub, or make this machine the hall's hub.", no_args_is_help=False)


class Part(StrEnum):
    """Whose data."""

    hub = "hub"
    console = "console"
    enrolment = "enrolment"


def add_to(app: typer.Typer) -> None:
    """Hang the commands into `hall`."""
    app.add_typer(hub_app, name="hub")


@hub_app.callback()
def hub(
    context: typer.Context,
    settings: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="The YAML settings file.")
    ] = None,
) -> None:
    """Run the hub: it decides, remembers and tells. Or make a machine the hall's hub."""
    if context.invoked_subcommand is not None:
        return
    if settings is None:
        raise typer.BadParameter("FILE is needed to run the hub", param_hint="--settings")
    raise typer.Exit(call(HUB, settings=settings))


@hub_app.command()
def install(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; say what differs (exit code 1: something does).")
    ] = False,
    uninstall: Annotated[
        bool, typer.Option("--uninstall", help="Stop and remove programs and services; the data stays.")
    ] = False,
    hall: Annotated[
        Path | None,
        typer.Option("--hall", metavar="FILE", help="The hall's hall.yaml; else an example to begin with."),
    ] = None,
    wheels: Annotated[
        Path | None, typer.Option("--wheels", metavar="DIR", help="A release of the hall box to install.")
    ] = None,
    debs: Annotated[
        Path | None,
        typer.Option(
            "--debs", metavar="DIR", help="Debian's packages as files, for a machine without internet."
        ),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST", help="How devices reach this machine; may be repeated. Else its own addresses."
        ),
    ] = None,
    console_port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, metavar="P", help="Where phones and boards come without TLS; else 8080."
        ),
    ] = None,
    secure_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, metavar="P", help="Where the staff's pages are, over TLS; else 8444."),
    ] = None,
    ssh: Annotated[
        bool | None, typer.Option("--ssh/--no-ssh", help="Whether the firewall lets ssh in; else not.")
    ] = None,
    time_server: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="Where this machine gets its time, if anywhere; may be repeated."),
    ] = None,
    root: Root = Path("/"),
) -> None:
    """Make this machine the hall's hub; what is done already is not done again."""
    if check and uninstall:
        raise typer.BadParameter("one of --check and --uninstall")
    code = call(
        INSTALL,
        root=root,
        check=check,
        uninstall=uninstall,
        hall=hall,
        wheels=wheels,
        debs=debs,
        addresses=address or [],
        console_port=console_port,
        secure_port=secure_port,
        ssh=ssh,
        time_servers=time_server or [],
    )
    raise typer.Exit(code)


@hub_app.command()
def backup(
    part: Annotated[Part, typer.Argument(metavar="PART", help="hub, console or enrolment.")],
    *,
    root: Root = Path("/"),
) -> None:
    """Back up one account's data, as that account; the box's timers do it every night."""
    raise typer.Exit(call(BACKUP, part=part.value, root=root))


@hub_app.command()
def restore(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Backups of a hall box: /var/backups/hallfleet, or a copy of it."),
    ],
    *,
    root: Root = Path("/"),
) -> None:
    """Put the newest backups of a box in place of what is here; what was here is kept beside it."""
    raise typer.Exit(call(RESTORE, folder=folder, root=root))
