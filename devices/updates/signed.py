"""A signed repository as a machine sees it: only what its signers said last is believed (TUF, by python-tuf).

Rules:

* The first root comes with the card, never from the mirror; every later one is signed by the one before and by itself.
* What was seen is kept: nothing older is believed afterwards, and nothing that has expired.
* Whatever is wrong is one of ours: ``Refused`` for what the files say, ``Fault`` for what cannot be reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tuf.api.exceptions import (
    DownloadError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    RepositoryError,
)
from tuf.ngclient import TargetFile, Updater, UpdaterConfig

from devices.updates.source import Source
from hall.errors import Fault, Refused
from hall.text import Text

_ROOTS = 64
"""How many changes of keys a machine may have slept through."""


class Signed:
    """One mirror of it, looked at once."""

    def __init__(
        self,
        *,
        metadata: str,
        targets: str,
        trusted: Path,
        first_root: bytes,
        source: Source,
        delegations: int,
    ) -> None:
        """`metadata` and `targets` are addresses, `trusted` is the folder of what was seen; raises ``Refused`` or ``Fault``.

        `delegations`: how many roles may be asked for one file, besides the targets role itself.
        """
        trusted.mkdir(parents=True, exist_ok=True)
        with _judged(metadata):
            self._updater = Updater(
                str(trusted),
                metadata,
                target_base_url=targets,
                fetcher=source,
                config=UpdaterConfig(max_root_rotations=_ROOTS, max_delegations=delegations),
                bootstrap=first_root,
            )
            self._updater.refresh()

    def fetch(self, name: str, file: Path, limit: int) -> Path:
        """What was signed under this name, whole, as `file`."""
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

    def is_here(self, name: str, file: Path) -> bool:
        """Whether `file` is what was signed under this name."""
        with _judged(name):
            found = self._updater.get_targetinfo(name)
            return found is not None and self._updater.find_cached_target(found, str(file)) is not None


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
