"""``hall release build|keys|root|add|withdraw|sign|publish``: the desk where releases are made, far from any hall."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime
from pathlib import Path

from deploy import wheelhouse
from deploy.release import keys
from deploy.release.ledger import Ledger
from hall.errors import Refused
from hall.files import write_whole
from hall.messages.common import MemberKind
from hall.releases import BOX, FIRST_ROOT, kind_name
from hall.text import Text

#: a passphrase for scripts; people are asked
PASSPHRASE = "HALL_RELEASE_PASSPHRASE"  # noqa: S105 - its name


def build(
    *, kind: str, into: Path, python: str, platform: str, source: Path | None, wheels: Path | None
) -> int:
    """Gather a release for one kind of machine into a folder."""
    of = None if kind == BOX else MemberKind(kind)
    made = wheelhouse.build(of, into, python=python, platform=platform, source=source, mirror=wheels)
    print(f"{into}: {made.version} for {kind_name(made.kind)}, Python {made.python}, {made.platform}")
    return 0


def make_key(*, file: Path, plain: bool) -> int:
    """A new key of one person."""
    secret = None if plain else _ask(f"passphrase for {file}: ", twice=True)
    keys.make(file, secret)
    print(f"{file}: keep it where only you can get it; hand out {file.name}{keys.PUBLIC}")
    return 0


def root(*, repository: Path, roots: list[Path], targets: list[Path], desk: Path) -> int:
    """Stage who may sign: the first time, or anew."""
    ledger = Ledger(repository)
    ledger.found(
        [keys.public(file) for file in roots],
        [keys.public(file) for file in targets],
        keys.public(desk),
        _now(),
    )
    return _lacking(ledger)


def add(*, repository: Path, folders: list[Path]) -> int:
    """Stage releases."""
    ledger = Ledger(repository)
    for folder in folders:
        wheelhouse.verify(folder)
        manifest = ledger.add(folder, _now())
        print(
            f"{folder}: {manifest.release.version} for {kind_name(manifest.release.kind)}, serial {manifest.serial}"
        )
    return _lacking(ledger)


def withdraw(*, repository: Path, version: str) -> int:
    """Stage that a version is signed no more."""
    ledger = Ledger(repository)
    if not ledger.withdraw(version, _now()):
        raise Refused("no-such-release", Text(zh=f"没有版本 {version}", en=f"there is no {version}"))
    return _lacking(ledger)


def sign(*, repository: Path, key: Path) -> int:
    """One person's signature."""
    ledger = Ledger(repository)
    signed = ledger.sign(keys.signer(key, _passphrase(key)))
    print(f"signed: {', '.join(signed)}")
    return _lacking(ledger)


def publish(*, repository: Path, key: Path, to: list[Path]) -> int:
    """Make valid what has its signatures, say anew that this is all there is, and bring mirrors to it."""
    ledger = Ledger(repository)
    ledger.publish(keys.signer(key, _passphrase(key)), _now())
    write_whole(repository / FIRST_ROOT, ledger.first_root(), mode=0o644)
    print(f"published; {repository / FIRST_ROOT} belongs on every card")
    for mirror in to:
        print(f"{mirror}: {ledger.copy_to(mirror)} files")
    return 0


def bring(*, repository: Path, to: list[Path]) -> int:
    """Bring mirrors to what is published: from the release desk, or from a stick onto the hall box."""
    for mirror in to:
        print(f"{mirror}: {Ledger(repository).copy_to(mirror)} files")
    return 0


def _lacking(ledger: Ledger) -> int:
    for role, lacks in ledger.lacking().items():
        print(f"{role}: {f'{lacks} signatures are missing' if lacks else 'ready to publish'}")
    return 0


def _passphrase(key: Path) -> bytes | None:
    return _ask(f"passphrase of {key}: ") if keys.encrypted(key) else None


def _ask(prompt: str, *, twice: bool = False) -> bytes:
    given = os.environ.get(PASSPHRASE) or getpass.getpass(prompt)
    if twice and not os.environ.get(PASSPHRASE) and getpass.getpass("again: ") != given:
        raise Refused("passphrases-differ", Text(zh="两次口令不同", en="these are two passphrases"))
    if not given:
        raise Refused("no-passphrase", Text(zh="口令不能为空", en="a passphrase is needed (or --plain)"))
    return given.encode()


def _now() -> datetime:
    return datetime.now(UTC)
