"""``hall settings …``: settings files, and the settings of a hall that runs (docs/settings.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call
from hall.cli_help import group

CHECK = Target("hall.settings:check", "hub")
EXPORT = Target("hub.console.plans.command:export", "hub")
IMPORT = Target("hub.console.plans.command:import_", "hub")
HISTORY = Target("hub.console.plans.command:history", "hub")
UNDO = Target("hub.console.plans.command:undo", "hub")

settings_app = group("Look after a hall's settings: its file, and those in force while it runs.")

Settings = Annotated[
    Path,
    typer.Option("--settings", metavar="FILE", help="The hub's settings file; it names store and broker."),
]
Member = Annotated[
    str, typer.Option(metavar="NAME", help="The console's name on the bus; the hall must know it as one.")
]


def add_to(app: typer.Typer) -> None:
    """These commands are part of `hall`."""
    app.add_typer(settings_app, name="settings")


@settings_app.command()
def check(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Say whether a settings file is right, or what is wrong and where."""
    raise typer.Exit(call(CHECK, file=file))


@settings_app.command()
def export(
    *,
    settings: Settings,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Else it is printed.")] = None,
) -> None:
    """Write the settings in force as a settings file. The hub may run."""
    raise typer.Exit(call(EXPORT, settings=settings, to=to))


@settings_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A whole hall.yaml.")],
    *,
    settings: Settings,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; else the file's name.")] = "",
    member: Member = "console-settings",
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Make a settings file what is in force, in the running hall, and say what changes."""
    raise typer.Exit(call(IMPORT, settings=settings, file=file, reason=reason, member=member, dry=dry))


@settings_app.command()
def history(*, settings: Settings) -> None:
    """Every version of the settings that the store has: when, who, why, and what it changed."""
    raise typer.Exit(call(HISTORY, settings=settings))


@settings_app.command()
def undo(*, settings: Settings, member: Member = "console-settings") -> None:
    """Take up the version before again, as a new one, in the running hall."""
    raise typer.Exit(call(UNDO, settings=settings, member=member))
