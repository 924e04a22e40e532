"""The hall's rollouts in one file, written by whoever starts or halts one and by the hub; read by all of them.

Rules:

* The file is replaced as a whole under a lock; a reader sees one state or the next.
* The last rollouts stay, the newest last; only the newest is in force.
* A file that cannot be read is said and is no rollout: devices stay as they are.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hall.errors import Fault
from hall.files import write_whole
from hall.text import Text
from hub.releases.rollout import Rollout

log = logging.getLogger(__name__)

KEPT = 20


class Pages(msgspec.Struct, kw_only=True):
    """What stands in the file."""

    rollouts: list[Rollout] = []
    #: where devices find the mirror
    sources: tuple[str, ...] = ()


class Book:
    """One hall's."""

    def __init__(self, file: Path | None) -> None:
        """`file` need not be there yet; without one nothing outlives the program, and the current folder stays clean."""
        self.file = file
        self._seen: tuple[int, int] | None = None
        self._pages = Pages()

    def read(self) -> Pages:
        """What stands there now."""
        if self.file is None:
            return self._pages
        try:
            look = self.file.stat()
            if (look.st_mtime_ns, look.st_ino) != self._seen:
                content = self.file.read_bytes()
                self._seen, self._pages = (look.st_mtime_ns, look.st_ino), Pages()
                self._pages = msgspec.json.decode(content, type=Pages)
        except FileNotFoundError:
            self._pages, self._seen = Pages(), None
        except msgspec.MsgspecError as error:  # said once: it is looked at every few seconds
            log.error("the rollouts cannot be read", extra={"why": str(error)})
        except OSError as error:
            log.error("the rollouts cannot be read", extra={"why": str(error)})
            return Pages()
        return self._pages

    @property
    def current(self) -> Rollout | None:
        """The rollout in force."""
        rollouts = self.read().rollouts
        return rollouts[-1] if rollouts else None

    def change(self, change: Callable[[Pages], Pages]) -> Pages:
        """Write what `change` makes of it; Fault when that is not possible."""
        if self.file is None:
            self._pages = _last(change(self._pages))
            return self._pages
        with self._alone(self.file):
            self._seen = None
            before = self.read()
            after = change(before)
            if after != before:
                after = _last(after)
                write_whole(self.file, msgspec.json.format(msgspec.json.encode(after)), mode=0o660)
                _hand_over(self.file)
            return after

    def revise(self, change: Callable[[Rollout], Rollout]) -> Rollout | None:
        """The newest rollout becomes what `change` makes of it."""

        def newest(pages: Pages) -> Pages:
            if not pages.rollouts:
                return pages
            return Pages(rollouts=[*pages.rollouts[:-1], change(pages.rollouts[-1])], sources=pages.sources)

        rollouts = self.change(newest).rollouts
        return rollouts[-1] if rollouts else None

    @contextmanager
    def _alone(self, file: Path) -> Iterator[None]:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            finally:
                os.close(lock)
        except OSError as error:
            raise Fault(
                "rollouts-not-kept",
                Text(zh=f"更新计划无法保存：{error.strerror}", en=f"the rollouts cannot be written: {error}"),
            ) from error


def _last(pages: Pages) -> Pages:
    return Pages(rollouts=pages.rollouts[-KEPT:], sources=pages.sources)


def _hand_over(file: Path) -> None:
    """What root wrote belongs to whoever owns the folder: the hub goes on writing it."""
    if os.geteuid() == 0:
        owner = file.parent.stat()
        for one in (file, file.with_suffix(".lock")):
            os.chown(one, owner.st_uid, owner.st_gid)
