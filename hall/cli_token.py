"""`hall console token …`: keys of other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call
from hall.cli_help import group

MAKE = Target("hub.console.api.command:make", "console")
SHOW = Target("hub.console.api.command:show", "console")
REVOKE = Target("hub.console.api.command:revoke", "console")

SettingsFile = Annotated[
    Path, typer.Option("--settings", metavar="FILE", help="The console's YAML settings file.")
]


class Scope(StrEnum):
    """What a key opens."""

    read = "read"
    tickets = "tickets"
    appointments = "appointments"
    counts = "counts"
    ratings = "ratings"
    devices = "devices"
    metrics = "metrics"


token_app = group("Keys of other programs for /api/v1 and /metrics.")


@token_app.command()
def make(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[
        list[Scope], typer.Option("--scope", help="What it opens; may be given more than once.")
    ],
    per_min: Annotated[int, typer.Option(min=1, help="Requests a minute.")] = 120,
    settings: SettingsFile = Path("console.yaml"),
) -> None:
    """Make a key and print its id and the key itself: nobody can see it again."""
    raise typer.Exit(
        call(MAKE, settings=settings, name=name, scopes=[one.value for one in scope], per_min=per_min)
    )


@token_app.command("list")
def list_(settings: SettingsFile = Path("console.yaml")) -> None:
    """Every key that was ever made, without the keys themselves."""
    raise typer.Exit(call(SHOW, settings=settings))


@token_app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, as `list` shows it.")],
    settings: SettingsFile = Path("console.yaml"),
) -> None:
    """The key opens nothing any more, at once."""
    raise typer.Exit(call(REVOKE, settings=settings, key=key))
