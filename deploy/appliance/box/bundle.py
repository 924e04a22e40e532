"""A backup of some files and SQLite files as one tar: whole or not at all, and read again before it counts."""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from hall.errors import Fault
from hall.files import rename, synced
from hall.text import Text

MANIFEST = "manifest.json"
#: begins the name of a folder that is there only while a bundle is made
_ASIDE = ".making-"
#: The largest file that belongs into one: a console's cases of years.
_LARGEST = 4 * 1024**3


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle says of a file in it."""

    name: str
    mode: int
    sha256: str


def make(folder: Path, part: str, files: Iterable[tuple[str, Path]], *, keep: int, now: datetime) -> Path:
    """A bundle of `files` (name in it, where) in `folder`; the newest `keep` of this part stay. The new one."""
    for left in folder.glob(f"{part}-*.partial"):
        left.unlink()
    for torn in folder.glob(f"{_ASIDE}*"):  # whoever was killed here left copies of what people wrote
        shutil.rmtree(torn)
    target = folder / f"{part}-{now:%Y%m%dT%H%M%S-%f}.tar"
    partial = target.with_name(f"{target.name}.partial")
    with TemporaryDirectory(prefix=_ASIDE, dir=folder) as aside:
        manifest = []
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as tar:
            for name, file in files:
                source = _copied(file, Path(aside)) if file.suffix == ".db" else file
                data = source.read_bytes()
                mode = file.stat().st_mode & 0o777
                manifest.append(Kept(name=name, mode=mode, sha256=sha256(data).hexdigest()))
                _add(tar, name, data, mode)
            _add(tar, MANIFEST, msgspec.json.encode(manifest), 0o600)
        synced(partial)
    contents(partial)
    rename(partial, target)
    made = sorted(folder.glob(f"{part}-*.tar"))
    for old in made[: max(0, len(made) - keep)]:
        old.unlink()
    return target


def contents(bundle: Path) -> dict[str, tuple[bytes, int]]:
    """Name → what is in it, and its mode; Fault ``backup-damaged`` unless all of it is what was written."""
    try:
        with tarfile.open(bundle) as tar:
            found = {each.name: _read(tar, each) for each in tar.getmembers()}
        manifest = msgspec.json.decode(found.pop(MANIFEST), type=list[Kept])
        if {kept.name for kept in manifest} != set(found) or any(".." in name.split("/") for name in found):
            raise ValueError("its list and its files differ")
        for kept in manifest:
            if sha256(found[kept.name]).hexdigest() != kept.sha256:
                raise ValueError(f"{kept.name} is not what was written")
    except (OSError, KeyError, ValueError, tarfile.TarError, msgspec.MsgspecError) as error:
        raise Fault(
            "backup-damaged",
            Text(
                zh=f"备份 {bundle} 已损坏，请换用较早的备份",
                en=f"the backup {bundle} is damaged ({error}): take an older one",
            ),
        ) from error
    return {kept.name: (found[kept.name], kept.mode) for kept in manifest}


def _copied(file: Path, aside: Path) -> Path:
    """SQLite's own copy of a file that others may be writing, with its journal in it."""
    copy = aside / f"{len(list(aside.iterdir()))}-{file.name}"
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE").close()
        (said,) = target.execute("PRAGMA integrity_check").fetchone()
    if said != "ok":
        raise Fault("store-damaged", Text(zh=f"{file} 已损坏", en=f"{file} is damaged: {said}"))
    return copy


def _add(tar: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    tar.addfile(entry, io.BytesIO(data))


def _read(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(entry) if entry.isreg() and entry.size <= _LARGEST else None
    if stream is None:
        raise ValueError(f"{entry.name} is no file")
    return stream.read()
