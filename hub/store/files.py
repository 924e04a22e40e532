"""Files that are there whole or not at all, also after the power plug."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from hall.errors import Fault
from hall.text import Text

#: Left free on any disk we write to: a hub on the same disk must go on.
MARGIN_BYTES = 32 * 1024 * 1024


def synced(path: Path) -> None:
    """What was written to this file, or which names are in this folder, survives the power plug."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(partial: Path, target: Path) -> None:
    """A finished file takes its name, over whatever had it."""
    partial.replace(target)
    synced(target.parent)


def write_whole(target: Path, content: bytes) -> None:
    """The file has this content, or the one it had."""
    partial = target.with_name(target.name + ".partial")
    partial.write_bytes(content)
    synced(partial)
    rename(partial, target)


def digest(file: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    found = sha256()
    with file.open("rb") as opened:
        while piece := opened.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def need_room(folder: Path, wanted: int) -> None:
    """``Fault`` ``no-room`` unless so many bytes fit, with a margin."""
    there = os.statvfs(folder)
    free = there.f_bavail * there.f_frsize
    if free < wanted + MARGIN_BYTES:
        raise Fault(
            "no-room",
            Text(
                zh=f"{folder} 空间不足：需要 {_mb(wanted + MARGIN_BYTES)} MB，剩余 {_mb(free)} MB",
                en=f"not enough room in {folder}: {_mb(wanted + MARGIN_BYTES)} MB needed, {_mb(free)} MB left",
            ),
        )


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f}"
