"""The boot partition of a card: a folder where it is mounted, or the partition itself, written without mounting it.

Rules: the ``hall`` folder first, the file that makes the first start use it (``cmdline.txt``) last; then everything is flushed and
read back. Files that were there and are not ours stay.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from deploy.card.files import WHEELS
from deploy.card.formats import LOOKED_AT
from deploy.card.lines import CMDLINE
from deploy.card.media import SECTOR
from hall.errors import Fault, Refused
from hall.files import synced, write_whole
from hall.text import Text

_FAT = {0x0B: "FAT32", 0x0C: "FAT32 (LBA)", 0x0E: "FAT16 (LBA)"}


class Boot(Protocol):
    """A card's boot partition."""

    def looked_at(self) -> dict[str, bytes]:
        """Those of :data:`deploy.card.formats.LOOKED_AT` that are there."""

    def put(self, files: Mapping[str, bytes], wheels: Path) -> None:
        """Write these files and the folder of wheels, flush, and read all of it back; ``Fault`` when that fails."""


class Mounted:
    """A boot partition that the computer has mounted, as Raspberry Pi Imager leaves it after the card is put in again."""

    def __init__(self, folder: Path) -> None:
        """Raises ``Refused`` when there is no such folder."""
        if not folder.is_dir():
            raise Refused(
                "no-card",
                Text(zh=f"找不到存储卡目录 {folder}", en=f"{folder} is no folder: mount the card first"),
            )
        self._folder = folder

    def looked_at(self) -> dict[str, bytes]:
        """See :class:`Boot`."""
        return {
            name: (self._folder / name).read_bytes() for name in LOOKED_AT if (self._folder / name).is_file()
        }

    def put(self, files: Mapping[str, bytes], wheels: Path) -> None:
        """See :class:`Boot`."""
        try:
            self._put(files, wheels)
            for name, content in _all(files, wheels):
                if (self._folder / name).read_bytes() != content:
                    raise _failed(str(self._folder), f"{name} reads back something else")
        except OSError as error:
            raise _failed(str(self._folder), str(error.strerror)) from error

    def _put(self, files: Mapping[str, bytes], wheels: Path) -> None:
        if (
            self._folder / WHEELS
        ).exists():  # a former writing's wheel among ours would spoil the first start
            shutil.rmtree(self._folder / WHEELS)
        for name, content in _all(files, wheels):
            target = self._folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, content)
        synced(self._folder)


class Partition:
    """The first partition of a device or an image file, through mtools."""

    def __init__(self, path: Path) -> None:
        """Finds where it begins; raises ``Refused`` when the device has no FAT partition in front."""
        self._path = path
        self._drive = f"{path}@@{first_fat(path)}"

    @staticmethod
    def can_be_written() -> None:
        """``Refused`` when mtools is missing: asked before anything is written to the card."""
        if shutil.which("mcopy") is None:
            raise Refused(
                "no-mtools",
                Text(
                    zh="本机缺少 mtools，请安装（apt-get install mtools）",
                    en="the boot partition is written with mtools, which is not here: apt-get install mtools",
                ),
            )

    def looked_at(self) -> dict[str, bytes]:
        """See :class:`Boot`."""
        found = {name: self._read(name) for name in LOOKED_AT}
        return {name: content for name, content in found.items() if content is not None}

    def put(self, files: Mapping[str, bytes], wheels: Path) -> None:
        """See :class:`Boot`."""
        self._mtools("mdeltree", f"::/{WHEELS}", may_fail=True)
        with tempfile.TemporaryDirectory(prefix="hall-card-") as name:
            stage = Path(name)
            last = {CMDLINE: files[CMDLINE]}
            for part in ({name: content for name, content in files.items() if name not in last}, last):
                shutil.rmtree(stage, ignore_errors=True)
                stage.mkdir()
                for target, content in _all(part, wheels if part is not last else None):
                    (stage / target).parent.mkdir(parents=True, exist_ok=True)
                    (stage / target).write_bytes(content)
                self._mtools("mcopy", "-s", "-o", "-D", "o", *map(str, sorted(stage.iterdir())), "::/")
                self._flush()
        for target, content in _all(files, wheels):
            if self._read(target) != content:
                raise _failed(str(self._path), f"{target} reads back something else")

    def _read(self, name: str) -> bytes | None:
        done = self._run("mcopy", f"::/{name}", "-")
        return done.stdout if done.returncode == 0 else None

    def _flush(self) -> None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)

    def _mtools(self, *command: str, may_fail: bool = False) -> None:
        done = self._run(*command)
        if done.returncode != 0 and not may_fail:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["mtools said nothing"]
            raise _failed(str(self._path), said[-1])

    def _run(self, tool: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        own = os.environ | {"MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            [tool, "-i", self._drive, *arguments],
            env=own,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )


def first_fat(path: Path) -> int:
    """Where the first partition begins, bytes; ``Refused`` unless it is a FAT one in a classic partition table."""
    try:
        with path.open("rb") as stream:
            table = stream.read(SECTOR)
    except OSError as error:
        raise _failed(str(path), str(error.strerror)) from error
    entry = table[446:462]
    if len(table) < SECTOR or table[510:] != b"\x55\xaa" or entry[4] not in _FAT:
        raise Refused(
            "no-boot-partition",
            Text(
                zh=f"{path} 的第一个分区不是树莓派的启动分区，没有写入任何内容",
                en=f"the first partition of {path} is no Raspberry Pi's boot partition: nothing was written there",
            ),
        )
    return int.from_bytes(entry[8:12], "little") * SECTOR


def _all(files: Mapping[str, bytes], wheels: Path | None) -> Iterable[tuple[str, bytes]]:
    """Every file in the order in which it is written."""
    for file in sorted(wheels.iterdir()) if wheels is not None else ():
        yield f"{WHEELS}/{file.name}", file.read_bytes()
    for name in sorted(files, key=lambda name: (name == CMDLINE, not name.startswith("hall/"))):
        yield name, files[name]


def _failed(where: str, why: str) -> Fault:
    return Fault(
        "card-not-written",
        Text(
            zh=f"启动分区 {where} 写入失败（{why}），这张卡不能使用",
            en=f"the boot partition {where} could not be written ({why}): this card is not ready",
        ),
    )
