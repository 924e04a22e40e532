"""``hall number-book``: the pre-printed numbers for a hall without power (docs/tickets.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call

NUMBER_BOOK = Target("hub.number_book:run", "hub")


def add_to(app: typer.Typer) -> None:
    """This command is part of `hall`."""
    app.command("number-book")(number_book)


def number_book(
    file: Annotated[Path, typer.Argument(metavar="HALL", help="The hall's settings, hall.yaml.")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The page to print.")] = Path(
        "number-book.html"
    ),
    first: Annotated[int, typer.Option("--first", min=8001, max=8999, help="The first number.")] = 8001,
    last: Annotated[int, typer.Option("--last", min=8001, max=8999, help="The last number.")] = 8060,
    service: Annotated[
        list[str] | None, typer.Option("--service", metavar="ID", help="This service alone; may be repeated.")
    ] = None,
) -> None:
    """Write the number book that is used when the power is gone, as a page to print and cut."""
    if last < first:
        raise typer.BadParameter("the last number is smaller than the first", param_hint="--last")
    raise typer.Exit(call(NUMBER_BOOK, file=file, out=out, first=first, last=last, services=service or []))
