"""`hall release …` and `hall update …`: releases made and signed, sent through a hall, and installed on a machine."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call
from hall.cli_help import group
from hall.cli_trust import Machine

BUILD = Target("deploy.release.command:build", "flash")
KEYS = Target("deploy.release.command:make_key", "enrolment")
ROOT = Target("deploy.release.command:root", "enrolment")
ADD = Target("deploy.release.command:add", "flash")
WITHDRAW = Target("deploy.release.command:withdraw", "enrolment")
SIGN = Target("deploy.release.command:sign", "enrolment")
PUBLISH = Target("deploy.release.command:publish", "enrolment")
BRING = Target("deploy.release.command:bring", "enrolment")
START = Target("hub.releases.command:start", "hub")
HALT = Target("hub.releases.command:halt", "hub")
STATUS = Target("hub.releases.command:status", "hub")
FOLLOW = Target("devices.updates.command:follow", "member")
INSTALL = Target("devices.updates.command:from_folder", "member")
SHOW = Target("devices.updates.command:show", "member")
BOX_UPDATE = Target("deploy.appliance.box_update.command:box", "hub")
BOX_SETTLE = Target("deploy.appliance.box_update.command:settle", "hub")
BOX_PROVE = Target("deploy.appliance.box_update.command:prove", "hub")
BOX_ASK = Target("deploy.appliance.box_update.checks:ask", "hub")

Repository = Annotated[
    Path, typer.Option("--repository", metavar="DIR", help="The release desk's repository.")
]
Key = Annotated[Path, typer.Option("--key", metavar="FILE", help="Your key; its passphrase is asked for.")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help="The release, as its wheels are named.")]
Hub = Annotated[Path, typer.Option("--settings", metavar="FILE", help="The hub's YAML settings file.")]
Mirror = Annotated[Path, typer.Option("--mirror", metavar="DIR", help="The hall box's mirror of releases.")]
To = Annotated[
    list[Path], typer.Option("--to", metavar="DIR", help="A mirror or a stick; may be said again.")
]
Kind = Annotated[Machine, typer.Option("--kind", metavar="KIND", help="box, or a kind of device.")]
Home = Annotated[Path, typer.Option("--home", metavar="DIR", help="Where releases are.")]
Boot = Annotated[Path, typer.Option("--boot", metavar="DIR", help="What the boot selector remembers.")]
FirstRoot = Annotated[
    Path, typer.Option("--root", metavar="FILE", help="The first root, as the card brought it.")
]
Account = Annotated[str, typer.Option("--account", metavar="NAME", help="Whom the new program is tried as.")]
HERE, MIRROR = Path("releases"), Path("/var/lib/hallfleet/enrolment/releases")
HUB, HOME, BOOT = Path("hub.yaml"), Path("/opt/hallfleet"), Path("/var/lib/hallfleet/boot")
ROOT_FILE = Path("/etc/hallfleet/releases-root.json")

release_app = group("Releases: made, signed, and sent through a hall.")
update_app = group("Which release this machine runs.")


def add_to(app: typer.Typer) -> None:
    """Hang the commands into `hall`."""
    app.add_typer(release_app, name="release")
    app.add_typer(update_app, name="update")


@release_app.command()
def build(
    kind: Annotated[Machine, typer.Argument(metavar="KIND", help="box (the hall box), or a kind of device.")],
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="The folder to make.")],
    python: Annotated[str, typer.Option("--python", help="The machine's Python.")] = "3.11",
    platform: Annotated[str, typer.Option("--platform", help="The machine's processor.")] = "aarch64",
    source: Annotated[
        Path | None,
        typer.Option("--source", metavar="PATH", help="The project's folder or wheel; else this one."),
    ] = None,
    wheels: Annotated[
        Path | None,
        typer.Option("--wheels", metavar="DIR", help="A folder of wheels, instead of a package index."),
    ] = None,
) -> None:
    """Gather a release for one kind of machine: its wheels, each with its hash."""
    raise typer.Exit(
        call(
            BUILD, kind=kind.value, into=into, python=python, platform=platform, source=source, wheels=wheels
        )
    )


@release_app.command()
def keys(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the secret half goes, mode 0600.")],
    *,
    plain: Annotated[
        bool, typer.Option("--plain", help="Without a passphrase (the release desk's own).")
    ] = False,
) -> None:
    """Make the key of one person; its public half comes to lie beside it."""
    raise typer.Exit(call(KEYS, file=file, plain=plain))


@release_app.command()
def root(
    roots: Annotated[
        list[Path], typer.Option("--root-key", metavar="PUB", help="Three of them; two must sign.")
    ],
    targets: Annotated[
        list[Path],
        typer.Option("--targets-key", metavar="PUB", help="Three of them; two must sign a release."),
    ],
    desk: Annotated[Path, typer.Option("--desk-key", metavar="PUB", help="The release desk's own key.")],
    repository: Repository = HERE,
) -> None:
    """Stage who may sign; again with other keys, this replaces them (old and new root keys must sign)."""
    raise typer.Exit(call(ROOT, repository=repository, roots=roots, targets=targets, desk=desk))


@release_app.command()
def add(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR…", help="Folders made by `build`.")],
    repository: Repository = HERE,
) -> None:
    """Stage releases for signing."""
    raise typer.Exit(call(ADD, repository=repository, folders=folders))


@release_app.command()
def withdraw(version: Version, repository: Repository = HERE) -> None:
    """Stage that a release is signed no more."""
    raise typer.Exit(call(WITHDRAW, repository=repository, version=version))


@release_app.command()
def sign(key: Key, repository: Repository = HERE) -> None:
    """Put your signature under what is staged."""
    raise typer.Exit(call(SIGN, repository=repository, key=key))


@release_app.command()
def publish(key: Key, repository: Repository = HERE, to: To = []) -> None:  # noqa: B006 - typer's own way
    """Make valid what has its signatures; say anew, for 90 days, that this is all there is."""
    raise typer.Exit(call(PUBLISH, repository=repository, key=key, to=to))


@release_app.command()
def bring(to: To, repository: Repository = HERE) -> None:
    """Bring mirrors to what is published: onto a stick, and from the stick onto the hall box."""
    raise typer.Exit(call(BRING, repository=repository, to=to))


@release_app.command()
def rollout(
    version: Version,
    settings: Hub = HUB,
    mirror: Mirror = MIRROR,
    source: Annotated[
        list[str],
        typer.Option("--source", metavar="URL", help="Where devices find the mirror: https://…/releases."),
    ] = [],  # noqa: B006 - typer's own way
    *,
    now: Annotated[bool, typer.Option("--now", help="Also while the hall is open.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Replace a rollout that is on its way.")] = False,
) -> None:
    """Send a release through the hall: one device of each kind first, then all."""
    raise typer.Exit(
        call(
            START,
            settings=settings,
            version=version,
            mirror=mirror,
            sources=tuple(source),
            now=now,
            again=again,
        )
    )


@release_app.command()
def halt(
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="What was seen; it is written down.")],
    settings: Hub = HUB,
) -> None:
    """Stop the rollout; nothing resumes it but a new one."""
    raise typer.Exit(call(HALT, settings=settings, why=why))


@release_app.command()
def status(
    settings: Hub = HUB,
    mirror: Mirror = MIRROR,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """What the mirror has, how long its word still counts, and how far the rollout is."""
    raise typer.Exit(call(STATUS, settings=settings, mirror=mirror, as_json=json))


@update_app.command("follow")
def follow(
    kind: Kind,
    settings: Annotated[
        Path, typer.Option("--settings", metavar="FILE", help="The device's own YAML settings.")
    ],
    order: Annotated[Path, typer.Option("--order", metavar="FILE", help="What the program asked for.")],
    boot: Boot = BOOT,
    home: Home = HOME,
    root: FirstRoot = ROOT_FILE,
    account: Account = "",
) -> None:
    """Root's part: install what this device's program asked for, and report."""
    here = _here(kind, boot, home, root, account)
    raise typer.Exit(call(FOLLOW, settings=settings, order=order, **here))


@update_app.command("install")
def install(
    version: Version,
    kind: Kind,
    folder: Annotated[Path, typer.Option("--from", metavar="DIR", help="A stick with a mirror of releases.")],
    boot: Boot = BOOT,
    home: Home = HOME,
    root: FirstRoot = ROOT_FILE,
    account: Account = "",
) -> None:
    """Install a release from a stick: the same signatures, another way."""
    here = _here(kind, boot, home, root, account)
    raise typer.Exit(call(INSTALL, folder=folder, version=version, **here))


@update_app.command("box")
def box(
    version: Version,
    mirror: Annotated[
        Path, typer.Option("--from", metavar="DIR", help="The box's mirror of releases, or a stick.")
    ] = MIRROR,
    home: Home = HOME,
    boot: Boot = BOOT,
    root: FirstRoot = ROOT_FILE,
    *,
    now: Annotated[bool, typer.Option("--now", help="Also while the hall is open.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the hall has closed.")] = False,
    today: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Today's date, where the hall's records are of a clock that was ahead.",
        ),
    ] = None,
    installed: Annotated[
        bool, typer.Option("--installed", hidden=True, help="It is here; what the box's unit calls.")
    ] = False,
) -> None:
    """Change this hall box, hub, broker and pages, to a release; back with its data when it does not prove itself."""
    code = call(
        BOX_UPDATE,
        version=version,
        mirror=mirror,
        home=home,
        boot=boot,
        root=root,
        now=now,
        wait=wait,
        installed=installed,
        today=today.date() if today is not None else None,
    )
    raise typer.Exit(code)


@update_app.command("settle")
def settle(
    home: Home = HOME,
    boot: Boot = BOOT,
    *,
    start: Annotated[bool, typer.Option("--start", help="Start the hall's services too.")] = False,
) -> None:
    """Bring an update of the hall box that was cut off to its end; the box does it at each start."""
    raise typer.Exit(call(BOX_SETTLE, home=home, boot=boot, start=start))


@update_app.command("prove")
def prove() -> None:
    """Whether this hall box works: services, journal, broker and hub, pages, for a minute."""
    raise typer.Exit(call(BOX_PROVE))


@update_app.command("ask")
def ask(
    settings: Hub = Path("/etc/hallfleet/hub.yaml"),
) -> None:
    """Whether the broker lets a member in and the hub answers; nothing is changed."""
    raise typer.Exit(call(BOX_ASK, settings=settings))


def _here(kind: Machine, boot: Path, home: Path, root: Path, account: str) -> dict[str, object]:
    """What an installation needs to know of this machine, wherever the release comes from."""
    return {"kind": kind.value, "boot": boot, "home": home, "root": root, "account": account}


@update_app.command("show")
def show(boot: Boot = BOOT, home: Home = HOME) -> None:
    """What runs here, what is there, and how the last trial ended."""
    raise typer.Exit(call(SHOW, boot=boot, home=home))
