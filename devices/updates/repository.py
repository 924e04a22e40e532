"""The signed repository of releases as a machine sees it: what it may install, and nothing else (TUF, by python-tuf).

Rules:

* The first root comes with the card, never from the mirror; every later one is signed by the one before and by itself.
* What was seen is kept: nothing older is believed afterwards, and nothing that has expired. A machine whose clock nobody keeps right
  cannot judge that and refuses.
* A manifest must say what its name says: this kind of machine, this Python, this version. Its serial must not be below that of the
  release that runs: an old release comes back only when its signers sign it anew.
* Whatever is wrong is one of ours: ``Refused`` for what the files say, ``Fault`` for what cannot be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from tuf.api.exceptions import (
    DownloadError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    RepositoryError,
)
from tuf.ngclient import TargetFile, Updater, UpdaterConfig

from devices.updates.source import Source
from hall.errors import Fault, Refused
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
        trusted.mkdir(parents=True, exist_ok=True)
        with _judged(base):
            self._updater = Updater(
                str(trusted),
                f"{base}/{METADATA}",
                target_base_url=f"{base}/{TARGETS}",
                fetcher=source,
                config=UpdaterConfig(max_root_rotations=64, max_delegations=1),
                bootstrap=first_root,
            )
            self._updater.refresh()

    def manifest(self, wanted: Listed, *, floor: int, work: Path) -> Manifest:
        """The manifest of this release, if it may be installed here; `floor` is the serial of what runs."""
        file = self._fetch(wanted.name, work / "manifest.json", MANIFEST_LIMIT)
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
        self._fetch(wheel_target(name), into / name, WHEEL_LIMIT)

    def is_wheel(self, name: str, file: Path) -> bool:
        """Whether a file that is here already is the wheel of this name."""
        with _judged(name):
            found = self._updater.get_targetinfo(wheel_target(name))
            return found is not None and self._updater.find_cached_target(found, str(file)) is not None

    def _fetch(self, name: str, file: Path, limit: int) -> Path:
        with _judged(name):
            found: TargetFile | None = self._updater.get_targetinfo(name)
            if found is None:
                raise Refused(
                    "no-such-release",
                    Text(zh=f"更新源中没有 {name}", en=f"nobody has signed {name}"),
                )
            if found.length > limit:
                raise not_authentic(f"{name} has {found.length} bytes")
            self._updater.download_target(found, str(file))
            return file


def not_authentic(why: str) -> Refused:
    """Somebody gives us what was not signed so."""
    return Refused(
        "not-authentic", Text(zh=f"更新文件未通过签名校验：{why}", en=f"this is not what was signed: {why}")
    )


@contextmanager
def _judged(what: str) -> Iterator[None]:
    """TUF's errors as ours."""
    try:
        yield
    except ExpiredMetadataError as error:
        raise Refused(
            "expired",
            Text(zh=f"更新源的签名已过期：{error}", en=f"the release desk's word has expired: {error}"),
        ) from error
    except (RepositoryError, DownloadLengthMismatchError) as error:
        raise not_authentic(str(error)) from error
    except DownloadError as error:
        raise Fault(
            "mirror-away",
            Text(zh=f"无法从更新源取得 {what}：{error}", en=f"{what} cannot be fetched: {error}"),
        ) from error
