"""Files that are there whole or not at all, also after the power plug."""

from __future__ import annotations

import os
from pathlib import Path


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


def link(name: Path, to: str | Path) -> None:
    """`name` leads to `to`, or where it did, from one moment to the next. The folder must be there."""
    partial = name.with_name(f"{name.name}.partial")
    partial.unlink(missing_ok=True)
    partial.symlink_to(to)
    rename(partial, name)


def write_whole(target: Path, content: bytes, *, mode: int | None = None) -> None:
    """The file has this content, or the one it had; a `mode` holds from its first byte, whatever the process's mask.

    The folder must be there.
    """
    partial = target.with_name(target.name + ".partial")
    if mode is not None:
        partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666 if mode is None else mode)
    with os.fdopen(descriptor, "wb") as stream:
        if mode is not None:
            os.fchmod(descriptor, mode)
        stream.write(content)
        stream.flush()
        os.fsync(descriptor)
    rename(partial, target)
