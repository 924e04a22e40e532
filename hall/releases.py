"""What a signed repository of releases holds, and under which names: said once for whoever makes, chooses and installs them.

One *manifest* per release, kind of machine and Python; the wheels beside it, each once whatever releases share it. TUF signs names,
lengths and hashes of both, so a manifest is as good as its signers, and a wheel is what its manifest's signers meant.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hall.messages.common import MemberKind
from hall.release import Release, Version

#: the hall box's name among kinds of machines
BOX = "box"
#: folders of the mirror, and the first root that a machine is given
METADATA, TARGETS, FIRST_ROOT = "metadata", "targets", "releases-root.json"
#: largest manifest, largest wheel, most wheels
MANIFEST_LIMIT, WHEEL_LIMIT, WHEELS = 256 * 1024, 256 * 1024 * 1024, 400

WheelName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+!-]{0,199}\.whl$(?!\n)")]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One release for one kind of machine; fields may be added."""

    release: Release
    #: grows with every signing; a machine takes nothing below what it has
    serial: Annotated[int, Meta(ge=1)]
    #: as pip reads it, every line with its hash
    requirements: Annotated[str, Meta(max_length=MANIFEST_LIMIT)]
    wheels: Annotated[tuple[WheelName, ...], Meta(max_length=WHEELS)]
    #: bytes of the wheels, unpacked
    unpacked: Annotated[int, Meta(ge=0)]


class Listed(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What a manifest's name says."""

    kind: str
    version: Version
    python: str
    platform: str

    @property
    def name(self) -> str:
        """The name in the repository."""
        return f"manifests/{self.kind}/{self.version}/{self.python}-{self.platform}.json"


def listed(release: Release) -> Listed:
    """Where the manifest of this release stands."""
    return Listed(
        kind=kind_name(release.kind),
        version=release.version,
        python=release.python,
        platform=release.platform,
    )


def read_name(name: str) -> Listed | None:
    """The other way round; None for a wheel."""
    match name.split("/"):
        case ["manifests", kind, version, last] if last.endswith(".json"):
            python, _, platform = last.removesuffix(".json").partition("-")
            return Listed(kind=kind, version=version, python=python, platform=platform)
        case _:
            return None


def kind_name(kind: MemberKind | None) -> str:
    """A kind of machine as the repository calls it."""
    return BOX if kind is None else kind.value


def wheel_target(file: str) -> str:
    """A wheel's name in the repository."""
    return f"wheels/{file}"
