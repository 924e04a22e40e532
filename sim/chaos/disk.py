"""A small disk for the hub's store that can be filled to the last byte and emptied again: a tmpfs under the test's own folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

MOUNT_S = 10.0


class SmallDisk:
    """A tmpfs at `folder`, as long as the ``with`` block lasts. Only root may mount one: see :func:`may_mount`."""

    def __init__(self, folder: Path, megabytes: int = 40) -> None:
        self.folder = folder
        self._size = megabytes
        self._filler = folder / "somebody-elses.log"

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        options = f"size={self._size}m,mode=700"
        command = ["mount", "-t", "tmpfs", "-o", options, "hall-chaos", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=MOUNT_S)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        # lazily: whoever still has a file open there keeps it until it ends
        subprocess.run(
            ["umount", "--lazy", str(self.folder)], check=False, capture_output=True, timeout=MOUNT_S
        )

    def fill(self) -> int:
        """Somebody else's log takes all the space there is; how many bytes were left."""
        with self._filler.open("ab", buffering=0) as log:
            began = taken = os.fstat(log.fileno()).st_size
            for size in (1 << 20, 1 << 12):
                while True:
                    try:
                        os.posix_fallocate(log.fileno(), taken, size)
                    except OSError:
                        break
                    taken += size
        return taken - began

    def free(self) -> None:
        """The log is deleted; may be called twice."""
        self._filler.unlink(missing_ok=True)


def may_mount() -> bool:
    """Whether this process may mount a tmpfs."""
    return os.geteuid() == 0
