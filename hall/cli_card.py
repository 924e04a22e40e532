"""``hall flash …``, ``hall label …``, ``hall wheels …``: cards for new devices."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call
from hall.cli_help import group

FLASH = Target("deploy.card.command:flash", "flash")
LABEL = Target("deploy.card.command:label", "flash")
WHEELS = Target("deploy.card.command:wheels", "flash")
IMAGE = Target("deploy.image.command:image", "flash")
CHECK_WHEELS = Target("deploy.card.command:check_wheels", "flash")

wheels_app = group("The programs of a role as a folder of wheels, for a Pi without internet.")

Member = Annotated[str, typer.Argument(metavar="NAME", help="The device's name, as in the hall's settings.")]
Settings = Annotated[
    Path | None,
    typer.Option("--settings", metavar="FILE", help="On the hall box: the enrolment desk's settings."),
]
InvitationFile = Annotated[
    Path | None,
    typer.Option(
        "--invitation", metavar="FILE", help="On another computer: what `hall member expect` wrote."
    ),
]
HallFile = Annotated[
    Path | None, typer.Option("--hall", metavar="FILE", help="With --invitation: the hall's hall.yaml.")
]
PrinterAt = Annotated[
    str | None,
    typer.Option("--printer", metavar="WHERE", help="A receipt printer: /dev/usb/lp0, or HOST[:PORT]."),
]


class Role(StrEnum):
    """What a machine is in the hall."""

    box = "box"
    dispenser = "dispenser"
    sign = "sign"
    pad = "pad"
    speaker = "speaker"
    call_key = "call-key"


def add_to(app: typer.Typer) -> None:
    """Hang the commands into `hall`."""
    app.command("flash")(flash)
    app.command("label")(label)
    app.command("image")(image)
    app.add_typer(wheels_app, name="wheels")


def flash(
    member: Member,
    device: Annotated[
        Path | None, typer.Argument(metavar="[DEVICE]", help="The card, /dev/sdX: with --image.")
    ] = None,
    *,
    wheels: Annotated[
        Path,
        typer.Option("--wheels", metavar="DIR", help="The role's programs, made by `hall wheels build`."),
    ],
    image: Annotated[
        Path | None, typer.Option("--image", metavar="FILE", help="The system's image, plain or .xz.")
    ] = None,
    boot_dir: Annotated[
        Path | None,
        typer.Option(
            "--boot-dir", metavar="DIR", help="The mounted boot partition of a card that Imager wrote."
        ),
    ] = None,
    settings: Settings = None,
    invitation: InvitationFile = None,
    hall: HallFile = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Another box under a name that has one: the former is out at once."),
    ] = False,
    device_settings: Annotated[
        Path | None,
        typer.Option(
            "--device-settings", metavar="FILE", help="How this box is built, where it is not as usual."
        ),
    ] = None,
    releases_root: Annotated[
        Path | None,
        typer.Option(
            "--releases-root",
            metavar="FILE",
            help="The releases-root.json of your releases; without it what the hall box's mirror began with.",
        ),
    ] = None,
    wifi: Annotated[
        str | None,
        typer.Option("--wifi", metavar="SSID", help="A wireless network; its password is asked for."),
    ] = None,
    wifi_password_file: Annotated[
        Path | None, typer.Option("--wifi-password-file", metavar="FILE", help="Read it from here instead.")
    ] = None,
    wifi_open: Annotated[bool, typer.Option("--wifi-open", help="The network has no password.")] = False,
    wifi_hidden: Annotated[
        bool, typer.Option("--wifi-hidden", help="The network does not say its name.")
    ] = False,
    wifi_country: Annotated[
        str, typer.Option("--wifi-country", metavar="XX", help="Whose radio rules hold.")
    ] = "CN",
    address: Annotated[
        str | None,
        typer.Option(
            "--address", metavar="A.B.C.D/N", help="An address of its own; else the network gives one."
        ),
    ] = None,
    gateway: Annotated[
        str | None, typer.Option("--gateway", metavar="A.B.C.D", help="With --address.")
    ] = None,
    dns: Annotated[
        list[str] | None, typer.Option("--dns", metavar="A.B.C.D", help="With --address; may be repeated.")
    ] = None,
    ssh_key: Annotated[
        Path | None,
        typer.Option("--ssh-key", metavar="FILE", help="Public keys that may log in; else nobody may."),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only/--writable", help="Whether the system is left read-only at the end.")
    ] = True,
    sha256: Annotated[
        str | None,
        typer.Option("--sha256", metavar="HEX", help="The image's; else in IMAGE.sha256 beside it."),
    ] = None,
    label_file: Annotated[
        Path | None, typer.Option("--label", metavar="FILE", help="Draw the box's label, .png or .pdf.")
    ] = None,
    printer: PrinterAt = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before everything on DEVICE is lost.")
    ] = False,
) -> None:
    """Make the card of a new device: its system, who it becomes, its programs, and its label."""
    code = call(
        FLASH,
        member=member,
        device=device,
        wheels=wheels,
        image=image,
        boot_dir=boot_dir,
        settings=settings,
        invitation=invitation,
        hall=hall,
        replace=replace,
        device_settings=device_settings,
        releases_root=releases_root,
        wifi=wifi,
        wifi_password_file=wifi_password_file,
        wifi_open=wifi_open,
        wifi_hidden=wifi_hidden,
        wifi_country=wifi_country,
        address=address,
        gateway=gateway,
        dns=tuple(dns or ()),
        ssh_key=ssh_key,
        read_only=read_only,
        sha256=sha256,
        label=label_file,
        printer=printer,
        yes=yes,
    )
    raise typer.Exit(code)


def label(
    member: Member,
    settings: Settings = None,
    invitation: InvitationFile = None,
    hall: HallFile = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Draw it here, .png or .pdf.")
    ] = None,
    printer: PrinterAt = None,
) -> None:
    """Draw or print the label of a device's box again; nothing secret is on it."""
    if out is None and printer is None:
        raise typer.BadParameter("where to: --out FILE or --printer WHERE", param_hint="--out")
    code = call(
        LABEL, member=member, settings=settings, invitation=invitation, hall=hall, out=out, printer=printer
    )
    raise typer.Exit(code)


def image(
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The image; sum and parts' list beside it.")
    ],
    suite: Annotated[str, typer.Option("--suite", metavar="NAME", help="bookworm or trixie.")] = "bookworm",
    architecture: Annotated[
        str, typer.Option("--arch", metavar="ARCH", help="arm64 (a Pi), or amd64 to try it in a container.")
    ] = "arm64",
    mirror: Annotated[
        str | None, typer.Option("--mirror", metavar="URL", help="Debian's archive, or a snapshot of it.")
    ] = None,
    wheels: Annotated[
        Path | None,
        typer.Option("--wheels", metavar="DIR", help="Put a role's programs on it, and into the list."),
    ] = None,
    epoch: Annotated[
        int | None,
        typer.Option("--epoch", metavar="N", help="Every time in it; else SOURCE_DATE_EPOCH, else today."),
    ] = None,
) -> None:
    """Make a golden image, laid out as Raspberry Pi OS, with nothing in it that a device does not need; as root."""
    code = call(
        IMAGE, out=out, suite=suite, architecture=architecture, mirror=mirror, wheels=wheels, epoch=epoch
    )
    raise typer.Exit(code)


@wheels_app.command("build")
def wheels_build(
    kind: Annotated[Role, typer.Argument(metavar="KIND", help="A kind of device, or box (the hall box).")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A folder that is not there yet.")],
    python: Annotated[
        str,
        typer.Option("--python", metavar="3.N", help="The Python of its system: bookworm 3.11, trixie 3.13."),
    ] = "3.13",
    platform: Annotated[
        str, typer.Option("--platform", metavar="MACHINE", help="aarch64 (a Pi) or x86_64.")
    ] = "aarch64",
    source: Annotated[
        Path | None, typer.Option("--source", metavar="PATH", help="The project's folder, or its wheel.")
    ] = None,
    mirror: Annotated[
        Path | None,
        typer.Option("--mirror", metavar="DIR", help="A folder of wheels: nothing else is asked."),
    ] = None,
) -> None:
    """Gather a role's programs with everything they need, and check them; needs the internet or a mirror."""
    code = call(
        WHEELS, kind=kind.value, out=out, python=python, platform=platform, source=source, mirror=mirror
    )
    raise typer.Exit(code)


@wheels_app.command("verify")
def wheels_verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `hall wheels build` made.")],
) -> None:
    """Say whether a folder of wheels is whole, or which file in it is not what it should be."""
    raise typer.Exit(call(CHECK_WHEELS, folder=folder))
