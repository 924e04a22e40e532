"""The hall's signed repository of releases: what this machine may install, and nothing else.

Rules:

* What the signers said is :mod:`devices.updates.signed`'s business. A machine whose clock nobody keeps right cannot judge what has
  expired and refuses.
* A manifest must say what its name says: this kind of machine, this Python, this version. Its serial must not be below that of the
  release that runs: an old release comes back only when its signers sign it anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from devices.updates.signed import Signed, not_authentic
from devices.updates.source import Source
from hall.errors import Refused
from hall.releases import (
    MANIFEST_LIMIT,
    METADATA,
    TARGETS,
    WHEEL_LIMIT,
    Listed,
    Manifest,
    listed,
    wheel_target,
)
from hall.text import Text


class Repository:
    """One mirror of it, looked at once."""

    def __init__(
        self,
        *,
        base: str,
        trusted: Path,
        first_root: bytes,
        source: Source,
        clock_ok: Callable[[], bool],
    ) -> None:
        """`base` is the mirror's address, `trusted` the folder of what was seen. Raises ``Refused`` or ``Fault``."""
        if not clock_ok():
            raise Refused(
                "clock-not-ok",
                Text(
                    zh="本机时间未经校准，不能判断更新是否过期",
                    en="nobody keeps this machine's clock right, so it cannot tell whether a release has expired",
                ),
            )
        self._signed = Signed(
            metadata=f"{base}/{METADATA}",
            targets=f"{base}/{TARGETS}",
            trusted=trusted,
            first_root=first_root,
            source=source,
            delegations=1,
        )

    def manifest(self, wanted: Listed, *, floor: int, work: Path) -> Manifest:
        """The manifest of this release, if it may be installed here; `floor` is the serial of what runs."""
        file = self._signed.fetch(wanted.name, work / "manifest.json", MANIFEST_LIMIT)
        try:
            manifest = msgspec.json.decode(file.read_bytes(), type=Manifest)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise not_authentic(f"{wanted.name} is no manifest: {error}") from error
        if listed(manifest.release) != wanted:
            raise Refused(
                "wrong-machine",
                Text(
                    zh=f"更新包 {wanted.name} 不是给本机的",
                    en=f"{wanted.name} is a release for {listed(manifest.release).name}",
                ),
            )
        if manifest.serial < floor:
            raise Refused(
                "older-release",
                Text(
                    zh=f"更新 {wanted.version} 早于现在的版本；确需退回时须重新签发",
                    en=f"{wanted.version} was signed before what runs now; to go back, sign it anew",
                ),
            )
        return manifest

    def wheel(self, name: str, into: Path) -> None:
        """The wheel of this name, whole, in the folder `into`."""
        self._signed.fetch(wheel_target(name), into / name, WHEEL_LIMIT)

    def is_wheel(self, name: str, file: Path) -> bool:
        """Whether a file that is here already is the wheel of this name."""
        return self._signed.is_here(wheel_target(name), file)
