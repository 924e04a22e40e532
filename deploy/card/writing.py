"""An image onto a card, and back again: what was read back is what was written, or somebody hears of it."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

from deploy.card.image_file import CHUNK, Progress, chunks, size
from deploy.card.media import Medium
from hall.clock import Seconds
from hall.errors import Fault, Refused
from hall.text import Text

#: ``BLKFLSBUF``: forget what is kept of a device in memory
_FORGET = 0x1261


#: between two reports to a person who looks on, seconds; and to a log, percent
EVERY_S, EVERY_SHARE = 1.0, 10


class Pace:
    """How far, how fast, and how long still: said once a second at most, or (`live` false: into a log) each ten percent."""

    def __init__(
        self, what: str, say: Callable[[str], None], now: Callable[[], Seconds], *, live: bool = True
    ) -> None:
        self._what, self._say, self._now, self._live = what, say, now, live
        self._begun = self._said = now()
        self._step = 0

    def __call__(self, done: int, total: int) -> None:
        """See :data:`deploy.card.image_file.Progress`."""
        now = self._now()
        share = 100 if not total else min(100, 100 * done // total)
        step = share // EVERY_SHARE
        due = now - self._said >= EVERY_S if self._live else step > self._step
        if not due and done < total:
            return
        self._said, self._step = now, step
        took = max(now - self._begun, 0.001)
        rate = done / took
        left = max(0, total - done) / rate if rate else 0
        self._say(
            f"{self._what} {share:3d} %  {rate / 10**6:6.1f} MB/s  {int(left) // 60}:{int(left) % 60:02d} left"
        )


def write(image: Path, medium: Medium, progress: Progress) -> tuple[str, int]:
    """Write the image over `medium` and flush it; its SHA-256 and length, unpacked. ``Fault`` when the card does not take it."""
    total, done, sha = size(image), 0, hashlib.sha256()
    # exclusive: the kernel itself refuses a device that somebody has mounted meanwhile
    descriptor = _open(medium, os.O_WRONLY | (os.O_EXCL if medium.block else 0))
    try:
        for data in chunks(image):
            if done + len(data) > medium.size:
                raise Refused(
                    "too-small", Text(zh="存储卡放不下这个镜像", en="the image is larger than the card")
                )
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            sha.update(data)
            done += len(data)
            progress(done, total)
        os.fsync(descriptor)
        _forget(descriptor)
    except OSError as error:
        raise _bad_card(medium, f"write: {error.strerror}") from error
    finally:
        os.close(descriptor)
    return sha.hexdigest(), done


def read_back(medium: Medium, sha256: str, length: int, progress: Progress) -> None:
    """Read `length` bytes from the card itself; ``Fault`` when they are others than were written."""
    sha, done = hashlib.sha256(), 0
    descriptor = _open(medium, os.O_RDONLY)
    try:
        _forget(descriptor)
        while done < length:
            data = os.read(descriptor, min(CHUNK, length - done))
            if not data:
                break
            sha.update(data)
            done += len(data)
            progress(done, length)
    except OSError as error:
        raise _bad_card(medium, f"read: {error.strerror}") from error
    finally:
        os.close(descriptor)
    if sha.hexdigest() != sha256 or done != length:
        raise _bad_card(medium, "it reads back something else than was written")


def _open(medium: Medium, flags: int) -> int:
    try:
        return os.open(medium.path, flags | os.O_CLOEXEC)
    except OSError as error:
        if (
            error.errno == errno.EBUSY
        ):  # what the tables of mounts do not show, as btrfs, the kernel knows all the same
            raise Refused(
                "in-use",
                Text(
                    zh=f"{medium.path} 正在使用，没有写入任何内容，请先弹出",
                    en=f"{medium.path} is in use, and nothing was written: unmount it first",
                ),
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM}:
            raise Refused(
                "no-right",
                Text(
                    zh=f"没有写入 {medium.path} 的权限，请用 sudo",
                    en=f"this needs the right to write {medium.path}: use sudo",
                ),
            ) from error
        raise _bad_card(medium, str(error.strerror)) from error


def _forget(descriptor: int) -> None:
    """What is read next comes from the card and not from memory."""
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    if stat.S_ISBLK(os.fstat(descriptor).st_mode):
        fcntl.ioctl(descriptor, _FORGET)


def _bad_card(medium: Medium, why: str) -> Fault:
    return Fault(
        "bad-card",
        Text(
            zh=f"存储卡 {medium.path} 读写出错，请换一张卡",
            en=f"the card {medium.path} does not keep what it is given ({why}): take another card",
        ),
    )
