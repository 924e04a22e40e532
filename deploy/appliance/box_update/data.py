"""What the hall has, copied before another release may change it, and put back as it was.

Rules:

* Nothing of the hall runs meanwhile, so the copy is of one moment: the hub's store, the console's people and cases, register and authority,
  certificates, the broker's files, the settings.
* The copy counts when all of it is on the disk and it has its name. It lies on the disk of what it is a copy of.
* Going back is renames, one for each name. A name that is still in the copy is still to be put back: a cut at any step is taken up.
* What the release on trial had written is not thrown away: it goes beside, and the last of these stays until the next update.
* The mirror of releases and exported days grow and do not change: they are not copied.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hall.errors import Fault
from hall.files import synced, write_whole
from hall.text import Text

NAMES = "names.json"
#: folders of the state, each an account's or shared by some
FOLDERS = ("hub", "console", "enrolment", "register", "issued", "door", "requests")
#: what is in one of them and neither copied nor put back
LEFT = frozenset({"releases", "archive", "bundles"})
STORE = "hub/hub.db"


@dataclass(frozen=True)
class Data:
    """One box's: `state` has the folders, `etc` the settings."""

    state: Path
    etc: Path
    free: Callable[[Path], int] = field(default=lambda folder: shutil.disk_usage(folder).free)

    @property
    def before(self) -> Path:
        """The copy."""
        return self.state / "update" / "before"

    @property
    def tried(self) -> Path:
        """What the last release that went back had written."""
        return self.state / "update" / "tried"

    @property
    def saved(self) -> bool:
        """Whether there is a copy."""
        return (self.before / NAMES).exists()

    def save(self) -> None:
        """Copy it; ``Fault`` or OSError when that is not possible, and then nothing is changed."""
        self.forget()
        _gone(self.tried)
        places = list(self._places())
        need, free = sum(map(_size, (entry for _, folder in places for entry in _entries(folder)))), 0
        self.before.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = self.free(self.before.parent)
        if free < need + need // 4:
            raise Fault(
                "disk-full",
                Text(
                    zh=f"空间不足，不能先备份：需要 {need // 2**20} MB，现有 {free // 2**20} MB",
                    en=f"no room for a copy of what the hall has: {need // 2**20} MB are needed and {free // 2**20} are free",
                ),
            )
        partial = self.before.with_name("before.partial")
        _gone(partial)
        partial.mkdir(mode=0o700)
        names: dict[str, list[str]] = {}
        for name, folder in places:
            (partial / name).mkdir(mode=0o700)
            names[name] = [entry.name for entry in _entries(folder)]
            for entry in _entries(folder):
                _copy(entry, partial / name / entry.name)
            synced(partial / name)
        write_whole(partial / NAMES, msgspec.json.encode(names))
        partial.rename(self.before)
        synced(self.before.parent)

    def put_back(self) -> None:
        """What was copied is there again, and what was written since is kept beside; may be called again after a cut. OSError."""
        names = msgspec.json.decode((self.before / NAMES).read_bytes(), type=dict[str, list[str]])
        for name, folder in self._places():
            kept, saved = self.tried / name, self.before / name
            kept.mkdir(mode=0o700, parents=True, exist_ok=True)
            wanted = names.get(name, [])
            for entry in _entries(folder):
                if entry.name not in wanted or os.path.lexists(saved / entry.name):
                    _gone(kept / entry.name)
                    _move(entry, kept / entry.name)
            for each in wanted:
                if os.path.lexists(saved / each):
                    _move(saved / each, folder / each)
            synced(folder)

    def forget(self) -> None:
        """The copy is needed no more."""
        (self.before / NAMES).unlink(missing_ok=True)
        _gone(self.before)
        _gone(self.before.with_name("before.partial"))

    def head(self, store: Path | None = None) -> int:
        """Number of the last fact in the hub's store, whatever its schema; 0 when there is none."""
        file = self.state / STORE if store is None else store
        if not file.exists():
            return 0
        try:
            with closing(sqlite3.connect(file)) as db:
                return int(db.execute("SELECT max(n) FROM facts").fetchone()[0] or 0)
        except sqlite3.Error:
            return 0

    def _places(self) -> Iterator[tuple[str, Path]]:
        yield "etc", self.etc
        for name in FOLDERS:
            if (self.state / name).is_dir():
                yield name, self.state / name


def _entries(folder: Path) -> Sequence[Path]:
    return sorted(each for each in folder.iterdir() if each.name not in LEFT)


def _size(entry: Path) -> int:
    if entry.is_symlink() or not entry.is_dir():
        return entry.lstat().st_size
    return sum(_size(each) for each in entry.iterdir())


def _copy(source: Path, target: Path) -> None:
    """With owner and mode, and on the disk."""
    found = source.lstat()
    if stat.S_ISLNK(found.st_mode):
        target.symlink_to(source.readlink())
        os.chown(target, found.st_uid, found.st_gid, follow_symlinks=False)
    elif stat.S_ISDIR(found.st_mode):
        target.mkdir(mode=0o700)
        for each in source.iterdir():
            _copy(each, target / each.name)
        _as_it_was(target, found)
    elif stat.S_ISREG(found.st_mode):
        shutil.copyfile(source, target)
        _as_it_was(target, found)


def _as_it_was(target: Path, found: os.stat_result) -> None:
    os.chown(target, found.st_uid, found.st_gid)
    target.chmod(stat.S_IMODE(found.st_mode))
    synced(target)


def _move(source: Path, target: Path) -> None:
    """By a rename; onto another disk, where settings may lie, by a copy that is whole before it has its name."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != 18:  # EXDEV
            raise
        coming = target.with_name(f".{target.name}.coming")
        _gone(coming)
        _copy(source, coming)
        coming.rename(target)
        _gone(source)


def _gone(what: Path) -> None:
    if what.is_dir() and not what.is_symlink():
        shutil.rmtree(what)
    else:
        what.unlink(missing_ok=True)
