"""``hall journal …``, ``hall backup``, ``hall restore``: looking after the hub's store (docs/store.md)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call
from hall.cli_help import group

VERIFY = Target("hub.store.command:verify", "hub")
REBUILD = Target("hub.store.command:rebuild", "hub")
EXPORT = Target("hub.store.command:export_days", "hub")
IMPORT = Target("hub.store.command:import_days", "hub")
BACKUP = Target("hub.store.command:backup", "hub")
RESTORE = Target("hub.store.command:restore", "hub")

journal_app = group("Check, export and mend what the hub remembers.")

Settings = Annotated[
    Path | None,
    typer.Option("--settings", metavar="FILE", help="The hub's settings file; it names the store."),
]
Store = Annotated[
    str | None, typer.Option("--store", metavar="PATH|URL", help="A store of its own, instead of --settings.")
]
DayOption = Annotated[
    datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="This day alone.")
]
BeforeOption = Annotated[
    datetime | None,
    typer.Option("--before", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Every day before this one."),
]


def add_to(app: typer.Typer) -> None:
    """These commands are part of `hall`."""
    app.add_typer(journal_app, name="journal")
    app.command()(backup)
    app.command()(restore)


@journal_app.command()
def verify(
    *,
    settings: Settings = None,
    store: Store = None,
    heads: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Noted heads; else those beside the store.")
    ] = None,
    head: Annotated[
        list[str] | None,
        typer.Option(metavar="N:HASH", help="A head somebody noted elsewhere; may be repeated."),
    ] = None,
    archive: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Check the files of exported days as well.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as one JSON object.")] = False,
) -> None:
    """Say whether the journal is what was recorded: exit code 0 intact, 3 not intact, 1 could not look. The hub may run."""
    options = {
        "settings": settings,
        "store": store,
        "heads": heads,
        "head": head or [],
        "archive": archive,
        "json": json,
    }
    raise typer.Exit(call(VERIFY, **options))


@journal_app.command()
def rebuild(*, settings: Settings = None, store: Store = None) -> None:
    """Draw the read models again from the journal. The hub must be stopped."""
    raise typer.Exit(call(REBUILD, settings=settings, store=store))


@journal_app.command("export")
def export_days(
    *,
    settings: Settings = None,
    store: Store = None,
    to: Annotated[Path | None, typer.Option(metavar="DIR", help="Else the settings' archive folder.")] = None,
    day: DayOption = None,
    before: BeforeOption = None,
    take_out: Annotated[
        bool, typer.Option("--remove", help="Take them out of the journal, the oldest first.")
    ] = False,
) -> None:
    """Write days that are over into files, one each, with hashes. The hub may run."""
    if (day is None) == (before is None):
        raise typer.BadParameter("name the days: either --day or --before")
    days = {"day": _date(day), "before": _date(before)}
    raise typer.Exit(call(EXPORT, settings=settings, store=store, to=to, take_out=take_out, **days))


@journal_app.command("import")
def import_days(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files that export wrote.")],
    *,
    settings: Settings = None,
    store: Store = None,
    into: Annotated[
        Path | None,
        typer.Option(metavar="STORE", help="A store file of one's own to look at, made if need be."),
    ] = None,
) -> None:
    """Put exported days back: beside the hub's store with --into, or into it while the hub is stopped."""
    raise typer.Exit(call(IMPORT, settings=settings, store=store, into=into, files=files))


def backup(
    *,
    settings: Settings = None,
    store: Store = None,
    to: Annotated[Path | None, typer.Option(metavar="DIR", help="Else the settings' backup folder.")] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="How many stay in the folder; else as the settings say."),
    ] = None,
) -> None:
    """Copy the whole store while the hub works, check the copy, and keep the newest few."""
    raise typer.Exit(call(BACKUP, settings=settings, store=store, to=to, keep=keep))


def restore(
    file: Annotated[Path, typer.Argument(metavar="BACKUP", help="A file that `hall backup` made.")],
    *,
    settings: Settings = None,
    store: Store = None,
    force: Annotated[
        bool, typer.Option("--force", help="Over a store that is there; the old one is kept beside it.")
    ] = False,
) -> None:
    """Make a backup the store again. The hub must be stopped."""
    raise typer.Exit(call(RESTORE, settings=settings, store=store, file=file, force=force))


def _date(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment is not None else None
