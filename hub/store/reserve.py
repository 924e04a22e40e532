"""Space kept back for the day the disk is full: SQLite cannot even delete then.

A file of real blocks lies beside the store. When a commit finds the disk full it is given up, once, and the store has room to go
on with and to say so; when there is room again it is laid back.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

#: A write-ahead log at its full length (1000 pages of 4 KiB), and as much again for a busy hall's next hours.
RESERVE_BYTES = 8 * 1024 * 1024


class Reserve:
    """The reserve of the store in `store`; None (a store without a file) needs none and counts as held."""

    def __init__(self, store: Path | None, size: int = RESERVE_BYTES) -> None:
        """Nothing is touched yet."""
        self.file = store.with_name(store.name + ".reserve") if store is not None else None
        self.size = size
        self._held = False

    @property
    def held(self) -> bool:
        """Whether there is a reserve to fall back on."""
        return self.file is None or self._held

    def take(self) -> bool:
        """Lay the reserve back if it is not there; whether it is now. It must not cost the store its last space."""
        if self.file is None or self._held:
            return True
        try:
            if not self.file.exists() or self.file.stat().st_size < self.size:
                self._lay(self.file)
        except OSError as error:
            log.debug("no room for the reserve: %s", error)
            return False
        self._held = True
        return True

    def release(self) -> bool:
        """Give the space back; whether there was any."""
        if self.file is None:
            return False
        self._held = False
        try:
            self.file.unlink()
        except OSError:
            return False
        log.error("disk full: the store goes on with its reserve")
        return True

    def _lay(self, file: Path) -> None:
        """All of it or nothing, and as much again must be left: a reserve that fills the disk would be none."""
        there = os.statvfs(file.parent)
        if there.f_bavail * there.f_frsize < 2 * self.size:
            raise OSError(f"{there.f_bavail * there.f_frsize} bytes left")
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self.size)
        except OSError:
            file.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
