"""What a wheel says of itself."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from deploy.target import Target
from hall.errors import Refused
from hall.text import Text


@dataclass(frozen=True)
class Wheel:
    """One file, looked into."""

    file: Path
    name: str
    version: str
    requires: tuple[Requirement, ...]

    def needs(self, extras: Iterable[str], target: Target) -> list[Requirement]:
        """What it wants beside itself on `target`, with these extras of its own; the conditions are judged and gone."""
        found = []
        for each in self.requires:
            if each.marker is not None and not any(
                each.marker.evaluate(target.markers | {"extra": extra}) for extra in ("", *extras)
            ):
                continue
            plain = Requirement(str(each))
            plain.marker = None
            found.append(plain)
        return found


def read(file: Path) -> Wheel:
    """Name, version and wishes; every file in it is read, and ``Refused`` says which wheel is damaged."""
    try:
        name, version, _, _ = parse_wheel_filename(file.name)
        with zipfile.ZipFile(file) as archive:
            bad = archive.testzip()
            if bad is not None:
                raise zipfile.BadZipFile(bad)
            (metadata,) = (each for each in archive.namelist() if _is_metadata(each))
            said = HeaderParser().parsestr(archive.read(metadata).decode())
        requires = tuple(Requirement(each) for each in said.get_all("Requires-Dist", []))
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise damaged(file, str(error)) from error
    return Wheel(file=file, name=name, version=str(version), requires=requires)


def named(file: Path) -> tuple[str, str] | None:
    """Name and version in a wheel's file name; None when it is not one."""
    try:
        name, version, _, _ = parse_wheel_filename(file.name)
    except InvalidWheelFilename:
        return None
    return name, str(version)


def runs_on(file: Path, target: Target) -> bool:
    """Whether the wheel's tags are among those of `target`."""
    major, minor = (int(part) for part in target.python.split("."))
    platforms = list(target.platforms)
    known = {
        *cpython_tags((major, minor), platforms=platforms),
        *compatible_tags((major, minor), f"cp{major}{minor}", platforms),
    }
    return not known.isdisjoint(parse_wheel_filename(file.name)[3])


def sha256(file: Path) -> str:
    """The file's SHA-256, as hex digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def same_name(one: str, other: str) -> bool:
    """Whether two spellings name one package."""
    return canonicalize_name(one) == canonicalize_name(other)


def damaged(file: Path, why: str) -> Refused:
    """The sentence about a wheel that cannot be used."""
    return Refused(
        "damaged-wheel",
        Text(
            zh=f"安装包 {file.name} 已损坏，请重新制作或重新复制",
            en=f"the wheel {file.name} is damaged ({why}): make the folder again, or copy it again",
        ),
    )


def _is_metadata(name: str) -> bool:
    return name.count("/") == 1 and name.endswith(".dist-info/METADATA")
