"""``hall twin …``: break and repair the simulated hardware of a running demo (docs/twin.md)."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call
from hall.cli_help import group

FAULTS = Target("sim.switches:run_faults", "sim")
FAULT = Target("sim.switches:run_fault", "sim")
HEAL = Target("sim.switches:run_heal", "sim")
REPLAY = Target("sim.switches:run_replay", "sim")
SCAN = Target("sim.switches:run_scan", "sim")


class Switch(StrEnum):
    """Which way a switch is turned."""

    on = "on"
    off = "off"


twin_app = group("Break and repair the simulated hardware of a running demo.")

State = Annotated[
    Path | None,
    typer.Option("--state", metavar="DIR", help="The demo's folder; else the only demo that is running."),
]
Member = Annotated[
    str | None, typer.Option("--member", metavar="NAME", help="Which member, as in sign-3; else the first.")
]


@twin_app.command()
def faults(
    *,
    member: Annotated[str | None, typer.Option("--member", metavar="NAME", help="Of this one alone.")] = None,
    state: State = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List what can go wrong with each member, and what has."""
    raise typer.Exit(call(FAULTS, state=state, member=member, json=json))


@twin_app.command()
def fault(
    name: Annotated[str, typer.Argument(metavar="FAULT", help="As `hall twin faults` lists it.")],
    switch: Annotated[Switch, typer.Argument(metavar="on|off", help="Break it, or repair it.")] = Switch.on,
    *,
    member: Member = None,
    where: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Which key or module; else the first.")
    ] = None,
    state: State = None,
) -> None:
    """Switch one fault on or off."""
    raise typer.Exit(call(FAULT, state=state, name=name, member=member, where=where, on=switch is Switch.on))


@twin_app.command()
def heal(
    *,
    member: Annotated[str | None, typer.Option("--member", metavar="NAME", help="This one alone.")] = None,
    state: State = None,
) -> None:
    """Repair everything."""
    raise typer.Exit(call(HEAL, state=state, member=member))


@twin_app.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What gpiomon wrote on a real Pi.")],
    *,
    member: Annotated[str, typer.Option("--member", metavar="NAME", help="Whose keys they are here.")],
    state: State = None,
) -> None:
    """Let a member's keys do what real ones did."""
    raise typer.Exit(call(REPLAY, state=state, file=file, member=member))


@twin_app.command()
def scan(
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="As on an appointment, or below a slip's QR code.")
    ],
    *,
    member: Annotated[
        str | None, typer.Option("--member", metavar="NAME", help="Whose reader; else the first.")
    ] = None,
    state: State = None,
) -> None:
    """Show a code to a dispenser's reader."""
    raise typer.Exit(call(SCAN, state=state, code=code, member=member))


def add_to(app: typer.Typer) -> None:
    """These commands are part of `hall`."""
    app.add_typer(twin_app, name="twin")
