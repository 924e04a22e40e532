"""``hall report``: figures of days, weeks and years from the hub's store (docs/reports.md)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call

REPORT = Target("hub.console.reports.command:run", "console")


class By(StrEnum):
    """Along what the figures are told."""

    service = "service"
    situation = "situation"
    window = "window"
    clerk = "clerk"
    hour = "hour"
    weekday = "weekday"
    day = "day"


class Form(StrEnum):
    """How they are told."""

    table = "table"
    csv = "csv"
    xlsx = "xlsx"
    json = "json"


Day = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        help="The first day; else the last one with a ticket.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """This command is part of `hall`."""
    app.command()(report)


def report(
    *,
    first: Day = None,
    last: Annotated[
        datetime | None,
        typer.Option(
            "--to",
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="The last day, that day included; else the last one with a ticket.",
        ),
    ] = None,
    by: Annotated[By, typer.Option("--by", help="Along what the figures are told.")] = By.service,
    form: Annotated[Form, typer.Option("--format", help="xlsx needs --out.")] = Form.table,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it here.")] = None,
    ratings: Annotated[
        bool,
        typer.Option("--ratings", help="Instead: every rating as a CSV line, in the province's five grades."),
    ] = False,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            metavar="FILE",
            help="The hub's settings: its store, and the hall's names, hours and promises.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="PATH|URL", help="A store alone: keys instead of names."),
    ] = None,
) -> None:
    """Count days, weeks or years: visits and endings, waits and handling, ratings, windows needed. The hub may run.

    hall report --settings hub.yaml --from 2026-11-01 --to 2026-11-30 --by window
    """
    code = call(
        REPORT,
        settings=settings,
        store=store,
        first=_date(first),
        last=_date(last),
        by=by.value,
        form=form.value,
        out=out,
        ratings=ratings,
    )
    raise typer.Exit(code)


def _date(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment is not None else None
