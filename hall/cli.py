"""`hall …`: one command line for hub, devices and demo.

A command is a name, its options, and where its function lives, as a string: it is imported when the command runs, so a
device never loads the hub, and help never loads either. The function gets the options by name and returns the exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from copy import copy
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from typer.main import get_command_name
from typer.models import CommandInfo

from hall import (
    cli_box,
    cli_card,
    cli_fleet,
    cli_number_book,
    cli_release,
    cli_report,
    cli_settings,
    cli_store,
    cli_token,
    cli_trust,
    cli_twin,
    cli_voice,
)
from hall.cli_call import DEVICES, Target, call
from hall.cli_help import group

DEMO = Target("sim.demo:run", "sim")
CONSOLE = Target("hub.console.app:run", "console")
#: what draws a ticket for whoever edits its texts; the dispenser's own program, where it is installed
PREVIEW = "devices.ticket_dispenser.preview:png"
CONSOLE_CODE = Target("hub.console.app:code", "console")
RULES_TRY = Target("hub.rules.trying:run", "hub")
RULES_EXPLAIN = Target("hub.rules.explain:run", "hub")
RULES_REPLAY = Target("hub.rules.replay:run", "hub")
DOCTOR = Target("devices.doctor.__main__:run", "dispenser")
PAD_LABEL = Target("devices.rating_pad.label:run", "pad,sign")
PRINTER_PROBE = Target("devices.ticket_dispenser.probe:run", "dispenser")
SIGN_PROBE = Target("devices.window_sign.probe_terminal:run", "sign")


class Kind(StrEnum):
    """A kind of device."""

    dispenser = "dispenser"
    sign = "sign"
    pad = "pad"
    speaker = "speaker"
    call_key = "call-key"


app = group("The service hall: tickets, window signs, calls and ratings.")
console_app = group("The staff's web pages.")
app.add_typer(console_app, name="console")
console_app.add_typer(cli_token.token_app, name="token")
rules_app = group("Try the rules of a hall before switching to them.")
app.add_typer(rules_app, name="rules")
cli_card.add_to(app)
cli_box.add_to(app)
cli_fleet.add_to(app)
cli_number_book.add_to(app)
cli_release.add_to(app)
cli_report.add_to(app)
cli_settings.add_to(app)
cli_store.add_to(app)
cli_voice.add_to(app)
cli_twin.add_to(app)
cli_trust.add_to(app)


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        from importlib.metadata import version

        print(f"hallfleet {version('hallfleet')}")
        raise typer.Exit


@app.callback()
def options_of_all(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The service hall: tickets, window signs, calls and ratings."""
    if debug:
        os.environ["HALL_DEBUG"] = "1"


SettingsFile = Annotated[Path, typer.Option("--settings", metavar="FILE", help="The YAML settings file.")]


def speed(value: str) -> str:
    """`max`, or how many seconds of the day pass in one real second."""
    try:
        right = value == "max" or 0 < float(value) < float("inf")
    except ValueError:
        right = False
    if not right:
        raise typer.BadParameter(f"{value!r} is neither 'max' nor a number above 0")
    return value


@app.command()
def demo(
    *,
    day: Annotated[bool, typer.Option("--day", help="A seeded day of visitors, in one process.")] = False,
    seed: Annotated[int, typer.Option(help="The day's seed: the same seed is the same day.")] = 7,
    visitors: Annotated[int, typer.Option(min=0, help="How many people come that day.")] = 300,
    speed: Annotated[
        str,
        typer.Option(
            metavar="max|N", callback=speed, help="The day as fast as it goes, or N times real time."
        ),
    ] = "max",
    headless: Annotated[bool, typer.Option("--headless", help="Draw nothing in the terminal.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep the day's papers, panels, calls and facts here."),
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(
            "--date", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Which day; else the next working day."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the day's summary as one JSON object.")] = False,
    seconds: Annotated[
        float | None, typer.Option(min=0, metavar="N", help="Stop by itself after N seconds.")
    ] = None,
    mqtt_port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="P", help="The broker's port; else a free one.")
    ] = None,
    web_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            metavar="W",
            help="The page's port (0: a free one); with --headless the page only comes with this.",
        ),
    ] = None,
    lan: Annotated[
        bool, typer.Option("--lan", help="Open the page to the local network; else this machine alone.")
    ] = False,
    secure: Annotated[
        bool,
        typer.Option(
            "--secure", help="The broker asks for certificates, and every device enrols first, as in a hall."
        ),
    ] = False,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Keep hub, devices and processes.json here; else a temporary folder."
        ),
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Let this fault happen; may be repeated.")
    ] = None,
) -> None:
    """Run a whole hall here on simulated hardware: live, or (--day) a day in seconds."""
    code = call(
        DEMO,
        day=day,
        seed=seed,
        visitors=visitors,
        speed=speed,
        headless=headless,
        out=out,
        date=plain_date(on),
        json=json,
        seconds=seconds,
        mqtt_port=mqtt_port,
        secure=secure,
        web_port=web_port,
        lan=lan,
        state=state,
        faults=list(fault or ()),
    )
    raise typer.Exit(code)


def plain_date(moment: datetime | None) -> date | None:
    """The date of a moment that was only ever meant as a date."""
    return moment.date() if moment is not None else None


@app.command()
def device(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help="dispenser, sign, pad, speaker or call-key.")],
    *,
    settings: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="The YAML settings file.")
    ] = None,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe",
            help="sign: find out how the panel is wired, and which lines to write; FILE may be left out."
            " dispenser: what its printer answers, and which profile that speaks for.",
        ),
    ] = False,
    label: Annotated[
        Path | None,
        typer.Option("--label", metavar="PNG", help="pad: draw the label of window and keys, 110 by 40 mm."),
    ] = None,
) -> None:
    """Run a device on this machine."""
    if label is not None:
        if kind is not Kind.pad or settings is None:
            raise typer.BadParameter("a label is of a pad with its settings", param_hint="--label")
        raise typer.Exit(call(PAD_LABEL, settings=settings, out=label))
    if probe:
        if kind is Kind.dispenser and settings is not None:
            raise typer.Exit(call(PRINTER_PROBE, settings=settings))
        if kind is not Kind.sign:
            raise typer.BadParameter(
                "a sign's panel can be probed, and the printer of a dispenser with its settings",
                param_hint="--probe",
            )
        raise typer.Exit(call(SIGN_PROBE, settings=settings))
    if settings is None:
        raise typer.BadParameter("FILE is needed to run a device", param_hint="--settings")
    raise typer.Exit(call(DEVICES[kind], settings=settings))


def address(value: str | None) -> str | None:
    """HOST:PORT, or nothing."""
    if value is not None and not value.rpartition(":")[2].isdigit():
        raise typer.BadParameter(f"{value!r} is not HOST:PORT, as in 192.168.1.10:1883")
    return value


@app.command()
def doctor(
    *,
    settings: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="A device's settings: look at it.")
    ] = None,
    hall: Annotated[
        Path | None,
        typer.Option("--hall", metavar="FILE", help="A hall's hall.yaml: look at all its devices."),
    ] = None,
    broker: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", callback=address, help="Where the bus is; else as the settings say."
        ),
    ] = None,
    identity: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="A hall with certificates: the console's identity to listen with (hall identity enrol).",
        ),
    ] = None,
    pages: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", callback=address, help="Look at the staff's pages there, over TLS."
        ),
    ] = None,
    machine: Annotated[
        bool,
        typer.Option("--machine", help="Only what can be seen without asking anybody: no printer, no bus."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what is the matter with this machine, device or hall, and what to do (exit code 1: something does not work)."""
    raise typer.Exit(
        call(
            DOCTOR,
            settings=settings,
            hall=hall,
            broker=broker,
            machine=machine,
            json=json,
            identity=identity,
            pages=pages,
        )
    )


@console_app.command("run")
def console_run(*, settings: SettingsFile) -> None:
    """Serve the pages of clerks, guides and managers, and the hall board."""
    raise typer.Exit(call(CONSOLE, settings=settings, preview=PREVIEW))


@console_app.command("code")
def console_code(
    *,
    settings: SettingsFile,
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Nothing, once there is an administrator.")
    ] = False,
) -> None:
    """Print the code with which the first administrator is made."""
    raise typer.Exit(call(CONSOLE_CODE, settings=settings, if_needed=if_needed))


@rules_app.command("try")
def rules_try(
    file: Annotated[Path, typer.Argument(metavar="SCENARIO", help="A YAML file: policy, people, acts.")],
) -> None:
    """Run a scenario through the hall's rules and print one JSON line per act."""
    raise typer.Exit(call(RULES_TRY, file=file))


@rules_app.command("explain")
def rules_explain(
    file: Annotated[Path, typer.Argument(metavar="SETTINGS", help="A hall's settings, hall.yaml.")],
) -> None:
    """Say in Chinese and English what a hall's policy does for people."""
    raise typer.Exit(call(RULES_EXPLAIN, file=file))


@rules_app.command("replay")
def rules_replay(
    *,
    store: Annotated[str, typer.Option("--store", metavar="STORE", help="The hub's store: a file or a URL.")],
    day: Annotated[
        datetime,
        typer.Option("--day", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The recorded day."),
    ],
    policy: Annotated[
        Path, typer.Option("--policy", metavar="FILE", help="A YAML file with the keys of a policy.")
    ],
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings", metavar="FILE", help="The hall's hall.yaml; else what the day itself shows."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")] = False,
) -> None:
    """Put a recorded day under another policy and show the waits side by side."""
    code = call(
        RULES_REPLAY, store=store, day=day.date().isoformat(), policy=policy, settings=settings, json=json
    )
    raise typer.Exit(code)


def narrowed(words: Sequence[str]) -> typer.Typer:
    """The command line with only the command that `words` name; whole where they name none.

    Typer makes every command with all its options before it runs one, and there are some sixty: half of what a device's start costs.
    """
    named = next((word for word in words if not word.startswith("-")), None)
    one = copy(app)
    one.registered_commands = [command for command in app.registered_commands if _name(command) == named]
    one.registered_groups = [group for group in app.registered_groups if group.name == named]
    return one if one.registered_commands or one.registered_groups else app


def _name(command: CommandInfo) -> str | None:
    if command.name is not None or command.callback is None:
        return command.name
    return get_command_name(command.callback.__name__)


def main() -> None:
    """The `hall` program."""
    narrowed(sys.argv[1:])()


if __name__ == "__main__":
    main()
