"""What a file holds, and whether there is room for another."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from hall.errors import Fault
from hall.text import Text

#: Left free on any disk we write to: a hub on the same disk must go on.
MARGIN_BYTES = 32 * 1024 * 1024


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
